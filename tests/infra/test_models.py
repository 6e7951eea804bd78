"""botocore's data, reduced: its clients do what those of the whole data do, and not much else.

What is compared goes through botocore itself: the request that it would send, from the events that
it emits before, and what it makes of an answer.
"""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape
from botocore.session import Session

from infra.models import (
    OPERATIONS,
    UnexpectedDataError,
    reduce_data,
    reduce_endpoints,
    reduce_model,
)

from .helpers import ROOT

WHOLE_DATA = Path(Loader.BUILTIN_DATA_PATH)
VERSIONS = {"dynamodb": "2012-08-10", "pinpoint": "2016-12-01"}

#: What a request is signed with, and what is another one in each.
CHANGING = ("x-amz-date", "amz-sdk-invocation-id")
SIGNATURE = re.compile(r"/\d{8}/|Signature=\w+")

VARIANTS = {
    "plain": {},
    "fips": {"use_fips_endpoint": True},
    "dualstack": {"use_dualstack_endpoint": True},
    "fips and dualstack": {"use_fips_endpoint": True, "use_dualstack_endpoint": True},
}

TABLE, KEY = "reference-ids", {"id": {"S": "send#0123"}}

#: SendOTPMessageRequestParameters, whole; and those of it that botocore asks for.
FIELDS: dict[str, str | int] = {
    "ReferenceId": "aUniqueReference-1",
    "DestinationIdentity": "+18765550142",
    "OriginationIdentity": "+18555550142",
    "BrandName": "Exämple\N{EM DASH}Corp",
    "Channel": "SMS",
    "CodeLength": 6,
    "ValidityPeriod": 15,
    "AllowedAttempts": 3,
    "Language": "es-419",
    "EntityId": "1101456324589632154",
    "TemplateId": "1107169876543211234",
}
REQUIRED = ("ReferenceId", "DestinationIdentity", "OriginationIdentity", "BrandName", "Channel")


@dataclass(frozen=True)
class Call:
    """One call of a client.

    Attributes:
        service: whose.
        operation: such as `put_item`.
        parameters: of the operation.

    """

    service: str
    operation: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """What a service answers.

    Attributes:
        content: is sent as JSON.
        status: of HTTP.
        headers: of HTTP.

    """

    content: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Exchange:
    """What a client has made of a call: two that are equal cannot be told apart from outside.

    Attributes:
        requests: what it has sent.
        outcome: the answer as it was read, or what was raised.

    """

    requests: list[dict[str, Any]]
    outcome: Any


