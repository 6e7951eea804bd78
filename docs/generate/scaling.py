"""docs/scaling.md: what a text needs, which wall it meets first, and which keys move it.

Demands come from the code and from docs/generate/cost.py; walls are AWS's default quotas, each with
its source, and the defaults of the configuration.
"""

import math
from dataclasses import dataclass

from botocore.session import Session

from infra.config import Config
from infra.config.api import MOST_REQUESTS_PER_SECOND
from infra.config.values import MOST_MESSAGES
from lambda_src.otp.rules.limits import Limits
from lambda_src.otp.rules.pause import REFRESH_SECONDS
from lambda_src.otp.settings import TextLimits
from lambda_src.otp.time_limits import TimeLimits

from .configuration import LEAST
from .cost import (
    LOG_LINE_BYTES,
    METRIC_LINES_BYTES,
    REQUEST_MILLISECONDS,
    TEXTS_TO_THE_US,
    WRITES_A_SEND,
)
from .markdown import NOTHING, code, table

#: Texts a second, of the tables.
RATES = (1, 10, 100, 1_000, 10_000)

# --- What is assumed ---

#: Of a function, as docs/cost.md assumes it.
SECONDS = REQUEST_MILLISECONDS / 1000
#: Of a send while Pinpoint is as slow as the function bears.
SLOW_SECONDS = SECONDS + TimeLimits().pinpoint_all_attempts
#: Every text is verified by one request.
REQUESTS_A_TEXT = 2
#: The keys leave room for a peak of half as much again.
HEADROOM = 1.5

# --- AWS's default quotas, for an account and Region unless it says otherwise ---

_MPS = "https://docs.aws.amazon.com/sms-voice/latest/userguide/sms-limitations-mps.html"
#: Message parts a second, and an OTP is one part.
SENDERS = {
    "a 10DLC number of the United States": 1,
    "a long code of Canada": 1,
    "a toll-free number of the United States": 3,
    "a long code of another country": 10,
    "a sender ID": 10,
    "a short code of the United States or Canada": 100,
}
#: What carriers grant a 10DLC campaign at most; each number of it has 1 until it is raised.
#: https://aws.amazon.com/blogs/messaging-and-targeting/amazon-pinpoint-10dlc-campaign-types-and-quotas-for-sms
CAMPAIGN_MPS = 75
_SANDBOX = "https://docs.aws.amazon.com/sms-voice/latest/userguide/sandbox.html"
#: Of a new account: a month, and to so many numbers.
SPEND_LIMIT_USD, VERIFIED_NUMBERS = 1, 10
_PINPOINT = "https://docs.aws.amazon.com/pinpoint/latest/developerguide/quotas.html"
#: Requests a second of "all other operations": those that send and verify OTPs are not named.
PINPOINT_REQUESTS = 300
_API_GATEWAY = "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html"
API_REQUESTS, API_BURST = 10_000, 5_000
#: The same page: 2,500 a second, and 1,250 at once.
SMALL_REGIONS = frozenset(
    {
        *("af-south-1", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5"),
        *("ap-southeast-7", "ca-west-1", "eu-central-2", "eu-south-1", "eu-south-2"),
        *("il-central-1", "me-central-1", "mx-central-1"),
    }
)
SMALL_API_REQUESTS = 2_500
_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"
CONCURRENCY = 1_000
_LAMBDA_RATE = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html"
REQUESTS_PER_CONCURRENCY = 10
#: Environments of one function that Lambda adds in ten seconds:
#: https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html
SCALING = 1_000
_SCALING_SECONDS = 10
_DYNAMODB_NEW = (
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html"
)
NEW_TABLE_WRITES = 4_000
_DYNAMODB = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Limits.html"
TABLE_WRITES = 40_000
_ITEM = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput-scenarios.html"
#: Of a partition, and so of an item.
ITEM_WRITES, ITEM_READS = 1_000, 3_000
_WAF = "https://docs.aws.amazon.com/waf/latest/developerguide/limits.html"
WAF_REQUESTS = 100_000
_KMS = "https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html"
#: The smallest of the Regions'.
KMS_REQUESTS = 10_000
_LOGS = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html"
LOG_REQUESTS = 5_000

_DEFAULTS = Config.from_context(LEAST)
_ENVIRONMENTS = "Lambda, environments at once"
_SLOW = f"{_ENVIRONMENTS} while Pinpoint is slow"
_HOUR, _DAY = 3600, 86_400
_TIMES = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True, slots=True)
class Wall:
    """Something that there is only so much of.

    Attributes:
        what: it is.
        most: of it, by default.
        a_text: how much of it a text a second takes.
        moves: what moves it.
        source: AWS's page; None for a key of the configuration.
        sure: whether it is confirmed that the quota applies.

    """

    what: str
    most: float
    a_text: float
    moves: str
    source: str | None = None
    sure: bool = True

    @property
    def texts(self) -> float:
        """Give the texts a second at which it is reached."""
        return self.most / self.a_text

    def demand(self, rate: float) -> float:
        """Say how much of it so many texts a second take."""
        return rate * self.a_text


