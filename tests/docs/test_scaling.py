"""docs/scaling.md: the arithmetic, against the code and against what is known."""

import math
import re
from pathlib import Path

import pytest

from docs.generate import scaling
from docs.generate.configuration import LEAST
from docs.generate.cost import WRITES_A_SEND
from docs.generate.scaling import HEADROOM, RATES, Wall
from infra.config import Config, ConfigError
from lambda_src.otp.time_limits import TimeLimits

from .functions import running

PAGE = (Path(__file__).resolve().parent.parent.parent / "docs" / "scaling.md").read_text()


def wall(part: str) -> Wall:
    """The one wall whose name begins so."""
    [found] = [found for found in scaling.walls() if found.what.startswith(part)]
    return found


def test_twice_the_texts_take_twice_as_much() -> None:
    """Of everything."""
    for found in scaling.walls():
        assert found.demand(20) == 2 * found.demand(10)
    assert scaling.environments(20) == 2 * scaling.environments(10)


def test_a_wall_is_met_where_it_is_said_to_be() -> None:
    """There the demand is all there is."""
    for found in scaling.walls():
        assert found.demand(found.texts) == pytest.approx(found.most)


def test_walls_come_in_order() -> None:
    """The first one first, as the page says."""
    texts = [found.texts for found in scaling.walls()]
    assert texts == sorted(texts)
    places = [PAGE.index(f"| {found.what} |") for found in scaling.walls()]
    assert places == sorted(places)


def test_writes_are_those_that_a_text_makes() -> None:
    """As the function is seen to make them."""
    with running("send") as service:
        service.send(DestinationIdentity="+12062010001")
        calls: list[str] = []
        service.on("before-call.dynamodb", lambda model, **_: calls.append(model.name))
        service.send(DestinationIdentity="+12063020002")

    for of in ("a new table", "a table"):
        found = wall(f"DynamoDB, writes a second of {of}")
        assert found.a_text == len(calls) == WRITES_A_SEND


def test_environments_are_rate_times_duration() -> None:
    """Little's law, for both functions: 1,000 texts a second, 0.4 s each, twice."""
    assert scaling.environments(1_000) == 800
    assert wall("Lambda, environments at once while").a_text == pytest.approx(
        0.4 + 0.4 + TimeLimits().pinpoint_all_attempts
    )


def test_the_sender_is_the_first_wall_that_no_key_moves() -> None:
    """Of all that AWS has, by default; but for a short code, it comes before the account's."""
    first = next(found for found in scaling.walls() if found.source)
    assert "10DLC" in first.what
    account = next(found for found in scaling.walls() if found.source not in {None, first.source})
    assert sum(most < account.texts for most in scaling.SENDERS.values()) == 5


def test_limits_of_the_configuration_are_counted_by_their_defaults() -> None:
    """For texts that come evenly."""
    defaults = Config.from_context(LEAST)
    assert wall("`deploymentPerHour`").texts * 3600 == defaults.deployment_per_hour
    assert wall("`countryPerDay`").texts * 86_400 == pytest.approx(defaults.country_per_day)


@pytest.mark.parametrize("rate", RATES)
def test_keys_are_taken_and_let_the_rate_through(rate: int) -> None:
    """With room, or as much as a key can be; and the alarm rings before the limit refuses."""
    config = Config.from_context({**LEAST, **scaling.context(rate)})

    for admitted in (config.send_requests_per_second, config.verify_requests_per_second):
        assert admitted >= min(rate * HEADROOM, 10_000)
    assert config.deployment_per_hour is not None
    assert config.deployment_per_hour >= rate * 3600 * HEADROOM
    assert config.country_per_day is None or config.country_per_day >= rate * 86_400 * HEADROOM
    assert rate * 3600 < config.alarm_texts_per_hour < config.deployment_per_hour


