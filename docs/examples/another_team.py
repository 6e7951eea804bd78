"""Another team's stack, which contains the service. The team's own function sends and verifies.

npx cdk deploy --app ".venv/bin/python -m docs.examples.another_team"
"""

import os
import shutil
from pathlib import Path

os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.config import Config
from infra.service import OtpService

_ROOT = Path(__file__).resolve().parent.parent.parent
_CLIENT = _ROOT / "clients" / "python"


def build_login() -> Path:
    """Assemble the login function's code: its handler and the client.

    The client needs boto3, which Lambda's runtime includes.
    """
    folder = _ROOT / "build" / "another-team"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(
        _CLIENT / "src" / "serverless_otp",
        folder / "serverless_otp",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    shutil.copy(_CLIENT / "examples" / "lambda_login.py", folder)
    return folder


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
            handler="lambda_login.handler",
            code=lambda_.Code.from_asset(str(build_login())),
            environment={
                "SEND_FUNCTION_ARN": otp.send.alias.function_arn,
                "VERIFY_FUNCTION_ARN": otp.verify.alias.function_arn,
            },
            timeout=cdk.Duration.seconds(30),
        )
        # The login function may invoke `send` and `verify`, and do nothing else with the service.
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
