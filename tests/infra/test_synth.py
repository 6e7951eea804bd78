"""app.py: the message to an operator when synthesis is impossible."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.config import PYTHON_VERSIONS
from tests.support.checkout import copy_files_to
from tests.support.templates import THIS_PYTHON, context

OTHER_PYTHON = next(version for version in PYTHON_VERSIONS if version != THIS_PYTHON)

#: A port that nothing listens on.
UNREACHABLE = {"PIP_INDEX_URL": "https://127.0.0.1:9/simple", "PIP_RETRIES": "1"}


@pytest.mark.parametrize(
    ("changes", "pip", "said"),
    [
        ({"brandName": None}, {}, r"Set brandName: .*-c brandName=ExampleCorp.*configuration\.md"),
        (
            {"pythonVersion": "3.14", "architecture": "x86_64"},
            {"PIP_NO_INDEX": "1"},  # without an index, whatever this machine's settings are
            r"pip finds no wheel of [\w-]+ [\d.]+ for Python 3\.14 on x86_64: set .*\(-c ",
        ),
        (
            {"pythonVersion": OTHER_PYTHON},
            UNREACHABLE,
            rf"pip cannot .* {OTHER_PYTHON} on arm64: .* set pythonVersion to {THIS_PYTHON}, whose",
        ),
        ({}, UNREACHABLE, r"pip cannot reach .*: connect .* \(pip config list\)\.\n$"),
        (
            {},
            {"PIP_CONFIG_FILE": "cdk.json"},
            rf"pip could not .* {THIS_PYTHON} on arm64: pip config list .*cdk\.json[^\n]*\n$",
        ),
    ],
    ids=[
        *("a missing value", "a missing wheel", "no network, and another Python", "no network"),
        "a broken pip.conf",
    ],
)
def test_a_failed_synthesis_is_explained_without_a_traceback(
    tmp_path: Path, changes: dict[str, Any], pip: dict[str, str], said: str
) -> None:
    """The pipeline stops without a template, and the operator reads what to do."""
    checkout, template = tmp_path / "checkout", tmp_path / "template"
    copy_files_to(checkout)

    without_pips = {name: of for name, of in os.environ.items() if not name.startswith("PIP_")}
    pip = {"PIP_CONFIG_FILE": os.devnull, **pip}
    cdk = {"CDK_CONTEXT_JSON": json.dumps(context(**changes)), "CDK_OUTDIR": str(template)}
    done = subprocess.run(
        [sys.executable, "app.py"],
        cwd=checkout,
        env={**without_pips, **cdk, **pip},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.returncode != 0
    assert list(template.glob("*.template.json")) == []
    assert re.search(said, done.stderr, re.DOTALL)
    assert "Traceback" not in done.stderr
