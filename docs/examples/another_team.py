"""Another team's stack with the service in it: its own function sends, nobody else may.

npx cdk deploy --app ".venv/bin/python -m docs.examples.another_team"
"""

import os

os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.config import Config
from infra.service import OtpService

_LOGIN = """
import json, os, uuid
import boto3

client = boto3.client("lambda")

def handler(event, context):
    answer = client.invoke(
        FunctionName=os.environ["SEND_FUNCTION_ARN"],
        Payload=json.dumps(
            {"ReferenceId": str(uuid.uuid4()), "DestinationIdentity": event["phone"]}
        ),
    )
    return json.load(answer["Payload"])
"""


class LoginStack(cdk.Stack):
    """A login service that verifies phone numbers."""

    def __init__(self, scope: Construct, construct_id: str, *, region: str) -> None:
        super().__init__(scope, construct_id, env=cdk.Environment(region=region))
        otp = OtpService(
            self,
            "Otp",
            config=Config(
                profile="production",
                region=region,
                application_id="7353f53e6885409fa32d07cedexample",
                origination_identity="+18555550142",
                brand_name="ExampleCorp",
                allowed_countries=("US", "CA"),
                deployment_per_hour=6000,
                alarm_texts_per_hour=5000,
            ),
        )
        login = lambda_.Function(
            self,
            "Login",
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.handler",
            code=lambda_.Code.from_inline(_LOGIN),
            environment={"SEND_FUNCTION_ARN": otp.send.alias.function_arn},
        )
        # The function sends by invoking, without the API. The grant is for both functions: it may
        # verify as well, and do nothing else with the service.
        otp.grant_invoke(login)
        # A support tool calls the API, signed.
        support = iam.Role(self, "Support", assumed_by=iam.AccountRootPrincipal())
        otp.grant_invoke_api(support)


def main() -> None:
    """Synthesize the stack."""
    app = cdk.App()
    LoginStack(app, "Login", region="eu-west-1")
    app.synth()


if __name__ == "__main__":
    main()
