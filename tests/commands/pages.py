"""The pages whose shell blocks are run, and the blocks.

A fenced `sh` block runs unless the line directly above it is `<!-- not run: REASON -->`.
"""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

_FENCE = re.compile(r"( *)(```+)(\S*)")
_MARKER = re.compile(r" *<!-- not run: (.+) -->")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page.

    Attributes:
        line: of its first fence, from 1.
        language: what stands behind the first fence.
        script: what is inside, without the indentation of its fences.
        above: the line directly above the first fence.

    """

    line: int
    language: str
    script: str
    above: str

    @property
    def reason(self) -> str | None:
        """Why the block is not run; None if it is."""
        marked = _MARKER.fullmatch(self.above)
        return marked[1] if marked else None


def pages() -> dict[str, Path]:
    """All pages, by their path from the root of the checkout."""
    files = [
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
        *(ROOT / "docs").rglob("*.md"),
        ROOT / "clients" / "python" / "README.md",
    ]
    return {str(file.relative_to(ROOT)): file for file in sorted(files) if file.exists()}


def blocks(markdown: str) -> list[Block]:
    """Find the fenced blocks of a page, in its order.

    Raises:
        ValueError: the last one has no end.

    """
    found = []
    lines = markdown.splitlines()
    number = 0
    while number < len(lines):
        fence = _FENCE.fullmatch(lines[number])
        if not fence:
            number += 1
            continue
        indent, ticks, language = fence.groups()
        try:
            end = lines.index(indent + ticks, number + 1)
        except ValueError:
            raise ValueError(f"The block of line {number + 1} has no end.") from None
        inside = [line.removeprefix(indent) for line in lines[number + 1 : end]]
        above = lines[number - 1] if number else ""
        found.append(Block(number + 1, language, "\n".join(inside) + "\n", above))
        number = end + 1
    return found


def to_run(markdown: str) -> list[Block]:
    """Find the blocks of a page that are run."""
    return [block for block in blocks(markdown) if block.language == "sh" and not block.reason]
