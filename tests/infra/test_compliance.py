"""cdk-nag's five packs, on both profiles: nothing is found, and nothing is excused for nothing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import cdk_nag
import pytest

from infra import acknowledge as acknowledging
from infra.config import Config
from infra.stack import OtpStack

from .helpers import PATHS, REGION, context, create_app

PACKS: tuple[Callable[[cdk.App], cdk.IPolicyValidationPlugin], ...] = (
    cdk_nag.AwsSolutionsChecks,
    cdk_nag.ServerlessChecks,
    cdk_nag.NIST80053R5Checks,
    cdk_nag.HIPAASecurityChecks,
    cdk_nag.PCIDSS321Checks,
)
# What their rules' names begin with.
NAMES = ("AwsSolutions", "Serverless", "NIST.800.53.R5", "HIPAA.Security", "PCI.DSS.321")

EVERYTHING = {
    "apiGatewayLogRole": "create",
    "wafRateLimit": "1000",
    "provisionedConcurrency": "2",
    "reservedConcurrency": "5",
    "allowedPrincipals": "210987654321,o-a1b2c3d4e5",
    "domainName": "otp.example.com",
    "certificateArn": (
        f"arn:aws:acm:{REGION}:123456789012:certificate/12345678-1234-1234-1234-123456789012"
    ),
}

CONFIGURATIONS = {
    "dev": {},
    "production": {"profile": "production", "region": REGION},
    "production with everything": {"profile": "production", "region": REGION, **EVERYTHING},
}

Finding = tuple[str, str]


class Checked:
    """A stack that all packs have looked at.

    Args:
        folder: where it is synthesized to.
        changes: to the least configuration.

    Attributes:
        findings: rule and construct path of each finding that is not acknowledged.
        acknowledged: the same of each acknowledgement in the template's metadata.

    """

    def __init__(self, folder: Path, **changes: Any) -> None:
        app = create_app(folder)
        # As the CDK's command line does: a resource's metadata then names its construct.
        app.node.set_context("aws:cdk:enable-path-metadata", True)  # noqa: FBT003 - a JSON value
        OtpStack(app, "Otp", config=Config.from_context(context(**changes)))
        cdk.Validations.of(app).add_plugins(*(pack(app) for pack in PACKS))
        # The CDK raises when something is found, and writes the same report.
        report = folder / "validation-report.json"
        try:
            app.synth()
        except RuntimeError:
            assert report.exists()
        self.findings = _findings(report)
        template = json.loads((folder / "Otp.template.json").read_text())
        self.acknowledged = _acknowledged(template)


def _findings(report: Path) -> set[Finding]:
    if not report.exists():
        return set()
    return {
        (violation["ruleName"], construct["constructPath"])
        for plugin in json.loads(report.read_text())["pluginReports"]
        for violation in plugin["violations"]
        for construct in violation["violatingConstructs"]
    }


def _acknowledged(template: dict[str, Any]) -> set[Finding]:
    return {
        (rule["id"], resource["Metadata"]["aws:cdk:path"])
        for resource in template["Resources"].values()
        for rule in resource.get("Metadata", {}).get("cdk_nag", {}).get("rules_to_suppress", [])
    }


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_no_pack_finds_anything(configuration: str, tmp_path: Path) -> None:
    """What a rule finds is mended, or acknowledged on that one resource with a reason."""
    assert Checked(tmp_path, **CONFIGURATIONS[configuration]).findings == set()


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_what_is_acknowledged_is_exactly_what_would_be_found(
    configuration: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is excused in advance, and the packs do look: without excuses they find all of it."""
    monkeypatch.setattr(acknowledging, "_tell_the_cdk", lambda *_: None)

    checked = Checked(tmp_path, **CONFIGURATIONS[configuration])

    assert checked.findings == checked.acknowledged
    assert {rule.split("-")[0] for rule, _ in checked.findings} == set(NAMES)


def test_acknowledgements_of_production_are_few(tmp_path: Path) -> None:
    """At most four rules of AwsSolutions and three of each other pack.

    Each is on one resource, or on the same one of each function; on every method that it is for.
    """
    acknowledged = Checked(tmp_path, **CONFIGURATIONS["production"]).acknowledged
    without_a_user_pool = {path for rule, path in acknowledged if rule == "AwsSolutions-COG4"}
    assert without_a_user_pool == {
        f"Otp/Otp/Api/Api/Default{path}/POST/Resource" for path in PATHS.values()
    }
    for pack in NAMES:
        rules = {rule.split("[")[0] for rule, _ in acknowledged if rule.startswith(pack)}
        assert len(rules) <= (4 if pack == "AwsSolutions" else 3), rules
