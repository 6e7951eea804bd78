"""Bytecode for the functions: compiling would take more than half of a cold start.

The CDK's zip gives files new times, and Lambda's folder is read-only. So the bytecode is hash-based
and unchecked (PEP 552): Python uses it as it is, and the same source gives the same bytes. Bytecode
is for one version of Python, which must be on this machine to write it.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

# Lambda's folder for the code, for tracebacks.
_IN_LAMBDA = "/var/task"

# Compiles in one process and in order: marshal's bytes depend on what was compiled before.
_COMPILE = """
import pathlib, py_compile, sys
folder, place = pathlib.Path(sys.argv[1]), sys.argv[2]
for source in sorted(folder.rglob("*.py")):
    py_compile.compile(
        str(source),
        dfile=f"{place}/{source.relative_to(folder).as_posix()}",
        doraise=True,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python.

    Attributes:
        path: of its executable.
        release: its whole version, such as `3.13.9`.

    """

    path: str
    release: str


def find_interpreter(python_version: str) -> Interpreter | None:
    """Find an interpreter of a version such as `3.13`: this one, or one on the path."""
    this = python_version == f"{sys.version_info.major}.{sys.version_info.minor}"
    name = sys.executable if this else shutil.which(f"python{python_version}")
    if not name:
        return None
    # A version manager's shim may be on the path without its Python.
    question = "import platform, sys; print(sys.executable); print(platform.python_version())"
    asked = subprocess.run(  # noqa: S603 - found above
        [name, "-I", "-c", question],
        capture_output=True,
        text=True,
        errors="surrogateescape",
        check=False,
    )
    return Interpreter(*asked.stdout.splitlines()) if asked.returncode == 0 else None


def compile_all(folder: Path, interpreter: Interpreter, *, below: str = "") -> None:
    """Compile every module in a folder.

    Args:
        folder: gets `__pycache__` folders.
        interpreter: of the version that will run it.
        below: where the folder is, within the functions' code.

    Raises:
        subprocess.CalledProcessError: a module is invalid; the interpreter has printed which.

    """
    subprocess.run(  # noqa: S603 - our own arguments
        [
            # Without this folder, and without site packages.
            *(interpreter.path, "-P", "-s", "-S", "-c", _COMPILE),
            str(folder),
            "/".join(filter(None, [_IN_LAMBDA, below])),
        ],
        check=True,
        # Without this environment's Python settings; with the same order of sets every time.
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("PYTHON")},
            "PYTHONHASHSEED": "0",
        },
    )
