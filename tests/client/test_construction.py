"""Constructing a client: its arguments, its session, and its configuration errors."""

import ssl
import uuid
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
import trustme
from serverless_otp import NotSent, OtpClient

from tests.support.at_once import at_once

from .conftest import ARN, Connect
from .scripted import MESSAGE, NUMBER, Scripted, Way

API = "https://abc123.execute-api.eu-west-1.amazonaws.com/v1/"

NEITHER: list[dict[str, Any]] = [
    *({}, {"verify_function": ARN}),
    *({"api_url": API, "send_function": ARN}, {"api_url": API, "verify_function": ARN}),
]
INVALID_URLS = (API.removeprefix("https://"), "ftp://x/", "/v1")
# Plain HTTP would show the number and the code to the network.
OTHER_MACHINES = (
    *("abc123.execute-api.eu-west-1.amazonaws.com/v1/", "localhost.example.com", "notlocalhost"),
    *("127.0.0.1.example.com", "127.0.0.1@example.com", "example.com\\@127.0.0.1"),
    *("10.0.0.1", "[fe80::1]"),
)


@pytest.mark.parametrize(
    ("options", "said", "unset"),
    [
        *((options, "either api_url, or send_function", ()) for options in NEITHER),
        *(({"api_url": url}, "api_url must be a URL", ()) for url in INVALID_URLS),
        *(
            ({"api_url": f"http://{host}"}, "api_url must begin with https://", ())
            for host in OTHER_MACHINES
        ),
        ({"send_function": "otp"}, "There is no region", ("AWS_DEFAULT_REGION",)),
        ({"api_url": API}, "no AWS credentials", ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")),
    ],
)
def test_invalid_arguments_raise(
    options: dict[str, Any], said: str, unset: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error comes at construction, not at the first login."""
    for name in unset:
        monkeypatch.delenv(name)
    with pytest.raises(ValueError, match=said):
        OtpClient(**options)


@pytest.mark.parametrize(
    ("profile", "config"),
    [
        ("nobodys", ""),
        ("default", "[broken"),
        ("other", "[profile other]\ncredential_process = /no/such/program"),
    ],
)
def test_unreadable_aws_configuration_raises(
    profile: str, config: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An unknown profile, a broken file and a missing program raise the same error."""
    (tmp_path / "config").write_text(config)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_PROFILE", profile)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(ValueError, match="AWS configuration cannot be read"):
        OtpClient(api_url=API)


def test_invalid_endpoint_url_raises_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """This error comes late, because the Lambda client is created with the first request."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", "lambda.example.com")
    with pytest.raises(NotSent, match="AWS_ENDPOINT_URL is not a URL"):
        OtpClient(send_function=ARN).send(NUMBER)


def test_uuid_and_padded_url_are_accepted(way: Way, connect: Connect, scripted: Scripted) -> None:
    """A ReferenceId may be a UUID, and a URL from a file may end with a newline."""
    scripted.says(MESSAGE)
    client = OtpClient(api_url=f" {scripted.url}/\n") if way is Way.HTTP else connect()
    sent = client.send(NUMBER, reference_id=uuid.UUID(int=7))
    assert sent.reference_id == scripted.asked[0].fields["ReferenceId"] == str(uuid.UUID(int=7))


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST", "otp.localhost", "127.0.0.1", "127.1.2.3", "[::1]"]
)
def test_plain_http_is_accepted_for_localhost(host: str) -> None:
    """The sandbox has no certificate, and its requests do not leave the machine."""
    OtpClient(api_url=f"http://{host}:4566/v1/")


@pytest.mark.parametrize(
    ("way", "place", "region_name", "expected"),
    [
        (Way.HTTP, "abc123.execute-api.cn-north-1.amazonaws.com.cn", None, "cn-north-1"),
        (Way.HTTP, "vpce-0a1b.execute-api.eu-west-1.vpce.amazonaws.com", None, "eu-west-1"),
        (Way.HTTP, "otp.example.com", None, "us-east-1"),
        (Way.HTTP, "abc1.execute-api.eu-west-1.amazonaws.com", "ap-south-1", "ap-south-1"),
        (Way.LAMBDA, "arn:aws:lambda:eu-west-1:123456789012:function:otp", None, "eu-west-1"),
        (Way.LAMBDA, "otp-send", None, "us-east-1"),
    ],
)
def test_region_of_the_signature(
    way: Way,
    scripted: Scripted,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    region_name: str | None,
    expected: str,
) -> None:
    """The argument wins, then the region in the host name or ARN, then the session's.

    The scripted server is the proxy here, and the host ends in `.localhost` to allow plain HTTP.
    """
    monkeypatch.setenv("http_proxy", scripted.url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", scripted.url)
    scripted.says(MESSAGE)
    host = f"{place}.localhost"

    at: dict[str, Any] = (
        {"api_url": f"http://{host}/v1/"} if way is Way.HTTP else {"send_function": place}
    )
    OtpClient(**at, region_name=region_name).send(NUMBER)

    [asked] = scripted.asked
    service = {Way.HTTP: "execute-api", Way.LAMBDA: "lambda"}[way]
    assert f"/{expected}/{service}/aws4_request" in asked.headers["authorization"]
    assert way is Way.LAMBDA or asked.path == f"http://{host}/v1/otp"


@pytest.mark.parametrize("library", ["boto3", "botocore"])
def test_credentials_come_from_the_session(
    scripted: Scripted, connect: Connect, library: str
) -> None:
    """A boto3 or botocore session works, and its credentials are read again for each request."""
    core = botocore.session.Session()
    core.set_credentials("first", "secret", "token")
    session = boto3.Session(botocore_session=core) if library == "boto3" else core
    client = connect(session=session)
    scripted.says(MESSAGE)

    client.send(NUMBER)
    credentials = session.get_credentials()
    assert credentials
    credentials.access_key = "second"
    client.send(NUMBER)

    for key, asked in zip(("first", "second"), scripted.asked, strict=True):
        assert f"Credential={key}/" in asked.headers["authorization"]
        assert asked.headers["x-amz-security-token"] == "token"


def test_certificate_is_checked_against_aws_ca_bundle(
    scripted: Scripted, connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server with an untrusted certificate gets no request."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    scripted.socket = context.wrap_socket(scripted.socket, server_side=True)
    scripted.says(MESSAGE)
    url = scripted.url.replace("http://127.0.0.1", "https://localhost")
    with pytest.raises(NotSent, match=r"certificate of localhost:\d+ is not trusted"):
        connect(url).send(NUMBER)
    authority.cert_pem.write_to_path(str(tmp_path / "bundle.pem"))
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "bundle.pem"))

    for session in (None, boto3.Session()):
        assert connect(url, session=session).send(NUMBER).message_id == "message"
    assert len(scripted.asked) == 2


def test_verify_function_is_optional_until_verify() -> None:
    """A caller that only sends needs no verify function."""
    client = OtpClient(send_function=ARN.format("send"))

    with pytest.raises(ValueError, match="verify_function is missing"):
        client.verify(NUMBER, "mine", "123456")


def test_threads_can_share_a_client(
    scripted: Scripted, client: OtpClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Each thread gets its own answer, and urllib3 logs no full connection pool."""
    scripted.says(MESSAGE)

    sent = at_once(40, lambda: client.send(NUMBER).reference_id)

    assert {asked.fields["ReferenceId"] for asked in scripted.asked} == {*sent}
    assert len({*sent}) == len(scripted.asked) == 40
    assert caplog.messages == []
