"""The page that shows docs/openapi.json to people: all of it, and only as text."""

import copy
import json
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from sandbox.page.reference import render
from tests.support.openapi import Contract

CONTRACT = Contract.read()
DOCUMENT = CONTRACT.document

_EMPTY = {"meta", "link"}


class Page(HTMLParser):
    """A page, taken apart.

    Attributes:
        tags: every start tag, with its attributes.
        text: all that is read.
        texts: what stands in elements of a kind, by the tag.
        unclosed: the elements that are open at the end, or were closed in another order.

    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, Mapping[str, str | None]]] = []
        self.text = ""
        self.texts: dict[str, list[str]] = {}
        self.unclosed: list[str] = []
        self._open: list[tuple[str, int]] = []
        self.feed(html)
        self.unclosed += [tag for tag, _ in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag."""
        self.tags.append((tag, dict(attrs)))
        if tag not in _EMPTY:
            self._open.append((tag, len(self.text)))

    def handle_endtag(self, tag: str) -> None:
        """Note what stood in it."""
        opened, at = self._open.pop()
        if opened != tag:
            self.unclosed.append(tag)
        self.texts.setdefault(tag, []).append(self.text[at:])

    def handle_data(self, data: str) -> None:
        """Collect what is read."""
        self.text += data

    def all(self, tag: str) -> list[Mapping[str, str | None]]:
        """Give the attributes of all elements of a kind."""
        return [attributes for name, attributes in self.tags if name == tag]


PAGE = Page(render(DOCUMENT))


def examples() -> Iterator[tuple[str, Any]]:
    """Every example of a request or an answer."""
    for operation in CONTRACT.operations:
        contents = [CONTRACT.request(operation)]
        for response in CONTRACT.responses(operation).values():
            contents += response["content"].values()
        for content in contents:
            for name, example in content["examples"].items():
                yield name, example["value"]


def test_every_operation_is_there() -> None:
    """Its name, its path, and a place to link to."""
    ids = {attributes.get("id") for _, attributes in PAGE.tags}
    for operation, path in CONTRACT.operations.items():
        said = DOCUMENT["paths"][path]["post"]
        assert operation in ids
        assert said["summary"] in PAGE.texts["h2"]
        assert f"POST {path}" in PAGE.texts["code"]
        assert said["description"] in PAGE.text.replace("\n", " ")


@pytest.mark.parametrize("model", ["SendOtpRequest", "VerifyOtpRequest"])
def test_every_field_is_there(model: str) -> None:
    """With what it may be, and what it is when left out."""
    for name, field in DOCUMENT["components"]["schemas"][model]["properties"].items():
        assert name in PAGE.texts["th"]
        assert any(field["description"] in cell for cell in PAGE.texts["td"])
        for choice in field.get("enum", []):
            assert choice in PAGE.texts["code"]
        if "default" in field:
            assert str(field["default"]) in PAGE.texts["td"]
        if "x-when-left-out" in field:
            assert field["x-when-left-out"].replace("`", "") in PAGE.texts["td"]


def test_every_example_is_there() -> None:
    """Folded away, under its name, and as it is."""
    shown = [json.loads(text) for text in PAGE.texts["pre"] if text.startswith("{")]
    given = list(examples())
    assert [value for _, value in given] == shown
    for name, _ in given:
        assert any(f"Example {name}" in summary for summary in PAGE.texts["summary"])


@pytest.mark.parametrize("operation", CONTRACT.operations)
def test_every_code_of_every_status_is_there(operation: str) -> None:
    """One row each, which says whether to repeat it, and leads to the examples."""
    rows = [row.split("\n") for row in PAGE.texts["tr"]]
    cells = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    for status, response in CONTRACT.responses(operation).items():
        [content] = response["content"].values()
        for example in content["examples"].values():
            code, retryable = example["value"].get("code"), example["value"].get("retryable")
            if code:
                [row, *_] = [one for one in cells if one[:2] == [status, code]]
                assert row[4] == ("yes" if retryable else "no")
        links = [attributes["href"] for attributes in PAGE.all("a")]
        assert f"#{operation}-{status}" in links


def test_every_link_leads_somewhere() -> None:
    """On the page, or to one of the two pages that there are."""
    ids = [attributes["id"] for _, attributes in PAGE.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = [str(attributes["href"]) for attributes in PAGE.all("a")]
    assert {"/", "/reference"} < set(links)
    assert {link for link in links if not link.startswith("#")} == {"/", "/reference"}
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)


def test_nothing_is_from_elsewhere_and_nothing_runs() -> None:
    """Its icon and its two style sheets are all that it loads."""
    assert [attributes["href"] for attributes in PAGE.all("link")] == [
        "/static/icon.svg",
        "/static/theme.css",
        "/static/reference.css",
    ]
    assert not {"script", "style", "img", "iframe", "form"} & {tag for tag, _ in PAGE.tags}
    attributes = {name for _, given in PAGE.tags for name in given}
    assert not {name for name in attributes if name == "style" or name.startswith("on")}


def test_page_is_made_for_everybody() -> None:
    """Landmarks, headings in order, tables with heads, and a keyboard's way into what scrolls."""
    assert PAGE.unclosed == []
    [html], [main] = PAGE.all("html"), PAGE.all("main")
    assert html["lang"] == "en"
    assert PAGE.tags[[tag for tag, _ in PAGE.tags].index("a")][1]["href"] == f"#{main['id']}"
    levels = [int(tag[1]) for tag, _ in PAGE.tags if tag in ("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert {attributes["scope"] for attributes in PAGE.all("th")} == {"col", "row"}
    regions = [one for one in PAGE.all("div") if one.get("class") == "scroll"]
    assert len(regions) == len(PAGE.all("table")) + len(PAGE.all("pre"))
    assert all(one["tabindex"] == "0" and one["role"] == "region" for one in regions)
    labels = [one["aria-label"] for one in regions]
    assert len(labels) == len(set(labels))


def poisoned(value: Any, poison: str) -> Any:
    """Put markup into every text of a document that is not what its structure is made of."""
    match value:
        case dict():
            return {
                name: (
                    f"{member}{poison}"
                    if name in ("description", "summary", "title", "detail", "url", "version")
                    and isinstance(member, str)
                    else poisoned(member, poison)
                )
                for name, member in value.items()
            }
        case list():
            return [poisoned(member, poison) for member in value]
    return value


def test_what_is_given_is_text() -> None:
    """Markup in it is shown, and has no effect; neither in `code` nor in **strong**."""
    markup = "<script>alert(1)</script>`<i>`**<b>**&amp;\" onclick='x'"
    given = poisoned(copy.deepcopy(DOCUMENT), markup)

    page = Page(render(given))

    assert [tag for tag, _ in page.tags if tag not in ("code", "strong")] == [
        tag for tag, _ in PAGE.tags if tag not in ("code", "strong")
    ]
    assert {name for _, attributes in page.tags for name in attributes} == {
        name for _, attributes in PAGE.tags for name in attributes
    }
    assert page.text.count("<script>alert(1)</script>") > 50
    assert "&amp;" in page.text
