"""The caller's credentials, region and settings, from a session or from AWS's usual places."""

import os
import re
import threading
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.exceptions import BotoCoreError

from .problems import NotSent

if TYPE_CHECKING:
    from botocore.credentials import Credentials, ReadOnlyCredentials

# ID.execute-api.REGION.amazonaws.com, and the names that VPC endpoints have.
_API_HOST = re.compile(r"(?:^|\.)execute-api\.([a-z0-9-]+)\.")
_FUNCTION_ARN = re.compile(r"^arn:[a-z0-9-]+:lambda:([a-z0-9-]+):")


class Aws:
    """The credentials, the region and the settings of a session.

    Args:
        session: boto3's or botocore's; a new one by default.
        region_name: overrides the region of `place` and of the session.
        place: the URL of an API or the ARN of a function.

    Attributes:
        region: the region.

    Raises:
        ValueError: there is no region, there are no credentials, or the configuration cannot be
            read.

    """

    def __init__(
        self,
        session: boto3.Session | botocore.session.Session | None,
        region_name: str | None,
        place: str,
    ) -> None:
        try:
            self._read(session, region_name, place)
        except (BotoCoreError, OSError) as error:  # an unknown AWS_PROFILE, a missing program
            raise ValueError(f"The AWS configuration cannot be read. {error}") from error

    def _read(
        self,
        session: boto3.Session | botocore.session.Session | None,
        region_name: str | None,
        place: str,
    ) -> None:
        if isinstance(session, boto3.Session):
            self._session = session
            profile = session.profile_name
            # For settings that a boto3 session does not expose; nor does it expose its botocore
            # session.
            self._core = botocore.session.Session(
                profile=profile if profile != "default" else None  # which need not exist
            )
        else:
            self._core = session or botocore.session.Session()
            self._session = boto3.Session(botocore_session=self._core)
        named = _API_HOST.search(place) or _FUNCTION_ARN.search(place)
        region = region_name or (named and named[1]) or self._session.region_name
        if not region:
            raise ValueError("There is no region. Give region_name, or set AWS_DEFAULT_REGION.")
        self.region: str = region
        credentials = self._session.get_credentials()
        if credentials is None:
            raise ValueError(
                "boto3 found no AWS credentials. Configure them, or give a session that has some."
            )
        self._credentials: Credentials = credentials
        self._process = os.getpid()

    def fresh_credentials(self) -> "ReadOnlyCredentials":
        """Return the current credentials, refreshed if they are about to expire.

        Raises:
            NotSent: the credentials could not be refreshed. This happens before the request.

        """
        if self._process != os.getpid():
            if hasattr(self._credentials, "_refresh_lock"):
                # The process has forked, maybe while a thread refreshed the credentials. That
                # thread does not exist here, so botocore's lock would stay locked for ever.
                self._credentials._refresh_lock = threading.Lock()  # noqa: SLF001 - no public way
            self._process = os.getpid()
        try:
            return self._credentials.get_frozen_credentials()
        except Exception as error:
            raise NotSent("The credentials could not be refreshed, so nothing was sent.") from error

    def verify(self) -> Any:  # noqa: ANN401 - as botocore's session takes it
        """Return the CA bundle to trust, chosen as botocore's own clients choose it."""
        bundle = self._core.get_config_variable("ca_bundle")
        if bundle is None:
            bundle = os.environ.get("REQUESTS_CA_BUNDLE")
        return True if bundle is None else bundle

    def client(self, service: str, config: Any) -> Any:  # noqa: ANN401 - boto3's are of many types
        """Make a boto3 client."""
        return self._session.client(
            service,  # type: ignore[call-overload]  # the stubs accept literal names only
            region_name=self.region,
            config=config,
        )
