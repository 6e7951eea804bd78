"""The template, whole: an action more or an ARN wider than wanted is a failure here."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Template
from constructs import Construct
from pydantic import TypeAdapter

from infra.config import ARCHITECTURES, PYTHON_VERSIONS, Config
from infra.function import TIMEOUT_SECONDS
from infra.service import OtpService
from infra.stack import OtpStack
from lambda_src.otp import settings
from lambda_src.otp.request import SendOtpRequest

from .helpers import APPLICATION_ID, THIS_PYTHON, RenderedTemplate, cdk_context, context

ROLE = "AWS::IAM::Role"
CALLER_POLICY = "AWS::IAM::ManagedPolicy"
FUNCTION = "AWS::Lambda::Function"
VERSION = "AWS::Lambda::Version"
ALIAS = "AWS::Lambda::Alias"
PERMISSION = "AWS::Lambda::Permission"
LOG_GROUP = "AWS::Logs::LogGroup"
TABLE = "AWS::DynamoDB::GlobalTable"
API = "AWS::ApiGateway::RestApi"
API_RESOURCE = "AWS::ApiGateway::Resource"
METHOD = "AWS::ApiGateway::Method"
DEPLOYMENT = "AWS::ApiGateway::Deployment"
STAGE = "AWS::ApiGateway::Stage"
APPLICATION = "AWS::Pinpoint::App"
QUEUE = "AWS::SQS::Queue"
QUEUE_POLICY = "AWS::SQS::QueuePolicy"
ASYNCHRONOUS = "AWS::Lambda::EventInvokeConfig"

API_GATEWAY_WAITS_SECONDS = 29


class StubBundle:
    """Nothing, to be deployed: a template is not about the code.

    Args:
        folder: where it is.

    Attributes:
        asked: the runtimes it was asked for.

    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.asked: list[tuple[str, str]] = []

    def build(self, python_version: str, architecture: str) -> Path:
        """Stand in for `infra.bundle.build`."""
        self.asked.append((python_version, architecture))
        return self._folder


