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


def main(command: Sequence[str]) -> int:
    """Run it; returns the exit status."""
    awaited = ["The sandbox is ready.", "This is your One Time Password: "]
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
        for line in process.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            if awaited and awaited[0] in line:
                awaited.pop(0)
                if not awaited:
                    os.killpg(process.pid, signal.SIGINT)
        process.wait()
        late.cancel()
    left = (Path(os.environ.get("SANDBOX_FOLDER", ".sandbox")) / "state.json").exists()
    if awaited or left:
        sys.stdout.write(f"not said: {awaited}, state.json is left: {left}\n")
    return int(left or bool(awaited))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
