"""The functions."""

import sys
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field

from .values import Flag, Number, Subject, key

_PythonVersion = Literal["3.11", "3.12", "3.13", "3.14"]
_Architecture = Literal["arm64", "x86_64", "host"]
PYTHON_VERSIONS: tuple[str, ...] = get_args(_PythonVersion)
ARCHITECTURES: tuple[str, ...] = get_args(_Architecture)

_Concurrency = Annotated[Number, Field(ge=1, le=1_000_000)]


def _this_python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


class Functions(Subject):
    """The functions."""

    python_version: Annotated[_PythonVersion, BeforeValidator(str)] = key(
        f"the Lambda runtime, one of {', '.join(PYTHON_VERSIONS)}",
        PYTHON_VERSIONS[-1],
        default_factory=_this_python,
    )
    architecture: _Architecture = key(
        f"the processor, one of {', '.join(ARCHITECTURES)}; host is this machine, for the sandbox "
        "only",
        "arm64",
        "arm64",
    )
    snap_start: Flag = key(
        "true or false: functions start from a snapshot (Python 3.12 or later)",
        "true",
        default=False,
    )
    provisioned_concurrency: _Concurrency | None = key(
        "the environments of each function that are always warm", "5", None
    )
    reserved_concurrency: _Concurrency | None = key(
        "the requests that each function runs at once, at most and guaranteed; a new account "
        "cannot reserve any",
        "100",
        None,
    )
    canary: Flag = key(
        "true or false: a new version gets a tenth of the requests for five minutes, and is rolled "
        "back if an alarm goes off",
        "true",
    )
