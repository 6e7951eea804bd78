"""botocore's data, reduced: its clients send and read what those of the whole data do."""

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.client import BaseClient
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.loaders import Loader
from botocore.session import Session

from infra.bundle.sdk_data import OPERATIONS, MissingDataError, reduce_data

WHOLE_DATA = Path(Loader.BUILTIN_DATA_PATH)

#: What a request is signed with, which is another one every time.
CHANGING = ("X-Amz-Date", "amz-sdk-invocation-id")
SIGNATURE = re.compile(r"Signature=\w+")

#: Where the functions run, and with which endpoints.
PLACES = {
    "plain": ("eu-west-1", Config()),
    "fips": ("us-gov-west-1", Config(use_fips_endpoint=True)),
    "dualstack": ("us-east-1", Config(use_dualstack_endpoint=True)),
}

KEY = {"id": {"S": "send#0123"}}
ITEM = {**KEY, "owner": {"S": "Ä"}, "day": {"N": "17"}, "last": {"N": "1766000000.123"}}
DESTINATION: Mapping[str, Any] = {
    "ReferenceId": "aUniqueReference-1",
    "DestinationIdentity": "+18765550142",
}
WHOLE_REQUEST: Mapping[str, Any] = {
    **DESTINATION,
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


def of_pinpoint(operation: str, **fields: Any) -> tuple[str, str, Mapping[str, Any]]:
    """Write down a call of Pinpoint's."""
    name = "".join(word.capitalize() for word in operation.split("_")).replace("Otp", "OTP")
    parameters = {"ApplicationId": "7353f53e", f"{name}RequestParameters": fields}
    return "pinpoint", operation, parameters


def of_dynamodb(
    operation: str,
    condition: str = "",
    names: str = "",
    values: Mapping[str, Any] | None = None,
    **more: Any,
) -> tuple[str, str, Mapping[str, Any]]:
    """Write down a call about one item; names are those of attributes, each after its short one."""
    return (
        "dynamodb",
        operation,
        {
            "TableName": "reference-ids",
            **({} if operation == "put_item" else {"Key": KEY}),
            **({"ConditionExpression": condition} if condition else {}),
            **(
                {"ExpressionAttributeNames": dict(name.split("=") for name in names.split())}
                if names
                else {}
            ),
            **({"ExpressionAttributeValues": values} if values else {}),
            **more,
        },
    )


FAILED = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
#: Every call that the functions make: whose, which, and with what.
CALLS = {
    "send": of_pinpoint("send_otp_message", **WHOLE_REQUEST),
    "verify": of_pinpoint("verify_otp_message", **DESTINATION, Otp="123456"),
    "read the switch": of_dynamodb("get_item", ConsistentRead=True),
    "take a ReferenceId": of_dynamodb(
        "put_item",
        "attribute_not_exists(#id) OR #expiry < :now",
        "#id=id #expiry=expiration",
        {":now": {"N": "1766000000"}},
        Item=ITEM,
        **FAILED,
    ),
    "record an answer": of_dynamodb(
        "update_item",
        "#owner = :owner",
        "#data=data #owner=owner",
        {":data": {"S": "{}"}, ":owner": {"S": "0123"}},
        UpdateExpression="SET #data = :data",
    ),
    "count": of_dynamodb(
        "update_item",
        "(attribute_not_exists(#c0) OR #c0 < :c0)",
        "#expiration=expiration #c0=day",
        {":expiration": {"N": "1766000000"}, ":c0": {"N": "1"}},
        UpdateExpression="SET #expiration = :expiration ADD #c0 :one",
        **FAILED,
    ),
    "give back": of_dynamodb(
        "update_item",
        "#c0 >= :one AND #last = :mine",
        "#c0=day #last=last",
        {":less": {"N": "-1"}, ":mine": {"N": "1766000000.123"}},
        UpdateExpression="ADD #c0 :less REMOVE #last",
        **FAILED,
    ),
    "free a ReferenceId": of_dynamodb(
        "delete_item", "#owner = :owner", "#owner=owner", {":owner": {"S": "0123"}}
    ),
}

MESSAGE = {
    "ApplicationId": "7353f53e",
    "Result": {"+18765550142": {"DeliveryStatus": "SUCCESSFUL", "StatusCode": 200}},
}


def answers(operation: str) -> Iterator[tuple[int, Mapping[str, str], Any]]:
    """Give what a service may answer: the status, headers and content."""
    successes = {"send_otp_message": MESSAGE, "verify_otp_message": {"Valid": True}}
    yield 200, {"x-amzn-RequestId": "0a1b2c3d"}, successes.get(operation, {"Item": ITEM})
    errors = {
        400: ("BadRequestException", "ConditionalCheckFailedException", "ThrottlingException"),
        403: ("ForbiddenException",),
        404: ("NotFoundException", "ResourceNotFoundException"),
        429: ("TooManyRequestsException",),
        500: ("InternalServerErrorException", "InternalServerError"),
        418: ("NobodyHasHeardOfThisException",),
    }
    for status, codes in errors.items():
        for code in codes:
            # Each service looks for the code in a place of its own.
            content = {"__type": f"com.amazonaws#{code}", "message": "Why not", "Item": ITEM}
            yield status, {"x-amzn-ErrorType": code}, content


class Raw(BytesIO):
    """A body, as botocore reads it from urllib3."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        """Give all of it."""
        yield self.read()


@pytest.fixture(scope="module")
def reduced_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give botocore's data, reduced."""
    data = copy_data(tmp_path_factory.mktemp("reduced"))
    reduce_data(data)
    return data


def copy_data(folder: Path) -> Path:
    """Copy of botocore's data what the tests need: the two services, and one more."""
    for file in [path for path in WHOLE_DATA.iterdir() if path.is_file()]:
        shutil.copyfile(file, folder / file.name)
    for service in (*OPERATIONS, "sts"):
        shutil.copytree(WHOLE_DATA / service, folder / service)
    return folder


@cache
def create(data: Path, service: str, place: str) -> BaseClient:
    """Create a client whose data is this and no other, as a bundle's is; it never asks twice."""
    loader = Loader(extra_search_paths=[str(data)], include_default_search_paths=False)
    # botocore chooses endpoints in another way where endpoints.json is not its own.
    loader.BUILTIN_DATA_PATH = str(data)
    session = Session()
    session.register_component("data_loader", loader)
    region, config = PLACES[place]
    return session.create_client(
        service,
        region_name=region,
        config=config.merge(Config(retries={"total_max_attempts": 1})),
        aws_access_key_id="testing",
        aws_secret_access_key="testing",  # noqa: S106 - of nobody
    )


def exchange(client: BaseClient, operation: str, parameters: Mapping[str, Any]) -> list[Any]:
    """Make a call once for each possible answer; give what was sent, and what came of it."""
    seen: list[Any] = []
    events: Any = client.meta.events  # typed as if a handler could not answer
    for status, headers, content in answers(operation):

        def respond(
            request: AWSPreparedRequest,
            answer: tuple[int, Mapping[str, str], Any] = (status, headers, content),
            **_: Any,
        ) -> AWSResponse:
            signed = {
                name: value for name, value in request.headers.items() if name not in CHANGING
            }
            signed["Authorization"] = SIGNATURE.sub("", str(signed["Authorization"]))
            seen.append((request.method, request.url, signed, request.body))
            raw = Raw(json.dumps(answer[2]).encode())
            return AWSResponse(request.url, answer[0], HTTPHeaders.from_dict(dict(answer[1])), raw)

        events.register("before-send", respond)
        try:
            seen.append(getattr(client, operation)(**parameters))
        except ClientError as error:
            seen.append((type(error).__name__, error.response))
        finally:
            events.unregister("before-send", respond)
    return seen


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("call", CALLS)
def test_call_is_the_same(reduced_data: Path, call: str, place: str) -> None:
    """What is sent, byte for byte, and what is made of each answer and of each error."""
    service, operation, parameters = CALLS[call]
    expected, got = (
        exchange(create(data, service, place), operation, parameters)
        for data in (WHOLE_DATA, reduced_data)
    )
    assert len(expected) == 2 * len(list(answers(operation)))
    assert got == expected


def test_nothing_else_is_left(reduced_data: Path) -> None:
    """Two files of each service, without documentation, and what is for all services."""
    left = {path.name: path.read_text() for path in reduced_data.rglob("*") if path.is_file()}
    assert left.keys() == {
        *("_retry.json", "endpoints.json", "partitions.json", "sdk-default-configuration.json"),
        *("service-2.json", "endpoint-rule-set-1.json"),
    }
    assert {path.name for path in reduced_data.iterdir() if path.is_dir()} == set(OPERATIONS)
    partitions = json.loads(left["endpoints.json"])["partitions"]
    assert {name for partition in partitions for name in partition["services"]} == set(OPERATIONS)
    for service, operations in OPERATIONS.items():
        [file] = reduced_data.glob(f"{service}/*/service-2.json")
        assert json.loads(file.read_text())["operations"].keys() == set(operations)
        assert '"documentation":"' not in file.read_text()


def test_what_botocore_has_no_more_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operation, a service, and its endpoints: building stops, not the function."""
    data = copy_data(tmp_path)
    endpoints = (data / "endpoints.json").read_text()
    (data / "endpoints.json").write_text(endpoints.replace('"pinpoint"', '"else"'))
    with pytest.raises(MissingDataError, match=r"^botocore's endpoints.json has no service pinp"):
        reduce_data(data)

    monkeypatch.setitem(OPERATIONS, "dynamodb", ("GetItem", "FlyItem"))
    with pytest.raises(MissingDataError, match=r"^botocore's dynamodb has no operation FlyItem\.$"):
        reduce_data(data)

    monkeypatch.setitem(OPERATIONS, "dynamodb", ("GetItem",))
    monkeypatch.setitem(OPERATIONS, "telegraph", ("SendTelegram",))
    with pytest.raises(MissingDataError, match=r"^botocore's data has no service telegraph\.$"):
        reduce_data(data)
