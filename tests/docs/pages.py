"""Headings and links of pages, as GitHub renders them."""

import re
from collections import Counter
from dataclasses import dataclass

_FENCED = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_LINKS = (
    r"\]\(([^)\s]+)[^)]*\)",
    r"^\[[^\]]+\]:\s*(\S+)",
    r"<(https?:[^>\s]+)>",
    r"\b(?:href|src|srcset)=\"([^\"\s]+)",
)


@dataclass(frozen=True)
class Section:
    """A section without its subsections: its anchor and its text."""

    anchor: str
    text: str


def read_sections(markdown: str) -> list[Section]:
    """Split a page at its headings, with anchors like GitHub's."""
    headings: list[tuple[str, list[str]]] = []
    fenced = False
    for line in markdown.splitlines():
        fenced ^= line.lstrip().startswith("```")
        if not fenced and (heading := re.fullmatch(r"#+ (.+)", line)):
            headings.append((heading[1], []))
        elif headings:
            headings[-1][1].append(line)
    seen: Counter[str] = Counter()
    sections = []
    for title, lines in headings:
        anchor = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        number = seen[anchor]
        seen[anchor] += 1
        sections.append(Section(f"{anchor}-{number}" if number else anchor, "\n".join(lines)))
    return sections


def links(markdown: str) -> list[str]:
    """Return a page's links and images, in Markdown and in HTML, except those in code."""
    text = re.sub(r"`[^`]*`", "``", _FENCED.sub("", markdown))
    return [target for link in _LINKS for target in re.findall(link, text, re.MULTILINE)]
