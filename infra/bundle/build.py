"""Builds the bundle: the functions' code and its dependencies, without Docker.

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
_RUN_PIP = Path(__file__).resolve().with_name("run_pip.py")

#: The architecture of a bundle for this machine: its processor, its system and its C library.
HOST = "host"
# Which wheels pip installs. manylinux2014 needs glibc 2.17, and Amazon Linux 2 and 2023 have newer
# ones.
_PLATFORMS = {
    "arm64": ("--platform", "manylinux2014_aarch64"),
    "x86_64": ("--platform", "manylinux2014_x86_64"),
    HOST: (),
}

_KEPT_SECONDS = 24 * 60 * 60

_UNREACHABLE = re.compile(r"Retrying \(Retry\(total=0,.* after connection broken by ")
_NO_WHEEL = re.compile(r"No matching distribution found for ([\w.-]+)==([\w.+!-]+)")
_WRONG_HASH = re.compile(r"DO NOT MATCH THE HASHES.*\s+([\w.-]+)==([\w.+!-]+) from ")


#: Installs the dependencies into a folder, for a Python and a processor.
Install = Callable[[Path, str, str], None]


class DependencyError(Exception):
    """A dependency cannot be bundled; the text says what to do."""


class MissingWheelError(DependencyError):
    """A dependency has no wheel for this Python and processor."""


class UnreachableError(DependencyError):
    """pip cannot reach its index."""


class WrongHashError(DependencyError):
    """A dependency's file does not have the pinned hash."""


def build(python_version: str, architecture: str, *, install: Install | None = None) -> Path:
    """Build for a Python and a processor, or find what was built before from the same input.

    Args:
        python_version: such as `3.13`.
        architecture: `arm64` or `x86_64`, to run in Lambda; or `host`, to run here.
        install: puts the dependencies into a folder; by default pip, announced on stderr.

    Returns:
        The folder to deploy.

    Raises:
        DependencyError: as above.
        MissingDataError, FileNotFoundError: a dependency lacks data that is needed, or folders that
        would be removed.

    """
    interpreter = find_interpreter(python_version)
    if not interpreter:
        _tell(
            f"This machine has no Python {python_version} to write bytecode: cold starts will "
            "take more than twice as long. Install it, or set pythonVersion to the Python that you "
            "have."
        )
    made_for = [interpreter.release if interpreter else ""]
    if architecture == HOST:
        # Two systems may share this folder, such as a Mac and its containers.
        made_for += [platform.machine(), str(sysconfig.get_config_var("EXT_SUFFIX"))]
    inputs = _digest([_REQUIREMENTS, *_THIS_CODE], " ".join(made_for))

    def fill(target: Path) -> None:
        if install is None:
            _tell(f"Bundling the dependencies for Python {python_version} on {architecture} ...")
        (install or install_by_pip)(target, python_version, architecture)
        if interpreter:
            compile_all(target, interpreter)

    runtime = f"{python_version}-{architecture}"
    dependencies = _once("dependencies", runtime, inputs, fill)
    sources = _find_sources()

    def assemble(target: Path) -> None:
        shutil.copytree(dependencies, target, dirs_exist_ok=True)
        for source in sources:
            copy = target / "otp" / source.relative_to(_SOURCE)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
        if interpreter:
            compile_all(target / "otp", interpreter, below="otp")

    return _once("lambda", runtime, f"{inputs}-{_digest(sources)}", assemble)


