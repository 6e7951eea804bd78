"""The metrics of the send function; test_answers.py shows that none holds a number."""

import io
import time
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import NoCredentialsError

from lambda_src.otp.contract import problems
from lambda_src.otp.contract.problem import Problem
from tests.support.emf import read, timestamp
from tests.support.failures import NO_ANSWER, NO_CONNECTION
from tests.support.service import DEPLOYMENT, PERSON, Service, request

THROTTLED = "+12065550103"
PUT, UPDATE, DELETE = (
    f"before-call.dynamodb.{of}" for of in ("PutItem", "UpdateItem", "DeleteItem")
)
SENDING = "before-send.pinpoint.SendOTPMessage"


def counted(service: Service, name: str, **dimensions: str) -> list[float]:
    """Return the values of a metric, one for each request that wrote it."""
    key = tuple(sorted({"Deployment": DEPLOYMENT, **dimensions}.items()))
    return read(service.metric_lines()).get(("ServerlessOtp", key, name), [])


def test_a_text_writes_these_metrics(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line per request, with zeros; one per text, with the country; and in our namespace."""
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "other")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Other")

    service.send(DestinationIdentity="+14165550100")

    deployment = ("Deployment", DEPLOYMENT)
    of_all = ("Requests", "ServerErrors", "OutcomeUnknown", "Replayed", "ReportedErrors")
    of_text = ("Texts", "Verified", "WrongCodes", "RefusedByLimit")
    assert len(service.metric_lines()) == 2
    assert read(service.metric_lines()) == {
        ("ServerlessOtp", dimensions, name): [int(name in ("Requests", "Texts"))]
        for names, dimensions in (
            (of_all, (deployment, ("Function", "send"))),
            (of_text, (deployment,)),
            (of_text, (("Country", "CA"), deployment)),
        )
        for name in names
    }


@pytest.mark.parametrize(
    ("fields", "faults", "code", "server_error", "store_failures"),
    [
        ({"CodeLength": 9}, {}, "InvalidRequest", 0, []),
        ({"DestinationIdentity": "+12065550104"}, {}, "TemporaryFailure", 0, []),
        ({}, {PUT: NO_CONNECTION}, "StoreUnavailable", 1, [1]),
        ({}, {SENDING: NoCredentialsError()}, "Misconfigured", 1, []),
        ({"DestinationIdentity": PERSON}, {}, "InternalError", 1, []),
        # The caller does not see these.
        ({}, {UPDATE: NO_ANSWER}, None, 0, [1]),
        ({"DestinationIdentity": THROTTLED}, {DELETE: NO_ANSWER}, "Throttled", 0, [1]),
    ],
)
def test_an_answer_is_counted_by_its_code_and_by_its_cause(
    service: Service,
    fields: dict[str, Any],
    faults: dict[str, Exception],
    code: str | None,
    server_error: int,
    store_failures: list[int],
) -> None:
    """A server error is a failure of the service, not of a caller, a carrier or a limit."""
    service.limit(countries_per_day={} if code != "InternalError" else None)
    for event, error in faults.items():
        service.fail(event, error)

    assert service.send(**fields).code == code
    expected = {"Requests": [1], "ServerErrors": [server_error], "StoreFailures": store_failures}
    assert {name: counted(service, name, Function="send") for name in expected} == expected
    assert counted(service, "Texts") == ([] if code else [1])
    assert counted(service, "Refused", Function="send", Code=str(code)) == ([1] if code else [])


def test_every_5xx_is_a_server_error_except_these() -> None:
    """A new class of problem fails here if it does not set off the alarm."""
    kinds = [*Problem.__subclasses__()]
    for kind in kinds:  # grows while it runs: subclasses of subclasses
        kinds += kind.__subclasses__()
    of_others = {
        kind.__name__
        for kind in kinds
        if kind.__module__ == problems.__name__
        and kind.status >= 500
        and not kind("detail").answer("request-id").server_error
    }
    assert of_others == {"OutcomeUnknown", "SendingPaused", "TemporaryFailure"}


def test_a_limit_that_refuses_is_counted_by_its_name_and_country(service: Service) -> None:
    """The log names the limit, too, and no text is counted."""
    service.limit(destination_per_day=1)
    for _ in range(2):
        service.send(DestinationIdentity=PERSON)
    assert counted(service, "RefusedByLimit", Limit="destinationPerDay") == [1]
    assert counted(service, "RefusedByLimit", Country="US") == [0, 1]
    assert counted(service, "Texts", Country="US") == [1, 0]
    assert service.log_lines()[-1]["limit"] == "destinationPerDay"


def test_an_intended_function_error_is_counted(service: Service) -> None:
    """Lambda counts it like a crash. In all other metrics, a direct invoke equals HTTP."""
    with pytest.raises(Exception, match="problem-type"):
        service.invoke(request(CodeLength=9))
    service.invoke(request())
    service.die("after-call.pinpoint.SendOTPMessage", request())
    invoked = read(service.metric_lines())
    service.stdout = io.StringIO()
    service.send(CodeLength=9)
    service.send()
    over_http = read(service.metric_lines())

    key = ("ServerlessOtp", (("Deployment", DEPLOYMENT), ("Function", "send")), "ReportedErrors")
    assert (invoked.pop(key), over_http.pop(key)) == ([1, 0], [0, 0])
    assert invoked == over_http


@pytest.mark.parametrize("fields", [{}, {"CodeLength": 9}])
def test_metrics_have_the_time_at_which_the_invocation_started(
    service: Service, monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any]
) -> None:
    """Lambda's own metrics have it, too: an alarm needs both in the same period."""
    start = time.time() - 20
    clock = iter([start])
    monkeypatch.setattr(
        "lambda_src.otp.contract.invocation.time",
        SimpleNamespace(time=lambda: next(clock, start + 20)),
    )

    service.send(**fields)
    lines = [line for line in service.metric_lines() if '"Function"' in line]
    assert {timestamp(line) for line in lines} == {int(start * 1000)}


def test_a_metric_that_fails_does_not_change_the_answer(service: Service) -> None:
    """The text goes out, the log names the failure, and the next request is counted again."""
    stdout, service.stdout = service.stdout, Mock(write=Mock(side_effect=BrokenPipeError))
    service.fail(UPDATE, NO_ANSWER)  # would be counted, too

    assert service.send().status == 200
    assert service.send(CodeLength=9).code == "InvalidRequest"

    assert len(service.texts()) == 1
    assert service.log().count("BrokenPipeError") > 2
    service.stdout = stdout
    service.send(CodeLength=9)
    assert counted(service, "Requests", Function="send") == [1]
    assert counted(service, "Texts") == []
