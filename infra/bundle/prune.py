"""Removes what the functions do not need of their dependencies."""

import shutil
from pathlib import Path

from .sdk_data import reduce_data

# The largest folders of the dependencies that nothing here imports. tests/runtime/test_starting.py
# starts the functions without.
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
    """Remove from a folder of installed dependencies what is never used.

    Raises:
        MissingDataError, FileNotFoundError: a release lacks what is needed, or what is left out.

    """
    reduce_data(target / "botocore" / "data")
    for unused in _UNUSED:
        shutil.rmtree(target / unused)
    # Command line tools, which nobody runs: their first line names the Python of this folder. And
    # the lists of what was installed, which hold those files' hashes.
    shutil.rmtree(target / "bin", ignore_errors=True)
    for record in target.glob("*.dist-info/RECORD"):
        record.unlink()
