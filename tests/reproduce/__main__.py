"""The same commit gives the same template, whatever Python synthesizes it: part of `make verify`.

Every other Python of this machine gets an environment of its own, and finds this one to write the
bytecode. That two folders give the same is in tests/infra/test_synth.py.
"""

import glob
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support.checkout import ROOT, copy_to, synthesize

_VERSIONS = ("3.11", "3.12", "3.13", "3.14")
_RUNTIME = f"{sys.version_info.major}.{sys.version_info.minor}"


def main() -> int:
    """Compare; returns how many Pythons gave something else."""
    others = {version: python for version in _VERSIONS if (python := _find(version))}
    others.pop(_RUNTIME, None)
    if not others:
        print("There is no second Python on this machine: nothing to compare.")
        return 0
    different = 0
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(len(others)) as threads:
        print(f"Installing what synthesizes for {', '.join(others)} ...", flush=True)
        environments = {
            version: threads.submit(_environment, Path(name) / f"venv-{version}", python)
            for version, python in others.items()
        }
        folder = copy_to(Path(name) / "another folder")
        here = synthesize(folder, _RUNTIME)
        for version, environment in environments.items():
            interpreter = environment.result()
            print(f"Python {version}: synthesizing for {_RUNTIME} ... ", end="", flush=True)
            there = synthesize(folder, _RUNTIME, interpreter)
            same = (here.code, here.template) == (there.code, there.template)
            different += not same
            print("the same, byte for byte" if same else "SOMETHING ELSE", flush=True)
    return different


def _find(version: str) -> str | None:
    """Find a Python that can make an environment."""
    root = os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv"))
    for name in (f"python{version}", *glob.glob(f"{root}/versions/{version}.*/bin/python")):  # noqa: PTH207 - as the shell does
        path = shutil.which(name)
        if path and _works(path, version):
            return path
    return None


def _works(path: str, version: str) -> bool:
    check = f"import ensurepip, sys, venv; sys.exit('%d.%d' % sys.version_info[:2] != '{version}')"
    return subprocess.run([path, "-c", check], capture_output=True, check=False).returncode == 0


def _environment(folder: Path, python: str) -> Path:
    """Install what synthesizes."""
    subprocess.run([python, "-m", "venv", str(folder)], check=True)
    interpreter = folder / "bin" / "python"
    subprocess.run(
        [
            *(str(interpreter), "-m", "pip", "install", "-qq", "--disable-pip-version-check"),
            *("--require-hashes", "--only-binary", ":all:"),
            *("-r", str(ROOT / "infra" / "requirements.txt")),
            *("-r", str(ROOT / "lambda_src" / "requirements.txt")),
        ],
        check=True,
    )
    return interpreter


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
