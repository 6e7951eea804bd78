"""The bundle: the deployed files, built for the functions' Python and processor."""

import hashlib
import importlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from importlib.metadata import distributions
from io import BytesIO
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from infra.bundle.build import HOST, build, hash_of
from infra.bundle.bytecode import compile_all, find_interpreter
from infra.config import PYTHON_VERSIONS
from tests.support.templates import CODE, ROOT, THIS_PYTHON, LookedAt

MODULES = [f"infra/bundle/{file.name}" for file in sorted((ROOT / "infra/bundle").glob("[!_]*.py"))]

#: The file name tag of a compiled module for each processor, and its machine in the ELF header.
PROCESSORS = {"arm64": ("aarch64-linux-gnu", 0xB7), "x86_64": ("x86_64-linux-gnu", 0x3E)}


class Project:
    """A copy of infra/bundle with little code and an empty cache."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.installations = 0
        names = ("lambda_src/requirements.txt", "lambda_src/otp/send.py")
        for name in ("infra/__init__.py", "infra/bundle/__init__.py", *MODULES, *names):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
        package = f"infra_of_{folder.name}"
        spec = importlib.util.spec_from_file_location(package, folder / "infra" / "__init__.py")
        assert spec
        sys.modules[package] = importlib.util.module_from_spec(spec)
        self.module = importlib.import_module(f"{package}.bundle.build")

    def build(
        self,
        python_version: str = "3.13",
        architecture: str = "arm64",
        install: Callable[[Path], object] = lambda target: (target / "dependency.py").touch(),
    ) -> Path:
        """Build without pip; `install` replaces it, and its calls are counted."""

        def installing(target: Path, *_: str) -> None:
            self.installations += 1
            install(target)

        built: Path = self.module.build(python_version, architecture, install=installing)
        return built

    def left_in_cache(self) -> set[str]:
        """Return the names of all files in the cache."""
        return {path.name for path in (self.folder / "build").rglob("*")}


@pytest.fixture(scope="module")
def bundle() -> Path:
    """Build the bundle for this machine, or find it in the cache."""
    return build(THIS_PYTHON, HOST)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project that has built nothing yet."""
    return Project(tmp_path)


def pinned() -> dict[str, str]:
    """Return the versions of the function's dependencies by name.

    None may have a marker: pip would evaluate it for this machine and not for Lambda.
    """
    text = (ROOT / "lambda_src" / "requirements.txt").read_text()
    assert ";" not in text
    return dict(re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE))


