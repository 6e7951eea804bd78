"""The bundle: what is deployed, of Python alone, built for the version that runs it."""

import importlib
import importlib.util
import json
import shutil
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import Distribution, distributions
from pathlib import Path
from threading import Thread
from typing import Any, NoReturn

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from infra.bundle import build
from infra.bytecode import compile_all, find_interpreter
from infra.models import OPERATIONS
from tests.environment import OF_AWS, OF_SEND

from .certificates import make_certificate
from .helpers import ROOT, THIS_PYTHON

#: What builds the bundle.
MODULES = tuple(f"infra/{name}.py" for name in ("bundle", "bytecode", "hollow", "models", "trust"))

# Runs where nothing but the bundle and Python itself can be imported.
IMPORT_SEND = """
import json, sys
sys.path.insert(0, sys.argv[1])
import otp.send
files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
print(json.dumps({"stdlib": sys.path[1:], "files": sorted(filter(None, files))}))
"""

# As above, with a server instead of DynamoDB.
ASK_DYNAMODB = """
import sys
sys.path.insert(0, sys.argv[1])
import boto3, botocore.config
once = botocore.config.Config(retries={"total_max_attempts": 1})
answer = boto3.client("dynamodb", config=once).get_item(TableName="t", Key={"id": {"S": "1"}})
print(answer["ResponseMetadata"]["HTTPStatusCode"])
"""

ENVIRONMENT = {**OF_AWS, **OF_SEND}


class PipFailedError(Exception):
    """What a failing pip is here."""


class Project:
    """A project with the real infra/bundle.py, little code, and a cache that is empty at first.

    Args:
        folder: where to make it.

    Attributes:
        folder: where it is.
        installations: how often dependencies were installed in pip's stead.

    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.installations = 0
        for name in (
            *("infra/__init__.py", *MODULES),
            *("lambda_src/requirements.txt", "lambda_src/otp/send.py"),
        ):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
        package = f"infra_of_{folder.name}"
        spec = importlib.util.spec_from_file_location(package, folder / "infra" / "__init__.py")
        assert spec is not None
        sys.modules[package] = importlib.util.module_from_spec(spec)
        self._module = importlib.import_module(f"{package}.bundle")

    def build(self, python_version: str = "3.13") -> Path:
        """Build with the project's own infra/bundle.py."""
        built: Path = self._module.build(python_version)
        return built

    def install(self, install: Callable[[Path], object]) -> None:
        """Install dependencies in pip's stead."""

        def installing(target: Path, python_version: str) -> None:  # noqa: ARG001 - the signature
            self.installations += 1
            install(target)

        vars(self._module)["_install"] = installing

    def left_in_cache(self) -> set[str]:
        """Give the paths of everything in the cache."""
        return names(self.folder / "build")


@pytest.fixture(scope="module")
def bundle() -> Path:
    """Build the bundle, or find it in the cache."""
    return build(THIS_PYTHON)


@pytest.fixture
def pip_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pip fail, whatever it is asked."""
    run = subprocess.run

    def fail(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        if "pip" in command:
            raise PipFailedError
        return run(command, check=options.pop("check"), **options)

    monkeypatch.setattr("subprocess.run", fail)


@pytest.fixture
def new_project(tmp_path: Path) -> Project:
    """Give a project that has built nothing yet, and would install with pip."""
    return Project(tmp_path)


@pytest.fixture
def project(new_project: Project) -> Project:
    """Give a project that installs a module of its own, without pip."""
    new_project.install(lambda target: (target / "dependency.py").touch())
    return new_project


def requirements() -> dict[str, str]:
    """Read the function's pinned dependencies: versions by name."""
    lines = (ROOT / "lambda_src" / "requirements.txt").read_text().splitlines()
    pins = [line.split("#")[0].strip() for line in lines]
    return {
        canonicalize_name(name): version
        for name, version in (pin.split("==") for pin in pins if pin)
    }


