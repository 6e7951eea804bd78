"""The keys of the configuration: how a value is read, and what is said of a bad one.

`-c key=value` makes everything a text, `cdk.json` holds JSON, and Python code gives Python values:
a reader takes all three, and raises ValueError for what it cannot take.
"""

import re
from collections.abc import Callable, Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from botocore.session import Session
from pydantic import TypeAdapter

Reader = Callable[[Any], Any]

#: The default of a value that the profile decides.
BY_PROFILE: Any = object()

# Countries and areas with an ISO 3166-1 alpha-2 code, and Kosovo's user-assigned XK, which the
# world's phone numbering plans use.
_ISO_COUNTRIES = frozenset(
    (  # noqa: SIM905 - a list of 250 quoted items is no easier to read
        "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO "
        "BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ "
        "DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP "
        "GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG "
        "KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML "
        "MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE "
        "PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL "
        "SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM "
        "US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW"
    ).split()
)


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the configuration.

    Attributes:
        name: in CDK context, such as `brandName`.
        meaning: what it is, as the end of a sentence that begins with "Set brandName: ".
        example: a value that works.
        read: from a value as it was given to the value that the stack uses.
        dev: the default in the profile `dev`, where the profile decides.
        production: the same in the profile `production`.

    """

    name: str
    meaning: str
    example: str
    read: Reader
    dev: Any = None
    production: Any = None

    def missing(self) -> str:
        """Say what to set."""
        return f"Set {self.name}: {self.meaning} (-c {self.name}={self.example})."

    def impossible(self, value: Any) -> str:  # noqa: ANN401 - whatever was given
        """Say why a value is none, and what to set instead."""
        return (
            f"{self.name}={_written(value)} cannot be: set {self.meaning} "
            f"(-c {self.name}={self.example})."
        )


class UnknownCountriesError(ValueError):
    """The codes that are no ISO 3166-1 alpha-2 codes."""

    def __init__(self, codes: Collection[str]) -> None:
        super().__init__(", ".join(codes))


def text(rule: Any) -> Reader:  # noqa: ANN401 - a type has no type of its own
    """Read a text that is allowed in a request as well, by the type of its field there."""
    adapter = TypeAdapter(rule)

    def read(value: Any) -> str:  # noqa: ANN401 - context is JSON
        return str(adapter.validate_python(str(value)))

    return read


def matching(pattern: str) -> Reader:
    """Read a text that fits a regular expression."""

    def read(value: Any) -> str:  # noqa: ANN401 - context is JSON
        if not re.fullmatch(pattern, str(value)):
            raise ValueError
        return str(value)

    return read


def choice(choices: Collection[Any]) -> Reader:
    """Read one of a few values; the texts of them are taken too."""
    by_text = {str(choice): choice for choice in choices}

    def read(value: Any) -> Any:  # noqa: ANN401 - context is JSON
        if str(value) not in by_text:
            raise ValueError
        return by_text[str(value)]

    return read


def flag(value: Any) -> bool:  # noqa: ANN401 - context is JSON
    """Read true or false."""
    if str(value).lower() not in ("true", "false"):
        raise ValueError
    return str(value).lower() == "true"


def number(least: int, most: int) -> Reader:
    """Read a whole number within bounds, both included."""

    def read(value: Any) -> int:  # noqa: ANN401 - context is JSON
        if isinstance(value, bool) or not re.fullmatch(r"\d{1,12}", str(value)):
            raise ValueError
        if not least <= int(value) <= most:
            raise ValueError
        return int(value)

    return read


def limit(most: int) -> Reader:
    """Read a whole number from 1, or `off`, which is None."""
    within = number(1, most)

    def read(value: Any) -> int | None:  # noqa: ANN401 - context is JSON
        return None if _is_off(value) else within(value)

    return read


def limits_by_country(most: int) -> Reader:
    """Read limits of countries, such as `US=20000,JM=off`; a mapping is taken too."""
    one = limit(most)

    def read(value: Any) -> Mapping[str, int | None]:  # noqa: ANN401 - context is JSON
        pairs = list(value.items() if isinstance(value, Mapping) else map(_pair, _items(value)))
        limits = {str(code).strip().upper(): one(text) for code, text in pairs}
        # None twice, which could be read either way, and none without a name.
        if len(countries(list(limits))) != len(pairs):
            raise ValueError
        return MappingProxyType(dict(sorted(limits.items())))

    return read


def pinpoint_region(value: Any) -> str:  # noqa: ANN401 - context is JSON
    """Read a region that Amazon Pinpoint is in, as botocore knows them."""
    session = Session()
    regions = {
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("pinpoint", partition)
    }
    return str(choice(regions)(value))


def countries(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - context is JSON
    """Read ISO 3166-1 alpha-2 codes, a list or separated by commas."""
    codes = tuple(sorted({code.upper() for code in _items(value)}))
    if unknown := [code for code in codes if code not in _ISO_COUNTRIES]:
        raise UnknownCountriesError(unknown)
    return codes


def each(pattern: str) -> Reader:
    """Read texts that fit a regular expression, a list or separated by commas."""
    return each_of(matching(pattern))


def each_of(reader: Reader) -> Reader:
    """Read texts that another reader takes, a list or separated by commas."""

    def read(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - context is JSON
        return tuple(sorted({reader(item) for item in _items(value)}))

    return read


def _is_off(value: Any) -> bool:  # noqa: ANN401 - context is JSON
    return value is None or str(value).lower() == "off"


def _pair(text: str) -> tuple[str, str]:
    code, _, value = text.partition("=")
    return code.strip(), value.strip()


def _items(value: Any) -> list[str]:  # noqa: ANN401 - context is JSON
    items = value if isinstance(value, list | tuple | AbstractSet) else str(value).split(",")
    # As texts, they could be taken for names.
    if isinstance(value, Mapping) or not all(isinstance(item, str | int) for item in items):
        raise ValueError
    return [item for item in (str(item).strip() for item in items) if item]


def _written(value: Any) -> str:  # noqa: ANN401 - whatever was given
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
