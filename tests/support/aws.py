"""Clients of the tests' own, which know all of AWS, whatever of botocore the functions have."""

import sysconfig
from pathlib import Path
from typing import Any

import botocore.session

# What is installed is the whole botocore; what is imported may be the bundle's.
ALL_DATA = str(Path(sysconfig.get_path("purelib"), "botocore", "data"))


def create_client(service: str) -> Any:
    """Create a client of an AWS service."""
    session = botocore.session.Session()
    session.set_config_variable("data_path", ALL_DATA)
    return session.create_client(service)
