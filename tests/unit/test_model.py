"""The promise, tested with random histories of sends, duplicates, crashes, faults and time."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import hypothesis.strategies as st
import pytest
from botocore.exceptions import BotoCoreError
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from lambda_src.otp.once.records import MOST_MISMATCHES, SECONDS_BETWEEN_ANSWERS
from lambda_src.otp.time_limits import WINDOW_SECONDS
from tests.support.clock import stopped
from tests.support.failures import NO_ANSWER, NO_CONNECTION
from tests.support.service import HttpAnswer, Service, deployed

REFERENCE_IDS = ("a", "b")
# The answer for each destination without a fault: sent, refused for good, certainly not sent,
# unknown without a text, and unknown with one.
ANSWERS = {
    "+12065550100": 200,
    "+12065550101": 422,
    "+12065550103": 429,
    "+12065550105": 504,
    "+12065550110": 504,
}
# Where and how a request can break: before it takes effect, or after.
FAULTS: dict[str, tuple[str, BotoCoreError]] = {
    "no connection to Pinpoint": ("before-send.pinpoint", NO_CONNECTION),
    "Pinpoint's answer is lost": ("response-received.pinpoint", NO_ANSWER),
    "the lock fails": ("before-send.dynamodb.PutItem", NO_ANSWER),
    "the lock's answer is lost": ("response-received.dynamodb.PutItem", NO_ANSWER),
    "the record fails": ("before-send.dynamodb.UpdateItem", NO_ANSWER),
    "the record's answer is lost": ("response-received.dynamodb.UpdateItem", NO_ANSWER),
    "the freeing fails": ("before-send.dynamodb.DeleteItem", NO_ANSWER),
    "the freeing's answer is lost": ("response-received.dynamodb.DeleteItem", NO_ANSWER),
}
# Where the process ends.
CRASHES = (
    "before-call.dynamodb.PutItem",
    "before-call.pinpoint.SendOTPMessage",
    "after-call.pinpoint.SendOTPMessage",
    "before-call.dynamodb.UpdateItem",
    "after-call.dynamodb.UpdateItem",
)
# Until a running function must be dead, one more answer is allowed, or the window is over.
PASSES = (29, SECONDS_BETWEEN_ANSWERS, WINDOW_SECONDS + 1)


class Crash(BaseException):
    """The process ends here: no `except Exception` catches this."""


@dataclass
class Window:
    """What the model knows about one ReferenceId in its window."""

    texts_before: int = 0  # that arrived before the window began
    free: bool = True  # certain that a request without a fault will be sent
    holders: set[str] = field(default_factory=set)  # destinations that may hold the ReferenceId
    success: str | None = None  # the body of the 200, once it was seen
    mismatches: int = 0  # told to a request, and counted in the record
    uncertain: int = 0  # may be counted, without having been told
    silent: int = 0  # seconds since the last counted answer, at most
    surely_silent: int = 0  # the same, at least

    def hold(self, destination: str) -> None:
        """A request to this destination may have taken the ReferenceId and kept it."""
        self.holders = {destination} if self.free else self.holders | {destination}
        self.free = False

    def release(self) -> None:
        """The ReferenceId is free."""
        self.free, self.holders = True, set()
        self.mismatches, self.uncertain = 0, 0

    def refuse(self) -> None:
        """Nothing was told: after so many mismatches, one request a minute gets an answer."""
        assert not self.free
        assert self.mismatches + self.uncertain >= MOST_MISMATCHES
        assert self.surely_silent < SECONDS_BETWEEN_ANSWERS

    def hear(self, answer: HttpAnswer) -> None:
        """Count an answer that tells what the record holds."""
        mismatch = answer.code == "ReferenceIdReused"
        if mismatch or answer.status == 409 or "Idempotent-Replayed" in answer.headers:
            assert self.mismatches < MOST_MISMATCHES or self.silent >= SECONDS_BETWEEN_ANSWERS
            self.mismatches += mismatch
            self.silent = self.surely_silent = 0

    def faults_of_the_store(self, destination: str) -> set[str]:
        """Name the faults that make the answer to such a request StoreUnavailable."""
        counted = bool(self.holders - {destination}) or self.mismatches + self.uncertain > 0
        return {
            *("the lock fails", "the lock's answer is lost"),
            *(("the record fails", "the record's answer is lost") if counted else ()),
        }

    def doubt(self) -> None:
        """One or two mismatches may be counted, or the minute's answer used up."""
        self.uncertain += 2
        self.surely_silent = 0


