"""Measurements, each by processes that do one thing and end.

Two that are compared take turns, so that a machine that gets slower does so for both.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.environment import OF_SEND

from .programs import Program
from .stub import HOSTS, REGION, WRONG_CODE, Stub, running

_DRIVER = Path(__file__).resolve().parent / "driver.py"

# Not the one of the virtual environment: Lambda's runtime has none.
_PYTHON = str(Path(sys.base_prefix, "bin", "python{}.{}".format(*sys.version_info)))

# As the stack sets it, with its default limits; and as Lambda does.
_ENVIRONMENT = {
    **OF_SEND,
    "POWERTOOLS_METRICS_NAMESPACE": "Otp",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "ASIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AWS_SESSION_TOKEN": "e" * 400,
    "AWS_EXECUTION_ENV": "AWS_Lambda_python",
    "AWS_LAMBDA_FUNCTION_NAME": "send",
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    "_X_AMZN_TRACE_ID": "Root=1-5759e988-bd862e3fe1be46a994272793;"
    "Parent=53995c3f42cd8ad8;Sampled=1",
}


@dataclass(frozen=True)
class Run:
    """One process.

    Attributes:
        result: what the driver says.
        cpu: milliseconds, of all its threads, in the kernel too.
        wall: milliseconds, from its start until it has answered.

    """

    result: dict[str, Any]
    cpu: float
    wall: float


@dataclass
class Starts:
    """The starts of one program, in milliseconds, from the start of the process.

    Attributes:
        cold: to the first answer.
        imported: to the end of the import, of the same processes.

    """

    cold: list[Run] = field(default_factory=list)
    imported: list[Run] = field(default_factory=list)


@dataclass
class Warm:
    """CPU of a request, in milliseconds, as blocks of requests.

    Attributes:
        new: of those that send a message, or whose code is right.
        known: of those that are answered by what was recorded, or whose code is wrong.
        idle: as `new`, but after a minute without a request, with new connections.

    """

    new: list[float] = field(default_factory=list)
    known: list[float] = field(default_factory=list)
    idle: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Requests:
    """Requests of a function, and of plain clients that make the same calls.

    Attributes:
        ours: of the function.
        raw: of the plain clients.
        calls: the names of those that a request with a new ReferenceId makes.

    """

    ours: Warm
    raw: Warm
    calls: list[str]


class Bench:
    """A stub, and processes that use it.

    Args:
        stub: what they take for AWS.
        folder: for their trust stores.
        tell: says how far it is.

    """

    def __init__(
        self,
        stub: Stub,
        folder: Path,
        tell: Callable[[str], None],
    ) -> None:
        self._stub = stub
        self._folder = folder
        self._tell = tell
        self._runs = 0

    def starts(self, programs: Sequence[Program], rounds: int) -> dict[str, Starts]:
        """Measure starts, each program once a round. One more round comes first, uncounted."""
        starts = {program.name: Starts() for program in programs}
        for round_ in range(rounds + 1):
            self._tell(f"starts: round {round_} of {rounds}")
            for program in programs:
                run = self._run(program, {"what": "cold"})
                imported = Run({}, 1000 * run.result["cpu"], 1000 * run.result["after"])
                if round_:
                    starts[program.name].cold.append(run)
                    starts[program.name].imported.append(imported)
        return starts

    def warm(self, function: Program, plain: Program, rounds: int, requests: int) -> Requests:
        """Measure requests: a function's, and the SDK calls that they make; and name those."""
        calls = self._calls_of_a_request(function)
        ours, raw = Warm(), Warm()
        plan = {"warm_up": requests // 4, "blocks": 3, "requests": requests, "idle": 5}
        for round_ in range(rounds):
            self._tell(f"requests: round {round_} of {rounds}")
            turns = [
                (ours, function, {"what": "warm", **plan}),
                (raw, plain, {"what": "calls", "calls": calls, **plan}),
            ]
            for into, program, what in turns if round_ % 2 else reversed(turns):
                run = self._run(program, what)
                into.new += [1000 * seconds for seconds in run.result["new"]]
                into.known += [1000 * seconds for seconds in run.result["known"]]
                into.idle += [1000 * seconds for seconds in run.result["idle"]]
        return Requests(ours, raw, [call["operation"] for call in calls])

    def memory(self, program: Program, at: Sequence[int]) -> dict[int, dict[str, float]]:
        """Look at a process after some numbers of requests, one in five of them new."""
        self._tell(f"memory: {at[-1]:,} requests")
        result = self._run(program, {"what": "memory", "at": at}).result
        return {int(number): found for number, found in result.items()}

    def _calls_of_a_request(self, program: Program) -> list[dict[str, Any]]:
        """Record the calls of a request that is not the first one, which reads the switch too."""
        self._stub.calls()
        self._run(program, {"what": "twice"})
        calls = self._stub.calls()
        first = calls[0]["operation"]
        return calls[max(at for at, call in enumerate(calls) if call["operation"] == first) :]

    def _run(self, program: Program, plan: dict[str, Any]) -> Run:
        self._runs += 1
        trusted = self._folder / f"{program.module}.pem"
        trusted.write_text(
            self._stub.authority + (program.folder / "botocore" / "cacert.pem").read_text()
        )
        reading, writing = os.pipe()
        plan |= {
            "port": self._stub.port,
            "host": HOSTS[0],
            "prefix": f"run-{self._runs}",
            "wrong_code": WRONG_CODE,
            "result": writing,
        }
        command = [_PYTHON, "-I", "-S", "-B", str(_DRIVER)]
        command += [str(program.folder), program.module, json.dumps(plan)]
        environment = {
            **_ENVIRONMENT,
            "LAMBDA_TASK_ROOT": str(program.folder),
            "AWS_CA_BUNDLE": str(trusted),
        }
        began = time.monotonic()
        command[-1] = json.dumps({**plan, "began": began})
        process = subprocess.Popen(  # noqa: S603 - our own arguments
            command,
            env=environment,
            stdout=subprocess.DEVNULL,
            pass_fds=[writing],
        )
        os.close(writing)
        with os.fdopen(reading) as results:
            answered = results.readline()
            wall = time.monotonic() - began
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode or not answered:
            raise RuntimeError(f"{program.name} failed; its error is above.")
        return Run(json.loads(answered), 1000 * (used.ru_utime + used.ru_stime), 1000 * wall)


@contextmanager
def bench(tell: Callable[[str], None]) -> Iterator[Bench]:
    """Run a stub to measure against."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as stub:
        yield Bench(stub, Path(folder), tell)


@dataclass(frozen=True)
class Size:
    """What a bundle weighs, in bytes.

    Attributes:
        unzipped: all files.
        zipped: the zip that is deployed.
        files: how many.

    """

    unzipped: int
    zipped: int
    files: int


def size(program: Program) -> Size:
    """Weigh a package."""
    files = sorted(path for path in program.folder.rglob("*") if path.is_file())
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in files:
                # Of a fixed time: a zip knows none before 1980.
                entry = zipfile.ZipInfo(str(path.relative_to(program.folder)))
                archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
        zipped = file.tell()
    return Size(sum(path.stat().st_size for path in files), zipped, len(files))
