"""The runbook's commands: their names exist in the stack, and the function heeds them.

tests/commands runs them.
"""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest

from lambda_src.otp.rules import counters, guard, limits, switch
from lambda_src.otp.rules.limits import MEANINGS
from tests.support.clock import Clock
from tests.support.service import TABLE, Service, deployed

from .runbook import RUNBOOK, SCRIPT, SECTIONS, SHELL, blocks, items, of_profile

#: The limits count it, unlike the sandbox's numbers.
NUMBER = "+12062010123"
#: The commands that the script defines.
DEFINED = re.findall(r"^(\w+)\(\) \{", SCRIPT, re.MULTILINE)


def test_outputs_and_resources_of_the_commands_exist() -> None:
    """The section about limits explains every limit."""
    production = of_profile("production")
    types = {resource["Type"] for resource in production["Resources"].values()}
    outputs = {*re.findall(r"\$\(output (\w+)\)", SHELL)}
    limits = {*re.findall(r"`(\w+)`", "\n".join(items("refused-by-limit")))}

    assert outputs
    assert outputs <= production["Outputs"].keys()
    assert {*re.findall(r"\bresource (AWS::[\w:]+)", SHELL + RUNBOOK)} <= types
    assert limits == {*MEANINGS, "blockedPrefixes"}


def test_no_command_runs_without_its_variables() -> None:
    """It names the missing variable, and does not call AWS."""
    commands = "".join(f"{name}() {{ :; }}\n" for name in DEFINED)
    names = r"\baws .*\$\{?(TABLE|QUEUE|API|FUNCTION|STACK|OLD)\b"
    needing = [block for block in blocks() if re.search(names, block, re.DOTALL)]
    assert len(needing) > 10

    for block in needing:
        pasted = run(f"unset TABLE\n{commands}{block}")
        assert (pasted.returncode != 0, pasted.stdout) == (True, ""), block
        assert re.search(r"\b[A-Z]+: parameter (null or )?not set|: set it to", pasted.stderr)
    [back] = [block for block in blocks() if "lambda update-alias" in block]
    pasted = run(f"FUNCTION=send\n{back}")
    assert (pasted.returncode != 0, pasted.stdout) == (True, "")
    assert "OLD: set it to a version of the list" in pasted.stderr
    sourced = run(f"unset AWS_REGION\n{SCRIPT}")
    assert (sourced.returncode, sourced.stdout) == (1, "")
    assert "Set AWS_REGION" in sourced.stderr


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """Start the send function on an emulated AWS of its own."""
    # Stopped, so that no window ends within a test, and at the time of the shell's `date`. With
    # milliseconds, because DynamoDB would not store a trailing zero.
    Clock(monkeypatch, limits, counters, guard, switch).now = int(time.time()) + 0.123
    with deployed("send") as service:
        yield service


def run(script: str) -> subprocess.CompletedProcess[str]:
    """Run a script in the shell; its AWS CLI only prints its arguments."""
    fake = f"""TABLE={TABLE}; aws() {{ for given; do printf '%s\\0' "$given"; done; }}\n"""
    command = ["/bin/sh", "-ec", fake + script]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_callers_of_an_api_without_an_access_log_are_not_looked_for() -> None:
    """One sentence and no query, in the sandbox or with apiGatewayLogRole=none."""
    none = "AWS_REGION=us-east-1\naws() { echo None; }\n"

    ran = run(f"{none}{SCRIPT}\naws() {{ echo None; echo called $2 >&2; }}\ncallers")

    assert ran.returncode == 1
    assert ran.stderr.splitlines() == [
        "called get-stage",
        "The API has no access log: apiGatewayLogRole=none, or this is the sandbox.",
    ]


def do(service: Service, script: str) -> dict[str, Any]:
    """Make the one DynamoDB call of a block, as the CLI would."""
    _, operation, *options = run(script).stdout.split("\0")[:-1]
    said = dict(zip(options[::2], options[1::2], strict=True))
    given = {
        name: json.loads(said[f"--{name.lower()}"])
        for name in ("Item", "Key")
        if f"--{name.lower()}" in said
    }
    call = getattr(service.table, operation.replace("-", "_"))
    answer: dict[str, Any] = call(TableName=said["--table-name"], **given)
    return answer


def test_the_commands_of_the_switch_are_heeded(service: Service) -> None:
    """Pause everything, then some countries, then nothing; and read the switch."""
    pausing = blocks(SECTIONS["pausing"].text)
    every, some, now, resume = [block for block in pausing if "attach-role-policy" not in block]

    def statuses_after(block: str) -> list[int]:
        do(service, block)
        service.start()
        return [service.send(DestinationIdentity=to).status for to in (NUMBER, "+14165550111")]

    assert statuses_after(every) == [503, 503]
    assert statuses_after(some) == [200, 503]
    assert do(service, now)["Item"]["countries"] == {"S": "JM,CA"}
    assert statuses_after(resume) == [200, 200]
    assert "nonsense" not in service.log()


@pytest.mark.parametrize(
    ("per_hour", "block"), [(20, "${NUMBER%????}"), (None, "$NUMBER")], ids=["block", "number"]
)
def test_a_command_lets_a_number_in(service: Service, per_hour: int | None, block: str) -> None:
    """It computes the item's key as the function does, and deletes the item."""
    [script] = blocks(SECTIONS["let-a-number-in-again"].text)
    script = script.replace("+12065550123", NUMBER).replace("${NUMBER%????}", block)
    service.limit(destination_per_10_minutes=5, destination_per_day=10, block_per_hour=per_hour)
    answers = [service.send(DestinationIdentity=NUMBER).status for _ in range(6)]
    assert answers == [200] * 5 + [429]

    do(service, script)

    assert service.send(DestinationIdentity=NUMBER).status == 200


def test_the_commands_open_a_range_close_it_and_let_it_begin_at_zero(service: Service) -> None:
    """By its name in the log, from which the command computes the key of its balance."""
    _, opening, zero, closing = blocks(SECTIONS["guard"].text)

    def status() -> int:
        return service.send(DestinationIdentity=NUMBER).status

    service.guarded(allowance=1)
    assert [status() for _ in range(2)] == [200, 429]
    for block, answered in ((opening, 200), (closing, 429)):
        do(service, block)
        service.guarded(allowance=1)
        assert status() == answered
    do(service, zero.replace("+4915123", "+12062"))
    assert status() == 200
