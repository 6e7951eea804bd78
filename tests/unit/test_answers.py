"""How the function answers, through API Gateway and to a direct invoke."""

import base64
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.service import NUMBER, Service, request


def test_a_sent_message_is_answered_with_the_message_response_as_aws_returned_it(
    service: Service,
) -> None:
    """200, `{"MessageResponse": …}` with ApplicationId, RequestId and Result by number."""
    answer = service.send()

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    response = answer.json()["MessageResponse"]
    assert answer.json().keys() == {"MessageResponse"}
    assert response.keys() == {"ApplicationId", "RequestId", "Result"}
    assert response["Result"][NUMBER]["DeliveryStatus"] == "SUCCESSFUL"
    assert len(service.texts()) == 1


def test_a_direct_invoke_returns_the_same_object_as_http(service: Service) -> None:
    """The body of the 200, as an object, after the same ReferenceId over HTTP; marked a replay."""
    asked = request()
    over_http = service.post(json.dumps(asked))

    invoked = service.invoke(asked)

    assert invoked == over_http.json() | {"IdempotentReplayed": True}
    assert len(service.texts()) == 1


def test_a_first_direct_invoke_is_not_marked_a_replay(service: Service) -> None:
    """Only MessageResponse."""
    assert service.invoke(request()).keys() == {"MessageResponse"}


def test_a_problem_is_a_document_of_rfc_9457(service: Service) -> None:
    """application/problem+json with the contract's members, and the request's own ID."""
    answer = service.send(CodeLength=9)

    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem == {
        "type": "urn:problem-type:serverless-otp:InvalidRequest",
        "title": "The request is not valid",
        "status": 400,
        "detail": "The request has 1 bad field; see errors.",
        "code": "InvalidRequest",
        "retryable": False,
        "requestId": answer.headers["X-Request-Id"],
        "errors": [
            {"pointer": "/CodeLength", "detail": "Input should be less than or equal to 8."}
        ],
    }


def test_a_problem_of_a_direct_invoke_is_a_function_error(service: Service) -> None:
    """Its type, which Lambda takes from the class's name, is the code; its text the document."""
    with pytest.raises(Exception, match="problem-type") as error:
        service.invoke(request(CodeLength=9))

    assert type(error.value).__name__ == "InvalidRequest"
    assert json.loads(str(error.value))["errors"][0]["pointer"] == "/CodeLength"
    # A traceback would show it, and Lambda logs tracebacks.
    assert error.value.__cause__ is None
    assert error.value.__context__ is None