def hash_of(code: Path) -> str:
    """Return a hash over the bundle: each file's name, mode and bytes.

    The CDK's own hash ignores modes and carriage returns: a bundle that differs only in these would
    not be uploaded.
    """
    digest = hashlib.sha256()
    for file in sorted(path for path in code.rglob("*") if path.is_file()):
        about = f"{file.relative_to(code).as_posix()}\0{file.stat().st_mode:o}\0"
        digest.update(about.encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _find_sources() -> list[Path]:
    """Find the modules, behind links too, but not the files of editors and systems.

    `.#send.py` is a lock of Emacs, `._send.py` what macOS adds on other file systems.
    """
    files = (
        Path(folder, name)
        for folder, _, names in os.walk(_SOURCE, followlinks=True)
        for name in names
        if name.endswith(".py")
    )
    return sorted(
        file
        for file in files
        if all(part.isidentifier() for part in file.relative_to(_SOURCE).with_suffix("").parts)
    )


def install_by_pip(target: Path, python_version: str, architecture: str) -> None:
    """Install the dependencies into a folder; raises DependencyError."""
    pip = subprocess.run(  # noqa: S603 - our own arguments
        [
            *(sys.executable, "-I", str(_RUN_PIP), "install", "-q"),
            *("--disable-pip-version-check", "--no-input", "--target", str(target)),
            *("--requirement", str(_REQUIREMENTS)),
            *("--python-version", python_version, "--implementation", "cp"),
            *_PLATFORMS[architecture],
            *("--require-hashes", "--only-binary=:all:", "--no-deps", "--no-compile"),
        ],
        check=False,
        capture_output=True,
        text=True,
        errors="replace",
    )
    if pip.returncode:
        raise _explain(pip, python_version, architecture)
    prune(target)


def _explain(
    pip: subprocess.CompletedProcess[str], python_version: str, architecture: str
) -> DependencyError:
    """Return an error that says why pip failed, and what to do."""
    lines = ["", *pip.stderr.splitlines()]
    # If pip itself breaks, its traceback stands below "ERROR: Exception:".
    error = next((line for line in lines if re.match("ERROR: (?!Exception:)", line)), lines[-1])
    missing = _NO_WHEEL.search(pip.stderr)
    if (missing and _UNREACHABLE.search(pip.stderr)) or "ConnectionPool(" in error:
        here = f"{sys.version_info.major}.{sys.version_info.minor}"
        other = f", or set pythonVersion to {here}, whose libraries make setup has fetched"
        return UnreachableError(
            f"pip cannot reach its index for the libraries for Python {python_version} on "
            f"{architecture}: connect this machine to the network, or correct pip's index "
            f"(pip config list){other if python_version != here else ''}."
        )
    if missing:
        return MissingWheelError(
            f"pip finds no wheel of {missing[1]} {missing[2]} for Python {python_version} on "
            f"{architecture}: set pythonVersion or architecture to one that has wheels "
            "(-c pythonVersion=3.13), or have pip use an index that has them (pip config list)."
        )
    if wrong := _WRONG_HASH.search(pip.stderr):
        return WrongHashError(
            f"The file of {wrong[1]} {wrong[2]} that pip downloads has none of the hashes in "
            "lambda_src/requirements.txt: it may have been tampered with. Check where pip gets it "
            "from (pip config list), and what is in it."
        )
    return DependencyError(
        f"pip could not install the libraries for Python {python_version} on {architecture}: "
        f"{error.removeprefix('ERROR: ')}"
    )


def _make_readable(folder: Path) -> None:
    """Give all files one mode, whatever the umask: Lambda reads them as another user."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def _once(kind: str, runtime: str, inputs: str, make: Callable[[Path], None]) -> Path:
    """Make a folder aside and move it into place, so that no process ever sees half of one."""
    target = _BUILD / kind / f"{runtime}-{inputs}"
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
        _forget_old(target.parent, runtime)
    _make_readable(target)  # each time: a copy of this checkout may have lost its modes
    os.utime(target)
    return target


def _forget_old(folder: Path, runtime: str) -> None:
    """Remove a runtime's folders that have not been used for a day.

    Those of other runtimes stay: make setup fetched them, perhaps long before their first use.
    """
    for built in (*folder.glob(f"{runtime}-*"), *folder.glob(".making-*")):
        if time.time() - built.stat().st_mtime > _KEPT_SECONDS:
            shutil.rmtree(built, ignore_errors=True)


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)  # noqa: T201 - stdout is for `cdk synth`


def _digest(files: Iterable[Path], more: str = "") -> str:
    digest = hashlib.sha256(more.encode())
    for file in files:
        digest.update(str(file.relative_to(_ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
