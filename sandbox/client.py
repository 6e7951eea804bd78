"""Calls the deployed API as any caller would, by signed HTTP; reads the inbox."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any, cast

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.credentials import Credentials

from .state import State

# API Gateway answers within 29 seconds. The emulator may take several times as long when it starts
# many functions at once on a small machine.
_TIMEOUT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An HTTP answer.

    Attributes:
        status: the status code.
        headers: by name, in any case.
        body: the raw bytes.

    """

    status: int
    headers: Message
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 - any JSON
        """Return the decoded body."""
        return json.loads(self.body)


def sign(
    state: State,
    path: str,
    body: bytes,
    headers: Mapping[str, str] | None = None,
    *,
    signed: bool = True,
    credentials: Credentials | None = None,
) -> AWSPreparedRequest:
    """Prepare a `POST` to the API, by default signed with Signature Version 4.

    Args:
        state: the sandbox.
        path: below the API's address.
        body: the raw bytes.
        headers: added to Content-Type, or replacing it.
        signed: whether to sign.
        credentials: to sign with; by default the sandbox's own.

    """
    request = AWSRequest(
        method="POST",
        url=state.apiUrl + path,
        data=body,
        headers={"Content-Type": "application/json", **(headers or {})},
    )
    if signed:
        credentials = credentials or Credentials(state.accessKeyId, state.secretAccessKey)
        SigV4Auth(credentials, "execute-api", state.region).add_auth(request)
    return request.prepare()


def make(request: AWSPreparedRequest) -> HttpAnswer:
    """Make a request once, without retries."""
    call = urllib.request.Request(  # noqa: S310 - the sandbox's own address
        request.url,
        data=cast("bytes", request.body),
        headers=dict(request.headers),
        method=request.method,
    )
    try:
        with urllib.request.urlopen(call, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - as above
            return HttpAnswer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as refusal:
        with refusal:
            return HttpAnswer(refusal.code, refusal.headers, refusal.read())


def post(
    state: State,
    path: str,
    body: bytes,
    headers: Mapping[str, str] | None = None,
    *,
    signed: bool = True,
    credentials: Credentials | None = None,
) -> HttpAnswer:
    """`POST` to the API; the arguments are those of `sign`."""
    return make(sign(state, path, body, headers, signed=signed, credentials=credentials))


def send(state: State, request: Mapping[str, Any]) -> HttpAnswer:
    """Send a one-time password."""
    return post(state, "/otp", json.dumps(request).encode())


def aws_options(state: State) -> dict[str, Any]:
    """Return the arguments that make a boto3 client reach the emulated AWS."""
    return {
        "region_name": state.region,
        "aws_access_key_id": state.accessKeyId,
        "aws_secret_access_key": state.secretAccessKey,
        "endpoint_url": state.awsEndpoint,
    }


def inbox(state: State, reference_id: str | None = None, *, after: int = 0) -> list[dict[str, str]]:
    """Read the texts that arrived, newest last.

    Args:
        state: the sandbox.
        reference_id: only its texts.
        after: how many of the oldest to leave out.

    """
    query = {"after": str(after), **({"referenceId": reference_id} if reference_id else {})}
    url = f"{state.inboxUrl}?{urllib.parse.urlencode(query)}"
    with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - the sandbox's own
        texts: list[dict[str, str]] = json.load(answer)
        return texts
