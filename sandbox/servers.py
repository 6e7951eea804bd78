"""Starts and stops the emulators, which are child processes."""

import contextlib
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import psutil

from .state import ACCOUNT_ID, APPLICATION_ID, DEFAULT_FOLDER, FOLDER, REGION, ROOT, TEMPORARY

# The process IDs of the running emulators: after a kill, the next sandbox ends them.
CHILDREN_FILE = FOLDER / "children.json"

_MINISTACK_PYTHON = ROOT / ".venv-ministack" / "bin" / "python"

# Used if free, because stable addresses are easier to work with. Sandboxes in other folders use any
# free ports: two that start at once could both find these free.
_MINISTACK_PORT, _PINPOINT_PORT, _PAGE_PORT = (
    (4566, 4567, 4568) if FOLDER.name == DEFAULT_FOLDER else (0, 0, 0)
)

_START_SECONDS = 30
_STOP_SECONDS = 10


class ServerError(Exception):
    """An emulator did not start, or it ended; the text names its log."""


@dataclass(slots=True)
class Server:
    """A child process that serves HTTP.

    Attributes:
        name: for messages.
        url: where it serves.
        process: the child.
        log: the file with its output.

    """

    name: str
    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def wait_until_up(self, path: str) -> None:
        """Wait until `path` answers.

        Raises:
            ServerError: the server ended, or did not answer in time.

        """
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(self.url + path, timeout=1):  # noqa: S310 - our own
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise ServerError(f"{self.name} did not start; see {self.log.relative_to(ROOT)}.")

    def check(self) -> None:
        """Check that the server still runs.

        Raises:
            ServerError: the server ended.

        """
        if self.process.poll() is not None:
            raise ServerError(f"{self.name} has ended; see {self.log.relative_to(ROOT)}.")

    def stop(self) -> None:
        """End the child and its own children, with SIGTERM first."""
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_STOP_SECONDS)
        kill_group(self.process.pid)
        self.process.wait()


def ministack_port() -> int:
    """Find a port for MiniStack before it starts, because Pinpoint's emulator needs its address."""
    return free_port(_MINISTACK_PORT)


def page_port() -> int:
    """Find a port for the page."""
    return free_port(_PAGE_PORT)


def start_pinpoint(iam_port: int | None = None) -> Server:
    """Start the emulator of Pinpoint's OTP operations.

    Args:
        iam_port: MiniStack's, which authorizes callers; None allows every caller.

    """
    port = free_port(_PINPOINT_PORT)
    return _start(
        "pinpoint",
        port,
        [
            sys.executable,
            *("-m", "sandbox.pinpoint.server"),
            *("--port", str(port), "--application-id", APPLICATION_ID, "--region", REGION),
            *(["--iam-url", _url(iam_port)] if iam_port else []),
        ],
        os.environ.copy(),
    )


def start_ministack(port: int, pinpoint_url: str, secret: str, *, auth: bool) -> Server:
    """Start MiniStack, whose functions send through `pinpoint_url`.

    Args:
        port: from `ministack_port`.
        pinpoint_url: Pinpoint's emulator.
        secret: the secret access key of the account's root.
        auth: whether to enforce IAM.

    Raises:
        ServerError: the folder for the functions' code belongs to another user.

    """
    make_private(TEMPORARY)
    return _start(
        "ministack",
        port,
        [str(_MINISTACK_PYTHON), "-m", "sandbox.ministack"],
        # The functions inherit this environment, so it holds no settings of the developer.
        {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(FOLDER),
            "TMPDIR": str(TEMPORARY),
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
            "MINISTACK_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ACCOUNT_ID,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_ENDPOINT_URL_PINPOINT": pinpoint_url,
            # When sixty functions start at once on a small machine, the emulator is slow. These
            # limits are longer than those on AWS, which the fault suite tests.
            "OTP_DYNAMODB_READ_SECONDS": "5",
            "OTP_COUNTING_SECONDS": "15",
            "OTP_GIVING_BACK_SECONDS": "10",
            "AUTH": str(auth).lower(),
        },
    )


def make_private(folder: Path) -> None:
    """Make a folder that only this user can write to, in a parent that others may write to.

    Raises:
        ServerError: the folder belongs to another user, or is a link.

    """
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise ServerError(
            f"{folder} is not this user's own folder. Find out who made it, and remove it."
        )
    folder.chmod(0o700)


def kill_group(leader: int) -> None:
    """Kill the processes that are left in a child's group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def note_children(*servers: Server) -> None:
    """Record the emulators' process IDs."""
    CHILDREN_FILE.write_text(json.dumps([server.process.pid for server in servers]))


def kill_left_over() -> None:
    """End the emulators that a killed sandbox left, and remove the code that they unpacked."""
    with contextlib.suppress(FileNotFoundError):
        for child in json.loads(CHILDREN_FILE.read_text()):
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                command = " ".join(psutil.Process(child).cmdline())
                # Another process may have the ID by now.
                if "ministack" in command or "sandbox.pinpoint" in command:
                    kill_group(child)
        CHILDREN_FILE.unlink()
    shutil.rmtree(TEMPORARY, ignore_errors=True)


def _start(name: str, port: int, command: list[str], environment: dict[str, str]) -> Server:
    log = FOLDER / "log" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # In a group of its own: Ctrl-C reaches only the sandbox, which then ends its children.
            start_new_session=True,
        )
    return Server(name, _url(port), process, log)


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def free_port(preferred: int = 0) -> int:
    """Find a free port of this machine, the preferred one if possible."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            chosen: int = probe.getsockname()[1]
            return chosen
    raise ServerError("This machine has no free port.")