def walls() -> list[Wall]:
    """List the walls, the first one first."""
    return sorted([*_keys(), *_senders(), *_quotas()], key=lambda wall: wall.texts)


def _keys() -> list[Wall]:
    day, hour = _DEFAULTS.country_per_day, _DEFAULTS.deployment_per_hour
    assert day is not None  # noqa: S101 - the default is a number
    assert hour is not None  # noqa: S101 - as above
    return [
        Wall("`countryPerDay`, all texts to one country", day, _DAY, "the key"),
        Wall("`deploymentPerHour`", hour, _HOUR, "the key"),
        Wall("`sendRequestsPerSecond`", _DEFAULTS.send_requests_per_second, 1, "the key"),
        Wall("`verifyRequestsPerSecond`", _DEFAULTS.verify_requests_per_second, 1, "the key"),
    ]


def _senders() -> list[Wall]:
    return [
        Wall(f"{sender}, parts a second", most, 1, _sender_moves(sender), _MPS)
        for sender, most in SENDERS.items()
    ]


def _sender_moves(sender: str) -> str:
    if "10DLC" in sender:
        return f"a request to AWS, up to what carriers grant the campaign: {CAMPAIGN_MPS} at most"
    if "toll-free" in sender:
        return "10DLC or a short code: carriers filter who spreads texts over several of them"
    if "short code" in sender:
        return "AWS documents nothing: ask"
    return "a short code, whose rate depends on the country"


def _quotas() -> list[Wall]:
    support = "a request to AWS"
    return [
        Wall(
            "Pinpoint, requests a second of one operation",
            PINPOINT_REQUESTS,
            1,
            support,
            _PINPOINT,
            sure=False,
        ),
        Wall(
            _SLOW,
            CONCURRENCY,
            SLOW_SECONDS + SECONDS,
            support,
            _LAMBDA,
        ),
        Wall(
            "DynamoDB, writes a second of a new table",
            NEW_TABLE_WRITES,
            WRITES_A_SEND,
            "grows by itself; warm throughput before a peak",
            _DYNAMODB_NEW,
        ),
        Wall(_ENVIRONMENTS, CONCURRENCY, REQUESTS_A_TEXT * SECONDS, support, _LAMBDA),
        Wall(
            "Lambda, requests a second",
            CONCURRENCY * REQUESTS_PER_CONCURRENCY,
            REQUESTS_A_TEXT,
            "goes with the environments at once",
            _LAMBDA_RATE,
        ),
        Wall(
            "API Gateway, requests a second", API_REQUESTS, REQUESTS_A_TEXT, support, _API_GATEWAY
        ),
        Wall(
            "DynamoDB, writes a second of a table", TABLE_WRITES, WRITES_A_SEND, support, _DYNAMODB
        ),
        Wall("WAF, requests a second of a web ACL", WAF_REQUESTS, REQUESTS_A_TEXT, support, _WAF),
    ]


