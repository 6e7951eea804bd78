"""The whole service as one construct, for this stack or for another team's."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_pinpoint as pinpoint
from constructs import Construct

from .api import create_api
from .config import Config
from .function import OtpFunction
from .store import ITEM_ACTIONS, create_table


class OtpService(Construct):
    """Sends one-time passwords, at most one text per ReferenceId.

    Args:
        scope: the construct it belongs to.
        construct_id: its name there.
        config: what the operator decided.

    Attributes:
        application_id: the Amazon Pinpoint application that sends.
        table: remembers ReferenceIds.
        send: the send function.
        api: the HTTP API in front of it.
        caller_policy: attach it to whoever may call the API and the functions.

    """

    def __init__(self, scope: Construct, construct_id: str, *, config: Config) -> None:
        super().__init__(scope, construct_id)
        self.application_id = config.application_id or self._create_application()
        self.table = create_table(self)
        self.send = OtpFunction(
            self,
            "Send",
            config=config,
            handler="otp.send.handler",
            environment={
                "OTP_APPLICATION_ID": self.application_id,
                "OTP_TABLE_NAME": self.table.table_name,
                "OTP_ORIGINATION_IDENTITY": config.origination_identity,
                "OTP_BRAND_NAME": config.brand_name,
                **({"OTP_LANGUAGE": config.language} if config.language else {}),
            },
            statements=[
                iam.PolicyStatement(
                    actions=["mobiletargeting:SendOTPMessage"],
                    resources=[self._application_arn("otp")],
                ),
                iam.PolicyStatement(actions=list(ITEM_ACTIONS), resources=[self.table.table_arn]),
            ],
        )
        self.api = create_api(self, send=self.send.alias)
        self.caller_policy = iam.ManagedPolicy(
            self,
            "CallerPolicy",
            description="May send one-time passwords, through the API or by invoking the function",
            statements=[
                iam.PolicyStatement(actions=["execute-api:Invoke"], resources=[self._method_arn()]),
                iam.PolicyStatement(
                    actions=["lambda:InvokeFunction"], resources=[self.send.alias.function_arn]
                ),
            ],
        )

    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a principal invoke the function's alias directly."""
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["lambda:InvokeFunction"],
            resource_arns=[self.send.alias.function_arn],
        )

    def grant_invoke_api(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a principal call the API."""
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["execute-api:Invoke"],
            resource_arns=[self._method_arn()],
        )

    def _method_arn(self) -> str:
        return self.api.arn_for_execute_api("POST", "/otp", self.api.deployment_stage.stage_name)

    def _application_arn(self, resource: str) -> str:
        """Name one of an application's OTP resources.

        Source: AWS Service Authorization Reference, Amazon Pinpoint, resource types otp and
        verify-otp.
        """
        return Stack.of(self).format_arn(
            service="mobiletargeting",
            resource="apps",
            resource_name=f"{self.application_id}/{resource}",
        )

    def _create_application(self) -> str:
        application = pinpoint.CfnApp(
            self, "Application", name=f"{Stack.of(self).stack_name}-{self.node.id}"
        )
        return application.ref
