"""What to tell the person, for recipes-python.md and the client's README."""

from inspect import cleandoc

from serverless_otp import Problem, Say
from serverless_otp.words import TABLE

from .markdown import NOTHING, code, table

_NEWER = "This version of the client does not know the problem's code."


def of_sentences() -> dict[str, str]:
    """Write the sentences that a page shows to people."""
    rows = [(code(say.name), say.value) for say in Say]
    return {"sentences": table(("say", "the sentence"), rows)}


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
