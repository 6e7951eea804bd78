"""Runs the real cdk bootstrap, synth and deploy against the emulator."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from types import MappingProxyType
from typing import Self

from infra.config import keys

from .servers import kill_group
from .state import ACCOUNT_ID, APPLICATION_ID, FOLDER, REGION, ROOT

_STACK = "ServerlessOtp"
ASSEMBLY = FOLDER / "cdk.out"
_OUTPUTS = FOLDER / "outputs.json"

_NOTHING: Mapping[str, str] = MappingProxyType({})

CONTEXT = {
    "applicationId": APPLICATION_ID,
    "originationIdentity": "+18555550142",
    "brandName": "ExampleCorp",
    "allowedCountries": "US",
    "sandboxNumbers": "true",
    # The functions run on this machine.
    "architecture": "host",
    # The emulator has no alarms on metric math.
    "alarms": "false",
    # No throttling: `make load` measures the service, not a limit.
    "apiRequestsPerSecond": "10000",
    "apiBurst": "5000",
    "sendRequestsPerSecond": "10000",
    "sendBurst": "5000",
    "verifyRequestsPerSecond": "10000",
    "verifyBurst": "5000",
}


class DeployError(Exception):
    """The CDK failed; the text is the end of its output."""


def synthesize(context: Mapping[str, str]) -> "Command":
    """Start to synthesize the stack into the sandbox's folder."""
    shutil.rmtree(ASSEMBLY, ignore_errors=True)  # the CDK would add to it
    # cdk.json configures AWS: in the sandbox, every other key has its default.
    values = {**dict.fromkeys((key.name for key in keys().values()), ""), **context}
    return Command("synth", "--quiet", "--output", str(ASSEMBLY), *context_options(values))


def context_options(context: Mapping[str, str]) -> list[str]:
    """Return configuration values as `-c` options, for the CDK or for the sandbox."""
    return [option for key, value in context.items() for option in ("-c", f"{key}={value}")]


def bootstrap(aws_url: str, secret: str) -> "Command":
    """Start to bootstrap the emulated account, whose root has this secret."""
    # Without an app: the CDK would synthesize it to find its accounts.
    return Command(
        *("bootstrap", f"aws://{ACCOUNT_ID}/{REGION}", "--app", ""),
        environment=_reach(aws_url, secret),
    )


def deploy(aws_url: str, secret: str) -> "Command":
    """Start to deploy the synthesized stack as the account's root, which has this secret."""
    return Command(
        *("deploy", "--app", str(ASSEMBLY), "--require-approval", "never"),
        *("--outputs-file", str(_OUTPUTS)),
        environment=_reach(aws_url, secret),
    )


def read_outputs() -> dict[str, str]:
    """Read the outputs of the deployed stack, by name."""
    outputs: dict[str, str] = json.loads(_OUTPUTS.read_text())[_STACK]
    return outputs


def by_name(url: str) -> str:
    """Return the URL with localhost as host: the CDK prefixes bucket names, which an IP forbids."""
    return url.replace("127.0.0.1", "localhost")


class Command:
    """A running CDK command; leaving its context ends it.

    Args:
        arguments: for the CDK's command line.
        environment: variables that reach AWS, for commands that call it.

    """

    def __init__(self, *arguments: str, environment: Mapping[str, str] = _NOTHING) -> None:
        self._log = FOLDER / "log" / f"cdk-{arguments[0]}.log"
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                [str(ROOT / "node_modules" / ".bin" / "cdk"), *arguments, "--no-notices"],
                cwd=ROOT,
                env={**_environment(), **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        kill_group(self._process.pid)
        self._process.wait()

    def finish(self) -> None:
        """Wait until the command ends.

        Raises:
            DeployError: the command failed.

        """
        if self._process.wait():
            end = "\n".join(self._log.read_text(errors="replace").splitlines()[-15:])
            raise DeployError(f"{end}\n\nThe whole log is {self._log.relative_to(ROOT)}.")


def _reach(aws_url: str, secret: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": by_name(aws_url),
        "AWS_ACCESS_KEY_ID": ACCOUNT_ID,
        "AWS_SECRET_ACCESS_KEY": secret,
    }


def _environment() -> dict[str, str]:
    """Drop the developer's own AWS settings, so that nothing reaches a real account."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return environment | {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REGION": REGION,
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
    }
