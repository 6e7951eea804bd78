"""Lambda entry point: sends a one-time password, at most one text per ReferenceId.

The entry points alone prepare things at import, once per cold start: settings, clients and their
connections.
"""

import gc

gc.disable()  # for as long as this module is imported: nothing that an import makes is garbage

import os

from .answer import Answer, Counted
from .counters import Counters
from .delivery import Delivery
from .destination import Destinations
from .invocation import Call, answering
from .limits import MOST_CALLS, Limits
from .metrics import RequestMetrics
from .once import OncePerReferenceId, ReferenceIdRecords, create_dynamodb_client
from .pause import PauseSwitch
from .pinpoint import create_pinpoint_client
from .request import SendOtpRequest, check_allowed, parse_send_otp, with_defaults
from .sdk import open_connections
from .settings import SendSettings
from .side_by_side import SideBySide, stay_on_one_processor
from .snapstart import start_early
from .telemetry import create_logger

settings = SendSettings.from_environment(os.environ)
logger = create_logger("otp-send")
metrics = RequestMetrics(settings.deployment, "send", logger)
pinpoint = create_pinpoint_client(settings.time_limits)
dynamodb = create_dynamodb_client(settings.time_limits)
dynamodb_once = create_dynamodb_client(settings.time_limits, attempts=1)
table = settings.table_name
records = ReferenceIdRecords(table, dynamodb, settings.time_limits, logger, metrics)
once = OncePerReferenceId(records)
destinations = Destinations(settings.destinations)
counters = Counters(table, dynamodb, dynamodb_once, SideBySide(MOST_CALLS), logger, metrics)
switch = PauseSwitch(table, dynamodb, logger, metrics)
limits = Limits(settings.limits, counters, switch)
delivery = Delivery(pinpoint, settings.application_id, settings.time_limits, logger)


def connect() -> None:
    """Open the connections that one message needs."""
    open_connections(os.environ, [(pinpoint, 1), (dynamodb, limits.calls_at_once())])
    delivery.has_connected()


def prepare() -> None:
    """Do what the first requests would do once."""
    destinations.prepare()
    records.prepare()
    delivery.prepare()


connect()
stay_on_one_processor(os.environ)
start_early(os.environ, [pinpoint, dynamodb, dynamodb_once], prepare=prepare, connect=connect)


def text(request: SendOtpRequest, caller: str) -> Answer:
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


gc.freeze()  # what is here stays, and need not be looked through again
gc.enable()
