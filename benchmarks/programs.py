"""What is measured: our bundle, and the baselines, each packaged in a folder of its own."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import files, version
from pathlib import Path

from infra.bundle.build import HOST, build

_ROOT = Path(__file__).resolve().parent.parent
_BASELINES = Path(__file__).resolve().parent / "baselines"
_BUILD = _ROOT / "build" / "benchmarks"

PYTHON_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"

# With all that they need.
_SDK = ("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3")
_POWERTOOLS = (
    *("aws-lambda-powertools", "typing-extensions"),
    *("annotated-types", "pydantic", "pydantic-core", "typing-inspection"),
    *("aws-xray-sdk", "wrapt"),
)

# What the CDK gives every file of an asset, so that the same files make the same zip.
_TIME_IN_A_ZIP = 315_532_800  # 1980-01-01 UTC


@dataclass(frozen=True)
class Program:
    """A function in its package.

    Attributes:
        name: for the tables.
        folder: where its code and all of its libraries are.
        module: of its `handler`.

    """

    name: str
    folder: Path
    module: str


@dataclass(frozen=True)
class Programs:
    """All that are compared.

    Attributes:
        ours: the bundle of the send function, as it is deployed.
        verify: the verify function, of the same bundle.
        bare: two boto3 clients in a file, whose bytecode is as pip has written it.
        ordinary: what people write with Powertools, the same.
        ordinary_deployed: the same as the CDK deploys it. Its zip gives all files new times, by
            which Python knows that the bytecode is of older files; the folder is read-only, and so
            everything is compiled anew at every start.
        raw: the bare SDK calls that our function makes.

    """

    ours: Program
    verify: Program
    bare: Program
    ordinary: Program
    ordinary_deployed: Program
    raw: Program

    def started(self) -> tuple[Program, ...]:
        """Give those whose start is compared."""
        return (self.ours, self.verify, self.bare, self.ordinary, self.ordinary_deployed)


def make() -> Programs:
    """Package all of them, or find what was packaged before."""
    ours = build(PYTHON_VERSION, HOST)
    bare = _package("bare", _SDK, ["bare.py", "raw.py"])
    ordinary = _package("ordinary", [*_SDK, *_POWERTOOLS], ["ordinary.py"])
    deployed = ordinary.with_name(f"{ordinary.name}-deployed")
    if not deployed.exists():
        making = _making(deployed)
        shutil.copytree(ordinary, making)
        for path in making.rglob("*"):
            os.utime(path, (_TIME_IN_A_ZIP, _TIME_IN_A_ZIP))
        making.rename(deployed)
    return Programs(
        ours=Program("Serverless OTP", ours, "otp.send"),
        verify=Program("Serverless OTP, verify", ours, "otp.verify"),
        bare=Program("bare", bare, "bare"),
        ordinary=Program("ordinary", ordinary, "ordinary"),
        ordinary_deployed=Program("ordinary, deployed", deployed, "ordinary"),
        raw=Program("raw calls", bare, "raw"),
    )


def _package(name: str, packages: Sequence[str], modules: Sequence[str]) -> Path:
    """Copy packages that are installed here, with modules beside them, and compile as pip does."""
    pinned = [f"{package}=={version(package)}" for package in packages]
    digest = hashlib.sha256(" ".join([*pinned, PYTHON_VERSION]).encode())
    for module in modules:
        digest.update((_BASELINES / module).read_bytes())
    folder = _BUILD / f"{name}-{digest.hexdigest()[:16]}"
    if not folder.exists():
        print(f"Packaging {name} ...", file=sys.stderr, flush=True)
        making = _making(folder)
        for package in packages:
            for file in files(package) or ():
                # Neither scripts nor bytecode.
                if file.parts[0] != ".." and file.suffix != ".pyc":
                    (making / file).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(file.locate(), making / file)
        for module in modules:
            shutil.copyfile(_BASELINES / module, making / module)
        subprocess.run(  # noqa: S603 - our own arguments
            [sys.executable, "-m", "compileall", "-q", str(making)], check=True
        )
        making.rename(folder)
    return folder


def _making(folder: Path) -> Path:
    """Name the place where a folder is made, to be moved when it is whole."""
    making = folder.with_name(f"{folder.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    return making
