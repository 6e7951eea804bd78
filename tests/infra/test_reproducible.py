"""The same commit gives the same template and the same code, wherever it is synthesized."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infra.bundle.build import build
from tests.support.checkout import ROOT, Synthesized, copy_to, synthesize

from .helpers import THIS_PYTHON


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[Synthesized, Synthesized]:
    """Synthesize production here and in a copy; pip would need the network, so it has run before.

    The code is built here already, by whoever needed it first; the copy builds it anew.
    """
    build(THIS_PYTHON, "arm64")
    folder = tmp_path_factory.mktemp("reproducible")
    with ThreadPoolExecutor(1) as thread:
        here = thread.submit(synthesize, ROOT, THIS_PYTHON, output=folder / "cdk.out")
        there = synthesize(copy_to(folder / "another checkout, with spaces"), THIS_PYTHON)
        return here.result(), there


def test_template_is_the_same_from_two_folders(twice: tuple[Synthesized, Synthesized]) -> None:
    """Byte for byte, the asset's hash included: `cdk diff` shows what was changed, and no noise."""
    first, second = twice
    assert b'"S3Key"' in first.template
    assert first.template == second.template


def test_code_is_the_same_from_two_folders(twice: tuple[Synthesized, Synthesized]) -> None:
    """File by file, so that a difference can be found."""
    first, second = twice
    assert "otp/send.py" in first.code
    assert first.code == second.code


def test_reviewer_finds_the_same_files(twice: tuple[Synthesized, Synthesized]) -> None:
    """What a deployment asks to approve can be made again, from the same commit."""
    first, second = twice
    assert first.listing == second.listing


def test_template_names_no_folder_of_this_machine(twice: tuple[Synthesized, Synthesized]) -> None:
    """What is the same by chance of where it was made, is not."""
    assert str(Path.home()).encode() not in twice[0].template
    assert b"/tmp/" not in twice[0].template