class Promise(RuleBasedStateMachine):
    """Sends, breaks, crashes and lets time pass, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self._ends = ExitStack()
        self._clock = stopped(self._ends.enter_context(pytest.MonkeyPatch.context()))
        self.service: Service = self._ends.enter_context(deployed("send"))
        self.last: tuple[str, str] | None = None
        self.windows = {reference_id: Window() for reference_id in REFERENCE_IDS}

    def teardown(self) -> None:
        """Remove the emulated AWS."""
        self._ends.close()

    @rule(
        reference_id=st.sampled_from(REFERENCE_IDS),
        destination=st.sampled_from(list(ANSWERS)),
        fault=st.one_of(st.none(), st.sampled_from(list(FAULTS))),
        duplicate=st.booleans(),
    )
    def send(
        self,
        reference_id: str,
        destination: str,
        fault: str | None,
        duplicate: bool,  # noqa: FBT001 - drawn by hypothesis
    ) -> None:
        """Send, perhaps through a fault, perhaps with a duplicate while it runs."""
        self.last = (reference_id, destination)
        if fault:
            self.service.fail(*FAULTS[fault])
        meanwhile: list[HttpAnswer] = []

        def send_a_duplicate(**_: Any) -> None:
            if not meanwhile:
                meanwhile.append(self._post(reference_id, destination))

        if duplicate:
            self.service.on("before-call.pinpoint.SendOTPMessage", send_a_duplicate)
        texts = self._texts(reference_id)
        answer = self._post(reference_id, destination)
        self.service.mend()
        for early in meanwhile:
            assert (early.status, early.code) in {(409, "InProgress"), (503, "StoreUnavailable")}
        texted = self._texts(reference_id) - texts
        self._judge(self.windows[reference_id], answer, destination, texted, fault)

    @precondition(lambda self: self.last is not None)
    @rule()
    def repeat(self) -> None:
        """Send the last request again, as a caller does after a bad answer."""
        assert self.last
        reference_id, destination = self.last
        self.send(reference_id, destination, fault=None, duplicate=False)

    @rule(
        reference_id=st.sampled_from(REFERENCE_IDS),
        destination=st.sampled_from(list(ANSWERS)),
        where=st.sampled_from(CRASHES),
    )
    def crash(self, reference_id: str, destination: str, where: str) -> None:
        """Send and die on the way, so that no answer comes; unless it ends before."""
        self.last = (reference_id, destination)
        window = self.windows[reference_id]
        self.service.fail(where, Crash())
        texts, asked = self._texts(reference_id), len(self.service.requests())
        try:
            answer = self._post(reference_id, destination)
        except Crash:
            if "UpdateItem" in where and len(self.service.requests()) == asked:
                assert not window.free
                window.doubt()
            elif where != CRASHES[0]:  # the lock may be taken
                window.hold(destination)
        else:
            texted = self._texts(reference_id) - texts
            self._judge(window, answer, destination, texted, None)
        self.service.mend()

    @rule(seconds=st.sampled_from(PASSES))
    def let_time_pass(self, seconds: int) -> None:
        """Wait for one of the three times in PASSES."""
        self._clock.wait(seconds)
        for reference_id, window in self.windows.items():
            window.silent += seconds
            window.surely_silent += seconds
            if seconds > WINDOW_SECONDS:
                self.windows[reference_id] = Window(texts_before=self._texts(reference_id))

    @invariant()
    def no_reference_id_is_texted_twice_in_its_window(self) -> None:
        """The promise, checked after each step."""
        for reference_id, window in self.windows.items():
            assert self._texts(reference_id) - window.texts_before <= 1

    def _judge(
        self, window: Window, answer: HttpAnswer, destination: str, texted: int, fault: str | None
    ) -> None:
        """Compare one answer with the model, and update the model."""
        replayed = "Idempotent-Replayed" in answer.headers
        window.hear(answer)
        if fault is None and window.free:
            assert (answer.status, replayed) == (ANSWERS[destination], False)
        match answer.status, answer.code:
            case 200, None:
                assert texted == (0 if replayed else 1)
                assert window.success in (None, answer.body)
                window.success = answer.body
                window.hold(destination)
            case (504, "OutcomeUnknown") | (422, "OptedOut"):
                window.hold(destination)
            case 429, "Throttled" if "retryAfter" in answer.json():
                assert texted == 0
                window.refuse()
            case (429, "Throttled") | (503, "Unavailable"):
                assert texted == 0
                window.release()
                if fault == "the freeing fails":
                    window.hold(destination)
            case 503, "StoreUnavailable":
                assert texted == 0
                assert fault in window.faults_of_the_store(destination)
                window.doubt()
            case 422, "ReferenceIdReused":
                assert texted == 0
                assert window.holders - {destination}
            case (409, "InProgress") | (409, "OutcomeUnknown"):
                assert texted == 0
                assert destination in window.holders
            case status:
                raise AssertionError(f"{status} is not in the outcome table")

    def _post(self, reference_id: str, destination: str) -> HttpAnswer:
        return self.service.send(ReferenceId=reference_id, DestinationIdentity=destination)

    def _texts(self, reference_id: str) -> int:
        return len(self.service.texts(reference_id))


def test_no_history_texts_twice_or_gets_a_wrong_answer() -> None:
    """Two ReferenceIds, five destinations, eight faults, five crashes, and time."""
    run_state_machine_as_test(
        Promise,
        settings=settings(
            max_examples=45,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
