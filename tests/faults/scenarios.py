"""The faults: which call breaks and how, for which number, and whether the function dies."""

from dataclasses import dataclass
from enum import Enum, auto
from functools import partial

from tests.support.proxy import Rule

from .lab import Version

SENT = "+12065550100"
# Each ReferenceId gets its own number, because the sandbox numbers are not counted.
COUNTED = None
THROTTLED = "+12065550103"
TEXTED_ANSWERED_LATE = "+12065550108"
TEXTED_ANSWERED_500 = "+12065550109"
TEXTED_CONNECTION_DROPPED = "+12065550110"


class Death(Enum):
    """The moment at which the function is killed."""

    BEFORE_THE_SEND = auto()
    AFTER_THE_SEND = auto()
    AFTER_THE_RECORD = auto()
    AT_A_CALL_OF_DYNAMODB = auto()
    AFTER_THE_CREDIT = auto()
    BY_LAMBDA_AT_ITS_TIMEOUT = auto()


@dataclass(frozen=True)
class Scenario:
    """One kind of fault on the way to Pinpoint or DynamoDB, and the number that is texted."""

    name: str
    pinpoint: Rule | None = None
    dynamodb: Rule | None = None
    destination: str | None = SENT  # some numbers break the answer after the text
    death: Death | None = None
    version: Version = Version.USUAL  # while the fault lasts
    just_started: bool = False  # the functions remember nothing from earlier requests
    verifies: bool = False  # the code of an earlier text is verified

    @property
    def kills(self) -> bool:
        """Whether a function is killed, so that API Gateway may answer instead."""
        return self.death is not None or self.just_started


def _error(code: str, status: int | None = None) -> Rule:
    return {"error": {"code": code, **({"status": status} if status else {})}}


_THROTTLED = _error("TooManyRequestsException")
_LOST_ANSWER: Rule = {"response": {"abort_bytes": 0}}
_SLOW: Rule = {"latency": 2500}  # longer than any of the lab's read timeouts
_RESET: Rule = {"reset": True}
_EVERY_OTHER: Rule = {"sequence": {"fail": 1, "pass": 1}}
_NO_ANSWER: Rule = {"timeout_ms": 10_000}
_STALLED_ANSWER: Rule = {"response": {"bandwidth_kbps": 0.001}}


def _dynamodb(operation: str, rule: Rule) -> Rule:
    return {"service": "dynamodb", "operation": operation, **rule}


_ON_DYNAMODB: list[tuple[str, Rule]] = [
    ("throttled", _error("ProvisionedThroughputExceededException")),
    ("500", _error("InternalServerError")),
    ("slow", _SLOW),
    ("reset", _RESET),
    ("done, answer lost", _LOST_ANSWER),
]


PINPOINT = [
    Scenario("no fault"),
    Scenario("Pinpoint 429", pinpoint=_THROTTLED),
    Scenario("Pinpoint 429 now and then", pinpoint=_THROTTLED | _EVERY_OTHER),
    Scenario("Pinpoint 400", pinpoint=_error("BadRequestException")),
    Scenario("Pinpoint 403", pinpoint=_error("ForbiddenException")),
    Scenario("Pinpoint 500", pinpoint=_error("InternalServerErrorException")),
    Scenario("Pinpoint 503", pinpoint=_error("ServiceUnavailable", 503)),
    Scenario("Pinpoint refuses the connection", version=Version.WITHOUT_PINPOINT),
    Scenario("Pinpoint slow, then texts", pinpoint=_SLOW),
    Scenario("Pinpoint's connection reset before the text", pinpoint=_RESET),
    Scenario("Pinpoint's connection reset after the text", pinpoint=_LOST_ANSWER),
    Scenario("Pinpoint's answer cut", pinpoint={"response": {"truncate_frac": 0.5}}),
    Scenario("Pinpoint's answer garbled", pinpoint={"response": {"corrupt_bytes": 40}}),
    Scenario("Pinpoint texts, answers late", destination=TEXTED_ANSWERED_LATE),
    Scenario("Pinpoint texts, answers 500", destination=TEXTED_ANSWERED_500),
    Scenario("Pinpoint texts, drops the connection", destination=TEXTED_CONNECTION_DROPPED),
]
DYNAMODB = [
    Scenario(f"DynamoDB {name} {when}", dynamodb=_dynamodb(operation, rule), destination=number)
    for when, operation, number in (
        ("on the lock", "PutItem", SENT),
        ("on the record", "UpdateItem", SENT),
        ("on the freeing", "DeleteItem", THROTTLED),
    )
    for name, rule in _ON_DYNAMODB
] + [
    Scenario(
        "DynamoDB done, answer lost on the lock now and then",
        dynamodb=_dynamodb("PutItem", _LOST_ANSWER | _EVERY_OTHER),
    ),
]
COUNTS = [
    Scenario(
        f"DynamoDB {name} on the count",
        dynamodb=_dynamodb("UpdateItem", rule),
        destination=COUNTED,
    )
    for name, rule in (
        ("500", _error("InternalServerError")),
        ("slow", _SLOW),
        ("done, answer lost now and then", _LOST_ANSWER | _EVERY_OTHER),
        # The count of the number succeeds, and that of the guard fails.
        (
            "500 every other time",
            _error("InternalServerError") | {"sequence": {"pass": 1, "fail": 1}},
        ),
    )
] + [
    Scenario(
        "DynamoDB 500 on the switch that pauses",
        dynamodb=_dynamodb("GetItem", _error("InternalServerError")),
        just_started=True,
    ),
]
DEATHS = [
    # The proxy holds the request and never passes it on.
    Scenario("killed before the send", pinpoint=_NO_ANSWER, death=Death.BEFORE_THE_SEND),
    Scenario("killed after the send", destination=TEXTED_ANSWERED_LATE, death=Death.AFTER_THE_SEND),
    Scenario(
        "killed after the record",
        dynamodb=_dynamodb("UpdateItem", _STALLED_ANSWER),
        death=Death.AFTER_THE_RECORD,
    ),
    Scenario(
        "timed out by Lambda",
        destination=TEXTED_ANSWERED_LATE,
        death=Death.BY_LAMBDA_AT_ITS_TIMEOUT,
        version=Version.PATIENT,
    ),
]

_CREDIT = partial(Scenario, destination=COUNTED, version=Version.ALL_VALID, verifies=True)
_CALLS = {"read": "BatchGetItem", "claim": "PutItem", "balance": "UpdateItem"}
CREDITS = [
    _CREDIT("verify, no fault"),
    *(
        _CREDIT(f"verify, DynamoDB {name} on the {call}", dynamodb=_dynamodb(operation, rule))
        for call, operation in _CALLS.items()
        for name, rule in _ON_DYNAMODB
    ),
    *(
        _CREDIT(
            f"verify, killed before the {call}",
            dynamodb=_dynamodb(operation, _NO_ANSWER),
            death=Death.AT_A_CALL_OF_DYNAMODB,
        )
        for call, operation in _CALLS.items()
    ),
    _CREDIT(
        "verify, killed after the balance",
        dynamodb=_dynamodb("UpdateItem", _STALLED_ANSWER),
        death=Death.AFTER_THE_CREDIT,
    ),
]

ALL = [*PINPOINT, *DYNAMODB, *COUNTS, *DEATHS, *CREDITS]
