"""Pages as GitHub shows them: their headings, and what they link to."""

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
    """A section, without those below it: what a link to it ends in, and the text."""

    anchor: str
    text: str


def read_sections(markdown: str) -> list[Section]:
    """Divide a document at its headings, and name them as GitHub does."""
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
    """Where a document leads: its links and images, in Markdown and in HTML, but in no code."""
    text = re.sub(r"`[^`]*`", "``", _FENCED.sub("", markdown))
    return [target for link in _LINKS for target in re.findall(link, text, re.MULTILINE)]
