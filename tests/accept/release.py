"""Broken releases: the deployed code with one piece replaced."""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import boto3

from sandbox import client
from sandbox.state import ROOT, State

#: The folder of the sandbox for broken releases.
FOLDER = ".sandbox-test-accept"

#: A file below `otp/`, a piece of it, and its replacement.
Change = tuple[str, str, str]

_NOTHING: Mapping[str, str] = {}


@contextmanager
def release(
    state: State,
    function: str,
    changes: Sequence[Change] = (),
    environment: Mapping[str, str] = _NOTHING,
) -> Iterator[None]:
    """Deploy a changed version of `send` or `verify` for the length of a `with` block."""
    lambda_ = boto3.client("lambda", **client.aws_options(state))
    alias_arn = {"send": state.sendFunction, "verify": state.verifyFunction}[function]
    name, _, alias = alias_arn.rpartition(":")
    good = lambda_.get_alias(FunctionName=name, Name=alias)["FunctionVersion"]
    before = lambda_.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    lambda_.update_function_code(FunctionName=name, ZipFile=_code(changes))
    _configure(lambda_, name, {**before, **environment})
    try:
        version = lambda_.publish_version(FunctionName=name)["Version"]
        lambda_.update_alias(FunctionName=name, Name=alias, FunctionVersion=version)
        yield
    finally:
        lambda_.update_alias(FunctionName=name, Name=alias, FunctionVersion=good)
        _configure(lambda_, name, before)


def _configure(lambda_: Any, name: str, environment: Mapping[str, str]) -> None:
    lambda_.update_function_configuration(FunctionName=name, Environment={"Variables": environment})


def _code(changes: Sequence[Change]) -> bytes:
    """Zip the deployed code with its changes, and without the bytecode of changed files."""
    [asset] = [path for path in (ROOT / FOLDER / "cdk.out").glob("asset.*") if path.is_dir()]
    bytecode = tuple(
        re.sub(r"(\w+\.)py$", r"__pycache__/\1", f"otp/{file}") for file, *_ in changes
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(asset.rglob("*")):
            name = path.relative_to(asset).as_posix()
            if not path.is_file() or name.startswith(bytecode):
                continue
            content = path.read_bytes()
            for file, old, new in changes:
                if name == f"otp/{file}":
                    assert old.encode() in content, old
                    content = content.replace(old.encode(), new.encode())
            archive.writestr(name, content)
    return packed.getvalue()
