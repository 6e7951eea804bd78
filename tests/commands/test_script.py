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


def test_blocks_of_a_page_share_their_variables(tmp_path: Path) -> None:
    """They are run in order, without those that are marked."""
    assert said(PAGE, tmp_path) == ["", "hello world\n"]


def test_a_block_that_fails_is_named(tmp_path: Path) -> None:
    """With its line and what it said, and what comes after it is not run."""
    page = PAGE + "\n```sh\necho before; ls /nowhere\n```\n\n```sh\ntouch after\n```\n"

    with pytest.raises(BlockError) as raised:
        said(page, tmp_path)

    message = str(raised.value)
    assert message.startswith("a page, line 22: exit status 2\n")
    assert "before\n" in message
    assert "/nowhere" in message.partition("It said:")[2]
    assert not (tmp_path / "after").exists()


@pytest.mark.parametrize(
    "script",
    [
        pytest.param('echo "$(ls /nowhere)"', id="in a substitution"),
        pytest.param("ls /nowhere | cat", id="in front of a pipe"),
        pytest.param('echo "$MISSING"', id="a variable that nobody set"),
        pytest.param("if true; then", id="not shell"),
        pytest.param("""echo '{"code": "Access''Denied"}'""", id="a request that is not signed"),
        pytest.param("""echo '{"code":"Opted''Out"}'""", id="any other problem"),
        pytest.param("""echo '{"code":"Opted''Out"}'  # NotOptedOut""", id="another one"),
        pytest.param("""echo '{"message":"For''bidden"}'""", id="an answer of the gateway"),
        pytest.param("""echo '{"Message": "Not Fo''und"}'""", id="one of two words"),
        pytest.param("""echo '"Valid": fal''se'""", id="a wrong code"),
    ],
)
def test_what_bash_alone_would_pass_over_is_a_failure(script: str, tmp_path: Path) -> None:
    """A command whose failure is hidden behind another one that succeeds."""
    with pytest.raises(BlockError):
        said(f"```sh\n{script}\n```\n", tmp_path)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("""echo '{"code":"Opted''Out"}'  # OptedOut""", id="a problem"),
        pytest.param("""echo '{"message":"For''bidden"}'  # Forbidden""", id="of the gateway"),
        pytest.param("""echo '"Valid":fal''se'  # false: used up""", id="a wrong code"),
        pytest.param("""echo '{"level": "INFO", "code": "Opted''Out"}'""", id="a line of a log"),
        pytest.param("""echo '{"code": "O''K"}'""", id="no problem"),
    ],
)
def test_a_request_may_fail_if_the_block_says_so(script: str, tmp_path: Path) -> None:
    """By the problem's code, in a comment for example; what a log tells is no answer."""
    assert len(said(f"```sh\n{script}\n```\n", tmp_path)) == 1


def test_a_condition_may_be_false(tmp_path: Path) -> None:
    """That is what it is for."""
    assert said("```sh\nif false; then exit 1; fi\nfalse || true\n```\n", tmp_path) == [""]


def test_a_block_without_an_end_is_no_block() -> None:
    """Rather than running the rest of the page."""
    with pytest.raises(ValueError, match="line 1 has no end"):
        to_run("```sh\necho hello\n")
