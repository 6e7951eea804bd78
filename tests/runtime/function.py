"""A function as Lambda runs it: AWS's own runtime client, and of ours nothing but the bundle."""

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

# In Lambda's order: the code, Python, what the runtime brings.
_BOOTSTRAP = """
import json, sys
code, client, handler = json.loads(sys.argv[1])
sys.path[:] = [*code, *sys.path, client]
from awslambdaric.__main__ import main
main(["bootstrap", handler])
"""


class Runtime(NamedTuple):
    """What functions run on: the bundle, AWS's runtime client, and a folder for what they say."""

    bundle: Path
    client: Path
    folder: Path


class Outcome(NamedTuple):
    """What Lambda is told of an invocation: what was returned, or a function error."""

    request_id: str
    failed: bool
    body: Any


class Function:
    """A function that has been started: its process, what it calls, and where it says something."""

    def __init__(self, api: RuntimeApi, folder: Path) -> None:
        self.api = api
        self._folder = folder

    def initialize(self) -> None:
        """Wait until it is ready for events."""
        assert self.api.next_call() == (NEXT, None), self.said()

    def invoke(self, event: Any) -> Outcome:
        """Have a function that is ready handle an event, and wait until it is ready again."""
        request_id = self.api.hand_out(event)
        told, body = self.api.next_call()
        kinds = {f"POST invocation/{request_id}/{kind}": kind for kind in ("response", "error")}
        self.initialize()
        return Outcome(request_id, kinds[told] == "error", body)

    def stdout(self) -> list[str]:
        """Read the lines of its log and its metrics."""
        return (self._folder / "stdout").read_text().splitlines()

    def said(self) -> str:
        """Read everything that it has written."""
        return "\n".join((self._folder / name).read_text() for name in ("stdout", "stderr"))


def request(**fields: Any) -> dict[str, Any]:
    """Make a request to send, with a random ReferenceId and a number of its own."""
    of = str(uuid.uuid4())
    return {"ReferenceId": of, "DestinationIdentity": number_for(of), **fields}


@contextmanager
def running(
    runtime: Runtime, handler: str, environment: Mapping[str, str], layers: Sequence[Path] = ()
) -> Iterator[Function]:
    """Start a handler, such as `otp.send.handler`; whatever happens, it has ended afterwards."""
    folder = runtime.folder / f"{handler}-{len(list(runtime.folder.iterdir()))}"
    folder.mkdir()
    code = [str(path) for path in (runtime.bundle, *layers)]
    arguments = json.dumps([code, str(runtime.client), handler])
    with serving() as api:
        with (folder / "stdout").open("wb") as stdout, (folder / "stderr").open("wb") as stderr:
            process = subprocess.Popen(
                # Isolated, without site-packages, and leaving no compiled modules in the bundle.
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
            sys.stdout.write(function.said())  # which pytest shows where a test fails


def install_client(folder: Path) -> None:
    """Copy AWS's runtime client and what it requires from where this Python has it."""
    names = ["awslambdaric"]
    for name in names:  # and those that are found on the way
        found = distribution(name)
        names += [Requirement(line).name for line in found.requires or ()]
        for file in found.files or ():
            copy = folder / file
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(str(found.locate_file(file)), copy)  # times, too: bytecode has them


def _of_lambda(handler: str, api: RuntimeApi) -> dict[str, str]:
    """Give the variables that Lambda sets for a function with `loggingFormat` JSON."""
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
