"""What `make` says of itself."""

import re
from pathlib import Path

from .machine import ROOT, Machine


def test_make_alone_lists_every_target(tmp_path: Path) -> None:
    """In a line each that says what it does, in the order of the Makefile; nothing is installed."""
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^([\w-]+):(?!=)", makefile, re.MULTILINE)
    [phony] = re.findall(r"^\.PHONY:((?:.*\\\n)*.*)$", makefile, re.MULTILINE)
    machine = Machine(tmp_path)

    made = machine.make()

    assert (made.status, made.stderr, machine.installed()) == (0, [], [])
    assert made.stdout == machine.make("help").stdout
    # What only other targets need is not for people.
    said = [name for name in targets if name != "needed"]
    assert [line.split()[1] for line in made.stdout] == said
    assert set(targets) == set(phony.replace("\\", "").split())
    heads = [re.match(r"make [\w-]+ +(?=\S)", line) for line in made.stdout]
    assert len({head and head.end() for head in heads}) == 1
    assert max(map(len, made.stdout)) <= 100
