"""Builds what is deployed: the functions' code and its dependencies, without Docker.

The same input gives the same bytes, for both of Lambda's processors: nothing in it is compiled for
one. The stack builds for the Python it deploys to; `python -m infra.bundle` builds `build/bundle/`
for the one that runs it.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from .bytecode import compile_all, find_interpreter
from .hollow import hollow_out
from .models import reduce_data
from .trust import reduce_roots

_ROOT = Path(__file__).resolve().parent.parent
_SOURCE = _ROOT / "lambda_src" / "otp"
_REQUIREMENTS = _ROOT / "lambda_src" / "requirements.txt"
_BUILD = _ROOT / "build"
_THIS_CODE = [
    Path(__file__).resolve().with_name(name)
    for name in ("bundle.py", "bytecode.py", "hollow.py", "models.py", "trust.py")
]

# What of the dependencies nobody here imports, the largest of it. tests/infra/test_bundle.py starts
# the functions without.
_UNUSED = (
    "aws_lambda_powertools/event_handler",  # API Gateway's events are read in invocation.py
    *(
        f"aws_lambda_powertools/utilities/{utility}"
        for utility in (
            *("auth_alpha", "batch", "circuit_breaker", "data_masking", "feature_flags"),
            *("data_classes", "kafka", "parameters", "parser", "streaming", "validation"),
        )
    ),
    "boto3/data",  # of resources; only clients are made
    "boto3/docs",
    "boto3/ec2",
    "boto3/examples",
    "boto3/s3",
    "dateutil/zoneinfo",  # every time here is in UTC
    "phonenumbers/shortdata",  # of numbers that are dialled short
    "urllib3/contrib/emscripten",  # for browsers
)

_KEPT_SECONDS = 24 * 60 * 60


def build(python_version: str) -> Path:
    """Build for a Python, or find what was built before from the same input.

    Args:
        python_version: such as `3.13`.

    Returns:
        The folder to deploy.

    Raises:
        subprocess.CalledProcessError: pip could not install the dependencies, and has said why.
        UnexpectedDataError, UnexpectedRootsError, FileNotFoundError: it installed a release that
            is not known yet.

    """
    interpreter = find_interpreter(python_version)
    if not interpreter:
        _tell(
            f"No Python {python_version} is on this machine to write bytecode: cold starts will "
            "take more than twice as long. Install it, or set pythonVersion to the Python that you "
            "have."
        )
    inputs = _digest([_REQUIREMENTS, *_THIS_CODE], interpreter.release if interpreter else "")

    def install(target: Path) -> None:
        _install(target, python_version)
        if interpreter:
            compile_all(target, interpreter)

    dependencies = _once(_BUILD / "dependencies" / f"{python_version}-{inputs}", install)
    sources = sorted(_SOURCE.rglob("*.py"))

    def assemble(target: Path) -> None:
        shutil.copytree(dependencies, target, dirs_exist_ok=True)
        for source in sources:
            copy = target / "otp" / source.relative_to(_SOURCE)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
        if interpreter:
            compile_all(target / "otp", interpreter, below="otp")

    return _once(
        _BUILD / "lambda" / f"{dependencies.name}-{_digest(sources)}",
        assemble,
    )


def _install(target: Path, python_version: str) -> None:
    _tell(f"Bundling the dependencies for Python {python_version} ...")
    subprocess.run(  # noqa: S603 - our own arguments
        [
            sys.executable,
            *("-m", "pip", "-qq", "--disable-pip-version-check", "install"),
            *("--target", str(target), "--requirement", str(_REQUIREMENTS)),
            # Python alone: what is compiled would be of one processor, and takes long to load.
            *("--python-version", python_version, "--implementation", "py", "--abi", "none"),
            *("--platform", "any", "--only-binary=:all:", "--no-deps", "--no-compile"),
        ],
        check=True,
        stdout=sys.stderr,
    )
    reduce_data(target / "botocore" / "data")
    reduce_roots(target / "botocore" / "cacert.pem")
    hollow_out(target)
    for unused in _UNUSED:
        shutil.rmtree(target / unused)
    # Command line tools, which nobody runs: their first line names the Python of this folder. And
    # the lists of what was installed, which hold those files' hashes.
    shutil.rmtree(target / "bin", ignore_errors=True)
    for record in target.glob("*.dist-info/RECORD"):
        record.unlink()


def _once(target: Path, make: Callable[[Path], None]) -> Path:
    """Make a folder aside and move it into place whole, so that nobody ever sees half of one."""
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".making-") as aside:
            made = Path(aside) / "made"
            made.mkdir()
            make(made)
            try:
                made.rename(target)
            except OSError:
                if not target.exists():  # else another process was faster, with the same result
                    raise
        _forget_old(target.parent)
    os.utime(target)
    return target


def _forget_old(folder: Path) -> None:
    """Remove what was built from earlier states of the code and not used for a day."""
    for built in folder.iterdir():
        if time.time() - built.stat().st_mtime > _KEPT_SECONDS:
            shutil.rmtree(built, ignore_errors=True)


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)  # noqa: T201 - stdout is for `cdk synth`


def _digest(files: Iterable[Path], more: str = "") -> str:
    digest = hashlib.sha256(more.encode())
    for file in files:
        digest.update(str(file.relative_to(_ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _main() -> None:
    built = build(f"{sys.version_info.major}.{sys.version_info.minor}")
    target = _BUILD / "bundle"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(built, target)
    print(target.relative_to(_ROOT))  # noqa: T201 - the answer of a command


if __name__ == "__main__":
    _main()
