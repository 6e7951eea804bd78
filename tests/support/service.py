"""Calls the functions in process, as Lambda does, on emulated AWS."""

import importlib
import io
import json
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
from .texts import code_in, leaked

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from mypy_boto3_dynamodb.client import DynamoDBClient

NUMBER = "+12065550100"
# Limits do not count texts to the sandbox's reserved numbers, such as NUMBER.
PERSON = "+12065550123"

#: The defaults, plus some optional settings.
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

#: The defaults, but it refuses instead of only reporting.
GUARD = GuardRules(refuses=True, allowance=30, texts_per_verified=4, probe_seconds=120, ranges=())

_CONTRACT = Contract.read()


class Context:
    """The part of Lambda's context object that the functions read."""

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
        """The code of a problem; None for a success."""
        code: str | None = self.json().get("code")
        return code


@cache
def entry_point(name: str) -> ModuleType:
    """Import an entry point as a cold start does, with the stack's environment."""
    install()
    settings = SendSettings if name == "send" else Settings
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in settings.to_environment(SETTINGS).items():
            patch.setenv(variable, value)
        return importlib.import_module(f"lambda_src.otp.{name}")


def create_clients(name: str) -> "dict[str, BaseClient]":
    """Create a function's clients, in the order of its parameters."""
    clients: dict[str, BaseClient] = {"pinpoint": create_pinpoint_client(SETTINGS.time_limits)}
    create = create_dynamodb_client if name == "send" else create_credit_client
    clients["dynamodb"] = create(SETTINGS.time_limits)
    return clients


#: The functions' clients, shared because each new one reads its service model again; and the tests'
#: own client, which no injected fault affects.
shared_clients = cache(create_clients)
table_client = cache(create_client)


class Service:
    """One of the functions; it uses the shared clients unless `clients` is given."""

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
        """A client that no injected fault affects."""
        client: DynamoDBClient = table_client("dynamodb")
        return client

    def start(self, **changes: Any) -> None:
        """Start a new environment of the function, with changes to its settings."""
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
        """Restart with only these limits and without the guard."""
        self.start(limits=replace(NO_LIMITS, **limits), guard=None)

    def guarded(self, **rules: Any) -> None:
        """Restart with the guard alone, which refuses unless `rules` says otherwise."""
        self.start(limits=NO_LIMITS, guard=replace(GUARD, **rules))

    def post(self, body: str | None, **event: Any) -> HttpAnswer:
        """Call the function through API Gateway; fails if the answer breaks docs/openapi.json."""
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
        json.dumps(reply)  # Lambda returns JSON only
        answer = HttpAnswer(reply["statusCode"], reply["headers"], reply["body"])
        operation = f"{self._name}Otp"
        assert not _CONTRACT.breaches(operation, answer.status, answer.headers, answer.body)
        return answer

    def send(self, **fields: Any) -> HttpAnswer:
        """Request a text through API Gateway; by default to NUMBER with a new ReferenceId."""
        return self.post(json.dumps(request(**fields)))

    def invoke(self, payload: Any) -> Any:
        """Invoke the function directly; raises what Lambda would report as a function error."""
        return self._call(payload)

    def texts(self, reference_id: str | None = None) -> list[str]:
        """The bodies of the texts of one ReferenceId, or of all texts."""
        return [text["body"] for text in inbox() if reference_id in (None, text["referenceId"])]

    def requests(self) -> list[dict[str, Any]]:
        """The requests that Pinpoint received."""
        return received_requests()

    def items(self, kind: str = "") -> list[dict[str, Any]]:
        """The items of the table whose keys begin with this."""
        items = self.table.scan(TableName=TABLE)["Items"]
        return [item for item in items if item["id"]["S"].startswith(kind)]

    def put(self, item: Mapping[str, Any]) -> None:
        """Write an item, as an operator may."""
        self.table.put_item(TableName=TABLE, Item=item)

    def deliver(self, status: str) -> None:
        """Make Pinpoint answer with this DeliveryStatus."""

        def answer(parsed: dict[str, Any], **_: Any) -> None:
            for result in parsed["MessageResponse"]["Result"].values():
                result["DeliveryStatus"] = status

        self.on("after-call.pinpoint.SendOTPMessage", answer)

    def delete(self, key: dict[str, Any]) -> None:
        """Delete an item, as an operator may."""
        self.table.delete_item(TableName=TABLE, Key={"id": key})

    def on(self, event: str, handler: Callable[..., Any]) -> None:
        """Register a handler for a botocore event, such as `before-call.dynamodb.PutItem`."""
        client = self._clients[event.split(".")[1]]
        client.meta.events.register_first(event, handler)
        self._hooks.append((client, event, handler))

    def fail(self, event: str, error: BaseException) -> list[str]:
        """Raise an error at a botocore event; returns a list that grows by one each time."""
        failed: list[str] = []

        def raise_error(**_: Any) -> None:
            failed.append(event)
            raise error.with_traceback(None)  # shared: the traceback would grow with every raise

        self.on(event, raise_error)
        return failed

    def die(self, event: str, asked: Any) -> None:
        """Kill the function at an event of a direct invoke, so that nobody gets an answer."""
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
        """Remove all handlers."""
        while self._hooks:
            client, event, handler = self._hooks.pop()
            client.meta.events.unregister(event, handler)

    def metric_lines(self) -> list[str]:
        """The lines that the function wrote to stdout: its metrics."""
        assert isinstance(self.stdout, io.StringIO)
        return self.stdout.getvalue().splitlines()

    def log_lines(self) -> list[dict[str, Any]]:
        """The decoded lines of the log."""
        return [json.loads(line) for line in self._log.getvalue().splitlines()]

    def log(self) -> str:
        """The log as text."""
        return self._log.getvalue()

    def _call(self, event: Any) -> Any:
        # Per call, because pytest replaces stdout before every test.
        with redirect_stdout(self.stdout):
            return self._handler(event, Context())


