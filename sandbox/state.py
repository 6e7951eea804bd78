"""How to reach the sandbox: `.sandbox/state.json`, which exists while the sandbox is ready."""

import hashlib
import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Each folder is a sandbox of its own: the tests do not touch the one that a developer runs.
DEFAULT_FOLDER = ".sandbox"
FOLDER = ROOT / os.environ.get("SANDBOX_FOLDER", DEFAULT_FOLDER)
STATE_FILE = FOLDER / "state.json"


def _temporary() -> Path:
    """Choose the folder where functions unpack their code: in memory, if there is plenty.

    Sixty functions write 1.5 GB, which takes the disk of a small machine half a minute.
    """
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own in it
    name = hashlib.sha256(str(FOLDER).encode()).hexdigest()[:16]
    if memory.is_dir() and shutil.disk_usage(memory).free > _MUCH_MEMORY_BYTES:
        return memory / f"serverless-otp-{name}"
    return FOLDER / "tmp"


_MUCH_MEMORY_BYTES = 8 * 1024**3
# Removed when the sandbox ends.
TEMPORARY = _temporary()

# This checkout's Python, for messages.
PYTHON = ".venv/bin/python"

REGION = "us-east-1"
# MiniStack uses the access key ID as the account number.
ACCOUNT_ID = "123456789012"
# The application ID of the examples in AWS's developer guide, so that they work unchanged.
APPLICATION_ID = "7353f53e6885409fa32d07cedexample"


class NotRunningError(Exception):
    """No sandbox is ready."""

    def __init__(self) -> None:
        super().__init__("The sandbox is not running. Start it with: make run")


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How to reach the sandbox. The names are those of the JSON file.

    Attributes:
        apiUrl: the API; `POST` to its `/otp`.
        region: for signing.
        accessKeyId: for signing.
        secretAccessKey: for signing; a new one for each sandbox.
        awsEndpoint: `endpoint_url` for every AWS service but Pinpoint.
        pinpointEndpoint: `endpoint_url` for Pinpoint.
        applicationId: the Pinpoint application.
        sendFunction: the ARN of the send function's alias.
        verifyFunction: the ARN of the verify function's alias.
        table: the DynamoDB table of ReferenceIds.
        inboxUrl: the texts that arrived, a JSON list, newest last.
        pageUrl: the page with the phone, for a browser.

    """

    apiUrl: str  # noqa: N815 - the name in the file
    region: str
    accessKeyId: str  # noqa: N815 - the name in the file
    secretAccessKey: str  # noqa: N815 - the name in the file
    awsEndpoint: str  # noqa: N815 - the name in the file
    pinpointEndpoint: str  # noqa: N815 - the name in the file
    applicationId: str  # noqa: N815 - the name in the file
    sendFunction: str  # noqa: N815 - the name in the file
    verifyFunction: str  # noqa: N815 - the name in the file
    table: str
    inboxUrl: str  # noqa: N815 - the name in the file
    pageUrl: str  # noqa: N815 - the name in the file

    @classmethod
    def read(cls, folder: Path = FOLDER) -> "State":
        """Read the state of the running sandbox.

        Args:
            folder: the sandbox's.

        Raises:
            NotRunningError: the sandbox is not ready.

        """
        try:
            return cls(**json.loads((folder / STATE_FILE.name).read_text()))
        except FileNotFoundError:
            raise NotRunningError from None

    def write(self) -> None:
        """Write the file atomically, readable by this user only."""
        new = STATE_FILE.with_suffix(".new")
        new.unlink(missing_ok=True)
        new.touch(mode=0o600)
        new.write_text(json.dumps(asdict(self), indent=2) + "\n")
        new.replace(STATE_FILE)
