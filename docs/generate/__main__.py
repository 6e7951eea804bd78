"""Rewrite the generated parts of docs/: `python -m docs.generate`, which is `make docs`."""

import os
from pathlib import Path

# jsii prints a long banner for Node.js releases past their end of life; 20 still runs it well.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")

from infra.config import PYTHON_VERSIONS

from . import configuration, figures, guard, markdown, openapi, phones, requests, security
from .templates import resources

_DOCS = Path(__file__).resolve().parent.parent
_ROOT = _DOCS.parent

_DOCUMENT = _DOCS / "openapi.json"

# Whatever may quote an example.
_README = _ROOT / "README.md"
_QUOTING = (*sorted(_DOCS.rglob("*.md")), _ROOT / "clients" / "python" / "README.md", _README)

#: All that is written.
PAGES = (*_QUOTING, _DOCUMENT)


def main() -> None:
    """Rewrite the pages."""
    for page, text in pages().items():
        if page.read_text() != text:
            page.write_text(text)
            print(page.relative_to(_ROOT))


def pages() -> dict[Path, str]:
    """Give the pages as they should be."""
    # Whatever Python this runs on.
    newest, older = PYTHON_VERSIONS[-1], PYTHON_VERSIONS[-2]
    dev = resources(profile="dev", pythonVersion=newest)
    production = resources(profile="production", region="us-east-1", pythonVersion=newest)
    other = resources(
        profile="production",
        region="us-east-1",
        pythonVersion=older,
        apiGatewayLogRole="create",
    )
    parts = {
        _README: requests.parts(),
        _DOCS / "abuse.md": phones.parts() | guard.parts(),
        _DOCS / "configuration.md": configuration.parts(),
        _DOCS / "cost.md": figures.of_cost(dev, production),
        _DOCS / "scaling.md": figures.of_scaling(),
        _DOCS / "security.md": security.parts(dev, production, other),
    }
    texts = {page: page.read_text() for page in _QUOTING}
    texts |= {page: markdown.replace(texts[page], part) for page, part in parts.items()}
    quoted = {page: markdown.quote(text, _ROOT) for page, text in texts.items()}
    return {**quoted, _DOCUMENT: openapi.page()}


if __name__ == "__main__":
    main()
