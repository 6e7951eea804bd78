"""Values that are never reached, because another limit comes first.

They are warnings, not errors: an operator who lowers a cap in a hurry must not have to change other
keys.
"""

from collections.abc import Iterator

from .keys import Keys
from .never_texted import instead, never_texted, why


def unreachable(config: Keys) -> Iterator[tuple[str, str]]:
    """Give each key that is never reached, with a sentence that says what to set."""
    cap = config.deployment_per_hour
    if config.alarms and cap is not None and config.alarm_texts_per_hour >= cap:
        sentence = (
            f"alarmTextsPerHour={config.alarm_texts_per_hour} never warns: deploymentPerHour={cap} "
            f"stops sending first. Set alarmTextsPerHour below {cap}, or raise deploymentPerHour."
        )
        yield "alarmTextsPerHour", sentence
    limit, first = config.destination_per_10_minutes, config.destination_per_day
    # Nobody relies on the default.
    if _is_above(limit, first) and limit != _default(config, "destination_per_10_minutes"):
        yield _limit("destinationPer10Minutes", limit, "destinationPerDay", first)
    if _is_above(config.caller_per_hour, cap):
        yield _limit("callerPerHour", config.caller_per_hour, "deploymentPerHour", cap)
    if never := never_texted(config):
        others = instead(never)
        yield (
            "allowedCountries",
            f"allowedCountries holds {', '.join(never)}, and texts nobody there: {why(never)}. "
            + (f"Allow {others} to text them." if others else "Allow one of these types."),
        )


def _is_above(limit: int | None, first: int | None) -> bool:
    return limit is not None and first is not None and limit > first


def _limit(name: str, limit: int | None, first_name: str, first: int | None) -> tuple[str, str]:
    return name, (
        f"{name}={limit} is never reached: {first_name}={first} refuses messages first. "
        f"Set {name} to at most {first}, or raise {first_name}."
    )


def _default(config: Keys, attribute: str) -> object:
    return type(config).model_fields[attribute].default
