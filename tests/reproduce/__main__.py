"""The same commit gives the same template, wherever it is synthesized: part of `make verify`.

In another folder, with no way to AWS, with settings that are hostile to it, and by every other
Python of this machine: each gets an environment of its own, and finds this one to write the
bytecode.
"""

import glob
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from infra.bundle.build import build
from tests.support.checkout import OUTPUT, ROOT, copy_to, synthesize

from . import hostile
from .published import published

_VERSIONS = ("3.11", "3.12", "3.13", "3.14")
_RUNTIME = f"{sys.version_info.major}.{sys.version_info.minor}"


def main() -> int:
    """Compare; returns how many runs gave something else."""
    others = {version: python for version in _VERSIONS if (python := _find(version))}
    others.pop(_RUNTIME, None)
    different = 0
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(len(_VERSIONS)) as threads:
        environments = {
            version: threads.submit(_environment, Path(name) / f"venv-{version}", python)
            for version, python in others.items()
        }
        build(_RUNTIME, "arm64")  # pip needs the network, and nothing else does
        folder = copy_to(Path(name) / "another folder")
        there = synthesize(folder, _RUNTIME)
        print("Offline in this folder: synthesizing ... ", end="", flush=True)
        with _offline(Path(name) / "home") as environment:
            here = synthesize(ROOT, _RUNTIME, output=Path(name) / "here", environment=environment)
        different += _compare(here, there)
        # What is the same by chance of where it was made, is not.
        if any(place in here.template for place in (str(Path.home()).encode(), b"/tmp/")):
            print("The template names a folder of this machine.")
            different += 1
        print("With hostile settings: installing and synthesizing ... ", end="", flush=True)
        strange = hostile.copy_to(Path(name) / "a hôstile folder")
        settings = hostile.environment(Path(name) / "settings")
        found = synthesize(strange, _RUNTIME, environment=settings, umask=hostile.UMASK)
        different += _compare(found, there)
        print("Uploading what was synthesized there ... ", end="", flush=True)
        uploaded = published(strange / OUTPUT, hostile.UMASK)
        different += _compare(uploaded, published(folder / OUTPUT))
        if not others:
            print("There is no second Python on this machine.")
        for version, installed in environments.items():
            interpreter = installed.result()
            print(f"Python {version}: synthesizing for {_RUNTIME} ... ", end="", flush=True)
            different += _compare(synthesize(folder, _RUNTIME, interpreter), there)
    return different


def _compare(one: object, other: object) -> bool:
    """Say whether two runs differ: in the template, the code, or the list of all files."""
    print("the same, byte for byte" if one == other else "SOMETHING ELSE", flush=True)
    return one != other


@contextmanager
def _offline(home: Path) -> Iterator[dict[str, str]]:
    """Give an environment without credentials, configuration, home or a way to AWS."""
    home.mkdir()
    with socket.socket() as bound:
        # Bound, so that nobody else gets the port, and not listening, so that it is closed.
        bound.bind(("127.0.0.1", 0))
        proxy = f"http://127.0.0.1:{bound.getsockname()[1]}"
        names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        yield {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "AWS_EC2_METADATA_DISABLED": "true",
            # Of what the CDK has unpacked: doing it again takes as long as all the rest.
            "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(Path.home() / ".cache/aws/jsii/package-cache"),
            **{name: proxy for upper in names for name in (upper, upper.lower())},
        }


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