def shards(rate: float, limit: int, seconds: int) -> int:
    """Say over how many items a shared limit is counted, as the function does.

    Args:
        rate: `sendRequestsPerSecond`.
        limit: in the window.
        seconds: of the window.

    """
    none = dict.fromkeys(TextLimits.__slots__)
    limits = TextLimits(**{**none, "countries_per_day": {}, "requests_per_second": rate})  # type: ignore[arg-type]  # all is off
    return Limits(limits, counters=None, switch=None)._shards(limit, seconds)  # type: ignore[arg-type]  # noqa: SLF001 - nothing is counted


def environments(rate: float) -> float:
    """Say how many environments of both functions are busy."""
    return rate * REQUESTS_A_TEXT * SECONDS


def context(rate: int) -> dict[str, str]:
    """Give the keys to set for so many texts a second, all of them to one country."""
    wanted = rate * HEADROOM
    requests = _within(wanted, MOST_REQUESTS_PER_SECOND)
    burst = _within(2 * wanted, API_BURST)
    keys = {
        "sendRequestsPerSecond": max(requests, _DEFAULTS.send_requests_per_second),
        "sendBurst": max(burst, _DEFAULTS.send_burst),
        "verifyRequestsPerSecond": max(requests, _DEFAULTS.verify_requests_per_second),
        "verifyBurst": max(burst, _DEFAULTS.verify_burst),
        "deploymentPerHour": _limit(wanted * _HOUR),
        "countryPerDay": _limit(wanted * _DAY),
        "alarmTextsPerHour": _within(rate * _HOUR * (1 + HEADROOM) / 2, MOST_MESSAGES),
    }
    before = {
        "sendRequestsPerSecond": _DEFAULTS.send_requests_per_second,
        "sendBurst": _DEFAULTS.send_burst,
        "verifyRequestsPerSecond": _DEFAULTS.verify_requests_per_second,
        "verifyBurst": _DEFAULTS.verify_burst,
    }
    return {key: str(value) for key, value in keys.items() if before.get(key) != value}


def peak(rate: float) -> float:
    """Say how many texts a second there is room for: half as much again, within the keys."""
    return min(rate * HEADROOM, MOST_REQUESTS_PER_SECOND)


def _within(value: float, most: int) -> int:
    return min(math.ceil(value), most)


def _limit(messages: float) -> int | str:
    return "off" if messages > MOST_MESSAGES else math.ceil(messages)


# --- The page ---


def parts() -> dict[str, str]:
    """Write the generated parts of the page."""
    return {
        "first": _first(),
        "walls": _walls(),
        "demand": _demand(),
        "keys": f"{_key_lines()}\n\n{_below_keys()}",
        "no-walls": _no_walls(),
        "assumptions": _assumptions(),
        "regions": _regions(),
    }


def _first() -> str:
    own = [wall for wall in walls() if not wall.source]
    senders = [wall for wall in walls() if wall.source == _MPS]
    others = [wall for wall in walls() if wall not in own and wall not in senders]
    sure = next(wall for wall in others if wall.sure)
    unsure = next(wall for wall in others if not wall.sure)
    rates = "; ".join(f"{most} for {sender}" for sender, most in SENDERS.items())
    found = [
        (
            own[0].texts,
            (
                f"**Your own limits**, at {_number(own[0].texts)} texts a second ({own[0].what}) "
                f"and {_number(own[1].texts)} ({own[1].what}). They are there to cap the bill, and "
                "a key moves each."
            ),
        ),
        (
            senders[0].texts,
            (
                f"**The sender.** In texts a second: {rates}. No key moves it: it depends on the "
                "kind of sender, the country and its carriers."
            ),
        ),
        (sure.texts, f"**{sure.what}**, at {_number(sure.texts)} texts a second."),
        (
            unsure.texts,
            (
                f"**{unsure.what}**, at {_number(unsure.texts)} texts a second, if the quota for "
                "operations that AWS does not name holds for SendOTPMessage (not confirmed)."
            ),
        ),
    ]
    ordered = [sentence for _, sentence in sorted(found)]
    texts = math.floor(SPEND_LIMIT_USD * 1_000_000 / TEXTS_TO_THE_US.usd)
    new_account = (
        f"A new account stops before all of these: it may spend ${SPEND_LIMIT_USD} a month on "
        f"texts, which is {texts} of them to the United States without the carriers' fees, "
        f"and text [{VERIFIED_NUMBERS} verified numbers]({_SANDBOX}) only."
    )
    return "\n".join(f"1. {sentence}" for sentence in ordered) + f"\n\n{new_account}"


