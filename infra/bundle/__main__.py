"""Builds the bundle into `build/bundle/`, for this machine's Python and processor.

With `--fetch`, builds for each processor, so that `cdk synth` needs no network.
"""

import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .build import HOST, DependencyError, MissingWheelError, build, install_by_pip

_ROOT = Path(__file__).resolve().parent.parent.parent
_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def main() -> None:
    """Build, and print the folder."""
    try:
        if sys.argv[1:] == ["--fetch"]:
            with ThreadPoolExecutor() as threads:
                list(threads.map(_fetch, (HOST, "arm64", "x86_64")))
            return
        built = build(_PYTHON, HOST)
    except DependencyError as error:
        sys.exit(str(error))
    target = _ROOT / "build" / "bundle"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(built, target)
    print(target.relative_to(_ROOT))  # noqa: T201 - the answer of a command


def _fetch(architecture: str) -> None:
    try:
        build(_PYTHON, architecture, install=install_by_pip)
    except MissingWheelError as error:  # the other architectures can be deployed
        print(error, file=sys.stderr)  # noqa: T201 - the answer of a command


if __name__ == "__main__":
    main()
