"""The Flask login example, in a process of its own, against the deployed service."""

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
from sandbox.commands import variables
from sandbox.state import ROOT
from tests.support.deployment import NUMBER, Deployment
from tests.support.texts import code_in, wrong_code

#: gunicorn's default timeout, after which it kills a worker.
WORKER_SECONDS = 30

#: Starts the example for the API at a URL; returns the example's URL and its log.
Start = Callable[[str], tuple[str, list[str]]]


@pytest.fixture
def start(deployment: Deployment, tmp_path: Path) -> Iterator[Start]:
    """Start the example in a folder made by the commands of docs/recipes-python.md."""
    recipes = (ROOT / "docs" / "recipes-python.md").read_text()
    [copying] = re.findall(r"^APP=.*?(?=^```)", recipes, re.MULTILINE | re.DOTALL)
    copying = copying.replace("APP=../my-app", 'APP="$1"')
    subprocess.run(["/bin/sh", "-euc", copying, "-", tmp_path / "an app"], cwd=ROOT, check=True)
    environment = variables(deployment.state) | {
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
    """A person with a cookie who fills in the forms of the current page."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.cookie = self.said = self.page = ""
        self.ask("/")

    def post(self, path: str, **fields: str) -> str:
        """Send a form; returns the message of the next page."""
        [token, *_] = re.findall(r'name="csrf" value="([^"]+)"', self.page)
        self.ask(path, urlencode({"csrf": token, **fields}).encode())
        return self.said

    def ask(self, path: str, form: bytes | None = None) -> str:
        """Open a page; returns its HTML."""
        request = urllib.request.Request(self._url + path, form, {"Cookie": self.cookie})
        with urllib.request.urlopen(request) as answer:
            self.cookie = answer.headers.get("Set-Cookie", self.cookie).partition(";")[0]
            self.page = html.unescape(answer.read().decode())
        self.said = re.findall("<p>(.*)</p>", self.page)[0]
        return self.page


def test_login_by_code_and_after_three_wrong_codes(deployment: Deployment, start: Start) -> None:
    """A right code works once, three wrong ones use up a text, and an old cookie gains nothing."""
    url, _ = start(deployment.state.apiUrl)
    browser, known = Browser(url), len(deployment.texts())
    first = copy.copy(browser)
    assert browser.post("/code", phone="(206) 555-0100") == Say.SENT_IF_POSSIBLE.value
    assert first.post("/code", phone="(206) 555-0100") == Say.LATER.value
    [text] = deployment.texts()[known:]
    code = code_in(text)
    typed = ("abc", wrong_code(code), f"{code[:3]} {code[3:]}")
    said = [browser.post("/verify", code=one) for one in typed]

    assert said == [Say.WRONG_CODE.value, Say.WRONG_CODE.value, Say.WELCOME.value]
    assert f"Logged in: {NUMBER}" in browser.ask("/")
    assert NUMBER not in first.ask("/")
    logged_in = copy.copy(browser)
    browser.post("/logout")
    assert NUMBER not in browser.ask("/") + logged_in.ask("/")

    other = Browser(url)
    other.post("/code", phone=NUMBER)
    code = code_in(deployment.texts()[-1])
    said = [other.post("/verify", code=wrong_code(code)) for _ in range(ALLOWED_ATTEMPTS)]
    assert said == [Say.WRONG_CODE.value] * 2 + [Say.ANOTHER_CODE.value]
    assert other.post("/verify", code=code) == Say.ANOTHER_CODE.value


def test_form_without_its_csrf_token_is_refused(deployment: Deployment, start: Start) -> None:
    """Another site can post the form, but does not know the token."""
    url, _ = start(deployment.state.apiUrl)

    for token in ("", "é", "guessed"):
        with pytest.raises(urllib.error.HTTPError, match="400") as refused:
            Browser(url).post("/code", phone=NUMBER, csrf=token)
        refused.value.close()


def test_request_ends_before_its_worker_is_killed(deployment: Deployment, start: Start) -> None:
    """Endless throttling, a late answer and an unreachable service all end in time."""
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
