"""The `requirements.in` files and the pinned files that `make update` makes of them."""

import re

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .machine import ROOT

FOLDERS = ("lambda_src/", "infra/", "", "sandbox/", "tools/scan/", "tools/mutants/")

# The lines of a pinned file, besides comments; options, such as an index, are not allowed.
LINE = re.compile(r"[\w.-]+==[\w.!+-]+( ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?")


def pinned(folder: str) -> dict[str, str]:
    """Return the hashes and the origin of each pin, by name and version."""
    text = (ROOT / folder / "requirements.txt").read_text()
    return dict(re.findall(r"^(\S+==\S+)(.*\n(?: .*\n)+)", text, re.MULTILINE))


@pytest.mark.parametrize("folder", FOLDERS)
def test_pins_match_requirements_and_have_hashes(folder: str) -> None:
    """A requirement has a reason beside it, a pin names no index, and `make update` was run."""
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
def test_tests_use_the_deployed_versions(folder: str) -> None:
    """The pins of the root include those of the functions and the stack."""
    assert pinned(folder).keys() <= pinned("").keys()
