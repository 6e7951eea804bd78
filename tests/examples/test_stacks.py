"""The example stacks of docs/examples, deployed beside the service and run.

tests/infra/test_examples.py checks how the state machine handles each problem.
"""

import json
import shutil
import time
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import boto3
import pytest
import s3transfer
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template
from serverless_otp import OtpClient

from docs.examples import event_bridge, sqs, step_functions
from docs.examples.event_bridge import CodesStack
from docs.examples.step_functions import VerificationStack
from docs.examples.step_functions_page import NotWaitingError, Page
from sandbox import client
from tests.support.deployment import NUMBER, Deployment
from tests.support.texts import code_in, wrong_code

_SECONDS = 60


def deploy(
    deployment: Deployment, make: Callable[..., cdk.Stack], name: str, folder: Path
) -> dict[str, str]:
    """Deploy an example stack, whose assets exist already; returns its outputs."""
    app = cdk.App(outdir=str(folder))
    stack = make(app, name, send_function=deployment.state.sendFunction)
    formation = boto3.client("cloudformation", **client.aws_options(deployment.state))
    template = json.dumps(Template.from_stack(stack).to_json())
    formation.create_stack(StackName=name, TemplateBody=template, Capabilities=["CAPABILITY_IAM"])
    formation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    [created] = formation.describe_stacks(StackName=name)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in created["Outputs"]}


def until(look: Callable[[], object]) -> None:
    """Wait until a condition is true."""
    deadline = time.monotonic() + _SECONDS
    while not look():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)


def test_code_ends_its_own_execution(deployment: Deployment, tmp_path: Path) -> None:
    """The execution's name is the ReferenceId, by which the page finds the task token.

    The token expires with the code. A code that comes before its token is not used up.
    """
    state = deployment.state
    options = client.aws_options(state)
    outputs = deploy(deployment, VerificationStack, "Verification", tmp_path)
    states: Any = boto3.client("stepfunctions", **options)
    tokens: Any = boto3.resource("dynamodb", **options).Table(outputs["TokensTableName"])
    session = boto3.Session(state.accessKeyId, state.secretAccessKey, region_name=state.region)
    otp_client = OtpClient(api_url=state.apiUrl + "/", region_name=state.region, session=session)
    page = Page(otp_client, tokens, states)
    executions: dict[str, str] = {}
    codes: dict[str, str] = {}

    def token(name: str) -> Any:
        return tokens.get_item(Key={"ReferenceId": name}).get("Item")

    def status(name: str) -> str:
        return str(states.describe_execution(executionArn=executions[name])["status"])

    first, second = str(uuid.uuid4()), str(uuid.uuid4())
    before = time.time()
    for name in (first, second):
        executions[name] = states.start_execution(
            stateMachineArn=outputs["StateMachineArn"],
            name=name,
            input=json.dumps({"phone": NUMBER}),
        )["executionArn"]
        until(lambda name=name: token(name))  # type: ignore[misc]  # bound now
        [text] = deployment.texts(name)
        codes[name] = code_in(text)
    expires = token(first)["ExpiresAt"]  # in seconds since 1970, as TTL requires
    assert before - 1 <= expires - step_functions.VALID_SECONDS <= time.time()

    with pytest.raises(NotWaitingError):
        page.confirm(str(uuid.uuid4()), NUMBER, codes[second])
    for typed in (wrong_code(codes[second]), "12a456"):
        assert page.confirm(second, NUMBER, typed) is False
    assert status(second) == "RUNNING"
    for name in (second, first):
        assert status(first) == "RUNNING"
        assert page.confirm(name, NUMBER, codes[name]) is True
        until(lambda name=name: status(name) != "RUNNING")  # type: ignore[misc]  # bound now
        assert status(name) == "SUCCEEDED"
        history = states.get_execution_history(executionArn=executions[name])
        assert codes[name] not in json.dumps(history, default=str)


