"""What the pages show of a sandbox that is ready is what it says."""

import re

import pytest

from sandbox.start import say_ready
from sandbox.state import ACCOUNT_ID, APPLICATION_ID, REGION, ROOT, State

STATE = State(
    apiUrl="http://localhost:4566/_aws/execute-api/7e6ae3c6/v1",
    region=REGION,
    accessKeyId=ACCOUNT_ID,
    secretAccessKey="not shown",
    awsEndpoint="http://localhost:4566",
    pinpointEndpoint="http://127.0.0.1:4567",
    applicationId=APPLICATION_ID,
    sendFunction="",
    verifyFunction="",
    table="",
    inboxUrl="http://127.0.0.1:4567/inbox",
    pageUrl="http://127.0.0.1:4568/",
)


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """What a sandbox with these addresses says, in the default folder."""
    say_ready(STATE, auth=False)
    return re.sub(r"\.sandbox-\w+/", ".sandbox/", capsys.readouterr().out)


def test_readme_shows_all_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """Every line, in its order."""
    assert said(capsys).strip() in (ROOT / "README.md").read_text()


def test_getting_started_shows_the_addresses(capsys: pytest.CaptureFixture[str]) -> None:
    """The lines before the first empty one."""
    addresses = said(capsys).partition("\n\n")[0]

    assert addresses in (ROOT / "docs" / "getting-started.md").read_text()