def installed(bundle: Path) -> dict[str, Distribution]:
    """Find the packages in a bundle, by name."""
    return {
        canonicalize_name(found.metadata["Name"]): found
        for found in distributions(path=[str(bundle)])
    }


def names(folder: Path) -> set[str]:
    """Give the paths of all files and folders in a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


class AnswerNothing(BaseHTTPRequestHandler):
    """A service that answers `{}`."""

    def do_POST(self) -> None:
        """Answer."""
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serve_https(certificate: Path) -> Iterator[str]:
    """Serve with a certificate that nobody has signed but itself.

    Args:
        certificate: gets it.

    Returns:
        The server's URL.

    """
    make_certificate(certificate, "Example Corp")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with ThreadingHTTPServer(("127.0.0.1", 0), AnswerNothing) as server:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"https://localhost:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


# --- What is in it ---


def test_bundle_holds_the_functions_code_as_it_is(bundle: Path) -> None:
    """Every module of ours is in the bundle unchanged, and beside them their bytecode only."""
    source = ROOT / "lambda_src" / "otp"
    ours = {path.relative_to(source): path.read_bytes() for path in source.rglob("*.py")}
    assert Path("send.py") in ours

    bundled = bundle / "otp"
    assert {
        path.relative_to(bundled): path.read_bytes()
        for path in bundled.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    } == ours


def test_bundle_holds_the_pinned_dependencies_and_no_others(bundle: Path) -> None:
    """What is installed is what lambda_src/requirements.txt lists, in these versions."""
    assert {name: found.version for name, found in installed(bundle).items()} == requirements()


def test_bundle_holds_nothing_else_of_ours(bundle: Path) -> None:
    """None of the project's other files and folders, such as tests, has been swept in."""
    ours = {path.name for path in ROOT.iterdir()}
    assert ours >= {"tests", "infra", "app.py"}
    assert {path.name for path in bundle.iterdir()} & ours == set()


def test_bundle_holds_nothing_of_this_machine(bundle: Path) -> None:
    """No command line tool, which holds our path; bytecode says where the code is in Lambda.

    Nor pip's RECORD files: they hold the hashes of those tools.
    """
    assert not [name for name in names(bundle) if name.endswith("/RECORD")]
    assert not (bundle / "bin").exists()
    for path in bundle.rglob("*.pyc"):
        content = path.read_bytes()
        assert str(ROOT).encode() not in content
        source = path.parent.parent / f"{path.name.partition('.')[0]}.py"
        assert f"/var/task/{source.relative_to(bundle)}".encode() in content


def test_every_module_has_bytecode_that_lambda_takes_as_it_is(bundle: Path) -> None:
    """PEP 552: hash-based and unchecked, since a deployment gives all files new times."""
    for source in bundle.rglob("*.py"):
        [compiled] = source.parent.glob(f"__pycache__/{source.stem}.cpython-*.pyc")
        content = compiled.read_bytes()
        assert int.from_bytes(content[4:8], "little") == 0b01
        assert content[8:16] == importlib.util.source_hash(source.read_bytes())


def test_bytecode_is_the_same_every_time(tmp_path: Path, bundle: Path) -> None:
    """The same bytes give the same asset, and so nothing to deploy."""
    interpreter = find_interpreter(f"{sys.version_info.major}.{sys.version_info.minor}")
    assert interpreter
    for name in ("one", "another folder"):
        for package in ("otp", "botocore", "aws_lambda_powertools"):
            shutil.copytree(
                bundle / package,
                tmp_path / name / package,
                ignore=shutil.ignore_patterns("__pycache__", "data"),
            )
        compile_all(tmp_path / name, interpreter)
    one, another = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.pyc")}
        for folder in (tmp_path / "one", tmp_path / "another folder")
    )
    assert len(one) > 150
    assert one == another