@pytest.fixture(scope="module", autouse=True)
def stub_bundle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StubBundle]:
    """Replace the bundle while this module's tests run."""
    folder = tmp_path_factory.mktemp("bundle")
    (folder / "code.py").touch()
    stub = StubBundle(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("infra.function.build", stub.build)
        yield stub


@pytest.fixture(scope="module")
def minimal(tmp_path_factory: pytest.TempPathFactory) -> RenderedTemplate:
    """Synthesize what the least configuration gives: no language, an existing application."""
    return synthesize(tmp_path_factory.mktemp("minimal"))


@pytest.fixture(scope="module")
def creating(tmp_path_factory: pytest.TempPathFactory) -> RenderedTemplate:
    """Synthesize a stack that creates the Pinpoint application, and has a language."""
    return synthesize(
        tmp_path_factory.mktemp("creating"),
        applicationId=None,
        createApplication="true",
        language="es-ES",
    )


@pytest.fixture(scope="module", params=["minimal", "creating"])
def template(request: pytest.FixtureRequest) -> RenderedTemplate:
    """Give each of the templates in turn, for what must hold in all."""
    template: RenderedTemplate = request.getfixturevalue(request.param)
    return template


def synthesize(folder: Path, **changes: Any) -> RenderedTemplate:
    """Synthesize the stack from the least configuration with changes."""
    app = create_app(folder)
    stack = OtpStack(app, "Otp", config=Config.from_context(context(**changes)))
    return rendered(stack)


def create_app(folder: Path) -> cdk.App:
    """Create an app with the feature flags of the real one."""
    return cdk.App(outdir=str(folder), context=cdk_context())


def rendered(stack: cdk.Stack) -> RenderedTemplate:
    """Synthesize a stack's template."""
    return RenderedTemplate(Template.from_stack(stack).to_json())


def allowed(actions: str | list[str], resource: str) -> dict[str, Any]:
    """Write a statement that allows actions on one resource, without a condition."""
    return {"Effect": "Allow", "Action": actions, "Resource": resource}


def method_arn(template: RenderedTemplate) -> str:
    """Write the ARN of `POST /otp` in the one stage of the API."""
    return (
        "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:"
        f"{template.only(API).ref}/{template.only(STAGE).ref}/POST/otp"
    )


# --- The whole ---


def test_stack_with_an_application_holds_these_resources_and_no_others(
    minimal: RenderedTemplate,
) -> None:
    """A resource more, such as a second policy or a function URL, is noticed."""
    assert Counter(resource.type for resource in minimal.resources) == {
        ROLE: 1,
        CALLER_POLICY: 1,
        FUNCTION: 1,
        VERSION: 1,
        ALIAS: 1,
        PERMISSION: 1,
        LOG_GROUP: 1,
        TABLE: 1,
        API: 1,
        API_RESOURCE: 1,
        METHOD: 1,
        DEPLOYMENT: 1,
        STAGE: 1,
        QUEUE: 1,
        QUEUE_POLICY: 1,
        ASYNCHRONOUS: 1,
    }


def test_outputs_are_what_a_caller_and_an_operator_need(template: RenderedTemplate) -> None:
    """The outputs are these, under these names, and none is generated by the CDK."""
    application = template.all(APPLICATION)
    assert {name: output["Value"] for name, output in template.outputs.items()} == {
        "ApiUrl": (
            f"https://{template.only(API).ref}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}/"
            f"{template.only(STAGE).ref}/"
        ),
        "SendFunctionArn": template.only(ALIAS).ref,
        "SendFailureQueueUrl": template.only(QUEUE).ref,
        "CallerPolicyArn": template.only(CALLER_POLICY).ref,
        "ApplicationId": application[0].ref if application else APPLICATION_ID,
        "TableName": template.only(TABLE).ref,
    }


def test_every_output_says_what_it_is_for(template: RenderedTemplate) -> None:
    """Each output has a description, and none an export, whose name would be taken just once."""
    assert all(
        output.keys() == {"Value", "Description"} and output["Description"]
        for output in template.outputs.values()
    )


def test_nothing_has_a_name_that_a_second_deployment_would_want_too(
    template: RenderedTemplate,
) -> None:
    """The only fixed names are those that AWS lets many have, or keeps within a parent."""
    references = {resource.ref for resource in template.resources}
    fixed = {
        (resource.type, name)
        for resource in template.resources
        for name, value in resource.properties.items()
        if name.endswith("Name") and value not in references
    }
    assert fixed - {(APPLICATION, "Name")} == {
        (API, "Name"),  # an API is known by its ID
        (STAGE, "StageName"),  # within its API
        (ALIAS, "Name"),  # within its function
    }


def test_two_stacks_in_one_app_synthesize(tmp_path: Path) -> None:
    """A second deployment beside the first is a second stack; nothing is global."""
    app = create_app(tmp_path)
    config = Config.from_context(context())
    for name in ("First", "Second"):
        OtpStack(app, name, config=config)

    stacks = app.synth().stacks

    assert [stack.stack_name for stack in stacks] == ["First", "Second"]


# --- What the function may do ---


def test_send_role_may_send_write_records_and_log_and_nothing_else(
    minimal: RenderedTemplate,
) -> None:
    """The role's statements are exactly these."""
    assert minimal.only(ROLE).properties["Policies"] == [
        {
            "PolicyName": "Function",
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    allowed(
                        "mobiletargeting:SendOTPMessage",
                        "arn:${AWS::Partition}:mobiletargeting:${AWS::Region}:${AWS::AccountId}:"
                        f"apps/{APPLICATION_ID}/otp",
                    ),
                    allowed(
                        ["dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
                        minimal.only(TABLE).attribute("Arn"),
                    ),
                    allowed(
                        ["logs:CreateLogStream", "logs:PutLogEvents"],
                        minimal.only(LOG_GROUP).attribute("Arn"),
                    ),
                    allowed("sqs:SendMessage", minimal.only(QUEUE).attribute("Arn")),
                ],
            },
        }
    ]


