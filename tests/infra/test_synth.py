"""The CDK's own command line: without credentials and network, and the same wherever it runs."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infra.bundle.build import build
from tests.support import cfn
from tests.support.checkout import Synthesized, copy_to, synthesize
from tests.support.templates import ROOT, THIS_PYTHON, RenderedTemplate, context


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
            # Of what the CDK has unpacked: doing it again takes as long as all the rest.
            "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(Path.home() / ".cache/aws/jsii/package-cache"),
            **{
                name: proxy
                for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
                for name in (variable, variable.lower())
            },
        }


@pytest.fixture(scope="module")
def bundle() -> Path:
    """Build what is deployed; pip would need the network, so it has run before."""
    return build(THIS_PYTHON, "arm64")


@pytest.fixture(scope="module")
def twice(
    tmp_path_factory: pytest.TempPathFactory, offline: dict[str, str], bundle: Path
) -> tuple[Synthesized, Synthesized]:
    """Synthesize production here, offline, and in a copy, which builds the code anew."""
    assert bundle.exists()
    folder = tmp_path_factory.mktemp("twice")
    with ThreadPoolExecutor(1) as thread:
        here = thread.submit(
            synthesize, ROOT, THIS_PYTHON, output=folder / "cdk.out", environment=offline
        )
        there = synthesize(copy_to(folder / "another checkout, with spaces"), THIS_PYTHON)
        return here.result(), there


def test_same_commit_gives_the_same_template_and_code(
    twice: tuple[Synthesized, Synthesized],
) -> None:
    """Byte for byte, the asset's hash included: `cdk diff` shows what was changed, and no noise.

    What a deployment asks to approve can be made again. The template names no folder of this
    machine: what is the same by chance of where it was made, is not.
    """
    first, second = twice
    assert "otp/send.py" in first.code
    assert first.code == second.code
    assert first.template == second.template
    assert first.listing == second.listing
    assert str(Path.home()).encode() not in first.template
    assert b"/tmp/" not in first.template


def test_synthesized_functions_are_the_bundle(
    twice: tuple[Synthesized, Synthesized], bundle: Path
) -> None:
    """What would be uploaded as the code of both functions, once, is the real bundle, whole.

    Whoever has no AWS account at hand can see it.
    """
    synthesized, _ = twice
    assert synthesized.code.keys() == {
        str(path.relative_to(bundle)) for path in bundle.rglob("*") if path.is_file()
    }
    template = RenderedTemplate(json.loads(synthesized.template))
    assert "ApiUrl" in template.outputs
    functions = [function.properties for function in template.all(cfn.FUNCTION)]
    assert [function["Handler"] for function in functions] == [
        f"otp.{name}.handler" for name in ("send", "verify") if f"otp/{name}.py" in synthesized.code
    ]
    [key] = {function["Code"]["S3Key"] for function in functions}
    assert key.removesuffix(".zip") in synthesized.listing


def test_missing_value_is_said_in_a_sentence(offline: dict[str, str], tmp_path: Path) -> None:
    """A pipeline stops without a template; an operator reads what to set, and no Python."""
    done = subprocess.run(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={
            **offline,
            "CDK_CONTEXT_JSON": json.dumps(context(brandName=None)),
            "CDK_OUTDIR": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.returncode != 0
    assert done.stdout == ""
    assert list(tmp_path.glob("*.template.json")) == []
    assert "Set brandName: " in done.stderr
    assert "-c brandName=ExampleCorp" in done.stderr
    assert "docs/configuration.md" in done.stderr
    assert "Traceback" not in done.stderr
