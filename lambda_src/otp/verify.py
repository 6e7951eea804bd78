"""Lambda entry point: verifies a one-time password.

Nothing is remembered here: Pinpoint knows the code, its life and the attempts. The entry points
alone prepare things at import, once per cold start: settings, the client and its connection.
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
    from .pinpoint.calls import create_pinpoint_client
    from .pinpoint.verification import Verification
    from .rules.destination import country
    from .runtime.clients import check_endpoints, open_connections
    from .runtime.early_start import start_early
    from .runtime.log import create_logger
    from .settings import Settings

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_pinpoint.client import PinpointClient


def start(environment: Mapping[str, str]) -> Handler:
    """Make the function that the environment describes; raises as in `send`."""
    settings = Settings.from_environment(environment)
    logger = create_logger("otp-verify")  # first, as in `send`
    pinpoint = create_pinpoint_client(settings.time_limits)
    check_endpoints([pinpoint], sandbox=settings.sandbox)
    return build(settings, logger, pinpoint, environment=environment)


def build(
    settings: Settings,
    logger: "Logger",
    pinpoint: "PinpointClient",
    *,
    environment: Mapping[str, str],
    pause: Callable[[float], None] = time.sleep,
) -> Handler:
    """Put the function together, and open the connection that a verification needs.

    Args:
        settings: what the stack tells the function.
        logger: from `create_logger`.
        pinpoint: from `create_pinpoint_client`.
        environment: Lambda's own variables, which say how it starts.
        pause: waits some seconds before a call is repeated.

    """
    limits = settings.time_limits
    metrics = RequestMetrics(settings.deployment, "verify", logger)
    verification = Verification(pinpoint, settings.application_id, limits, logger, pause)

    @logger.inject_lambda_context(clear_state=True, log_event=False)
    @answering(logger, metrics.count)
    def handler(payload: object, call: Call) -> Answer:  # noqa: ARG001 - every handler has it
        """Answer one request; the code goes to Pinpoint, and nowhere else."""
        request = parse_verify_otp(payload)
        logger.append_keys(
            reference_id=request["ReferenceId"], destination=request["DestinationIdentity"]
        )
        # Before the call: nothing that can fail may come after it, for a code is right only once.
        of_country = country(request["DestinationIdentity"])
        valid, body = verification.verify(request)
        logger.append_keys(valid=valid)  # into a dictionary, which cannot fail
        metrics.count_by_country("Verified" if valid else "WrongCodes", of_country)
        return Answer(status=200, body=body)

    def connect() -> None:
        """Open the connection that a verification needs."""
        open_connections(environment, [pinpoint])
        verification.has_connected()

    connect()
    start_early(environment, [pinpoint], warm_up=verification.warm_up, connect=connect)
    return handler


handler = start(os.environ)