class Raw(BytesIO):
    """A body, as botocore reads it from urllib3."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        """Give all of it."""
        yield self.read()


def send(**fields: str | int) -> Call:
    """Make a call of SendOTPMessage."""
    return Call(
        "pinpoint",
        "send_otp_message",
        {"ApplicationId": "7353f53e", "SendOTPMessageRequestParameters": fields},
    )


VERIFY = Call(
    "pinpoint",
    "verify_otp_message",
    {
        "ApplicationId": "7353f53e",
        "VerifyOTPMessageRequestParameters": {
            "ReferenceId": "aUniqueReference-1",
            "DestinationIdentity": "+18765550142",
            "Otp": "123456",
        },
    },
)
READ_SWITCH = Call("dynamodb", "get_item", {"TableName": TABLE, "Key": KEY, "ConsistentRead": True})
TAKE = Call(
    "dynamodb",
    "put_item",
    {
        "TableName": TABLE,
        "Item": {**KEY, "owner": {"S": "Ä"}, "locked_at": {"N": "1766000000000"}},
        "ConditionExpression": "attribute_not_exists(id) OR expiration < :now",
        "ExpressionAttributeValues": {":now": {"N": "1766000000"}},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    },
)
RECORD = Call(
    "dynamodb",
    "update_item",
    {
        "TableName": TABLE,
        "Key": KEY,
        "UpdateExpression": "SET #data = :data",
        "ConditionExpression": "#owner = :owner",
        "ExpressionAttributeNames": {"#data": "data", "#owner": "owner"},
        "ExpressionAttributeValues": {":data": {"S": "{}"}, ":owner": {"S": "0123"}},
    },
)
COUNT = Call(
    "dynamodb",
    "update_item",
    {
        "TableName": TABLE,
        "Key": KEY,
        "UpdateExpression": "SET #expiration = :expiration ADD #c0 :one",
        "ConditionExpression": "(attribute_not_exists(#c0) OR #c0 < :c0)",
        "ExpressionAttributeNames": {"#expiration": "expiration", "#c0": "day"},
        "ExpressionAttributeValues": {":expiration": {"N": "1766000000"}, ":one": {"N": "1"}},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    },
)
FREE = Call(
    "dynamodb",
    "delete_item",
    {
        "TableName": TABLE,
        "Key": KEY,
        "ConditionExpression": "#owner = :owner AND #status = :inprogress",
        "ExpressionAttributeNames": {"#owner": "owner", "#status": "status"},
        "ExpressionAttributeValues": {":owner": {"S": "0123"}, ":inprogress": {"S": "INPROGRESS"}},
    },
)
CALLS = {
    "send": send(**FIELDS),
    "verify": VERIFY,
    "read switch": READ_SWITCH,
    "take": TAKE,
    "record": RECORD,
    "count": COUNT,
    "free": FREE,
}

MESSAGE = {
    "ApplicationId": "7353f53e",
    "RequestId": "0a1b2c3d",
    "Result": {
        "+18765550142": {
            "DeliveryStatus": "SUCCESSFUL",
            "MessageId": "4t5u6v7w",
            "StatusCode": 200,
            "StatusMessage": "MessageId: 4t5u6v7w",
            "UpdatedToken": "token",
        }
    },
    "EndpointResult": {"endpoint": {"Address": "a", "DeliveryStatus": "DUPLICATE"}},
}
ITEM = {**KEY, "owner": {"S": "Ä"}, "day": {"N": "17"}, "last": {"N": "1766000000.123"}}

#: The errors of each operation of Pinpoint, with their status.
PINPOINT_ERRORS = {
    "BadRequestException": 400,
    "ForbiddenException": 403,
    "NotFoundException": 404,
    "MethodNotAllowedException": 405,
    "PayloadTooLargeException": 413,
    "TooManyRequestsException": 429,
    "InternalServerErrorException": 500,
}
DYNAMODB_ERRORS = {
    "ConditionalCheckFailedException": 400,
    "ProvisionedThroughputExceededException": 400,
    "RequestLimitExceeded": 400,
    "ResourceNotFoundException": 400,
    "ThrottlingException": 400,
    "TransactionConflictException": 400,
    "InternalServerError": 500,
}


def copy_data(folder: Path) -> Path:
    """Copy of botocore's data what the tests need: the two services, and one more."""
    for path in WHOLE_DATA.iterdir():
        if path.is_file():
            folder.mkdir(exist_ok=True)
            shutil.copyfile(path, folder / path.name)
    for service in (*OPERATIONS, "sts"):
        shutil.copytree(WHOLE_DATA / service, folder / service)
    return folder


def session_of(data: Path) -> Session:
    """Make a session whose data is this and no other, as a bundle's is."""
    loader = Loader(extra_search_paths=[str(data)], include_default_search_paths=False)
    # botocore chooses endpoints in another way where endpoints.json is not its own.
    loader.BUILTIN_DATA_PATH = str(data)
    session = Session()
    session.register_component("data_loader", loader)
    return session


def create(session: Session, service: str, region: str = "us-east-1", **options: Any) -> BaseClient:
    """Create a client that never asks twice."""
    account = options.pop("account", None)
    config = Config(retries={"total_max_attempts": 1}, **options)
    return session.create_client(
        service,
        region_name=region,
        config=config,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",  # noqa: S106 - of nobody
        aws_account_id=account,
    )


