"""A proxy that injects faults between a client and a service."""

import os
import subprocess
import sys
from typing import Any

import urllib3
from urllib3.util import Retry

from sandbox.servers import free_port
from sandbox.state import FOLDER, State

#: A microburst rule.
Rule = dict[str, Any]


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
        # Connections fail until it listens.
        self._call("GET", "health", retries=Retry(200, backoff_factor=0.05, backoff_max=0.1))

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

    def _call(self, method: str, path: str, content: Any = None, retries: Retry | int = 0) -> Any:
        url = f"{self.url}/_microburst/{path}"
        answer = urllib3.request(method, url, json=content, timeout=10, retries=retries)
        assert answer.status < 300, answer.data
        return answer.json()
