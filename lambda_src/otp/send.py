"""Lambda entry point: sends a one-time password, at most one text per ReferenceId.

Only the entry points do work at import, once per cold start: settings, clients, connections.
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
    from .contract.problems import TooManyMessages
    from .contract.request import Request, check_allowed, parse_send_otp, with_defaults
    from .metrics import RequestMetrics
    from .once.idempotency import OncePerReferenceId
    from .once.records import ReferenceIdRecords, create_dynamodb_client
    from .pinpoint.calls import create_pinpoint_client
    from .pinpoint.delivery import Delivery
    from .rules.counters import Counters
    from .rules.destination import Destinations
    from .rules.guard import Guard, Told
    from .rules.guard_switch import GuardSwitch
    from .rules.limits import Limits
    from .rules.pause import PauseSwitch
    from .runtime.clients import check_endpoints, open_connections
    from .runtime.early_start import start_early
    from .runtime.log import create_logger
    from .settings import SendSettings

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_pinpoint.client import PinpointClient


def start(environment: Mapping[str, str]) -> Handler:
    """Make the handler that the environment describes.

    Raises:
        KeyError: a setting is missing.
        ValueError: a setting is invalid, or would let texts go out twice or unencrypted.

    """
    settings = SendSettings.from_environment(environment)
    logger = create_logger("otp-send")  # first: the SDK would log where its credentials are
    pinpoint = create_pinpoint_client(settings.time_limits)
    dynamodb = create_dynamodb_client(settings.time_limits)
    check_endpoints([pinpoint, dynamodb], sandbox=settings.sandbox)
    return build(settings, logger, pinpoint, dynamodb, environment=environment)


def build(
    settings: SendSettings,
    logger: "Logger",
    pinpoint: "PinpointClient",
    dynamodb: "DynamoDBClient",
    *,
    environment: Mapping[str, str],
    pause: Callable[[float], None] = time.sleep,
) -> Handler:
    """Put the handler together, and open the connections that a text needs.

    Args:
        settings: what the stack tells the function.
        logger: from `create_logger`.
        pinpoint: from `create_pinpoint_client`.
        dynamodb: from `create_dynamodb_client`.
        environment: Lambda's own variables, which say how it starts.
        pause: sleeps before a call is repeated.

    """
    table, time_limits = settings.table_name, settings.time_limits
    metrics = RequestMetrics(settings.deployment, "send", logger)

    def tell(told: Told) -> None:
        """Log and count what the guard did with a text beyond a range's allowance."""
        logger.append_keys(guard=told.what, range=told.range)
        metrics.count_guarded(
            told.country,
            refused=told.what == "refused",
            would_refuse=told.what == "would_refuse",
            many=told.many,
        )

    store_failed = metrics.count_store_failure
    records = ReferenceIdRecords(table, dynamodb, time_limits, logger, store_failed, pause)
    once = OncePerReferenceId(records)
    destinations = Destinations(settings.destinations, sandbox=settings.sandbox)
    counters = Counters(table, dynamodb, time_limits, logger, store_failed)
    switch = PauseSwitch(table, dynamodb, logger, store_failed)
    opened = GuardSwitch(table, dynamodb, logger, store_failed)
    guard = Guard(settings.guard, counters, opened, tell) if settings.guard else None
    limits = Limits(settings.limits, counters, switch, guard)
    delivery = Delivery(pinpoint, settings.application_id, time_limits, logger, pause)

    @logger.inject_lambda_context(clear_state=True, log_event=False)
    @answering(logger, metrics.count)
    def handler(payload: object, call: Call) -> Answer:
        """Answer one request."""
        request = parse_send_otp(payload)
        logger.append_keys(
            reference_id=request["ReferenceId"], destination=request["DestinationIdentity"]
        )
        found = guard.range_of(request["DestinationIdentity"]) if guard else None
        return once(
            request,
            call.request_id,
            lambda: text(request, call.caller),
            range_digest=found.digest if found else None,
        )

    def text(request: Request, caller: str) -> Answer:
        """Send the text, if the operator's rules allow it."""
        number = request["DestinationIdentity"]
        check_allowed(request, settings)
        country = destinations.admit(number)
        try:
            with limits.counting(
                number=number,
                country=country,
                caller=caller,
                unlimited=destinations.is_of_the_sandbox(number),
            ) as guarded:
                body = delivery.send(with_defaults(request, settings))
        except TooManyMessages as refused:
            logger.append_keys(limit=refused.limit)
            metrics.count_by_country("RefusedByLimit", country, limit=refused.limit)
            raise
        metrics.count_by_country("Texts", country)
        return Answer(status=200, body=body, earns_credit=guarded)

    def connect() -> None:
        """Open the connections that a text needs."""
        open_connections(environment, [pinpoint, dynamodb])
        delivery.has_connected()

    def warm_up() -> None:
        """Do the one-time work of the first requests."""
        destinations.warm_up()
        records.warm_up()
        delivery.warm_up()

    connect()
    start_early(environment, [pinpoint, dynamodb], warm_up=warm_up, connect=connect)
    return handler


handler = start(os.environ)
