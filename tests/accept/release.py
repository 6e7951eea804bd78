"""Releases that are broken on purpose: what is deployed, with one piece of its code replaced."""

import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3

from sandbox import client
from sandbox.state import FOLDER, State

_NOTHING: Mapping[str, str] = {}


@contextmanager
def release(
    state: State,
    function: str,
    *,
    file: str = "",
    old: str = "",
    new: str = "",
    environment: Mapping[str, str] = _NOTHING,
) -> Iterator[None]:
    """Have callers get another version of a function for a while.

    Args:
        state: the sandbox.
        function: `send` or `verify`.
        file: of the functions' code, below `otp/`.
        old: a piece of it ...
        new: ... and what is there instead.
        environment: variables on top of the function's own.

    """
    lambda_ = boto3.client("lambda", **client.aws_options(state))
    alias_arn = {"send": state.sendFunction, "verify": state.verifyFunction}[function]
    name, _, alias = alias_arn.rpartition(":")
    good = lambda_.get_alias(FunctionName=name, Name=alias)["FunctionVersion"]
    before = lambda_.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    lambda_.update_function_code(FunctionName=name, ZipFile=_code(file, old, new))
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


def _code(file: str, old: str, new: str) -> bytes:
    """Pack what was deployed, with one file changed and without its bytecode."""
    [asset] = [path for path in (FOLDER / "cdk.out").glob("asset.*") if path.is_dir()]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(asset.rglob("*")):
            name = path.relative_to(asset).as_posix()
            if not path.is_file() or (file and name.startswith(_bytecode_of(file))):
                continue
            content = path.read_bytes()
            if name == f"otp/{file}":
                assert old.encode() in content, old
                content = content.replace(old.encode(), new.encode())
            archive.writestr(name, content)
    return packed.getvalue()


def _bytecode_of(file: str) -> str:
    folder, _, name = f"otp/{file}".rpartition("/")
    return f"{folder}/__pycache__/{name.removesuffix('.py')}."