def test_send_role_has_no_managed_policies(template: RenderedTemplate) -> None:
    """Its inline policy is all that the role has; no other one is attached from either side."""
    assert template.only(ROLE).properties.keys() == {
        "AssumeRolePolicyDocument",
        "Description",
        "Policies",
    }
    assert template.mentions(template.only(ROLE).logical_id) == {template.only(FUNCTION).logical_id}


def test_send_role_is_assumed_by_lambda_alone(template: RenderedTemplate) -> None:
    """The trust policy names the Lambda service and nobody else."""
    assert template.only(ROLE).properties["AssumeRolePolicyDocument"] == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"Service": "lambda.amazonaws.com"},
            }
        ],
    }


def test_no_policy_has_a_wildcard(template: RenderedTemplate) -> None:
    """No statement that allows has an asterisk or says what is meant by what is not."""
    statements = [found for found in template.statements() if found["Effect"] == "Allow"]
    assert len(statements) == 7
    for statement in statements:
        assert statement.keys() <= {"Effect", "Action", "Resource", "Principal"}
        assert "*" not in str(statement)


# --- The function ---


def test_function_is_the_send_handler_on_the_default_runtime(minimal: RenderedTemplate) -> None:
    """By default: arm64, and the Python that synthesizes, because it is the tested one."""
    properties = minimal.only(FUNCTION).properties
    assert properties["Handler"] == "otp.send.handler"
    assert properties["Runtime"] == f"python{THIS_PYTHON}"
    assert properties["Architectures"] == ["arm64"]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("python_version", PYTHON_VERSIONS)
def test_function_runs_and_is_built_for_the_configured_runtime(
    python_version: str, architecture: str, tmp_path: Path, stub_bundle: StubBundle
) -> None:
    """Lambda is told the runtime that the code was bundled for, and both are the configured."""
    template = synthesize(tmp_path, pythonVersion=python_version, architecture=architecture)

    properties = template.only(FUNCTION).properties
    assert properties["Runtime"] == f"python{python_version}"
    assert properties["Architectures"] == [architecture]
    assert stub_bundle.asked[-1] == (python_version, architecture)


def test_function_gets_exactly_these_settings(minimal: RenderedTemplate) -> None:
    """The environment is what Settings reads, none of it a secret; no language unless set."""
    assert minimal.only(FUNCTION).properties["Environment"] == {
        "Variables": {
            "OTP_APPLICATION_ID": APPLICATION_ID,
            "OTP_TABLE_NAME": minimal.only(TABLE).ref,
            "OTP_ORIGINATION_IDENTITY": "+18555550142",
            "OTP_BRAND_NAME": "ExampleCorp",
            "OTP_FUNCTION_SECONDS": "25",
        }
    }


def test_function_gets_the_configured_language(creating: RenderedTemplate) -> None:
    """A configured language is one setting more, and the only one."""
    assert creating.only(FUNCTION).properties["Environment"] == {
        "Variables": {
            "OTP_APPLICATION_ID": creating.only(APPLICATION).ref,
            "OTP_TABLE_NAME": creating.only(TABLE).ref,
            "OTP_ORIGINATION_IDENTITY": "+18555550142",
            "OTP_BRAND_NAME": "ExampleCorp",
            "OTP_LANGUAGE": "es-ES",
            "OTP_FUNCTION_SECONDS": "25",
        }
    }


def test_function_can_start_with_its_settings(template: RenderedTemplate) -> None:
    """The function's own reader of the environment is content with the stack's."""
    variables = template.only(FUNCTION).properties["Environment"]["Variables"]
    limits = settings.Settings.from_environment(variables).time_limits
    assert limits == settings.TimeLimits(function=TIMEOUT_SECONDS)


