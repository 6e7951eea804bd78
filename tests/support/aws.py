"""AWS clients for the tests, with every service model even when the functions' bundle has fewer."""

import sysconfig
from pathlib import Path
from typing import Any

import botocore.session

# The installed botocore is complete; the imported one may be the bundle's, which is pruned.
ALL_DATA = str(Path(sysconfig.get_path("purelib"), "botocore", "data"))


def create_client(service: str) -> Any:
    """Create a client that reads its model from the installed botocore."""
    session = botocore.session.Session()
    session.set_config_variable("data_path", ALL_DATA)
    return session.create_client(service)
