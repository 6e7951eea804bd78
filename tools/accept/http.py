"""Signed HTTP that also reports the TLS version."""

import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

if TYPE_CHECKING:
    from .deployment import Deployment

# API Gateway answers within 29 seconds; a sandbox that starts many functions takes longer.
_SECONDS = 60


@dataclass(frozen=True)
class HttpAnswer:
    """An answer.

    Attributes:
        status: the status code.
        headers: by name, in any case.
        body: the raw bytes.
        tls: the version, such as `TLSv1.3`; None without TLS.

    """

    status: int
    headers: Message
    body: bytes
    tls: str | None

    def json(self) -> Any:  # noqa: ANN401 - any JSON
        """Decode the body; returns an empty object if it is not a JSON object."""
        try:
            content = json.loads(self.body)
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}

    @property
    def code(self) -> str | None:
        """The problem's code, or None."""
        code: str | None = self.json().get("code")
        return code

    @property
    def detail(self) -> str:
        """The problem's detail, or an empty string."""
        return str(self.json().get("detail", ""))

    def __str__(self) -> str:
        return " ".join(filter(None, (str(self.status), self.code, self.detail)))


def post(
    deployment: "Deployment", path: str, body: bytes, headers: Mapping[str, str], *, signed: bool
) -> HttpAnswer:
    """`POST` to the deployment's API, once; raises OSError if there is no answer."""
    request = AWSRequest(
        method="POST",
        url=deployment.api_url + path,
        data=body,
        headers={"Content-Type": "application/json", **headers},
    )
    if signed:
        credentials = deployment.session.get_credentials()
        if credentials is None:
            raise OSError("There are no AWS credentials to sign with.")
        SigV4Auth(
            credentials.get_frozen_credentials(), "execute-api", deployment.session.region_name
        ).add_auth(request)
    url = urlsplit(deployment.api_url + path)
    connect = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = connect(url.netloc, timeout=_SECONDS)
    try:
        connection.request("POST", url.path, body, dict(request.prepare().headers))
        tls = connection.sock.version() if isinstance(connection.sock, ssl.SSLSocket) else None
        answer = connection.getresponse()
        return HttpAnswer(answer.status, answer.headers, answer.read(), tls)
    finally:
        connection.close()
