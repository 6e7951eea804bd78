"""The same commit gives the same template and the same code, wherever it is synthesized."""

from pathlib import Path

import pytest

from infra.bundle import build
from tests.reproduce.checkout import Synthesized, copy_to, synthesize

from .helpers import THIS_PYTHON


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[Synthesized, Synthesized]:
    """Synthesize production in two folders; pip would need the network, so it has run before."""
    build(THIS_PYTHON)
    first, second = (
        synthesize(copy_to(tmp_path_factory.mktemp("one") / name), THIS_PYTHON)
        for name in ("checkout", "another checkout, with spaces")
    )
    return first, second


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


def test_template_names_no_folder_of_this_machine(twice: tuple[Synthesized, Synthesized]) -> None:
    """What is the same by chance of where it was made, is not."""
    assert str(Path.home()).encode() not in twice[0].template
    assert b"/tmp/" not in twice[0].template
