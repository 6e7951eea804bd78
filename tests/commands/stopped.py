"""Runs what stays up, until it has shown a text, and ends it as Ctrl-C does.

    python -m tests.commands.stopped make run

The exit status is 0 if it became ready, showed a text, and then left nothing behind.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

_SECONDS = 120
_READY = "The sandbox is ready."
_TEXT = "This is your One Time Password: "


def main(command: Sequence[str]) -> int:
    """Run it; returns the exit status."""
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # the terminal sends Ctrl-C to a whole group
    ) as process:
        late = threading.Timer(_SECONDS, os.killpg, (process.pid, signal.SIGTERM))
        late.start()
        assert process.stdout
        ready = shown = False
        for line in process.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            ready |= _READY in line
            if ready and _TEXT in line and not shown:
                shown = True
                os.killpg(process.pid, signal.SIGINT)
        process.wait()
        late.cancel()
    state = Path(os.environ.get("SANDBOX_FOLDER", ".sandbox")) / "state.json"
    if shown and not state.exists():
        return 0
    left = state.exists()
    sys.stdout.write(f"ready: {ready}, a text: {shown}, state.json is left: {left}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
