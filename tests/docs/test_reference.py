"""The page that shows docs/openapi.json to people: all of it, and only as text."""

import html
import json
import re
from typing import Any

from sandbox.page.reference import render
from tests.support.openapi import Contract

CONTRACT = Contract.read()
DOCUMENT = CONTRACT.document
PAGE = render(DOCUMENT)


def read(markup: str) -> str:
    """Give what is read of a page or a part of it: one line for each element but `code`."""
    lines = re.sub(r"<[^>]+>", "\n", re.sub(r"</?(code|strong)>", "", markup))
    return html.unescape(lines)


def test_every_operation_and_field_is_there() -> None:
    """An operation with a place to link to; a field with its values, and its default."""
    rows = [read(row) for row in re.findall(r"<tr>(.*?)</tr>", PAGE, re.DOTALL)]
    for operation, path in CONTRACT.operations.items():
        assert f'id="{operation}"' in PAGE
        assert DOCUMENT["paths"][path]["post"]["summary"] in read(PAGE)
        assert f"POST {path}" in read(PAGE)
        model = CONTRACT.resolve(CONTRACT.request(operation)["schema"])
        for name, field in model["properties"].items():
            told = [field["description"], *field.get("enum", []), field.get("default", "")]
            told.append(field.get("x-when-left-out", "").replace("`", ""))
            rows_of_field = [row for row in rows if row.split()[0] == name]
            assert any(all(str(said) in row for said in told) for row in rows_of_field), name


def test_every_example_and_every_code_is_there() -> None:
    """The examples under their names, as they are; a row for each code of each status."""
    rows = [read(row).split("\n") for row in re.findall(r"<tr>(.*?)</tr>", PAGE, re.DOTALL)]
    cells = [[cell.strip() for cell in row if cell.strip()] for row in rows]

    for operation in CONTRACT.operations:
        contents = [("", CONTRACT.request(operation))]
        for status, response in CONTRACT.responses(operation).items():
            contents += [(status, content) for content in response["content"].values()]
        for status, content in contents:
            for name, example in content["examples"].items():
                value = example["value"]
                assert f"Example {name}" in read(PAGE)
                assert json.dumps(value, indent=2) in read(PAGE)
                if code := value.get("code"):
                    [row, *_] = [row for row in cells if row[:2] == [status, code]]
                    assert row[4] == ("yes" if value["retryable"] else "no")


def test_every_link_leads_somewhere_and_nothing_is_from_elsewhere_or_runs() -> None:
    """Links lead to an element or a page that there is; icon and styles are all that is loaded."""
    places = {f"#{name}" for name in re.findall(r'\bid="([^"]+)"', PAGE)}
    links = {*re.findall(r'<a\b[^>]* ?href="([^"]+)"', PAGE)}
    loaded = re.findall(r'<link\b[^>]*href="([^"]+)"', PAGE)

    assert links - places == {"/", "/reference"}
    assert loaded == ["/static/icon.svg", "/static/theme.css", "/static/reference.css"]
    assert not re.search(r"<(script|style|img|iframe|form)\b|<[^>]+ (on\w+|style)=", PAGE)


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

    page = render(poisoned(DOCUMENT, markup))

    # But for the values of attributes.
    assert not re.search(r"<(script|i|b)\b|<[^>]+ onclick", re.sub(r'"[^"]*"', '""', page))
    assert "<script>alert(1)</script><i><b>&amp;\" onclick='x'" in read(page)
