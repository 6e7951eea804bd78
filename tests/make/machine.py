"""A fake machine: a copy of the Makefile, and a PATH with fake programs."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_FILES = (
    *("Makefile", "package.json", "package-lock.json", ".npmrc", "requirements.txt"),
    *("lambda_src/requirements.txt", "sandbox/requirements.txt", "tools/scan/requirements.txt"),
)
_TOOLS = ("awk", "cp", "date", "expr", "make", "mkdir", "rm", "sh", "touch")

# A Python that answers the Makefile's questions; a virtual environment is a copy of this script.
_PYTHON = """\
#!/bin/sh
[ -z "$PYTHONHOME$PYTHONPATH$PYTHONSAFEPATH" ] || exit 1
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
  -e) [ {major} -ge "$(expr "$2" : '.*< \\([0-9]*\\)')" ] ;;
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
    """The result of a run of make; `calls` lists the calls of Python and npm."""

    status: int
    stdout: list[str]
    stderr: list[str]
    calls: list[str]


class Machine:
    """A checkout and the programs that it needs; None or False leaves a program out.

    Python's version may end in "without venv".
    """

    def __init__(
        self, folder: Path, python: str | None = "3.13", node: int | None = 20, *, npm: bool = True
    ) -> None:
        self.checkout = folder / "a checkout"
        self._bin = folder / "bin"
        self._calls = folder / "calls"
        self._bin.mkdir(parents=True)
        for name in _FILES:
            (self.checkout / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, self.checkout / name)
        for tool in _TOOLS:
            (self._bin / tool).symlink_to(shutil.which(tool) or tool)
        if python:
            version, *without = python.split(maxsplit=1)
            self._put("python3", _PYTHON.format(version=version, without_venv=len(without)))
        if node:
            self._put("node", _NODE.format(major=node))
        if npm:
            self._put("npm", _NPM)

    def make(self, *arguments: str) -> Made:
        """Run make in the checkout."""
        self._calls.write_text("")
        done = subprocess.run(
            ["make", *arguments],  # noqa: S607 - make is where it is
            cwd=self.checkout,
            env={
                "PATH": str(self._bin),
                "HOME": str(self._bin),
                "CALLS": str(self._calls),
                # Variables with which Python would not find the checkout's modules.
                **dict.fromkeys(("PYTHONHOME", "PYTHONPATH", "PYTHONSAFEPATH"), "/elsewhere"),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        return Made(
            done.returncode,
            done.stdout.splitlines(),
            # Leaves out make's own last line.
            [line for line in done.stderr.splitlines() if not line.startswith("make: ***")],
            self._calls.read_text().splitlines(),
        )

    def installed(self) -> list[str]:
        """List the installed folders."""
        names = (".venv", ".venv-ministack", ".venv-checkov", "node_modules")
        return [name for name in names if (self.checkout / name).exists()]

    def _put(self, name: str, script: str) -> None:
        path = self._bin / name
        path.write_text(script)
        path.chmod(0o755)
