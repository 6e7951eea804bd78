"""A plugin of pytest that tests the bundle: `pytest -p tests.support.bundled tests/unit`.

`lambda_src.otp` and the functions' libraries are then those that are deployed. The tools of the
tests, such as moto, use these libraries too, with all of botocore's data. That the functions need
nothing else is shown by tests/runtime.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

_ROOT = Path(__file__).resolve().parent.parent.parent
_BUNDLE = _ROOT / "build" / "bundle"

# Where the tests find the functions' package.
_SOURCE = "lambda_src"


# The first hook there is, for other plugins import what the bundle has, too.
def pytest_addoption() -> None:
    """Have everything that is imported from now on find the bundle first."""
    # By another process: what builds it imports some of what must come from it.
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
    """Fail if something that is in the bundle came from elsewhere."""
    yield
    files = {name: getattr(module, "__file__", None) for name, module in [*sys.modules.items()]}
    tested = {name: file for name, file in files.items() if file and _has(name)}
    assert f"{_SOURCE}.otp" in tested
    assert {name: file for name, file in tested.items() if _BUNDLE not in Path(file).parents} == {}


def _has(name: str) -> bool:
    path = _BUNDLE.joinpath(*name.removeprefix(f"{_SOURCE}.").split("."))
    return path.is_dir() or path.with_suffix(".py").exists()
