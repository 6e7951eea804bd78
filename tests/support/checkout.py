"""Copies of this checkout, and their synthesized output."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

CONTEXT = {
    "profile": "production",
    "region": "eu-west-1",
    "applicationId": "7353f53e6885409fa32d07cedexample",
    "originationIdentity": "+18555550142",
    "brandName": "ExampleCorp",
    "allowedCountries": "US,CA",
}

#: The default output folder of `synthesize`.
OUTPUT = "cdk.out-reproduced"


@dataclass(frozen=True)
class Synthesized:
    """The output of one `cdk synth`."""

    template: bytes  # contains the asset's hash
    code: dict[str, str]  # mode and digest of each file of the functions' code, by path
    listing: str  # every file, as the reviewers of a deployment see it


def copy_files_to(folder: Path) -> None:
    """Copy the tracked files, and the new ones that git does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607 - git is where it is
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)


def copy_to(folder: Path) -> Path:
    """Copy the files, and link what was installed or downloaded: the copy needs no network."""
    copy_files_to(folder)
    for name in (".venv", "node_modules"):
        (folder / name).symlink_to(ROOT / name)
    dependencies = Path("build") / "dependencies"
    if (ROOT / dependencies).exists():
        (folder / "build").mkdir()
        (folder / dependencies).symlink_to(ROOT / dependencies)
    return folder


def synthesize(
    folder: Path,
    python_version: str,
    interpreter: Path | None = None,
    output: Path | None = None,
    environment: Mapping[str, str] = os.environ,
    umask: int = -1,
) -> Synthesized:
    """Run `cdk synth` in a checkout, with its own Python unless `interpreter` is given."""
    output = output or folder / OUTPUT
    shutil.rmtree(output, ignore_errors=True)
    context = {**CONTEXT, "pythonVersion": python_version}
    options = [option for key, value in context.items() for option in ("-c", f"{key}={value}")]
    app = ["--app", f"'{interpreter}' app.py"] if interpreter else []
    subprocess.run(
        [
            str(folder / "node_modules" / ".bin" / "cdk"),
            *("synth", "--quiet", "--no-notices", "--output", str(output), *app, *options),
        ],
        cwd=folder,
        env={
            **environment,
            # A different interpreter calls this Python to compile the bytecode.
            "PATH": os.pathsep.join([str(Path(sys.base_prefix, "bin")), environment["PATH"]]),
            "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
        },
        check=True,
        stdout=subprocess.DEVNULL,
        umask=umask,
    )
    [handler] = output.glob("asset.*/otp/send.py")
    code = handler.parent.parent
    return Synthesized(
        (output / "ServerlessOtp.template.json").read_bytes(),
        {
            str(file.relative_to(code)): (
                f"{file.stat().st_mode:o} {hashlib.sha256(file.read_bytes()).hexdigest()}"
            )
            for file in sorted(code.rglob("*"))
            if file.is_file()
        },
        subprocess.run(
            [sys.executable, "-I", str(ROOT / ".github" / "assembly.py"), str(output)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout,
    )
