"""`make setup` on complete and incomplete machines."""

import re
from pathlib import Path
from typing import Any

import pytest

from .machine import Machine

PYTHON = (
    "Python 3.11 or later with venv is missing ({} is {}): install it (Debian: apt-get install "
    "python3 python3-venv), or name it with PYTHON=/path/to/python."
)
OLD_PYTHON = PYTHON.format("python3", "3.10.1")
NODE = "Node.js 20 or later is missing (node is {}): install it from https://nodejs.org."
NPM = "npm is missing: it comes with Node.js from https://nodejs.org (Debian: apt-get install npm)."


def test_setup_installs_everything_once(tmp_path: Path) -> None:
    """A second run only checks; an interrupted installation is made again."""
    machine = Machine(tmp_path)

    made = machine.make("setup")

    assert (made.status, made.stderr) == (0, [])
    assert made.stdout
    assert [line for line in made.stdout if not re.fullmatch(r"==> .+ \.\.\. \d+ s", line)] == []
    assert machine.installed() == [".venv", ".venv-ministack", "node_modules"]
    installed = [call for call in made.calls if " -r " in call]
    assert len(installed) == 2
    assert all(call.startswith("python -I infra/bundle/run_pip.py install ") for call in installed)
    assert "npm ci --include=dev --no-progress --loglevel=error" in made.calls
    assert made.calls[-1] == "python -m infra.bundle --fetch"
    again = machine.make("setup")
    assert (again.status, again.calls) == (0, ["python -c import pip"])

    # An environment without pip, as Ctrl-C leaves it.
    (machine.checkout / ".venv" / ".ready").unlink()
    (machine.checkout / ".venv" / "bin" / "python.broken").touch()
    once_more = machine.make("setup")
    assert (once_more.status, once_more.stderr) == (0, [])
    assert "python -m venv --clear .venv" in once_more.calls


@pytest.mark.parametrize(
    ("lacks", "arguments", "said"),
    [
        ({"python": None}, (), [PYTHON.format("python3", "missing")]),
        ({"python": "3.10"}, (), [OLD_PYTHON]),
        ({"python": "3.13 without venv"}, (), [PYTHON.format("python3", "3.13.1")]),
        # Setup does not fall back to another Python.
        ({}, ("PYTHON=/no/python",), [PYTHON.format("/no/python", "missing")]),
        ({"node": 18}, (), [NODE.format("v18.1.0")]),
        ({"npm": False}, (), [NPM]),
        ({"python": "3.10", "node": None, "npm": False}, (), [OLD_PYTHON, NODE.format("missing")]),
    ],
)
def test_missing_programs_are_reported_before_anything_is_installed(
    tmp_path: Path, lacks: dict[str, Any], arguments: tuple[str, ...], said: list[str]
) -> None:
    """All missing programs are reported at once."""
    machine = Machine(tmp_path, **lacks)

    made = machine.make("setup", *arguments)

    assert (made.status != 0, made.stderr, machine.installed()) == (True, said, [])
