"""The sandbox's own command line and state."""

import json
import os
import re
import socket
import stat
import urllib.parse
from pathlib import Path

import boto3
import pytest
from serverless_otp import OtpClient

from infra.config import keys
from sandbox import client
from sandbox.deploy import CONTEXT, synthesize
from sandbox.servers import ServerError, make_private
from sandbox.state import STATE_FILE, TEMPORARY
from tests.support.deployment import NUMBER, Deployment
from tests.support.sandboxed import sandbox

SEND = ["send", NUMBER]


def test_the_state_file_says_how_to_reach_everything(deployment: Deployment) -> None:
    """Exactly these names; and only this user may read it, or write where functions run.

    The secret is a new one. Who could write there would run as the developer.
    """
    state = json.loads(STATE_FILE.read_text())
    said = (STATE_FILE.parent / "log" / "sandbox.log").read_text()

    assert state.keys() == {
        *("apiUrl", "region", "accessKeyId", "secretAccessKey", "awsEndpoint"),
        *("pinpointEndpoint", "applicationId", "sendFunction", "verifyFunction", "table"),
        *("inboxUrl", "pageUrl"),
    }
    assert state["sendFunction"].endswith(":live")
    assert stat.S_IMODE(STATE_FILE.stat().st_mode) == 0o600
    assert stat.S_IMODE(TEMPORARY.stat().st_mode) == 0o700
    assert re.fullmatch("[0-9a-f]{40}", deployment.state.secretAccessKey)
    assert deployment.state.secretAccessKey not in said


def test_the_printed_address_is_the_one_that_the_client_takes(deployment: Deployment) -> None:
    """With the region that is printed beside it; two slashes below it are another path."""
    said = (STATE_FILE.parent / "log" / "sandbox.log").read_text()
    printed = re.search(r"^API +(\S+)  \(region (\S+)\)$", said, re.MULTILINE)
    assert printed
    state = deployment.state
    session = boto3.Session(state.accessKeyId, state.secretAccessKey)

    sent = OtpClient(api_url=printed[1], region_name=printed[2], session=session).send(NUMBER)

    assert deployment.texts(sent.reference_id)
    assert client.post(state, "//otp", b"{}").status == 403


def test_alarms_are_refused_before_anything_starts() -> None:
    """The emulator cannot deploy them."""
    refused = sandbox("-c", "alarmTopicArn=arn:aws:sns:us-east-1:123456789012:on-call")

    assert refused.returncode == 2
    assert "the sandbox has no alarms" in refused.stderr


@pytest.mark.parametrize("others", ["folder", "link"])
def test_what_somebody_else_has_put_there_is_not_used(
    others: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name of the folder is known, and everybody may write where it is."""
    folder = tmp_path / "serverless-otp"
    if others == "folder":
        folder.mkdir(mode=0o777)
        monkeypatch.setattr(os, "getuid", lambda: folder.stat().st_uid + 1)
    else:
        folder.symlink_to(tmp_path)

    with pytest.raises(ServerError, match="not this user's own folder"):
        make_private(folder)


@pytest.mark.usefixtures("deployment")
def test_a_code_is_sent_shown_read_and_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exit status says whether something was sent now, and whether a code was right.

    A shell that puts a code that is not there into a variable shows why the variable is empty.
    The proxy of a company is not asked for this machine: it would not know what localhost is.
    """
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody listens there
    monkeypatch.setenv("no_proxy", "intranet.example")
    asked, of = ("send", NUMBER, "CodeLength=8", "BrandName=Shown"), ("--reference-id", "shown")

    ran, again = sandbox(*asked, *of), sandbox(*asked, *of)
    refused = sandbox("send", "12065550100")
    code = sandbox("inbox", "--code", *of).stdout.strip()

    assert (ran.returncode, again.returncode) == (0, 0), ran.stderr
    assert '"DeliveryStatus": "SUCCESSFUL"' in ran.stdout
    assert f"This is your One Time Password: {code} from Shown" in ran.stdout
    assert "No text was sent now" in again.stdout
    assert "No text was sent now" not in ran.stdout
    assert refused.returncode == 1
    assert "InvalidRequest" in refused.stdout
    tried = [sandbox("verify", one).returncode for one in (f"{10**8 - 1 - int(code):08}", code)]
    assert tried == [1, 0]
    none = sandbox("inbox", "--code", "--reference-id", "none")
    assert (none.returncode, none.stdout) == (1, "")
    assert none.stderr == "There is no such text in the inbox.\n"


def test_a_shell_is_told_how_to_reach_the_sandbox(deployment: Deployment) -> None:
    """The AWS CLI and the SDKs need no more; without a sandbox, they are led nowhere."""
    lines = sandbox("env").stdout.splitlines()
    told = dict(line.removeprefix("export ").split("=", 1) for line in lines)
    nowhere, unsent = (sandbox(*of, folder=".sandbox-test-none") for of in (["env"], SEND))

    assert told["API_URL"] == deployment.state.apiUrl
    assert told["AWS_ENDPOINT_URL"] == deployment.state.awsEndpoint
    assert told["AWS_SECRET_ACCESS_KEY"] == deployment.state.secretAccessKey
    assert nowhere.returncode == 1
    assert re.search(r"^export AWS_ENDPOINT_URL=http://.*\.invalid$", nowhere.stdout, re.MULTILINE)
    assert unsent.stderr == "The sandbox is not running. Start it with: make run\n"


@pytest.mark.parametrize("arguments", [(), ("--detach",)])
def test_a_second_sandbox_in_one_folder_is_refused(
    deployment: Deployment, arguments: tuple[str, ...]
) -> None:
    """It says what to do, and the first one keeps running."""
    ran = sandbox(*arguments)

    assert ran.returncode == 1
    assert "running already" in ran.stderr
    assert "--stop" in ran.stderr
    assert deployment.texts() is not None


def test_everything_listens_on_this_machine_only(deployment: Deployment) -> None:
    """No port of the sandbox answers on another of this machine's addresses."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        # Connecting a datagram socket sends nothing; it finds the address that others see.
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("no network, nothing to listen on")  # then no other address exists
        address = probe.getsockname()[0]
    state = deployment.state
    for url in (state.awsEndpoint, state.pinpointEndpoint, state.pageUrl):
        port = urllib.parse.urlsplit(url).port
        assert port
        with socket.socket() as caller:
            assert caller.connect_ex((address, port)) != 0, f"{url} answers on {address}"


def test_what_cdk_json_says_about_aws_does_not_reach_the_sandbox(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whoever has written `profile: production` there still has a sandbox: every key is passed."""
    commands: list[tuple[str, ...]] = []
    monkeypatch.setattr("sandbox.deploy.ASSEMBLY", tmp_path / "cdk.out")
    monkeypatch.setattr("sandbox.deploy.Command", lambda *arguments: commands.append(arguments))

    synthesize(CONTEXT)

    passed = {option.partition("=")[0] for option in commands[0] if re.fullmatch(r"\w+=.*", option)}
    assert passed == {key.name for key in keys().values()}
    assert "profile=" in commands[0]
