"""How the function answers, over HTTP and to a direct invoke, and what its log says of it."""

import base64
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lambda_src.otp.runtime.log import create_logger
from tests.support.service import NUMBER, PERSON, Service, request


def base64_of(text: str, encoding: str = "utf-8") -> dict[str, Any]:
    """Make the part of an event that holds a body as API Gateway encodes binary ones."""
    body = base64.b64encode(text.encode(encoding)).decode()
    return {"body": body, "isBase64Encoded": True}


def function_error(service: Service, payload: Any) -> Exception:
    """Give the error that a direct invoke fails with."""
    with pytest.raises(Exception, match="problem-type") as error:
        service.invoke(payload)
    return error.value


def test_a_sent_message_is_answered_as_aws_returned_it(service: Service) -> None:
    """200 over HTTP; the same object to a direct invoke, which is marked if it is a replay."""
    asked = request()
    # API Gateway encodes bodies where an API declares binary media types.
    answer = service.post(**base64_of(json.dumps(asked)))

    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    response = answer.json()["MessageResponse"]
    assert response.keys() == {"ApplicationId", "RequestId", "Result"}
    assert response["Result"][NUMBER]["DeliveryStatus"] == "SUCCESSFUL"
    assert service.invoke(asked) == answer.json() | {"IdempotentReplayed": True}
    assert len(service.texts()) == 1
    assert service.invoke(request()).keys() == {"MessageResponse"}


def test_a_problem_is_a_document_of_rfc_9457(service: Service) -> None:
    """The one that docs/api.md shows, with the request's own ID."""
    page = Path(__file__).parents[2].joinpath("docs/api.md").read_text()
    blocks = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    [shown] = [json.loads(block) for block in blocks if '"errors"' in block]
    answer = service.send(CodeLength=9)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json() == {**shown, "requestId": answer.headers["X-Request-Id"]}


def test_a_problem_of_a_direct_invoke_is_a_function_error(service: Service) -> None:
    """Its type, which Lambda takes from the class's name, is the code; its text the document."""
    error = function_error(service, request(CodeLength=9))
    assert type(error).__name__ == "InvalidRequest"
    assert json.loads(str(error))["errors"][0]["pointer"] == "/CodeLength"
    # A traceback would show it, and Lambda logs tracebacks.
    assert (error.__cause__, error.__context__) == (None, None)


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
    "payload",
    [
        *(None, [], "x", 1, True, {}, {"a": {"b": [1] * 100}}),
        {"httpMethod": "POST", "requestContext": {}},
        {"httpMethod": None, "requestContext": {"requestId": NUMBER}, "body": "{}"},
        {"httpMethod": "POST", "requestContext": {"requestId": 7}, "body": "{}"},
        # An HTTP API's.
        {"version": "1.0", "httpMethod": "POST", "requestContext": {"requestId": "r"}},
    ],
)
def test_a_direct_payload_that_is_no_request_is_refused(service: Service, payload: Any) -> None:
    """A function error InvalidRequest, also of an event that is not API Gateway's."""
    assert type(function_error(service, payload)).__name__ == "InvalidRequest"
    assert NUMBER[1:] not in service.log()


def test_a_body_of_8_kb_is_read_and_a_longer_one_is_not(service: Service) -> None:
    """Bytes are counted: 8192 are parsed, and found to be no JSON; 8193 are too large."""
    for longest, too_long in (("x" * 8192, "x" * 8193), ("€" * 2730, "€" * 2731)):
        assert service.post(longest).code == "InvalidRequest"
        assert service.post(too_long).code == "PayloadTooLarge"


@pytest.mark.parametrize(
    ("headers", "accepted"),
    [
        *(({}, True), (None, True), ({"content-type": "application/json; charset=utf-8"}, True)),
        *(({"Content-Type": f"Application/{of}JSON"}, True) for of in ("", "vnd.example+")),
        *(({"CONTENT-TYPE": of}, False) for of in ("", "text/plain", "application/jsonp")),
    ],
)
def test_a_media_type_that_is_not_json_is_refused_before_the_body_is_read(
    service: Service, headers: dict[str, str] | None, *, accepted: bool
) -> None:
    """415, even where the body is too large; names and types in any case, or no header at all."""
    answer = service.post("x" * 9000, headers=headers)
    assert answer.code == ("PayloadTooLarge" if accepted else "UnsupportedMediaType")


def test_what_nobody_foresaw_is_an_internal_error_without_details(service: Service) -> None:
    """500 InternalError; the details are in the log only, and there masked."""

    def broken(*_: object) -> None:
        raise LookupError(f"secret detail of {PERSON}")

    service.limit(countries_per_day=SimpleNamespace(get=broken))
    answer = service.send(DestinationIdentity=PERSON)
    assert (answer.status, answer.code) == (500, "InternalError")
    assert "secret" not in answer.body
    assert "LookupError: secret detail of +*********23" in service.log()


def test_a_request_is_one_structured_line_with_nothing_of_the_one_before(service: Service) -> None:
    """With the answer's status and code, and the IDs that lead to it."""
    answer = service.send(ReferenceId="order-1")
    service.post("{}")
    line, next_line = service.log_lines()
    assert line["correlation_id"] == answer.headers["X-Request-Id"]
    assert line["function_request_id"]
    assert (line["service"], line["reference_id"]) == ("otp-send", "order-1")
    assert line["destination"] == "+*********00"
    assert (line["status"], line["code"], line["replayed"]) == (200, "OK", False)
    assert (next_line["status"], next_line["code"]) == (400, "InvalidRequest")
    assert "reference_id" not in next_line


def test_no_number_is_in_any_line_of_the_log_or_of_a_metric(service: Service) -> None:
    """Nor a ReferenceId in a metric; codes are looked for after every test."""
    for last in range(100, 111):
        service.send(DestinationIdentity=f"+12065550{last}", ReferenceId=f"ref-12065550{last}")
    service.post(json.dumps({NUMBER: NUMBER, "ReferenceId": NUMBER * 9}))
    service.post(NUMBER)
    assert len(service.log_lines()) >= 13
    assert "2065550" not in service.log()
    assert len(service.metric_lines()) == 13 * 2
    for line in service.metric_lines():
        assert not re.search(r"\d{5}|ref", re.sub(r'"Timestamp":\d+', "", line))


def test_what_a_line_holds_is_masked_at_any_depth(service: Service) -> None:
    """Seven digits in a row but for the last two, in names and values; a shorter number stays."""
    logger = create_logger("otp-send")
    logger.info("in 2026, 123456 and 1234567", of={NUMBER: [{"to": NUMBER}, (NUMBER, 7)]})
    masked, line = "+*********00", service.log_lines()[-1]
    assert line["of"] == {masked: [{"to": masked}, [masked, 7]]}
    assert line["message"] == "in 2026, 123456 and *****67"
