"""What a client needs to know, and what it says where it does not."""

import logging
import re
import ssl
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
import trustme
from serverless_otp import NotSent, OtpClient

from .clock import VirtualClock
from .conftest import ARN, connect
from .scripted import MESSAGE, NUMBER, WAYS, Scripted, Way

HTTP, LAMBDA = WAYS
API = "https://abc123.execute-api.eu-west-1.amazonaws.com/v1/"


ONE_WAY = "either api_url, or send_function"
NO_URL = "api_url must be a URL"
PLAIN = "api_url must begin with https://"
CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


@pytest.mark.parametrize(
    ("options", "said", "unset"),
    [
        ({}, ONE_WAY, ()),
        ({"api_url": API, "send_function": ARN}, ONE_WAY, ()),
        ({"api_url": API, "verify_function": ARN}, ONE_WAY, ()),
        ({"verify_function": ARN}, ONE_WAY, ()),
        ({"api_url": "abc123.execute-api.eu-west-1.amazonaws.com/v1"}, NO_URL, ()),
        ({"api_url": "ftp://x/"}, NO_URL, ()),
        ({"api_url": "/v1"}, NO_URL, ()),
        # On the way, others could read the signature, the number and the code.
        ({"api_url": "http://abc123.execute-api.eu-west-1.amazonaws.com/v1/"}, PLAIN, ()),
        ({"api_url": "http://localhost.example.com"}, PLAIN, ()),
        ({"api_url": "http://notlocalhost"}, PLAIN, ()),
        ({"api_url": "http://127.0.0.1.example.com"}, PLAIN, ()),
        ({"api_url": "http://127.0.0.1@example.com"}, PLAIN, ()),
        ({"api_url": "http://example.com\\@127.0.0.1"}, PLAIN, ()),
        ({"api_url": "http://10.0.0.1"}, PLAIN, ()),
        ({"api_url": "http://0.0.0.0"}, PLAIN, ()),
        ({"api_url": "http://[fe80::1]"}, PLAIN, ()),
        # When the client is made, and not when somebody wants to log in.
        ({"api_url": "https://otp.example.com"}, "There is no region", ("AWS_DEFAULT_REGION",)),
        ({"send_function": "otp"}, "There is no region", ("AWS_DEFAULT_REGION",)),
        ({"api_url": API}, "no AWS credentials", CREDENTIALS),
        ({"send_function": ARN.format("send")}, "no AWS credentials", CREDENTIALS),
    ],
)
def test_what_cannot_work_is_said(
    options: dict[str, Any], said: str, unset: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the client is made."""
    for name in unset:
        monkeypatch.delenv(name)
    with pytest.raises(ValueError, match=said):
        OtpClient(**options)


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST", "otp.localhost", "127.0.0.1", "127.1.2.3", "[::1]"]
)
def test_plain_http_to_this_machine_is_taken(host: str) -> None:
    """The sandbox has no certificate, and nobody is on the way."""
    OtpClient(api_url=f"http://{host}:4566/v1/")


@pytest.mark.parametrize(
    ("place", "region_name", "expected"),
    [
        ("http://abc123.execute-api.eu-west-1.amazonaws.com.localhost", None, "eu-west-1"),
        ("http://abc123.execute-api.cn-north-1.amazonaws.com.cn.localhost", None, "cn-north-1"),
        ("http://abc1-vpce-0a1b.execute-api.eu-west-1.amazonaws.com.localhost", None, "eu-west-1"),
        (
            "http://vpce-0a1b-2c.execute-api.eu-west-1.vpce.amazonaws.com.localhost",
            None,
            "eu-west-1",
        ),
        ("http://otp.example.com.localhost", None, "us-east-1"),
        ("http://abc1.execute-api.eu-west-1.amazonaws.com.localhost", "ap-south-1", "ap-south-1"),
        ("arn:aws:lambda:eu-west-1:123456789012:function:otp-send:live", None, "eu-west-1"),
        ("otp-send", None, "us-east-1"),
        ("arn:aws:lambda:eu-west-1:123456789012:function:otp", "ap-south-1", "ap-south-1"),
    ],
)
def test_region_is_given_or_in_the_place_or_the_sessions(
    scripted: Scripted,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    region_name: str | None,
    expected: str,
) -> None:
    """In that order. A proxy lets the server here see what is sent to a host.

    Which is one of this machine, where plain http is taken, and tells its region all the same.
    """
    monkeypatch.setenv("http_proxy", scripted.url)
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", scripted.url)
    way, name = (HTTP, "api_url") if place.startswith("http") else (LAMBDA, "send_function")
    scripted.says(way.success(MESSAGE))

    OtpClient(**{name: place}, region_name=region_name).send(NUMBER)  # type: ignore[arg-type]  # one

    [asked] = scripted.asked
    assert re.search(rf"/{expected}/(execute-api|lambda)/aws4", asked.headers["authorization"])
    assert way is LAMBDA or asked.headers["host"] == place.removeprefix("http://")


@pytest.mark.parametrize(
    "session",
    [
        pytest.param(lambda: boto3.Session("theirs", "secret", "token"), id="boto3"),
        pytest.param(lambda: _core("theirs", "secret", "token"), id="botocore"),
    ],
)
def test_session_is_the_callers(
    way: Way, scripted: Scripted, monkeypatch: pytest.MonkeyPatch, session: Any
) -> None:
    """Of either library; its token comes along."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", scripted.url)
    scripted.says(way.success(MESSAGE))
    place: dict[str, dict[str, Any]] = {
        "http": {"api_url": scripted.url},
        "invoke": {"send_function": ARN.format("send")},
    }

    OtpClient(**place[way.name], session=session()).send(NUMBER)

    [asked] = scripted.asked
    assert "Credential=theirs/" in asked.headers["authorization"]
    assert asked.headers["x-amz-security-token"] == "token"


