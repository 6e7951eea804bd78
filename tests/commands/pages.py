"""Finds the shell blocks of the pages.

A fenced `sh` block runs unless the line directly above it is `<!-- not run: REASON -->`.
"""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_FENCE = re.compile(
    r"^(?: *<!-- not run: (?P<reason>.+) -->\n)?"
    r"(?P<indent> *)(?P<ticks>```+)(?P<language>\S*)\n(?P<script>(?:.*\n)*?)(?P=indent)(?P=ticks)$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """A fenced block, its line number, and the reason in its `not run` comment."""

    line: int
    language: str
    script: str
    reason: str | None


def pages() -> dict[str, Path]:
    """Return all pages by their path from the root of the checkout."""
    files = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]
    files += [*(ROOT / "docs").rglob("*.md"), ROOT / "clients" / "python" / "README.md"]
    return {str(file.relative_to(ROOT)): file for file in sorted(files)}


def blocks(markdown: str) -> list[Block]:
    """Find the fenced blocks of a page."""
    found = []
    for fence in _FENCE.finditer(markdown):
        line = markdown.count("\n", 0, fence.start("indent")) + 1
        script = re.sub(f"^{fence['indent']}", "", fence["script"], flags=re.MULTILINE)
        found.append(Block(line, fence["language"], script, fence["reason"]))
    return found


def to_run(markdown: str) -> list[Block]:
    """Find the blocks that the tests run."""
    return [block for block in blocks(markdown) if block.language == "sh" and not block.reason]
