"""The deployed function, invoked by another Lambda function or by whoever may."""

import json

from tests.support.deployment import Deployment, request


def test_the_same_json_object_gives_the_same_message_response(deployment: Deployment) -> None:
    """Sent over HTTP, then invoked: the first answer as an object, marked as a replay."""
    asked = request()
    over_http = deployment.send(asked).json()

    invoked = deployment.invoke(asked)

    assert invoked.function_error is None
    assert invoked.payload == over_http | {"IdempotentReplayed": True}
    assert len(deployment.texts(asked["ReferenceId"])) == 1


def test_a_first_invoke_sends(deployment: Deployment) -> None:
    """One text, and no mark of a replay."""
    asked = request(BrandName="Other")

    invoked = deployment.invoke(asked)

    assert invoked.payload.keys() == {"MessageResponse"}
    [text] = deployment.texts(asked["ReferenceId"])
    assert text["body"].endswith("from Other")


def test_a_failure_is_a_function_error_that_holds_the_problem(deployment: Deployment) -> None:
    """Its message is the document; MiniStack does not pass the errorType on."""
    invoked = deployment.invoke(request(CodeLength=9))

    assert invoked.function_error is not None
    problem = json.loads(invoked.payload["errorMessage"])
    assert (problem["code"], problem["errors"][0]["pointer"]) == ("InvalidRequest", "/CodeLength")
