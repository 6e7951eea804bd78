"""cdk-nag's five packs: no findings, and no acknowledgement that is not needed."""

import json
from pathlib import Path

import aws_cdk as cdk
from aws_cdk.cloudformation_include import CfnInclude

from tests.support import nag
from tests.support.templates import REGION, LookedAt, create_app


def test_no_pack_finds_anything(looked_at: LookedAt) -> None:
    """Fix a finding, or acknowledge it on that one resource with a reason."""
    assert looked_at.findings == set()


def test_no_finding_is_acknowledged_without_need(looked_at: LookedAt, tmp_path: Path) -> None:
    """The bare template has no acknowledgements, so the packs report every finding."""
    template = looked_at.template
    (tmp_path / "template.json").write_text(json.dumps(template.raw))
    stack = cdk.Stack(
        create_app(tmp_path / "cdk.out"),
        "Otp",
        env=cdk.Environment(region=None if "$" in template.region else REGION),
        # The default synthesizer would add a parameter that the template has already.
        synthesizer=cdk.BootstraplessSynthesizer(),
    )
    CfnInclude(stack, "Template", template_file=str(tmp_path / "template.json"))

    findings = {(rule, path.rpartition("/")[2]) for rule, path in nag.findings(stack)}

    acknowledged = {
        (rule["id"], resource.logical_id)
        for resource in template.resources
        for rule in resource.whole.get("Metadata", {})
        .get("cdk_nag", {})
        .get("rules_to_suppress", [])
    }
    assert findings == acknowledged
    assert {rule.split("-")[0] for rule, _ in findings} == set(nag.NAMES)
