"""The send function's answers, over HTTP and to a direct invoke, and their log lines."""

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
    """Return the members of an event that hold a binary body, as API Gateway encodes it."""
    body = base64.b64encode(text.encode(encoding)).decode()
    return {"body": body, "isBase64Encoded": True}


def function_error(service: Service, payload: Any) -> Exception:
    """Invoke directly; return the error that the invocation fails with."""
    with pytest.raises(Exception, match="problem-type") as error:
        service.invoke(payload)
    return error.value


def test_a_success_is_answered_as_aws_returned_it(service: Service) -> None:
    """A direct invoke gets the same object. Only a replay has one member more."""
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
    """It equals the example in docs/api.md, except for the request ID."""
    page = Path(__file__).parents[2].joinpath("docs/api.md").read_text()
    blocks = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    [shown] = [json.loads(block) for block in blocks if '"errors"' in block]
    answer = service.send(CodeLength=9)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json() == {**shown, "requestId": answer.headers["X-Request-Id"]}


def test_a_problem_of_a_direct_invoke_is_a_function_error(service: Service) -> None:
    """Lambda takes the error's type from the class name; its message is the problem document."""
    error = function_error(service, request(CodeLength=9))
    assert type(error).__name__ == "InvalidRequest"
    assert json.loads(str(error))["errors"][0]["pointer"] == "/CodeLength"
    # Lambda logs tracebacks, and a traceback would show a chained error.
    assert (error.__cause__, error.__context__) == (None, None)


TEXT = '"{\\"ReferenceId\\": \\"r\\", \\"DestinationIdentity\\": \\"+12065550100\\"}"'


@pytest.mark.parametrize(
    "event",
    [
        *({"body": body} for body in ("", "   ", None, "null", "[]", '"x"', "1", "true", "{")),
        *({"body": body} for body in ("[" * 2000, '{"a":' * 1000, "\udcff", "\ufffd\ufffd", TEXT)),
        {"body": '{"ReferenceId": NaN}'},
        {"body": "%", "isBase64Encoded": True},
        # Shapes that only a direct caller can write: a 500 would let it roll a release back.
        *({"headers": headers, "body": "{}"} for headers in ([""], {"Content-Type": None})),
        *({"body": {"a": 1}}, {"body": 1, "isBase64Encoded": True}),
        # JSON is UTF-8 without a byte order mark (RFC 8259, section 8.1).
        *(base64_of(json.dumps(request()), of) for of in ("utf-16", "utf-32", "utf-8-sig")),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(service: Service, event: dict[str, Any]) -> None:
    """400 InvalidRequest, and nothing is recorded."""
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
        # From an HTTP API.
        {"version": "1.0", "httpMethod": "POST", "requestContext": {"requestId": "r"}},
    ],
)
def test_a_direct_payload_that_is_no_request_is_refused(service: Service, payload: Any) -> None:
    """Events of other kinds of API are refused, too. The log does not repeat a number."""
    assert type(function_error(service, payload)).__name__ == "InvalidRequest"
    assert NUMBER[1:] not in service.log()


def test_a_body_of_8_kb_is_read_and_a_longer_one_is_not(service: Service) -> None:
    """The limit counts bytes: 8192 reach the JSON parser, and 8193 are too large."""
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
    """415 comes before 413. Upper and lower case do not matter; no header at all is accepted."""
    answer = service.post("x" * 9000, headers=headers)
    assert answer.code == ("PayloadTooLarge" if accepted else "UnsupportedMediaType")


def test_an_unhandled_exception_is_an_internal_error_without_details(service: Service) -> None:
    """Only the log has the details, with numbers masked."""

    def broken(*_: object) -> None:
        raise LookupError(f"secret detail of {PERSON}")

    service.limit(countries_per_day=SimpleNamespace(get=broken))
    answer = service.send(DestinationIdentity=PERSON)
    assert (answer.status, answer.code) == (500, "InternalError")
    assert "secret" not in answer.body
    assert "LookupError: secret detail of +*********23" in service.log()


def test_each_request_logs_one_line_without_fields_of_the_last_one(service: Service) -> None:
    """The line holds the answer's status and code, and both request IDs."""
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


def test_no_log_line_and_no_metric_holds_a_number(service: Service) -> None:
    """No metric holds a ReferenceId either. The fixture looks for codes after every test."""
    for last in range(100, 111):
        service.send(DestinationIdentity=f"+12065550{last}", ReferenceId=f"ref-12065550{last}")
    service.post(json.dumps({NUMBER: NUMBER, "ReferenceId": NUMBER * 9}))
    service.post(NUMBER)
    assert len(service.log_lines()) >= 13
    assert "2065550" not in service.log()
    assert len(service.metric_lines()) == 13 * 2
    for line in service.metric_lines():
        assert not re.search(r"\d{5}|ref", re.sub(r'"Timestamp":\d+', "", line))


def test_log_lines_are_masked_at_any_depth(service: Service) -> None:
    """Of seven or more digits in a row, the last two stay, in keys as in values."""
    logger = create_logger("otp-send")
    logger.info("in 2026, 123456 and 1234567", of={NUMBER: [{"to": NUMBER}, (NUMBER, 7)]})
    masked, line = "+*********00", service.log_lines()[-1]
    assert line["of"] == {masked: [{"to": masked}, [masked, 7]]}
    assert line["message"] == "in 2026, 123456 and *****67"
