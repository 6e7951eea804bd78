"""Runs `make run` until it is ready, and ends it as Ctrl-C does.

The exit status is 0 if it showed a text, became ready, and left no state behind.
"""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

_SECONDS = 120


def main() -> int:
    """Run the command that is given; returns the exit status."""
    awaited = ["This is your One Time Password: ", "Stop  "]
    with subprocess.Popen(
        sys.argv[1:],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # the terminal sends Ctrl-C to a whole group
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
