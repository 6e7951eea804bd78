"""Reads codes from texts, and finds numbers and codes that no output may hold."""

import re
from collections.abc import Iterable, Mapping


def code_in(text: Mapping[str, object]) -> str:
    """Return the code of a text."""
    codes: list[str] = re.findall(r"\b[0-9]{5,8}\b", str(text["body"]))
    return codes[0]  # a brand name that follows may have digits, too


def wrong_code(code: str) -> str:
    """Return a code of the same length with another last digit."""
    return code[:-1] + str((int(code[-1]) + 1) % 10)


def leaked(output: str, texts: Iterable[Mapping[str, object]]) -> list[str]:
    """List the numbers and codes of texts that a log or a metric holds."""
    # Digits on their own, not part of an ID or a time.
    alone = {*re.findall(r"(?<![\w.-])[0-9]{5,8}(?![\w.-])", output)}
    numbers, codes = {str(text["to"]) for text in texts}, {code_in(text) for text in texts}
    return [*(number for number in numbers if number[1:] in output), *(codes & alone)]
