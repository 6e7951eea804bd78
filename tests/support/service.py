"""The functions in process, called as Lambda calls them, on emulated AWS."""

import importlib
import io
import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, TextIO

import pytest
from moto import mock_aws

from lambda_src.otp.once.records import create_dynamodb_client
from lambda_src.otp.pinpoint.calls import create_pinpoint_client
from lambda_src.otp.rules.credit import create_credit_client
from lambda_src.otp.runtime.log import create_logger
from lambda_src.otp.settings import GuardRules, SendSettings, Settings
from sandbox.environment import OF_SEND
from sandbox.pinpoint import create_application, inbox, install, received_requests

from .aws import create_client
from .openapi import Contract

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from mypy_boto3_dynamodb.client import DynamoDBClient

NUMBER = "+12065550100"
# No reserved number: those are not counted.
PERSON = "+12065550123"

#: The defaults, and some of what an operator may set.
SETTINGS = SendSettings.from_environment(
    {
        **OF_SEND,
        "OTP_ALLOWED_COUNTRIES": "US,CA,DE",
        "OTP_BLOCKED_PREFIXES": "+1900,+491511",
        "OTP_SANDBOX": "true",
    }
)
DEPLOYMENT, TABLE = SETTINGS.deployment, SETTINGS.table_name
NO_LIMITS = replace(
    SETTINGS.limits,
    destination_per_10_minutes=None,
    destination_per_day=None,
    block_per_hour=None,
    country_per_day=None,
    deployment_per_hour=None,
)

#: The defaults, but that it refuses.
GUARD = GuardRules(refuses=True, allowance=30, texts_per_verified=4, probe_seconds=120, ranges=())

_CONTRACT = Contract.read()


class Context:
    """The part of Lambda's context object that is read."""

    function_name = "send"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:send:live"

    def __init__(self) -> None:
        self.aws_request_id = str(uuid.uuid4())


@dataclass(frozen=True)
class HttpAnswer:
    """What the function returns to API Gateway."""

    status: int
    headers: dict[str, str]
    body: str

    def json(self) -> Any:
        """Decode the body."""
        return json.loads(self.body)

    @property
    def code(self) -> str | None:
        """The problem's code, if it is one."""
        code: str | None = self.json().get("code")
        return code


@cache
def entry_point(name: str) -> ModuleType:
    """Import an entry point as on a cold start, in the environment that the stack gives it."""
    install()
    settings = SendSettings if name == "send" else Settings
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in settings.to_environment(SETTINGS).items():
            patch.setenv(variable, value)
        return importlib.import_module(f"lambda_src.otp.{name}")


def create_clients(name: str) -> "dict[str, BaseClient]":
    """Create the clients that a function has, in the order in which it takes them."""
    clients: dict[str, BaseClient] = {"pinpoint": create_pinpoint_client(SETTINGS.time_limits)}
    create = create_dynamodb_client if name == "send" else create_credit_client
    clients["dynamodb"] = create(SETTINGS.time_limits)
    return clients


#: Those that all tests share, and one of the tests' own, which no fault meets: each of them would
#: read the services' models anew.
shared_clients = cache(create_clients)
table_client = cache(create_client)


