"""`make setup` on machines that lack something."""

from pathlib import Path

import pytest

from .machine import Machine


def with_all(folder: Path) -> Machine:
    """Make a machine that has what is needed."""
    machine = Machine(folder)
    machine.has_python()
    machine.has_node()
    machine.has_npm()
    return machine


def test_with_all_that_is_needed_everything_is_installed_once(tmp_path: Path) -> None:
    """Two environments and the CDK's command line.

    The second time, nothing is called but to see that it is there.
    """
    machine = with_all(tmp_path)

    made = machine.make("setup")

    assert (made.status, made.stderr) == (0, [])
    assert machine.installed() == [".venv", ".venv-ministack", "node_modules"]
    assert sum(" -r " in call for call in made.calls) == 2
    assert "npm ci --no-progress --loglevel=error" in made.calls

    again = machine.make("setup")

    assert again.status == 0
    assert again.calls[len(made.calls) :] == ["python -c import pip"]


PYTHON = (
    "Python 3.11 or later with venv is missing ({} is {}): install it (Debian: apt-get install "
    "python3 python3-venv), or name it with PYTHON=/path/to/python."
)
NODE = "Node.js 20 or later is missing (node is {}): install it from https://nodejs.org."
NPM = "npm is missing: it comes with Node.js from https://nodejs.org (Debian: apt-get install npm)."


@pytest.mark.parametrize(
    ("python", "node", "npm", "arguments", "said"),
    [
        pytest.param(
            *(None, None, False, (), [PYTHON.format("python3", "missing"), NODE.format("missing")]),
            id="nothing",
        ),
        pytest.param("3.10", 20, True, (), [PYTHON.format("python3", "3.10.1")], id="old Python"),
        pytest.param(
            *("3.13 without venv", 20, True, (), [PYTHON.format("python3", "3.13.1")]), id="no venv"
        ),
        # Another one is not taken in its place.
        pytest.param(
            *("3.13", 20, True, ("PYTHON=/no/python",), [PYTHON.format("/no/python", "missing")]),
            id="another Python",
        ),
        pytest.param("3.13", None, False, (), [NODE.format("missing")], id="no Node.js"),
        pytest.param("3.13", 18, True, (), [NODE.format("v18.1.0")], id="old Node.js"),
        pytest.param("3.13", 20, False, (), [NPM], id="no npm"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_installed(
    tmp_path: Path,
    python: str | None,
    node: int | None,
    npm: bool,  # noqa: FBT001 - a column of the table
    arguments: tuple[str, ...],
    said: list[str],
) -> None:
    """All of it, each in a sentence."""
    machine = Machine(tmp_path)
    if python:
        version, *without = python.split()
        machine.has_python(version, venv=not without)
    if node:
        machine.has_node(node)
    if npm:
        machine.has_npm()

    made = machine.make("setup", *arguments)

    assert made.status != 0
    assert made.stderr == said
    assert machine.installed() == []


def test_an_environment_that_was_left_half_made_is_made_again(tmp_path: Path) -> None:
    """One without pip, as Ctrl-C leaves it."""
    machine = with_all(tmp_path)
    machine.make("setup")
    (machine.checkout / ".venv" / ".ready").unlink()
    (machine.checkout / ".venv" / "bin" / "python.broken").touch()

    made = machine.make("setup")

    assert (made.status, made.stderr) == (0, [])
    assert made.calls.count("python -m venv --clear .venv") == 2
