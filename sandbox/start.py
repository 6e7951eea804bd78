"""The start of a sandbox, step by step."""

import contextlib
import json
import time
import uuid
from collections.abc import Iterator, Mapping

from . import client
from .deploy import CONTEXT, bootstrap, by_name, deploy, read_outputs, synthesize
from .servers import (
    Server,
    ministack_port,
    note_children,
    page_port,
    start_ministack,
    start_pinpoint,
)
from .state import ACCOUNT_ID, APPLICATION_ID, PYTHON, REGION, State

_FIRST_DESTINATION = "+12065550100"


class FirstMessageError(Exception):
    """The stack was deployed, but the first text did not arrive."""


@contextlib.contextmanager
def step(title: str) -> Iterator[None]:
    """Print a step's title, then how long it took."""
    print(f"==> {title} ...", end="", flush=True)
    started = time.monotonic()
    try:
        yield
    except BaseException:
        print(flush=True)
        raise
    print(f" {time.monotonic() - started:.1f} s", flush=True)


def start_servers(
    cleanup: contextlib.ExitStack, secret: str, *, auth: bool
) -> tuple[Server, Server]:
    """Start the two emulators: Pinpoint's, and MiniStack for the rest of AWS."""
    with step("Starting the emulators"):
        port = ministack_port()
        pinpoint = start_pinpoint(iam_port=port if auth else None)
        cleanup.callback(pinpoint.stop)
        ministack = start_ministack(port, pinpoint.url, secret, auth=auth)
        cleanup.callback(ministack.stop)
        note_children(pinpoint, ministack)
        pinpoint.wait_until_up("/health")
        ministack.wait_until_up("/_ministack/health")
    return pinpoint, ministack


def deploy_stack(
    cleanup: contextlib.ExitStack,
    pinpoint: Server,
    ministack: Server,
    secret: str,
    *,
    context: Mapping[str, str],
) -> State:
    """Deploy the stack onto the emulators; returns how to reach it."""
    with step("Bootstrapping the emulated account (cdk bootstrap)"):
        # Synthesizing needs no AWS, so both run at once.
        synthesis = cleanup.enter_context(synthesize({**CONTEXT, **context}))
        cleanup.enter_context(bootstrap(ministack.url, secret)).finish()
    with step("Building the bundle and the template (cdk synth)"):
        synthesis.finish()
    with step("Deploying the stack (cdk deploy)"):
        cleanup.enter_context(deploy(ministack.url, secret)).finish()
    outputs = read_outputs()
    # MiniStack serves an API below its own address.
    api_id = outputs["ApiUrl"].removeprefix("https://").partition(".")[0]
    stage = outputs["ApiUrl"].rpartition("/")[2]
    return State(
        apiUrl=f"{by_name(ministack.url)}/_aws/execute-api/{api_id}/{stage}",
        region=REGION,
        accessKeyId=ACCOUNT_ID,
        secretAccessKey=secret,
        awsEndpoint=by_name(ministack.url),
        pinpointEndpoint=pinpoint.url,
        applicationId=APPLICATION_ID,
        sendFunction=outputs["SendFunctionArn"],
        verifyFunction=outputs["VerifyFunctionArn"],
        table=outputs["TableName"],
        inboxUrl=f"{pinpoint.url}/inbox",
        pageUrl=f"http://127.0.0.1:{page_port()}/",
    )


def send_first(state: State) -> int:
    """Send the first text and show it; returns how many texts were shown.

    Raises:
        FirstMessageError: no text arrived.

    """
    with step("Sending a first text"):
        request = {"ReferenceId": str(uuid.uuid4()), "DestinationIdentity": _FIRST_DESTINATION}
        answer = client.send(state, request)
    shown = show_texts(state)
    if not shown:
        raise FirstMessageError(
            f"No text arrived. The API answered {answer.status}:\n"
            f"{json.dumps(answer.json(), indent=2)}"
        )
    return shown


def show_texts(state: State, *, after: int = 0) -> int:
    """Print the texts in the inbox after the oldest `after`; returns how many were printed."""
    texts = client.inbox(state, after=after)
    for text in texts:
        print(f"  {text['to']}  {text['body']}", flush=True)
    return len(texts)


def say_ready(state: State) -> None:
    """Print where the API and the page are, and how to send and to stop."""
    print(
        f"\nAPI   {state.apiUrl}  (region {state.region})\n"
        f"Page  {state.pageUrl}\n"
        f"Send  {PYTHON} -m sandbox send {_FIRST_DESTINATION}\n"
        f"Stop  {PYTHON} -m sandbox --stop",
        flush=True,
    )
