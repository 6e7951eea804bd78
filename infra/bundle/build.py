"""Builds what is deployed: the functions' code and its dependencies, without Docker.

The same input gives the same bytes. pydantic-core is compiled, so each of Lambda's processors has a
bundle of its own, which any machine can build; and so has this machine, where the sandbox runs the
functions.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from .bytecode import compile_all, find_interpreter
from .prune import prune

_ROOT = Path(__file__).resolve().parent.parent.parent
_SOURCE = _ROOT / "lambda_src" / "otp"
_REQUIREMENTS = _ROOT / "lambda_src" / "requirements.txt"
_BUILD = _ROOT / "build"
_THIS_CODE = sorted(Path(__file__).resolve().parent.glob("*.py"))

#: The architecture of a bundle for this machine: its processor, its system and its C library.
HOST = "host"
# Which wheels pip takes. Those of manylinux2014 need glibc 2.17, which is older than what Amazon
# Linux 2 and 2023 have.
_PLATFORMS = {
    "arm64": ("--platform", "manylinux2014_aarch64"),
    "x86_64": ("--platform", "manylinux2014_x86_64"),
    HOST: (),
}

_KEPT_SECONDS = 24 * 60 * 60

# https://pip.pypa.io/en/stable/topics/configuration/#environment-variables
_WHERE_FROM = frozenset(
    f"PIP_{name}"
    for name in (
        *("CACHE_DIR", "CERT", "CLIENT_CERT", "CONFIG_FILE", "EXTRA_INDEX_URL", "FIND_LINKS"),
        *("INDEX_URL", "KEYRING_PROVIDER", "NO_INDEX", "PROXY", "RETRIES", "TIMEOUT"),
        "TRUSTED_HOST",
    )
)

_NO_WHEEL = re.compile(r"No matching distribution found for ([\w.-]+)==([\w.+!-]+)")
_WRONG_HASH = re.compile(r"DO NOT MATCH THE HASHES.*\s+([\w.-]+)==([\w.+!-]+) from ")


#: Installs the dependencies into a folder, for a Python and a processor.
Install = Callable[[Path, str, str], None]


class DependencyError(Exception):
    """A dependency cannot be bundled; the text says what to do."""


class MissingWheelError(DependencyError):
    """It is not built for this Python and processor."""


class WrongHashError(DependencyError):
    """Its file is not the one that was pinned."""


def build(python_version: str, architecture: str, *, install: Install | None = None) -> Path:
    """Build for a Python and a processor, or find what was built before from the same input.

    Args:
        python_version: such as `3.13`.
        architecture: `arm64` or `x86_64`, to run in Lambda; or `host`, to run here.
        install: puts the dependencies into a folder; pip does unless it is given.

    Returns:
        The folder to deploy.

    Raises:
        MissingWheelError, WrongHashError: as above.
        subprocess.CalledProcessError: pip could not install the dependencies, and has said why.
        MissingDataError, FileNotFoundError: it installed a release that lacks what is needed, or
            what is left out.

    """
    interpreter = find_interpreter(python_version)
    if not interpreter:
        _tell(
            f"No Python {python_version} is on this machine to write bytecode: cold starts will "
            "take more than twice as long. Install it, or set pythonVersion to the Python that you "
            "have."
        )
    made_for = [interpreter.release if interpreter else ""]
    if architecture == HOST:
        # Two systems may share this folder, such as a Mac and its containers.
        made_for += [platform.machine(), str(sysconfig.get_config_var("EXT_SUFFIX"))]
    inputs = _digest([_REQUIREMENTS, *_THIS_CODE], " ".join(made_for))

    def fill(target: Path) -> None:
        (install or _install)(target, python_version, architecture)
        if interpreter:
            compile_all(target, interpreter)

    dependencies = _once(
        _BUILD / "dependencies" / f"{python_version}-{architecture}-{inputs}", fill
    )
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


def _install(target: Path, python_version: str, architecture: str) -> None:
    _tell(f"Bundling the dependencies for Python {python_version} on {architecture} ...")
    pip = subprocess.run(  # noqa: S603 - our own arguments
        [
            *(sys.executable, "-I"),  # none of Python's own settings, such as PYTHONPATH
            *("-m", "pip", "-qq", "--disable-pip-version-check", "--no-input", "install"),
            *("--no-user", "--target", str(target), "--requirement", str(_REQUIREMENTS)),
            *("--python-version", python_version, "--implementation", "cp"),
            *_PLATFORMS[architecture],
            *("--require-hashes", "--only-binary=:all:", "--no-deps", "--no-compile"),
        ],
        env=_environment(),
        check=False,
        capture_output=True,
        text=True,
    )
    if pip.returncode:
        if missing := _NO_WHEEL.search(pip.stderr):
            # pip says the same where it does not reach its index.
            raise MissingWheelError(
                f"pip finds no wheel of {missing[1]} {missing[2]} for Python {python_version} on "
                f"{architecture}: set pythonVersion or architecture to one that has wheels "
                "(-c pythonVersion=3.13), or let pip reach its index."
            )
        if wrong := _WRONG_HASH.search(pip.stderr):
            raise WrongHashError(
                f"The file of {wrong[1]} {wrong[2]} that pip gets is not one that "
                "lambda_src/requirements.txt has the hash of: somebody may have changed it. See "
                "where pip gets it from (pip config list), and what is in it."
            )
        _tell(pip.stderr)
        pip.check_returncode()
    prune(target)


def _environment() -> dict[str, str]:
    """Keep what says where pip gets its files from, and none of its other options."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PIP_") or name in _WHERE_FROM
    }


def _make_readable(folder: Path) -> None:
    """Give all files one mode, whatever the umask: Lambda reads them as another user."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def _once(target: Path, make: Callable[[Path], None]) -> Path:
    """Make a folder aside and move it into place whole, so that nobody ever sees half of one."""
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".making-") as aside:
            made = Path(aside) / "made"
            made.mkdir()
            make(made)
            _make_readable(made)
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
