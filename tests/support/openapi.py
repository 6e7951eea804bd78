"""Checks answers against docs/openapi.json."""

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

PATH = Path(__file__).resolve().parent.parent.parent / "docs" / "openapi.json"

_URI = "urn:openapi"


class Contract:
    """The document; `operations` maps operation IDs to paths."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.operations: Mapping[str, str] = {
            item["post"]["operationId"]: path for path, item in document["paths"].items()
        }

    @classmethod
    def read(cls) -> "Contract":
        """Read the file."""
        return cls(json.loads(PATH.read_text()))

    def resolve(self, value: Any) -> Any:
        """Follow a value that is only a `$ref`, such as a header's."""
        if not (isinstance(value, Mapping) and value.keys() == {"$ref"}):
            return value
        found: Any = self.document
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return found

    def responses(self, operation: str) -> Mapping[str, Any]:
        """Return the responses of an operation by status."""
        responses: Mapping[str, Any] = self._operation(operation)["responses"]
        return responses

    def request(self, operation: str) -> Mapping[str, Any]:
        """Return the media type object of an operation's request body."""
        content: Mapping[str, Any] = self._operation(operation)["requestBody"]["content"]
        request: Mapping[str, Any] = content["application/json"]
        return request

    def breaches(
        self, operation: str, status: int, headers: Mapping[str, str], body: str
    ) -> list[str]:
        """List where an answer deviates; `headers` holds only those that the service sets."""
        response = self.responses(operation).get(str(status))
        if response is None:
            return [f"There is no answer {status}."]
        of_body = self._breaches_of_body(response, headers, body)
        return [*self._breaches_of_headers(response, headers), *of_body]

    def errors(self, schema: Mapping[str, Any], value: Any) -> list[str]:
        """List where a value deviates from a schema; unknown members are errors."""
        validator = Draft202012Validator(_anywhere(schema), registry=self._registry)
        return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]

    def _operation(self, operation: str) -> Any:
        return self.document["paths"][self.operations[operation]]["post"]

    def _breaches_of_headers(
        self, response: Mapping[str, Any], headers: Mapping[str, str]
    ) -> Iterator[str]:
        documented = response["headers"]
        for name in headers.keys() - documented.keys() - {"Content-Type"}:
            yield f"There is no header {name}."
        for name, reference in documented.items():
            header = self.resolve(reference)
            if name in headers:
                text = headers[name]
                is_number = header["schema"].get("type") == "integer" and text.isdecimal()
                yield from self.errors(header["schema"], int(text) if is_number else text)
            elif header.get("required"):
                yield f"The header {name} is missing."

    def _breaches_of_body(
        self, response: Mapping[str, Any], headers: Mapping[str, str], body: str
    ) -> Iterator[str]:
        media_type = headers.get("Content-Type")
        content = response["content"].get(media_type)
        if content is None:
            yield f"There is no content {media_type}."
            return
        value = json.loads(body)
        yield from self.errors(content["schema"], value)
        if value.get("retryable", False) != ("Retry-After" in headers):
            yield "The header Retry-After does not come exactly with what is retryable."

    @cached_property
    def _registry(self) -> Registry[Any]:
        schemas = self.document["components"]["schemas"]
        # Clients must accept unknown members, but the service sends none.
        closed = json.loads(json.dumps(schemas), object_hook=_close)
        closed["Problem"] = schemas["Problem"]
        contents = DRAFT202012.create_resource({"components": {"schemas": closed}})
        empty: Registry[Any] = Registry()
        whole: Registry[Any] = empty.with_resource(_URI, contents)
        return whole


def _anywhere(schema: Mapping[str, Any]) -> Any:
    """Make local references absolute."""
    return json.loads(json.dumps(schema).replace('"$ref": "#/', f'"$ref": "{_URI}#/'))


def _close(schema: dict[str, Any]) -> dict[str, Any]:
    described = isinstance(schema.get("properties"), dict)
    return {"unevaluatedProperties": False, **schema} if described else schema
