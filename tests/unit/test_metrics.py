"""What the function counts, and what no metric ever holds."""

import io
import json
import re
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError

from lambda_src.otp.contract import problems
from lambda_src.otp.contract.problem import Problem
from tests.support.emf import read, timestamp
from tests.support.failures import NO_ANSWER, NO_CONNECTION
from tests.support.service import DEPLOYMENT, NUMBER, Service, request

OPTED_OUT, THROTTLED, TEMPORARY_FAILURE = "+12065550101", "+12065550103", "+12065550104"
UNKNOWN_FAILURE = "+12065550105"
PERSON = "+12065550123"
PUT, UPDATE, DELETE = (
    f"before-call.dynamodb.{of}" for of in ("PutItem", "UpdateItem", "DeleteItem")
)
SENDING = "before-send.pinpoint.SendOTPMessage"


def counted(service: Service, name: str, **dimensions: str) -> list[float]:
    """The values of a metric of this deployment, for every request that wrote it."""
    key = tuple(sorted({"Deployment": DEPLOYMENT, **dimensions}.items()))
    return read(service.metric_lines()).get(("ServerlessOtp", key, name), [])


def of_requests(service: Service, name: str) -> list[float]:
    """The values of a metric that every request writes."""
    return counted(service, name, Function="send")


def function_error(service: Service, payload: Any) -> str:
    """Invoke the function directly, and return the code that it fails with."""
    with pytest.raises(Exception, match="problem-type") as error:
        service.invoke(payload)
    return type(error.value).__name__


