"""cdk-nag's five packs."""

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

#: What their rules' names begin with.
NAMES = ("AwsSolutions", "Serverless", "NIST.800.53.R5", "HIPAA.Security", "PCI.DSS.321")


def findings(stack: cdk.Stack) -> set[tuple[str, str]]:
    """Synthesize a stack's app; give rule and construct of what is found and not acknowledged."""
    app = cdk.Stage.of(stack)
    assert app
    cdk.Validations.of(app).add_plugins(*(pack(app) for pack in _PACKS))
    # The CDK raises when something is found, and writes the same report.
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
