"""Variables that Powertools and the SDK read: none can break a promise of the service."""

import logging
from io import BytesIO
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError
from urllib3 import HTTPResponse

from lambda_src.otp.runtime.initialization import ignore_switches
from lambda_src.otp.runtime.log import create_logger
from lambda_src.otp.settings import SendSettings, Settings
from tests.support.service import SETTINGS, create_clients, entry_point

CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "dynamodb": ("get_item", {"TableName": "table", "Key": {"id": {"S": "none"}}}),
    "pinpoint": (
        "send_otp_message",
        {
            "ApplicationId": "application",
            "SendOTPMessageRequestParameters": {
                "BrandName": "B",
                "Channel": "SMS",
                "ReferenceId": "r",
                "DestinationIdentity": "none",
                "OriginationIdentity": "none",
            },
        },
    ),
}


def test_variables_of_powertools_are_ignored() -> None:
    """Except the one that stops the start if it is on. Variables of others stay."""
    others = {"AWS_REGION": "us-east-1", "OTP_SANDBOX": "true", "LOG_LEVEL": "DEBUG"}
    refused = {"POWERTOOLS_IDEMPOTENCY_DISABLED": "maybe"}
    environment = {"POWERTOOLS_DEV": "maybe", "POWERTOOLS_LOGGER_LOG_EVENT": "true"}
    environment |= {**others, **refused}

    ignore_switches(environment)

    assert environment == others | refused


@pytest.mark.parametrize(("value", "starts"), [("false", True), ("", True), ("1", False)])
def test_a_function_does_not_start_without_idempotency(value: str, *, starts: bool) -> None:
    """Powertools has a switch that turns it off; the value `false` is harmless."""
    environment = SETTINGS.to_environment() | {"POWERTOOLS_IDEMPOTENCY_DISABLED": value}
    ignore_switches(environment)
    if starts:
        assert SendSettings.from_environment(environment)
    else:
        with pytest.raises(ValueError, match="must not be set"):
            SendSettings.from_environment(environment)


@pytest.mark.parametrize("name", ["LOG_LEVEL", "POWERTOOLS_LOG_LEVEL"])
def test_a_log_level_loses_no_line(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The metrics and the runbook need the line of each request."""
    monkeypatch.setenv(name, "CRITICAL")
    assert create_logger("otp-send").log_level == logging.INFO


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_the_sdk_makes_each_call_once(monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    """Whatever AWS_RETRY_MODE says: a second call could text twice."""
    monkeypatch.setenv("AWS_RETRY_MODE", mode)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "5")
    calls: list[Any] = []

    def fail(request: Any, **_: Any) -> Any:
        calls.append(request)
        return AWSResponse(
            request.url, 500, HTTPHeaders(), HTTPResponse(BytesIO(), preload_content=False)
        )

    for client in create_clients("send").values():
        client.meta.events.register_first("before-send", fail)
        operation, parameters = CALLS[client.meta.service_model.service_name]
        with pytest.raises(ClientError):
            getattr(client, operation)(**parameters)
    assert len(calls) == 2


@pytest.mark.parametrize(
    ("function", "service"), [("send", "DYNAMODB"), ("send", "PINPOINT"), ("verify", "PINPOINT")]
)
@pytest.mark.parametrize(
    ("url", "sandbox", "starts"),
    [
        ("http://vpce-1.example.com", False, False),
        ("https://vpce-1.example.com", False, True),
        ("http://localhost:4566", True, True),
    ],
)
def test_an_endpoint_without_tls_is_refused(
    monkeypatch: pytest.MonkeyPatch,
    function: str,
    service: str,
    url: str,
    *,
    sandbox: bool,
    starts: bool,
) -> None:
    """Except in the sandbox. The endpoints of a VPC have https."""
    monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", url)
    settings = (
        SETTINGS.to_environment() if function == "send" else Settings.to_environment(SETTINGS)
    )
    environment = {**settings, "OTP_SANDBOX": str(sandbox).lower()}
    start = entry_point(function).start
    if starts:
        assert start(environment)
    else:
        with pytest.raises(ValueError, match="must begin with https"):
            start(environment)
