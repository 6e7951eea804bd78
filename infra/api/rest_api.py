"""The HTTP API: `POST /otp` and `POST /otp/verify`, open to IAM principals only."""

import json

from aws_cdk import Duration, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.acknowledge import acknowledge
from infra.config import Config
from infra.data.logs import create_log_group
from infra.deployment import Deployment

from .gateway_responses import add_gateway_responses
from .log_role import create_log_role
from .resource_policy import resource_policy

STAGE = "v1"

_PATHS = ("/otp", "/otp/verify")

# TLS 1.2 and 1.3:
# https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies.html
_TLS = apigateway.SecurityPolicy.TLS13_1_2_PQ_2025_09
_TLS_OF_THE_API = f"SecurityPolicy_{_TLS.value}"

# No body, no query, no user agent: no field in which a caller could put a phone number.
_ACCESS_LOG = {
    # The caller may choose the requestId, but not the extendedRequestId.
    "requestId": "$context.requestId",
    "extendedRequestId": "$context.extendedRequestId",
    "time": "$context.requestTime",
    "caller": "$context.identity.userArn",
    "sourceIp": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "path": "$context.resourcePath",
    "status": "$context.status",
    "gatewayResponse": "$context.error.responseType",
    "waf": "$context.waf.status",
    "latencyMs": "$context.responseLatency",
    "functionLatencyMs": "$context.integrationLatency",
    "functionRequestId": "$context.integration.requestId",
    "responseBytes": "$context.responseLength",
    "traceId": "$context.xrayTraceId",
}


