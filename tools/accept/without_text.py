"""Steps that send no text: authentication, TLS, and refused requests."""

import json

from lambda_src.otp.contract.invocation import MAX_BODY_BYTES

from .trial import Skipped, Step, Trial, Wrong, listed

# Every field is invalid, so that no text can be sent.
_BAD = {"ReferenceId": "two words", "DestinationIdentity": "0", "CodeLength": 9, "Colour": "red"}
_UPPER_CASE_ID = "9F5A7C1E-3B2D-4E6F-8A90-B1C2D3E4F5A6"


def _unsigned(trial: Trial) -> str:
    for path in ("/otp", "/otp/verify"):
        answer = trial.post(_BAD, path, signed=False)
        trial.expect(answer, 403, "AccessDenied")
    return "403 AccessDenied, both paths"


def _tls(trial: Trial) -> str:
    if trial.deployment.endpoint:
        raise Skipped("the sandbox uses plain HTTP on this machine.")
    answer = trial.post(_BAD)
    if answer.tls not in ("TLSv1.2", "TLSv1.3"):
        raise Wrong("TLS 1.2 or 1.3", answer.tls)
    return answer.tls


def _bad_fields(trial: Trial) -> str:
    for path, fields in (("/otp", set(_BAD)), ("/otp/verify", {*_BAD, "Otp"})):
        answer = trial.post(_BAD, path)
        trial.expect(answer, 400, "InvalidRequest")
        named = {error["pointer"][1:] for error in answer.json().get("errors", [])}
        if named != fields:
            raise Wrong(f"every bad field named: {listed(fields)}", listed(named))
        if answer.headers.get("Content-Type") != "application/problem+json":
            raise Wrong("application/problem+json", answer.headers.get("Content-Type"))
    return "400 InvalidRequest, every bad field named"


def _too_large(trial: Trial) -> str:
    body = json.dumps({**_BAD, "Colour": "red" * MAX_BODY_BYTES}).encode()
    trial.expect(trial.post(body), 413, "PayloadTooLarge")
    return "413 PayloadTooLarge"


def _other_media_type(trial: Trial) -> str:
    answer = trial.post(_BAD, headers={"Content-Type": "text/plain"})
    trial.expect(answer, 415, "UnsupportedMediaType")
    return "415 UnsupportedMediaType"


def _own_request_id(trial: Trial) -> str:
    for own in ("foo", _UPPER_CASE_ID):
        answer = trial.post(_BAD, headers={"X-Amzn-RequestId": own})
        trial.expect(answer, 400, "InvalidRequest")
    return "400 InvalidRequest, as with API Gateway's own ID"


def _direct_problem(trial: Trial) -> str:
    for name in trial.deployment.functions:
        failed, payload = trial.invoke(name, _BAD)
        if not failed:
            raise Wrong(f"a function error of {name}", payload)
        try:
            code = json.loads(payload["errorMessage"])["code"]
        except (KeyError, TypeError, ValueError):
            raise Wrong(f"{name}: errorMessage holds the problem", payload) from None
        if code != "InvalidRequest":
            raise Wrong(f"{name}: InvalidRequest", code)
    return "InvalidRequest, both functions"


STEPS = (
    Step("An unsigned request is refused", "security.md", _unsigned),
    Step("The API uses TLS 1.2 or 1.3", "security.md", _tls),
    Step("A bad request is refused with all its bad fields", "troubleshooting.md", _bad_fields),
    Step("A body over 8 KB is refused", "troubleshooting.md", _too_large),
    Step("Another media type is refused", "troubleshooting.md", _other_media_type),
    Step("A caller may choose the request's ID", "troubleshooting.md", _own_request_id),
    Step(
        "A direct invoke gets the problem as a function error", "recipes-http.md", _direct_problem
    ),
)
