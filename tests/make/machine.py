"""A machine that has what a test gives it: a checkout's Makefile, and a PATH of its own."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

_FILES = (
    *("Makefile", "package.json", "package-lock.json", ".npmrc", "requirements.txt"),
    *("sandbox/requirements.txt", "tools/scan/requirements.txt"),
)
_TOOLS = ("awk", "cp", "make", "mkdir", "rm", "sh", "touch")

# Python, as far as the Makefile asks it; an environment that it makes has the same Python.
_PYTHON = """\
#!/bin/sh
echo "python $*" >> "$CALLS"
case "$*" in
  *ensurepip*) case "$*" in *"'{version}'"*) exit {without_venv} ;; *) exit 1 ;; esac ;;
  *python_version*) echo {version}.1 ;;
  *"import pip"*) [ ! -e "$0.broken" ] ;;
  "-m venv --clear "*) rm -rf "$4"; mkdir -p "$4/bin"; cp "$0" "$4/bin/python" ;;
esac
"""
_NODE = """\
#!/bin/sh
case "$1" in
  -e) [ {major} -ge 20 ] ;;
  --version) echo v{major}.1.0 ;;
esac
"""
_NPM = """\
#!/bin/sh
echo "npm $*" >> "$CALLS"
mkdir -p node_modules
"""


@dataclass(frozen=True)
class Made:
    """What a run of make did.

    Attributes:
        status: its exit status.
        stdout: what it said.
        stderr: what it complained about, without make's own last line.
        calls: how Python and npm were called, in order.

    """

    status: int
    stdout: str
    stderr: list[str]
    calls: list[str]


class Machine:
    """A checkout, and programs.

    Args:
        folder: where both are.

    """

    def __init__(self, folder: Path) -> None:
        self.checkout = folder / "a checkout"
        self._home = folder / "home"
        self._bin = folder / "bin"
        self._calls = folder / "calls"
        for name in _FILES:
            (self.checkout / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, self.checkout / name)
        self._home.mkdir()
        self._bin.mkdir()
        self._calls.touch()
        for tool in _TOOLS:
            path = shutil.which(tool)
            assert path, tool
            (self._bin / tool).symlink_to(path)

    def has_python(self, version: str = "3.13", *, venv: bool = True) -> None:
        """Put a `python3` on the PATH."""
        self._put("python3", _PYTHON.format(version=version, without_venv=int(not venv)))

    def has_node(self, major: int = 20) -> None:
        """Put a `node` on the PATH."""
        self._put("node", _NODE.format(major=major))

    def has_npm(self) -> None:
        """Put an `npm` on the PATH."""
        self._put("npm", _NPM)

    def make(self, *arguments: str) -> Made:
        """Run make in the checkout."""
        done = subprocess.run(
            ["make", *arguments],  # noqa: S607 - make is where it is
            cwd=self.checkout,
            env={
                "PATH": str(self._bin),
                "HOME": str(self._home),
                "CALLS": str(self._calls),
                "LANG": os.environ.get("LANG", "C.UTF-8"),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        return Made(
            done.returncode,
            done.stdout,
            [line for line in done.stderr.splitlines() if not line.startswith("make: ***")],
            self._calls.read_text().splitlines(),
        )

    def installed(self) -> list[str]:
        """Name what there is in the checkout that was not there."""
        names = (".venv", ".venv-ministack", ".venv-checkov", "node_modules")
        return [name for name in names if (self.checkout / name).exists()]

    def _put(self, name: str, script: str) -> None:
        path = self._bin / name
        path.write_text(script)
        path.chmod(0o755)
