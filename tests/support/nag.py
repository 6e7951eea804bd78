"""Runs all five cdk-nag rule packs."""

import json
from collections.abc import Callable
from pathlib import Path

import aws_cdk as cdk
import cdk_nag

_PACKS: tuple[Callable[[cdk.Stage], cdk.IPolicyValidationPlugin], ...] = (
    cdk_nag.AwsSolutionsChecks,
    cdk_nag.ServerlessChecks,
    cdk_nag.NIST80053R5Checks,
    cdk_nag.HIPAASecurityChecks,
    cdk_nag.PCIDSS321Checks,
)

#: Prefixes of their rule names.
NAMES = ("AwsSolutions", "Serverless", "NIST.800.53.R5", "HIPAA.Security", "PCI.DSS.321")


def findings(stack: cdk.Stack) -> set[tuple[str, str]]:
    """Synthesize a stack's app; returns rule and construct of each unacknowledged finding."""
    app = cdk.Stage.of(stack)
    assert app
    cdk.Validations.of(app).add_plugins(*(pack(app) for pack in _PACKS))
    # The CDK raises if there are findings, after it has written the report.
    report = Path(app.outdir) / "validation-report.json"
    try:
        app.synth()
    except RuntimeError:
        assert report.exists()
    if not report.exists():
        return set()
    return {
        (violation["ruleName"], construct["constructPath"])
        for plugin in json.loads(report.read_text())["pluginReports"]
        for violation in plugin["violations"]
        for construct in violation["violatingConstructs"]
    }
