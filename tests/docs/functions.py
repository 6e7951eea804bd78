"""A function in process, for what the pages say of its log and of the table."""

import importlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import boto3
import pytest

from lambda_src.otp.rules import counters, limits, pause
from sandbox.pinpoint import install
from tests.support.clock import Clock
from tests.unit.service import ENVIRONMENT, Service, deployed


@contextmanager
def running(name: str) -> Iterator[Service]:
    """Run one of the functions, such as `send`, on an emulated AWS of its own."""
    install()
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in ENVIRONMENT.items():
            patch.setenv(variable, value)
        patch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
        # No window ends within a test; the shell's `date` and the function agree on the day. With
        # milliseconds, of which DynamoDB would not store a zero.
        Clock(patch, limits, counters, pause).now = int(time.time()) + 0.123
        module = importlib.import_module(f"lambda_src.otp.{name}")
        with deployed(module, boto3.client("dynamodb")) as service:
            yield service


def after_a_cold_start(service: Service) -> None:
    """Have the function read the switch that pauses with its next request."""
    service.module.switch._paused = None  # noqa: SLF001 - as `deployed` does