def test_repeated_event_texts_once(deployment: Deployment, tmp_path: Path) -> None:
    """EventBridge may deliver an event twice; both have the event's ReferenceId."""
    bus = deploy(deployment, CodesStack, "Codes", tmp_path)["BusName"]
    events = boto3.client("events", **client.aws_options(deployment.state))
    reference_id = str(uuid.uuid4())
    detail = json.dumps({"referenceId": reference_id, "phone": NUMBER})
    entry = {"EventBusName": bus, "Source": event_bridge.SOURCE, "Detail": detail}

    events.put_events(Entries=[{**entry, "DetailType": event_bridge.DETAIL_TYPE}] * 2)

    until(lambda: deployment.texts(reference_id))
    # A third request with the ReferenceId gets the recorded answer.
    answer = deployment.send({"ReferenceId": reference_id, "DestinationIdentity": NUMBER})
    assert answer.headers["Idempotent-Replayed"] == "true"
    assert len(deployment.texts(reference_id)) == 1


class Bucketed(sqs.QueueStack):
    """The queue example, with its code in a bucket of the test."""

    def __init__(self, app: cdk.App, name: str, *, send_function: str, bucket: str) -> None:
        of_code = s3.Bucket.from_bucket_name(cdk.Stack(app, "Elsewhere"), "Code", bucket)
        code = lambda_.Code.from_bucket(of_code, "code.zip")
        super().__init__(app, name, send_function=send_function, code=code)


def test_each_message_of_a_queue_texts_once(deployment: Deployment, tmp_path: Path) -> None:
    """A repeated batch texts nobody; retryable and invalid messages stay in the queue."""
    options = client.aws_options(deployment.state)
    folder = sqs.build()
    for library in (boto3, s3transfer):  # part of Lambda's runtime on AWS
        shutil.copytree(Path(library.__path__[0]), folder / library.__name__)
    archive = shutil.make_archive(str(tmp_path / "code"), "zip", folder)
    bucket = boto3.client("s3", **options)
    bucket.create_bucket(Bucket="code-of-queue")
    bucket.upload_file(archive, "code-of-queue", "code.zip")
    stack = partial(Bucketed, bucket="code-of-queue")
    url = deploy(deployment, stack, "Queue", tmp_path / "out")["QueueUrl"]
    queue, lambda_api = boto3.client("sqs", **options), boto3.client("lambda", **options)
    chosen = str(uuid.uuid4())
    bodies = {
        "sent": json.dumps({"phone": NUMBER}),
        "of its own ReferenceId": json.dumps({"phone": NUMBER, "referenceId": chosen}),
        "put twice": json.dumps({"phone": NUMBER, "referenceId": chosen}),
        "opted out": json.dumps({"phone": "+12065550101"}),
        "nobody knows": json.dumps({"phone": "+12065550109"}),
        "to be repeated": json.dumps({"phone": "+12065550104"}),
        "no message": "hello",
    }

    entries: Any = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies.values())]
    put = queue.send_message_batch(QueueUrl=url, Entries=entries)
    ids = dict(zip(bodies, (one["MessageId"] for one in put["Successful"]), strict=True))

    def kept() -> int:
        counts: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = queue.get_queue_attributes(QueueUrl=url, AttributeNames=counts)["Attributes"]
        return sum(map(int, found.values()))

    until(lambda: kept() == 2)
    [mapping] = lambda_api.list_event_source_mappings()["EventSourceMappings"]
    records = [{"messageId": ids[name], "body": body} for name, body in bodies.items()]
    again = deployment.invoke({"Records": records}, mapping["FunctionArn"])
    left = [{"itemIdentifier": ids[name]} for name in ("to be repeated", "no message")]
    assert again.payload == {"batchItemFailures": left}
    texts = {one: len(deployment.texts(one)) for one in (*ids.values(), chosen)}
    once = {ids["sent"], chosen, ids["nobody knows"]}
    assert texts == {one: int(one in once) for one in texts}
