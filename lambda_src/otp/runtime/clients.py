"""Clients of AWS, and their connections.

Lambda gives a function's start a whole processor, and its requests the share that its memory pays
for: under a third of one at 512 MB. A TLS handshake is mostly arithmetic, so connections are opened
at the start, one for each client, and kept.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from threading import Thread
from typing import Any

import boto3
from botocore.awsrequest import AWSRequest
from botocore.client import BaseClient
from botocore.config import Config

from .initialization import INITIALIZATION

# botocore puts its own together twice for every call, which takes a tenth of the call's CPU.
_USER_AGENT = f"Boto3/{boto3.__version__} md/serverless-otp"

_OPENING = "opening a connection"
_OPENING_SECONDS = 2  # of the ten that Lambda gives a start


def create_client(service: str, *, connect_seconds: float, read_seconds: float) -> Any:  # noqa: ANN401 - each service has a type of its own
    """Create a client that makes every call once: what may be repeated, its user knows.

    Args:
        service: as boto3 names it.
        connect_seconds: how long a call may take to connect.
        read_seconds: how long it may wait for the answer.

    """
    return boto3.client(
        service,  # type: ignore[call-overload]  # a text, where the stubs want one of their names
        config=Config(
            connect_timeout=connect_seconds,
            read_timeout=read_seconds,
            # The first one included: with `max_attempts`, 1 would be another one.
            retries={"mode": "standard", "total_max_attempts": 1},
            user_agent=_USER_AGENT,
            # A host for each account is for those who share one client of DynamoDB's among many.
            # Here, it would not be the one to which connections are opened.
            account_id_endpoint_mode="disabled",
            # Whatever AWS_ENDPOINT_DISCOVERY_ENABLED says: the role may not ask for endpoints.
            endpoint_discovery_enabled=False,
        ),
    )


def check_endpoints(clients: Sequence[BaseClient], *, sandbox: bool) -> None:
    """Raise ValueError if a client would send in the clear, by AWS_ENDPOINT_URL or the like.

    The endpoints of a VPC and those for FIPS are https. The sandbox is all on one machine.
    """
    for client in clients:
        url = client.meta.endpoint_url
        if not sandbox and not url.startswith("https://"):
            service = client.meta.service_model.service_id
            raise ValueError(f"The endpoint of {service} is {url}: it must begin with https://.")


def open_connections(
    environment: Mapping[str, str],
    clients: Sequence[BaseClient],
    seconds: float = _OPENING_SECONDS,
) -> None:
    """Open a connection for each client; outside of Lambda, none. Never raises.

    Args:
        environment: Lambda's own variables.
        clients: whose.
        seconds: how long to wait. What is not open then is opened by who needs it.

    """
    if INITIALIZATION not in environment:
        return
    # One thread for all, so that there is an end to waiting: two would get into each other's way.
    thread = Thread(target=_open, args=(clients,), name=_OPENING, daemon=True)
    with suppress(RuntimeError):  # no more threads
        thread.start()
        thread.join(seconds)


def rehearse(client: BaseClient, operation: str, **parameters: object) -> None:
    """Do all that a first call does once, without making it.

    Args:
        client: whose call it is.
        operation: as a method of the client is called.
        parameters: valid ones.

    """
    # Serializes, finds the endpoint and signs; and sends nothing.
    client.generate_presigned_url(  # type: ignore[attr-defined]  # botocore adds it to every client
        operation, Params=parameters
    )


def _open(clients: Sequence[BaseClient]) -> None:
    """Ask for the root of each service, unsigned: it answers something, and does nothing."""
    for client in clients:
        with suppress(Exception):  # whoever needs it will try again, and tell
            request = AWSRequest(method="GET", url=client.meta.endpoint_url).prepare()
            # Private, but the only way to a connection that does not call an operation.
            client._endpoint.http_session.send(request)  # type: ignore[attr-defined]  # noqa: SLF001 - as said