def _walls() -> str:
    return table(
        ("wall", "default:", "texts a second:", "what moves it", "source"),
        (
            (
                wall.what,
                _number(wall.most),
                _number(wall.texts),
                wall.moves,
                (f"[AWS]({wall.source})" if wall.source else "[key](configuration.md)")
                + ("" if wall.sure else ", not confirmed"),
            )
            for wall in walls()
        ),
    )


def _demand() -> str:
    found = {wall.what: wall for wall in walls()}
    rows = [
        *(
            (label, *(_against(found[what], rate) for rate in RATES))
            for label, what in (
                ("texts to the carriers a second, with a short code", _short_code()),
                (
                    "requests of Pinpoint's SendOTPMessage a second (not confirmed)",
                    "Pinpoint, requests a second of one operation",
                ),
                ("requests of the API a second", "API Gateway, requests a second"),
                ("environments of both functions", _ENVIRONMENTS),
                ("the same while Pinpoint is slow", _SLOW),
                ("writes of the table a second", "DynamoDB, writes a second of a new table"),
                ("requests of the firewall a second", "WAF, requests a second of a web ACL"),
            )
        ),
        (
            "shards of `deploymentPerHour`, and writes a second to each",
            *(_shards(rate) for rate in RATES),
        ),
        (
            "reads of the switch a second, at most",
            *(
                f"{_number(environments(rate) / REFRESH_SECONDS)} / {_number(ITEM_READS)}"
                for rate in RATES
            ),
        ),
        (
            "seconds until Lambda has that many environments",
            *(_number(_seconds_to_scale(rate)) for rate in RATES),
        ),
        (
            "log lines of both functions, GB an hour",
            *(_number(_log_gb(rate)) for rate in RATES),
        ),
    ]
    return table(("at so many texts a second", *(f"{rate:,}:" for rate in RATES)), rows)


def _short_code() -> str:
    return next(wall.what for wall in walls() if wall.what.startswith("a short code"))


def _against(wall: Wall, rate: int) -> str:
    demand = wall.demand(rate)
    text = f"{_number(demand)} / {_number(wall.most)}"
    return f"**{text}**" if demand > wall.most else text


def _shards(rate: int) -> str:
    requests = int(context(rate).get("sendRequestsPerSecond", _DEFAULTS.send_requests_per_second))
    count = shards(requests, math.ceil(rate * HEADROOM * _HOUR), _HOUR)
    return f"{count} {_TIMES} {_number(rate / count)} / {_number(ITEM_WRITES)}"


def _seconds_to_scale(rate: float) -> float:
    """Say how long one function takes from nothing: each scales by itself."""
    return rate * SECONDS / SCALING * _SCALING_SECONDS


def _log_gb(rate: float) -> float:
    return rate * REQUESTS_A_TEXT * (LOG_LINE_BYTES + METRIC_LINES_BYTES) * _HOUR / 1_000_000_000


def _key_lines() -> str:
    rows = []
    for rate in RATES:
        keys = " ".join(f"-c {key}={value}" for key, value in context(rate).items())
        rows.append((f"{rate:,}", code(keys), _requests_to_aws(rate)))
    return table(("texts a second:", "keys", "ask AWS for"), rows)


def _requests_to_aws(rate: int) -> str:
    asked = [
        f"{wall.what}{'' if wall.sure else ' (not confirmed)'}: {_number(number)}"
        for wall, number in asked_of_aws(rate)
    ]
    return "; ".join(asked) or NOTHING


