"""The runner of the blocks notices every failure."""

import os
from contextlib import nullcontext
from pathlib import Path

import pytest

from .pages import to_run
from .script import BlockError, run


@pytest.mark.parametrize(
    ("script", "fails"),
    [
        # Failures that bash alone ignores.
        ('echo "$(ls /nowhere)"', True),
        ("ls /nowhere | cat", True),
        ('echo "$MISSING"', True),
        # A block may mention the code of an expected failure; log lines do not count.
        ("""echo '{"code":"Opted''Out"}'""", True),
        ("""echo '{"code":"Opted''Out"}'  # NotOptedOut""", True),
        ("""echo '{"code":"Opted''Out"}'  # OptedOut""", False),
        ("""echo '{"level": "INFO", "code": "Opted''Out"}'""", False),
        ("""echo '{"code": "O''K"}'""", False),
        ("""echo '{"Message": "Not Fo''und"}'""", True),
        ("""echo '"Valid": fal''se'""", True),
        # A failing condition is not a failure.
        ("if false; then exit 1; fi\nfalse || true", False),
    ],
)
def test_failure_is_noticed(script: str, fails: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a column
    """Hidden failures of commands and unexpected answers raise; expected ones do not."""
    blocks = to_run(f"```sh\n{script}\n```\n")
    with pytest.raises(BlockError, match="a page") if fails else nullcontext():
        run("a page", blocks, folder=tmp_path, environment=dict(os.environ))
