"""Authorizes the OTP operations: asks MiniStack's IAM about the sender of each request."""

import io
import json
import re
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from .exceptions import ForbiddenError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# The actions, and the resources as the end of an ARN: AWS Service Authorization Reference, Amazon
# Pinpoint.
_ACTIONS = {"otp": "SendOTPMessage", "verify-otp": "VerifyOTPMessage"}
_PATH = re.compile(r"/v1/(?P<resource>apps/[^/]+/(?P<kind>otp|verify-otp))")
_TIMEOUT_SECONDS = 10


class Permissions:
    """The IAM permissions of callers.

    Args:
        iam_url: a `sandbox.ministack`.

    """

    def __init__(self, iam_url: str) -> None:
        self._iam_url = iam_url

    def refusal(self, environ: "WSGIEnvironment") -> Response | None:
        """Return the answer to a caller that may not make this request; None if it may."""
        path = _PATH.fullmatch(environ["PATH_INFO"])
        if path is None or environ["REQUEST_METHOD"] != "POST":
            return None
        request = Request(environ)
        body = request.get_data()
        environ["wsgi.input"] = io.BytesIO(body)  # for the application to read again
        # Forwarded as it was signed, so that MiniStack can check the signature.
        others = {"Host", "Transfer-Encoding"}
        headers = {name: value for name, value in request.headers if name not in others}
        question = urllib.request.Request(  # noqa: S310 - the sandbox's own address
            self._iam_url + environ["REQUEST_URI"], body, headers, method="POST"
        )
        question.add_header("X-Sandbox-Iam-Action", f"mobiletargeting:{_ACTIONS[path['kind']]}")
        question.add_header("X-Sandbox-Iam-Resource", path["resource"])
        question.add_header("X-Sandbox-Iam-Host", request.headers["Host"])
        try:
            urllib.request.urlopen(question, timeout=_TIMEOUT_SECONDS).close()  # noqa: S310 - as above
        except urllib.error.HTTPError as answer:
            with answer:
                content = json.load(answer)
            return ForbiddenError(content["__type"], content["message"]).get_response(environ)
        return None
