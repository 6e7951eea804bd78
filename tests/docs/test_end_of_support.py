"""docs/end-of-support.md: what the successor takes is what botocore knows of it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "end-of-support.md").read_text()
MODEL = botocore.session.Session().get_service_model("endusermessaging")
SEND, VALIDATE = (
    MODEL.operation_model(name)
    for name in ("SendNotifyCodeVerification", "ValidateNotifyCodeVerification")
)


def members(shape: Any) -> Iterator[tuple[str, Any]]:
    """The members of a shape and of those in it."""
    for name, member in shape.members.items():
        yield name, member
        if member.type_name == "structure":
            yield from members(member)


SHAPES = dict(
    member
    for operation in (SEND, VALIDATE)
    for shape in (operation.input_shape, operation.output_shape)
    for member in members(shape)
)


def successor() -> list[str]:
    """The second column of the table."""
    [table] = re.findall(r"^\| here, Pinpoint .*\n\|.*\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    return [line.split("|")[2] for line in table.splitlines()]


def test_every_name_of_the_successor_exists() -> None:
    """In what it takes or answers."""
    named = {name for cell in successor() for name in re.findall(r"`([a-z]\w+)`", cell)}

    assert {"referenceId", "code", "status"} <= named
    assert named <= SHAPES.keys()


def test_limits_of_the_successor_are_its_own() -> None:
    """Each range that is written behind a name."""
    written = {
        name: (int(least), int(most))
        for cell in successor()
        for name, least, most in re.findall(r"`(\w+)`,? (\d+)\N{EN DASH}(\d+)", cell)
    }

    assert written.keys() == {"referenceId", "codeLength", "validityPeriodMinutes", "maxAttempts"}
    for name, (least, most) in written.items():
        assert (SHAPES[name].metadata["min"], SHAPES[name].metadata["max"]) == (least, most)
    assert SHAPES["referenceId"].metadata["pattern"] == "[A-Za-z0-9_-]+"
    assert set(SHAPES["channel"].enum) == {"TEXT", "VOICE", "WHATSAPP"}
    assert set(SHAPES["status"].enum) == {"VALID", "INVALID"}


def test_only_three_modules_know_the_service() -> None:
    """Those that the page names call its operations; no other one does."""
    package = Path(__file__).resolve().parents[2] / "lambda_src" / "otp"
    named = set(re.findall(r"`(\w+\.py)`\]\(\.\./lambda_src", PAGE))
    callers = {
        module.name
        for module in package.glob("*.py")
        if re.search(r"(send|verify)_otp_message|\"pinpoint\"", module.read_text())
    }

    assert callers == named == {"pinpoint.py", "delivery.py", "verification.py"}
