"""What runs the blocks notices what goes wrong in one."""

import os
from contextlib import nullcontext
from pathlib import Path

import pytest

from .pages import to_run
from .script import BlockError, run


@pytest.mark.parametrize(
    ("script", "fails"),
    [
        # What bash alone would pass over.
        ('echo "$(ls /nowhere)"', True),
        ("ls /nowhere | cat", True),
        ('echo "$MISSING"', True),
        # A request may fail if the block says so; what a log tells is no answer.
        ("""echo '{"code":"Opted''Out"}'""", True),
        ("""echo '{"code":"Opted''Out"}'  # NotOptedOut""", True),
        ("""echo '{"code":"Opted''Out"}'  # OptedOut""", False),
        ("""echo '{"level": "INFO", "code": "Opted''Out"}'""", False),
        ("""echo '{"code": "O''K"}'""", False),
        ("""echo '{"Message": "Not Fo''und"}'""", True),
        ("""echo '"Valid": fal''se'""", True),
        # That is what a condition is for.
        ("if false; then exit 1; fi\nfalse || true", False),
    ],
)
def test_what_is_a_failure(script: str, fails: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a column
    """A command that is hidden behind one that succeeds, and an answer that nobody announced."""
    blocks = to_run(f"```sh\n{script}\n```\n")
    with pytest.raises(BlockError, match="a page") if fails else nullcontext():
        run("a page", blocks, folder=tmp_path, environment=dict(os.environ))
