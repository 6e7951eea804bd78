"""Rewrite the generated parts of docs/: `python -m docs.generate`, which is `make docs`."""

import os
import sys
from pathlib import Path

# jsii prints a long banner for Node.js releases past their end of life; it still runs on 20.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")

# The client is not installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "clients" / "python" / "src"))

from infra.config import PYTHON_VERSIONS

from . import configuration, figures, guard, markdown, openapi, requests, security, words
from .templates import resources

_DOCS = Path(__file__).resolve().parent.parent
_ROOT = _DOCS.parent

_DOCUMENT = _DOCS / "openapi.json"

# The pages that may quote an example.
_README = _ROOT / "README.md"
_CLIENT = _ROOT / "clients" / "python" / "README.md"
_QUOTING = (*sorted(_DOCS.rglob("*.md")), _CLIENT, _README)

#: All pages that are written.
PAGES = (*_QUOTING, _DOCUMENT)


def main() -> None:
    """Rewrite the pages."""
    for page, text in pages().items():
        if page.read_text() != text:
            page.write_text(text)
            print(page.relative_to(_ROOT))


def pages() -> dict[Path, str]:
    """Give the text of each page as it should be."""
    # The pages must not depend on the Python that runs this.
    newest = PYTHON_VERSIONS[-1]
    dev = resources(profile="dev", pythonVersion=newest)
    production = resources(profile="production", region="us-east-1", pythonVersion=newest)
    parts = {
        _CLIENT: words.of_exceptions(),
        _DOCS / "api.md": requests.parts(),
        _DOCS / "abuse.md": guard.parts(),
        _DOCS / "configuration.md": configuration.parts(),
        _DOCS / "cost.md": figures.of_cost(dev, production),
        _DOCS / "recipes-python.md": words.of_sentences(),
        _DOCS / "security.md": security.parts(dev, production),
    }
    texts = {page: page.read_text() for page in _QUOTING}
    texts |= {page: markdown.replace(texts[page], part) for page, part in parts.items()}
    quoted = {page: markdown.quote(text, _ROOT) for page, text in texts.items()}
    return {**quoted, _DOCUMENT: openapi.page()}


if __name__ == "__main__":
    main()
