"""botocore's reduced data: clients send and read the same as with the whole data."""

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

#: Regions and kinds of endpoints of the functions.
PLACES = {
    "plain": ("eu-west-1", Config()),
    "fips": ("us-gov-west-1", Config(use_fips_endpoint=True)),
    "dualstack": ("us-east-1", Config(use_dualstack_endpoint=True)),
}

PINPOINT = {"ApplicationId": "7353f53e"}
ABOUT = {"ReferenceId": "aUniqueReference-1", "DestinationIdentity": "+18765550142"}
RULES = {"CodeLength": 6, "ValidityPeriod": 15, "AllowedAttempts": 3, "Channel": "SMS"}
NAMES = {"OriginationIdentity": "+18555550142", "BrandName": "Exämple\N{EM DASH}Corp"}
IDS = {"Language": "es-419", "EntityId": "110145", "TemplateId": "110716"}
ITEM = {"id": {"S": "send#0123"}, "owner": {"S": "Ä"}, "last": {"N": "1766000000.123"}}
KEY = {"TableName": "reference-ids", "Key": {"id": {"S": "send#0123"}}}
CONDITION = {
    "ConditionExpression": "attribute_not_exists(#id) OR #expiry < :now",
    "ExpressionAttributeNames": {"#id": "id", "#expiry": "expiration"},
    "ExpressionAttributeValues": {":now": {"N": "1766000000"}},
    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
}
#: Every operation that the functions call, with every parameter that they use.
CALLS: dict[str, Mapping[str, Any]] = {
    "send_otp_message": {
        **PINPOINT,
        "SendOTPMessageRequestParameters": {**ABOUT, **NAMES, **RULES, **IDS},
    },
    "verify_otp_message": {
        **PINPOINT,
        "VerifyOTPMessageRequestParameters": {**ABOUT, "Otp": "123456"},
    },
    "get_item": {**KEY, "ConsistentRead": True},
    "batch_get_item": {
        "RequestItems": {
            "reference-ids": {
                "Keys": [{"id": {"S": "send#0123"}}],
                "ConsistentRead": True,
                "ProjectionExpression": "id, #owner",
                "ExpressionAttributeNames": {"#owner": "owner"},
            }
        }
    },
    "put_item": {"TableName": "reference-ids", "Item": ITEM, **CONDITION},
    "update_item": {**KEY, "UpdateExpression": "ADD #c0 :less REMOVE #last", **CONDITION},
    "delete_item": {**KEY, **CONDITION},
}
#: The members of all answers together.
ANSWER = {
    "Item": ITEM,
    "Responses": {"reference-ids": [ITEM]},
    "UnprocessedKeys": {},
    "Valid": True,
    "ApplicationId": "7353f53e",
    "Result": {"+18765550142": {"DeliveryStatus": "SUCCESSFUL", "StatusCode": 200}},
}
#: No error, the errors of both services, and an unknown error.
ERRORS = (
    *(None, "BadRequestException", "ConditionalCheckFailedException", "ThrottlingException"),
    *("ForbiddenException", "NotFoundException", "ResourceNotFoundException"),
    *("TooManyRequestsException", "InternalServerErrorException", "InternalServerError"),
    "UnknownToBotocoreException",
)


class Raw(BytesIO):
    """A body, as botocore reads it from urllib3."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        """Yield the whole body."""
        yield self.read()


@pytest.fixture(scope="module")
def reduced_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reduce a copy of botocore's data."""
    data = copy_data(tmp_path_factory.mktemp("reduced"))
    reduce_data(data)
    return data


def copy_data(folder: Path) -> Path:
    """Copy the data of the two services, of one more, and of all services together."""
    for file in [path for path in WHOLE_DATA.iterdir() if path.is_file()]:
        shutil.copyfile(file, folder / file.name)
    for service in (*OPERATIONS, "sts"):
        shutil.copytree(WHOLE_DATA / service, folder / service)
    return folder


@cache
def create(data: Path, service: str, place: str) -> BaseClient:
    """Create a client that uses only this data, as in a bundle, and makes each call once."""
    loader = Loader(extra_search_paths=[str(data)], include_default_search_paths=False)
    # botocore chooses endpoints differently if endpoints.json is not its own.
    loader.BUILTIN_DATA_PATH = str(data)
    session = Session()
    session.register_component("data_loader", loader)
    region, config = PLACES[place]
    retries = Config(retries={"total_max_attempts": 1})
    return session.create_client(service, region_name=region, config=config.merge(retries))


def exchange(client: BaseClient, operation: str) -> list[Any]:
    """Make a call once for each answer; return the requests and their results."""
    seen: list[Any] = []
    waiting = list(ERRORS)

    def respond(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        # These headers differ each time.
        headers = {**request.headers, "X-Amz-Date": None, "amz-sdk-invocation-id": None}
        headers["Authorization"] = re.sub(r"Signature=\w+", "", str(headers["Authorization"]))
        seen.append((request.method, request.url, headers, request.body))
        # The services read the error's code from different places.
        code = waiting.pop(0)
        answered = HTTPHeaders.from_dict({"x-amzn-ErrorType": code} if code else {})
        raw = Raw(json.dumps({**ANSWER, "__type": code, "message": "Why not"}).encode())
        return AWSResponse(request.url, 400 if code else 200, answered, raw)

    events: Any = client.meta.events  # typed as if a handler could not answer
    events.register("before-send", respond)
    while waiting:
        try:
            seen.append(getattr(client, operation)(**CALLS[operation]))
        except ClientError as error:
            seen.append((type(error).__name__, error.response))
    events.unregister("before-send", respond)
    return seen


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("call", CALLS)
def test_a_call_is_the_same(reduced_data: Path, call: str, place: str) -> None:
    """Each request byte for byte, and the result of each answer and error."""
    service = "pinpoint" if "otp" in call else "dynamodb"
    expected = exchange(create(WHOLE_DATA, service, place), call)
    assert len(expected) == 2 * len(ERRORS)
    assert exchange(create(reduced_data, service, place), call) == expected


def test_no_other_data_is_left(reduced_data: Path) -> None:
    """Two files per service without documentation, and the files for all services."""
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


@pytest.mark.parametrize(
    ("endpoint", "operations", "said"),
    [
        ("else", {}, "endpoints.json has no service pinpoint"),
        ("pinpoint", {"dynamodb": ("GetItem", "FlyItem")}, "dynamodb has no operation FlyItem"),
        ("pinpoint", {"telegraph": ("SendTelegram",)}, "data has no service telegraph"),
    ],
)
def test_data_that_botocore_no_longer_has_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    endpoint: str,
    operations: dict[str, tuple[str, ...]],
    said: str,
) -> None:
    """Building stops; otherwise the deployed function would fail."""
    file = copy_data(tmp_path) / "endpoints.json"
    file.write_text(file.read_text().replace('"pinpoint"', f'"{endpoint}"'))
    for service, names in operations.items():
        monkeypatch.setitem(OPERATIONS, service, names)

    with pytest.raises(MissingDataError, match=rf"^botocore's {said}\.$"):
        reduce_data(tmp_path)
