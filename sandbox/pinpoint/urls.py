"""The URLs of the two OTP operations, and their installation into moto."""

from moto.pinpoint import urls as moto_urls

from .responses import OtpResponse

url_paths = {
    "{0}/v1/apps/(?P<app_id>[^/]+)/otp$": OtpResponse.dispatch,
    "{0}/v1/apps/(?P<app_id>[^/]+)/verify-otp$": OtpResponse.dispatch,
}


def install() -> None:
    """Add both operations to moto's Pinpoint, for ``mock_aws`` and for moto's server.

    Calling it again changes nothing. ``mock_aws`` reads the table of URLs at every call, so install
    at any time. A moto server reads the table at its first Pinpoint request: install before that.
    """
    moto_urls.url_paths.update(url_paths)
