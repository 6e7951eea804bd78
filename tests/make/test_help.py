"""What `make` says of itself."""

import re
from pathlib import Path

import pytest

from .machine import ROOT, Machine

MAKEFILE = (ROOT / "Makefile").read_text()

# What only other targets need.
INNER = {"needed"}


@pytest.fixture
def lines(tmp_path: Path) -> list[str]:
    """Give what `make help` prints."""
    made = Machine(tmp_path).make("help")
    assert (made.status, made.stderr) == (0, [])
    return made.stdout.splitlines()


def test_every_target_is_listed(lines: list[str]) -> None:
    """In a line each, in the order of the Makefile; all are phony."""
    targets = re.findall(r"^([\w-]+):(?!=)", MAKEFILE, re.MULTILINE)
    [phony] = re.findall(r"^\.PHONY:((?:.*\\\n)*.*)$", MAKEFILE, re.MULTILINE)

    assert set(targets) == set(phony.replace("\\", "").split())
    assert [line.split()[1] for line in lines] == [name for name in targets if name not in INNER]


def test_every_target_says_what_it_does(lines: list[str]) -> None:
    """Within a hundred columns, aligned."""
    heads = [re.match(r"make [\w-]+ +(?=\S)", line) for line in lines]

    assert len({head and head.end() for head in heads}) == 1
    assert None not in heads
    assert max(map(len, lines)) <= 100


def test_make_alone_lists_the_targets(lines: list[str], tmp_path: Path) -> None:
    """It installs nothing."""
    machine = Machine(tmp_path / "another")

    assert machine.make().stdout.splitlines() == lines
    assert machine.installed() == []