def test_a_text_is_two_lines_and_these_metrics(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request with all its zeros, and the text: in all and by country.

    Whatever Powertools is told in the environment: other metrics than these, no alarm watches.
    """
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "other")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Other")

    service.send(DestinationIdentity="+14165550100")

    deployment = ("Deployment", DEPLOYMENT)
    by_function = (deployment, ("Function", "send"))
    assert len(service.metric_lines()) == 2
    assert read(service.metric_lines()) == {
        ("ServerlessOtp", by_function, "Requests"): [1],
        ("ServerlessOtp", by_function, "ServerErrors"): [0],
        ("ServerlessOtp", by_function, "OutcomeUnknown"): [0],
        ("ServerlessOtp", by_function, "Replayed"): [0],
        ("ServerlessOtp", by_function, "ReportedErrors"): [0],
        **{
            ("ServerlessOtp", dimensions, name): [int(name == "Texts")]
            for dimensions in ((deployment,), (("Country", "CA"), deployment))
            for name in ("Texts", "Verified", "WrongCodes", "RefusedByLimit")
        },
    }


@pytest.mark.parametrize(
    ("fields", "faults", "code", "server_error", "store_failures"),
    [
        ({"CodeLength": 9}, {}, "InvalidRequest", 0, []),
        ({"DestinationIdentity": OPTED_OUT}, {}, "OptedOut", 0, []),
        ({"DestinationIdentity": THROTTLED}, {}, "Throttled", 0, []),
        ({"DestinationIdentity": TEMPORARY_FAILURE}, {}, "TemporaryFailure", 0, []),
        ({"DestinationIdentity": UNKNOWN_FAILURE}, {}, "OutcomeUnknown", 0, []),
        ({}, {PUT: NO_CONNECTION}, "StoreUnavailable", 1, [1]),
        ({}, {SENDING: NO_CONNECTION}, "Unavailable", 1, []),
        ({}, {SENDING: NoCredentialsError()}, "Misconfigured", 1, []),
        ({"DestinationIdentity": PERSON}, {}, "InternalError", 1, []),
        # Of which the caller hears nothing.
        ({}, {UPDATE: NO_ANSWER}, None, 0, [1]),
        ({"DestinationIdentity": THROTTLED}, {DELETE: NO_ANSWER}, "Throttled", 0, [1]),
    ],
)
def test_an_answer_is_counted_by_its_code_and_by_whom_it_is_to_wake(
    service: Service,
    fields: dict[str, Any],
    faults: dict[str, Exception],
    code: str | None,
    server_error: int,
    store_failures: list[int],
) -> None:
    """A failure of the service is a server error; of the caller, the carrier or a limit is not."""
    service.limit(countries_per_day={} if code != "InternalError" else None)
    for event, error in faults.items():
        service.fail(event, error)

    assert service.send(**fields).code == code

    assert of_requests(service, "Requests") == [1]
    assert of_requests(service, "ServerErrors") == [server_error]
    assert of_requests(service, "OutcomeUnknown") == [int(code == "OutcomeUnknown")]
    assert counted(service, "StoreFailures", Function="send") == store_failures
    assert counted(service, "Texts") == ([] if code else [1])
    if code:
        assert counted(service, "Refused", Function="send", Code=code) == [1]


def test_every_5xx_is_a_server_error_unless_it_is_said_here() -> None:
    """Whoever adds a problem decides who is woken by it."""

    def all_of(problem: type[Problem]) -> Iterator[type[Problem]]:
        for kind in problem.__subclasses__():
            yield kind
            yield from all_of(kind)

    of_others = {
        kind
        for kind in all_of(Problem)
        if kind.__module__ == problems.__name__
        and kind.status >= 500
        and not kind("detail").answer("request-id").server_error
    }
    assert of_others == {
        problems.OutcomeUnknown,
        problems.SendingPaused,
        problems.TemporaryFailure,
    }


def test_a_limit_that_refuses_is_counted_by_its_name_and_country(service: Service) -> None:
    """And logged; no text."""
    service.limit(destination_per_day=1)
    for _ in range(2):
        service.send(DestinationIdentity=PERSON)

    assert counted(service, "RefusedByLimit", Limit="destinationPerDay") == [1]
    assert counted(service, "RefusedByLimit", Country="US") == [0, 1]
    assert counted(service, "Texts", Country="US") == [1, 0]
    assert service.log_lines()[-1]["limit"] == "destinationPerDay"


@pytest.mark.parametrize(
    ("number", "texts", "refused"),
    [(NUMBER, [1], []), (OPTED_OUT, [], [1, 1])],
)
def test_a_replay_is_counted_and_texts_nobody(
    service: Service, number: str, texts: list[int], refused: list[int]
) -> None:
    """One text or none, two requests, of which the second is the replay; nothing has failed."""
    asked = json.dumps(request(DestinationIdentity=number))
    for _ in range(2):
        service.post(asked)

    assert of_requests(service, "Requests") == [1, 1]
    assert of_requests(service, "Replayed") == [0, 1]
    assert counted(service, "Texts") == texts
    assert counted(service, "Refused", Function="send", Code="OptedOut") == refused
    assert counted(service, "StoreFailures", Function="send") == []


def test_an_unknown_outcome_is_counted_when_it_first_happens(service: Service) -> None:
    """504; the 409s that follow are refusals. It has an alarm of its own: no server error."""
    asked = json.dumps(request(DestinationIdentity=UNKNOWN_FAILURE))
    assert [service.post(asked).status for _ in range(3)] == [504, 409, 409]
    assert of_requests(service, "OutcomeUnknown") == [1, 0, 0]
    assert of_requests(service, "ServerErrors") == [0, 0, 0]
    assert counted(service, "Refused", Function="send", Code="OutcomeUnknown") == [1, 1, 1]


def test_a_function_error_on_purpose_is_reported(service: Service) -> None:
    """Lambda counts an error for it; it counts none for a problem over HTTP, and none for a 200.

    But for that, a direct invoke is counted like a request over HTTP.
    """
    assert function_error(service, request(CodeLength=9)) == "InvalidRequest"
    service.invoke(request())
    invoked = read(service.metric_lines())
    service.stdout = io.StringIO()
    service.send(CodeLength=9)
    service.send()
    over_http = read(service.metric_lines())

    key = ("ServerlessOtp", (("Deployment", DEPLOYMENT), ("Function", "send")), "ReportedErrors")
    assert (invoked.pop(key), over_http.pop(key)) == ([1, 0], [0, 0])
    assert invoked == over_http


def test_a_function_that_dies_reports_no_error(service: Service) -> None:
    """Lambda counts it alone: that is how it is told from an answer."""
    # No `except Exception` sees it, as none sees the end of a process.
    service.fail("after-call.pinpoint.SendOTPMessage", KeyboardInterrupt())  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        service.invoke(request())
    assert service.metric_lines() == []


@pytest.mark.parametrize("fields", [{}, {"CodeLength": 9}])
def test_lines_of_a_function_bear_the_time_at_which_the_invocation_started(
    service: Service, monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any]
) -> None:
    """As Lambda's own metrics do: both must fall into the same period of an alarm."""
    start = time.time() - 20
    clock = iter([start])
    monkeypatch.setattr(
        "lambda_src.otp.contract.invocation.time",
        SimpleNamespace(time=lambda: next(clock, start + 20)),
    )

    service.send(**fields)

    lines = [line for line in service.metric_lines() if '"Function"' in line]
    assert {timestamp(line) for line in lines} == {int(start * 1000)}


class Broken(io.StringIO):
    """A stdout that nobody reads any more."""

    def write(self, _: str) -> int:
        """Fail, as a pipe does."""
        raise BrokenPipeError


def test_a_metric_that_fails_does_not_change_the_answer(service: Service) -> None:
    """The text went out; the log says what was lost, and the next request is counted again."""
    stdout, service.stdout = service.stdout, Broken()
    service.fail(UPDATE, NO_ANSWER)  # which is to be counted, too

    assert service.send().status == 200
    assert function_error(service, request(CodeLength=9)) == "InvalidRequest"

    assert len(service.texts()) == 1
    assert "BrokenPipeError" in service.log()
    service.stdout = stdout
    service.send(CodeLength=9)
    assert of_requests(service, "Requests") == [1]
    assert counted(service, "Texts") == []


def test_no_metric_holds_a_number_a_reference_id_or_a_code(service: Service) -> None:
    """Of every reserved destination, or of what is no request: no five digits in a row."""
    for last in range(100, 111):
        service.send(DestinationIdentity=f"+12065550{last}", ReferenceId=f"ref-12065550{last}")
    for body in (json.dumps({NUMBER: NUMBER, "ReferenceId": NUMBER * 9}), NUMBER):
        service.post(body)
    lines = service.metric_lines()
    assert len(lines) == (11 + 2) * 2
    for line in lines:
        document = json.loads(line)
        assert document["_aws"].pop("Timestamp")
        assert not re.search(r"\d{5}|ref", json.dumps(document))
