"""Who calls, from where: the session of the caller's, or AWS's usual places."""

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
        region_name: instead of the one that `place` or the session says.
        place: the host of an API, or the ARN of a function.

    Attributes:
        region: the region.

    Raises:
        ValueError: there is no region, or there are no credentials, or they cannot be read.

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
            # boto3 does not give its own: for what boto3's session does not tell.
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
                "There are no AWS credentials where boto3 looks for them. Give a session that has."
            )
        self._credentials: Credentials = credentials
        self._process = os.getpid()

    def fresh_credentials(self) -> "ReadOnlyCredentials":
        """Give the credentials of now, refreshed if it is time.

        Raises:
            NotSent: they could not be; whatever that was, it came before the request.

        """
        if self._process != os.getpid():
            if hasattr(self._credentials, "_refresh_lock"):
                # Forked since, maybe while a thread refreshed them: that thread is not in this
                # process, and botocore's lock would stay locked for ever.
                self._credentials._refresh_lock = threading.Lock()  # noqa: SLF001 - no public way
            self._process = os.getpid()
        try:
            return self._credentials.get_frozen_credentials()
        except Exception as error:
            raise NotSent("There are no fresh credentials, and nothing was sent.") from error

    def verify(self) -> Any:  # noqa: ANN401 - as botocore's session takes it
        """Find whose certificates to trust, as botocore's own clients do."""
        bundle = self._core.get_config_variable("ca_bundle")
        if bundle is None:
            bundle = os.environ.get("REQUESTS_CA_BUNDLE")
        return True if bundle is None else bundle

    def client(self, service: str, config: Any) -> Any:  # noqa: ANN401 - boto3's are of many types
        """Make a client."""
        return self._session.client(
            service,  # type: ignore[call-overload]  # a text, where the stubs want one of their names
            region_name=self.region,
            config=config,
        )
