"""A step, its outcomes, and the state that the steps of one run share."""

import json
import re
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lambda_src.otp.runtime.masking import mask

from .deployment import Deployment
from .http import HttpAnswer, post


class Wrong(Exception):  # noqa: N818 - an outcome, not an error of the program
    """The deployment does not behave as it should.

    Args:
        expected: by the contract or the configuration.
        came: what happened instead.

    """

    def __init__(self, expected: str, came: object) -> None:
        super().__init__(expected, str(came))
        self.expected, self.came = expected, str(came)


class Skipped(Exception):  # noqa: N818 - as above
    """The step does not apply; the text completes "skipped, because ..."."""


@dataclass(frozen=True)
class Person:
    """The person who has the phone.

    Attributes:
        number: the phone's.
        read: returns the codes that arrived for a ReferenceId, one for each text.

    """

    number: str
    read: Callable[[str], list[str]]


@dataclass
class Trial:
    """One run of `make accept`.

    Attributes:
        deployment: the deployment under test.
        person: None if nobody reads texts.
        started: in seconds since 1970.
        asked: the request that sent the text, once it is answered.
        answer: its answer.
        codes: the codes that arrived for it.
        request_ids: of all requests so far, as callers see them.

    """

    deployment: Deployment
    person: Person | None
    started: float = field(default_factory=time.time)
    asked: dict[str, Any] | None = None
    answer: HttpAnswer | None = None
    codes: list[str] = field(default_factory=list)
    request_ids: list[str] = field(default_factory=list)

    def post(
        self,
        asked: Mapping[str, Any] | bytes,
        path: str = "/otp",
        headers: Mapping[str, str] | None = None,
        *,
        signed: bool = True,
    ) -> HttpAnswer:
        """`POST` to the API, by default signed."""
        body = asked if isinstance(asked, bytes) else json.dumps(asked).encode()
        answer = post(self.deployment, path, body, headers or {}, signed=signed)
        if signed and "X-Request-Id" in answer.headers:
            self.request_ids.append(answer.headers["X-Request-Id"])
        pass_firewall(answer)
        return answer

    def invoke(self, function: str, payload: Mapping[str, Any]) -> tuple[bool, Any]:
        """Invoke a function directly; returns whether it failed, and the payload."""
        answer = self.deployment.client("lambda").invoke(
            FunctionName=self.deployment.functions[function].alias_arn,
            Payload=json.dumps(payload).encode(),
        )
        if not self.deployment.endpoint:  # the sandbox's Lambda returns another ID than it logs
            self.request_ids.append(answer["ResponseMetadata"]["RequestId"])
        return "FunctionError" in answer, json.load(answer["Payload"])

    def expect(self, answer: HttpAnswer, status: int, code: str | None = None) -> None:
        """Raise Wrong unless an answer has this status and this code."""
        if (answer.status, answer.code) != (status, code):
            raise Wrong(f"{status} {code or ''}".strip(), answer)

    def text(self) -> tuple[dict[str, Any], HttpAnswer]:
        """Return the request that sent the text, and its answer; else skip the step."""
        if self.asked is None or self.answer is None:
            raise Skipped("no text was sent.")
        return self.asked, self.answer

    def code(self) -> str:
        """Return the code that arrived; else skip the step."""
        self.text()
        if not self.codes:
            raise Skipped("no code arrived.")
        return self.codes[0]

    def hide(self, text: str) -> str:
        """Mask the number and the codes in a text."""
        for code in self.codes:
            text = re.sub(rf"(?<!\w){code}(?!\w)", "*" * len(code), text)
        return mask(text)


@dataclass(frozen=True)
class Step:
    """One check.

    Attributes:
        name: a sentence that is true of a correct deployment.
        page: the page of docs/ that helps if it is not.
        run: returns what it saw; raises Wrong or Skipped.

    """

    name: str
    page: str
    run: Callable[[Trial], str]


def pass_firewall(answer: HttpAnswer) -> None:
    """Raise Skipped if the deployment's firewall refused the request."""
    if answer.code == "AccessDenied" and "firewall" in answer.detail:
        raise Skipped("a firewall rule refuses requests from this address.")


def new_request(number: str) -> dict[str, Any]:
    """Make a request with a ReferenceId of its own."""
    return {"ReferenceId": str(uuid.uuid4()), "DestinationIdentity": number}


def wait_for(seen: Callable[[], bool], seconds: float, pause: float = 2) -> bool:
    """Poll until `seen` returns true or the time is up; returns whether it did."""
    deadline = time.monotonic() + seconds
    while not seen():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def listed(names: Iterable[str]) -> str:
    """Join names with commas; returns "none" for an empty list."""
    return ", ".join(sorted(names)) or "none"
