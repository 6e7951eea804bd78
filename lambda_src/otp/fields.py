"""Checks a JSON object against a TypedDict whose fields say what they may hold.

    class Order(TypedDict):
        Name: Annotated[str, Text(r"[a-z]{1,20}", "1 to 20 small letters")]
        Size: Literal["S", "M", "L"]
        Count: NotRequired[Annotated[int, Whole(1, 9)]]

pydantic does this and much more, at the price of a longer cold start than everything else that is
imported here beside the SDK, and of more than half of the bundle: for eleven fields, too much. The
figures are in docs/performance.md. As there, a request's type is its rules, every bad field is
named at once, and nothing is converted.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import (
    Annotated,
    Any,
    Generic,
    Literal,
    NotRequired,
    Required,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

from .problems import FieldError
from .telemetry import mask

_T = TypeVar("_T")


class Rule(ABC):
    """What a field may hold."""

    @abstractmethod
    def error(self, value: object) -> str | None:
        """Say what is wrong with a value, without repeating it; None: nothing."""


class Text(Rule):
    """A text.

    Args:
        pattern: a regular expression that all of it matches; docs/openapi.json has it, so it is
            one that JavaScript understands alike, with the flag `u`.
        wanted: what that is, in words, to stand after "Must be".
        also: one more condition.

    Attributes:
        pattern, wanted: as above.

    """

    def __init__(
        self, pattern: str, wanted: str, also: Callable[[str], bool] | None = None
    ) -> None:
        self.pattern = pattern
        self.wanted = wanted
        self._matches = re.compile(pattern).fullmatch
        self._also = also

    def error(self, value: object) -> str | None:
        """Say what is wrong with a value."""
        if not isinstance(value, str):
            return f"Must be a string: {self.wanted}."
        if not self._matches(value) or (self._also and not self._also(value)):
            return f"Must be {self.wanted}."
        return None


class Whole(Rule):
    """A whole number.

    Args:
        least: the smallest one.
        most: the largest one.

    Attributes:
        least, most: as above.

    """

    def __init__(self, least: int, most: int) -> None:
        self.least = least
        self.most = most

    def error(self, value: object) -> str | None:
        """Say what is wrong with a value. True is no number, though Python says so."""
        if type(value) is int and self.least <= value <= self.most:
            return None
        return f"Must be a whole number from {self.least} to {self.most}."


class OneOf(Rule):
    """One of some texts.

    Args:
        choices: which.

    Attributes:
        choices: as above.

    """

    def __init__(self, choices: tuple[str, ...]) -> None:
        self.choices = choices

    def error(self, value: object) -> str | None:
        """Say what is wrong with a value."""
        if isinstance(value, str) and value in self.choices:
            return None
        return f"Must be one of: {', '.join(self.choices)}."


class Fields(Generic[_T]):
    """The fields of a JSON object, by the TypedDict that describes it.

    Args:
        model: its fields are `Annotated` with a `Rule`, or a `Literal` of texts.

    Attributes:
        rules: what each may hold, by its name.
        required: the names of those that must be there.

    Raises:
        TypeError: a field has no rule.

    """

    def __init__(self, model: type[_T]) -> None:
        hints = get_type_hints(model, include_extras=True)
        self.rules: Mapping[str, Rule] = {name: _rule(hint) for name, hint in hints.items()}
        self.required: frozenset[str] = vars(model)["__required_keys__"]

    def errors(self, value: Mapping[str, Any]) -> list[FieldError]:
        """Name every bad field, in the order of the model, and then those that it does not have."""
        errors = []
        for name, rule in self.rules.items():
            if name in value:
                if error := rule.error(value[name]):
                    errors.append(FieldError(f"/{name}", error))
            elif name in self.required:
                errors.append(FieldError(f"/{name}", "This field is required."))
        errors += [
            FieldError(_pointer(name), "There is no such field.")
            for name in value
            if name not in self.rules
        ]
        return errors


def _rule(hint: Any) -> Rule:  # noqa: ANN401 - a type has no type of its own
    if get_origin(hint) in (NotRequired, Required):
        return _rule(get_args(hint)[0])
    if get_origin(hint) is Literal:
        return OneOf(get_args(hint))
    if get_origin(hint) is Annotated:
        for part in get_args(hint)[1:]:
            if isinstance(part, Rule):
                return part
    raise TypeError(f"This field has no rule: {hint}")


def _pointer(name: str) -> str:
    """Write a JSON pointer (RFC 6901); a field's name is the caller's text, so it is masked."""
    return "/" + mask(name).replace("~", "~0").replace("/", "~1")
