"""The sandbox's command line and state file."""

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


def test_state_file_is_private_and_has_every_address(deployment: Deployment) -> None:
    """Its secret is random and not logged; nobody else can write where the functions run."""
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


@pytest.mark.usefixtures("deployment")
def test_the_start_shows_each_step_with_its_time_and_ends_with_four_lines() -> None:
    """The API, the page, a command that sends and one that stops."""
    said = (STATE_FILE.parent / "log" / "sandbox.log").read_text()
    steps, _, end = said.partition("\n\n")
    last = end.splitlines()[:4]

    assert len(re.findall(r"^==> .+ \.\.\. [0-9.]+ s$", steps, re.MULTILINE)) == 5
    assert re.search(r"^  \+12065550100  This is your One Time Password: ", steps, re.MULTILINE)
    assert [line.split()[0] for line in last] == ["API", "Page", "Send", "Stop"]


def test_client_works_with_the_printed_address_and_region(deployment: Deployment) -> None:
    """A path with a double slash is a different path, as on AWS."""
    said = (STATE_FILE.parent / "log" / "sandbox.log").read_text()
    printed = re.search(r"^API +(\S+)  \(region (\S+)\)$", said, re.MULTILINE)
    assert printed
    state = deployment.state
    session = boto3.Session(state.accessKeyId, state.secretAccessKey)

    sent = OtpClient(api_url=printed[1], region_name=printed[2], session=session).send(NUMBER)

    assert deployment.texts(sent.reference_id)
    assert client.post(state, "//otp", b"{}").status == 403


def test_alarms_are_refused_before_anything_starts() -> None:
    """MiniStack cannot deploy alarms."""
    refused = sandbox("-c", "alarmTopicArn=arn:aws:sns:us-east-1:123456789012:on-call")

    assert refused.returncode == 2
    assert "the sandbox has no alarms" in refused.stderr


@pytest.mark.parametrize("others", ["folder", "link"])
def test_folder_of_another_user_is_refused(
    others: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name of the temporary folder is predictable, and any user can create it first."""
    folder = tmp_path / "serverless-otp"
    if others == "folder":
        folder.mkdir(mode=0o777)
        monkeypatch.setattr(os, "getuid", lambda: folder.stat().st_uid + 1)
    else:
        folder.symlink_to(tmp_path)

    with pytest.raises(ServerError, match="not this user's own folder"):
        make_private(folder)


@pytest.mark.usefixtures("deployment")
def test_command_line_sends_shows_and_verifies_a_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exit status tells success; a proxy in the environment is not used for localhost."""
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # a closed port
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
    # A shell that stores the output in a variable gets nothing but an explanation.
    none = sandbox("inbox", "--code", "--reference-id", "none")
    assert (none.returncode, none.stdout) == (1, "")
    assert none.stderr == "There is no such text in the inbox.\n"


def test_env_prints_variables_for_the_aws_cli(deployment: Deployment) -> None:
    """Without a sandbox, they name an address that cannot exist, so nothing reaches AWS."""
    told = dict(re.findall(r"^export (\w+)=(.*)$", sandbox("env").stdout, re.MULTILINE))
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
    """The error names the way out, and the first sandbox keeps running."""
    ran = sandbox(*arguments)

    assert ran.returncode == 1
    assert "running already" in ran.stderr
    assert "--stop" in ran.stderr
    assert deployment.texts() is not None


def test_servers_listen_on_the_loopback_interface_only(deployment: Deployment) -> None:
    """Another machine cannot connect to any port of the sandbox."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        # Connecting a datagram socket sends nothing, but selects this machine's outer address.
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no other address")
        address = probe.getsockname()[0]
    state = deployment.state
    for url in (state.awsEndpoint, state.pinpointEndpoint, state.pageUrl):
        port = urllib.parse.urlsplit(url).port
        assert port
        with socket.socket() as caller:
            assert caller.connect_ex((address, port)) != 0, f"{url} answers on {address}"


def test_settings_in_cdk_json_do_not_reach_the_sandbox(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Every key is passed explicitly, so `profile: production` in cdk.json has no effect here."""
    commands: list[tuple[str, ...]] = []
    monkeypatch.setattr("sandbox.deploy.ASSEMBLY", tmp_path / "cdk.out")
    monkeypatch.setattr("sandbox.deploy.Command", lambda *arguments: commands.append(arguments))

    synthesize(CONTEXT)

    passed = {option.partition("=")[0] for option in commands[0] if re.fullmatch(r"\w+=.*", option)}
    assert passed == {key.name for key in keys().values()}
    assert "profile=" in commands[0]
