"""Runs the blocks of a page as somebody would who types them in: in order, in one shell."""

import re
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from .pages import Block

SECONDS = 300

# Between what one block says and what the next one says.
_MARK = "\x1e"

# What curl does not take for a failure: a problem, API Gateway's own answer, a code that is wrong.
_CODE = re.compile(r'"code": ?"(\w+)"')
_GATEWAY = re.compile(r'\{\s*"[Mm]essage": ?"([^"]*)"\s*\}')
_INVALID = re.compile(r'"Valid": ?false')
# A log line has a `code` as well, of whatever was asked before.
_LOG_LINE = '"level":'

_MAKE_RUN = re.compile(r"make run *(#.*)?")

# What fails inside $(…) would go unnoticed, because the command around it succeeds.
_HEAD = """\
set -Eeuo pipefail
trap 'echo "exit status $?: $BASH_COMMAND" >> "$FAILED_COMMANDS"' ERR
aws() {  # version 1 of the CLI takes no AWS_ENDPOINT_URL for SQS; version 2 does
  if [ "$1" = sqs ]; then set -- --endpoint-url "$AWS_ENDPOINT_URL" "$@"; fi
  python -m awscli "$@"  # its script does not run in a folder with a space in its name
}
"""


class BlockError(AssertionError):
    """A block failed; the text says which, and what it said."""


def run(
    page: str, blocks: Sequence[Block], *, folder: Path, environment: Mapping[str, str]
) -> None:
    """Run the blocks of a page in a folder.

    Raises BlockError where a command failed, one inside `$(…)` included, or a request of it.
    """
    failed, script = folder / ".failed-commands", folder / ".blocks.sh"
    failed.write_text("")
    script.write_text(_HEAD + "".join(map(_piece, blocks)))
    try:
        ran = subprocess.run(
            ["bash", str(script)],  # noqa: S607 - bash is where it is
            cwd=folder,
            env={**environment, "FAILED_COMMANDS": str(failed)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
            check=False,
        )
        status: int | str = ran.returncode
        output = ran.stdout
    except subprocess.TimeoutExpired as late:
        status, output = f"none after {SECONDS} seconds", late.output or b""
    said = output.decode(errors="replace").split(_MARK)[1:]
    commands = failed.read_text()
    failed.unlink()
    script.unlink()
    if status != 0:
        raise BlockError(_message(page, blocks[len(said) - 1], said[-1], f"exit status {status}"))
    for block, text in zip(blocks, said, strict=True):
        if problems := _unexpected(block.script, text):
            raise BlockError(_message(page, block, text, f"answered {problems}"))
    if commands:
        raise BlockError(f"{page}, in $(…) or in a condition:\n{commands}")


def _unexpected(script: str, said: str) -> list[str]:
    """Find the failed requests that a block does not announce, by the code or `false`."""
    answers = "\n".join(line for line in said.splitlines() if _LOG_LINE not in line)
    found = [code for code in _CODE.findall(answers) if code != "OK"]
    found += _GATEWAY.findall(answers)
    found += ["false"] * len(_INVALID.findall(answers))
    return [what for what in found if not re.search(rf"\b{re.escape(what)}\b", script)]


def _message(page: str, block: Block, said: str, problem: str) -> str:
    return f"{page}, line {block.line}: {problem}\n{block.script}\nIt said:\n{said}"


def _piece(block: Block) -> str:
    """Say which block comes, and run it."""
    commands = [line for line in block.script.splitlines() if not re.fullmatch(r" *(#.*)?", line)]
    if len(commands) == 1 and _MAKE_RUN.fullmatch(commands[0]):
        # It stays up until it is stopped. The page's own sandbox is running in the default folder.
        stopped = [sys.executable, "-m", "tests.commands.stopped", "make", "run"]
        script = f"SANDBOX_FOLDER=.sandbox-run {shlex.join(stopped)}\n"
    else:
        script = block.script
    return f"printf '\\x1e'\n{script}"