def test_function_has_no_other_properties(template: RenderedTemplate) -> None:
    """No layer, network, destination or tracing has come with it; and no fixed name."""
    assert template.only(FUNCTION).properties.keys() == {
        "Architectures",
        "Code",
        "Environment",
        "Handler",
        "LoggingConfig",
        "MemorySize",
        "Role",
        "Runtime",
        "Timeout",
    }


def test_function_logs_to_its_own_group_which_forgets(template: RenderedTemplate) -> None:
    """The log group is the stack's own, forgets after 30 days, and goes with the stack."""
    log_group = template.only(LOG_GROUP)
    assert log_group.properties == {"RetentionInDays": 30}
    assert log_group.whole["DeletionPolicy"] == "Delete"
    assert template.only(FUNCTION).properties["LoggingConfig"] == {"LogGroup": log_group.ref}


def test_function_gives_up_before_api_gateway_does(template: RenderedTemplate) -> None:
    """The caller hears from the function, not from a gateway that did not wait."""
    timeout = template.only(FUNCTION).properties["Timeout"]
    assert timeout == TIMEOUT_SECONDS == 25
    assert timeout < API_GATEWAY_WAITS_SECONDS


def test_function_has_time_for_the_slowest_of_all_its_steps() -> None:
    """Lock, text and record, each as late as it may be, fit into the function's timeout."""
    limits = settings.TimeLimits()
    attempt = limits.dynamodb_connect + limits.dynamodb_read
    # botocore waits up to 1, 2, 4 … seconds before the second, third, fourth … attempt.
    waits = sum(2**retry for retry in range(settings.DYNAMODB_ATTEMPTS - 1))
    dynamodb = settings.DYNAMODB_ATTEMPTS * attempt + waits

    assert limits.pinpoint_connect + limits.pinpoint_read <= limits.pinpoint_all_attempts
    assert dynamodb + limits.pinpoint_all_attempts + dynamodb < TIMEOUT_SECONDS


def test_reference_id_is_remembered_for_longer_than_any_code_is_valid() -> None:
    """The window covers the longest ValidityPeriod, begun as late as the function may send."""
    schema = TypeAdapter(SendOtpRequest).json_schema()
    longest_minutes = schema["properties"]["ValidityPeriod"]["maximum"]
    assert longest_minutes == 60

    assert longest_minutes * 60 + TIMEOUT_SECONDS < settings.WINDOW_SECONDS


# --- The alias ---


def test_alias_points_to_the_published_version(template: RenderedTemplate) -> None:
    """The alias is `live`, of the version that this template publishes."""
    assert template.only(ALIAS).properties == {
        "FunctionName": template.only(FUNCTION).ref,
        "FunctionVersion": template.only(VERSION).attribute("Version"),
        "Name": "live",
    }


def test_nothing_but_version_and_alias_knows_the_function_itself(
    template: RenderedTemplate,
) -> None:
    """No output, policy, permission or integration goes past the alias."""
    assert template.mentions(template.only(FUNCTION).logical_id) == {
        template.only(VERSION).logical_id,
        template.only(ALIAS).logical_id,
        # With the alias's name as its qualifier.
        template.only(ASYNCHRONOUS).logical_id,
    }
    assert template.mentions(template.only(VERSION).logical_id) == {template.only(ALIAS).logical_id}


# --- Asynchronous events ---


def test_asynchronous_events_never_arrive_after_the_window(template: RenderedTemplate) -> None:
    """Lambda drops an event after 5 minutes, far below the 65 for which a ReferenceId is held."""
    properties = template.only(ASYNCHRONOUS).properties
    assert properties == {
        "FunctionName": template.only(FUNCTION).ref,
        "Qualifier": "live",
        "MaximumEventAgeInSeconds": 300,
        "MaximumRetryAttempts": 2,
        "DestinationConfig": {
            "OnFailure": {"Destination": template.only(QUEUE).attribute("Arn")},
        },
    }
    assert properties["MaximumEventAgeInSeconds"] * 10 < settings.WINDOW_SECONDS
    assert template.only(ALIAS).logical_id in template.only(ASYNCHRONOUS).whole["DependsOn"]


