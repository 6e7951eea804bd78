"""What a step is, how it ends, and what all steps of one acceptance share."""

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
    """The deployment does otherwise than it should.

    Args:
        expected: what the contract says, or the configuration.
        came: what was seen instead.

    """

    def __init__(self, expected: str, came: object) -> None:
        super().__init__(expected, str(came))
        self.expected, self.came = expected, str(came)


class Skipped(Exception):  # noqa: N818 - as above
    """The step says nothing about this deployment; the text ends "skipped, because ..."."""


@dataclass(frozen=True)
class Person:
    """Who has the phone that is texted.

    Attributes:
        number: the phone's.
        read: gives the codes that arrived for a ReferenceId; each text has one.

    """

    number: str
    read: Callable[[str], list[str]]


@dataclass
class Trial:
    """One acceptance.

    Attributes:
        deployment: what is tried.
        person: None where nobody can read a text.
        started: when, in seconds since 1970.
        asked: the request whose text the steps are about, once it is answered.
        answer: the answer to it.
        codes: those that arrived for it.
        request_ids: of all requests so far, as the callers know them.

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
        """Make a signed request of the API, unless it is not to be signed."""
        body = asked if isinstance(asked, bytes) else json.dumps(asked).encode()
        answer = post(self.deployment, path, body, headers or {}, signed=signed)
        if signed and "X-Request-Id" in answer.headers:
            self.request_ids.append(answer.headers["X-Request-Id"])
        pass_firewall(answer)
        return answer

    def invoke(self, function: str, payload: Mapping[str, Any]) -> tuple[bool, Any]:
        """Invoke a function directly; returns whether it was a function error, and the answer."""
        answer = self.deployment.client("lambda").invoke(
            FunctionName=self.deployment.functions[function].alias_arn,
            Payload=json.dumps(payload).encode(),
        )
        if not self.deployment.endpoint:  # the sandbox's Lambda tells another ID than it uses
            self.request_ids.append(answer["ResponseMetadata"]["RequestId"])
        return "FunctionError" in answer, json.load(answer["Payload"])

    def expect(self, answer: HttpAnswer, status: int, code: str | None = None) -> None:
        """Raise Wrong if an answer is another one."""
        if (answer.status, answer.code) != (status, code):
            raise Wrong(f"{status} {code or ''}".strip(), answer)

    def text(self) -> tuple[dict[str, Any], HttpAnswer]:
        """Give the request that texted and its answer, or skip the step."""
        if self.asked is None or self.answer is None:
            raise Skipped("no text was sent.")
        return self.asked, self.answer

    def code(self) -> str:
        """Give the code that arrived, or skip the step."""
        self.text()
        if not self.codes:
            raise Skipped("no code arrived.")
        return self.codes[0]

    def hide(self, text: str) -> str:
        """Mask the number and the codes in what is printed."""
        for code in self.codes:
            text = re.sub(rf"(?<!\w){code}(?!\w)", "*" * len(code), text)
        return mask(text)


@dataclass(frozen=True)
class Step:
    """One thing that is tried.

    Attributes:
        name: a sentence about a deployment that is right.
        page: of docs/, which speaks of it.
        run: returns what was seen; raises Wrong or Skipped.

    """

    name: str
    page: str
    run: Callable[[Trial], str]


def pass_firewall(answer: HttpAnswer) -> None:
    """Raise Skipped if the deployment's firewall has refused a request."""
    if answer.code == "AccessDenied" and "firewall" in answer.detail:
        raise Skipped("a rule of the firewall refuses requests from this address.")


def new_request(number: str) -> dict[str, Any]:
    """Make a request with a ReferenceId of its own."""
    return {"ReferenceId": str(uuid.uuid4()), "DestinationIdentity": number}


def wait_for(seen: Callable[[], bool], seconds: float, pause: float = 2) -> bool:
    """Look until something is seen, or the time is over; returns whether it was."""
    deadline = time.monotonic() + seconds
    while not seen():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def listed(names: Iterable[str]) -> str:
    """Write names in a sentence; "none" if there are none."""
    return ", ".join(sorted(names)) or "none"
