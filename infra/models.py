"""What the functions need of botocore's data: reading all of it is most of making a client.

To make a client, botocore reads the whole model of its service, up to 122 operations and pages of
documentation, and the endpoints of all services. Here, a model keeps the operations that the
functions call and every shape that these reach. Whatever says how a request is made or an answer
read stays as it is, and so do the rules that choose an endpoint: every region, FIPS, dual-stack
and the endpoints of accounts. Where botocore's data is not as it is known here, that is an error.
"""

import json
import shutil
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader

_Json = Mapping[str, Any]

#: What the functions call. DescribeEndpoints is a call of botocore's own, where a deployment sets
#: AWS_ENABLE_ENDPOINT_DISCOVERY.
OPERATIONS: Mapping[str, Sequence[str]] = {
    "dynamodb": ("DeleteItem", "DescribeEndpoints", "GetItem", "PutItem", "UpdateItem"),
    "pinpoint": ("SendOTPMessage", "VerifyOTPMessage"),
}

# A service's files, as botocore calls them: those that a client is made of; and those that are read
# when somebody asks for a paginator, a waiter, or a page of documentation.
_MODEL, _RULES = "service-2", "endpoint-rule-set-1"
_NOT_READ = ("examples-1", "paginators-1", "waiters-2")

# What of a model only documentation is made of.
_PROSE = ("documentation", "examples")
# Where an operation refers to shapes, and where shapes do, by their type.
_PLACES_OF_OPERATION = ("input", "output", "errors")
_PLACES: Mapping[str, Collection[str]] = {
    "structure": ("members",),
    "list": ("member",),
    "map": ("key", "value"),
    **dict.fromkeys(("blob", "boolean", "double", "float", "integer", "long", "string"), ()),
    "timestamp": (),
}


class UnexpectedDataError(Exception):
    """botocore's data is not as it is known here; somebody has to look before it is reduced."""


def reduce_data(data: Path) -> None:
    """Reduce botocore's data, where it is.

    Args:
        data: the folder `botocore/data`, as it was installed. What is in it for all services stays
            as it is, but for `endpoints.json`.

    Raises:
        UnexpectedDataError: something is missing, or new.

    """
    # By botocore's own rules, but in this folder only: of versions, compressed files and extras.
    loader = Loader(extra_search_paths=[str(data)], include_default_search_paths=False)
    try:
        models = {name: loader.load_service_model(name, _MODEL) for name in OPERATIONS}
        rules = {name: loader.load_service_model(name, _RULES) for name in OPERATIONS}
        versions = {name: loader.determine_latest_version(name, _MODEL) for name in OPERATIONS}
        endpoints = loader.load_data("endpoints")
    except DataNotFoundError as missing:
        raise UnexpectedDataError(f"botocore's data is incomplete: {missing}") from missing
    reduced = {
        name: reduce_model(name, models[name], operations)
        for name, operations in OPERATIONS.items()
    }
    prefixes = [model["metadata"]["endpointPrefix"] for model in reduced.values()]
    _write(data / "endpoints.json", reduce_endpoints(endpoints, prefixes))
    for folder in [path for path in data.iterdir() if path.is_dir()]:
        if folder.name in OPERATIONS:
            _check_files(folder)
        shutil.rmtree(folder)
    for name in OPERATIONS:
        folder = data / name / versions[name]
        folder.mkdir(parents=True)
        # Not compressed: what is that small is read faster so.
        _write(folder / f"{_MODEL}.json", reduced[name])
        _write(folder / f"{_RULES}.json", rules[name])


def reduce_model(service: str, model: _Json, operations: Collection[str]) -> dict[str, Any]:
    """Reduce the model of a service.

    Args:
        service: its name, for errors.
        model: as in `service-2.json`.
        operations: the names of those to keep.

    Returns:
        A model of these operations and of all shapes that they reach, without documentation. The
        order is that of `model`: of two errors with the same code, botocore takes the last.

    Raises:
        UnexpectedDataError: something is missing, or refers to a shape where nothing did before.

    """
    if missing := {"metadata", "operations", "shapes"} - model.keys():
        raise UnexpectedDataError(f"The model of {service} has no {_listed(missing)}.")
    if missing := set(operations) - model["operations"].keys():
        raise UnexpectedDataError(f"{service} has no operation {_listed(missing)}.")
    reduced: dict[str, Any] = {}
    found: list[str] = []
    for name, operation in model["operations"].items():
        where = f"{service}'s operation {name}"
        if name in operations:
            reduced[name] = _reduce(where, operation, _PLACES_OF_OPERATION, found)
        elif "endpointoperation" in operation:
            raise UnexpectedDataError(f"{where} finds endpoints for the others; it must be kept.")
    shapes: dict[str, Any] = {}
    while found:
        name = found.pop()
        if name not in shapes:
            shapes[name] = _reduce_shape(service, model["shapes"], name, found)
    rest = {name: part for name, part in model.items() if name not in ("operations", "shapes")}
    return {
        **_reduce(f"The model of {service}", rest, (), found),
        "operations": reduced,
        "shapes": {name: shapes[name] for name in model["shapes"] if name in shapes},
    }


