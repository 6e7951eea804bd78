"""What all pages share: a page's generated parts stand between two comments each.

<!-- NAME: begin -->

…

<!-- NAME: end -->

An example is a file that is quoted whole, and that tests run. On any page:

<!-- example PATH: begin -->

…

<!-- example PATH: end -->
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

#: In a cell.
NOTHING = "\N{EN DASH}"

_PART = re.compile(r"<!-- (?P<name>[\w-]+): begin -->\n.*?<!-- (?P=name): end -->", re.DOTALL)

_EXAMPLE = re.compile(
    r"<!-- example (?P<path>[\w./-]+): begin -->\n.*?<!-- example (?P=path): end -->", re.DOTALL
)


def replace(page: str, parts: Mapping[str, str]) -> str:
    """Put the parts into a page.

    Raises:
        ValueError: the page has not each of the parts once, or has others.

    """
    places = [place["name"] for place in _PART.finditer(page)]
    if sorted(places) != sorted(parts):
        raise ValueError(
            f"The page has places for {', '.join(places) or 'nothing'}, "
            f"and there are {', '.join(parts)}."
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
        root: the folder that the examples' paths begin in.

    Raises:
        FileNotFoundError: there is no such example.

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
    """Write a table; a column whose head ends with a colon is aligned to the right."""
    lines = [
        _row([name.removesuffix(":") for name in head]),
        "|" + "|".join("---:" if name.endswith(":") else "---" for name in head) + "|",
        *map(_row, rows),
    ]
    return "\n".join(lines)


def code(text: str) -> str:
    """Write what is typed as it stands."""
    return f"`{text}`"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
