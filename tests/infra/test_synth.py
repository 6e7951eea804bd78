"""The CDK's own command line, on a machine that has no credentials and reaches no AWS."""

import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.bundle.build import build
from infra.config import Config

from .helpers import CONTEXT, FUNCTION, ROOT, THIS_PYTHON, RenderedTemplate

STACK = "ServerlessOtp"


@dataclass(frozen=True, slots=True)
class Synth:
    """One run of `cdk synth`.

    Attributes:
        code: its exit code.
        stdout: what it printed.
        stderr: what it said.
        output: the folder that was to be written.

    """

    code: int
    stdout: str
    stderr: str
    output: Path


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Give an environment without credentials, configuration, home or a way to AWS."""
    folder = tmp_path_factory.mktemp("offline")
    for name in ("home", "tmp"):
        (folder / name).mkdir()
    with socket.socket() as bound:
        # Bound, so that nobody else gets the port, and not listening, so that it is closed.
        bound.bind(("127.0.0.1", 0))
        proxy = f"http://127.0.0.1:{bound.getsockname()[1]}"
        yield {
            "PATH": os.environ["PATH"],
            "HOME": str(folder / "home"),
            "TMPDIR": str(folder / "tmp"),
            "AWS_EC2_METADATA_DISABLED": "true",
            **{
                name: proxy
                for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
                for name in (variable, variable.lower())
            },
        }


@pytest.fixture(scope="module")
def complete(offline: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Synth:
    """Synthesize a complete configuration; pip would need the network, so it has run before."""
    config = Config.from_context(CONTEXT)
    build(config.python_version, config.architecture)
    return synth(
        offline,
        tmp_path_factory.mktemp("complete") / "cdk.out",
        **CONTEXT,
        # The application's Python might be another one than the tests'.
        pythonVersion=config.python_version,
    )


@pytest.fixture(scope="module")
def incomplete(offline: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Synth:
    """Synthesize without a brand name."""
    given = {key: value for key, value in CONTEXT.items() if key != "brandName"}
    return synth(offline, tmp_path_factory.mktemp("incomplete") / "cdk.out", **given)


def synth(environment: dict[str, str], output: Path, **context: str) -> Synth:
    """Run `cdk synth` in the project's folder, as an operator does."""
    options = [option for key, value in context.items() for option in ("-c", f"{key}={value}")]
    done = subprocess.run(
        [str(ROOT / "node_modules/.bin/cdk"), "synth", "--output", str(output), *options],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return Synth(done.returncode, done.stdout, done.stderr, output)


def test_complete_configuration_synthesizes_without_credentials_and_network(
    complete: Synth,
) -> None:
    """Whoever has no AWS account at hand can see what would be deployed."""
    assert complete.code == 0, complete.stderr


def test_synthesized_stack_has_the_outputs(complete: Synth) -> None:
    """The command line's template is the stack's, not an empty one."""
    template = json.loads((complete.output / f"{STACK}.template.json").read_text())
    assert RenderedTemplate(template).outputs.keys() == {
        "AlarmTopicArn",
        "ApiUrl",
        "ApplicationId",
        "CallerPolicyArn",
        "DashboardName",
        "PausePolicyArn",
        "SendFailureQueueUrl",
        "SendFunctionArn",
        "TableName",
        "VerifyFunctionArn",
    }


def test_synthesized_functions_are_the_bundle(complete: Synth) -> None:
    """What would be uploaded as the code of both functions, once, is the real bundle, whole."""
    config = Config.from_context(CONTEXT)
    bundle = build(config.python_version, config.architecture)
    [handler] = complete.output.glob("asset.*/otp/send.py")

    uploaded = handler.parent.parent

    assert files(uploaded) == files(bundle)
    template = json.loads((complete.output / f"{STACK}.template.json").read_text())
    functions = RenderedTemplate(template).all(FUNCTION)
    assert {function.properties["Handler"] for function in functions} == {
        "otp.send.handler",
        "otp.verify.handler",
    }
    assert all((bundle / "otp" / f"{name}.py").is_file() for name in ("send", "verify"))
    [key] = {function.properties["Code"]["S3Key"] for function in functions}
    assert key.removesuffix(".zip") == uploaded.name.split(".")[1]


def test_missing_value_fails(incomplete: Synth) -> None:
    """A pipeline stops, and no template is written."""
    assert incomplete.code != 0
    assert incomplete.stdout == ""
    assert list(incomplete.output.glob("*.template.json")) == []


def test_missing_value_is_said_in_a_sentence(incomplete: Synth) -> None:
    """An operator reads what to set, and where to read more, and no Python."""
    assert "Set brandName: the name in the text, 1 to 20 characters" in incomplete.stderr
    assert "-c brandName=ExampleCorp" in incomplete.stderr
    assert "Traceback" not in incomplete.stderr
    assert '.py", line' not in incomplete.stderr


def files(folder: Path) -> set[str]:
    """Give the paths of all files in a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_diff_of_a_changed_threshold_is_that_one_change(
    complete: Synth, offline: dict[str, str], tmp_path: Path
) -> None:
    """What a reviewer reads in a pull request that changes one number."""
    given = {**CONTEXT, "pythonVersion": THIS_PYTHON, "alarmTextsPerHour": "500"}
    options = [option for key, value in given.items() for option in ("-c", f"{key}={value}")]
    template = complete.output / f"{STACK}.template.json"
    done = subprocess.run(
        [
            *(str(ROOT / "node_modules/.bin/cdk"), "diff", "--no-notices", "--no-color"),
            *("--template", str(template), "--output", str(tmp_path / "cdk.out"), *options),
        ],
        cwd=ROOT,
        env=offline,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    said = done.stdout + done.stderr
    assert re.findall(r"^\[[-+~]\] (\S+)", said, re.MULTILINE) == ["AWS::CloudWatch::Alarm"]
    assert re.findall(r"\[[-+~]\] (\w+)$", said, re.MULTILINE) == ["Threshold", "800", "500"]
