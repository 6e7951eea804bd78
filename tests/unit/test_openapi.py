"""What the functions answer is what docs/openapi.json says: status, headers and body."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError

from tests.support.failures import NO_ANSWER, NO_CONNECTION, respond
from tests.support.openapi import Contract
from tests.support.service import TABLE, HttpAnswer, Journey, Service, request

CONTRACT = Contract.read()
SEND, VERIFY = "sendOtp", "verifyOtp"
SENDING = "before-send.pinpoint.SendOTPMessage"
VERIFYING = "before-send.pinpoint.VerifyOTPMessage"
PERSON = "+12065550123"

Act = Callable[[Service], HttpAnswer]


def after(*earlier: dict[str, Any]) -> Act:
    """Send some requests with one ReferenceId, and give the answer to the last."""
    first = request()
    return lambda service: [service.send(**first | changes) for changes in earlier][-1]


def failing(event: str, failure: Any, **fields: Any) -> Act:
    """Send, or verify, while something fails or is answered so."""

    def act(service: Service) -> HttpAnswer:
        (service.fail if isinstance(failure, Exception) else service.on)(event, failure)
        return service.send(**fields)

    return act


def to(last: str) -> Act:
    """Send to one of the sandbox's numbers."""
    return lambda service: service.send(DestinationIdentity=f"+1206555{last}")


def in_progress(service: Service) -> HttpAnswer:
    """Send the same while it is being sent."""
    asked, answers = request(), list[HttpAnswer]()

    def meanwhile(**_: Any) -> None:
        if not answers:
            answers.append(service.send(**asked))

    service.on("before-call.pinpoint.SendOTPMessage", meanwhile)
    service.send(**asked)
    return answers[0]


def paused(service: Service) -> HttpAnswer:
    """Send while the operator has paused it."""
    item = {"id": {"S": "paused"}, "countries": {"S": "all"}}
    service.table.put_item(TableName=TABLE, Item=item)
    return service.send()


def unforeseen(service: Service) -> HttpAnswer:
    """Send what nobody can count."""
    service.limit(countries_per_day=None)
    return service.send(DestinationIdentity=PERSON)


#: By the name of its example; of several with one name, by what comes before.
OF_SEND: dict[str, Act] = {
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
    "TooManyMessages": lambda service: [to("0123")(service) for _ in range(6)][-1],
    "Throttled": to("0103"),
    "Throttled.AskedTooOften": after({}, *[{"CodeLength": 5}] * 6),
    "TemporaryFailure": to("0104"),
    "Unavailable": failing(SENDING, NO_CONNECTION),
    "RejectedByPinpoint": failing(
        SENDING, respond(400, {"Message": "Invalid origination identity"})
    ),
    "Misconfigured": failing(SENDING, NoCredentialsError()),
    "OptedOut": to("0101"),
    "OptedOut again": after(*[{"DestinationIdentity": "+12065550101"}] * 2),
    "PermanentFailure": to("0102"),
    "DuplicateDestination": to("0107"),
    "InternalError": unforeseen,
}
OF_VERIFY: dict[str, Act] = {
    "InvalidRequest": lambda service: service.send(Otp="1"),
    "UnsupportedMediaType": OF_SEND["UnsupportedMediaType"],
    "PayloadTooLarge": OF_SEND["PayloadTooLarge"],
    **{
        name: failing(VERIFYING, failure, Otp="123456")
        for name, failure in {
            "OutcomeUnknown": NO_ANSWER,
            "Throttled": respond(429, {"Message": ""}),
            "Unavailable": NO_CONNECTION,
            "RejectedByPinpoint": respond(400, {"Message": "Invalid reference ID"}),
            "Misconfigured": NoCredentialsError(),
        }.items()
    },
}


def assert_documented(operation: str, answer: HttpAnswer) -> None:
    """Fail unless an answer is one of the document's."""
    breaches = CONTRACT.breaches(operation, answer.status, answer.headers, answer.body)
    assert breaches == []


def without_digits(text: str) -> str:
    """Give what an answer says, without what is different every time."""
    return "".join(character for character in text if not character.isdigit())


@pytest.mark.parametrize(
    ("operation", "name"),
    [*((SEND, name) for name in OF_SEND), *((VERIFY, name) for name in OF_VERIFY)],
)
def test_problem_is_as_documented(journey: Journey, operation: str, name: str) -> None:
    """It is the example of its name, with the same sentence, where nothing in it varies."""
    of_send = operation == SEND
    answer = OF_SEND[name](journey.sending) if of_send else OF_VERIFY[name](journey.verifying)

    assert_documented(operation, answer)
    [content] = CONTRACT.responses(operation)[str(answer.status)]["content"].values()
    example = content["examples"][name.removesuffix(" again")]["value"]
    assert answer.code == example["code"]
    assert without_digits(answer.json()["detail"]) == without_digits(example["detail"])


def test_every_problem_of_send_is_provoked() -> None:
    """All of the document are above, but for API Gateway's own."""
    documented = {
        name
        for response in CONTRACT.responses(SEND).values()
        for content in response["content"].values()
        for name, example in content["examples"].items()
        if example["value"].get("code") and "API Gateway" not in example.get("description", "")
    }
    assert documented == {name.removesuffix(" again") for name in OF_SEND}


def test_success_is_as_documented(journey: Journey) -> None:
    """AWS's own answer, also as a replay; and that to a code that is right, and then is not."""
    asked = request()
    for _ in range(2):
        sent = journey.sending.send(**asked)
        assert sent.status == 200
        assert_documented(SEND, sent)
    assert sent.headers["Idempotent-Replayed"] == "true"
    about, code = journey.send()
    for _ in range(2):
        verified = journey.verify(about, code)
        assert verified.status == 200
        assert_documented(VERIFY, verified)
