"""The generated parts of pages, each between two comments.

<!-- NAME: begin -->

…

<!-- NAME: end -->

An example is a whole file, which tests run. On any page:

<!-- example PATH: begin -->

…

<!-- example PATH: end -->
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

#: An empty cell.
NOTHING = "\N{EN DASH}"

_PART = re.compile(r"<!-- (?P<name>[\w-]+): begin -->\n.*?<!-- (?P=name): end -->", re.DOTALL)

_EXAMPLE = re.compile(
    r"<!-- example (?P<path>[\w./-]+): begin -->\n.*?<!-- example (?P=path): end -->", re.DOTALL
)


def replace(page: str, parts: Mapping[str, str]) -> str:
    """Put the parts into a page.

    Raises:
        ValueError: the page does not have each part exactly once, or has others.

    """
    places = [place["name"] for place in _PART.finditer(page)]
    if sorted(places) != sorted(parts):
        raise ValueError(
            f"The page has places for {', '.join(places) or 'nothing'}, "
            f"but the parts are {', '.join(parts)}."
        )
    return _PART.sub(
        lambda place: (
            f"<!-- {place['name']}: begin -->\n\n"
            f"{parts[place['name']].strip()}\n\n"
            f"<!-- {place['name']}: end -->"
        ),
        page,
    )


def quote(page: str, root: Path) -> str:
    """Put the examples into a page.

    Args:
        page: the text.
        root: the folder to which the examples' paths are relative.

    Raises:
        FileNotFoundError: an example does not exist.

    """
    return _EXAMPLE.sub(
        lambda place: (
            f"<!-- example {place['path']}: begin -->\n\n"
            f"```python\n{(root / place['path']).read_text().strip()}\n```\n\n"
            f"<!-- example {place['path']}: end -->"
        ),
        page,
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table; a colon at the end of a head aligns its column to the right."""
    lines = [
        _row([name.removesuffix(":") for name in head]),
        "|" + "|".join("---:" if name.endswith(":") else "---" for name in head) + "|",
        *map(_row, rows),
    ]
    return "\n".join(lines)


def rows(page: str, heading: str) -> list[list[str]]:
    """Read the cells of each row of a section's tables, without their heads.

    Raises:
        IndexError: the page has no such section.

    """
    section = re.split(rf"^#+ {re.escape(heading)}\n", page, flags=re.MULTILINE)[1]
    lines = re.split(r"^#+ ", section, maxsplit=1, flags=re.MULTILINE)[0].splitlines()
    return [
        line.strip("| ").split(" | ")
        for above, line in pairwise(lines)
        if line.startswith("|") and above.startswith("|") and not line.startswith("|---")
    ]


def number(cell: str) -> float:
    """Read the first number of a cell: `$0.30`, `1,000 a second`, `15% of its size`.

    Raises:
        ValueError: the cell has no number.

    """
    if found := re.search(r"\d[\d,]*(?:\.\d+)?", cell):
        value = float(found[0].replace(",", ""))
        return value / 100 if cell[found.end() :].startswith("%") else value
    raise ValueError(f"No number in {cell!r}.")


def code(text: str) -> str:
    """Format a text as code."""
    return f"`{text}`"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
