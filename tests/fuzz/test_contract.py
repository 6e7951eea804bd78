"""Whatever is sent, the answer is one of the document's; bad data is refused, and good is not."""

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

# What servers add, and API Gateway to every answer.
_NOT_OURS = ("connection", "content-length", "date", "server", "transfer-encoding", "x-amz")


def signed(request: requests.PreparedRequest, state: State) -> requests.PreparedRequest:
    """Sign with Signature Version 4, as the sandbox wants it."""
    credentials = Credentials(state.accessKeyId, state.secretAccessKey)
    signed = AWSRequest(method=request.method, url=request.url, data=request.body)
    SigV4Auth(credentials, "execute-api", state.region).add_auth(signed)
    request.headers.update(signed.headers)
    return request


@schema("sendOtp").parametrize()
def test_every_answer_of_send_is_one_of_the_document(
    case: schemathesis.Case[Any], deployment: Deployment, tally: Counter[str]
) -> None:
    """Examples, boundaries, and what is generated of the schemas, valid or not."""
    ask(case, deployment, tally)


@schema("verifyOtp").parametrize()
def test_every_answer_of_verify_is_one_of_the_document(
    case: schemathesis.Case[Any], deployment: Deployment, tally: Counter[str]
) -> None:
    """As those of send."""
    ask(case, deployment, tally)


def ask(case: schemathesis.Case[Any], deployment: Deployment, tally: Counter[str]) -> None:
    """Make one request, and judge the answer."""
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
    """Give the problem's code, or what kind of success it is."""
    body = answer.json()
    if "VerificationResponse" in body:
        return str(body["VerificationResponse"])
    success = "replayed" if "idempotent-replayed" in answer.headers else "sent"
    return str(body.get("code", success))


def not_to_check(
    case: schemathesis.Case[Any], answer: schemathesis.Response
) -> Iterator[schemathesis.CheckFunction]:
    """Give the checks that would expect what the document does not say."""
    # It would ask without a signature, as tests/e2e does.
    yield ignored_auth
    body = case.body if isinstance(case.body, dict) else {}
    if body.get("DestinationIdentity") in FAILING:
        yield not_a_server_error
    # No schema can say how many digits the numbers of a country have.
    if answer.status_code == 400:
        errors = answer.json().get("errors", [])
        if {error["pointer"] for error in errors} == {"/DestinationIdentity"}:
            yield positive_data_acceptance
