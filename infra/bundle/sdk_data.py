"""Reduces botocore's data to what the functions need: reading it is most of making a client.

Two of its 400 services stay: their operations that the functions call, with every shape that these
use and without documentation, and their endpoints.
"""

import json
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader

#: The functions' calls. botocore itself calls DescribeEndpoints if AWS_ENABLE_ENDPOINT_DISCOVERY is
#: set.
OPERATIONS: Mapping[str, Sequence[str]] = {
    "dynamodb": (
        *("BatchGetItem", "DeleteItem", "DescribeEndpoints"),
        *("GetItem", "PutItem", "UpdateItem"),
    ),
    "pinpoint": ("SendOTPMessage", "VerifyOTPMessage"),
}

# The files that a client needs. The others are examples, paginators and waiters.
_MODEL, _RULES = "service-2", "endpoint-rule-set-1"


class MissingDataError(Exception):
    """botocore's data lacks what the functions need; the text names it."""


def reduce_data(data: Path) -> None:
    """Reduce botocore's data in place.

    Args:
        data: the folder `botocore/data`, as it was installed.

    Raises:
        MissingDataError: a service, an operation or a service's endpoints are not in it.

    """
    # The loader knows versions, compressed files, and models in several files.
    loader = Loader(extra_search_paths=[str(data)], include_default_search_paths=False)
    for folder in [path for path in data.iterdir() if path.is_dir()]:
        if folder.name not in OPERATIONS:
            shutil.rmtree(folder)
    prefixes = [
        _reduce_service(data / service, loader, operations)
        for service, operations in OPERATIONS.items()
    ]
    endpoints = loader.load_data("endpoints")
    for partition in endpoints["partitions"]:
        services = partition["services"]
        partition["services"] = {name: services[name] for name in prefixes if name in services}
    for prefix in prefixes:
        if not any(prefix in partition["services"] for partition in endpoints["partitions"]):
            raise MissingDataError(f"botocore's endpoints.json has no service {prefix}.")
    _write(data / "endpoints.json", endpoints)


def _reduce_service(folder: Path, loader: Loader, operations: Collection[str]) -> str:
    """Reduce a service's data; return the service's name in `endpoints.json`."""
    try:
        model = loader.load_service_model(folder.name, _MODEL)
        rules = loader.load_service_model(folder.name, _RULES)
    except DataNotFoundError:
        raise MissingDataError(f"botocore's data has no service {folder.name}.") from None
    version = loader.determine_latest_version(folder.name, _MODEL)
    for name in operations:
        if name not in model["operations"]:
            raise MissingDataError(f"botocore's {folder.name} has no operation {name}.")
    shutil.rmtree(folder)
    (folder / version).mkdir(parents=True)
    _write(folder / version / f"{_MODEL}.json", _reduce_model(model, operations))
    _write(folder / version / f"{_RULES}.json", rules)
    prefix: str = model["metadata"]["endpointPrefix"]
    return prefix


def _reduce_model(model: Mapping[str, Any], operations: Collection[str]) -> dict[str, Any]:
    kept = {name: model["operations"][name] for name in operations}
    reached: set[str] = set()
    found = set(_references(kept))
    while found:
        reached |= found
        found = {name for shape in found for name in _references(model["shapes"][shape])} - reached
    # In the original order: of two errors with the same code, botocore uses the last.
    shapes = {name: shape for name, shape in model["shapes"].items() if name in reached}
    reduced: dict[str, Any] = _without_prose({**model, "operations": kept, "shapes": shapes})
    return reduced


def _references(part: object) -> Iterator[str]:
    """Find the names of shapes, which are written `{"shape": "Name"}`."""
    match part:
        case {"shape": str(name)}:
            yield name
        case dict():
            for value in part.values():
                yield from _references(value)
        case list():
            for value in part:
                yield from _references(value)


def _without_prose(part: Any) -> Any:  # noqa: ANN401 - JSON
    match part:
        case dict():
            return {
                key: _without_prose(value)
                for key, value in part.items()
                # A member of a structure may have this name, too.
                if not (key == "documentation" and isinstance(value, str))
            }
        case list():
            return [_without_prose(value) for value in part]
    return part


def _write(file: Path, content: Mapping[str, Any]) -> None:
    """Write JSON, not compressed: small files are read faster so."""
    file.write_bytes(json.dumps(content, separators=(",", ":")).encode())
