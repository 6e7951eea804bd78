"""A function in process, for what the pages say of its log and of the table."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from lambda_src.otp.rules import counters, limits, pause
from tests.support.clock import Clock
from tests.support.service import Service, deployed


@contextmanager
def running(name: str) -> Iterator[Service]:
    """Run one of the functions, such as `send`, on an emulated AWS of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
        # No window ends within a test; the shell's `date` and the function agree on the day. With
        # milliseconds, of which DynamoDB would not store a zero.
        Clock(patch, limits, counters, pause).now = int(time.time()) + 0.123
        with deployed(name) as service:
            yield service
