"""Runs the sandbox: starts everything, deploys, says that it is ready, and ends everything."""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import NoReturn

import psutil

from . import client
from .deploy import (
    CONTEXT,
    admit_plain_http,
    bootstrap,
    by_name,
    deploy,
    read_outputs,
    synthesize,
)
from .page.server import serving
from .servers import (
    Server,
    kill_group,
    ministack_port,
    page_port,
    start_ministack,
    start_pinpoint,
)
from .state import (
    ACCOUNT_ID,
    APPLICATION_ID,
    FOLDER,
    PYTHON,
    REGION,
    ROOT,
    STATE_FILE,
    TEMPORARY,
    State,
)

_AS_ALWAYS: Mapping[str, str] = MappingProxyType({})

_LOCK_FILE = FOLDER / "lock"
_CHILDREN_FILE = FOLDER / "children.json"
_LOG_FILE = FOLDER / "log" / "sandbox.log"

_FIRST_DESTINATION = "+12065550100"
_STOP_SECONDS = 30
_POLL_SECONDS = 0.5


class AlreadyRunningError(Exception):
    """A sandbox of this folder is running, or starting."""

    def __init__(self) -> None:
        super().__init__(
            "The sandbox of this folder is running already. Use it, or end it with: "
            f"{PYTHON} -m sandbox --stop"
        )


class FirstMessageError(Exception):
    """Everything was deployed, but the first OTP did not arrive."""


def run(*, context: Mapping[str, str] = _AS_ALWAYS, auth: bool = False) -> None:
    """Run the sandbox until SIGINT or SIGTERM.

    Args:
        context: values of configuration keys, on top of the sandbox's own.
        auth: whether everybody may do only what their IAM policies allow.

    Raises:
        AlreadyRunningError: there is one.
        ServerError, DeployError, FirstMessageError: it could not be started; nothing is left.

    """
    # Whatever is being waited for ends, and everything is cleaned up. SIGINT too, because a shell
    # has its background jobs ignore it.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with _only_one(), contextlib.ExitStack() as cleanup:
        try:
            _clean_up_after_a_killed_sandbox()
            # Each worker has unpacked its own copy of the function there.
            cleanup.callback(shutil.rmtree, TEMPORARY, ignore_errors=True)
            cleanup.callback(_CHILDREN_FILE.unlink, missing_ok=True)
            cleanup.callback(STATE_FILE.unlink, missing_ok=True)
            secret = secrets.token_hex(20)
            servers = _start_servers(cleanup, secret, auth=auth)
            state = _deploy(cleanup, *servers, secret, context=context, auth=auth)
            _send_first(state)
            cleanup.enter_context(serving(state))
            state.write()
            _say_ready(state, auth=auth)
            _show_texts(state, servers)
        except KeyboardInterrupt:
            print("\nStopping ...", flush=True)
        finally:
            # A second, impatient Ctrl-C must not leave the cleaning up half done.
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)


def run_detached(*, context: Mapping[str, str] = _AS_ALWAYS, auth: bool = False) -> int:
    """Run the sandbox in the background; returns 0 when it is ready, or its status if it ended."""
    if _lock_holder() is not None:
        raise AlreadyRunningError
    _clean_up_after_a_killed_sandbox()
    _LOG_FILE.parent.mkdir(parents=True, exist_ok=True)
    with _LOG_FILE.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "sandbox", *_options(context, auth=auth)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        with _LOG_FILE.open() as log:
            while process.poll() is None:
                print(log.read(), end="", flush=True)
                if STATE_FILE.exists():
                    print(log.read(), end="", flush=True)
                    return 0
                time.sleep(0.1)
            print(log.read(), end="", flush=True)
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise
    return process.returncode or 1


