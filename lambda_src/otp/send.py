"""Lambda entry point: sends a one-time password, at most one text per ReferenceId.

The entry points alone prepare things at import, once per cold start: settings, clients and their
connections.
"""

import os

from .garbage import uncollected_imports

with uncollected_imports():
    from .answer import Answer, Counted
    from .counters import Counters
    from .delivery import Delivery
    from .destination import Destinations
    from .invocation import Call, answering
    from .limits import Limits
    from .metrics import RequestMetrics
    from .once import OncePerReferenceId, ReferenceIdRecords, create_dynamodb_client
    from .pause import PauseSwitch
    from .pinpoint import create_pinpoint_client
    from .request import Request, check_allowed, parse_send_otp, with_defaults
    from .sdk import open_connections
    from .settings import SendSettings
    from .snapstart import start_early
    from .telemetry import create_logger

settings = SendSettings.from_environment(os.environ)
time_limits = settings.time_limits
table = settings.table_name
logger = create_logger("otp-send")
metrics = RequestMetrics(settings.deployment, "send", logger)
pinpoint = create_pinpoint_client(time_limits)
dynamodb = create_dynamodb_client(time_limits)
records = ReferenceIdRecords(table, dynamodb, time_limits, logger, metrics)
once = OncePerReferenceId(records)
destinations = Destinations(settings.destinations)
counters = Counters(table, dynamodb, time_limits, logger, metrics)
switch = PauseSwitch(table, dynamodb, logger, metrics)
limits = Limits(settings.limits, counters, switch)
delivery = Delivery(pinpoint, settings.application_id, time_limits, logger)


def connect() -> None:
    """Open the connections that a message needs."""
    open_connections(os.environ, [pinpoint, dynamodb])
    delivery.has_connected()


def prepare() -> None:
    """Do what the first requests would do once."""
    destinations.prepare()
    records.prepare()
    delivery.prepare()


connect()
start_early(os.environ, [pinpoint, dynamodb], prepare=prepare, connect=connect)


def text(request: Request, caller: str) -> Answer:
    """Send the message now, if the operator allows it."""
    number = request["DestinationIdentity"]
    check_allowed(request, settings)
    country = destinations.admit(number)
    with limits.counting(
        number=number,
        country=country,
        caller=caller,
        unlimited=destinations.is_of_the_sandbox(number),
    ):
        body = delivery.send(with_defaults(request, settings))
    return Answer(status=200, body=body, counted=Counted("Texts", country))


@logger.inject_lambda_context(clear_state=True)
@answering(logger, metrics)
def handler(payload: object, call: Call) -> Answer:
    """Answer one request."""
    request = parse_send_otp(payload)
    logger.append_keys(
        reference_id=request["ReferenceId"], destination=request["DestinationIdentity"]
    )
    return once(request, call.request_id, lambda: text(request, call.caller))
