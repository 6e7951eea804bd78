"""Signed HTTP: `POST /otp` and `POST /otp/verify`."""

from collections.abc import Mapping
from http import HTTPStatus
from ipaddress import ip_address

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies
from urllib3.util import parse_url

from .aws import Aws
from .connections import MOST_CONNECTIONS, Connections, time_limits
from .problems import UnexpectedAnswer, from_document
from .retry import Clock, Lost
from .transport import Operation, Success, decoded, excerpt, success, unanswered

_PATHS: Mapping[Operation, str] = {"send": "/otp", "verify": "/otp/verify"}


class OverHttp:
    """The transport by signed HTTP, through API Gateway.

    Args:
        api_url: the stack's output ApiUrl.
        aws: the caller's credentials and region.
        seconds: the time limit of an attempt.
        clock: tells the time.

    Raises:
        ValueError: the URL is invalid, or it is plain http to another machine.

    """

    def __init__(self, api_url: str, aws: Aws, seconds: float, clock: Clock) -> None:
        _check(api_url)
        self._url = api_url.rstrip("/")
        self._aws = aws
        self._sessions = Connections(self._session, seconds, clock)

    def attempt(self, operation: Operation, body: bytes, seconds: float) -> Success:
        """Make one request: see `Transport`."""
        request = AWSRequest(
            method="POST",
            url=self._url + _PATHS[operation],
            data=body,
            headers={"Content-Type": "application/json"},
        )
        # Sign each attempt: credentials may have been refreshed, and signatures expire.
        credentials = self._aws.fresh_credentials()
        SigV4Auth(credentials, "execute-api", self._aws.region).add_auth(request)
        try:
            answer = self._sessions.within(seconds).send(request.prepare())
        except BotoCoreError as error:
            raise unanswered(error, self._url) from error
        return _read(answer, operation)

    def _session(self, seconds: float) -> URLLib3Session:
        return URLLib3Session(
            verify=self._aws.verify(),
            proxies=get_environ_proxies(self._url),
            timeout=time_limits(seconds),  # type: ignore[arg-type]  # botocore accepts a pair; its stubs do not
            max_pool_connections=MOST_CONNECTIONS,
        )


def _check(api_url: str) -> None:
    # Parse as urllib3 does, because urllib3 connects. Other parsers find another host in some URLs.
    url = parse_url(api_url)
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError("api_url must be a URL, such as the stack's output ApiUrl.")
    if url.scheme == "http" and not _is_this_machine(url.host):
        raise ValueError(
            "api_url must begin with https://. Plain http is accepted for this machine only: "
            "localhost and names below it, 127.0.0.0/8 and [::1]."
        )


def _is_this_machine(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):  # RFC 6761, section 6.3
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _read(answer: AWSResponse, operation: Operation) -> Success:
    body, headers, status = answer.content, answer.headers, answer.status_code
    media_type = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    is_json = media_type == "application/json" or media_type.endswith("+json")
    if len(body) < (_number(headers.get("Content-Length")) or 0):
        raise Lost(sent=True)
    try:
        document = decoded(body)
    except ValueError as error:
        # Either the service's answer was cut off, or a proxy or another server answered.
        if is_json or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Lost(sent=True) from error
        raise UnexpectedAnswer(status, excerpt(body)) from None
    response = success(document, operation)
    if status == HTTPStatus.OK and response is not None:
        return Success(
            response,
            replayed=headers.get("Idempotent-Replayed", "").lower() == "true",
            request_id=headers.get("X-Request-Id"),
        )
    problem = from_document(document, _number(headers.get("Retry-After")))
    if problem is not None:
        raise problem
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Lost(sent=True)
    raise UnexpectedAnswer(status, excerpt(body))


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() else None
