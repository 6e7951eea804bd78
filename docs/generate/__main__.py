"""Rewrite the generated parts of docs/: `python -m docs.generate`, which is `make docs`."""

from pathlib import Path

from . import configuration, markdown

_DOCS = Path(__file__).resolve().parent.parent


def main() -> None:
    """Rewrite the pages."""
    for page, text in pages().items():
        page.write_text(text)
        print(f"docs/{page.name}")


def pages() -> dict[Path, str]:
    """Give the pages as they should be."""
    parts = {_DOCS / "configuration.md": configuration.parts()}
    return {page: markdown.replace(page.read_text(), part) for page, part in parts.items()}


if __name__ == "__main__":
    main()
