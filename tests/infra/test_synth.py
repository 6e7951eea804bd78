"""app.py: what an operator reads where nothing can be synthesized."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.checkout import copy_files_to
from tests.support.templates import context


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"brandName": None},
            r"Set brandName: .*\(-c brandName=ExampleCorp\).*docs/configuration\.md",
        ),
        (
            {"pythonVersion": "3.14", "architecture": "x86_64"},
            r"pip finds no wheel of [\w-]+ [\d.]+ for Python 3\.14 on x86_64: set .*\(-c ",
        ),
    ],
    ids=["a missing value", "a missing wheel"],
)
def test_what_is_missing_is_said_in_a_sentence(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    """A pipeline stops without a template; an operator reads what to set, and no Python."""
    checkout, template = tmp_path / "checkout", tmp_path / "template"
    copy_files_to(checkout)

    # Nothing can be installed, whatever this machine's settings are.
    pip = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1"}
    cdk = {"CDK_CONTEXT_JSON": json.dumps(context(**changes)), "CDK_OUTDIR": str(template)}
    done = subprocess.run(
        [sys.executable, "app.py"],
        cwd=checkout,
        env={**os.environ, **cdk, **pip},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.returncode != 0
    assert list(template.glob("*.template.json")) == []
    assert re.search(said, done.stderr, re.DOTALL)
    assert "Traceback" not in done.stderr