def reduce_endpoints(endpoints: _Json, prefixes: Collection[str]) -> dict[str, Any]:
    """Reduce the endpoints of all services to those of some.

    Args:
        endpoints: as in `endpoints.json`.
        prefixes: of the services to keep; botocore asks for them by their `endpointPrefix`.

    Returns:
        All partitions with all their regions and defaults, and these services.

    Raises:
        UnexpectedDataError: it is built in another way, or no partition knows a service.

    """
    try:
        partitions = [
            {
                **partition,
                "services": {
                    prefix: partition["services"][prefix]
                    for prefix in prefixes
                    if prefix in partition["services"]
                },
            }
            for partition in endpoints["partitions"]
        ]
    except (KeyError, TypeError) as missing:
        raise UnexpectedDataError(f"endpoints.json is built in another way: {missing!r}.") from None
    if unknown := set(prefixes).difference(*(partition["services"] for partition in partitions)):
        raise UnexpectedDataError(f"endpoints.json has no {_listed(unknown)}.")
    return {**endpoints, "partitions": partitions}


def _reduce_shape(service: str, shapes: _Json, name: str, found: list[str]) -> dict[str, Any]:
    where = f"{service}'s shape {name}"
    shape = shapes.get(name)
    if shape is None:
        raise UnexpectedDataError(f"{where} is missing.")
    places = _PLACES.get(shape.get("type"))
    if places is None:
        raise UnexpectedDataError(f"{where} is of a type that is new: {shape.get('type')}.")
    if missing := set(places) - shape.keys():
        raise UnexpectedDataError(f"{where}, a {shape['type']}, has no {_listed(missing)}.")
    return _reduce(where, shape, places, found)


def _reduce(where: str, part: _Json, places: Collection[str], found: list[str]) -> dict[str, Any]:
    """Leave documentation out of an operation or a shape.

    Args:
        where: what it is, for errors.
        part: the operation or the shape.
        places: the keys under which it refers to other shapes.
        found: gets their names.

    """
    reduced = {}
    for key, value in part.items():
        if key in _PROSE:
            continue
        if key in places:
            reduced[key] = _reduce_references(f"{where}: {key}", value, found)
        elif _refers(value):
            raise UnexpectedDataError(f"{where} refers to a shape in {key}, where nothing did.")
        else:
            reduced[key] = value
    return reduced


def _reduce_references(where: str, value: Any, found: list[str]) -> Any:  # noqa: ANN401 - JSON
    """Leave documentation out of one reference, of a list of them, or of some by their names."""
    match value:
        case {"shape": str(name)}:
            found.append(name)
            return _reduce(where, value, (), found)
        case dict():
            return {
                name: _reduce_references(f"{where}.{name}", reference, found)
                for name, reference in value.items()
            }
        case list():
            return [_reduce_references(where, reference, found) for reference in value]
    raise UnexpectedDataError(f"{where} does not refer to a shape.")


def _refers(value: object) -> bool:
    match value:
        case dict():
            return "shape" in value or any(map(_refers, value.values()))
        case list():
            return any(map(_refers, value))
    return False


def _check_files(folder: Path) -> None:
    """Find out whether nobody has thought about one of a service's files yet."""
    for file in [path for path in folder.rglob("*") if path.is_file()]:
        if file.name.split(".")[0] not in (_MODEL, _RULES, *_NOT_READ):
            raise UnexpectedDataError(f"{folder.name} has a file that is new: {file.name}.")


def _write(file: Path, content: _Json) -> None:
    file.write_bytes(json.dumps(content, separators=(",", ":")).encode())


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names))
