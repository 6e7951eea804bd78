"""The package, as somebody gets it who installs it."""

import subprocess
import sys
import zipfile
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


def test_wheel_is_the_typed_package_and_needs_the_sdk_only(wheel: Path) -> None:
    """No tests, no examples; of the SDK, the oldest release that it was tried with."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        [metadata] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        said = Parser().parsestr(archive.read(metadata).decode())

    source = ROOT / "clients" / "python" / "src"
    files = {path for path in source.rglob("*") if path.is_file()}
    assert names == {
        str(file.relative_to(source)) for file in files if "__pycache__" not in file.parts
    }
    assert "serverless_otp/py.typed" in names
    assert said["Version"] == serverless_otp.__version__ == VERSION
    assert (said["Name"], said["Requires-Python"]) == ("serverless-otp-client", ">=3.11")
    assert said.get_all("Requires-Dist") == ["boto3>=1.34", "botocore>=1.34", "urllib3>=1.26"]


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
