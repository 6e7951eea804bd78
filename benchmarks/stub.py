"""AWS as far as the benchmarks need it: it answers at once, over TLS as AWS does, on this machine.

It remembers items by their key and knows the one condition "not there yet"; everything else
succeeds. So a ReferenceId is locked, recorded and replayed, and nothing is ever refused. A code is
right unless it is `WRONG_CODE`, and its text was sent. It runs in a process of its own, so that its
work is not counted as the function's.
"""

import asyncio
import contextlib
import json
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trustme

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

REGION = "us-east-1"
HOSTS = tuple(f"{service}.{REGION}.amazonaws.com" for service in ("dynamodb", "pinpoint"))

WRONG_CODE = "000000"

_START_SECONDS = 30
_CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_TARGET = re.compile(rb"\r\nx-amz-target: *DynamoDB_20120810\.(\w+)", re.IGNORECASE)
_SET = re.compile(r"(#?\w+)\s*=\s*(:\w+)")
_TAKEN = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"


@dataclass(frozen=True)
class Stub:
    """A running stub.

    Attributes:
        port: on 127.0.0.1; its certificate is for `HOSTS`.
        authority: the certificate of the authority that has signed its own, PEM.

    """

    port: int
    authority: str
    _asking: "Connection"

    def calls(self) -> list[dict[str, Any]]:
        """Give the calls since this was asked last: `operation` and `parameters`, as received."""
        self._asking.send("calls")
        calls: list[dict[str, Any]] = self._asking.recv()
        return calls


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Stub]:
    """Run a stub.

    Args:
        folder: for its certificate.

    """
    authority = trustme.CA()
    certificate = folder / "stub.pem"
    authority.issue_cert(*HOSTS).private_key_and_cert_chain_pem.write_to_path(str(certificate))
    # Not by fork: this process may have threads.
    context = get_context("spawn")
    asking, answering = context.Pipe()
    process = context.Process(target=_run, args=(str(certificate), answering), daemon=True)
    process.start()
    try:
        if not asking.poll(_START_SECONDS):
            raise TimeoutError("The stub did not start.")
        yield Stub(asking.recv(), authority.cert_pem.bytes().decode(), asking)
    finally:
        process.kill()
        process.join()


@dataclass
class _State:
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[dict[str, Any]] = field(default_factory=list)
    transports: set[asyncio.Transport] = field(default_factory=set)


def _run(certificate: str, answering: "Connection") -> None:
    asyncio.run(_serve(certificate, answering))


async def _serve(certificate: str, answering: "Connection") -> None:
    state = _State()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(state), "127.0.0.1", 0, ssl=tls)

    def answer() -> None:
        try:
            answering.recv()
        except EOFError:  # the process that started it has ended
            server.close()
            return
        answering.send(state.calls)
        state.calls = []

    loop.add_reader(answering.fileno(), answer)
    answering.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


class _Connection(asyncio.Protocol):
    """One kept-alive connection. A client sends its next request only after the answer."""

    def __init__(self, state: _State) -> None:
        self._state = state
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for mypy
        self._transport = transport
        self._state.transports.add(transport)

    def connection_lost(self, _: Exception | None) -> None:
        self._state.transports.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        length = _CONTENT_LENGTH.search(head)
        if not end or len(body) < int(length[1] if length else 0):
            return
        self._received = b""
        if head.startswith(b"GET /close-all "):
            for transport in self._state.transports - {self._transport}:
                transport.close()
        # A GET opens the connection, and asks for nothing.
        status, answer = self._answer(head, json.loads(body)) if body else (200, {})
        written = json.dumps(answer).encode()
        self._transport.write(
            b"HTTP/1.1 %d -\r\nContent-Type: application/x-amz-json-1.0\r\n"
            b"x-amzn-RequestId: STUB\r\nContent-Length: %d\r\n\r\n%s"
            % (status, len(written), written)
        )

    def _answer(self, head: bytes, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        target = _TARGET.search(head)
        verifies = b"/verify-otp " in head
        operation = "VerifyOTPMessage" if verifies else "SendOTPMessage"
        if target:
            operation = target[1].decode()
        self._state.calls.append({"operation": operation, "parameters": body})
        del self._state.calls[:-_KEPT_CALLS]
        if verifies:
            return 200, {"Valid": body["Otp"] != WRONG_CODE}
        if not target:
            return 200, _message_response(body["DestinationIdentity"])
        return _dynamodb(self._state.items, operation, body)


# Of a benchmark with a hundred thousand requests, nobody asks for the calls.
_KEPT_CALLS = 100


def _message_response(number: str) -> dict[str, Any]:
    return {
        "ApplicationId": "7353f53e6885409fa32d07cedexample",
        "RequestId": "3dbd1b1a-2a6f-4c8c-9b9e-4d6b6c6b0c11",
        "Result": {
            number: {
                "DeliveryStatus": "SUCCESSFUL",
                "MessageId": "ht5mv4e0b3b3kq3g1c3c0g0v8f0m2g1c8d5p3o80",
                "StatusCode": 200,
                "StatusMessage": "MessageId: ht5mv4e0b3b3kq3g1c3c0g0v8f0m2g1c8d5p3o80",
            }
        },
    }


def _dynamodb(
    items: dict[str, dict[str, Any]], operation: str, call: dict[str, Any]
) -> tuple[int, dict[str, Any]]:
    if operation == "BatchGetItem":
        [(table, asked)] = call["RequestItems"].items()
        return 200, {"Responses": {table: [_record(*(key["id"]["S"] for key in asked["Keys"]))]}}
    key = (call.get("Key") or call["Item"])["id"]["S"]
    found = items.get(key)
    match operation:
        case "PutItem" if found:
            return 400, {"__type": _TAKEN, "message": "The conditional request failed"} | (
                {"Item": found} if "ReturnValuesOnConditionCheckFailure" in call else {}
            )
        case "PutItem":
            items[key] = call["Item"]
        case "GetItem" if found:
            return 200, {"Item": found}
        case "DeleteItem":
            items.pop(key, None)
        case "UpdateItem" if found:  # counters are never put, and so never there
            names = call.get("ExpressionAttributeNames", {})
            for name, value in _SET.findall(call["UpdateExpression"]):
                found[names.get(name, name)] = call["ExpressionAttributeValues"][value]
    return 200, {}


def _record(record: str, balance: str) -> dict[str, Any]:
    """Make the record of a text that a range's balance counts, as verify reads it."""
    return {
        "id": {"S": record},
        "range": {"S": balance.rpartition("#")[2]},
        "owner": {"S": record.rpartition("#")[2]},
        "expiration": {"N": "4102444800"},  # the year 2100
    }
