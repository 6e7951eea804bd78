"""The stack and AWS's own models are what docs/openapi.json says."""

from typing import Any

import botocore.session
import pytest

from tests.support.openapi import Contract

from .helpers import API, API_RESOURCE, GATEWAY_RESPONSE, METHOD, STAGE, RenderedTemplate

CONTRACT = Contract.read()


def routes(template: RenderedTemplate) -> set[tuple[str, str, str]]:
    """Give path, method and authorization of every method of the API."""
    paths = {template.only(API).attribute("RootResourceId"): ""}
    resources = {one.ref: one.properties for one in template.all(API_RESOURCE)}
    while resources:
        for ref, properties in [*resources.items()]:
            if properties["ParentId"] in paths:
                paths[ref] = f"{paths[properties['ParentId']]}/{properties['PathPart']}"
                del resources[ref]
    return {
        (
            paths[method.properties["ResourceId"]],
            method.properties["HttpMethod"],
            method.properties["AuthorizationType"],
        )
        for method in template.all(METHOD)
    }


def test_routes_are_those_of_the_document(template: RenderedTemplate) -> None:
    """Paths and methods, each one for IAM principals, who sign."""
    [scheme] = CONTRACT.document["components"]["securitySchemes"].values()
    assert scheme["x-amazon-apigateway-authtype"] == "awsSigv4"
    assert CONTRACT.document["security"] == [{"sigv4": []}]
    documented = set()
    for path, item in CONTRACT.document["paths"].items():
        for method, operation in item.items():
            assert "security" not in operation
            documented.add((path, method.upper(), "AWS_IAM"))

    assert routes(template) == documented


def test_servers_end_with_the_stage(template: RenderedTemplate) -> None:
    """As the addresses of the API do."""
    stage = template.only(STAGE).properties["StageName"]
    for server in CONTRACT.document["servers"]:
        assert server["url"].endswith(f"/{stage}")


def test_every_answer_of_the_gateway_has_its_status_in_the_document(
    template: RenderedTemplate,
) -> None:
    """Of both operations; but for those that neither can be answered."""
    statuses = {one.properties["StatusCode"] for one in template.all(GATEWAY_RESPONSE)}
    for operation in CONTRACT.operations:
        missing = statuses - CONTRACT.responses(operation).keys()
        assert missing == {"401", "404"}


@pytest.mark.parametrize("model", ["SendOtpRequest", "VerifyOtpRequest"])
def test_fields_are_those_of_the_sdk(model: str) -> None:
    """With the same types; and what the SDK requires is required, or has a default."""
    name = model.replace("Otp", "OTPMessage")
    pinpoint = botocore.session.get_session().get_service_model("pinpoint")
    shape: Any = pinpoint.shape_for(f"{name}Parameters")
    of = CONTRACT.document["components"]["schemas"][model]

    types = {field: member.type_name for field, member in shape.members.items()}
    assert {field: said["type"] for field, said in of["properties"].items()} == types
    left_out = {
        field
        for field, said in of["properties"].items()
        if {"default", "x-when-left-out"} & said.keys()
    }
    assert set(of["required"]) <= set(shape.required_members) <= {*of["required"], *left_out}