def test_without_the_runtimes_python_there_is_no_bytecode_and_it_is_said(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It runs all the same, and starts slowly. With that Python at hand, it is built anew."""
    other = "3.12" if sys.version_info[:2] != (3, 12) else "3.11"
    monkeypatch.setattr("shutil.which", lambda _: None)
    slow = project.build(other)
    assert not list(slow.rglob("*.pyc"))
    assert f"No Python {other}" in capsys.readouterr().err

    monkeypatch.setattr("shutil.which", lambda _: sys.executable)
    quick = project.build(other)
    assert quick != slow
    assert list(quick.rglob("*.pyc"))


def test_a_name_on_the_path_that_is_no_python_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Version managers put a shim there for versions that they have not installed."""
    shim = tmp_path / "python3.99"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert find_interpreter("3.99") is None


@pytest.mark.parametrize("service", OPERATIONS)
def test_bundle_holds_the_models_of_the_operations_in_use_only(bundle: Path, service: str) -> None:
    """Of botocore's 400 services, two; tests/infra/test_models.py is about what is left of them."""
    data = bundle / "botocore" / "data"
    assert {path.name for path in data.iterdir() if path.is_dir()} == set(OPERATIONS)
    [model] = data.glob(f"{service}/*/service-2.json")
    assert json.loads(model.read_text())["operations"].keys() == set(OPERATIONS[service])


def test_bundle_trusts_the_roots_of_aws_only(bundle: Path) -> None:
    """The ten of tests/infra/test_trust.py; where certifi is, botocore takes that one's instead."""
    assert (bundle / "botocore" / "cacert.pem").read_text().count("BEGIN CERTIFICATE") == 10
    assert not (bundle / "certifi").exists()


def test_bundle_holds_nothing_that_is_known_to_be_unused(bundle: Path) -> None:
    """Less to download and to unpack at a cold start."""
    assert not (bundle / "aws_lambda_powertools" / "event_handler").exists()
    assert not (bundle / "boto3" / "s3").exists()
    assert sum(path.stat().st_size for path in bundle.rglob("*")) < 12_000_000


# --- What it is for ---


def test_bundle_runs_on_both_processors(bundle: Path) -> None:
    """Nothing is compiled for one of them."""
    assert not list(bundle.rglob("*.so*"))
    for found in installed(bundle).values():
        assert "-none-any" in (found.read_text("WHEEL") or "")


def test_dependencies_are_transitively_complete(bundle: Path) -> None:
    """Whatever a package in the bundle requires is there too, in a version that it takes."""
    packages = installed(bundle)
    target = {"python_version": THIS_PYTHON, "python_full_version": f"{THIS_PYTHON}.0", "extra": ""}
    for found in packages.values():
        for line in found.requires or ():
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate(target):
                version = packages[canonicalize_name(needed.name)].version
                assert needed.specifier.contains(version, prereleases=True), line


def test_function_starts_from_the_bundle_alone() -> None:
    """With nothing installed but the bundle, otp.send is imported and all comes from there."""
    bundle = build(THIS_PYTHON)
    started = subprocess.run(
        # Isolated, without site-packages, and leaving no compiled modules in the bundle.
        [sys.executable, "-I", "-S", "-B", "-c", IMPORT_SEND, str(bundle)],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert started.returncode == 0, started.stderr

    loaded = json.loads(started.stdout)

    files = [Path(file) for file in loaded["files"]]
    stdlib = [Path(folder) for folder in loaded["stdlib"]]
    assert bundle / "otp" / "send.py" in files
    assert [file for file in files if "site-packages" in file.parts] == []
    for file in files:
        assert any(file.is_relative_to(folder) for folder in (bundle, *stdlib)), file


@pytest.mark.parametrize("trusted", [False, True], ids=["botocore's roots", "AWS_CA_BUNDLE"])
def test_function_trusts_whom_the_environment_says(tmp_path: Path, *, trusted: bool) -> None:
    """A root that is not AWS's is refused; with AWS_CA_BUNDLE, it is what the function trusts."""
    certificate = tmp_path / "root.pem"
    with serve_https(certificate) as url:
        asked = subprocess.run(
            [sys.executable, "-I", "-S", "-B", "-c", ASK_DYNAMODB, str(build(THIS_PYTHON))],
            env={
                **ENVIRONMENT,
                "AWS_ENDPOINT_URL": url,
                **({"AWS_CA_BUNDLE": str(certificate)} if trusted else {}),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    if trusted:
        assert asked.stdout == "200\n", asked.stderr
    else:
        assert "SSLError" in asked.stderr
        assert "CERTIFICATE_VERIFY_FAILED" in asked.stderr


# --- How it is built ---


@pytest.mark.usefixtures("pip_fails")
def test_building_again_finds_what_was_built(bundle: Path) -> None:
    """The second build gives the same folder, and pip does not run."""
    assert build(THIS_PYTHON) == bundle


def test_building_again_changes_nothing(bundle: Path) -> None:
    """The second build leaves what is in the folder as it was, so the CDK sees no difference."""
    before = {path: path.stat().st_mtime_ns for path in bundle.rglob("*")}

    build(THIS_PYTHON)

    assert {path: path.stat().st_mtime_ns for path in bundle.rglob("*")} == before


def test_runtimes_do_not_share_a_bundle(project: Project) -> None:
    """Each version of Python has a folder of its own."""
    assert project.build("3.12") != project.build("3.13")


def test_changed_code_is_another_bundle(project: Project) -> None:
    """A changed module is deployed, and the dependencies are not installed again for it."""
    before = project.build()
    (project.folder / "lambda_src/otp/send.py").write_text("changed = True\n")

    after = project.build()

    assert after != before
    assert (after / "otp/send.py").read_text() == "changed = True\n"
    assert project.installations == 1


def test_changed_dependencies_are_another_bundle(project: Project) -> None:
    """A changed pin is deployed."""
    before = project.build()
    with (project.folder / "lambda_src/requirements.txt").open("a") as file:
        file.write("one-more==1.0\n")

    assert project.build() != before
    assert project.installations == 2


@pytest.mark.parametrize("module", MODULES)
def test_changed_way_of_building_is_another_bundle(project: Project, module: str) -> None:
    """Nobody has to know that the cache must be deleted when what builds has changed."""
    before = project.build()
    with (project.folder / module).open("a") as file:
        file.write("# changed\n")

    assert project.build() != before
    assert project.installations == 2


@pytest.mark.usefixtures("pip_fails")
def test_failed_pip_leaves_nothing_behind(new_project: Project) -> None:
    """After a failure there is no folder that the next build would take for a bundle."""
    with pytest.raises(PipFailedError):
        new_project.build()

    assert new_project.left_in_cache() == {"dependencies"}


def test_failure_halfway_leaves_nothing_behind(project: Project) -> None:
    """What was installed before the failure is gone, and the next build begins anew."""

    def fail(target: Path) -> NoReturn:
        (target / "half.py").touch()
        raise PipFailedError

    project.install(fail)
    with pytest.raises(PipFailedError):
        project.build()
    assert project.left_in_cache() == {"dependencies"}

    project.install(lambda target: (target / "whole.py").touch())
    built = project.build()
    assert (built / "whole.py").exists()
    assert not (built / "half.py").exists()


def test_two_builds_at_once_give_one_bundle(project: Project) -> None:
    """Whoever is slower takes the other's bundle, and leaves nothing of its own."""
    faster: list[Path] = []

    def install_slowly(target: Path) -> None:
        project.install(lambda other: (other / "faster.py").touch())
        faster.append(project.build())
        (target / "slower.py").touch()

    project.install(install_slowly)

    slower = project.build()

    assert faster == [slower]
    left = {Path(name).name for name in project.left_in_cache()}
    assert "faster.py" in left
    assert "slower.py" not in left
