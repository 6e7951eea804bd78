"""Pages as GitHub shows them: their headings, and what they link to."""

import re
from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """A section, without those below it.

    Attributes:
        level: 1 for the document's.
        anchor: what a link to it ends in.
        text: below its heading.

    """

    level: int
    anchor: str
    text: str


def read_sections(markdown: str) -> list[Section]:
    """Divide a document at its headings, and name them as GitHub does."""
    headings: list[tuple[int, str, list[str]]] = []
    fenced = False
    for line in markdown.splitlines():
        fenced ^= line.lstrip().startswith("```")
        if not fenced and (heading := re.fullmatch(r"(#+) (.+)", line)):
            headings.append((len(heading[1]), heading[2], []))
        elif headings:
            headings[-1][2].append(line)
    seen: Counter[str] = Counter()
    sections = []
    for level, title, lines in headings:
        anchor = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        number = seen[anchor]
        seen[anchor] += 1
        sections.append(
            Section(level, f"{anchor}-{number}" if number else anchor, "\n".join(lines))
        )
    return sections


def prose(markdown: str) -> str:
    """All that is not code: neither the fenced blocks nor what stands between backticks."""
    lines, fenced = [], False
    for line in markdown.splitlines():
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced:
            lines.append(line)
    return re.sub(r"`[^`]*`", "``", "\n".join(lines))


def links(markdown: str) -> list[str]:
    """Where a document leads: its links and images, in Markdown and in HTML."""
    text = prose(markdown)
    in_markdown = re.findall(r"\]\(([^)\s]+)[^)]*\)", text)
    references = re.findall(r"^\[[^\]]+\]:\s*(\S+)", text, re.MULTILINE)
    automatic = re.findall(r"<(https?:[^>\s]+)>", text)
    in_html = re.findall(r"\b(?:href|src|srcset)=\"([^\"\s]+)", text)
    return [*in_markdown, *references, *automatic, *in_html]
