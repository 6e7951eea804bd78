"""A plugin of pytest that tests the bundle: `pytest -p tests.bundled tests/unit`.

`lambda_src.otp` and the libraries of the functions are then what is deployed. As in Lambda, the
bundle's code can import nothing but the bundle and Python's own modules, whatever else is installed
for the tests. Their tools, such as moto, use the bundle's libraries too; but what the bundle leaves
out of these, modules and data, the tools have.
"""

import builtins
import os
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import resolve_name
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

# Where the tests find the functions' package.
_SOURCE = "lambda_src"

_BUILD = """
import sys
from infra.bundle import build
print(build(f"{sys.version_info.major}.{sys.version_info.minor}"), end="")
"""

# The runtime has it for SnapStart; a test puts its own in place.
_OF_THE_RUNTIME = "snapshot_restore_py"


class Bundle:
    """The bundle for this Python, in place of what is installed and of the source.

    Attributes:
        folder: where it is.

    """

    def __init__(self) -> None:
        # By another process: what builds it imports some of what must come from it.
        built = subprocess.run(
            [sys.executable, "-c", _BUILD], check=True, stdout=subprocess.PIPE, text=True
        )
        self.folder = Path(built.stdout)
        self._import = builtins.__import__

    def take_over(self) -> None:
        """Have everything that is imported from now on find the bundle first."""
        sys.path.insert(0, str(self.folder))
        source = ModuleType(_SOURCE)
        source.__path__ = [str(self.folder)]
        sys.modules[_SOURCE] = source
        sys.meta_path.append(LeftOut())
        builtins.__import__ = self._import_as_in_lambda

    def imported(self) -> tuple[list[str], list[str]]:
        """Name the modules that have been imported from it, and those that should have been."""
        files = {name: getattr(module, "__file__", None) for name, module in [*sys.modules.items()]}
        return (
            [name for name, file in files.items() if file and self._holds(file)],
            [
                name
                for name, file in files.items()
                if file and not self._holds(file) and self._has(name)
            ],
        )

    def _holds(self, file: str) -> bool:
        return file.startswith(f"{self.folder}{os.sep}")

    def _has(self, name: str) -> bool:
        path = self.folder.joinpath(*name.removeprefix(f"{_SOURCE}.").split("."))
        return path.is_dir() or path.with_suffix(".py").exists()

    # What import statements call. They give all arguments by position; others may name some.
    def _import_as_in_lambda(self, name: str, *arguments: Any, **keywords: Any) -> ModuleType:
        imported = self._import(name, *arguments, **keywords)
        importer = (arguments[0] if arguments else keywords.get("globals")) or {}
        if self._holds(importer.get("__file__") or ""):
            names = ("globals", "locals", "fromlist", "level")
            given = {**dict(zip(names, arguments, strict=False)), **keywords}
            whole = resolve_name("." * given.get("level", 0) + name, importer.get("__package__"))
            for module in (whole, *(f"{whole}.{part}" for part in given.get("fromlist") or ())):
                if not self._importable(module):
                    raise ModuleNotFoundError(f"The bundle has no module {module}", name=module)
        return imported

    def _importable(self, name: str) -> bool:
        """Say whether a name is no module from elsewhere."""
        if name.partition(".")[0] in {*sys.stdlib_module_names, _OF_THE_RUNTIME}:
            return True
        file = getattr(sys.modules.get(name), "__file__", None)
        return not file or self._holds(file)


class LeftOut(MetaPathFinder):
    """Finds modules that a package of the bundle lacks, where the whole package is installed."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module of a package; asked last, when nobody else has found it."""
        if path is None:  # of a package that the bundle lacks altogether, or of nothing
            return None
        installed = Path(sysconfig.get_path("purelib"), *name.split(".")[:-1])
        return PathFinder.find_spec(name, [str(installed)], target)


_bundle = Bundle()


# The first hook there is, for other plugins import what the bundle has, too.
def pytest_addoption() -> None:
    """Take over."""
    _bundle.take_over()
    from moto.core.loaders import Loader  # noqa: PLC0415 - these import botocore

    from .unit.aws import ALL_DATA  # noqa: PLC0415 - as above

    Loader.BUILTIN_DATA_PATH = ALL_DATA


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail if something else was tested."""
    tested, others = _bundle.imported()
    if others or not any(name.startswith(_SOURCE) for name in tested):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was tested."""
    tested, others = _bundle.imported()
    ours = sum(name.startswith(_SOURCE) for name in tested)
    where = _bundle.folder.relative_to(terminalreporter.config.rootpath)
    terminalreporter.section("the bundle", red=bool(others) or not ours)
    terminalreporter.line(f"{len(tested)} modules, {ours} of them ours, came from {where}")
    for name in others:
        terminalreporter.line(f"{name} did not: {sys.modules[name].__file__}")
