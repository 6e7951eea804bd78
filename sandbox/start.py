"""The start of a sandbox, step by step."""

import contextlib
import json
import time
import uuid
from collections.abc import Iterator, Mapping

from . import client
from .deploy import (
    CONTEXT,
    bootstrap,
    by_name,
    deploy,
    read_outputs,
    synthesize,
)
from .servers import (
    Server,
    ministack_port,
    note_children,
    page_port,
    start_ministack,
    start_pinpoint,
)
from .state import ACCOUNT_ID, APPLICATION_ID, PYTHON, REGION, ROOT, STATE_FILE, State

_FIRST_DESTINATION = "+12065550100"


class FirstMessageError(Exception):
    """Everything was deployed, but the first OTP did not arrive."""


@contextlib.contextmanager
def step(title: str) -> Iterator[None]:
    """Say what is being done, and how long it took."""
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
    """Start the emulators: Pinpoint's, and everything else's."""
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
    """Deploy the stack onto the emulators; gives what others are told of it."""
    with step("Preparing the emulated account (cdk bootstrap)"):
        # Synthesizing needs no AWS: both run at once.
        synthesis = cleanup.enter_context(synthesize({**CONTEXT, **context}))
        cleanup.enter_context(bootstrap(ministack.url, secret)).finish()
    with step("Synthesizing the stack (cdk synth)"):
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


def send_first(state: State) -> None:
    """Show that it works."""
    with step("Sending a first OTP through the API"):
        request = {"ReferenceId": str(uuid.uuid4()), "DestinationIdentity": _FIRST_DESTINATION}
        answer = client.send(state, request)
    print(f"\n{json.dumps(answer.json(), indent=2)}\n", flush=True)
    if not client.inbox(state):
        raise FirstMessageError("No text arrived; the answer above says why.")


def say_ready(state: State, *, auth: bool) -> None:
    """Say how to reach it, and what to do next."""
    iam = "IAM       enforced; that access key is the account's root, which may do everything\n"
    print(
        f"API       {state.apiUrl}  (region {state.region})\n"
        f"Key       {state.accessKeyId}; its secret, new for each sandbox, is in the file below\n"
        f"{iam if auth else ''}"
        f"Page      {state.pageUrl}  (the phone, in a browser)\n"
        f"Inbox     {state.inboxUrl}\n"
        f"All else  {STATE_FILE.relative_to(ROOT)}\n"
        "\n"
        "Send another one, from another terminal, and verify its code:\n"
        "\n"
        f"    {PYTHON} -m sandbox send {_FIRST_DESTINATION}\n"
        f"    {PYTHON} -m sandbox verify CODE\n"
        "\n"
        "The sandbox is ready. Texts appear here as they arrive; Ctrl-C ends it, or\n"
        f"{PYTHON} -m sandbox --stop.\n",
        flush=True,
    )
