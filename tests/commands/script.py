"""Runs the blocks of a page as a reader would: in order, in one shell."""

import re
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from sandbox.commands import AWS_CLI

from .pages import Block

SECONDS = 300

# Separates the outputs of the blocks.
_MARK = "\x1e"

# Failures with exit status 0: a problem, an answer of API Gateway itself, a wrong code.
_CODE = re.compile(r'"code": ?"(\w+)"')
_GATEWAY = re.compile(r'\{\s*"[Mm]essage": ?"([^"]*)"\s*\}')
_INVALID = re.compile(r'"Valid": ?false')
# A log line has a `code` of an earlier request.
_LOG_LINE = '"level":'

_MAKE_RUN = re.compile(r"make run *(#.*)?")

# The trap records a failure inside $(…), which the surrounding command would hide.
_HEAD = """\
set -Eeuo pipefail
trap 'echo "exit status $?: $BASH_COMMAND" >> "$FAILED_COMMANDS"' ERR
"""


class BlockError(AssertionError):
    """A block failed; the message has the block and its output."""


def run(
    page: str, blocks: Sequence[Block], *, folder: Path, environment: Mapping[str, str]
) -> None:
    """Run the blocks in a folder; raises BlockError if a command or a request of theirs failed."""
    failed, script = folder / ".failed-commands", folder / ".blocks.sh"
    failed.write_text("")
    script.write_text("".join([_HEAD, AWS_CLI.format(python="python"), "\n", *map(_piece, blocks)]))
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
    """List failures in the output whose code, or `false`, the block itself does not mention."""
    answers = "\n".join(line for line in said.splitlines() if _LOG_LINE not in line)
    found = [code for code in _CODE.findall(answers) if code != "OK"]
    found += _GATEWAY.findall(answers)
    found += ["false"] * len(_INVALID.findall(answers))
    return [what for what in found if not re.search(rf"\b{re.escape(what)}\b", script)]


def _message(page: str, block: Block, said: str, problem: str) -> str:
    return f"{page}, line {block.line}: {problem}\n{block.script}\nIt said:\n{said}"


def _piece(block: Block) -> str:
    commands = [line for line in block.script.splitlines() if not re.fullmatch(r" *(#.*)?", line)]
    if len(commands) == 1 and _MAKE_RUN.fullmatch(commands[0]):
        # It runs until it is stopped, in another folder than the sandbox of the pages.
        stopped = [sys.executable, "-m", "tests.commands.stopped", "make", "run"]
        script = f"SANDBOX_FOLDER=.sandbox-run {shlex.join(stopped)}\n"
    else:
        script = block.script
    return f"printf '\\x1e'\n{script}"
