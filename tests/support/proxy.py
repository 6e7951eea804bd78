"""A proxy that injects faults between a client and a service."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import Any

from sandbox.servers import free_port
from sandbox.state import FOLDER, State

#: A microburst rule.
Rule = dict[str, Any]

_START_SECONDS = 30


class Proxy:
    """A microburst in front of a service; it signs again, because a signature covers the Host."""

    def __init__(self, upstream: str, state: State) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        log = FOLDER / "log" / f"microburst-{port}.log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "microburst"),
                    *("--host", "127.0.0.1", "--port", str(port), "--upstream", upstream),
                    "--resign",
                ],
                env={
                    **os.environ,
                    "AWS_ACCESS_KEY_ID": state.accessKeyId,
                    "AWS_SECRET_ACCESS_KEY": state.secretAccessKey,
                },
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._wait()

    def stop(self) -> None:
        """Kill it: on SIGTERM it would wait for the answers that it delays."""
        self._process.kill()
        self._process.wait()

    def break_by(self, *rules: Rule) -> None:
        """Replace all rules and reset the count of fired faults; no rules means no faults."""
        self._call("POST", "rules", list(rules))
        self._call("DELETE", "fired")

    def fired(self) -> int:
        """Count the faults that have fired since `break_by`."""
        return len(self._call("GET", "fired?limit=100000"))

    def requests(self) -> int:
        """Count all requests so far, failed ones included."""
        total: int = self._call("GET", "stats")["requests"]["total"]
        return total

    def _call(self, method: str, path: str, content: Any = None) -> Any:
        body = None if content is None else json.dumps(content).encode()
        call = urllib.request.Request(f"{self.url}/_microburst/{path}", body, method=method)
        with urllib.request.urlopen(call, timeout=10) as answer:
            return json.load(answer)

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self._call("GET", "health")
            except (urllib.error.URLError, OSError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return
