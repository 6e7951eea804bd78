"""The verdict: every answer must be in the contract's table, and agree with the texts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.client import HttpAnswer

from .lab import claim_key, key

Items = Mapping[str, Mapping[str, Any]]

# The rows of the outcome table, as status and code, by what they say about the text.
_SENT = {(200, None)}
_NOT_SENT = {
    *((400, "InvalidRequest"), (422, "RejectedByPinpoint"), (429, "Throttled")),
    *((500, "Misconfigured"), (503, "SendingPaused"), (503, "StoreUnavailable")),
    *((503, "TemporaryFailure"), (503, "Unavailable")),
}
_UNKNOWN = {(504, "OutcomeUnknown"), (409, "OutcomeUnknown")}
_ELSEWHERE = {(409, "InProgress")}  # another request has the outcome
# API Gateway's own answers when the function has died.
_DEAD = {(502, "OutcomeUnknown"), (504, "OutcomeUnknown")}


@dataclass(frozen=True)
class Answer:
    """The part of an answer that a verdict needs."""

    status: int
    code: str | None
    replayed: bool
    body: bytes
    texted: int | None = None  # texts that arrived meanwhile, if no other request ran
    valid: bool | None = None  # of a verification

    @classmethod
    def of(cls, answer: HttpAnswer, texted: int | None = None) -> "Answer":
        """Read an HTTP answer; a gateway's own has no code."""
        content = answer.json() if answer.body.startswith(b"{") else {}
        return cls(
            status=answer.status,
            code=content.get("code"),
            replayed=answer.headers.get("Idempotent-Replayed") == "true",
            body=answer.body,
            texted=texted,
            valid=content.get("VerificationResponse", {}).get("Valid"),
        )

    @property
    def name(self) -> str:
        """The name under which it is counted."""
        if self.replayed:
            return f"{self.status} replayed"
        if self.valid is not None:
            return f"{self.status} {'valid' if self.valid else 'not valid'}"
        return f"{self.status} {self.code or ('sent' if self.status == 200 else 'gateway')}"


@dataclass
class Case:
    """All answers to one ReferenceId in its window, and its final state."""

    reference_id: str
    function_died: bool  # by the fault, so that the gateway may answer
    answers: list[Answer] = field(default_factory=list)
    texts: int = 0
    recorded: bool = False  # whether there is a record at the end
    _settled: bool = False

    def settle(self, texts: int) -> None:
        """Fix the number of texts in this window, if the ReferenceId gets another one."""
        self.texts = texts
        self._settled = True

    def conclude(self, texts: int, items: Items) -> None:
        """Note the final number of texts, and whether there is a record."""
        self.recorded = key(self.reference_id) in items
        if not self._settled:
            self.texts = texts

    def contradictions(self) -> list[str]:
        """List everything that breaks the promise."""
        return [
            f"{self.reference_id}: {problem} (answers: "
            f"{', '.join(answer.name for answer in self.answers)}; texts: {self.texts})"
            for problem in [*self._strangers(), *self._lies(), *self._losses()]
        ]

    def _strangers(self) -> list[str]:
        allowed = _SENT | _NOT_SENT | _UNKNOWN | _ELSEWHERE
        if self.function_died:
            allowed |= _DEAD
        return [
            f"{answer.name} is not in the table"
            for answer in self.answers
            if (answer.status, answer.code) not in allowed
        ]

    def _lies(self) -> list[str]:
        lies = []
        if self.texts > 1:
            lies.append(f"texted {self.texts} times")
        said = {(answer.status, answer.code) for answer in self.answers}
        if said & _SENT and self.texts != 1:
            lies.append("said sent")
        if said <= _NOT_SENT and self.texts:
            lies.append("said not sent, always")
        if len({answer.body for answer in self.answers if answer.status == 200}) > 1:
            lies.append("two successes differ")
        for answer in self.answers:
            if answer.texted is None:
                continue
            if (answer.status, answer.code) in _NOT_SENT and answer.texted:
                lies.append(f"said {answer.name} and texted")
            if answer.status == 200 and answer.texted != (0 if answer.replayed else 1):
                lies.append(f"said {answer.name} and texted {answer.texted} times")
        return lies

    def _losses(self) -> list[str]:
        # Not 409 OutcomeUnknown, because the record that it reports may be freed a moment later.
        maybe_texted = _SENT | _DEAD | {(504, "OutcomeUnknown")}
        held = any((answer.status, answer.code) in maybe_texted for answer in self.answers)
        return ["its record is lost"] if (held or self.texts) and not self.recorded else []


# A text raises the balance of its range to 1. A right code lowers it; in a new hour, from zero.
_TEXTED, _CREDITED = 1, (1 - 4, 0 - 4)


@dataclass
class CreditCase(Case):
    """All answers to one code, and the balance of its range."""

    number: str = ""
    code: str = ""
    balance: int | None = None
    claim: str = ""  # the key of the item that claims the credit, if the record has an owner
    claimed: bool = False

    @property
    def credited(self) -> bool:
        """Whether the range has the credit."""
        return self.balance in _CREDITED

    def conclude(self, texts: int, items: Items) -> None:
        """Note the final record and whether its credit was claimed."""
        super().conclude(texts, items)
        record = items.get(key(self.reference_id), {})
        self.claim = claim_key(record) if "owner" in record else ""
        self.claimed = self.claim in items

    def _strangers(self) -> list[str]:
        # The last answer is Pinpoint's own: the code is used.
        *answers, last = self.answers
        return [
            f"{answer.name} differs from the answer without a fault"
            for answer, valid in [*((answer, True) for answer in answers), (last, False)]
            if (answer.status, answer.valid) != (200, valid)
            and not (self.function_died and (answer.status, answer.code) in _DEAD)
        ]

    def _lies(self) -> list[str]:
        wrong = not self.credited and self.balance != _TEXTED
        return [f"the balance is {self.balance}"] * wrong + ["credited without a claim"] * (
            self.credited and not self.claimed
        )

    def _losses(self) -> list[str]:
        return [] if self.texts == 1 and self.claim else ["its text or its record is lost"]