class OtpApi(Construct):
    """The API in front of the functions.

    Args:
        scope: the construct it belongs to.
        construct_id: its name there.
        deployment: its configuration has the principals, the rate limits and the domain name.
        send: answers `POST /otp`.
        verify: answers `POST /otp/verify`.

    Attributes:
        rest_api: the API.
        url: the base URL, without a slash at its end.
        domain: the custom domain name, if it has one.
        method_arns: the methods of the stage, for a policy.

    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        send: lambda_.IFunction,
        verify: lambda_.IFunction,
    ) -> None:
        super().__init__(scope, construct_id)
        config = deployment.config
        logging = config.api_gateway_log_role != "none"
        access_log = create_log_group(self, "AccessLog", deployment) if logging else None
        self.rest_api = apigateway.RestApi(
            self,
            "Api",
            # The name is a dimension of its metrics.
            rest_api_name=deployment.label,
            description="Sends and verifies one-time passwords, at most one text per ReferenceId",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            # The role is account-wide: see log_role.py.
            cloud_watch_role=False,
            policy=resource_policy(self, config),
            deploy_options=self._stage_options(config, access_log),
            default_method_options=apigateway.MethodOptions(
                authorization_type=apigateway.AuthorizationType.IAM
            ),
        )
        # RestApi adds an output with a generated name; the stack has its own.
        self.rest_api.node.try_remove_child("Endpoint")
        resource = self.rest_api.node.default_child
        assert isinstance(resource, apigateway.CfnRestApi)  # noqa: S101 - the CDK's own promise
        resource.security_policy = _TLS_OF_THE_API
        resource.endpoint_access_mode = apigateway.EndpointAccessMode.STRICT.value
        add_gateway_responses(self.rest_api)
        self._add_methods(send, verify)
        self._wait_for_logs(deployment)
        self._add_client_certificate(config)
        self.domain = self._add_domain(config)
        # RestApi.url ends in a slash, and API Gateway answers 403 to `//otp`.
        self.url = f"https://{config.domain_name or self._place()}"
        self.method_arns = tuple(
            self.rest_api.arn_for_execute_api("POST", path, STAGE) for path in _PATHS
        )
        self._acknowledge(config)

    def _place(self) -> str:
        stack, stage = Stack.of(self), self.rest_api.deployment_stage.stage_name
        host = f"{self.rest_api.rest_api_id}.execute-api.{stack.region}.{stack.url_suffix}"
        return f"{host}/{stage}"

    def metric(self, name: str, statistic: str) -> cloudwatch.Metric:
        """Return a metric of the API by the minute, API Gateway's own answers included."""
        return cloudwatch.Metric(
            namespace="AWS/ApiGateway",
            metric_name=name,
            dimensions_map={"ApiName": self.rest_api.rest_api_name, "Stage": STAGE},
            statistic=statistic,
            period=Duration.minutes(1),
        )

    def _stage_options(
        self, config: Config, access_log: logs.ILogGroup | None
    ) -> apigateway.StageOptions:
        errors_only = (
            apigateway.MethodLoggingLevel.ERROR if access_log else apigateway.MethodLoggingLevel.OFF
        )
        return apigateway.StageOptions(
            stage_name=STAGE,
            tracing_enabled=True,
            logging_level=errors_only,
            # The data is the body, and so the phone number.
            data_trace_enabled=False,
            throttling_rate_limit=config.api_requests_per_second,
            throttling_burst_limit=config.api_burst,
            method_options={
                f"{path}/POST": apigateway.MethodDeploymentOptions(
                    logging_level=errors_only,
                    data_trace_enabled=False,
                    throttling_rate_limit=rate,
                    throttling_burst_limit=burst,
                )
                for path, rate, burst in (
                    ("/otp", config.send_requests_per_second, config.send_burst),
                    ("/otp/verify", config.verify_requests_per_second, config.verify_burst),
                )
            },
            access_log_destination=(
                apigateway.LogGroupLogDestination(access_log) if access_log else None
            ),
            access_log_format=(
                apigateway.AccessLogFormat.custom(json.dumps(_ACCESS_LOG)) if access_log else None
            ),
        )

    def _add_methods(self, send: lambda_.IFunction, verify: lambda_.IFunction) -> None:
        # The function validates the rest, and names every bad field.
        an_object = self.rest_api.add_model(
            "Object",
            content_type="application/json",
            description="A JSON object with at least one member",
            schema=apigateway.JsonSchema(
                schema=apigateway.JsonSchemaVersion.DRAFT4,
                type=apigateway.JsonSchemaType.OBJECT,
                min_properties=1,
            ),
        )
        validator = self.rest_api.add_request_validator(
            "Body",
            validate_request_body=True,
            # There are no parameters; security scanners require the setting.
            validate_request_parameters=True,
        )
        otp = self.rest_api.root.add_resource("otp")
        for resource, function in ((otp, send), (otp.add_resource("verify"), verify)):
            method = resource.add_method(
                "POST",
                # The console's test button would bypass the stage.
                apigateway.LambdaIntegration(function, allow_test_invoke=False),
                request_models={"application/json": an_object},
                request_validator=validator,
            )
            acknowledge(
                method,
                "Callers are services, which sign with IAM (SigV4). A user pool is for people.",
                "AwsSolutions-COG4",
            )

    def _wait_for_logs(self, deployment: Deployment) -> None:
        """Create the group of API Gateway's execution log, and the role that writes it, first.

        API Gateway would create the group itself: unencrypted, without expiry, and outside the
        stack.
        """
        log_role = deployment.config.api_gateway_log_role
        if log_role == "none":
            return
        stage = self.rest_api.deployment_stage
        stage.node.add_dependency(
            create_log_group(
                self,
                "ExecutionLog",
                deployment,
                name=f"API-Gateway-Execution-Logs_{self.rest_api.rest_api_id}/{STAGE}",
            )
        )
        if log_role == "create":
            stage.node.add_dependency(create_log_role(self))

    def _add_client_certificate(self, config: Config) -> None:
        if not config.client_certificate:
            return
        stage = self.rest_api.deployment_stage.node.default_child
        assert isinstance(stage, apigateway.CfnStage)  # noqa: S101 - the CDK's own promise
        stage.client_certificate_id = apigateway.CfnClientCertificate(
            self, "ClientCertificate", description="API Gateway's, towards HTTP backends"
        ).ref

    def _add_domain(self, config: Config) -> apigateway.DomainName | None:
        if not config.domain_name or not config.certificate_arn:
            return None
        return apigateway.DomainName(
            self,
            "Domain",
            domain_name=config.domain_name,
            certificate=acm.Certificate.from_certificate_arn(
                self, "Certificate", config.certificate_arn
            ),
            endpoint_type=apigateway.EndpointType.REGIONAL,
            security_policy=_TLS,
            endpoint_access_mode=apigateway.EndpointAccessMode.STRICT,
            mapping=self.rest_api,
        )

    def _acknowledge(self, config: Config) -> None:
        stage = self.rest_api.deployment_stage
        acknowledge(
            stage,
            "Each answer belongs to one POST request, so nothing may be cached.",
            "NIST.800.53.R5-APIGWCacheEnabledAndEncrypted",
            "HIPAA.Security-APIGWCacheEnabledAndEncrypted",
            "PCI.DSS.321-APIGWCacheEnabledAndEncrypted",
            "CKV_AWS_120",
        )
        if config.api_gateway_log_role == "none":
            acknowledge(
                stage,
                "API Gateway needs an account-wide role to write logs, and the operator has chosen "
                "none (apiGatewayLogRole=none). The functions log every request.",
                "AwsSolutions-APIG1",
                "AwsSolutions-APIG6",
                "Serverless-APIGWAccessLogging",
                "NIST.800.53.R5-APIGWExecutionLoggingEnabled",
                "HIPAA.Security-APIGWExecutionLoggingEnabled",
                "PCI.DSS.321-APIGWExecutionLoggingEnabled",
                "CKV_AWS_76",
            )
        if not config.waf:
            acknowledge(
                stage,
                "The operator has turned the firewall off (waf=false). Every call is signed.",
                "AwsSolutions-APIG3",
                "NIST.800.53.R5-APIGWAssociatedWithWAF",
                "PCI.DSS.321-APIGWAssociatedWithWAF",
            )
        if not config.client_certificate:
            acknowledge(
                stage,
                "A client certificate is for HTTP backends. Here, Lambda is invoked with IAM "
                "(clientCertificate=false).",
                "NIST.800.53.R5-APIGWSSLEnabled",
                "HIPAA.Security-APIGWSSLEnabled",
                "PCI.DSS.321-APIGWSSLEnabled",
            )
