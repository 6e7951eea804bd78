"""The page that shows docs/openapi.json to people: all of it, and only as text."""

import json
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

from sandbox.page.reference import render
from tests.support.openapi import Contract

CONTRACT = Contract.read()
DOCUMENT = CONTRACT.document


class Page(HTMLParser):
    """A page, taken apart.

    Attributes:
        tags: every start tag, with its attributes.
        text: all that is read.
        texts: what stands in elements of a kind, by the tag.

    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        super().__init__()
        self.tags: list[tuple[str, Mapping[str, str | None]]] = []
        self.text = ""
        self.texts: dict[str, list[str]] = {}
        self._open: list[tuple[str, int]] = []
        self.feed(render(document))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag."""
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "link"):
            self._open.append((tag, len(self.text)))

    def handle_endtag(self, tag: str) -> None:
        """Note what stood in it."""
        opened, at = self._open.pop()
        assert opened == tag
        self.texts.setdefault(tag, []).append(self.text[at:])

    def handle_data(self, data: str) -> None:
        """Collect what is read."""
        self.text += data

    def structure(self) -> list[tuple[str, list[str]]]:
        """Give the tags but for `code` and **strong**, with the names of their attributes."""
        return [(tag, [*of]) for tag, of in self.tags if tag not in ("code", "strong")]


PAGE = Page(DOCUMENT)


def test_every_operation_and_field_is_there() -> None:
    """An operation with a place to link to; a field with its values, and its default."""
    ids = {attributes.get("id") for _, attributes in PAGE.tags}
    for operation, path in CONTRACT.operations.items():
        assert operation in ids
        assert DOCUMENT["paths"][path]["post"]["summary"] in PAGE.texts["h2"]
        assert f"POST {path}" in PAGE.texts["code"]
        model = CONTRACT.resolve(CONTRACT.request(operation)["schema"])
        for name, field in model["properties"].items():
            cells = [str(field.get(of, "")) for of in ("default", "x-when-left-out")]
            assert name in PAGE.texts["th"]
            assert any(field["description"] in cell for cell in PAGE.texts["td"])
            assert {*field.get("enum", [])} <= {*PAGE.texts["code"]}
            assert {cell.replace("`", "") for cell in cells if cell} <= {*PAGE.texts["td"]}


def test_every_example_and_every_code_is_there() -> None:
    """The examples under their names, as they are; a row for each code of each status."""
    rows = [[cell.strip() for cell in row.split("\n") if cell.strip()] for row in PAGE.texts["tr"]]
    shown = iter(json.loads(text) for text in PAGE.texts["pre"] if text.startswith("{"))

    for operation in CONTRACT.operations:
        contents = [("", CONTRACT.request(operation))]
        for status, response in CONTRACT.responses(operation).items():
            contents += [(status, content) for content in response["content"].values()]
        for status, content in contents:
            for name, example in content["examples"].items():
                value = example["value"]
                assert next(shown) == value
                assert any(f"Example {name}" in summary for summary in PAGE.texts["summary"])
                if code := value.get("code"):
                    [row, *_] = [one for one in rows if one[:2] == [status, code]]
                    assert row[4] == ("yes" if value["retryable"] else "no")


def test_every_link_leads_somewhere_and_nothing_is_from_elsewhere_or_runs() -> None:
    """Links lead to an element or a page that there is; icon and styles are all that is loaded."""
    ids = {attributes["id"] for _, attributes in PAGE.tags if "id" in attributes}
    links = {str(attributes["href"]) for tag, attributes in PAGE.tags if tag == "a"}
    loaded = {attributes["href"] for tag, attributes in PAGE.tags if tag == "link"}

    assert links - {f"#{of}" for of in ids} == {"/", "/reference"}
    assert loaded == {"/static/icon.svg", "/static/theme.css", "/static/reference.css"}
    assert not {"script", "style", "img", "iframe", "form"} & {tag for tag, _ in PAGE.tags}
    assert not [of for _, names in PAGE.structure() for of in names if of.startswith("on")]


def poisoned(value: Any, poison: str) -> Any:
    """Put markup into every text of a document that is not what its structure is made of."""
    prose = ("description", "summary", "title", "detail", "url", "version")
    match value:
        case dict():
            return {
                name: of + poison if name in prose and isinstance(of, str) else poisoned(of, poison)
                for name, of in value.items()
            }
        case list():
            return [poisoned(member, poison) for member in value]
    return value


def test_what_is_given_is_text() -> None:
    """Markup in it is shown, and has no effect; neither in `code` nor in **strong**."""
    markup = "<script>alert(1)</script>`<i>`**<b>**&amp;\" onclick='x'"

    page = Page(poisoned(DOCUMENT, markup))

    assert page.structure() == PAGE.structure()
    assert page.text.count("<script>alert(1)</script>") > 50
    assert "&amp;" in page.text
