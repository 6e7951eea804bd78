"""Runs the sandbox: starts the emulators, deploys, stays up, and ends the emulators."""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from . import lock
from .deploy import context_options
from .page.server import serving
from .servers import CHILDREN_FILE, kill_left_over
from .start import deploy_stack, say_ready, send_first, show_texts, start_servers
from .state import FOLDER, ROOT, STATE_FILE, TEMPORARY, State

_AS_ALWAYS: Mapping[str, str] = MappingProxyType({})

_LOG_FILE = FOLDER / "log" / "sandbox.log"

_STOP_SECONDS = 30
_POLL_SECONDS = 0.5


def run(*, context: Mapping[str, str] = _AS_ALWAYS, auth: bool = False) -> None:
    """Run the sandbox until SIGINT or SIGTERM.

    Args:
        context: values of configuration keys, which override the sandbox's own.
        auth: whether to enforce IAM.

    Raises:
        AlreadyRunningError: a sandbox of this folder is running.
        ServerError, DeployError, FirstMessageError: the start failed, and everything is cleaned up.

    """
    # Both signals end any wait and clean up. SIGINT is set because a shell makes its background
    # jobs ignore it.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with lock.only_one(), contextlib.ExitStack() as cleanup:
        try:
            _clean_up_after_a_killed_one()
            # Each function has unpacked its own copy of the code there.
            cleanup.callback(shutil.rmtree, TEMPORARY, ignore_errors=True)
            cleanup.callback(CHILDREN_FILE.unlink, missing_ok=True)
            cleanup.callback(STATE_FILE.unlink, missing_ok=True)
            secret = secrets.token_hex(20)
            servers = start_servers(cleanup, secret, auth=auth)
            state = deploy_stack(cleanup, *servers, secret, context=context)
            shown = send_first(state)
            cleanup.enter_context(serving(state))
            say_ready(state)
            state.write()  # last: --detach returns when the file is there
            while True:
                time.sleep(_POLL_SECONDS)
                for server in servers:
                    server.check()
                shown += show_texts(state, after=shown)
        except KeyboardInterrupt:
            print("\nStopping ...", flush=True)
        finally:
            # A second Ctrl-C must not interrupt the cleanup.
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)


def run_detached(*, context: Mapping[str, str] = _AS_ALWAYS, auth: bool = False) -> int:
    """Run the sandbox in the background; returns 0 when it is ready, or its exit status."""
    if lock.holder() is not None:
        raise lock.AlreadyRunningError
    _clean_up_after_a_killed_one()
    _LOG_FILE.parent.mkdir(parents=True, exist_ok=True)
    options = ["--auth"] if auth else []
    with _LOG_FILE.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "sandbox", *context_options(context), *options],
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
    """Run a sandbox in the background for the length of a `with` block.

    Args:
        context: values of configuration keys, which override the sandbox's own.

    Raises:
        SystemExit: the sandbox did not start, and has printed why.

    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends the sandbox, too
    if status := run_detached(context=context):
        raise SystemExit(status)
    try:
        yield State.read()
    finally:
        stop()


def stop() -> bool:
    """End the running sandbox, if there is one; returns whether there was."""
    holder = lock.holder()
    if holder is not None:
        os.kill(holder, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while lock.holder() == holder and time.monotonic() < deadline:
            time.sleep(0.05)
        if lock.holder() == holder:
            os.kill(holder, signal.SIGKILL)
    _clean_up_after_a_killed_one()
    return holder is not None


def _clean_up_after_a_killed_one() -> None:
    """Remove the state and the emulators that a killed sandbox left."""
    STATE_FILE.unlink(missing_ok=True)
    kill_left_over()