def contents(folder: Path, pattern: str = "*") -> dict[str, bytes]:
    """Return the files in a folder, by their paths."""
    files = [path for path in folder.rglob(pattern) if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


# --- Contents ---


@pytest.mark.parametrize(
    ("python_version", "architecture"),
    [*((version, "arm64") for version in PYTHON_VERSIONS), (THIS_PYTHON, "x86_64")],
)
def test_bundle_has_only_pinned_dependencies(python_version: str, architecture: str) -> None:
    """At most 20 MB, and 8 MB zipped: a cold start downloads and unpacks it."""
    bundle = build(python_version, architecture)
    installed = distributions(path=[str(bundle)])
    assert {canonicalize_name(one.metadata["Name"]): one.version for one in installed} == pinned()

    files = contents(bundle)
    [compiled] = [name for name in files if files[name][:4] == b"\x7fELF" or ".so" in name]
    system, machine = PROCESSORS[architecture]
    tag = f"cpython-{python_version.replace('.', '')}-{system}"
    assert compiled == f"pydantic_core/_pydantic_core.{tag}.so"
    assert int.from_bytes(files[compiled][18:20], "little") == machine

    with zipfile.ZipFile(zipped := BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    assert sum(map(len, files.values())) <= 20_000_000
    assert zipped.tell() <= 8_000_000


def test_bundle_holds_nothing_of_this_machine(bundle: Path) -> None:
    """No command line tools, which hold its paths, and no other files of the project."""
    assert {path.name for path in bundle.iterdir()}.isdisjoint(path.name for path in ROOT.iterdir())
    assert list(bundle.rglob("RECORD")) == []
    assert not (bundle / "bin").exists()


# --- Bytecode ---


def test_every_module_has_bytecode_that_lambda_accepts(bundle: Path) -> None:
    """Unchecked (PEP 552), because a deployment changes times; it names Lambda's folder."""
    for source in bundle.rglob("*.py"):
        [compiled] = source.parent.glob(f"__pycache__/{source.stem}.cpython-*.pyc")
        content = compiled.read_bytes()
        assert int.from_bytes(content[4:8], "little") == 0b01
        assert content[8:16] == importlib.util.source_hash(source.read_bytes())
        assert f"/var/task/{source.relative_to(bundle)}".encode() in content
        assert str(ROOT).encode() not in content


def test_bytecode_is_the_same_every_time(tmp_path: Path, bundle: Path) -> None:
    """Different bytes would be a new asset, and so a deployment."""
    interpreter = find_interpreter(THIS_PYTHON)
    assert interpreter
    compiled = []
    for name in ("one", "another folder"):
        for package in ("otp", "botocore", "aws_lambda_powertools"):
            ignored = shutil.ignore_patterns("__pycache__", "data")
            shutil.copytree(bundle / package, tmp_path / name / package, ignore=ignored)
        compile_all(tmp_path / name, interpreter)
        compiled.append(contents(tmp_path / name, "*.pyc"))
    assert len(compiled[0]) > 150
    assert compiled[0] == compiled[1]


def test_without_the_runtimes_python_there_is_a_warning_and_no_bytecode(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With that Python it is built again; a version manager's shim does not count."""
    other = "3.12" if sys.version_info[:2] != (3, 12) else "3.11"
    shim = project.folder / "bin" / f"python{other}"
    shim.parent.mkdir()
    monkeypatch.setenv("PATH", str(shim.parent))
    slow = project.build(other)
    assert not list(slow.rglob("*.pyc"))
    assert f"no Python {other}" in capsys.readouterr().err

    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    assert project.build(other) == slow

    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    quick = project.build(other)
    assert quick != slow
    assert list(quick.rglob("*.pyc"))


# --- Building ---


def test_runtimes_do_not_share_a_bundle(project: Project) -> None:
    """Each version of Python and each processor has its own folder."""
    asked = [("3.12", "arm64"), ("3.13", "arm64"), ("3.13", "x86_64"), ("3.13", HOST)]
    assert len({project.build(*runtime) for runtime in asked}) == len(asked)


@pytest.mark.parametrize(
    ("file", "installations"),
    [
        *((None, 1), ("lambda_src/otp/send.py", 1)),
        *((file, 2) for file in ("lambda_src/requirements.txt", *MODULES)),
    ],
)
def test_inputs_change_a_bundle(project: Project, file: str | None, installations: int) -> None:
    """Without a change, the folder and its times stay, so the CDK sees no difference."""
    before = project.build()
    files = {path: path.stat().st_mtime_ns for path in before.rglob("*")}
    if file:
        with (project.folder / file).open("a") as changed:
            changed.write("# changed\n")

    after = project.build()

    assert (after == before) == (file is None)
    assert {path: path.stat().st_mtime_ns for path in before.rglob("*")} == files
    code = project.folder / "lambda_src/otp"
    assert contents(after / "otp", "*.py") == contents(code)
    assert project.installations == installations


def test_two_builds_at_once_give_one_bundle(project: Project) -> None:
    """The slower build takes the bundle of the other, and removes its own files."""
    faster: list[Path] = []

    def install_slowly(target: Path) -> None:
        faster.append(project.build(install=lambda other: (other / "faster.py").touch()))
        (target / "slower.py").touch()

    slower = project.build(install=install_slowly)

    assert faster == [slower]
    assert "faster.py" in project.left_in_cache()
    assert "slower.py" not in project.left_in_cache()


def test_every_file_can_be_read_by_lambda(project: Project) -> None:
    """Lambda runs as another user, so the builder's umask and a later chmod must not matter."""

    def install(target: Path) -> None:
        (target / "library").mkdir(mode=0o700)
        (target / "library" / "module.py").touch(mode=0o400)

    def modes(built: Path) -> set[tuple[bool, int]]:
        paths = [built, *built.rglob("*")]
        return {(path.is_dir(), path.stat().st_mode & 0o777) for path in paths}

    before = os.umask(0o077)
    try:
        built = project.build(install=install)
    finally:
        os.umask(before)
    assert modes(built) == {(True, 0o755), (False, 0o644)}

    (built / "library" / "module.py").chmod(0o600)
    assert modes(project.build()) == {(True, 0o755), (False, 0o644)}


def test_modules_are_found_behind_links_and_other_files_are_left_out(project: Project) -> None:
    """Editors, macOS and file synchronization leave files beside them that cannot be compiled."""
    code, elsewhere = project.folder / "lambda_src/otp", project.folder / "elsewhere"
    (elsewhere / "rules").mkdir(parents=True)
    (elsewhere / "rules/limits.py").write_text("LIMIT = 1\n")
    (elsewhere / "verify.py").write_text("VERIFY = 1\n")
    (code / "rules").symlink_to(elsewhere / "rules")
    (code / "verify.py").symlink_to(elsewhere / "verify.py")
    (code / ".#send.py").symlink_to("an.editor@this.machine:1")
    (code / "._send.py").write_bytes(b"\0\5\x16\7")
    (code / "send 2.py").write_text("a conflict\n")

    built = project.build() / "otp"

    assert contents(built, "*.py").keys() == {"send.py", "verify.py", "rules/limits.py"}
    assert not any(path.is_symlink() for path in built.rglob("*"))


def test_an_old_bundle_is_kept_until_newer_code_replaces_it(project: Project) -> None:
    """The first deployment may be days after the setup, and without a network."""
    fetched = project.build(architecture="arm64")
    two_days_ago = time.time() - 2 * 24 * 60 * 60
    os.utime(fetched, (two_days_ago, two_days_ago))
    project.build(architecture="x86_64")
    assert fetched.exists()

    (project.folder / "lambda_src/requirements.txt").write_text("# newer")
    project.build(architecture="arm64")
    assert not fetched.exists()


def test_asset_hash_is_of_all_files(tmp_path: Path, look_at: Callable[[str], LookedAt]) -> None:
    """The CDK uploads no asset whose hash it has uploaded before, even if modes differ."""
    hashes = []
    for folder, name, mode, content in (
        ("usual", "module.py", 0o644, b"A = 1\n"),
        ("copied", "module.py", 0o644, b"A = 1\n"),
        ("renamed", "another.py", 0o644, b"A = 1\n"),
        ("unreadable", "module.py", 0o600, b"A = 1\n"),
        ("of Windows", "module.py", 0o644, b"A = 1\r\n"),
    ):
        module = tmp_path / folder / name
        module.parent.mkdir()
        module.write_bytes(content)
        module.chmod(mode)
        hashes.append(hash_of(module.parent))
    assert hashes[0] == hashes[1]
    assert len(set(hashes[1:])) == 4

    [asset] = look_at("quiet").folder.glob("asset.*/")
    assert asset.name == f"asset.{hashlib.sha256(hash_of(CODE).encode()).hexdigest()}"


@pytest.mark.parametrize("said_in", ["pip.conf", "the environment"])
def test_only_the_source_is_taken_from_pips_settings(tmp_path: Path, said_in: str) -> None:
    """A mirror works; other settings could change the packages, the platform or the target."""
    (tmp_path / "mirror").mkdir()
    for name in ("wanted", "other"):
        file = tmp_path / "mirror" / f"{name}-1.0-py3-none-any.whl"
        with zipfile.ZipFile(file, "w") as wheel:
            wheel.writestr(f"{name}.py", "")
            metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
            wheel.writestr(f"{name}-1.0.dist-info/METADATA", metadata)
            wheel.writestr(f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            wheel.writestr(f"{name}-1.0.dist-info/RECORD", "")
    (tmp_path / "requirements.txt").write_text("other==1.0\n")
    (tmp_path / "constraints.txt").write_text("wanted==2.0\n")
    settings = {
        "find-links": str(tmp_path / "mirror"),
        "no-index": "true",
        **dict.fromkeys(("user", "dry-run"), "true"),
        "quiet": "3",
        "root": str(tmp_path / "root"),
        "platform": "win_amd64",
        "requirement": str(tmp_path / "requirements.txt"),
        "constraint": str(tmp_path / "constraints.txt"),
    }
    conf = tmp_path / "pip.conf"
    lines = [f"{name} = {value}" for name, value in settings.items()]
    conf.write_text("\n".join(["[install]", *lines]) if said_in == "pip.conf" else "")
    names = {f"PIP_{name.upper().replace('-', '_')}": value for name, value in settings.items()}

    subprocess.run(
        [
            *(sys.executable, "-I", str(ROOT / "infra/bundle/run_pip.py"), "install", "-qq"),
            *("--target", str(tmp_path / "installed"), "wanted"),
        ],
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("PIP_")},
            **({} if said_in == "pip.conf" else names),
            "PIP_CONFIG_FILE": str(conf),
        },
        check=True,
    )

    installed = contents(tmp_path / "installed", "*.py")
    assert installed.keys() == {"wanted.py"}
    assert not (tmp_path / "root").exists()


@pytest.mark.parametrize(
    ("pinned", "error", "said"),
    [
        (
            b"no archive",
            "DependencyError",
            "pip could not install the libraries for Python 3.13 on arm64: Wheel 'broken' located",
        ),
        (b"something else", "WrongHashError", "The file of broken 1.0 that pip downloads has "),
    ],
)
def test_a_failed_installation_is_one_sentence_and_leaves_no_files(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    pinned: bytes,
    error: str,
    said: str,
) -> None:
    """A broken wheel is not reported as a missing one, nor a wrong hash as either."""
    wheels = project.folder / "wheels"
    wheels.mkdir()
    (wheels / "broken-1.0-py3-none-any.whl").write_bytes(b"no archive")
    digest = hashlib.sha256(pinned).hexdigest()
    requirements = project.folder / "lambda_src/requirements.txt"
    requirements.write_text(f"broken==1.0 --hash=sha256:{digest}\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))

    with pytest.raises(Exception, match=r"^") as raised:
        project.module.build("3.13", "arm64")

    assert type(raised.value).__name__ == error
    assert str(raised.value).startswith(said)
    assert "\n" not in str(raised.value)
    assert project.left_in_cache() == {"dependencies"}
