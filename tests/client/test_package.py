"""The client package as pip installs it."""

import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import serverless_otp

from sandbox.state import ROOT


def test_wheel_is_typed_and_requires_only_the_aws_sdk(tmp_path: Path) -> None:
    """The wheel has no tests and no examples, and one extra for phone numbers."""
    client = ROOT / "clients" / "python"
    options = ("--quiet", "--disable-pip-version-check", "--no-index", "--no-build-isolation")
    command = (sys.executable, "-m", "pip", "wheel", *options, "--no-deps", "--wheel-dir")
    subprocess.run([*command, str(tmp_path), str(client)], check=True)
    [wheel] = tmp_path.iterdir()
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        [metadata] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        said = Parser().parsestr(archive.read(metadata).decode())

    files = {path.relative_to(client / "src") for path in client.glob("src/**/*") if path.is_file()}
    assert names == {str(file) for file in files if "__pycache__" not in file.parts}
    assert "serverless_otp/py.typed" in names
    assert said["Version"] == serverless_otp.__version__
    assert (said["Name"], said["Requires-Python"]) == ("serverless-otp-client", ">=3.11")
    needed = ["boto3>=1.34", "botocore>=1.34", "urllib3>=1.26"]
    assert said.get_all("Requires-Dist") == [*needed, 'phonenumbers>=8.13 ; extra == "phone"']
