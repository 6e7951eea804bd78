"""What all pages share: a page's generated parts stand between two comments each.

<!-- NAME: begin -->

…

<!-- NAME: end -->
"""

import re
from collections.abc import Iterable, Mapping, Sequence

#: In a cell.
NOTHING = "\N{EN DASH}"

_PART = re.compile(r"<!-- (?P<name>[\w-]+): begin -->\n.*?<!-- (?P=name): end -->", re.DOTALL)


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
