"""What is wanted, in the `.in` files, and what is made of it: pins with hashes."""

import re

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .machine import ROOT

FOLDERS = ("lambda_src/", "infra/", "", "sandbox/", "tools/scan/", "tools/mutants/")

# What a line of a pinned file may be, beside a comment: no option, such as one that names an index.
LINE = re.compile(r"[\w.-]+==[\w.!+-]+( ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?")


def pinned(folder: str) -> dict[str, str]:
    """Read what is pinned: its hashes, and what it is for, by name and version."""
    text = (ROOT / folder / "requirements.txt").read_text()
    return dict(re.findall(r"^(\S+==\S+)(.*\n(?: .*\n)+)", text, re.MULTILINE))


@pytest.mark.parametrize("folder", FOLDERS)
def test_pins_are_of_what_is_wanted_with_hashes_and_no_address(folder: str) -> None:
    """They hold wherever packages come from; and each that is wanted has a reason behind its name.

    A package that was added or removed, and `make update` forgotten, is found here.
    """
    source = (ROOT / folder / "requirements.in").read_text()
    wanted = dict(re.findall(r"^(?![-#\s])([^#\n]+)(.*)$", source, re.MULTILINE))
    lines = (ROOT / folder / "requirements.txt").read_text().splitlines()
    others = [line for line in lines if not LINE.fullmatch(line)]
    of_the_source = re.compile(rf"-r {re.escape(folder)}requirements\.in$", re.MULTILINE)

    assert [name for name, reason in wanted.items() if not re.match(r"# *\w", reason)] == []
    assert [line for line in others if not line.lstrip().startswith("#") or "://" in line] == []
    assert all("--hash=sha256:" in pin for pin in pinned(folder).values())
    assert {canonicalize_name(Requirement(name).name) for name in wanted} == {
        canonicalize_name(name.partition("==")[0])
        for name, pin in pinned(folder).items()
        if of_the_source.search(pin)
    }


@pytest.mark.parametrize("folder", ["lambda_src/", "infra/"])
def test_the_roots_pins_are_those_of_what_it_includes(folder: str) -> None:
    """What is tested is what runs."""
    assert pinned(folder).keys() <= pinned("").keys()
