"""What the functions answer is what docs/openapi.json says: status, headers and body."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError, ReadTimeoutError

from tests.support.failures import ENDPOINT, respond
from tests.support.openapi import Contract
from tests.support.service import HttpAnswer, Journey, Service, request

CONTRACT = Contract.read()
SEND, VERIFY = "sendOtp", "verifyOtp"

NO_CONNECTION = EndpointConnectionError(endpoint_url=ENDPOINT)
SENDING = "before-send.pinpoint.SendOTPMessage"
VERIFYING = "before-send.pinpoint.VerifyOTPMessage"


def assert_documented(operation: str, answer: HttpAnswer) -> None:
    """Fail unless an answer is one of the document's, and its sentence that of the example."""
    breaches = CONTRACT.breaches(operation, answer.status, answer.headers, answer.body)
    assert breaches == []


def after(*earlier: dict[str, Any]) -> Callable[[Service], HttpAnswer]:
    """Send some requests with one ReferenceId, and give the answer to the last."""
    first = request()

    def act(service: Service) -> HttpAnswer:
        *_, last = [service.post(json.dumps(first | changes)) for changes in earlier]
        return last

    return act


def failing(event: str, error: Exception) -> Callable[[Service], HttpAnswer]:
    """Send while something fails."""

    def act(service: Service) -> HttpAnswer:
        service.fail(event, error)
        return service.send()

    return act


def answered(status: int, message: str) -> Callable[[Service], HttpAnswer]:
    """Send while Pinpoint answers this."""

    def act(service: Service) -> HttpAnswer:
        service.on(SENDING, respond(status, {"Message": message}))
        return service.send()

    return act


def to(last: str) -> Callable[[Service], HttpAnswer]:
    """Send to one of the sandbox's numbers."""
    return lambda service: service.send(DestinationIdentity=f"+1206555{last}")


def in_progress(service: Service) -> HttpAnswer:
    """Send the same while it is being sent."""
    asked, answers = request(), list[HttpAnswer]()

    def meanwhile(**_: Any) -> None:
        if not answers:
            answers.append(service.post(json.dumps(asked)))

    service.on("before-call.pinpoint.SendOTPMessage", meanwhile)
    service.post(json.dumps(asked))
    return answers[0]


def too_many(service: Service) -> HttpAnswer:
    """Send one message more than may go to a number."""
    answers = [service.send(DestinationIdentity="+12065550123") for _ in range(6)]
    return answers[-1]


def paused(service: Service) -> HttpAnswer:
    """Send while the operator has paused it."""
    item = {"id": {"S": "paused"}, "countries": {"S": "all"}}
    service.table.put_item(TableName="reference-ids", Item=item)
    return service.send()


#: By the name of its example.
OF_SEND: dict[str, Callable[[Service], HttpAnswer]] = {
    "InvalidRequest": lambda service: service.send(CodeLength=9, EntityId="1"),
    "UnsupportedMediaType": lambda service: service.post("{}", headers={"Content-Type": "a/b"}),
    "PayloadTooLarge": lambda service: service.post(" " * 9000),
    "ReferenceIdReused": after({}, {"CodeLength": 5}),
    "InProgress": in_progress,
    "OutcomeUnknown": to("0105"),
    "OutcomeUnknown again": after(*[{"DestinationIdentity": "+12065550105"}] * 2),
    "StoreUnavailable": failing("before-call.dynamodb.PutItem", NO_CONNECTION),
    "DestinationNotAllowed": lambda service: service.send(DestinationIdentity="+447400123456"),
    "SendingPaused": paused,
    "SendingPaused.PauseUnknown": failing("before-call.dynamodb.GetItem", NO_CONNECTION),
    "TooManyMessages": too_many,
    "Throttled": to("0103"),
    "Throttled.AskedTooOften": after({}, *[{"CodeLength": 5}] * 6),
    "TemporaryFailure": to("0104"),
    "Unavailable": failing(SENDING, NO_CONNECTION),
    "RejectedByPinpoint": answered(400, "Invalid origination identity"),
    "Misconfigured": failing(SENDING, NoCredentialsError()),
    "OptedOut": to("0101"),
    "PermanentFailure": to("0102"),
    "DuplicateDestination": to("0107"),
}


