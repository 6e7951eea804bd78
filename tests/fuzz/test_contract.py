"""Every answer fits docs/openapi.json; invalid requests are refused, valid ones accepted."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

import requests
import schemathesis
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from sandbox.state import State
from tests.support.deployment import Deployment
from tests.support.openapi import Contract

from .generation import FAILING, of_its_own, schema

CONTRACT = Contract.read()
SCHEMA = schema()

# Headers that servers and API Gateway add.
_NOT_OURS = ("connection", "content-length", "date", "server", "transfer-encoding", "x-amz")


def signed(request: requests.PreparedRequest, state: State) -> requests.PreparedRequest:
    """Sign with Signature Version 4."""
    credentials = Credentials(state.accessKeyId, state.secretAccessKey)
    signed = AWSRequest(method=request.method, url=request.url, data=request.body)
    SigV4Auth(credentials, "execute-api", state.region).add_auth(signed)
    request.headers.update(signed.headers)
    return request


# A test for each operation: pytest-xdist runs only one of two tests with the same name.
@SCHEMA.include(operation_id="sendOtp").parametrize()
def test_answer_of_send_is_as_documented(
    case: schemathesis.Case[Any], deployment: Deployment, tally: Counter[str]
) -> None:
    """Requests are examples, boundaries, and generated ones, valid and invalid."""
    check(case, deployment, tally)


@SCHEMA.include(operation_id="verifyOtp").parametrize()
def test_answer_of_verify_is_as_documented(
    case: schemathesis.Case[Any], deployment: Deployment, tally: Counter[str]
) -> None:
    """Requests are examples, boundaries, and generated ones, valid and invalid."""
    check(case, deployment, tally)


def check(case: schemathesis.Case[Any], deployment: Deployment, tally: Counter[str]) -> None:
    """Make the request, and compare its answer with the document."""
    operation = case.operation.definition.raw["operationId"]
    of_its_own(case, tally.total())

    state = deployment.state
    answer = case.call(base_url=state.apiUrl, auth=partial(signed, state=state))

    tally[f"{operation} {answer.status_code} {kind_of(answer)}"] += 1
    headers = {
        name.title(): values[0]
        for name, values in answer.headers.items()
        if not name.lower().startswith(_NOT_OURS)
    }
    breaches = CONTRACT.breaches(operation, answer.status_code, headers, answer.text)
    assert breaches == [], case.as_curl_command()
    case.validate_response(answer, excluded_checks=[*not_to_check(case, answer)])


def kind_of(answer: schemathesis.Response) -> str:
    """Return the problem's code, or the kind of success."""
    body = answer.json()
    if "VerificationResponse" in body:
        return str(body["VerificationResponse"])
    success = "replayed" if "idempotent-replayed" in answer.headers else "sent"
    return str(body.get("code", success))


def not_to_check(
    case: schemathesis.Case[Any], answer: schemathesis.Response
) -> Iterator[schemathesis.CheckFunction]:
    """Yield the checks that do not apply to an answer."""
    # It calls without a signature; tests/e2e covers that.
    yield ignored_auth
    body = case.body if isinstance(case.body, dict) else {}
    if body.get("DestinationIdentity") in FAILING:
        yield not_a_server_error
    # A schema cannot express the number lengths of each country.
    if answer.status_code == 400:
        errors = answer.json().get("errors", [])
        if {error["pointer"] for error in errors} == {"/DestinationIdentity"}:
            yield positive_data_acceptance
