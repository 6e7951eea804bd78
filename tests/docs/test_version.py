"""Every file with a version has that of the file VERSION."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VERSION = (ROOT / "VERSION").read_text().strip()


@pytest.mark.parametrize(
    ("file", "pattern"),
    [
        ("package.json", r'^  "version": "(.+)"'),
        ("package-lock.json", r'\A\{\n.*\n  "version": "(.+)"'),
        ("package-lock.json", r'^    "": \{\n.*\n      "version": "(.+)"'),
        ("CHANGELOG.md", r"\A(?:.|\n)*?\n## (\d+\.\d+\.\d+) \N{EN DASH} \d{4}-\d\d-\d\d$"),
        ("clients/python/src/serverless_otp/__init__.py", r'^__version__ = "(.+)"$'),
        ("docs/openapi.json", r'^    "version": "(.+)"'),
    ],
)
def test_every_file_with_a_version_says_the_same(file: str, pattern: str) -> None:
    """The newest entry of the changelog counts."""
    assert re.findall(pattern, (ROOT / file).read_text(), re.MULTILINE) == [VERSION]
