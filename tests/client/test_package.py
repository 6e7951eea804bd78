"""The package, as somebody gets it who installs it."""

import subprocess
import sys
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest
import serverless_otp

from sandbox.state import ROOT

VERSION = (ROOT / "VERSION").read_text().strip()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build it, without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"),
            *("--no-index", "--no-build-isolation", "--no-deps", "--wheel-dir", str(folder)),
            str(ROOT / "clients" / "python"),
        ],
        check=True,
    )
    [wheel] = folder.iterdir()
    return wheel


def metadata(wheel: Path) -> Message:
    """Read what the wheel says of itself."""
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return Parser().parsestr(archive.read(name).decode())


def test_version_is_that_of_the_project(wheel: Path) -> None:
    """The file VERSION, everywhere."""
    assert metadata(wheel)["Version"] == serverless_otp.__version__ == VERSION


def test_wheel_holds_the_typed_package_and_nothing_else(wheel: Path) -> None:
    """No tests, no examples."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}

    source = ROOT / "clients" / "python" / "src"
    files = {
        str(path.relative_to(source))
        for path in source.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert names == files
    assert "serverless_otp/py.typed" in names


def test_wheel_needs_the_sdk_only(wheel: Path) -> None:
    """And what the SDK itself needs; with the oldest release that it was tried with."""
    said = metadata(wheel)

    assert said["Name"] == "serverless-otp-client"
    assert said["Requires-Python"] == ">=3.11"
    assert said.get_all("Requires-Dist") == [
        "boto3>=1.34",
        "botocore>=1.34",
        "urllib3>=1.26",
    ]


def test_package_is_imported_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    """By a Python that knows nothing of this checkout."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import serverless_otp; "
        "print(serverless_otp.__file__, serverless_otp.__version__, serverless_otp.OtpClient)"
    )

    ran = subprocess.run(
        [sys.executable, "-I", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )

    assert ran.stdout.split()[:2] == [str(tmp_path / "serverless_otp" / "__init__.py"), VERSION]
