"""docs/examples/what_to_say.py: every problem that there is has a sentence, which tells nothing."""

from collections.abc import Iterator

import pytest

from docs.examples.what_to_say import LATER, SAY, SOON
from lambda_src.otp.problems import Problem


def problems(base: type[Problem] = Problem) -> Iterator[type[Problem]]:
    """Give every way to fail that a caller is told about."""
    for problem in base.__subclasses__():
        yield problem
        yield from problems(problem)


def test_every_code_has_a_sentence() -> None:
    """The functions' own, and API Gateway's."""
    assert SAY.keys() == {problem.code for problem in problems()} | {"AccessDenied"}


def test_what_is_retryable_is_to_be_tried_again() -> None:
    """And nothing else is."""
    retryable = {problem.code for problem in problems() if problem.retry_after is not None}
    assert {code for code, sentence in SAY.items() if sentence in (SOON, LATER)} == retryable


@pytest.mark.parametrize("telling", ["limit", "opted", "country", "too many", "paused"])
def test_no_sentence_tells_why(telling: str) -> None:
    """A bot would learn from it."""
    assert [sentence for sentence in SAY.values() if telling in sentence.lower()] == []
