"""Steps about one text: it is sent once, and its code is valid once."""

from typing import Any

from .trial import Skipped, Step, Trial, Wrong, new_request

# Problems that are correct behaviour of a deployment, and why.
EXPLAINED = {
    "DestinationNotAllowed": "the deployment does not text this number",
    "SendingPaused": "sending is paused",
    "TooManyMessages": "a limit is used up",
}


def _text(trial: Trial) -> str:
    if trial.person is None:
        raise Skipped("no number was given (TO=…).")
    asked = new_request(trial.person.number)
    answer = trial.post(asked)
    if answer.code in EXPLAINED:
        raise Skipped(f"{EXPLAINED[answer.code]}: {answer.detail}")
    trial.expect(answer, 200)
    trial.asked, trial.answer = asked, answer
    response = answer.json()["MessageResponse"]
    return str(response["Result"][trial.person.number]["DeliveryStatus"])


def _replay(trial: Trial) -> str:
    asked, first = trial.text()
    again = trial.post(asked)
    trial.expect(again, 200)
    if again.body != first.body or again.headers.get("Idempotent-Replayed") != "true":
        raise Wrong("the first answer, byte for byte, with Idempotent-Replayed: true", again.body)
    return "the first answer, byte for byte"


def _direct_replay(trial: Trial) -> str:
    asked, first = trial.text()
    _, payload = trial.invoke("send", asked)
    if payload != first.json() | {"IdempotentReplayed": True}:
        raise Wrong("the first answer, with IdempotentReplayed", payload)
    return "the first answer, with IdempotentReplayed"


def _reuse(trial: Trial) -> str:
    asked, _ = trial.text()
    answer = trial.post({**asked, "CodeLength": 8})
    trial.expect(answer, 422, "ReferenceIdReused")
    return "422 ReferenceIdReused"


def _one_text(trial: Trial) -> str:
    asked, _ = trial.text()
    assert trial.person is not None  # noqa: S101 - there is no text without
    trial.codes = trial.person.read(asked["ReferenceId"])
    if len(trial.codes) != 1:
        raise Wrong("one text", f"{len(trial.codes)} texts")
    return "one text"


def _verify(trial: Trial, code: str, *, valid: bool) -> str:
    asked, _ = trial.text()
    about = {name: asked[name] for name in ("ReferenceId", "DestinationIdentity")}
    answer = trial.post({**about, "Otp": code}, "/otp/verify")
    trial.expect(answer, 200)
    response: dict[str, Any] = answer.json().get("VerificationResponse", {})
    if response.get("Valid") is not valid:
        raise Wrong(f"Valid: {valid}", response)
    return f"Valid: {valid}"


def _wrong_code(trial: Trial) -> str:
    right = trial.code()
    return _verify(trial, right[:-1] + str((int(right[-1]) + 1) % 10), valid=False)


def _right_code(trial: Trial) -> str:
    return _verify(trial, trial.code(), valid=True)


def _right_code_again(trial: Trial) -> str:
    return _verify(trial, trial.code(), valid=False)


STEPS = (
    Step("A text is sent", "troubleshooting.md", _text),
    Step("The same request gets the recorded answer", "how-it-works.md", _replay),
    Step("So does a direct invoke", "how-it-works.md", _direct_replay),
    Step("A different request cannot use its ReferenceId", "how-it-works.md", _reuse),
    Step("One text arrives", "how-it-works.md", _one_text),
    Step("A wrong code is not valid", "troubleshooting.md", _wrong_code),
    Step("The right code is valid", "troubleshooting.md", _right_code),
    Step("The right code is valid only once", "troubleshooting.md", _right_code_again),
)
