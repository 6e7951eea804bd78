"""The HTTP API: `POST /otp`, open to IAM principals only."""

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from constructs import Construct


def create_api(scope: Construct, *, send: lambda_.IFunction) -> apigateway.RestApi:
    """Create the API in front of the functions."""
    api = apigateway.RestApi(
        scope,
        "Api",
        description="Sends one-time passwords, at most one text per ReferenceId",
        endpoint_types=[apigateway.EndpointType.REGIONAL],
        deploy_options=apigateway.StageOptions(stage_name="v1"),
        default_method_options=apigateway.MethodOptions(
            authorization_type=apigateway.AuthorizationType.IAM
        ),
    )
    # RestApi adds an output of its own, with a generated name; the stack has a better one.
    api.node.try_remove_child("Endpoint")
    api.root.add_resource("otp").add_method(
        "POST",
        # The console's test button would be a second way in, past the stage.
        apigateway.LambdaIntegration(send, allow_test_invoke=False),
    )
    return api