@dataclass(frozen=True)
class Journey:
    """Both functions, for a login from request to verified code."""

    sending: Service
    verifying: Service

    def send(self, **fields: Any) -> tuple[dict[str, Any], str]:
        """Send; returns the fields of a verification without its code, and the texted code."""
        asked = request(**fields)
        assert self.sending.post(json.dumps(asked)).status == 200
        about = {name: asked[name] for name in ("ReferenceId", "DestinationIdentity")}
        return about, self.code(asked["ReferenceId"])

    def code(self, reference_id: str) -> str:
        """Read the code in the text of a ReferenceId."""
        [text] = self.sending.texts(reference_id)
        return code_in({"body": text})

    def verify(self, about: dict[str, Any], code: Any) -> HttpAnswer:
        """Verify through API Gateway."""
        return self.verifying.post(json.dumps({**about, "Otp": code}))

    def valid(self, about: dict[str, Any], code: str) -> bool:
        """Verify; returns whether the code was valid."""
        answer = self.verify(about, code)
        assert answer.status == 200
        assert answer.json().keys() == {"VerificationResponse"}
        valid: bool = answer.json()["VerificationResponse"]["Valid"]
        return valid


@contextmanager
def deployed(name: str) -> Iterator[Service]:
    """Start a function in a new emulated AWS that has its table and application."""
    with mock_aws():
        create_table(table_client("dynamodb"))
        create_application(SETTINGS.application_id)
        with started(name) as service:
            yield service


def create_table(dynamodb: "DynamoDBClient") -> None:
    """Create the table as the stack does."""
    dynamodb.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


@contextmanager
def started(name: str) -> Iterator[Service]:
    """Start a function in the current emulated AWS."""
    service = Service(name)
    yield service
    service.mend()
    assert leaked("\n".join([service.log(), *service.metric_lines()]), inbox()) == []


def request(**fields: Any) -> dict[str, Any]:
    """Make a valid request, with these fields added or replaced."""
    return {"ReferenceId": str(uuid.uuid4()), "DestinationIdentity": NUMBER, **fields}


#: Starts the function with the given environment variables of Lambda.
Start = Callable[[Mapping[str, str]], Service]
