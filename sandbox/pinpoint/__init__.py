"""Amazon Pinpoint's two one-time-password operations, added to moto's Pinpoint.

``install()`` once, then use boto3 under ``moto.mock_aws`` (or against ``sandbox.pinpoint.server``)
as usual. The other names read and change the emulator's state.
"""

from .models import advance_clock, create_application, inbox, received_requests
from .urls import install

__all__ = ["advance_clock", "create_application", "inbox", "install", "received_requests"]
