"""Reads what a stack deployed, on AWS or on this machine."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from lambda_src.otp.settings import SendSettings
from sandbox import client
from sandbox.state import State

if TYPE_CHECKING:
    from mypy_boto3_lambda.client import LambdaClient

FUNCTIONS = ("send", "verify")


class NotDeployedError(Exception):
    """The stack is missing, or is not one of Serverless OTP's; the text says which."""


@dataclass(frozen=True)
class Function:
    """One of the two functions.

    Attributes:
        alias_arn: the alias that callers invoke.
        log_group: the log group's name.
        runtime: such as `python3.13`.
        versions: those behind the alias: one, or two during a canary.

    """

    alias_arn: str
    log_group: str
    runtime: str
    versions: tuple[str, ...]


@dataclass(frozen=True)
class Deployment:
    """A deployment.

    Attributes:
        session: the account and its region.
        endpoint: the emulator's, on this machine; None on AWS.
        stack: the stack's name.
        stack_id: its ARN.
        description: the stack's description, which has the version.
        api_url: without a trailing slash.
        functions: `send` and `verify`.
        settings: the send function's.
        table: the table of ReferenceIds.
        queue_url: the queue of failed asynchronous requests.
        resources: the physical IDs of the stack's resources, by type.

    """

    session: boto3.Session
    endpoint: str | None
    stack: str
    stack_id: str
    description: str
    api_url: str
    functions: Mapping[str, Function]
    settings: SendSettings
    table: str
    queue_url: str
    resources: Mapping[str, list[str]]

    def client(self, service: str) -> Any:  # noqa: ANN401 - each service has a type of its own
        """Create a boto3 client. Lambda's never retries: a retry would be another request."""
        return _client(self.session, self.endpoint, service)


def from_sandbox(state: State) -> Deployment:
    """Read the deployment of a sandbox."""
    options = client.aws_options(state)
    endpoint = options.pop("endpoint_url")
    return from_stack(boto3.Session(**options), "ServerlessOtp", endpoint, state.apiUrl)


def from_stack(
    session: boto3.Session, name: str, endpoint: str | None = None, api_url: str | None = None
) -> Deployment:
    """Read what a stack deployed.

    Args:
        session: the account and its region.
        name: the stack's.
        endpoint: the emulator's, on this machine.
        api_url: the API's address, if it is not the stack's output.

    Raises:
        NotDeployedError: the stack is missing, or is not one of Serverless OTP's.

    """
    cloudformation = _client(session, endpoint, "cloudformation")
    try:
        [stack] = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        raise NotDeployedError(
            f"The stack {name} in {session.region_name}: {error.response['Error']['Message']}"
        ) from error
    outputs = {it["OutputKey"]: it["OutputValue"] for it in stack.get("Outputs", [])}
    resources: dict[str, list[str]] = {}
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=name):
        for it in page["StackResourceSummaries"]:
            resources.setdefault(it["ResourceType"], []).append(it.get("PhysicalResourceId", ""))
    try:
        aliases = {name: outputs[f"{name.capitalize()}FunctionArn"] for name in FUNCTIONS}
        lambda_ = _client(session, endpoint, "lambda")
        return Deployment(
            session=session,
            endpoint=endpoint,
            stack=name,
            stack_id=stack["StackId"],
            description=_description(cloudformation, name),
            api_url=(api_url or outputs["ApiUrl"]).rstrip("/"),
            functions={name: _function(lambda_, arn) for name, arn in aliases.items()},
            settings=_settings(lambda_, aliases["send"]),
            table=outputs["TableName"],
            queue_url=outputs["SendFailureQueueUrl"],
            resources=resources,
        )
    except KeyError as missing:
        raise NotDeployedError(
            f"The stack {name} has no {missing.args[0]}: is it one of Serverless OTP's?"
        ) from missing


def _description(cloudformation: Any, name: str) -> str:  # noqa: ANN401 - boto3's
    # DescribeStacks has it too, but not on this machine.
    template = cloudformation.get_template(StackName=name)["TemplateBody"]
    content = json.loads(template) if isinstance(template, str) else template
    return str(content.get("Description", ""))


def _client(session: boto3.Session, endpoint: str | None, service: str) -> Any:  # noqa: ANN401 - as above
    config = Config(retries={"total_max_attempts": 1} if service == "lambda" else {})
    return session.client(service, endpoint_url=endpoint, config=config)  # type: ignore[call-overload]  # a text


def _function(lambda_: "LambdaClient", arn: str) -> Function:
    configuration = lambda_.get_function_configuration(FunctionName=arn)
    function, _, alias_name = arn.rpartition(":")
    alias = lambda_.get_alias(FunctionName=function, Name=alias_name)
    others = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    return Function(
        alias_arn=arn,
        log_group=configuration["LoggingConfig"]["LogGroup"],
        runtime=configuration["Runtime"],
        versions=(alias["FunctionVersion"], *others),
    )


def _settings(lambda_: "LambdaClient", arn: str) -> SendSettings:
    environment = lambda_.get_function_configuration(FunctionName=arn)["Environment"]
    if "Error" in environment:
        raise NotDeployedError(f"The settings of {arn}: {environment['Error']['Message']}")
    return SendSettings.from_environment(environment["Variables"])
