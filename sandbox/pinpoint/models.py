"""The state of the OTP operations: pending codes, sent texts, received requests."""

import copy
import itertools
import re
import secrets
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict, TypeVar

from moto.core.base_backend import backend_lock
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.pinpoint.models import App, PinpointBackend, pinpoint_backends

from .clock import Clock
from .otp_rules import OtpCheck, OtpMessage

DEFAULT_REGION = "us-east-1"

#: Texts, requests and pending codes kept per account and region; the oldest are dropped.
MAX_KEPT = 100_000

#: One text message; ``sentAt`` is ISO 8601 in UTC with milliseconds, ending in Z.
InboxEntry = TypedDict(
    "InboxEntry", {"to": str, "from": str, "body": str, "referenceId": str, "sentAt": str}
)

_T = TypeVar("_T")

# Application ID, DestinationIdentity, ReferenceId: a code is valid only for all three together.
_CodeKey = tuple[str, str, str]

# Orders texts and requests across accounts and regions, whose clocks may differ.
_arrivals = itertools.count()


@dataclass(slots=True)
class _PendingCode:
    """A code that can still be verified."""

    code: str
    expires_at: datetime
    attempts_left: int


class OtpState:
    """The OTP state of one account and region. Safe to share between threads."""

    def __init__(self) -> None:
        self.clock = Clock()
        self._lock = threading.Lock()
        self._pending: dict[_CodeKey, _PendingCode] = {}
        self._texts: deque[tuple[int, InboxEntry]] = deque(maxlen=MAX_KEPT)
        self._requests: deque[tuple[int, dict[str, Any]]] = deque(maxlen=MAX_KEPT)

    def record_request(self, parameters: Mapping[str, Any]) -> None:
        """Keep a copy of SendOTPMessageRequestParameters as received, valid or not."""
        with self._lock:
            self._requests.append((next(_arrivals), copy.deepcopy(dict(parameters))))

    def send(self, application_id: str, message: OtpMessage) -> None:
        """Text a fresh code.

        A second call for the same reference and destination texts again, and only the new code can
        be verified. AWS documents no deduplication, so a repeated send must show up here.
        """
        code = "".join(secrets.choice("0123456789") for _ in range(message.code_length))
        key = (application_id, message.destination, message.reference_id)
        with self._lock:
            now = self.clock.now()
            # Removed first, so that the dict stays in order of sending.
            self._pending.pop(key, None)
            self._pending[key] = _PendingCode(
                code, now + message.validity, message.allowed_attempts
            )
            if len(self._pending) > MAX_KEPT:
                del self._pending[next(iter(self._pending))]
            entry: InboxEntry = {
                "to": message.destination,
                "from": message.origination,
                "body": message.text(code),
                "referenceId": message.reference_id,
                "sentAt": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            }
            self._texts.append((next(_arrivals), entry))

    def verify(self, application_id: str, check: OtpCheck) -> bool:
        """Return whether the code is right, unexpired and unused, and use it or an attempt up.

        A right code is used up (single use; undocumented by AWS). A wrong one costs an attempt;
        after the last, even the right code is wrong.
        """
        key = (application_id, check.destination, check.reference_id)
        # One lock for the check and the use: of two simultaneous calls with the right code, one
        # wins, and simultaneous wrong ones cost an attempt each.
        with self._lock:
            pending = self._pending.get(key)
            if pending is None:
                return False
            if self.clock.now() >= pending.expires_at:
                del self._pending[key]
                return False
            if check.otp == pending.code:
                del self._pending[key]
                return True
            pending.attempts_left -= 1
            if pending.attempts_left == 0:
                del self._pending[key]
            return False

    def texts(self) -> list[tuple[int, InboxEntry]]:
        """Return copies of the texts, oldest first, each with its place in order of arrival."""
        with self._lock:
            placed = list(self._texts)
        return [(place, entry.copy()) for place, entry in placed]

    def requests(self) -> list[tuple[int, dict[str, Any]]]:
        """Return copies of the recorded requests, oldest first, each with its place in order."""
        with self._lock:
            placed = list(self._requests)
        return copy.deepcopy(placed)


def otp_state(backend: PinpointBackend) -> OtpState:
    """Return the state of a backend, attached to it at first use.

    It lives in the backend's ``__dict__``, which moto's reset empties. So the state is dropped
    together with the backend's applications, and moto's classes need no change.
    """
    with backend_lock:
        state: OtpState = vars(backend).setdefault("otp_state", OtpState())
        return state


def inbox(account_id: str = DEFAULT_ACCOUNT_ID, region: str = DEFAULT_REGION) -> list[InboxEntry]:
    """Return the texts sent from an account and region, newest last."""
    return _without_places(otp_state(_backend(account_id, region)).texts())


def received_requests(
    account_id: str = DEFAULT_ACCOUNT_ID, region: str = DEFAULT_REGION
) -> list[dict[str, Any]]:
    """Return all SendOTPMessageRequestParameters received, refused ones too, newest last.

    Bodies that are not JSON objects are left out.
    """
    return _without_places(otp_state(_backend(account_id, region)).requests())


def advance_clock(
    seconds: float, account_id: str = DEFAULT_ACCOUNT_ID, region: str = DEFAULT_REGION
) -> None:
    """Advance the clock of an account and region; ``ValueError`` as for ``Clock.advance``."""
    otp_state(_backend(account_id, region)).clock.advance(seconds)


def create_application(
    application_id: str,
    name: str = "otp",
    account_id: str = DEFAULT_ACCOUNT_ID,
    region: str = DEFAULT_REGION,
) -> None:
    """Create an application with a chosen ID (AWS and moto only generate random ones).

    An existing application stays unchanged. ``ValueError`` for an ID that is invalid in a URL path,
    or for a region without Pinpoint.
    """
    if not re.fullmatch(r"[0-9A-Za-z_-]{1,64}", application_id):
        message = f"an application ID is 1 to 64 letters, digits, - or _, not {application_id!r}"
        raise ValueError(message)
    backend = _backend(account_id, region)
    if application_id in backend.apps:
        return
    app = App(account_id, region, name)
    app.arn = app.arn.replace(app.application_id, application_id)
    app.application_id = application_id
    backend.apps[application_id] = app


def all_texts() -> list[InboxEntry]:
    """Return the texts sent from all accounts and regions, newest last."""
    return _without_places(text for state in _all_states() for text in state.texts())


def all_requests() -> list[dict[str, Any]]:
    """Return the requests received by all accounts and regions, newest last."""
    return _without_places(request for state in _all_states() for request in state.requests())


def advance_all_clocks(seconds: float) -> None:
    """Advance the clock of every account and region in use; ``ValueError`` as for one clock.

    A region that is first used later starts at the real time: it has no older codes.
    """
    for state in _all_states():
        state.clock.advance(seconds)


def _backend(account_id: str, region: str) -> PinpointBackend:
    """Return moto's Pinpoint backend; ``ValueError`` for a region without Pinpoint."""
    try:
        return pinpoint_backends[account_id][region]
    except KeyError:
        message = f"moto has no Pinpoint in region {region!r}"
        raise ValueError(message) from None


def _all_states() -> list[OtpState]:
    """Return the state of every backend in use."""
    with backend_lock:
        backends = [backend for _, _, backend in pinpoint_backends.iter_backends()]
    return [otp_state(backend) for backend in backends if isinstance(backend, PinpointBackend)]


def _without_places(entries: Iterable[tuple[int, _T]]) -> list[_T]:
    """Return entries in order of arrival, without their places."""
    return [entry for _, entry in sorted(entries, key=lambda placed: placed[0])]
