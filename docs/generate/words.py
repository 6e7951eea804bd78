"""What to tell the person, for recipes.md and the client's README: from the client's own table."""

from collections.abc import Iterable
from inspect import cleandoc

from serverless_otp import Problem, Say
from serverless_otp.words import BY_FIELD, TABLE

from .markdown import NOTHING, code, table

_NEWER = "A problem whose code this version of the client does not know."

_BY_NAME = {
    **{code(kind.__name__): words for kind, words in TABLE.items()},
    **{f"`InvalidRequest` of {code(field)} alone": words for field, words in BY_FIELD.items()},
}


def of_sentences() -> dict[str, str]:
    """Write the sentences, and after what each is said."""
    heads = ("say", "the sentence", "after `send` raised", "after `verify` raised")
    rows = [
        (
            code(say.name),
            say.value,
            _list(name for name, words in _BY_NAME.items() if words.after_send is say),
            _list(name for name, words in _BY_NAME.items() if words.after_verify is say),
        )
        for say in Say
    ]
    return {"sentences": table(heads, rows)}


def of_exceptions() -> dict[str, str]:
    """Write the exceptions: what happened, and what to say."""
    heads = ("exception", "what happened", "after `send`, say", "after `verify`, say", "logged")
    rows = [
        (
            code(kind.__name__),
            _NEWER if kind is Problem else cleandoc(kind.__doc__ or "").partition("\n\n")[0],
            _name(words.after_send),
            _name(words.after_verify),
            "yes" if words.attention else NOTHING,
        )
        for kind, words in TABLE.items()
    ]
    return {"exceptions": table(heads, rows)}


def _name(say: Say | None) -> str:
    return code(say.name) if say else NOTHING


def _list(names: Iterable[str]) -> str:
    return ", ".join(names) or NOTHING