def sentence(answer: HttpAnswer) -> str:
    """Give what an answer says, without what is different every time."""
    detail: str = answer.json()["detail"]
    return "".join(character for character in detail if not character.isdigit())


def examples(operation: str, status: int) -> dict[str, Any]:
    """Give the examples of the problems with a status, by name."""
    [content] = CONTRACT.responses(operation)[str(status)]["content"].values()
    return {name: example["value"] for name, example in content["examples"].items()}


@pytest.mark.parametrize("name", OF_SEND)
def test_problem_of_send_is_as_documented(service: Service, name: str) -> None:
    """It is the example of its name, with the same sentence, where nothing in it varies."""
    answer = OF_SEND[name](service)

    assert_documented(SEND, answer)
    example = examples(SEND, answer.status)[name.removesuffix(" again")]
    assert answer.code == example["code"]
    assert sentence(answer) == "".join(c for c in example["detail"] if not c.isdigit())


def test_every_problem_of_send_is_provoked() -> None:
    """All of the document are above, but for API Gateway's own and what nobody foresaw."""
    documented = {
        name
        for response in CONTRACT.responses(SEND).values()
        for content in response["content"].values()
        for name, example in content["examples"].items()
        if example["value"].get("code") and "API Gateway" not in example.get("description", "")
    }
    provoked = {name.removesuffix(" again") for name in OF_SEND}
    assert documented - provoked == {"InternalError"}


def test_internal_error_is_as_documented(service: Service) -> None:
    """What nobody foresaw."""
    service.limit(countries_per_day=None)
    answer = service.send(DestinationIdentity="+12065550123")
    assert answer.code == "InternalError"
    assert_documented(SEND, answer)
    assert answer.json()["detail"] == examples(SEND, 500)["InternalError"]["detail"]


def test_success_is_as_documented(service: Service) -> None:
    """AWS's own answer."""
    answer = service.send()
    assert answer.status == 200
    assert_documented(SEND, answer)


@pytest.mark.parametrize(("last", "status"), [("0100", 200), ("0101", 422)])
def test_replay_is_as_documented(service: Service, last: str, status: int) -> None:
    """With its header, which the first has not."""
    answer = after(*[{"DestinationIdentity": f"+1206555{last}"}] * 2)(service)
    assert answer.status == status
    assert answer.headers["Idempotent-Replayed"] == "true"
    assert_documented(SEND, answer)


def test_verification_is_as_documented(journey: Journey) -> None:
    """Of a right code, and of one that is not."""
    about, code = journey.send()
    for _ in range(2):
        answer = journey.verify(about, code)
        assert answer.status == 200
        assert_documented(VERIFY, answer)


OF_VERIFY: dict[str, Callable[[Service], HttpAnswer]] = {
    "InvalidRequest": lambda service: service.send(Otp="1"),
    "UnsupportedMediaType": OF_SEND["UnsupportedMediaType"],
    "PayloadTooLarge": OF_SEND["PayloadTooLarge"],
    "OutcomeUnknown": lambda service: verifying(service, ReadTimeoutError(endpoint_url=ENDPOINT)),
    "Throttled": lambda service: verifying(service, (429, "")),
    "Unavailable": lambda service: verifying(service, NO_CONNECTION),
    "RejectedByPinpoint": lambda service: verifying(service, (400, "Invalid reference ID")),
    "Misconfigured": lambda service: verifying(service, NoCredentialsError()),
}


def verifying(service: Service, failure: Exception | tuple[int, str]) -> HttpAnswer:
    """Verify while the call fails, or is answered so."""
    if isinstance(failure, Exception):
        service.fail(VERIFYING, failure)
    else:
        service.on(VERIFYING, respond(failure[0], {"Message": failure[1]}))
    return service.send(Otp="123456")


@pytest.mark.parametrize("name", OF_VERIFY)
def test_problem_of_verify_is_as_documented(journey: Journey, name: str) -> None:
    """As of send."""
    answer = OF_VERIFY[name](journey.verifying)

    assert_documented(VERIFY, answer)
    example = examples(VERIFY, answer.status)[name]
    assert (answer.code, answer.json()["detail"]) == (example["code"], example["detail"])
