"""`make reproduce`: a commit synthesizes to the same bytes in every environment.

It synthesizes in another folder, offline, with hostile settings, and by every other Python of this
machine, each in its own virtual environment.
"""

import argparse
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
from functools import partial
from pathlib import Path

from infra.bundle.build import build
from tests.support.checkout import OUTPUT, ROOT, copy_to, synthesize

from . import hostile
from .published import published

_VERSIONS = ("3.11", "3.12", "3.13", "3.14")
_AT_ONCE = 2
_RUNTIME = f"{sys.version_info.major}.{sys.version_info.minor}"


def main() -> int:
    """Compare all runs; returns the number of different ones."""
    parser = argparse.ArgumentParser(prog="python -m tests.reproduce", description=__doc__)
    parser.add_argument("--oldest", action="store_true", help="try one other Python, the oldest")
    arguments = parser.parse_args()
    others = {version: python for version in _VERSIONS if (python := _find(version))}
    others.pop(_RUNTIME, None)
    if arguments.oldest:
        others = dict([*others.items()][:1])
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(_AT_ONCE) as threads:
        temporary = Path(name)
        interpreters = {
            version: threads.submit(_environment, temporary / f"venv-{version}", python)
            for version, python in others.items()
        }
        build(_RUNTIME, "arm64")  # only pip needs the network
        folder = copy_to(temporary / "another folder")
        strange = hostile.copy_to(
            temporary / "a h\N{LATIN SMALL LETTER O WITH CIRCUMFLEX}stile folder"
        )
        print("Synthesizing in another folder ...", flush=True)
        there = synthesize(folder, _RUNTIME)

        def is_same_offline() -> bool:
            output = temporary / "here"
            with _offline(temporary / "home") as environment:
                here = synthesize(ROOT, _RUNTIME, output=output, environment=environment)
            # A path of this machine in the template would differ elsewhere.
            places = (str(Path.home()).encode(), b"/tmp/")
            return here == there and not any(place in here.template for place in places)

        def is_same_with_hostile_settings() -> bool:
            settings = hostile.environment(temporary / "settings")
            found = synthesize(strange, _RUNTIME, environment=settings, umask=hostile.UMASK)
            uploaded = published(strange / OUTPUT, hostile.UMASK)
            return found == there and uploaded == published(folder / OUTPUT)

        def is_same_by(version: str) -> bool:
            interpreter, output = interpreters[version].result(), temporary / version
            return synthesize(folder, _RUNTIME, interpreter, output=output) == there

        runs = {
            "with hostile settings, what is uploaded included": is_same_with_hostile_settings,
            "offline, in this folder": is_same_offline,
            **{f"by Python {version}": partial(is_same_by, version) for version in others},
        }
        different = 0
        for what, same in zip(runs, threads.map(lambda run: run(), runs.values()), strict=True):
            said = "the same, byte for byte" if same else "SOMETHING ELSE"
            print(f"Synthesizing {what}: {said}", flush=True)
            different += not same
    if not others:
        print("There is no second Python on this machine.")
    return different


@contextmanager
def _offline(home: Path) -> Iterator[dict[str, str]]:
    """Return an environment without credentials, configuration and network."""
    home.mkdir()
    with socket.socket() as bound:
        # Bound but not listening: the port stays closed, and no other process gets it.
        bound.bind(("127.0.0.1", 0))
        proxy = f"http://127.0.0.1:{bound.getsockname()[1]}"
        names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        yield {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "AWS_EC2_METADATA_DISABLED": "true",
            # Reuse the unpacked CDK, which saves half of the time.
            "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(Path.home() / ".cache/aws/jsii/package-cache"),
            **{name: proxy for upper in names for name in (upper, upper.lower())},
        }


def _find(version: str) -> str | None:
    """Find a Python of this version that can create a virtual environment."""
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
    """Create a virtual environment that can synthesize."""
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
