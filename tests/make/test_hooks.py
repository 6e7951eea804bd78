"""What git runs before a commit and a push, once `make hooks` was called."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from .machine import ROOT


def test_a_commit_is_looked_at_by_what_make_hooks_installs(tmp_path: Path) -> None:
    """One that is not in order does not happen, and its module is formatted; then it does."""

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a checkout, with nothing of the developer's own settings of git."""
        return subprocess.run(
            command,
            cwd=tmp_path,
            env={
                **{name: of for name, of in os.environ.items() if not name.startswith("GIT_")},
                "GIT_CONFIG_GLOBAL": os.devnull,
                "GIT_CONFIG_SYSTEM": os.devnull,
                "PRE_COMMIT_HOME": str(tmp_path / ".pre-commit"),
                # Nothing is downloaded.
                **dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9"),
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def commit(text: str) -> subprocess.CompletedProcess[str]:
        module.write_text(f'"""A module."""\n{text}')
        run("git", "add", "module.py")
        return run("git", *somebody, "commit", "--message", "A module")

    module = tmp_path / "module.py"
    somebody = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")
    for name in (".pre-commit-config.yaml", "pyproject.toml"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    run("git", "init", "--quiet")
    makefile = (ROOT / "Makefile").read_text()
    [command] = re.findall(r"^hooks:.*\n\t@\$\(VENV\) (.+)$", makefile, re.MULTILINE)

    installed = run(".venv/bin/python", *command.split())

    assert installed.returncode == 0, installed.stdout + installed.stderr
    # What looks at the types runs before a push.
    assert (tmp_path / ".git" / "hooks" / "pre-push").exists()
    for text, said in (("\nimport os\n", "F401"), ("\nA   =  1\n", "files were modified")):
        refused = commit(text)
        assert refused.returncode == 1
        assert said in refused.stdout + refused.stderr
    assert module.read_text() == '"""A module."""\n\nA = 1\n'
    assert commit("\nA = 1\n").returncode == 0
