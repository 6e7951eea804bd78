"""Reads CDK context, and collects everything that is wrong with it, to be said at once."""

import difflib
import re
from collections.abc import Collection, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

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

# The CDK's own keys: @aws-cdk/…, aws:cdk:…, availability-zones:…; and what its command line keeps
# in cdk.context.json.
_OF_THE_CDK = re.compile("[:/@]|^aws-|^(acknowledged-issue-numbers|cli-telemetry)$")


class ContextReader:
    """Reads typed values from CDK context, where `-c key=value` makes everything a text.

    Args:
        context: the context of the app, the CDK's own keys included.

    Attributes:
        problems: one sentence for each value that is missing or impossible.

    """

    def __init__(self, context: Mapping[str, Any]) -> None:
        self.problems: list[str] = []
        self._context = {
            key: value for key, value in context.items() if not _OF_THE_CDK.search(key)
        }
        self._known: set[str] = set()

    def required(self, key: str, type_: Any, meaning: str, example: str) -> str:  # noqa: ANN401 - any type pydantic knows
        """Read a text that must be there and fit a pydantic type."""
        value = self._get(key)
        if value is None:
            self.problems.append(f"Set {key}: {meaning} (-c {key}={example}).")
            return ""
        try:
            TypeAdapter(type_).validate_python(str(value))
        except ValidationError:
            self.problems.append(f"{key}={value} cannot be: set {meaning} (-c {key}={example}).")
        return str(value)

    def matching(self, key: str, pattern: str, meaning: str, example: str) -> str | None:
        """Read an optional text that fits a regular expression."""
        value = self._get(key)
        if value is None:
            return None
        if not re.fullmatch(pattern, str(value)):
            self.problems.append(f"{key}={value} cannot be: set {meaning} (-c {key}={example}).")
        return str(value)

    def choice(self, key: str, choices: Collection[str]) -> str | None:
        """Read an optional text that is one of a few."""
        value = self._get(key)
        if value is None or str(value) in choices:
            return None if value is None else str(value)
        self.problems.append(
            f"{key}={value} cannot be: set one of {', '.join(choices)} (-c {key}={min(choices)})."
        )
        return None

    def flag(self, key: str) -> bool:
        """Read true or false; false when absent."""
        value = self._get(key)
        if value is None:
            return False
        if str(value).lower() not in ("true", "false"):
            self.problems.append(f"{key}={value} cannot be: set true or false (-c {key}=true).")
        return str(value).lower() == "true"

    def countries(self, key: str) -> tuple[str, ...]:
        """Read ISO 3166-1 alpha-2 codes, a list or separated by commas; at least one."""
        value = self._get(key)
        codes = value if isinstance(value, list) else str(value or "").split(",")
        countries = tuple(sorted({str(code).strip().upper() for code in codes} - {""}))
        if not countries:
            self.problems.append(
                f"Set {key}: the countries whose numbers may be texted, as ISO 3166-1 alpha-2 "
                f"codes (-c {key}=US,CA)."
            )
        if unknown := [country for country in countries if country not in _ISO_COUNTRIES]:
            self.problems.append(
                f"{key} holds {', '.join(unknown)}, which is no ISO 3166-1 alpha-2 country code; "
                f"the United Kingdom, for one, is GB (-c {key}=US,GB)."
            )
        return countries

    def finish(self) -> None:
        """Add a problem for every key that nobody has read: a typo would go unnoticed."""
        for key in sorted(self._context.keys() - self._known):
            close = difflib.get_close_matches(key, self._known, n=1)
            hint = f"; did you mean {close[0]}?" if close else "."
            self.problems.append(f"There is no configuration key {key}{hint}")

    def _get(self, key: str) -> Any:  # noqa: ANN401 - context is JSON
        self._known.add(key)
        value = self._context.get(key)
        return None if value == "" else value
