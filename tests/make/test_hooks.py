"""What git runs before a commit and a push, once `make hooks` was called."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .machine import ROOT

_SOMEBODY = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Give a repository with the project's settings and tools, and nothing else."""
    for name in (".pre-commit-config.yaml", "pyproject.toml"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    run(tmp_path, "git", "init", "--quiet")
    return tmp_path


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a checkout, with nothing of the developer's own settings of git."""
    return subprocess.run(
        command,
        cwd=folder,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            "PRE_COMMIT_HOME": str(folder / ".pre-commit"),
            # Nothing is downloaded.
            **dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9"),
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_git_runs_what_make_hooks_installs(checkout: Path) -> None:
    """The target's own command: a commit that is not in order does not happen."""
    makefile = (ROOT / "Makefile").read_text()
    [command] = re.findall(r"^hooks:.*\n\t@\$\(VENV\) (.+)$", makefile, re.MULTILINE)
    installed = run(checkout, ".venv/bin/python", *command.split())
    assert installed.returncode == 0, installed.stdout + installed.stderr
    (checkout / "module.py").write_text('"""A module."""\n\nimport os\n')
    run(checkout, "git", "add", "module.py")

    refused = run(checkout, "git", *_SOMEBODY, "commit", "--message", "A module")

    assert refused.returncode == 1
    assert "F401" in refused.stdout + refused.stderr
    # What looks at the types runs before a push.
    assert (checkout / ".git" / "hooks" / "pre-push").exists()
    assert run(checkout, "git", "rev-parse", "HEAD").returncode != 0


@pytest.mark.parametrize(
    ("text", "formatted", "status", "said"),
    [
        ("", "", 0, "Passed.*Passed"),
        # The commit stops, so that one sees what was changed.
        ("\nA   =  1\n", "\nA = 1\n", 1, "ruff format.*files were modified"),
    ],
    ids=["in order", "not formatted"],
)
def test_a_module_is_looked_at_before_it_is_committed(
    checkout: Path, text: str, formatted: str, status: int, said: str
) -> None:
    """By both hooks; it is formatted then."""
    module = checkout / "module.py"
    module.write_text(f'"""A module."""\n{text}')
    run(checkout, "git", "add", "module.py")

    done = run(checkout, sys.executable, "-m", "pre_commit", "run")

    assert done.returncode == status, done.stdout + done.stderr
    assert re.search(said, done.stdout, re.DOTALL)
    assert module.read_text() == f'"""A module."""\n{formatted}'