def test_what_finally_fails_is_kept_encrypted_and_read_over_tls(template: RenderedTemplate) -> None:
    """The queue is encrypted, keeps a message for two weeks, and denies every call without TLS."""
    queue = template.only(QUEUE)
    assert queue.properties == {"SqsManagedSseEnabled": True, "MessageRetentionPeriod": 1209600}
    policy = template.only(QUEUE_POLICY).properties
    assert policy["Queues"] == [queue.ref]
    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": "sqs:*",
            "Resource": queue.attribute("Arn"),
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]


# --- The table ---


def test_table_is_exactly_this(template: RenderedTemplate) -> None:
    """One text key, paid per request, rows that expire, encrypted with a KMS key; no replica."""
    assert template.only(TABLE).properties == {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        "TimeToLiveSpecification": {"AttributeName": "expiration", "Enabled": True},
        "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS"},
        "Replicas": [{"Region": "${AWS::Region}"}],
    }


def test_table_goes_with_its_stack(template: RenderedTemplate) -> None:
    """Deleting the stack leaves no table behind, nor does replacing the table."""
    whole = template.only(TABLE).whole
    assert (whole["DeletionPolicy"], whole["UpdateReplacePolicy"]) == ("Delete", "Delete")


# --- The API ---


def test_post_otp_is_the_only_method_and_needs_a_signature(template: RenderedTemplate) -> None:
    """There is one path below the root, with one method, for IAM principals."""
    api, path = template.only(API), template.only(API_RESOURCE)
    assert path.properties == {
        "RestApiId": api.ref,
        "ParentId": api.attribute("RootResourceId"),
        "PathPart": "otp",
    }
    method = {**template.only(METHOD).properties}
    del method["Integration"]
    assert method == {
        "RestApiId": api.ref,
        "ResourceId": path.ref,
        "HttpMethod": "POST",
        "AuthorizationType": "AWS_IAM",
    }


def test_post_otp_is_proxied_to_the_alias(template: RenderedTemplate) -> None:
    """The alias gets the request as it is."""
    assert template.only(METHOD).properties["Integration"] == {
        "Type": "AWS_PROXY",
        "IntegrationHttpMethod": "POST",
        "Uri": (
            "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/"
            f"{template.only(ALIAS).ref}/invocations"
        ),
    }


def test_api_gateway_alone_may_invoke_the_alias_for_post_otp_alone(
    template: RenderedTemplate,
) -> None:
    """The one permission is the alias's, for this API's stage, method and path."""
    assert template.only(PERMISSION).properties == {
        "Action": "lambda:InvokeFunction",
        "FunctionName": template.only(ALIAS).ref,
        "Principal": "apigateway.amazonaws.com",
        "SourceArn": method_arn(template),
    }


def test_api_is_regional_and_has_one_stage(template: RenderedTemplate) -> None:
    """The API is reached in its region, at `v1`, and has no policy that opens it wider."""
    api = template.only(API)
    assert api.properties.keys() == {"Name", "Description", "EndpointConfiguration"}
    assert api.properties["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert template.only(STAGE).properties == {
        "RestApiId": api.ref,
        "DeploymentId": template.only(DEPLOYMENT).ref,
        "StageName": "v1",
    }


# --- What a caller may do ---


def test_caller_policy_allows_the_method_and_the_alias_and_nothing_else(
    template: RenderedTemplate,
) -> None:
    """Whoever gets the policy may send in the two ways there are; it is attached to nobody."""
    properties = template.only(CALLER_POLICY).properties
    assert properties.keys() == {"Description", "Path", "PolicyDocument"}
    assert properties["PolicyDocument"] == {
        "Version": "2012-10-17",
        "Statement": [
            allowed("execute-api:Invoke", method_arn(template)),
            allowed("lambda:InvokeFunction", template.only(ALIAS).ref),
        ],
    }


