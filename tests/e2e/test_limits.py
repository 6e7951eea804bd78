"""Limits, destinations and the switch, as callers of the deployed service meet them."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from sandbox.client import HttpAnswer
from tests.support.deployment import Deployment, request

# `make abuse` does it with 64, each answered by a function of its own.
AT_ONCE = 16


def ask_at_once(deployment: Deployment, *numbers: str) -> list[HttpAnswer]:
    """Ask for a message to each number, each with a ReferenceId of its own, all at once."""
    with ThreadPoolExecutor(len(numbers)) as threads:
        return list(
            threads.map(
                lambda number: deployment.send(request(DestinationIdentity=number)), numbers
            )
        )


def test_many_requests_at_once_to_a_number_text_it_five_times(deployment: Deployment) -> None:
    """Exactly; the others are told when to come again. Many functions answer, and share nothing."""
    number = "+12062110001"
    window = time.time() // 600
    answers = ask_at_once(deployment, *[number] * AT_ONCE)
    if time.time() // 600 != window:  # it ended meanwhile, and another began
        number = "+12062110002"
        answers = ask_at_once(deployment, *[number] * AT_ONCE)

    assert Counter(answer.status for answer in answers) == {200: 5, 429: AT_ONCE - 5}
    assert len([text for text in deployment.texts() if text["to"] == number]) == 5
    for answer in answers:
        if answer.status == 429:
            problem = answer.json()
            assert (problem["code"], problem["limit"]) == (
                "TooManyMessages",
                "destinationPer10Minutes",
            )
            assert 1 <= int(answer.headers["Retry-After"]) <= 600


def test_senders_to_different_numbers_do_not_get_in_each_others_way(
    deployment: Deployment,
) -> None:
    """They share the counters of the country and of the deployment; nobody is refused."""
    answers = ask_at_once(deployment, *(f"+1206{220 + place}0001" for place in range(32)))
    assert Counter(answer.status for answer in answers) == {200: 32}


def test_a_country_that_is_not_allowed_is_not_texted(deployment: Deployment) -> None:
    """+1 is many countries: Jamaica, Canada, and the United States, which alone is allowed."""
    answers = {
        number: deployment.send(request(DestinationIdentity=number))
        for number in ("+18765550111", "+14165550111", "+12062120001")
    }
    assert [answer.status for answer in answers.values()] == [403, 403, 200]
    assert {text["to"] for text in deployment.texts()} & set(answers) == {"+12062120001"}
    assert answers["+18765550111"].json()["code"] == "DestinationNotAllowed"
