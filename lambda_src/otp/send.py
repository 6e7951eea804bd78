"""Lambda entry point: sends a one-time password, at most one text per ReferenceId.

This module alone prepares things at import, once per cold start: settings, clients, models.
"""

import os

from .answer import Answer
from .delivery import Delivery
from .invocation import answering
from .metrics import RequestMetrics
from .once import OncePerReferenceId, ReferenceIdRecords, create_dynamodb_client
from .pinpoint import create_pinpoint_client
from .request import SendOtpRequest, parse_send_otp, with_defaults
from .settings import SendSettings
from .snapstart import register_hooks
from .telemetry import create_logger

settings = SendSettings.from_environment(os.environ)
logger = create_logger("otp-send")
metrics = RequestMetrics(settings.deployment, "send", logger)
limits = settings.time_limits
pinpoint, dynamodb = create_pinpoint_client(limits), create_dynamodb_client(limits)
delivery = Delivery(pinpoint, settings.application_id, limits, logger)
records = ReferenceIdRecords(settings.table_name, dynamodb, limits, logger, metrics)
register_hooks(os.environ, [pinpoint, dynamodb])


def text(request: SendOtpRequest) -> str:
    """Send the message now; returns the body of the 200."""
    return delivery.send(with_defaults(request, settings))


text_once = OncePerReferenceId(text, records)


@logger.inject_lambda_context(clear_state=True)
@answering(logger, metrics)
def handler(payload: object, request_id: str) -> Answer:
    """Answer one request."""
    request = parse_send_otp(payload)
    logger.append_keys(
        reference_id=request["ReferenceId"], destination=request["DestinationIdentity"]
    )
    return text_once(request, request_id)