@dataclass(frozen=True)
class Granting:
    """A stack of another team's, with the service in it and a role that calls.

    Attributes:
        template: the stack's.
        statements: of the policies of each role of the team, by the role's construct ID.

    """

    template: RenderedTemplate
    statements: dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def granting(tmp_path_factory: pytest.TempPathFactory) -> Granting:
    """Synthesize the service inside another stack, with grants to roles of another construct."""
    stack = cdk.Stack(create_app(tmp_path_factory.mktemp("granting")), "Theirs")
    service = OtpService(stack, "Otp", config=Config.from_context(context()))
    team = Construct(stack, "Team")
    roles = {
        name: iam.Role(team, name, assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        for name in ("Invoker", "ApiCaller", "Stranger")
    }
    service.grant_invoke(roles["Invoker"])
    service.grant_invoke_api(roles["ApiCaller"])
    template = rendered(stack)
    policies = [policy.properties for policy in template.all("AWS::IAM::Policy")]
    logical_ids = {
        name: stack.resolve(role.role_arn)["Fn::GetAtt"][0] for name, role in roles.items()
    }
    return Granting(
        template,
        {
            name: [
                statement
                for policy in policies
                if f"${{{logical_id}}}" in policy["Roles"]
                for statement in policy["PolicyDocument"]["Statement"]
            ]
            for name, logical_id in logical_ids.items()
        },
    )


def test_grant_invoke_gives_a_role_the_alias_only(granting: Granting) -> None:
    """Another construct's role may invoke the alias: neither the function nor any version."""
    assert granting.statements["Invoker"] == [
        allowed("lambda:InvokeFunction", granting.template.only(ALIAS).ref)
    ]


def test_grant_invoke_api_gives_a_role_the_method_only(granting: Granting) -> None:
    """Another construct's role may call `POST /otp` in the stage."""
    assert granting.statements["ApiCaller"] == [
        allowed("execute-api:Invoke", method_arn(granting.template))
    ]


def test_role_without_a_grant_gets_nothing(granting: Granting) -> None:
    """A role that was granted nothing has no policy at all."""
    assert granting.statements["Stranger"] == []


# --- The Pinpoint application ---


def test_configured_application_is_not_created(minimal: RenderedTemplate) -> None:
    """With applicationId, the template holds no Pinpoint application."""
    assert minimal.all(APPLICATION) == []


def test_created_application_is_one_resource_more(
    minimal: RenderedTemplate, creating: RenderedTemplate
) -> None:
    """With createApplication, the application is the only difference in resources."""
    more = Counter(resource.type for resource in creating.resources) - Counter(
        resource.type for resource in minimal.resources
    )
    assert more == {APPLICATION: 1}
    assert len(creating.resources) == len(minimal.resources) + 1


def test_created_application_is_the_one_that_the_function_may_send_through(
    creating: RenderedTemplate,
) -> None:
    """The policy names the created application, and this template's other parts as before."""
    [policy] = creating.only(ROLE).properties["Policies"]
    assert policy["PolicyDocument"]["Statement"] == [
        allowed(
            "mobiletargeting:SendOTPMessage",
            "arn:${AWS::Partition}:mobiletargeting:${AWS::Region}:${AWS::AccountId}:"
            f"apps/{creating.only(APPLICATION).ref}/otp",
        ),
        allowed(
            ["dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
            creating.only(TABLE).attribute("Arn"),
        ),
        allowed(
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            creating.only(LOG_GROUP).attribute("Arn"),
        ),
        allowed("sqs:SendMessage", creating.only(QUEUE).attribute("Arn")),
    ]


def test_created_application_is_the_one_in_the_settings(creating: RenderedTemplate) -> None:
    """The function sends through the application that its stack created."""
    variables = creating.only(FUNCTION).properties["Environment"]["Variables"]
    assert variables["OTP_APPLICATION_ID"] == creating.only(APPLICATION).ref