def exchange(client: BaseClient, call: Call, *answers: Answer) -> Exchange:
    """Make a call, and answer it; without answers, with `{}`."""
    requests: list[dict[str, Any]] = []
    remaining = list(answers)

    def respond(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        requests.append(visible(request))
        answer = remaining.pop(0) if remaining else Answer()
        body = Raw(json.dumps(answer.content).encode())
        headers = HTTPHeaders.from_dict(dict(answer.headers))
        return AWSResponse(request.url, answer.status, headers, body)

    events: Any = client.meta.events  # typed as if a handler could not answer
    events.register("before-send", respond)
    try:
        outcome = getattr(client, call.operation)(**call.parameters)
    except ClientError as error:
        outcome = {"raised": type(error).__name__, "response": error.response}
    except BotoCoreError as error:
        outcome = repr(error)
    finally:
        events.unregister("before-send", respond)
    return Exchange(requests, outcome)


def visible(request: AWSPreparedRequest) -> dict[str, Any]:
    """Give all of a request that is not another one every time."""
    headers = {
        name.lower(): value.decode() if isinstance(value, bytes) else value
        for name, value in request.headers.items()
    }
    headers["authorization"] = SIGNATURE.sub("", headers["authorization"])
    return {
        "method": request.method,
        "url": request.url,
        "headers": {name: value for name, value in headers.items() if name not in CHANGING},
        "body": request.body,
    }


def load(data: Path, service: str) -> dict[str, Any]:
    """Load a model as JSON."""
    loader = Loader(extra_search_paths=[str(data)], include_default_search_paths=False)
    return deepcopy(dict(loader.load_service_model(service, "service-2")))


def save(data: Path, service: str, model: Mapping[str, Any]) -> None:
    """Put a model in the place of the one that is there."""
    folder = data / service / VERSIONS[service]
    (folder / "service-2.json.gz").unlink(missing_ok=True)
    (folder / "service-2.json").write_text(json.dumps(model))


@pytest.fixture(scope="module")
def whole_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give botocore's data as it is."""
    return copy_data(tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def reduced_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give botocore's data, reduced."""
    data = copy_data(tmp_path_factory.mktemp("reduced"))
    reduce_data(data)
    return data


@pytest.fixture(scope="module")
def whole(whole_data: Path) -> Session:
    """Give a session with all of botocore's data."""
    return session_of(whole_data)


@pytest.fixture(scope="module")
def reduced(reduced_data: Path) -> Session:
    """Give a session with the reduced data."""
    return session_of(reduced_data)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Give a copy of botocore's data that a test may change."""
    return copy_data(tmp_path / "data")


@cache
def client_of(session: Session, service: str) -> BaseClient:
    """Create a client, or give the one that was created before."""
    return create(session, service)


def both(whole: Session, reduced: Session, call: Call, *answers: Answer) -> list[Exchange]:
    """Make a call with each of two sessions."""
    return [
        exchange(client_of(session, call.service), call, *answers) for session in (whole, reduced)
    ]


# --- Requests ---


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_request_is_the_same(whole: Session, reduced: Session, call: Call) -> None:
    """Method, address, headers and body: what the functions ask is what they asked before."""
    expected, got = both(whole, reduced, call)
    assert len(expected.requests) == 1
    assert got == expected


@pytest.mark.parametrize("name", FIELDS)
def test_field_is_sent(whole: Session, reduced: Session, name: str) -> None:
    """Each of the eleven fields alone, beside those that are required: it is in the body."""
    call = send(**{field: FIELDS[field] for field in (*REQUIRED, name)})

    expected, got = both(whole, reduced, call)

    assert json.loads(got.requests[0]["body"])[name] == FIELDS[name]
    assert got == expected


@pytest.mark.parametrize("name", FIELDS)
def test_field_that_is_lost_would_be_noticed(
    whole: Session, reduced_data: Path, tmp_path: Path, name: str
) -> None:
    """Without one field in the model, these tests' way of comparing sees a difference."""
    data = shutil.copytree(reduced_data, tmp_path / "data")
    model = load(data, "pinpoint")
    del model["shapes"]["SendOTPMessageRequestParameters"]["members"][name]
    save(data, "pinpoint", model)

    expected, got = both(whole, session_of(data), send(**FIELDS))

    assert expected.requests
    assert got != expected
    assert f'Unknown parameter in SendOTPMessageRequestParameters: "{name}"' in got.outcome


@pytest.mark.parametrize(
    "call",
    [
        *(
            send(**{name: FIELDS[name] for name in REQUIRED if name != missing})
            for missing in REQUIRED
        ),
        send(**{**FIELDS, "CodeLength": "6"}),
        Call("pinpoint", "send_otp_message", {}),
        Call("pinpoint", "verify_otp_message", {"ApplicationId": "7353f53e"}),
        Call("dynamodb", "get_item", {"TableName": "", "Key": KEY}),
        Call("dynamodb", "get_item", {"TableName": TABLE, "Key": {"id": "text"}}),
        Call("dynamodb", "put_item", {"TableName": TABLE}),
    ],
)
def test_bad_parameters_are_refused_as_before(whole: Session, reduced: Session, call: Call) -> None:
    """What is required, types and least lengths are checked before anything is sent."""
    expected, got = both(whole, reduced, call)
    assert "ParamValidationError" in expected.outcome
    assert got == expected


# --- Answers ---


@pytest.mark.parametrize(
    ("call", "content", "read"),
    [
        (CALLS["send"], MESSAGE, {"MessageResponse": MESSAGE}),
        (VERIFY, {"Valid": True}, {"VerificationResponse": {"Valid": True}}),
        (VERIFY, {"Valid": False}, {"VerificationResponse": {"Valid": False}}),
        (READ_SWITCH, {"Item": ITEM}, {"Item": ITEM}),
        (READ_SWITCH, {}, {}),
        (TAKE, {"Attributes": ITEM}, {"Attributes": ITEM}),
        (COUNT, {"Attributes": ITEM}, {"Attributes": ITEM}),
        (FREE, {"Attributes": ITEM}, {"Attributes": ITEM}),
    ],
)
def test_answer_is_read_the_same(
    whole: Session,
    reduced: Session,
    call: Call,
    content: Mapping[str, Any],
    read: Mapping[str, Any],
) -> None:
    """Whatever the service says reaches the function."""
    answer = Answer(content, headers={"x-amzn-RequestId": "0a1b2c3d"})

    expected, got = both(whole, reduced, call, answer)

    assert got == expected
    assert got.outcome.pop("ResponseMetadata")["RequestId"] == "0a1b2c3d"
    assert got.outcome == read


@pytest.mark.parametrize(
    ("call", "shape", "member", "content"),
    [
        *(
            (CALLS["send"], "MessageResult", member, MESSAGE)
            for member in MESSAGE["Result"]["+18765550142"]  # type: ignore[index]  # a dictionary
        ),
        (CALLS["send"], "MessageResponse", "Result", MESSAGE),
        (VERIFY, "VerificationResponse", "Valid", {"Valid": True}),
        (READ_SWITCH, "GetItemOutput", "Item", {"Item": ITEM}),
        (READ_SWITCH, "AttributeValue", "N", {"Item": ITEM}),
    ],
)
def test_member_of_an_answer_that_is_lost_would_be_noticed(
    whole: Session,
    reduced_data: Path,
    tmp_path: Path,
    call: Call,
    shape: str,
    member: str,
    content: Mapping[str, Any],
) -> None:
    """Without one member in the model, these tests' way of comparing sees another answer."""
    data = shutil.copytree(reduced_data, tmp_path / "data")
    model = load(data, call.service)
    del model["shapes"][shape]["members"][member]
    save(data, call.service, model)

    expected, got = both(whole, session_of(data), call, Answer(content))

    assert got.requests == expected.requests
    assert got != expected


@pytest.mark.parametrize("call", [CALLS["send"], VERIFY], ids=["send", "verify"])
@pytest.mark.parametrize(("code", "status"), PINPOINT_ERRORS.items(), ids=PINPOINT_ERRORS)
def test_error_of_pinpoint_is_read_the_same(
    whole: Session, reduced: Session, call: Call, code: str, status: int
) -> None:
    """Each that the operations name: its class, code, message and status."""
    answer = Answer(
        {"Message": "Why not", "RequestID": "0a1b2c3d"}, status, {"x-amzn-ErrorType": code}
    )

    expected, got = both(whole, reduced, call, answer)

    assert got == expected
    assert got.outcome["raised"] == code
    assert got.outcome["response"]["Error"] == {"Code": code, "Message": "Why not"}
    assert got.outcome["response"]["ResponseMetadata"]["HTTPStatusCode"] == status


@pytest.mark.parametrize(("code", "status"), DYNAMODB_ERRORS.items(), ids=DYNAMODB_ERRORS)
@pytest.mark.parametrize("call", [TAKE, COUNT, FREE], ids=["take", "count", "free"])
def test_error_of_dynamodb_is_read_the_same(
    whole: Session, reduced: Session, call: Call, code: str, status: int
) -> None:
    """Each that the functions may meet, with the item that a condition failed on."""
    answer = Answer(
        {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "No", "Item": ITEM},
        status,
        {"x-amzn-RequestId": "0a1b2c3d"},
    )

    expected, got = both(whole, reduced, call, answer)

    assert got == expected
    assert got.outcome["raised"] == code
    response = got.outcome["response"]
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status
    if code == "ConditionalCheckFailedException":
        assert response["Item"] == ITEM


@pytest.mark.parametrize("answer", [Answer({"message": "?"}, 418), Answer({"__type": "New"}, 400)])
@pytest.mark.parametrize("call", [CALLS["send"], COUNT], ids=["send", "count"])
def test_error_that_no_model_names_is_read_the_same(
    whole: Session, reduced: Session, call: Call, answer: Answer
) -> None:
    """It is a plain ClientError, with what the answer says."""
    expected, got = both(whole, reduced, call, answer)
    assert got == expected
    assert got.outcome["raised"] == "ClientError"


@pytest.mark.parametrize(
    ("service", "names"), [("dynamodb", DYNAMODB_ERRORS), ("pinpoint", PINPOINT_ERRORS)]
)
def test_errors_can_be_caught_by_name(
    reduced: Session, service: str, names: Mapping[str, int]
) -> None:
    """`client.exceptions` has every error of the operations."""
    exceptions = create(reduced, service).exceptions
    for name in names:
        assert issubclass(getattr(exceptions, name), ClientError)


# --- Everything else that a model says ---


def described(shape: Shape | None, seen: tuple[str, ...] = ()) -> Any:
    """Tell all of a shape that botocore's own classes know of it, and of those that it reaches."""
    if shape is None or shape.name in seen:
        return shape and shape.name
    seen = (*seen, shape.name)
    told = {
        "name": shape.name,
        "type": shape.type_name,
        "metadata": shape.metadata,
        "serialization": shape.serialization,
        "error code": getattr(shape, "error_code", None),
    }
    for part in ("member", "key", "value"):
        if hasattr(shape, part):
            told[part] = described(getattr(shape, part), seen)
    for name, member in getattr(shape, "members", {}).items():
        told[f".{name}"] = described(member, seen)
    return told


@pytest.mark.parametrize(
    ("service", "operation"),
    [(service, name) for service, names in OPERATIONS.items() for name in names],
)
def test_operation_is_the_same_but_for_its_documentation(
    whole_data: Path, reduced_data: Path, service: str, operation: str
) -> None:
    """Every trait of the operation and of all that it reaches: what is retried, signed, checked."""
    told: list[dict[str, Any]] = []
    for data in (whole_data, reduced_data):
        model = ServiceModel(load(data, service), service)
        kept = model.operation_model(operation)
        raw = load(data, service)["operations"][operation]
        shapes = [kept.input_shape, kept.output_shape, *kept.error_shapes]
        told.append(
            {
                "traits": {
                    name: value
                    for name, value in raw.items()
                    if name not in ("documentation", "input", "output", "errors")
                },
                "shapes": [described(shape) for shape in shapes],
                "context": kept.context_parameters,
                "metadata": model.metadata,
            }
        )
    assert told[0]["shapes"][0]["metadata"] is not None
    assert told[1] == told[0]


# --- Endpoints ---


def regions() -> list[str]:
    """List all regions of all partitions, the names that are none, and some that are new."""
    endpoints = json.loads((WHOLE_DATA / "endpoints.json").read_text())["partitions"]
    listed = {name for partition in endpoints for name in partition["regions"]} | {
        name
        for partition in endpoints
        for prefix in OPERATIONS
        for name in partition["services"].get(prefix, {"endpoints": ()})["endpoints"]
    }
    return sorted(
        listed | {"us-east-99", "cn-north-99", "us-gov-north-9", "elsewhere", "aws-global"}
    )


def address(session: Session, call: Call, region: str, **options: Any) -> Any:
    """Tell where a client sends a call, and what it signs it for."""
    try:
        client = create(session, call.service, region, **options)
    except BotoCoreError as error:
        return repr(error)
    made = exchange(client, call)
    if not made.requests:
        return made.outcome
    scope = made.requests[0]["headers"]["authorization"]
    return client.meta.endpoint_url, client.meta.partition, made.requests[0]["url"], scope


@pytest.mark.parametrize("options", VARIANTS.values(), ids=VARIANTS)
@pytest.mark.parametrize("call", [READ_SWITCH, VERIFY], ids=["dynamodb", "pinpoint"])
def test_every_region_has_the_endpoint_that_it_had(
    whole: Session, reduced: Session, call: Call, options: Mapping[str, bool]
) -> None:
    """Of all partitions, and those that are new: the address, and what a request is signed for."""
    expected, got = (
        {region: address(session, call, region, **options) for region in regions()}
        for session in (whole, reduced)
    )
    assert len(expected) > 50
    assert len({str(found) for found in expected.values()}) > 30
    assert got == expected


@pytest.mark.parametrize("mode", ["preferred", "disabled", "required"])
@pytest.mark.parametrize("table", [TABLE, f"arn:aws:dynamodb:eu-west-1:111122223333:table/{TABLE}"])
def test_accounts_have_the_endpoints_that_they_had(
    whole: Session, reduced: Session, mode: str, table: str
) -> None:
    """DynamoDB's endpoint of an account: of the credentials', or of the one in the table's ARN."""
    call = Call("dynamodb", "get_item", {"TableName": table, "Key": KEY})
    expected, got = (
        {
            (region, variant): address(
                session,
                call,
                region,
                account="123456789012",
                account_id_endpoint_mode=mode,
                **options,
            )
            for region in ("eu-west-1", "us-gov-west-1", "cn-north-1", "us-iso-east-1")
            for variant, options in VARIANTS.items()
        }
        for session in (whole, reduced)
    )
    account = "123456789012" if table == TABLE else "111122223333"
    host = f"{account}.ddb" if mode != "disabled" else "dynamodb"
    assert expected["eu-west-1", "plain"][2] == f"https://{host}.eu-west-1.amazonaws.com/"
    assert got == expected


@pytest.mark.parametrize(
    ("variable", "url"),
    [
        ("AWS_ENDPOINT_URL", "http://localhost:4566/path"),
        ("AWS_ENDPOINT_URL_DYNAMODB", "https://dynamodb.example.com"),
        ("AWS_ENDPOINT_URL_PINPOINT", "https://[::1]:8443"),
        ("AWS_USE_FIPS_ENDPOINT", "true"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "true"),
    ],
)
@pytest.mark.parametrize("call", [READ_SWITCH, VERIFY], ids=["dynamodb", "pinpoint"])
def test_environment_chooses_an_endpoint_as_before(
    whole_data: Path,
    reduced_data: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    url: str,
    call: Call,
) -> None:
    """Such as the sandbox does."""
    monkeypatch.setenv(variable, url)

    expected, got = (
        address(session_of(data), call, "us-west-2") for data in (whole_data, reduced_data)
    )

    if variable in ("AWS_ENDPOINT_URL", f"AWS_ENDPOINT_URL_{call.service.upper()}"):
        assert got[2].startswith(url)
    assert got == expected


def test_endpoints_are_discovered_as_before(whole: Session, reduced: Session) -> None:
    """Where a deployment wants it, botocore asks DescribeEndpoints, and goes where that says."""
    answers = (
        Answer({"Endpoints": [{"Address": "other.example.com", "CachePeriodInMinutes": 1}]}),
        Answer({"Item": ITEM}),
    )
    expected, got = (
        exchange(
            create(session, "dynamodb", endpoint_discovery_enabled=True), READ_SWITCH, *answers
        )
        for session in (whole, reduced)
    )
    assert [request["url"] for request in expected.requests] == [
        "https://dynamodb.us-east-1.amazonaws.com/",
        "https://other.example.com",
    ]
    assert got == expected


def test_regions_of_a_service_are_listed_as_before(whole: Session, reduced: Session) -> None:
    """By partition, with and without the names that are no regions."""
    for service in OPERATIONS:
        for partition in whole.get_available_partitions():
            for others in (False, True):
                asked = (service, partition, others)
                assert reduced.get_available_regions(*asked) == whole.get_available_regions(*asked)
    assert reduced.get_available_partitions() == whole.get_available_partitions()
    assert "us-east-1" in reduced.get_available_regions("pinpoint")


# --- How little it is ---


def test_nothing_else_is_left(reduced_data: Path) -> None:
    """Two files of each service, and those that are for all."""
    left = {
        path.relative_to(reduced_data).as_posix()
        for path in reduced_data.rglob("*")
        if path.is_file()
    }
    assert left == {
        *("_retry.json", "endpoints.json", "partitions.json", "sdk-default-configuration.json"),
        *(
            f"{service}/{version}/{name}.json"
            for service, version in VERSIONS.items()
            for name in ("service-2", "endpoint-rule-set-1")
        ),
    }


@pytest.mark.parametrize("service", OPERATIONS)
def test_model_holds_what_is_called_and_no_prose(reduced_data: Path, service: str) -> None:
    """The operations that are listed and the shapes that these reach, without documentation."""
    model = load(reduced_data, service)
    assert model["operations"].keys() == set(OPERATIONS[service])
    named = set(re.findall(r'"shape": "(\w+)"', json.dumps(model)))
    assert model["shapes"].keys() == named
    [file] = reduced_data.glob(f"{service}/*/service-2.json")
    assert not re.search(r'"documentation":|": |", "', file.read_text())  # nor spaces between


def test_endpoints_are_of_two_services(reduced_data: Path, whole_data: Path) -> None:
    """In every partition that knows them; partitions, regions and defaults are all there."""
    got, expected = (
        json.loads((data / "endpoints.json").read_text()) for data in (reduced_data, whole_data)
    )
    for partition in expected["partitions"]:
        partition["services"] = {
            name: service
            for name, service in partition["services"].items()
            if name in ("dynamodb", "pinpoint")
        }
    assert got == expected


def test_operations_are_those_that_the_functions_call() -> None:
    """One that is new in the functions has to be named in infra/models.py."""
    code = "".join(path.read_text() for path in (ROOT / "lambda_src/otp").rglob("*.py"))
    called = set(re.findall(r"client\.(\w+)\(", code)) - {"close", "generate_presigned_url"}
    kept = {xform_name(name) for names in OPERATIONS.values() for name in names}
    assert kept == called | {"describe_endpoints"}
    assert set(re.findall(r'create_client\(\s*"(\w+)"', code)) == set(OPERATIONS)


# --- The same every time ---

REDUCE = """
import os, pathlib, sys
os.umask(int(sys.argv[2], 8))
from infra.models import reduce_data
reduce_data(pathlib.Path(sys.argv[1]))
"""


def contents(folder: Path) -> dict[str, bytes]:
    """Read all files of a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_same_botocore_gives_the_same_bytes(reduced_data: Path, data: Path) -> None:
    """Whatever order Python's sets have, and whatever the machine's umask is."""
    subprocess.run(
        [sys.executable, "-c", REDUCE, str(data), "077"],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "7"},
        check=True,
    )
    assert contents(data) == contents(reduced_data)


def test_data_that_is_not_compressed_gives_the_same(reduced_data: Path, data: Path) -> None:
    """A botocore may have its models either way."""
    for compressed in data.rglob("*.json.gz"):
        compressed.with_suffix("").write_bytes(gzip.decompress(compressed.read_bytes()))
        compressed.unlink()
    reduce_data(data)
    assert contents(data) == contents(reduced_data)


def test_newest_version_of_a_service_is_kept(data: Path, reduced_data: Path) -> None:
    """As botocore would choose it."""
    shutil.copytree(data / "pinpoint/2016-12-01", data / "pinpoint/2015-01-01")
    reduce_data(data)
    assert contents(data) == contents(reduced_data)


def test_what_the_sdk_adds_to_a_model_is_in_it(data: Path) -> None:
    """Such additions are in a file of their own, which botocore merges when it reads."""
    merged = {"metadata": {"added": "trait"}}
    extras = data / "pinpoint/2016-12-01/service-2.sdk-extras.json"
    extras.write_text(json.dumps({"version": 1.0, "merge": merged}))

    reduce_data(data)

    assert not extras.exists()
    metadata = json.loads((data / "pinpoint/2016-12-01/service-2.json").read_text())["metadata"]
    assert metadata["added"] == "trait"
    assert metadata["signingName"] == "mobiletargeting"


# --- A botocore that is another one ---


MODEL: Mapping[str, Any] = {
    "metadata": {"endpointPrefix": "things"},
    "documentation": "Things.",
    "clientContextParams": {"Loud": {"type": "boolean", "documentation": "Read by botocore."}},
    "operations": {
        "GetThing": {
            "name": "GetThing",
            "input": {"shape": "Request", "documentation": "What to get."},
            "output": {"shape": "Things"},
            "errors": [{"shape": "NoThing", "documentation": "404"}],
            "httpChecksum": {"requestAlgorithmMember": "shape"},
            "documentation": "Gets it.",
        },
        "Other": {"name": "Other", "input": {"shape": "Unused"}},
    },
    "shapes": {
        "Text": {"type": "string", "min": 1, "documentation": "A text."},
        "Unused": {"type": "string"},
        "NoThing": {"type": "structure", "members": {}, "exception": True},
        "Request": {
            "type": "structure",
            "required": ["documentation"],
            "members": {
                "documentation": {"shape": "Text", "documentation": "A member's name."},
                "members": {"shape": "Text", "locationName": "m"},
                "shape": {"shape": "Things"},
            },
        },
        "Things": {"type": "list", "member": {"shape": "ThingByName"}},
        "ThingByName": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Request"}},
    },
}


def test_only_documentation_is_left_out() -> None:
    """Not a member that happens to be called so, nor what botocore reads of a client's settings."""
    assert reduce_model("things", MODEL, ["GetThing"]) == {
        "metadata": {"endpointPrefix": "things"},
        "clientContextParams": MODEL["clientContextParams"],
        "operations": {
            "GetThing": {
                "name": "GetThing",
                "input": {"shape": "Request"},
                "output": {"shape": "Things"},
                "errors": [{"shape": "NoThing"}],
                "httpChecksum": {"requestAlgorithmMember": "shape"},
            }
        },
        "shapes": {
            "Text": {"type": "string", "min": 1},
            "NoThing": {"type": "structure", "members": {}, "exception": True},
            "Request": {
                "type": "structure",
                "required": ["documentation"],
                "members": {
                    "documentation": {"shape": "Text"},
                    "members": {"shape": "Text", "locationName": "m"},
                    "shape": {"shape": "Things"},
                },
            },
            "Things": MODEL["shapes"]["Things"],
            "ThingByName": MODEL["shapes"]["ThingByName"],
        },
    }


def test_order_is_that_of_botocore() -> None:
    """It matters: of two errors with one code, botocore takes the last."""
    reduced = reduce_model("things", MODEL, ["GetThing"])
    assert list(reduced["shapes"]) == ["Text", "NoThing", "Request", "Things", "ThingByName"]


def remove(*path: str) -> Callable[[dict[str, Any]], None]:
    """Make a change of a model: something is gone."""

    def change(model: dict[str, Any]) -> None:
        for key in path[:-1]:
            model = model[key]
        del model[path[-1]]

    return change


def put(value: object, *path: str) -> Callable[[dict[str, Any]], None]:
    """Make a change of a model: something is there, or is another."""

    def change(model: dict[str, Any]) -> None:
        for key in path[:-1]:
            model = model[key]
        model[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (remove("shapes"), "The model of things has no shapes"),
        (remove("metadata"), "The model of things has no metadata"),
        (remove("operations"), "The model of things has no operations"),
        (remove("operations", "GetThing"), "things has no operation GetThing"),
        (remove("shapes", "Text"), "things's shape Text is missing"),
        (remove("shapes", "NoThing"), "things's shape NoThing is missing"),
        (remove("shapes", "Text", "type"), "things's shape Text is of a type that is new: None"),
        (put("set", "shapes", "Things", "type"), "Things is of a type that is new: set"),
        (remove("shapes", "Things", "member"), "Things, a list, has no member"),
        (remove("shapes", "ThingByName", "key"), "ThingByName, a map, has no key"),
        (remove("shapes", "NoThing", "members"), "NoThing, a structure, has no members"),
        (put("Request", "operations", "GetThing", "input"), "input does not refer to a shape"),
        (put(["NoThing"], "operations", "GetThing", "errors"), "errors does not refer to a shape"),
        (
            put({"target": "Text"}, "shapes", "Things", "member"),
            r"things's shape Things: member.target does not refer to a shape",
        ),
        (
            put([{"shape": "Text"}], "shapes", "Request", "mixins"),
            "things's shape Request refers to a shape in mixins, where nothing did",
        ),
        (
            put({"on": {"shape": "Text"}}, "operations", "GetThing", "events"),
            "operation GetThing refers to a shape in events",
        ),
        (
            put({"of": {"shape": "Text"}}, "shapes", "Things", "member", "each"),
            "Things: member refers to a shape in each",
        ),
        (put({"a": {"shape": "Text"}}, "resources"), "things refers to a shape in resources"),
        (
            put(True, "operations", "Other", "endpointoperation"),  # noqa: FBT003 - the trait's value
            "operation Other finds endpoints for the others",
        ),
    ],
)
def test_model_that_is_built_in_another_way_is_refused(
    change: Callable[[dict[str, Any]], None], message: str
) -> None:
    """It says how. Guessed, it would be a client that is found to be broken when it is used."""
    model = deepcopy(dict(MODEL))
    change(model)
    with pytest.raises(UnexpectedDataError, match=re.escape(message)):
        reduce_model("things", model, ["GetThing"])


@pytest.mark.parametrize("operation", OPERATIONS["dynamodb"])
def test_operation_that_botocore_has_no_more_is_refused(whole_data: Path, operation: str) -> None:
    """Each that the functions call."""
    model = load(whole_data, "dynamodb")
    del model["operations"][operation]
    with pytest.raises(UnexpectedDataError, match=f"dynamodb has no operation {operation}"):
        reduce_model("dynamodb", model, OPERATIONS["dynamodb"])


@pytest.mark.parametrize("service", OPERATIONS)
def test_every_shape_that_is_kept_is_needed(reduced_data: Path, service: str) -> None:
    """Without any one of them, the model is refused."""
    model = load(reduced_data, service)
    for name in model["shapes"]:
        without = {
            **model,
            "shapes": {other: shape for other, shape in model["shapes"].items() if other != name},
        }
        with pytest.raises(UnexpectedDataError, match=f"shape {name} is missing"):
            reduce_model(service, without, OPERATIONS[service])


@pytest.mark.parametrize(
    "file",
    [
        "endpoints.json",
        "dynamodb/2012-08-10/service-2.json.gz",
        "pinpoint/2016-12-01/service-2.json.gz",
        "pinpoint/2016-12-01/endpoint-rule-set-1.json.gz",
    ],
)
def test_file_that_botocore_has_no_more_is_refused(data: Path, file: str) -> None:
    """Where it was is said, and nothing is reduced."""
    (data / file).unlink()
    with pytest.raises(UnexpectedDataError, match="botocore's data is incomplete"):
        reduce_data(data)
    assert (data / "sts").exists()


def test_file_that_is_new_is_refused(data: Path) -> None:
    """A client may be made of it: somebody has to look."""
    (data / "pinpoint/2016-12-01/service-3.json").touch()
    with pytest.raises(UnexpectedDataError, match=r"pinpoint has a file that is new: service-3"):
        reduce_data(data)


@pytest.mark.parametrize(
    ("endpoints", "message"),
    [
        ({"version": 4}, "endpoints.json is built in another way: KeyError('partitions')"),
        ({"partitions": [{}]}, "endpoints.json is built in another way: KeyError('services')"),
        ({"partitions": {"aws": {}}}, "endpoints.json is built in another way"),
        ({"partitions": [{"services": {"dynamodb": {}}}]}, "endpoints.json has no pinpoint"),
        ({"partitions": []}, "endpoints.json has no dynamodb, pinpoint"),
    ],
)
def test_endpoints_that_are_built_in_another_way_are_refused(
    endpoints: Mapping[str, Any], message: str
) -> None:
    """A service without its endpoints would get those of the partition's defaults."""
    with pytest.raises(UnexpectedDataError, match=re.escape(message)):
        reduce_endpoints(endpoints, ["dynamodb", "pinpoint"])
