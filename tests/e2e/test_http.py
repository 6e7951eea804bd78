"""The deployed API, called over HTTP."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.deployment import NUMBER, Deployment, code_in, request


def test_a_signed_request_with_the_two_required_fields_sends_one_text(
    deployment: Deployment,
) -> None:
    """200 SUCCESSFUL; one text with a six-digit code, the deployment's brand and origination."""
    asked = request()

    answer = deployment.send(asked)

    assert answer.status == 200
    result = answer.json()["MessageResponse"]["Result"][NUMBER]
    assert result["DeliveryStatus"] == "SUCCESSFUL"
    [text] = deployment.texts(asked["ReferenceId"])
    assert len(code_in(text)) == 6
    assert text["body"] == f"This is your One Time Password: {code_in(text)} from ExampleCorp"
    assert (text["to"], text["from"]) == (NUMBER, "+18555550142")


def test_the_same_request_again_is_replayed(deployment: Deployment) -> None:
    """The same bytes, marked; still one text."""
    asked = request()
    first = deployment.send(asked)

    again = deployment.send(asked)

    assert (again.status, again.body) == (200, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert len(deployment.texts(asked["ReferenceId"])) == 1


def test_the_same_reference_id_with_another_destination_is_refused(
    deployment: Deployment,
) -> None:
    """422 ReferenceIdReused; one text."""
    asked = request()
    deployment.send(asked)

    answer = deployment.send(asked | {"DestinationIdentity": "+12065550199"})

    assert (answer.status, answer.json()["code"]) == (422, "ReferenceIdReused")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert len(deployment.texts(asked["ReferenceId"])) == 1


def test_twenty_guesses_at_once_are_told_five_times_that_they_are_wrong(
    deployment: Deployment,
) -> None:
    """The others get 429 Throttled and are told when to repeat, and so does the right one then."""
    asked = request()
    deployment.send(asked)
    guesses = [asked | {"DestinationIdentity": f"+120655501{last}"} for last in range(30, 50)]

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(deployment.send, guesses))

    answers.append(deployment.send(asked))
    codes = [answer.json()["code"] for answer in answers]
    assert codes.count("ReferenceIdReused") == 5
    assert codes.count("Throttled") == 16
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert len(deployment.texts(asked["ReferenceId"])) == 1


def test_an_unsigned_request_is_refused(deployment: Deployment) -> None:
    """403, by API Gateway: the function is not asked."""
    asked = request()

    answer = deployment.post(json.dumps(asked).encode(), signed=False)

    assert answer.status == 403
    assert deployment.texts(asked["ReferenceId"]) == []


def test_twenty_at_once_with_one_reference_id_are_one_text(deployment: Deployment) -> None:
    """Every answer is the one 200, or 409 InProgress."""
    asked = request()

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: deployment.send(asked), range(20)))

    assert len(deployment.texts(asked["ReferenceId"])) == 1
    assert {answer.status for answer in answers} <= {200, 409}
    assert len({answer.body for answer in answers if answer.status == 200}) == 1
    assert {answer.json()["code"] for answer in answers if answer.status == 409} <= {"InProgress"}
    assert deployment.send(asked).headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    ("destination", "status", "code"),
    [
        ("+12065550101", 422, "OptedOut"),
        ("+12065550102", 422, "PermanentFailure"),
        ("+12065550103", 429, "Throttled"),
        ("+12065550104", 503, "TemporaryFailure"),
        ("+12065550105", 504, "OutcomeUnknown"),
        ("+12065550106", 504, "OutcomeUnknown"),
        ("+12065550107", 422, "DuplicateDestination"),
    ],
)
def test_a_reserved_destination_plays_its_failure(
    deployment: Deployment, destination: str, status: int, code: str
) -> None:
    """The answer of the outcome table, with Retry-After where it may be repeated; no text."""
    asked = request(DestinationIdentity=destination)

    answer = deployment.send(asked)

    assert (answer.status, answer.json()["code"]) == (status, code)
    assert ("Retry-After" in answer.headers) == answer.json()["retryable"]
    assert deployment.texts(asked["ReferenceId"]) == []


def test_three_bad_fields_are_three_errors(deployment: Deployment) -> None:
    """400 InvalidRequest, naming each."""
    answer = deployment.send(request(CodeLength=4, ValidityPeriod=61, Language="xx"))

    assert answer.status == 400
    assert {error["pointer"] for error in answer.json()["errors"]} == {
        "/CodeLength",
        "/ValidityPeriod",
        "/Language",
    }


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"null", 400),
        (b"[]", 400),
        (b'"x"', 400),
        (b"[" * 2000, 400),
        (b"\xff\xfe\xfd", 400),
        (b'{"ReferenceId": "r", "DestinationIdentity": "+12065550100", "BrandName": "\xff"}', 400),
        (b"x" * 9 * 1024, 413),
    ],
)
def test_an_absurd_body_is_the_callers_fault(
    deployment: Deployment, body: bytes, status: int
) -> None:
    """400 or 413 as a problem document, never a 5xx."""
    answer = deployment.post(body)

    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["requestId"] == answer.headers["X-Request-Id"]


def test_a_body_that_is_not_declared_json_is_refused(deployment: Deployment) -> None:
    """415 UnsupportedMediaType."""
    answer = deployment.post(json.dumps(request()).encode(), {"Content-Type": "text/plain"})

    assert (answer.status, answer.json()["code"]) == (415, "UnsupportedMediaType")