def asked_of_aws(rate: float) -> list[tuple[Wall, int]]:
    """List the quotas to be raised for so many texts a second, and to what.

    The environments are those of a slow Pinpoint, which take more than those of every day.
    """
    return [
        (wall, math.ceil(round(wall.demand(peak(rate)), 6)))
        for wall in _quotas()
        if wall.moves == "a request to AWS"
        and wall.what != _ENVIRONMENTS
        and wall.demand(peak(rate)) > wall.most
    ]


def _below_keys() -> str:
    slow, usual = (
        next(wall for wall in _quotas() if wall.what == what) for what in (_SLOW, _ENVIRONMENTS)
    )
    rate = next(rate for rate in RATES if usual.demand(peak(rate)) > usual.most)
    sentences = [
        (
            "The environments to ask for are those that a slow Pinpoint takes: at "
            f"{rate:,} texts a second {_number(slow.demand(peak(rate)))}, against "
            f"{_number(usual.demand(peak(rate)))} on any other day. With those of any other day "
            "alone, Lambda refuses requests while Pinpoint is slow: "
            "[callers see OutcomeUnknown](runbook.md#throttles), and nothing was sent for what was "
            "refused."
        ),
        *(
            f"At {full:,} texts a second **there is no room**: `sendRequestsPerSecond` and "
            f"`verifyRequestsPerSecond` end at {MOST_REQUESTS_PER_SECOND:,}, and AWS is asked for "
            "what they let through. For a peak above it, callers invoke the functions directly, "
            "or a second deployment takes a part; then ask AWS for half as much again."
            for full in RATES
            if peak(full) <= full
        ),
    ]
    return "\n\n".join(sentences)


def _assumptions() -> str:
    rows = (
        ("how long a function takes", f"{_number(SECONDS)} s, as [cost.md](cost.md) assumes"),
        (
            "a send while Pinpoint is slow",
            f"{_number(SLOW_SECONDS)} s: it uses up [its time](reliability.md#time-limits)",
        ),
        ("requests for a text", f"{REQUESTS_A_TEXT}: one to send, one to verify"),
        (
            "what a text writes",
            f"{WRITES_A_SEND} write units: a test counts them (`tests/unit/test_cost.py`)",
        ),
        ("parts of a text", "1: an OTP is short"),
        ("where texts go", "to one country"),
        ("room that the keys leave", f"{HEADROOM - 1:.0%}, as far as a key goes"),
    )
    return table(("what is assumed", ""), rows)


def _no_walls() -> str:
    return (
        f"- **KMS**, with `customerKey`: services keep a data key for a while, so its requests do "
        f"not grow with the texts ([cost.md](cost.md#what-a-month-with-messages-adds)). The "
        f"smallest [quota of a Region]({_KMS}) is {_number(KMS_REQUESTS)} a second.\n"
        f"- **CloudWatch Logs**: Lambda delivers the lines. Whether its deliveries count against "
        f"the [{_number(LOG_REQUESTS)} requests a second]({_LOGS}) of PutLogEvents is not "
        f"confirmed.\n"
        f"- **SQS and SNS**: only what fails goes there."
    )


def _regions() -> str:
    session = Session()
    pinpoint = {
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("pinpoint", partition)
    }
    small = sorted(SMALL_REGIONS & pinpoint)
    where = f"of those that Pinpoint is in: {', '.join(small)}" if small else "Pinpoint is in none"
    return (
        f"API Gateway's quota is {_number(SMALL_API_REQUESTS)} requests a second in "
        f"{len(SMALL_REGIONS)} newer Regions ({where})."
    )


def _number(value: float) -> str:
    if value >= 100 or value == int(value):  # noqa: PLR2004 - three digits say enough
        return f"{math.floor(value):,}"
    return f"{value:.2g}" if value < 10 else f"{value:.3g}"  # noqa: PLR2004 - as above
