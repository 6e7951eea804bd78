"""The file VERSION says which version this is, and so does everything that has one."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from infra.config import Config
from infra.stack import OtpStack
from tests.support.templates import cdk_context, context

ROOT = Path(__file__).resolve().parent.parent.parent
VERSION = (ROOT / "VERSION").read_text().strip()


def of_package_json(text: str) -> str:
    """Read the CDK's package, which is this one."""
    version: str = json.loads(text)["version"]
    return version


def of_the_lock(text: str) -> str:
    """Read the same of what npm has locked; it is there twice."""
    lock = json.loads(text)
    [version] = {lock["version"], lock["packages"][""]["version"]}
    return str(version)


def of_the_changelog(text: str) -> str:
    """Read the newest entry's version."""
    newest = re.search(r"^## (\S+) \N{EN DASH} \d{4}-\d\d-\d\d$", text, re.MULTILINE)
    assert newest
    return newest[1]


def of_the_client(text: str) -> str:
    """Read the client's own."""
    [version] = re.findall(r'^__version__ = "(.+)"$', text, re.MULTILINE)
    return str(version)


def of_openapi(text: str) -> str:
    """Read the document's."""
    version: str = json.loads(text)["info"]["version"]
    return version


@pytest.mark.parametrize(
    ("file", "read"),
    [
        ("package.json", of_package_json),
        ("package-lock.json", of_the_lock),
        ("CHANGELOG.md", of_the_changelog),
        ("clients/python/src/serverless_otp/__init__.py", of_the_client),
        ("docs/openapi.json", of_openapi),
    ],
)
def test_every_file_with_a_version_says_the_same(file: str, read: Callable[[str], str]) -> None:
    """As VERSION."""
    assert read((ROOT / file).read_text()) == VERSION


def test_a_version_is_three_numbers() -> None:
    """As Semantic Versioning has them."""
    assert re.fullmatch(r"\d+\.\d+\.\d+", VERSION)


def test_the_stack_says_what_is_deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In its description, which CloudFormation shows."""
    code = tmp_path / "code"
    code.mkdir()
    (code / "code.py").touch()
    monkeypatch.setattr("infra.service.build", lambda *_: code)
    app = cdk.App(outdir=str(tmp_path / "cdk.out"), context=cdk_context())
    stack = OtpStack(app, "Otp", config=Config.from_context(context()))

    assert f"Serverless OTP {VERSION}:" in Template.from_stack(stack).to_json()["Description"]
