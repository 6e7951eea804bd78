"""The runbook, split into its sections, lists and commands."""

import re
from pathlib import Path
from typing import Any

from docs.generate.templates import template
from infra.config import PYTHON_VERSIONS

from .pages import read_sections

ROOT = Path(__file__).resolve().parents[2]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
#: The script that the page tells an operator to load first.
SCRIPT = (ROOT / "docs" / "runbook.sh").read_text()
SECTIONS = {section.anchor: section for section in read_sections(RUNBOOK)}


def blocks(text: str = RUNBOOK) -> list[str]:
    """Return the shell blocks."""
    return re.findall(r"^ *```sh\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)


SHELL = "\n".join([SCRIPT, *blocks()])


def items(anchor: str) -> list[str]:
    """Return the items of a section's lists, each as one line."""
    text = re.sub(r"\n  +(?=\S)", " ", SECTIONS[anchor].text)
    return re.findall(r"^- (.*)", text, re.MULTILINE)


def of_profile(profile: str) -> dict[str, Any]:
    """Return a profile's template, which other tests share."""
    region = {"region": "us-east-1"} if profile == "production" else {}
    return template(profile=profile, pythonVersion=PYTHON_VERSIONS[-1], **region)
