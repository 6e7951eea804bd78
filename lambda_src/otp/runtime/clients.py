"""AWS clients and their connections.

Lambda gives a function's start a whole processor, and its requests a share by memory: under a third
at 512 MB. A TLS handshake is mostly arithmetic, so each client's connection is opened at the start,
and kept.
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

# botocore would build its own twice for every call, which takes a tenth of the call's CPU.
_USER_AGENT = f"Boto3/{boto3.__version__} md/serverless-otp"

_OPENING = "opening a connection"
_OPENING_SECONDS = 2  # of the ten that Lambda gives a start


def create_client(service: str, *, connect_seconds: float, read_seconds: float) -> Any:  # noqa: ANN401 - each service has a type of its own
    """Create a client that makes every call once: only its user knows what may be repeated.

    Args:
        service: as boto3 names it.
        connect_seconds: how long a call may take to connect.
        read_seconds: how long it may wait for the answer.

    """
    return boto3.client(
        service,  # type: ignore[call-overload]  # the stubs want a literal
        config=Config(
            connect_timeout=connect_seconds,
            read_timeout=read_seconds,
            # Includes the first attempt; `max_attempts` counts retries.
            retries={"mode": "standard", "total_max_attempts": 1},
            user_agent=_USER_AGENT,
            # Calls would go to the account's own host, and not to the one to which connections are
            # opened.
            account_id_endpoint_mode="disabled",
            # Overrides AWS_ENDPOINT_DISCOVERY_ENABLED: the role may not call DescribeEndpoints.
            endpoint_discovery_enabled=False,
        ),
    )


def check_endpoints(clients: Sequence[BaseClient], *, sandbox: bool) -> None:
    """Raise ValueError if a client would send unencrypted, by AWS_ENDPOINT_URL for example.

    VPC and FIPS endpoints are https. The sandbox is all on one machine, and may use http.
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
    """Open a connection for each client; does nothing outside of Lambda. Never raises.

    Args:
        environment: Lambda's own variables.
        clients: for which.
        seconds: how long to wait. A connection that is not open by then is opened by its first
            call.

    """
    if INITIALIZATION not in environment:
        return
    # In a thread, so that the wait is bounded; in one, since two would compete for the processor.
    thread = Thread(target=_open, args=(clients,), name=_OPENING, daemon=True)
    with suppress(RuntimeError):  # no more threads
        thread.start()
        thread.join(seconds)


def rehearse(client: BaseClient, operation: str, **parameters: object) -> None:
    """Do the one-time work of a first call, without making it.

    Args:
        client: whose call it is.
        operation: the name of the client's method.
        parameters: valid ones.

    """
    # Serializes, resolves the endpoint and signs, but sends nothing.
    client.generate_presigned_url(  # type: ignore[attr-defined]  # botocore adds it to every client
        operation, Params=parameters
    )


def _open(clients: Sequence[BaseClient]) -> None:
    """Request the root of each service, unsigned: it has no effect, and any answer will do."""
    for client in clients:
        with suppress(Exception):  # the first call tries again, and reports
            request = AWSRequest(method="GET", url=client.meta.endpoint_url).prepare()
            # Private, but the only way to open a connection without calling an operation.
            client._endpoint.http_session.send(request)  # type: ignore[attr-defined]  # noqa: SLF001 - see above
