"""How the function answers, over HTTP and to a direct invoke, and what its log says of it."""

import base64
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lambda_src.otp.runtime.log import create_logger
from lambda_src.otp.runtime.masking import mask
from tests.support.service import NUMBER, Service, request

PERSON = "+12065550123"


def base64_of(text: str, encoding: str = "utf-8") -> dict[str, Any]:
    """Make the part of an event that holds a body as API Gateway encodes binary ones."""
    body = base64.b64encode(text.encode(encoding)).decode()
    return {"body": body, "isBase64Encoded": True}


def test_a_sent_message_is_answered_as_aws_returned_it(service: Service) -> None:
    """200 over HTTP; the same object to a direct invoke, which is marked if it is a replay."""
    asked = request()
    answer = service.post(json.dumps(asked))

    assert answer.status == 200
    assert answer.headers.keys() == {"Content-Type", "Cache-Control", "X-Request-Id"}
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    response = answer.json()["MessageResponse"]
    assert answer.json().keys() == {"MessageResponse"}
    assert response.keys() == {"ApplicationId", "RequestId", "Result"}
    assert response["Result"][NUMBER]["DeliveryStatus"] == "SUCCESSFUL"
    assert service.invoke(asked) == answer.json() | {"IdempotentReplayed": True}
    assert len(service.texts()) == 1
    assert service.invoke(request()).keys() == {"MessageResponse"}


def test_a_problem_is_a_document_of_rfc_9457(service: Service) -> None:
    """The one that the README shows, with the request's own ID."""
    readme = Path(__file__).parents[2].joinpath("README.md").read_text()
    [shown] = [
        json.loads(block)
        for block in re.findall(r"```json\n(.*?)```", readme, re.DOTALL)
        if '"errors"' in block
    ]
    answer = service.send(CodeLength=9)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json() == {**shown, "requestId": answer.headers["X-Request-Id"]}


def test_a_problem_of_a_direct_invoke_is_a_function_error(service: Service) -> None:
    """Its type, which Lambda takes from the class's name, is the code; its text the document."""
    with pytest.raises(Exception, match="problem-type") as error:
        service.invoke(request(CodeLength=9))
    assert type(error.value).__name__ == "InvalidRequest"
    assert json.loads(str(error.value))["errors"][0]["pointer"] == "/CodeLength"
    # A traceback would show it, and Lambda logs tracebacks.
    assert error.value.__cause__ is None
    assert error.value.__context__ is None


TEXT = '"{\\"ReferenceId\\": \\"r\\", \\"DestinationIdentity\\": \\"+12065550100\\"}"'


@pytest.mark.parametrize(
    "event",
    [
        *({"body": body} for body in ("", "   ", None, "null", "[]", '"x"', "1", "true", "{")),
        *({"body": body} for body in ("[" * 2000, '{"a":' * 1000, "\udcff", "\ufffd\ufffd", TEXT)),
        {"body": '{"ReferenceId": NaN}'},
        {"body": "%", "isBase64Encoded": True},
        # JSON between systems is UTF-8 without a mark (RFC 8259, section 8.1).
        *(base64_of(json.dumps(request()), of) for of in ("utf-16", "utf-32", "utf-8-sig")),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(service: Service, event: dict[str, Any]) -> None:
    """400 InvalidRequest, whatever it is, and nothing is recorded."""
    answer = service.post(**event)
    assert (answer.status, answer.code) == (400, "InvalidRequest")
    assert service.items() == []


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
        # API Gateway's request IDs are UUIDs, and are logged as they are.
        *(
            {"httpMethod": method, "requestContext": {"requestId": of}, "body": "{}"}
            for method in ("POST", None)
            for of in ("r", "", NUMBER, "a" * 36)
        ),
    ],
)
def test_a_direct_payload_that_is_no_request_is_refused(service: Service, payload: Any) -> None:
    """A function error InvalidRequest, also of an event that is not API Gateway's."""
    with pytest.raises(Exception, match="problem-type") as error:
        service.invoke(payload)
    assert type(error.value).__name__ == "InvalidRequest"
    assert NUMBER[1:] not in service.log()


