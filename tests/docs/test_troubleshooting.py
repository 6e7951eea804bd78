"""docs/troubleshooting.md: a search for a code ends here."""

from pathlib import Path

from .problems import CLASSES

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "troubleshooting.md").read_text()


def test_every_code_is_found() -> None:
    """Of the functions and of API Gateway."""
    assert [kind.code for kind in CLASSES if kind.code not in PAGE] == []
