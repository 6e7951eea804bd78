"""What runs the blocks notices what goes wrong in one."""

import os
from pathlib import Path

import pytest

from .pages import to_run
from .script import BlockError, run

PAGE = """\
# A page

```sh
NAME=world
```

- In a list:

  ```sh
  echo "hello $NAME"
  ```

<!-- not run: it would fail -->
```sh
false
```

```text
not shell
```
"""


def said(page: str, folder: Path) -> list[str]:
    """Run a page in a folder; returns what its blocks said."""
    return run("a page", to_run(page), folder=folder, environment=dict(os.environ))


def test_a_block_that_fails_is_named(tmp_path: Path) -> None:
    """With its line and what it said, and what comes after it is not run.

    Those before it were, in one shell, without the one that is marked.
    """
    page = PAGE + "\n```sh\necho before; ls /nowhere\n```\n\n```sh\ntouch after\n```\n"

    with pytest.raises(BlockError) as raised:
        said(page, tmp_path)

    message = str(raised.value)
    assert message.startswith("a page, line 22: exit status 2\n")
    assert "before\n" in message
    assert "/nowhere" in message.partition("It said:")[2]
    assert not (tmp_path / "after").exists()


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
    page = f"```sh\n{script}\n```\n"
    if fails:
        with pytest.raises(BlockError):
            said(page, tmp_path)
    else:
        assert len(said(page, tmp_path)) == 1
