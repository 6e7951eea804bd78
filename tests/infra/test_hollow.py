"""Hollow modules: what is imported by what is used, and never called."""

import importlib
import shutil
from pathlib import Path

import pytest

from infra.hollow import hollow_out

FILES = (
    *("botocore/docs/__init__.py", "botocore/docs/docstring.py", "botocore/docs/utils.py"),
    *("botocore/docs/method.py", "botocore/docs/bcdoc/__init__.py", "botocore/client.py"),
    *("boto3/resources/__init__.py", "boto3/resources/factory.py", "boto3/resources/base.py"),
    *("s3transfer/__init__.py", "s3transfer/manager.py", "s3transfer/crt.py"),
    "phonenumbers/__init__.py",
    *("phonenumbers/asyoutypeformatter.py", "phonenumbers/phonenumbermatcher.py"),
    *("phonenumbers/shortnumberinfo.py", "phonenumbers/phonenumberutil.py"),
)
HOLLOW = {
    *("botocore/docs/__init__.py", "botocore/docs/docstring.py"),
    *("boto3/resources/__init__.py", "boto3/resources/factory.py"),
    *("s3transfer/__init__.py", "s3transfer/manager.py"),
    *("phonenumbers/asyoutypeformatter.py", "phonenumbers/phonenumbermatcher.py"),
    "phonenumbers/shortnumberinfo.py",
}
WHOLE = {
    *("botocore/docs/utils.py", "botocore/client.py"),
    *("phonenumbers/__init__.py", "phonenumbers/phonenumberutil.py"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with packages in which every module says `whole = True`."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("whole = True\n")
    return tmp_path


def test_what_is_called_stays_and_what_is_not_imported_goes(folder: Path) -> None:
    """Between them are the hollow modules."""
    hollow_out(folder)

    left = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.py")}
    assert left.keys() == HOLLOW | WHOLE
    assert {name for name, path in left.items() if path.read_text() == "whole = True\n"} == WHOLE


def test_any_name_can_be_imported_from_a_hollow_module_and_does_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a class that takes any arguments, of which nobody can use anything."""
    hollow_out(folder)
    shutil.copyfile(folder / "s3transfer" / "manager.py", folder / "hollow_of_a_test.py")
    monkeypatch.syspath_prepend(str(folder))

    hollow = importlib.import_module("hollow_of_a_test")

    made = hollow.Anything("an argument", another=1)
    assert type(made).__module__ == "hollow_of_a_test"
    with pytest.raises(AttributeError, match="'Anything' object has no attribute 'upload'"):
        made.upload()
    with pytest.raises(AttributeError, match="__path__"):
        _ = hollow.__path__


@pytest.mark.parametrize("name", sorted(HOLLOW))
def test_a_module_that_is_not_there_any_more_is_an_error(folder: Path, name: str) -> None:
    """A new release is built in another way, and somebody has to look."""
    (folder / name).unlink()

    with pytest.raises(FileNotFoundError, match=Path(name).name):
        hollow_out(folder)
