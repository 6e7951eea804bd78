"""What the function counts, and what no metric ever holds."""

import io
import json
import re
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError, ReadTimeoutError

from lambda_src.otp.contract import problems
from lambda_src.otp.contract.problem import Problem
from tests.support.emf import read, timestamp
from tests.support.service import DEPLOYMENT, NUMBER, Service, request

OPTED_OUT, THROTTLED, TEMPORARY_FAILURE = "+12065550101", "+12065550103", "+12065550104"
UNKNOWN_FAILURE = "+12065550105"
ENDPOINT = "https://example.com"


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


def test_a_text_is_two_lines_and_these_metrics(service: Service) -> None:
    """The request with all its zeros, and the text: in all and by country."""
    service.send()

    deployment = ("Deployment", DEPLOYMENT)
    by_function = (deployment, ("Function", "send"))
    assert len(service.metric_lines()) == 2
    assert read(service.metric_lines()) == {
        ("ServerlessOtp", by_function, "Requests"): [1],
        ("ServerlessOtp", by_function, "ServerErrors"): [0],
        ("ServerlessOtp", by_function, "OutcomeUnknown"): [0],
        ("ServerlessOtp", by_function, "Replayed"): [0],
        ("ServerlessOtp", by_function, "ReportedErrors"): [0],
        ("ServerlessOtp", (deployment,), "Texts"): [1],
        ("ServerlessOtp", (deployment,), "Verified"): [0],
        ("ServerlessOtp", (deployment,), "WrongCodes"): [0],
        ("ServerlessOtp", (deployment,), "RefusedByLimit"): [0],
        ("ServerlessOtp", (("Country", "US"), deployment), "Texts"): [1],
        ("ServerlessOtp", (("Country", "US"), deployment), "Verified"): [0],
        ("ServerlessOtp", (("Country", "US"), deployment), "WrongCodes"): [0],
        ("ServerlessOtp", (("Country", "US"), deployment), "RefusedByLimit"): [0],
    }


def test_a_problem_is_two_lines_and_refused_by_its_code(service: Service) -> None:
    """The request, and the refusal; no text."""
    service.send(CodeLength=9)

    assert len(service.metric_lines()) == 2
    assert of_requests(service, "Requests") == [1]
    assert counted(service, "Refused", Function="send", Code="InvalidRequest") == [1]
    assert counted(service, "Texts") == []


def test_a_direct_invoke_is_counted_like_a_request_over_http(service: Service) -> None:
    """The same metrics, sent or refused."""
    service.send()
    service.send(CodeLength=9)
    over_http = read(service.metric_lines())
    service.stdout = io.StringIO()

    service.invoke(request())
    function_error(service, request(CodeLength=9))

    invoked = read(service.metric_lines())
    assert invoked.keys() == over_http.keys()
    assert {key for key in invoked if invoked[key] != over_http[key]} == {
        ("ServerlessOtp", (("Deployment", DEPLOYMENT), ("Function", "send")), "ReportedErrors")
    }


@pytest.mark.parametrize(
    ("number", "country"),
    [("+14165550100", "CA"), ("+4915123456789", "DE")],
)
def test_a_text_is_counted_for_its_country(service: Service, number: str, country: str) -> None:
    """And for no other."""
    service.send(DestinationIdentity=number)

    assert counted(service, "Texts", Country=country) == [1]
    assert counted(service, "Texts", Country="US") == []


def test_a_replay_is_counted_and_texts_nobody(service: Service) -> None:
    """One text, two requests, of which the second is the replay."""
    asked = request()
    service.invoke(asked)
    service.invoke(asked)

    assert of_requests(service, "Requests") == [1, 1]
    assert of_requests(service, "Replayed") == [0, 1]
    assert counted(service, "Texts") == [1]
    assert counted(service, "Texts", Country="US") == [1]


def test_a_replayed_problem_is_a_replay_and_refused(service: Service) -> None:
    """It is the answer to this request, too."""
    asked = request(DestinationIdentity=OPTED_OUT)
    service.post(json.dumps(asked))
    service.post(json.dumps(asked))

    assert of_requests(service, "Replayed") == [0, 1]
    assert counted(service, "Refused", Function="send", Code="OptedOut") == [1, 1]
    assert counted(service, "Texts") == []


def test_a_text_whose_record_failed_is_counted(service: Service) -> None:
    """200: it went out."""
    service.fail("before-call.dynamodb.UpdateItem", ReadTimeoutError(endpoint_url=ENDPOINT))

    assert service.send().status == 200

    assert counted(service, "Texts") == [1]
    assert of_requests(service, "ServerErrors") == [0]


@pytest.mark.parametrize(
    ("code", "event", "error"),
    [
        (
            "StoreUnavailable",
            "before-call.dynamodb.PutItem",
            EndpointConnectionError(endpoint_url=ENDPOINT),
        ),
        (
            "Unavailable",
            "before-send.pinpoint.SendOTPMessage",
            EndpointConnectionError(endpoint_url=ENDPOINT),
        ),
        ("Misconfigured", "before-send.pinpoint.SendOTPMessage", NoCredentialsError()),
    ],
)
def test_a_failure_of_the_service_is_a_server_error(
    service: Service, code: str, event: str, error: Exception
) -> None:
    """Its operator, or AWS, has something to mend."""
    service.fail(event, error)

    assert service.send().code == code

    assert of_requests(service, "ServerErrors") == [1]
    assert counted(service, "Refused", Function="send", Code=code) == [1]


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("InvalidRequest", {"CodeLength": 9}),
        ("OptedOut", {"DestinationIdentity": OPTED_OUT}),
        ("Throttled", {"DestinationIdentity": THROTTLED}),
        ("TemporaryFailure", {"DestinationIdentity": TEMPORARY_FAILURE}),
    ],
)
def test_a_refusal_is_no_server_error(service: Service, code: str, fields: dict[str, Any]) -> None:
    """The caller, the recipient, the carrier or a limit is the reason, be it answered 503."""
    assert service.send(**fields).code == code

    assert of_requests(service, "ServerErrors") == [0]
    assert counted(service, "Refused", Function="send", Code=code) == [1]


