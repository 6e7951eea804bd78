"""The runbook and its commands, taken apart."""

import re
from pathlib import Path
from typing import Any

from docs.generate.templates import template
from infra.config import PYTHON_VERSIONS

from .pages import read_sections

ROOT = Path(__file__).resolve().parents[2]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
#: Which the page begins with.
SCRIPT = (ROOT / "docs" / "runbook.sh").read_text()
SECTIONS = {section.anchor: section for section in read_sections(RUNBOOK)}


def blocks(text: str = RUNBOOK) -> list[str]:
    """The shell blocks."""
    return re.findall(r"^ *```sh\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)


SHELL = "\n".join([SCRIPT, *blocks()])


def items(anchor: str) -> list[str]:
    """The items of a section's lists, a line each."""
    text = re.sub(r"\n  +(?=\S)", " ", SECTIONS[anchor].text)
    return re.findall(r"^- (.*)", text, re.MULTILINE)


def of_profile(profile: str) -> dict[str, Any]:
    """The template, which other tests have synthesized, too."""
    region = {"region": "us-east-1"} if profile == "production" else {}
    return template(profile=profile, pythonVersion=PYTHON_VERSIONS[-1], **region)
