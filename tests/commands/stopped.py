"""Runs `make run` until it has shown a text, then presses Ctrl-C.

The exit status is 0 if the sandbox became ready, showed a text, and left nothing behind.
"""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

_SECONDS = 120


def main() -> int:
    """Run the command in the arguments; returns the exit status."""
    awaited = ["This is your One Time Password: ", "Stop  "]
    with subprocess.Popen(
        sys.argv[1:],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # Ctrl-C reaches a whole process group
    ) as process:
        late = threading.Timer(_SECONDS, os.killpg, (process.pid, signal.SIGTERM))
        late.start()
        for line in process.stdout or ():
            sys.stdout.write(line)
            if awaited and awaited[0] in line:
                awaited.pop(0)
                if not awaited:
                    os.killpg(process.pid, signal.SIGINT)
    late.cancel()
    return int(bool(awaited) or Path(os.environ["SANDBOX_FOLDER"], "state.json").exists())


if __name__ == "__main__":
    sys.exit(main())
