"""Removes the parts of the dependencies that the functions do not need."""

import shutil
from pathlib import Path

from .sdk_data import reduce_data

# The largest folders of the dependencies that the functions do not import.
# tests/runtime/test_starting.py starts the functions without them.
_UNUSED = (
    "aws_lambda_powertools/event_handler",  # the functions read events themselves
    *(
        f"aws_lambda_powertools/utilities/{utility}"
        for utility in (
            *("auth_alpha", "batch", "circuit_breaker", "data_classes", "data_masking"),
            *("feature_flags", "kafka", "parameters", "parser/envelopes", "parser/models"),
        )
    ),
    "boto3/data",  # of resources; only clients are made
    "dateutil/zoneinfo",  # every time here is in UTC
    "pydantic/v1",
)


def prune(target: Path) -> None:
    """Remove unused parts from a folder of installed dependencies.

    Raises:
        MissingDataError, FileNotFoundError: a dependency lacks data that is needed, or a folder to
        remove.

    """
    reduce_data(target / "botocore" / "data")
    for unused in _UNUSED:
        shutil.rmtree(target / unused)
    # Command line tools, whose first line names the Python that built the bundle, and the lists of
    # installed files, which hold their hashes: both differ between machines.
    shutil.rmtree(target / "bin", ignore_errors=True)
    for record in target.glob("*.dist-info/RECORD"):
        record.unlink()
