"""Lambda entry point: verifies a one-time password.

Nothing is remembered here: Pinpoint knows the code, its life and the attempts. The entry points
alone prepare things at import, once per cold start: settings, the client and its connection.
"""

import os

from .runtime.initialization import uncollected_imports

with uncollected_imports():
    from .contract.answer import Answer
    from .contract.invocation import Call, answering
    from .contract.request import parse_verify_otp
    from .metrics import RequestMetrics
    from .pinpoint.calls import create_pinpoint_client
    from .pinpoint.verification import Verification
    from .rules.destination import country
    from .runtime.clients import open_connections
    from .runtime.early_start import start_early
    from .runtime.log import create_logger
    from .settings import Settings

settings = Settings.from_environment(os.environ)
logger = create_logger("otp-verify")
metrics = RequestMetrics(settings.deployment, "verify", logger)
limits = settings.time_limits
pinpoint = create_pinpoint_client(limits)
verification = Verification(pinpoint, settings.application_id, limits, logger)


def connect() -> None:
    """Open the connection that a verification needs."""
    open_connections(os.environ, [pinpoint])
    verification.has_connected()


connect()
start_early(os.environ, [pinpoint], prepare=verification.prepare, connect=connect)


@logger.inject_lambda_context(clear_state=True)
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
