"""Who may call the service, and as what."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.support.deployment import request

from .account import Account


def invoke(account: Account, role: str, function: str, **options: str) -> int:
    """Invoke a function as somebody with a role; returns the status."""
    lambda_ = account.client("lambda", account.roles[role])
    answer = lambda_.invoke(FunctionName=function, Payload=json.dumps(request()), **options)
    status: int = answer["StatusCode"]
    return status


def test_with_the_callers_policy_one_may_call_the_api(account: Account) -> None:
    """200, and a text."""
    asked = request()

    answer = account.post("/otp", asked, account.roles["caller"])

    assert answer.status == 200
    assert len(account.deployment.texts(asked["ReferenceId"])) == 1


def test_without_it_the_api_refuses(account: Account) -> None:
    """403, by API Gateway, and no text."""
    asked = request()

    answer = account.post("/otp", asked, account.roles["stranger"])

    assert answer.status == 403
    assert account.deployment.texts(asked["ReferenceId"]) == []


def test_with_the_callers_policy_one_may_invoke_the_alias(account: Account) -> None:
    """By the ARN in the stack's outputs, or by name and qualifier."""
    function, _, alias = account.functions["send"].rpartition(":")

    assert invoke(account, "caller", account.functions["send"]) == 200
    assert invoke(account, "caller", function, Qualifier=alias) == 200


def test_without_it_lambda_refuses(account: Account) -> None:
    """AccessDeniedException."""
    with pytest.raises(ClientError, match="AccessDeniedException"):
        invoke(account, "stranger", account.functions["send"])


@pytest.mark.parametrize("qualifier", [None, "$LATEST", "1"])
def test_a_caller_may_not_go_past_the_alias(account: Account, qualifier: str | None) -> None:
    """Neither to the function itself nor to a version, whichever way it is named."""
    function = account.functions["send"].rpartition(":")[0]

    with pytest.raises(ClientError, match="AccessDeniedException"):
        invoke(account, "caller", f"{function}:{qualifier}" if qualifier else function)
    with pytest.raises(ClientError, match="AccessDeniedException"):
        invoke(account, "caller", function, **({"Qualifier": qualifier} if qualifier else {}))
