"""A pytest plugin that tests the bundle: `pytest -p tests.support.bundled tests/unit`.

`lambda_src.otp` and the libraries are then the deployed ones. moto uses the same libraries, with
all of botocore's data. tests/runtime shows that the functions need nothing but the bundle.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

_ROOT = Path(__file__).resolve().parent.parent.parent
_BUNDLE = _ROOT / "build" / "bundle"

_SOURCE = "lambda_src"


# The earliest hook, because other plugins import libraries that the bundle has, too.
def pytest_addoption() -> None:
    """Put the bundle first on the import path."""
    # In another process: the builder imports libraries that must come from the bundle here.
    subprocess.run([sys.executable, "-m", "infra.bundle"], cwd=_ROOT, check=True)
    sys.path.insert(0, str(_BUNDLE))
    source = ModuleType(_SOURCE)
    source.__path__ = [str(_BUNDLE)]
    sys.modules[_SOURCE] = source

    from moto.core.loaders import Loader  # noqa: PLC0415 - these import botocore

    from .aws import ALL_DATA  # noqa: PLC0415 - as above

    Loader.BUILTIN_DATA_PATH = ALL_DATA


@pytest.fixture(scope="session", autouse=True)
def nothing_but_the_bundle() -> Iterator[None]:
    """Fail if a module that the bundle has was imported from elsewhere."""
    yield
    files = {name: getattr(module, "__file__", None) for name, module in [*sys.modules.items()]}
    tested = {name: file for name, file in files.items() if file and _has(name)}
    assert f"{_SOURCE}.otp" in tested
    assert {name: file for name, file in tested.items() if _BUNDLE not in Path(file).parents} == {}


def _has(name: str) -> bool:
    path = _BUNDLE.joinpath(*name.removeprefix(f"{_SOURCE}.").split("."))
    return path.is_dir() or path.with_suffix(".py").exists()
