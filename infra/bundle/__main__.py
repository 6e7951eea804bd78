"""Builds what is deployed into `build/bundle/`, for this machine's Python and processor."""

import shutil
import sys
from pathlib import Path

from .build import HOST, DependencyError, build

_ROOT = Path(__file__).resolve().parent.parent.parent


def main() -> None:
    """Build, and print the folder."""
    try:
        built = build(f"{sys.version_info.major}.{sys.version_info.minor}", HOST)
    except DependencyError as error:
        sys.exit(str(error))
    target = _ROOT / "build" / "bundle"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(built, target)
    print(target.relative_to(_ROOT))  # noqa: T201 - the answer of a command


if __name__ == "__main__":
    main()
