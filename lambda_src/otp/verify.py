"""Lambda entry point: verifies a one-time password.

Pinpoint knows the code, its validity and the attempts. After a right code, the guard's credit is
given, once the answer is known. Only the entry points do work at import, once per cold start:
settings, clients, connections.
"""

import os
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from .runtime.initialization import ignore_switches, uncollected_imports

ignore_switches(os.environ)
with uncollected_imports():
    from .contract.answer import Answer
    from .contract.invocation import Call, Handler, answering
    from .contract.request import parse_verify_otp
    from .metrics import RequestMetrics
    from .once.record_key import record_key
    from .pinpoint.calls import create_pinpoint_client
    from .pinpoint.verification import Verification
    from .rules.credit import Credits, create_credit_client
    from .rules.destination import country
    from .runtime.clients import check_endpoints, open_connections
    from .runtime.early_start import start_early
    from .runtime.log import create_logger
    from .settings import Settings

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_pinpoint.client import PinpointClient


def start(environment: Mapping[str, str]) -> Handler:
    """Make the handler that the environment describes; raises as in `send`."""
    settings = Settings.from_environment(environment)
    logger = create_logger("otp-verify")  # first, as in `send`
    pinpoint = create_pinpoint_client(settings.time_limits)
    dynamodb = create_credit_client(settings.time_limits) if settings.guard else None
    clients = [pinpoint, dynamodb] if dynamodb else [pinpoint]
    check_endpoints(clients, sandbox=settings.sandbox)
    return build(settings, logger, pinpoint, dynamodb, environment=environment)


def build(
    settings: Settings,
    logger: "Logger",
    pinpoint: "PinpointClient",
    dynamodb: "DynamoDBClient | None",
    *,
    environment: Mapping[str, str],
    pause: Callable[[float], None] = time.sleep,
) -> Handler:
    """Put the handler together, and open the connections that a verification needs.

    Args:
        settings: what the stack tells the function.
        logger: from `create_logger`.
        pinpoint: from `create_pinpoint_client`.
        dynamodb: from `create_credit_client`; None without a guard.
        environment: Lambda's own variables, which say how it starts.
        pause: sleeps before a call is repeated.

    """
    limits = settings.time_limits
    metrics = RequestMetrics(settings.deployment, "verify", logger)
    verification = Verification(pinpoint, settings.application_id, limits, logger, pause)
    store_failed = metrics.count_store_failure
    codes = (
        Credits(settings.guard, settings.table_name, dynamodb, limits, logger, store_failed)
        if settings.guard and dynamodb
        else None
    )

    @logger.inject_lambda_context(clear_state=True, log_event=False)
    @answering(logger, metrics.count)
    def handler(payload: object, call: Call) -> Answer:  # noqa: ARG001 - every handler has it
        """Answer one request; the code goes to Pinpoint, and nowhere else."""
        request = parse_verify_otp(payload)
        logger.append_keys(
            reference_id=request["ReferenceId"], destination=request["DestinationIdentity"]
        )
        # Before the call: nothing that can fail may come after it, since a code is right only once.
        of_country = country(request["DestinationIdentity"])
        valid, body = verification.verify(request)
        logger.append_keys(valid=valid)  # into a dictionary, which cannot fail
        metrics.count_by_country("Verified" if valid else "WrongCodes", of_country)
        if valid and codes:
            codes.give(record_key(request["ReferenceId"]), request["DestinationIdentity"])
        return Answer(status=200, body=body)

    clients = [pinpoint, dynamodb] if dynamodb else [pinpoint]

    def connect() -> None:
        """Open the connections that a verification needs."""
        open_connections(environment, clients)
        verification.has_connected()

    def warm_up() -> None:
        """Do the one-time work of the first requests."""
        verification.warm_up()
        if codes:
            codes.warm_up()

    connect()
    start_early(environment, clients, warm_up=warm_up, connect=connect)
    return handler


handler = start(os.environ)
