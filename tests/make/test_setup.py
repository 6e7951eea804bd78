"""`make setup` on machines that lack something."""

from pathlib import Path

import pytest

from .machine import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Give a machine that has neither Python nor Node.js."""
    return Machine(tmp_path)


def test_with_all_that_is_needed_everything_is_installed(machine: Machine) -> None:
    """Two environments and the CDK's command line."""
    machine.has_python()
    machine.has_node()
    machine.has_npm()

    made = machine.make("setup")

    assert (made.status, made.stderr) == (0, [])
    assert machine.installed() == [".venv", ".venv-ministack", "node_modules"]
    assert sum(" -r " in call for call in made.calls) == 2
    assert "npm ci --no-progress --loglevel=error" in made.calls


def test_what_was_installed_is_not_installed_again(machine: Machine) -> None:
    """The second time, nothing is called but to see that it is there."""
    machine.has_python()
    machine.has_node()
    machine.has_npm()
    first = machine.make("setup")

    again = machine.make("setup")

    assert again.status == 0
    assert again.calls[len(first.calls) :] == ["python -c import pip"]


@pytest.mark.parametrize(
    ("version", "venv", "said"),
    [
        pytest.param(None, True, "python3 is missing", id="no Python"),
        pytest.param("3.10", True, "python3 is 3.10.1", id="an old Python"),
        pytest.param("3.13", False, "python3 is 3.13.1", id="a Python without venv"),
    ],
)
def test_without_python_a_sentence_says_so(
    machine: Machine, version: str | None, said: str, *, venv: bool
) -> None:
    """Before npm installs anything."""
    if version:
        machine.has_python(version, venv=venv)
    machine.has_node()
    machine.has_npm()

    made = machine.make("setup")

    assert made.status != 0
    [sentence] = made.stderr
    assert sentence == (
        f"Python 3.11 or later with venv is missing ({said}): install it (Debian: apt-get install "
        "python3 python3-venv), or name it with PYTHON=/path/to/python."
    )
    assert machine.installed() == []


@pytest.mark.parametrize(
    ("major", "npm", "said"),
    [
        pytest.param(
            None,
            False,
            "Node.js 20 or later is missing (node is missing): install it from https://nodejs.org.",
            id="no Node.js",
        ),
        pytest.param(
            18,
            True,
            "Node.js 20 or later is missing (node is v18.1.0): install it from https://nodejs.org.",
            id="an old Node.js",
        ),
        pytest.param(
            20,
            False,
            "npm is missing: it comes with Node.js from https://nodejs.org "
            "(Debian: apt-get install npm).",
            id="no npm",
        ),
    ],
)
def test_without_node_a_sentence_says_so(
    machine: Machine, major: int | None, said: str, *, npm: bool
) -> None:
    """Before pip installs anything."""
    machine.has_python()
    if major:
        machine.has_node(major)
    if npm:
        machine.has_npm()

    made = machine.make("setup")

    assert made.status != 0
    assert made.stderr == [said]
    assert machine.installed() == []


def test_all_that_is_missing_is_said_at_once(machine: Machine) -> None:
    """Python and Node.js, a sentence each."""
    made = machine.make("setup")

    assert made.status != 0
    assert [line.partition(" is missing")[0] for line in made.stderr] == [
        "Python 3.11 or later with venv",
        "Node.js 20 or later",
    ]


def test_a_python_that_is_named_must_do(machine: Machine) -> None:
    """PYTHON=… is taken, or refused with its version; another one is not taken in its place."""
    machine.has_python()
    machine.has_node()
    machine.has_npm()

    made = machine.make("setup", "PYTHON=/no/such/python")

    assert made.status != 0
    assert [line.partition(":")[0] for line in made.stderr] == [
        "Python 3.11 or later with venv is missing (/no/such/python is missing)"
    ]


def test_an_environment_that_was_left_half_made_is_made_again(machine: Machine) -> None:
    """One without pip, as Ctrl-C leaves it."""
    machine.has_python()
    machine.has_node()
    machine.has_npm()
    machine.make("setup")
    (machine.checkout / ".venv" / ".ready").unlink()
    (machine.checkout / ".venv" / "bin" / "python.broken").touch()

    made = machine.make("setup")

    assert (made.status, made.stderr) == (0, [])
    assert made.calls.count("python -m venv --clear .venv") == 2