@pytest.mark.parametrize("rate", RATES)
def test_keys_leave_room_or_the_page_says_that_they_do_not(rate: int) -> None:
    """For half as much again; a key ends somewhere."""
    config = Config.from_context({**LEAST, **scaling.context(rate)})
    admitted = min(config.send_requests_per_second, config.verify_requests_per_second)

    said = f"At {rate:,} texts a second **there is no room**: `sendRequestsPerSecond` and " in PAGE
    assert said == (admitted < rate * HEADROOM)


def test_no_room_is_where_the_key_ends() -> None:
    """One more is not taken, and the page says the number."""
    key, most = "sendRequestsPerSecond", 10_000
    assert Config.from_context({**LEAST, key: str(most)}).send_requests_per_second == most
    with pytest.raises(ConfigError):
        Config.from_context({**LEAST, key: str(most + 1)})
    assert "`verifyRequestsPerSecond` end at 10,000" in PAGE


@pytest.mark.parametrize("rate", RATES)
def test_aws_is_asked_for_no_more_requests_than_the_keys_admit(rate: int) -> None:
    """Those of both methods; and for no fewer than there are."""
    config = Config.from_context({**LEAST, **scaling.context(rate)})
    admitted = config.send_requests_per_second + config.verify_requests_per_second

    asked = {found.what: number for found, number in scaling.asked_of_aws(rate)}

    most = asked.get("API Gateway, requests a second", scaling.API_REQUESTS)
    assert 2 * rate <= most <= max(admitted, scaling.API_REQUESTS)
    assert rate <= asked.get("Pinpoint, requests a second of one operation", 300)


@pytest.mark.parametrize(("rate", "number"), [(10, None), (100, 1_620), (1_000, 16_200)])
def test_aws_is_asked_for_the_environments_that_a_slow_pinpoint_takes(
    rate: int, number: int | None
) -> None:
    """10.8 for each text a second, and half as much again; not for those of every day too."""
    asked = {found.what: most for found, most in scaling.asked_of_aws(rate)}
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| {rate:,} | `-c "))

    environments = {what: most for what, most in asked.items() if "environments" in what}
    slow = "Lambda, environments at once while Pinpoint is slow"
    assert environments == ({slow: number} if number else {})
    assert row.count(f"{slow}: {number or 0:,}") == (1 if number else 0)


@pytest.mark.parametrize("rate", RATES)
def test_no_shard_is_written_more_often_than_an_item_bears(rate: int) -> None:
    """Twice for a message that another limit refuses."""
    config = Config.from_context({**LEAST, **scaling.context(rate)})
    assert config.deployment_per_hour is not None
    shards = scaling.shards(config.send_requests_per_second, config.deployment_per_hour, 3600)

    assert 2 * rate * HEADROOM / shards <= scaling.ITEM_WRITES


def test_shards_are_those_of_the_page_about_abuse() -> None:
    """40 for 10,000 requests a second and a limit that is large enough."""
    assert scaling.shards(10_000, 100_000, 86_400) == 40


def test_pinpoint_is_in_none_of_the_small_regions() -> None:
    """Or the page has to say more."""
    assert "(Pinpoint is in none)" in PAGE


def test_texts_that_a_new_account_may_send() -> None:
    """A dollar's worth, at the price of docs/cost.md."""
    assert math.floor(1 / 0.00581) == 172
    assert "172 of them" in PAGE


def test_every_quota_has_its_source() -> None:
    """At AWS; the keys are in configuration.md."""
    for found in scaling.walls():
        assert found.source is None or re.match(r"https://docs\.aws\.amazon\.com/", found.source)


def test_what_is_above_its_default_is_bold() -> None:
    """And what is at it is not."""
    [row] = [
        line for line in PAGE.splitlines() if line.startswith("| texts to the carriers a second")
    ]
    cells = [cell.strip() for cell in row.split("|")[2:-1]]
    assert [cell.startswith("**") for cell in cells] == [False, False, False, True, True]
