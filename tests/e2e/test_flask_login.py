"""The example of a login in Flask: in a process of its own, by HTTP, against the service."""

import copy
import html
import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

import pytest
from serverless_otp import Say

from clients.python.examples.login import ALLOWED_ATTEMPTS
from sandbox.state import ROOT
from tests.support.deployment import NUMBER, Deployment
from tests.support.texts import code_in

#: After which gunicorn kills a worker, by default.
WORKER_SECONDS = 30

#: Starts the example for the API at a URL; gives its own URL, and its log.
Start = Callable[[str], tuple[str, list[str]]]


@pytest.fixture
def start(deployment: Deployment, tmp_path: Path) -> Iterator[Start]:
    """Run the example with the sandbox's credentials, in a folder made as the recipe says."""
    recipes = (ROOT / "docs" / "recipes.md").read_text()
    [copying] = re.findall(r"^APP=.*?(?=^```)", recipes, re.MULTILINE | re.DOTALL)
    copying = copying.replace("APP=../my-app", 'APP="$1"')
    subprocess.run(["/bin/sh", "-euc", copying, "-", tmp_path / "an app"], cwd=ROOT, check=True)
    environment = {
        "AWS_ACCESS_KEY_ID": deployment.state.accessKeyId,
        "AWS_SECRET_ACCESS_KEY": deployment.state.secretAccessKey,
        "AWS_DEFAULT_REGION": deployment.state.region,
        "FLASK_SECRET_KEY": "of-a-test",
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "clients/python/src"),
    }
    command = [sys.executable, "-m", "flask", "--app", "app", "run"]
    with ExitStack() as stack:

        def start(api_url: str) -> tuple[str, list[str]]:
            process = stack.enter_context(
                subprocess.Popen(
                    [*command, "--port", "0"],
                    cwd=tmp_path / "an app",
                    env=environment | {"API_URL": api_url},
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            stack.callback(process.terminate)
            assert process.stderr
            log: list[str] = []
            for line in process.stderr:
                log.append(line)
                if running := re.search(r"Running on (http://[\d.:]+)", line):
                    thread = threading.Thread(target=log.extend, args=(process.stderr,))
                    thread.start()
                    stack.callback(thread.join)
                    stack.callback(process.terminate)
                    return running[1], log
            raise AssertionError("".join(log))

        yield start


class Browser:
    """A person with a cookie, who fills in the forms of the page that is shown."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.cookie = self.said = self.page = ""
        self.ask("/")

    def post(self, path: str, **fields: str) -> str:
        """Send a form; gives what the page that comes tells the person."""
        [token, *_] = re.findall(r'name="csrf" value="([^"]+)"', self.page)
        self.ask(path, urlencode({"csrf": token, **fields}).encode())
        return self.said

    def ask(self, path: str, form: bytes | None = None) -> str:
        """Open a page."""
        request = urllib.request.Request(self._url + path, form, {"Cookie": self.cookie})
        with urllib.request.urlopen(request) as answer:
            self.cookie = answer.headers.get("Set-Cookie", self.cookie).partition(";")[0]
            self.page = html.unescape(answer.read().decode())
        self.said = re.findall("<p>(.*)</p>", self.page)[0]
        return self.page


def test_login_with_a_code_once_and_three_wrong_ones(deployment: Deployment, start: Start) -> None:
    """The number as it is dialled; after the third wrong code, a right one is not, either.

    An old cookie neither shortens the pause before it, nor is logged in after it was used.
    """
    url, _ = start(deployment.state.apiUrl)
    browser, known = Browser(url), len(deployment.texts())
    first = copy.copy(browser)
    assert browser.post("/code", phone="(206) 555-0100") == Say.SENT_IF_POSSIBLE.value
    assert first.post("/code", phone="(206) 555-0100") == Say.LATER.value
    [text] = deployment.texts()[known:]
    code = code_in(text)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"

    said = [
        browser.post("/verify", code=typed) for typed in ("abc", wrong, f"{code[:3]} {code[3:]}")
    ]

    assert said == [Say.WRONG_CODE.value, Say.WRONG_CODE.value, Say.WELCOME.value]
    assert f"Logged in: {NUMBER}" in browser.ask("/")
    assert NUMBER not in first.ask("/")
    logged_in = copy.copy(browser)
    browser.post("/logout")
    assert NUMBER not in browser.ask("/") + logged_in.ask("/")

    other = Browser(url)
    other.post("/code", phone=NUMBER)
    code = code_in(deployment.texts()[-1])
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    said = [other.post("/verify", code=wrong) for _ in range(ALLOWED_ATTEMPTS)]
    assert said == [Say.WRONG_CODE.value] * 2 + [Say.ANOTHER_CODE.value]
    assert other.post("/verify", code=code) == Say.ANOTHER_CODE.value


def test_limit_of_a_number_is_not_told(deployment: Deployment, start: Start) -> None:
    """The sixth text in ten minutes does not go out, and is said as the others are."""
    url, _ = start(deployment.state.apiUrl)
    known = len(deployment.texts())

    said = {Browser(url).post("/code", phone="+13125550188") for _ in range(6)}

    assert said == {Say.SENT_IF_POSSIBLE.value}
    assert len(deployment.texts()) - known == 5


def test_form_of_another_site_is_refused(deployment: Deployment, start: Start) -> None:
    """It does not know the token."""
    url, _ = start(deployment.state.apiUrl)

    for token in ("", "é", "guessed"):
        with pytest.raises(urllib.error.HTTPError, match="400") as refused:
            Browser(url).post("/code", phone=NUMBER, csrf=token)
        refused.value.close()


def test_no_request_is_held_as_long_as_a_worker_may_take(
    deployment: Deployment, start: Start
) -> None:
    """A number that is throttled for ever, an answer that comes too late, no service at all.

    The code of the text whose answer was lost is right. What the service does not know is logged.
    """
    url, _ = start(deployment.state.apiUrl)
    without_service, log = start("http://127.0.0.1:9/v1")
    browsers = {
        "+12065550103": Browser(url),
        "+12065550108": Browser(url),
        NUMBER: Browser(without_service),
    }
    known = len(deployment.texts())

    def ask(phone: str) -> tuple[str, bool]:
        began = time.monotonic()
        said = browsers[phone].post("/code", phone=phone)
        return said, time.monotonic() - began < WORKER_SECONDS / 2

    with ThreadPoolExecutor() as pool:
        said = list(pool.map(ask, browsers))

    expected = Say.LATER, Say.SENT_IF_POSSIBLE, Say.LATER
    assert said == [(say.value, True) for say in expected]
    [text] = deployment.texts()[known:]
    assert browsers["+12065550108"].post("/verify", code=code_in(text)) == Say.WELCOME.value
    [logged] = [line for line in log if "code=NotSent" in line]
    assert "There was no connection to 127.0.0.1:9" in logged
    assert NUMBER[1:] not in "".join(log)