class Service:
    """One of the functions, with clients that all tests share, unless it is given some."""

    def __init__(
        self,
        name: str,
        clients: "Mapping[str, BaseClient] | None" = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._name = name
        self._module = entry_point(name)
        self._clients = clients or shared_clients(name)
        self._environment = environment or {}
        self._settings = SETTINGS
        self._log = io.StringIO()
        self.stdout: TextIO = io.StringIO()
        self._hooks: list[tuple[BaseClient, str, Callable[..., Any]]] = []
        self.pauses: list[float] = []
        self.start()

    @property
    def table(self) -> "DynamoDBClient":
        """A client that no fault meets."""
        client: DynamoDBClient = table_client("dynamodb")
        return client

    def start(self, **changes: Any) -> None:
        """Start the function, with changes to its settings: it has forgotten what it had read."""
        self._settings = replace(self._settings, **changes)
        logger = create_logger(f"otp-{self._name}")
        logger.registered_handler.setStream(self._log)  # type: ignore[attr-defined]
        self._handler = self._module.build(
            self._settings,
            logger,
            *self._clients.values(),
            environment=self._environment,
            pause=self.pauses.append,  # no test waits
        )

    def limit(self, **limits: Any) -> None:
        """Start it anew, with these limits on messages and no others, and without the guard."""
        self.start(limits=replace(NO_LIMITS, **limits), guard=None)

    def guarded(self, **rules: Any) -> None:
        """Start it anew, with the guard alone, which refuses unless it is said otherwise."""
        self.start(limits=NO_LIMITS, guard=replace(GUARD, **rules))

    def post(self, body: str | None, **event: Any) -> HttpAnswer:
        """Call the function through API Gateway; its answer is as docs/openapi.json says."""
        of_gateway = {
            "resource": "/otp",
            "path": "/otp",
            "httpMethod": "POST",
            "headers": {"Content-Type": "application/json"},
            "requestContext": {"requestId": str(uuid.uuid4()), "stage": "v1"},
            "body": body,
            "isBase64Encoded": False,
        }
        reply = self._call({**of_gateway, **event})
        assert set(reply) == {"statusCode", "headers", "body"}
        json.dumps(reply)  # Lambda could not return anything else
        answer = HttpAnswer(reply["statusCode"], reply["headers"], reply["body"])
        operation = f"{self._name}Otp"
        assert not _CONTRACT.breaches(operation, answer.status, answer.headers, answer.body)
        return answer

    def send(self, **fields: Any) -> HttpAnswer:
        """Ask for an OTP through API Gateway; a random ReferenceId and NUMBER unless given."""
        return self.post(json.dumps(request(**fields)))

    def invoke(self, payload: Any) -> Any:
        """Invoke the function directly; raises what Lambda would report as a function error."""
        return self._call(payload)

    def texts(self, reference_id: str | None = None) -> list[str]:
        """The bodies of the texts that went out, of one ReferenceId or of all."""
        return [text["body"] for text in inbox() if reference_id in (None, text["referenceId"])]

    def requests(self) -> list[dict[str, Any]]:
        """What Pinpoint received, as received."""
        return received_requests()

    def items(self, kind: str = "") -> list[dict[str, Any]]:
        """The items whose keys begin so, as DynamoDB holds them."""
        items = self.table.scan(TableName=TABLE)["Items"]
        return [item for item in items if item["id"]["S"].startswith(kind)]

    def put(self, item: Mapping[str, Any]) -> None:
        """Write an item, as the operator may."""
        self.table.put_item(TableName=TABLE, Item=item)

    def deliver(self, status: str) -> None:
        """Have Pinpoint answer with this DeliveryStatus."""

        def answer(parsed: dict[str, Any], **_: Any) -> None:
            for result in parsed["MessageResponse"]["Result"].values():
                result["DeliveryStatus"] = status

        self.on("after-call.pinpoint.SendOTPMessage", answer)

    def delete(self, key: dict[str, Any]) -> None:
        """Delete an item, as the operator may."""
        self.table.delete_item(TableName=TABLE, Key={"id": key})

    def on(self, event: str, handler: Callable[..., Any]) -> None:
        """Call a handler at an event of botocore's, such as `before-call.dynamodb.PutItem`."""
        client = self._clients[event.split(".")[1]]
        client.meta.events.register_first(event, handler)
        self._hooks.append((client, event, handler))

    def fail(self, event: str, error: BaseException) -> list[str]:
        """Fail at an event of the function's own clients; gives a list that grows every time."""
        failed: list[str] = []

        def raise_error(**_: Any) -> None:
            failed.append(event)
            raise error.with_traceback(None)  # it is shared, and would grow by every raise

        self.on(event, raise_error)
        return failed

    def die(self, event: str, asked: Any) -> None:
        """End, as a process does, at an event of a direct invoke; nobody gets an answer."""
        self.fail(event, KeyboardInterrupt())  # no `except Exception` sees it
        with pytest.raises(KeyboardInterrupt):
            self.invoke(asked)
        self.mend()

    def calls(self, do: Callable[[], object]) -> list[str]:
        """Do something, and name the calls that it makes, in their order; a count by its kind."""
        calls: list[str] = []

        def note(model: Any, params: dict[str, Any], **_: Any) -> None:
            kind, *of = params.get("Key", {"id": {"S": ""}})["id"]["S"].split("#")
            calls.append(of[0] if of and kind in ("limit", "guard") else model.name)

        for service in self._clients:
            self.on(f"provide-client-params.{service}", note)
        do()
        self.mend()
        return calls

    def mend(self) -> None:
        """Take all handlers away again."""
        while self._hooks:
            client, event, handler = self._hooks.pop()
            client.meta.events.unregister(event, handler)

    def metric_lines(self) -> list[str]:
        """What the function has written to stdout beside its log: its metrics."""
        assert isinstance(self.stdout, io.StringIO)
        return self.stdout.getvalue().splitlines()

    def log_lines(self) -> list[dict[str, Any]]:
        """What the function has logged."""
        return [json.loads(line) for line in self._log.getvalue().splitlines()]

    def log(self) -> str:
        """What the function has logged, as text."""
        return self._log.getvalue()

    def _call(self, event: Any) -> Any:
        # Here and not once for all: pytest puts its own stdout in place before every test.
        with redirect_stdout(self.stdout):
            return self._handler(event, Context())


@dataclass(frozen=True)
class Journey:
    """Both functions, for one person's whole way."""

    sending: Service
    verifying: Service

    def send(self, **fields: Any) -> tuple[dict[str, Any], str]:
        """Send; returns what a verification names beside the code, and the code that was texted."""
        asked = request(**fields)
        assert self.sending.post(json.dumps(asked)).status == 200
        about = {name: asked[name] for name in ("ReferenceId", "DestinationIdentity")}
        return about, self.code(asked["ReferenceId"])

    def code(self, reference_id: str) -> str:
        """Read the code in the text of a ReferenceId."""
        [text] = self.sending.texts(reference_id)
        [code] = re.findall(r"\b[0-9]{5,8}\b", text)
        return str(code)

    def verify(self, about: dict[str, Any], code: Any) -> HttpAnswer:
        """Verify through API Gateway."""
        return self.verifying.post(json.dumps({**about, "Otp": code}))

    def valid(self, about: dict[str, Any], code: str) -> bool:
        """Verify, and read what Pinpoint says."""
        answer = self.verify(about, code)
        assert answer.status == 200
        assert answer.json().keys() == {"VerificationResponse"}
        valid: bool = answer.json()["VerificationResponse"]["Valid"]
        return valid


@contextmanager
def deployed(name: str) -> Iterator[Service]:
    """Start a function in a new AWS, with its table and its application, for a while."""
    with mock_aws():
        create_table(table_client("dynamodb"))
        create_application(SETTINGS.application_id)
        with started(name) as service:
            yield service


def create_table(dynamodb: "DynamoDBClient") -> None:
    """Create the table, as the stack has it."""
    dynamodb.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


@contextmanager
def started(name: str) -> Iterator[Service]:
    """Start a function in the AWS that there is, for a while."""
    service = Service(name)
    yield service
    service.mend()
    assert_says_no_more_than_it_may("\n".join([service.log(), *service.metric_lines()]))


def assert_says_no_more_than_it_may(said: str) -> None:
    """Assert that no number and no code of a text is in a log or in a metric."""
    for text in inbox():
        assert text["to"][1:] not in said
        [code] = re.findall(r"\b[0-9]{5,8}\b", text["body"])
        # Alone, not within an ID or a time.
        assert not re.search(rf"(?<![\w.-]){code}(?![\w.-])", said), said


def request(**fields: Any) -> dict[str, Any]:
    """Make a valid request, with these fields on top."""
    return {"ReferenceId": str(uuid.uuid4()), "DestinationIdentity": NUMBER, **fields}


#: Starts the function in Lambda's own variables.
Start = Callable[[Mapping[str, str]], Service]