@contextlib.contextmanager
def detached(context: Mapping[str, str] = _AS_ALWAYS) -> Iterator[State]:
    """Give a sandbox that runs in the background, and end it.

    Args:
        context: values of configuration keys, on top of the sandbox's own.

    Raises:
        SystemExit: it did not start, and has said why.

    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends the sandbox, too
    if status := run_detached(context=context):
        raise SystemExit(status)
    try:
        yield State.read()
    finally:
        stop()


def stop() -> bool:
    """End the sandbox that is running, if there is one; returns whether there was."""
    holder = _lock_holder()
    if holder is not None:
        os.kill(holder, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while _lock_holder() == holder and time.monotonic() < deadline:
            time.sleep(0.05)
        if _lock_holder() == holder:
            os.kill(holder, signal.SIGKILL)
    _clean_up_after_a_killed_sandbox()
    return holder is not None


def _start_servers(
    cleanup: contextlib.ExitStack, secret: str, *, auth: bool
) -> tuple[Server, Server]:
    """Start the emulators: Pinpoint's, and everything else's."""
    with step("Starting the emulators"):
        port = ministack_port()
        pinpoint = start_pinpoint(iam_port=port if auth else None)
        cleanup.callback(pinpoint.stop)
        ministack = start_ministack(port, pinpoint.url, secret, auth=auth)
        cleanup.callback(ministack.stop)
        _CHILDREN_FILE.write_text(json.dumps([pinpoint.process.pid, ministack.process.pid]))
        pinpoint.wait_until_up("/health")
        ministack.wait_until_up("/_ministack/health")
    return pinpoint, ministack


def _options(context: Mapping[str, str], *, auth: bool) -> list[str]:
    options = [option for key, value in context.items() for option in ("-c", f"{key}={value}")]
    return [*options, *(["--auth"] if auth else [])]


def _deploy(
    cleanup: contextlib.ExitStack,
    pinpoint: Server,
    ministack: Server,
    secret: str,
    *,
    context: Mapping[str, str],
    auth: bool,
) -> State:
    with step("Preparing the emulated account (cdk bootstrap)"):
        # Synthesizing needs no AWS: both run at once.
        synthesis = cleanup.enter_context(synthesize({**CONTEXT, **context}))
        cleanup.enter_context(bootstrap(ministack.url, secret)).finish()
        if auth:
            admit_plain_http(ministack.url, secret)
    with step("Synthesizing the stack (cdk synth)"):
        synthesis.finish()
    with step("Deploying the stack (cdk deploy)"):
        cleanup.enter_context(deploy(ministack.url, secret)).finish()
    outputs = read_outputs()
    # MiniStack serves an API below its own address.
    api_id = outputs["ApiUrl"].removeprefix("https://").partition(".")[0]
    stage = outputs["ApiUrl"].rstrip("/").rpartition("/")[2]
    return State(
        apiUrl=f"{by_name(ministack.url)}/_aws/execute-api/{api_id}/{stage}",
        region=REGION,
        accessKeyId=ACCOUNT_ID,
        secretAccessKey=secret,
        awsEndpoint=by_name(ministack.url),
        pinpointEndpoint=pinpoint.url,
        applicationId=APPLICATION_ID,
        sendFunction=outputs["SendFunctionArn"],
        verifyFunction=outputs["VerifyFunctionArn"],
        table=outputs["TableName"],
        inboxUrl=f"{pinpoint.url}/inbox",
        pageUrl=f"http://127.0.0.1:{page_port()}/",
    )


def _send_first(state: State) -> None:
    with step("Sending a first OTP through the API"):
        request = {"ReferenceId": str(uuid.uuid4()), "DestinationIdentity": _FIRST_DESTINATION}
        answer = client.send(state, request)
    print(f"\n{json.dumps(answer.json(), indent=2)}\n", flush=True)
    if not client.inbox(state):
        raise FirstMessageError("No text arrived; the answer above says why.")


def _say_ready(state: State, *, auth: bool) -> None:
    iam = "IAM       enforced; that access key is the account's root, which may do everything\n"
    print(
        f"API       {state.apiUrl}/otp  (region {state.region})\n"
        f"Key       {state.accessKeyId}; its secret, new for each sandbox, is in the file below\n"
        f"{iam if auth else ''}"
        f"Page      {state.pageUrl}  (the phone, in a browser)\n"
        f"Inbox     {state.inboxUrl}\n"
        f"All else  {STATE_FILE.relative_to(ROOT)}\n"
        "\n"
        "Send another one, from another terminal:\n"
        "\n"
        f"    {PYTHON} -m sandbox send {_FIRST_DESTINATION}\n"
        "\n"
        "The sandbox is ready. Texts appear here as they arrive; Ctrl-C ends it, or\n"
        f"{PYTHON} -m sandbox --stop.\n",
        flush=True,
    )


def _show_texts(state: State, servers: Iterable[Server]) -> NoReturn:
    shown = 0
    while True:
        for server in servers:
            server.check()
        texts = client.inbox(state)
        for text in texts[shown:]:
            print(f"  {text['to']}  {text['body']}", flush=True)
        shown = len(texts)
        time.sleep(_POLL_SECONDS)


@contextlib.contextmanager
def step(title: str) -> Iterator[None]:
    """Say what is being done, and how long it took."""
    print(f"==> {title} ...", end="", flush=True)
    started = time.monotonic()
    try:
        yield
    except BaseException:
        print(flush=True)
        raise
    print(f" {time.monotonic() - started:.1f} s", flush=True)


@contextlib.contextmanager
def _only_one() -> Iterator[None]:
    """Hold the lock of this checkout; the kernel lets go of it however this process ends."""
    FOLDER.mkdir(exist_ok=True)
    with _LOCK_FILE.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyRunningError from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _lock_holder() -> int | None:
    """Find the process of the sandbox that is running, or starting."""
    with contextlib.suppress(FileNotFoundError), _LOCK_FILE.open("r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return int(lock.read() or 0) or None
    return None


def _clean_up_after_a_killed_sandbox() -> None:
    """Do what a sandbox could not do any more that was killed."""
    STATE_FILE.unlink(missing_ok=True)
    with contextlib.suppress(FileNotFoundError):
        for child in json.loads(_CHILDREN_FILE.read_text()):
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                command = " ".join(psutil.Process(child).cmdline())
                # The number may be somebody else's by now.
                if "ministack" in command or "sandbox.pinpoint" in command:
                    kill_group(child)
        _CHILDREN_FILE.unlink()
    shutil.rmtree(TEMPORARY, ignore_errors=True)