@pytest.mark.parametrize("retryable", [True, False])
def test_retry_after_comes_exactly_with_retryable(
    service: Service,
    retryable: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """THROTTLED may be repeated, and says when; OPT_OUT may not."""
    answer = service.send(DestinationIdentity="+12065550103" if retryable else "+12065550101")

    assert answer.json()["retryable"] is retryable
    assert ("Retry-After" in answer.headers) is retryable


@pytest.mark.parametrize(
    "body",
    [
        "",
        "   ",
        None,
        "null",
        "[]",
        '"x"',
        "1",
        "true",
        "{",
        "[" * 2000,
        '{"a":' * 1000,
        "\udcff",
        "\ufffd\ufffd",
        '{"ReferenceId": NaN}',
        '"{\\"ReferenceId\\": \\"r\\", \\"DestinationIdentity\\": \\"+12065550100\\"}"',
    ],
)
def test_a_body_that_is_no_json_object_is_refused(service: Service, body: str | None) -> None:
    """400 InvalidRequest, whatever it is, and nothing is recorded."""
    answer = service.post(body)

    assert (answer.status, answer.code) == (400, "InvalidRequest")
    assert service.items() == []


def test_the_readme_shows_what_is_answered(service: Service) -> None:
    """Its example of a problem, but for the requestId, which is every time another one."""
    readme = Path(__file__).parents[2].joinpath("README.md").read_text()
    [shown] = [
        json.loads(block)
        for block in re.findall(r"```json\n(.*?)```", readme, re.DOTALL)
        if '"errors"' in block
    ]

    answer = service.send(CodeLength=9)

    assert answer.json() == {**shown, "requestId": answer.json()["requestId"]}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_a_body_that_is_json_in_another_encoding_is_refused(
    service: Service, encoding: str
) -> None:
    """JSON between systems is UTF-8 without a mark (RFC 8259, section 8.1)."""
    body = base64.b64encode(json.dumps(request()).encode(encoding)).decode()

    answer = service.post(body, isBase64Encoded=True)

    assert (answer.status, answer.code) == (400, "InvalidRequest")


@pytest.mark.parametrize(
    ("half", "pointer"),
    [({"BrandName": "\ud83d"}, "/BrandName"), ({"\ud83d": "x"}, "/\ud83d")],
)
def test_half_of_a_surrogate_pair_is_refused_by_name(
    service: Service, half: dict[str, str], pointer: str
) -> None:
    """JSON can escape one, and nobody could write it down as UTF-8."""
    answer = service.send(**half)

    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert answer.body.isascii()


@pytest.mark.parametrize(
    "payload",
    [
        *(None, [], "x", 1, True, {}, {"a": {"b": [1] * 100}}),
        {"httpMethod": "POST", "requestContext": {}},
        {"httpMethod": None, "requestContext": {"requestId": "r"}},
    ],
)
def test_a_direct_payload_that_is_no_request_is_refused(service: Service, payload: Any) -> None:
    """A function error InvalidRequest, whatever JSON value it is."""
    with pytest.raises(Exception, match="InvalidRequest"):
        service.invoke(payload)


def test_a_body_of_8_kb_is_read_and_a_longer_one_is_not(service: Service) -> None:
    """8192 bytes are parsed, and found to be no JSON; 8193 are too large."""
    assert service.post("x" * 8192).status == 400

    answer = service.post("x" * 8193)

    assert (answer.status, answer.code) == (413, "PayloadTooLarge")


def test_a_body_is_measured_in_bytes(service: Service) -> None:
    """Characters of three bytes each fill 8 KB three times as fast."""
    assert service.post("€" * 2731).status == 413


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""]
)
def test_another_media_type_is_refused_before_the_body_is_read(
    service: Service, media_type: str
) -> None:
    """415, even where the body is too large: it is judged first."""
    answer = service.post("x" * 9000, headers={"content-type": media_type})

    assert (answer.status, answer.code) == (415, "UnsupportedMediaType")


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/json; charset=utf-8"},
        {"CONTENT-TYPE": "Application/JSON"},
        {"content-type": "application/vnd.example+json"},
        {},
        None,
    ],
)
def test_any_json_media_type_and_none_at_all_are_accepted(
    service: Service, headers: dict[str, str] | None
) -> None:
    """Names and types in any case, parameters, `+json`, no header."""
    assert service.post(json.dumps(request()), headers=headers).status == 200


def test_a_base64_body_is_decoded(service: Service) -> None:
    """API Gateway encodes bodies where an API declares binary media types."""
    encoded = base64.b64encode(json.dumps(request()).encode()).decode()

    assert service.post(encoded, isBase64Encoded=True).status == 200
    assert service.post("%", isBase64Encoded=True).status == 400


def test_what_nobody_foresaw_is_an_internal_error_without_details(service: Service) -> None:
    """500 InternalError; the details are in the log only."""

    def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    service.limit(countries_per_day=SimpleNamespace(get=broken))

    answer = service.send(DestinationIdentity="+12065550123")

    assert (answer.status, answer.code) == (500, "InternalError")
    assert "secret" not in answer.body
    assert "secret detail" in service.log()


@pytest.mark.parametrize("request_id", ["+12065550100", "", "a" * 36])
def test_an_event_that_a_direct_caller_makes_up_puts_nothing_into_the_log(
    service: Service, request_id: str
) -> None:
    """API Gateway's request IDs are UUIDs, and are logged as they are."""
    event = {
        "httpMethod": "POST",
        "requestContext": {"requestId": request_id},
        "body": json.dumps(request()),
    }
    with pytest.raises(Exception, match="no such field"):
        service.invoke(event)
    assert "2065550100" not in service.log()