def test_what_nobody_foresaw_is_a_server_error(service: Service) -> None:
    """500 InternalError is counted like the other problems."""
    service.limit(countries_per_day=None)

    assert service.send(DestinationIdentity="+12065550123").code == "InternalError"

    assert of_requests(service, "ServerErrors") == [1]
    assert counted(service, "Refused", Function="send", Code="InternalError") == [1]


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


def test_an_unknown_outcome_is_counted_when_it_first_happens(service: Service) -> None:
    """504; the 409s that follow are refusals. It has an alarm of its own: no server error."""
    asked = json.dumps(request(DestinationIdentity=UNKNOWN_FAILURE))

    assert [service.post(asked).status for _ in range(3)] == [504, 409, 409]

    assert of_requests(service, "OutcomeUnknown") == [1, 0, 0]
    assert of_requests(service, "ServerErrors") == [0, 0, 0]
    assert counted(service, "Refused", Function="send", Code="OutcomeUnknown") == [1, 1, 1]


def test_a_function_error_on_purpose_is_reported(service: Service) -> None:
    """Lambda counts an error for it; it counts none for a problem over HTTP, and none for a 200."""
    function_error(service, request(CodeLength=9))
    service.send(CodeLength=9)
    service.invoke(request())

    assert of_requests(service, "ReportedErrors") == [1, 0, 0]


@pytest.mark.parametrize("direct", [True, False])
def test_a_function_that_dies_reports_no_error(
    service: Service,
    direct: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """Lambda counts it alone: that is how it is told from an answer."""
    # No `except Exception` sees it, as none sees the end of a process.
    service.fail("after-call.pinpoint.SendOTPMessage", KeyboardInterrupt())  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        service.invoke(request()) if direct else service.send()

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


@pytest.mark.parametrize("call", ["HTTP", "direct"])
def test_a_metric_that_fails_does_not_change_the_answer(service: Service, call: str) -> None:
    """The text went out; the log says what was lost, and the next request is counted again."""
    stdout, service.stdout = service.stdout, Broken()

    if call == "HTTP":
        assert service.send().status == 200
    else:
        assert service.invoke(request()).keys() == {"MessageResponse"}

    assert len(service.texts()) == 1
    assert "BrokenPipeError" in service.log()
    service.stdout = stdout
    service.send(CodeLength=9)
    assert of_requests(service, "Requests") == [1]
    assert counted(service, "Texts") == []


def test_a_metric_that_fails_does_not_change_a_problem(service: Service) -> None:
    """A direct caller is told of the problem, not of the metric."""
    service.stdout = Broken()

    assert function_error(service, request(CodeLength=9)) == "InvalidRequest"


def test_no_metric_holds_a_number_a_reference_id_or_a_code(service: Service) -> None:
    """For every reserved destination, twice, over HTTP and direct: no five digits in a row."""
    calls: list[Callable[[dict[str, Any]], Any]] = [
        lambda asked: service.post(json.dumps(asked)),
        service.invoke,
    ]
    for last in range(100, 111):
        for number, call in enumerate(calls * 2):
            asked = request(
                DestinationIdentity=f"+12065550{last}", ReferenceId=f"ref{number}-12065550{last}"
            )
            try:
                call(asked)
            except Exception as error:  # noqa: BLE001 - whatever the function fails with
                assert "problem-type" in str(error)  # noqa: PT017 - most calls do not fail

    lines = service.metric_lines()
    assert len(lines) == 11 * 4 * 2
    for line in lines:
        document = json.loads(line)
        assert document["_aws"].pop("Timestamp")
        assert not re.search(r"\d{5}|ref", json.dumps(document))


def test_a_request_that_is_no_request_leaves_nothing_of_it_in_a_metric(service: Service) -> None:
    """Names and values of fields are the caller's text."""
    service.post(json.dumps({NUMBER: NUMBER, "ReferenceId": NUMBER * 9}))
    service.post(NUMBER)

    assert len(service.metric_lines()) == 4
    assert NUMBER[1:] not in "".join(service.metric_lines())


def test_the_metrics_stay_the_same_whatever_powertools_is_told(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service name or namespace in the environment would make others, which no alarm watches."""
    service.send()
    before = read(service.metric_lines())
    service.stdout = io.StringIO()
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "other")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Other")

    service.send()

    assert read(service.metric_lines()) == before


@pytest.mark.parametrize(
    ("write", "number", "status"),
    [("PutItem", NUMBER, 503), ("UpdateItem", NUMBER, 200), ("DeleteItem", THROTTLED, 429)],
)
def test_every_write_that_fails_is_counted(
    service: Service, write: str, number: str, status: int
) -> None:
    """The lock, the record and the freeing, whether or not the caller gets to know."""
    service.fail(f"before-call.dynamodb.{write}", ReadTimeoutError(endpoint_url=ENDPOINT))

    assert service.send(DestinationIdentity=number).status == status

    assert counted(service, "StoreFailures", Function="send") == [1]


def test_no_failure_is_counted_where_there_is_none(service: Service) -> None:
    """A ReferenceId that is taken is a refused write, and no failure."""
    asked = request()
    service.invoke(asked)
    service.invoke(asked)

    assert counted(service, "StoreFailures", Function="send") == []
