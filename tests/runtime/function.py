"""Runs a function as Lambda does: AWS's runtime client and the bundle, nothing else of ours."""

import json
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, NamedTuple

from packaging.requirements import Requirement

from tests.support.numbers import number_for

from .api import NEXT, RuntimeApi, serving

# In Lambda's order: the code, Python, the runtime's own packages.
_BOOTSTRAP = """
import json, sys
code, client, handler = json.loads(sys.argv[1])
sys.path[:] = [*code, *sys.path, client]
from awslambdaric.__main__ import main
main(["bootstrap", handler])
"""


class Runtime(NamedTuple):
    """The bundle, AWS's runtime client, and a folder for the functions' output."""

    bundle: Path
    client: Path
    folder: Path


class Outcome(NamedTuple):
    """The result of an invocation as Lambda gets it: a response or a function error."""

    request_id: str
    failed: bool
    body: Any


class Function:
    """A started function."""

    def __init__(self, api: RuntimeApi, folder: Path) -> None:
        self.api = api
        self._folder = folder

    def initialize(self) -> None:
        """Wait until the function asks for its first event."""
        assert self.api.next_call() == (NEXT, None), self.said()

    def invoke(self, event: Any) -> Outcome:
        """Hand an event to the function, and wait until it asks for the next one."""
        request_id = self.api.hand_out(event)
        told, body = self.api.next_call()
        kinds = {f"POST invocation/{request_id}/{kind}": kind for kind in ("response", "error")}
        self.initialize()
        return Outcome(request_id, kinds[told] == "error", body)

    def stdout(self) -> list[str]:
        """Return the lines of its log and metrics."""
        return (self._folder / "stdout").read_text().splitlines()

    def said(self) -> str:
        """Return everything that it has written."""
        return "\n".join((self._folder / name).read_text() for name in ("stdout", "stderr"))


def request(**fields: Any) -> dict[str, Any]:
    """Make a request with a random ReferenceId and its own number, so that no limit is reached."""
    of = str(uuid.uuid4())
    return {"ReferenceId": of, "DestinationIdentity": number_for(of), **fields}


@contextmanager
def running(
    runtime: Runtime, handler: str, environment: Mapping[str, str], layers: Sequence[Path] = ()
) -> Iterator[Function]:
    """Run a handler, such as `otp.send.handler`, for the length of a `with` block."""
    folder = runtime.folder / f"{handler}-{len(list(runtime.folder.iterdir()))}"
    folder.mkdir()
    code = [str(path) for path in (runtime.bundle, *layers)]
    arguments = json.dumps([code, str(runtime.client), handler])
    with serving() as api:
        with (folder / "stdout").open("wb") as stdout, (folder / "stderr").open("wb") as stderr:
            process = subprocess.Popen(
                # Isolated, without site-packages, and writing no bytecode into the bundle.
                [sys.executable, "-I", "-S", "-B", "-c", _BOOTSTRAP, arguments],
                cwd=runtime.bundle,
                env={**_of_lambda(handler, api), **environment},
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
            )
        function = Function(api, folder)
        try:
            yield function
        finally:
            process.kill()
            process.wait()
            sys.stdout.write(function.said())  # pytest shows it if a test fails


def install_client(folder: Path) -> None:
    """Copy AWS's runtime client and its requirements from this Python's packages."""
    names = ["awslambdaric"]
    for name in names:  # grows as requirements are found
        found = distribution(name)
        names += [Requirement(line).name for line in found.requires or ()]
        for file in found.files or ():
            copy = folder / file
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(str(found.locate_file(file)), copy)  # with its times: bytecode has them


def _of_lambda(handler: str, api: RuntimeApi) -> dict[str, str]:
    """Return the variables that Lambda sets for a function with `loggingFormat` JSON."""
    return {
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_FUNCTION_NAME": "otp",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_LAMBDA_LOG_LEVEL": "INFO",
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server_port}",
        "AWS_REGION": "us-east-1",
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin/:/bin",
        "TZ": ":UTC",
        "_HANDLER": handler,
    }