@pytest.mark.parametrize(
    ("body", "status"), [("x" * 8192, 400), ("x" * 8193, 413), ("€" * 2730, 400), ("€" * 2731, 413)]
)
def test_a_body_of_8_kb_is_read_and_a_longer_one_is_not(
    service: Service, body: str, status: int
) -> None:
    """8192 bytes are parsed, and found to be no JSON; 8193 are too large."""
    answer = service.post(body)
    assert (answer.status, answer.code) == (
        status,
        "PayloadTooLarge" if status == 413 else "InvalidRequest",
    )


@pytest.mark.parametrize(
    ("headers", "accepted"),
    [
        ({"Content-Type": "application/json; charset=utf-8"}, True),
        ({"CONTENT-TYPE": "Application/JSON"}, True),
        ({"content-type": "application/vnd.example+json"}, True),
        ({}, True),
        (None, True),
        ({"content-type": "text/plain"}, False),
        ({"content-type": "application/x-www-form-urlencoded"}, False),
        ({"content-type": "application/jsonp"}, False),
        ({"content-type": ""}, False),
    ],
)
def test_a_media_type_that_is_not_json_is_refused_before_the_body_is_read(
    service: Service, headers: dict[str, str] | None, *, accepted: bool
) -> None:
    """415, even where the body is too large; names and types in any case, or no header at all."""
    answer = service.post("x" * 9000, headers=headers)
    expected = (413, "PayloadTooLarge") if accepted else (415, "UnsupportedMediaType")
    assert (answer.status, answer.code) == expected


def test_a_base64_body_is_decoded(service: Service) -> None:
    """API Gateway encodes bodies where an API declares binary media types."""
    assert service.post(**base64_of(json.dumps(request()))).status == 200


def test_what_nobody_foresaw_is_an_internal_error_without_details(service: Service) -> None:
    """500 InternalError; the details are in the log only, and there masked."""

    def broken(*_: object) -> None:
        raise LookupError(f"secret detail of {PERSON}")

    service.limit(countries_per_day=SimpleNamespace(get=broken))

    answer = service.send(DestinationIdentity=PERSON)

    assert (answer.status, answer.code) == (500, "InternalError")
    assert "secret" not in answer.body
    assert "LookupError: secret detail of +*********23" in service.log()
    assert PERSON[1:] not in service.log()


def test_a_request_is_one_structured_line_with_nothing_of_the_one_before(service: Service) -> None:
    """With the answer's status and code, and the IDs that lead to it."""
    answer = service.send(ReferenceId="order-1")
    service.post("{}")

    line, next_line = service.log_lines()
    assert line["correlation_id"] == answer.headers["X-Request-Id"]
    assert line["function_request_id"]
    assert line["service"] == "otp-send"
    assert line["reference_id"] == "order-1"
    assert line["destination"] == "+*********00"
    assert (line["status"], line["code"], line["replayed"]) == (200, "OK", False)
    assert (next_line["status"], next_line["code"]) == (400, "InvalidRequest")
    assert "reference_id" not in next_line


def test_a_reference_id_that_is_a_number_is_masked_in_every_line(service: Service) -> None:
    """For every reserved destination; numbers and codes are looked for after every test."""
    for last in range(100, 111):
        service.send(DestinationIdentity=f"+12065550{last}", ReferenceId=f"ref-12065550{last}")
    assert len(service.log_lines()) >= 11
    assert "2065550" not in service.log()


def test_what_a_line_holds_is_masked_at_any_depth(service: Service) -> None:
    """Names and values of whatever is logged; what is no text stays as it is."""
    create_logger("otp-send").info("x", of={NUMBER: [{"to": NUMBER}, (NUMBER, 7)]})
    masked = "+*********00"
    assert service.log_lines()[-1]["of"] == {masked: [{"to": masked}, [masked, 7]]}


def test_masking_keeps_the_last_two_digits_of_seven_or_more() -> None:
    """Shorter numbers, such as a CodeLength or a year, stay readable."""
    assert mask("+12065550100 in 2026, 123456 and 1234567") == (
        "+*********00 in 2026, 123456 and *****67"
    )
