"""The HTML page of docs/openapi.json: complete, and safe."""

import html
import json
import re

import pytest

from sandbox.page.reference import render
from tests.support.openapi import Contract

CONTRACT = Contract.read()
DOCUMENT = CONTRACT.document
PAGE = render(DOCUMENT)


def read(markup: str) -> str:
    """Return the text of a page or of a part: one line for each element except `code`."""
    lines = re.sub(r"<[^>]+>", "\n", re.sub(r"</?(code|strong)>", "", markup))
    return html.unescape(lines)


ROWS = [read(row) for row in re.findall(r"<tr>(.*?)</tr>", PAGE, re.DOTALL)]


@pytest.mark.parametrize("operation", CONTRACT.operations)
def test_every_field_example_and_code_of_an_operation_is_there(operation: str) -> None:
    """A row for each field and each code; an example is shown unchanged."""
    contents = [("", CONTRACT.request(operation))]
    for status, response in CONTRACT.responses(operation).items():
        contents += [(status, content) for content in response["content"].values()]

    for name, field in CONTRACT.resolve(contents[0][1]["schema"])["properties"].items():
        assert any(row.split()[0] == name and field["description"] in row for row in ROWS), name
    for status, content in contents:
        for example in content["examples"].values():
            assert json.dumps(example["value"], indent=2) in read(PAGE)
            if code := example["value"].get("code"):
                assert [row for row in ROWS if row.split()[:2] == [status, code]]


def test_every_link_works_and_nothing_is_loaded_from_elsewhere() -> None:
    """Only an icon and two style sheets are loaded. There are no scripts."""
    places = {f"#{name}" for name in re.findall(r'\bid="([^"]+)"', PAGE)}
    links = {*re.findall(r'<a\b[^>]* ?href="([^"]+)"', PAGE)}
    loaded = re.findall(r'<link\b[^>]*href="([^"]+)"', PAGE)

    assert links - places == {"/", "/reference"}
    assert loaded == ["/static/icon.svg", "/static/theme.css", "/static/reference.css"]
    assert not re.search(r"<(script|style|img|iframe|form)\b|<[^>]+ (on\w+|style)=", PAGE)


def test_markup_in_the_document_is_shown_as_text() -> None:
    """Also inside `code` and **strong**."""
    markup = "<script>alert(1)</script>`<i>`**<b>**&amp;\" onclick='x'"
    prose = r'"(description|summary|title|detail|url|version)": "'
    with_markup = re.sub(
        prose, lambda found: found[0] + json.dumps(markup)[1:-1], json.dumps(DOCUMENT)
    )

    page = render(json.loads(with_markup))

    # Without the values of attributes.
    assert not re.search(r"<(script|i|b)\b|<[^>]+ onclick", re.sub(r'"[^"]*"', '""', page))
    assert "<script>alert(1)</script><i><b>&amp;\" onclick='x'" in read(page)
