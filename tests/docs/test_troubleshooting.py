"""docs/troubleshooting.md: whoever searches for what they were told finds it."""

import re
from pathlib import Path

from .problems import CLASSES

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text()


def test_every_code_is_found_and_stands_with_its_status() -> None:
    """On the page; and in a heading that begins with a status, the words in capitals are codes."""
    named = {(int(kind.status), kind.code) for kind in CLASSES}
    headings = re.findall(r"^### ([45]\d\d .+)$", PAGE, re.MULTILINE)

    assert [code for _, code in sorted(named) if code not in PAGE] == []
    assert len(headings) > 10
    for heading in headings:
        statuses = re.findall(r"\b[45]\d\d\b", heading)
        for code in re.findall(r"\b[A-Z]\w+", heading):
            assert any((int(status), code) in named for status in statuses), heading
