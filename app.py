"""CDK entry point: reads the configuration and synthesizes the stack."""

import os
import sys

# jsii prints a long warning for Node.js 20, which is past its end of life but works.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")

import aws_cdk as cdk

from infra.bundle.build import DependencyError
from infra.config import Config, ConfigError
from infra.stack import OtpStack


def main() -> None:
    """Synthesize the stack; exits with a message if the configuration is invalid."""
    app = cdk.App()
    try:
        config = Config.from_context(app.node.get_all_context())
    except ConfigError as error:
        keys = "docs/configuration.md lists all keys."
        sys.exit(f"This configuration cannot be deployed.\n\n{error}\n\n{keys}")
    try:
        OtpStack(app, config.stack_name, config=config)
    except DependencyError as error:
        sys.exit(str(error))
    app.synth()


main()
