"""The stack's templates, from which pages count and quote."""

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from infra.config import Config
from infra.stack import OtpStack

from .configuration import LEAST

_ROOT = Path(__file__).resolve().parent.parent.parent


def resources(**settings: str) -> dict[str, Any]:
    """Give the resources of the stack's template, by logical ID; arguments as of `template`."""
    found: dict[str, Any] = template(**settings)["Resources"]
    return found


@cache
def template(**settings: str) -> dict[str, Any]:
    """Synthesize the stack and give its template.

    Args:
        settings: configuration keys, in addition to those that must be set.

    """
    with tempfile.TemporaryDirectory() as folder:
        # A template does not depend on the code, so nothing is built.
        bundle = Path(folder, "bundle")
        bundle.mkdir()
        (bundle / "code.py").touch()
        app = cdk.App(outdir=folder, context=_context())
        config = Config.from_context(LEAST | settings)
        stack = OtpStack(app, "ServerlessOtp", config=config, code=bundle)
        found: dict[str, Any] = app.synth().get_stack_by_name(stack.stack_name).template
    return found


def _context() -> dict[str, Any]:
    """Give the context of the CDK's command line: feature flags, and paths in the metadata."""
    flags: dict[str, Any] = json.loads((_ROOT / "cdk.json").read_text())["context"]
    return {**flags, "aws:cdk:enable-path-metadata": True}
