"""docs/troubleshooting.md: what it quotes is what is said."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.api.gateway_responses import AccessDenied
from infra.config import Config, ConfigError
from lambda_src.otp.contract.problem import Problem

from .pages import read_sections

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text()
SECTIONS = {section.anchor: section.text for section in read_sections(PAGE)}


def kinds(problem: type[Problem] = Problem) -> Iterator[type[Problem]]:
    """Every class of problem that the functions or API Gateway answer."""
    for kind in problem.__subclasses__():
        yield kind
        yield from kinds(kind)


def rows(anchor: str) -> list[list[str]]:
    """The cells of the table of a section, without its heading."""
    lines = [line for line in SECTIONS[anchor].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_every_code_is_found() -> None:
    """Whoever searches the page for the code that they got finds it."""
    codes = {kind.code for kind in kinds()}

    assert AccessDenied.code in codes
    assert [code for code in sorted(codes) if code not in PAGE] == []


def test_status_and_code_belong_together() -> None:
    """In every heading that begins with a status: its words in capitals are codes of it."""
    named = {(kind.status, kind.code) for kind in kinds()}
    headings = re.findall(r"^### ([45]\d\d .+)$", PAGE, re.MULTILINE)

    assert len(headings) > 10
    for heading in headings:
        statuses = re.findall(r"\b[45]\d\d\b", heading)
        for code in re.findall(r"\b[A-Z]\w+", heading):
            assert any((int(status), code) in named for status in statuses), heading


def test_every_rule_about_destinations_is_explained() -> None:
    """By the sentence that callers are told."""
    source = (ROOT / "lambda_src" / "otp" / "destination.py").read_text()
    told = re.findall(r'raise DestinationNotAllowed\("(.+)"\)', source)

    assert len(told) == 5
    assert sorted(row[0] for row in rows("403-destinationnotallowed")) == sorted(told)


def test_what_synth_says_without_any_key_is_quoted() -> None:
    """As it stands."""
    with pytest.raises(ConfigError) as refused:
        Config.from_context({})

    assert f"\n\n{refused.value}\n\n" in SECTIONS["cdk-synth-refuses"]


@pytest.mark.parametrize(
    ("anchor", "file"),
    [
        ("make-run-does-not-start", "Makefile"),
        ("make-run-does-not-start", "sandbox/lock.py"),
        ("make-run-does-not-start", "sandbox/start.py"),
        ("make-run-does-not-start", "sandbox/servers.py"),
        ("500-internalerror", "lambda_src/otp/contract/invocation.py"),
        ("500-misconfigured", "lambda_src/otp/pinpoint/calls.py"),
        ("503-sendingpaused", "lambda_src/otp/rules/pause.py"),
    ],
)
def test_what_is_said_is_in_the_code(anchor: str, file: str) -> None:
    """The sentences by which whoever searches finds the section."""
    said = {
        "Makefile": ["Node.js 20 or later is missing", "Python 3.11 or later with venv is missing"],
        "sandbox/lock.py": ["The sandbox of this folder is running already"],
        "sandbox/start.py": ["No text arrived; the answer above says why"],
        "sandbox/servers.py": ["did not start", "has ended"],
        "lambda_src/otp/contract/invocation.py": ["Nobody foresaw this"],
        "lambda_src/otp/pinpoint/calls.py": ["Pinpoint does not let us"],
        "lambda_src/otp/rules/pause.py": ["It cannot be read whether sending is paused"],
    }[file]
    source = (ROOT / file).read_text()
    section = " ".join(SECTIONS[anchor].split())

    for sentence in said:
        assert sentence in source
        assert sentence in section
