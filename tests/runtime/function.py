"""A function as Lambda runs it: AWS's own runtime client, and of ours nothing but the bundle."""

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from .api import INIT_ERROR, NEXT, Call, RuntimeApi, serving

# In Lambda's order: the code, Python, what the runtime brings.
_BOOTSTRAP = """
import json, sys
code, client, handler = json.loads(sys.argv[1])
sys.path[:] = [*code, *sys.path, client]
from awslambdaric.__main__ import main
main(["bootstrap", handler])
"""


@dataclass(frozen=True, slots=True)
class Runtime:
    """What functions run on.

    Attributes:
        bundle: what is deployed.
        client: a folder with AWS's runtime client, and what that needs.
        folder: for what functions say.

    """

    bundle: Path
    client: Path
    folder: Path


@dataclass(frozen=True, slots=True)
class Outcome:
    """What Lambda is told of an invocation.

    Attributes:
        request_id: of the invocation.
        failed: whether it is a function error.
        body: what the function returned, or the error.

    """

    request_id: str
    failed: bool
    body: Any


class Function:
    """A function that has been started.

    Args:
        process: it.
        api: what it calls.
        folder: with what it says.

    Attributes:
        api: as above.
        pid: of its process.

    """

    def __init__(self, process: subprocess.Popen[bytes], api: RuntimeApi, folder: Path) -> None:
        self.api = api
        self.pid = process.pid
        self._process = process
        self._folder = folder
        self._read = 0

    def initialize(self) -> Call:
        """Wait until it is ready for events, or has failed to start; returns its last call."""
        call = self.api.next_call()
        assert call.what in {NEXT, INIT_ERROR}, call
        return call

    def invoke(self, event: Any) -> Outcome:
        """Have a function that is ready handle an event, and wait until it is ready again."""
        request_id = self.api.hand_out(event)
        told = self.api.next_call()
        kinds = {f"POST invocation/{request_id}/{kind}": kind for kind in ("response", "error")}
        assert told.what in kinds, told
        ready = self.api.next_call()
        assert ready.what == NEXT, ready
        return Outcome(request_id, failed=kinds[told.what] == "error", body=told.body)

    def end(self) -> int:
        """Wait for its end, after an error; returns its exit status."""
        return self._process.wait(timeout=60)

    def new_lines(self) -> list[str]:
        """Read what it has written to stdout since this was asked last."""
        lines = (self._folder / "stdout").read_text().splitlines()
        new, self._read = lines[self._read :], len(lines)
        return new

    def said(self) -> str:
        """Read everything that it has written."""
        return "\n".join(
            f"{name} of {self._folder.name}:\n{(self._folder / name).read_text()}"
            for name in ("stdout", "stderr")
        )


@contextmanager
def running(
    runtime: Runtime, handler: str, environment: Mapping[str, str], layers: Sequence[Path] = ()
) -> Iterator[Function]:
    """Start a function; whatever happens, it has ended afterwards.

    Args:
        runtime: what it runs on.
        handler: such as `otp.send.handler`.
        environment: what the stack sets, and where AWS is.
        layers: folders with more code.

    """
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
        ended = threading.Thread(target=_tell_of_its_end, args=(process, api))
        ended.start()
        try:
            yield Function(process, api, folder)
        finally:
            process.kill()
            ended.join()


def install_client(folder: Path) -> None:
    """Copy AWS's runtime client and what it requires from where this Python has it.

    Raises:
        PackageNotFoundError: it is not installed: it is in requirements.txt.

    """
    names = ["awslambdaric"]
    for name in names:  # and those that are found on the way
        found = distribution(name)
        names += [Requirement(line).name for line in found.requires or ()]
        for file in found.files or ():
            copy = folder / file
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(str(found.locate_file(file)), copy)  # times, too: bytecode has them


def _tell_of_its_end(process: subprocess.Popen[bytes], api: RuntimeApi) -> None:
    process.wait()
    api.function_has_ended()


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
        "AWS_LAMBDA_RUNTIME_API": api.address,
        "AWS_REGION": "us-east-1",
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin/:/bin",
        "TZ": ":UTC",
        "_HANDLER": handler,
    }