def test_credentials_are_read_for_every_attempt(scripted: Scripted, clock: VirtualClock) -> None:
    """A role's are new ones after an hour."""
    session = boto3.Session("first", "secret")
    client = OtpClient(api_url=scripted.url, session=session, clock=clock)
    scripted.says(HTTP.success(MESSAGE))
    client.send(NUMBER)

    credentials = session.get_credentials()
    assert credentials
    credentials.access_key = "second"
    client.send(NUMBER)

    assert ["Credential=second/" in asked.headers["authorization"] for asked in scripted.asked] == [
        False,
        True,
    ]


def test_certificates_are_trusted_as_botocore_does(
    way: Way, scripted: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that AWS_CA_BUNDLE vouches for is asked; another one is told nothing."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    scripted.socket = context.wrap_socket(scripted.socket, server_side=True)
    scripted.says(way.success(MESSAGE))
    url = scripted.url.replace("http://127.0.0.1", "https://localhost")
    stranger = connect(way, url, monkeypatch)
    with pytest.raises(NotSent, match="certificate is not trusted"):
        stranger.send(NUMBER)
    authority.cert_pem.write_to_path(str(tmp_path / "bundle.pem"))
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "bundle.pem"))

    for session in (None, boto3.Session()):
        assert connect(way, url, monkeypatch, session=session).send(NUMBER).message_id == "message"
    assert len(scripted.asked) == 2


def test_verify_function_is_needed_to_verify_only(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever only sends does without."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", scripted.url)
    scripted.says(LAMBDA.success(MESSAGE))
    client = OtpClient(send_function=ARN.format("send"))

    client.send(NUMBER)

    with pytest.raises(ValueError, match="verify_function is missing"):
        client.verify(NUMBER, "mine", "123456")


def test_nothing_happens_at_import_and_little_when_it_is_made(
    way: Way, scripted: Scripted, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """No request, and no word."""
    caplog.set_level(logging.INFO)
    connect(way, scripted.url, monkeypatch)

    assert (scripted.connections, caplog.messages) == (0, [])


def test_one_client_is_enough_for_all_threads(
    way: Way, scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each thread gets its own answer."""
    client = connect(way, scripted.url, monkeypatch)
    scripted.says(way.success(MESSAGE))
    ids = [f"id-{number}" for number in range(40)]

    with ThreadPoolExecutor(8) as threads:
        sent = list(threads.map(lambda id_: client.send(NUMBER, reference_id=id_), ids))

    assert [one.reference_id for one in sent] == ids
    assert sorted(asked.json()["ReferenceId"] for asked in scripted.asked) == sorted(ids)


def _core(key: str, secret: str, token: str) -> botocore.session.Session:
    core = botocore.session.Session()
    core.set_credentials(key, secret, token)
    return core
