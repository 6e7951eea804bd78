"""cdk-nag's five packs: nothing is found, and nothing is excused for nothing."""

import json
from pathlib import Path

import aws_cdk as cdk
from aws_cdk.cloudformation_include import CfnInclude

from tests.support import nag
from tests.support.templates import REGION, LookedAt, create_app


def test_no_pack_finds_anything(looked_at: LookedAt) -> None:
    """What a rule finds is mended, or acknowledged on that one resource with a reason."""
    assert looked_at.findings == set()


def test_what_is_acknowledged_is_exactly_what_would_be_found(
    looked_at: LookedAt, tmp_path: Path
) -> None:
    """Nothing is excused in advance, and the packs do look: in the mere template, they find it."""
    template = looked_at.template
    (tmp_path / "template.json").write_text(json.dumps(template.raw))
    stack = cdk.Stack(
        create_app(tmp_path / "cdk.out"),
        "Otp",
        env=cdk.Environment(region=None if "$" in template.region else REGION),
        # The default one would add a parameter that the template has already.
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
