"""The pages whose shell blocks are run, and the blocks.

A fenced `sh` block runs unless the line directly above it is `<!-- not run: REASON -->`.
"""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_FENCE = re.compile(r"( *)(```+)(\S*)")
_MARKER = re.compile(r" *<!-- not run: (.+) -->")


@dataclass(frozen=True)
class Block:
    """A fenced block: its line, from 1; and why it is not run, which stands in the line above."""

    line: int
    language: str
    script: str
    reason: str | None


def pages() -> dict[str, Path]:
    """All pages, by their path from the root of the checkout."""
    files = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]
    files += [*(ROOT / "docs").rglob("*.md"), ROOT / "clients" / "python" / "README.md"]
    return {str(file.relative_to(ROOT)): file for file in sorted(files)}


def blocks(markdown: str) -> list[Block]:
    """Find the fenced blocks of a page, in its order."""
    found = []
    lines = ["", *markdown.splitlines()]
    number = 0
    while number < len(lines):
        if fence := _FENCE.fullmatch(lines[number]):
            indent, ticks, language = fence.groups()
            end = lines.index(indent + ticks, number + 1)
            inside = [line.removeprefix(indent) + "\n" for line in lines[number + 1 : end]]
            marked = _MARKER.fullmatch(lines[number - 1])
            reason = marked[1] if marked else None
            found.append(Block(number, language, "".join(inside), reason))
            number = end
        number += 1
    return found


def to_run(markdown: str) -> list[Block]:
    """Find the blocks of a page that are run."""
    return [block for block in blocks(markdown) if block.language == "sh" and not block.reason]
