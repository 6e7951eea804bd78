"""What is wanted, in the `.in` files, and what `make update` makes of it: pins with hashes."""

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .machine import ROOT, Machine

# In the order in which they are written: the root's includes the first two.
FOLDERS = ("lambda_src/", "infra/", "", "sandbox/", "tools/scan/", "tools/mutants/")

# What a line of a pinned file may be, beside a comment: no option, such as one that names an index.
LINE = re.compile(
    r"[\w.-]+==[\w.!+-]+( ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?",
)


def lines(folder: str, name: str) -> list[str]:
    """Read a file of a folder."""
    return (ROOT / folder / name).read_text().splitlines()


def wanted(folder: str) -> dict[str, str]:
    """Read what is wanted: reasons by name."""
    found = [line.partition("#") for line in lines(folder, "requirements.in")]
    return {
        canonicalize_name(Requirement(package).name): reason.strip()
        for package, _, reason in found
        if package.strip() and not package.startswith("-")
    }


def pinned(folder: str) -> dict[str, str]:
    """Read what is pinned, each with its version, its marker, its hashes and what it is for."""
    text = (ROOT / folder / "requirements.txt").read_text()
    pins = re.findall(r"^([\w.-]+)(==.*\n(?: .*\n)+)", text, re.MULTILINE)
    return {f"{name}{pin.partition(' ')[0]}": pin for name, pin in pins}


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_dependency_has_a_reason(folder: str) -> None:
    """Behind its name, for whoever wonders whether it may go."""
    assert [name for name, reason in wanted(folder).items() if not reason] == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_pins_have_hashes_and_no_address(folder: str) -> None:
    """They hold on every machine, wherever it gets its packages from."""
    found = lines(folder, "requirements.txt")
    others = [line for line in found if not LINE.fullmatch(line)]

    assert [line for line in others if not line.lstrip().startswith("#")] == []
    assert [line for line in others if "://" in line] == []
    assert sum("==" in line for line in found if line not in others) == len(pinned(folder)) > 0
    assert [name for name, pin in pinned(folder).items() if "--hash=sha256:" not in pin] == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_pins_are_of_what_is_wanted(folder: str) -> None:
    """A package that was added or removed, and `make update` forgotten, is found here."""
    source = f"-r {folder}requirements.in"
    written = {
        canonicalize_name(name.partition("==")[0])
        for name, pin in pinned(folder).items()
        if re.search(rf"{re.escape(source)}$", pin, re.MULTILINE)
    }
    assert written == set(wanted(folder))


@pytest.mark.parametrize("folder", ["lambda_src/", "infra/"])
def test_the_roots_pins_are_those_of_what_it_includes(folder: str) -> None:
    """What is tested is what runs."""
    assert pinned(folder).keys() <= pinned("").keys()


def test_one_command_pins_all_anew(tmp_path: Path) -> None:
    """The newest releases by default, or that of one package."""
    machine = Machine(tmp_path)
    machine.has_python()
    machine.has_node()
    machine.has_npm()

    made = machine.make("update")
    one = machine.make("update", "ARGS=-P boto3")

    assert (made.status, made.stderr) == (0, [])
    assert written(made.calls) == [(name, "--upgrade") for name in FOLDERS]
    assert written(one.calls)[len(FOLDERS) :] == [(name, "-P boto3") for name in FOLDERS]


def written(calls: list[str]) -> list[tuple[str, str]]:
    """Find what was compiled: folders, and what may change there."""
    pattern = re.compile(
        r"python -m uv pip compile .*--generate-hashes .*--no-emit-index-url (.*) "
        r"(.*)requirements\.in -o (.*)requirements\.txt"
    )
    found = [match for call in calls if (match := pattern.fullmatch(call))]
    assert all(match[2] == match[3] for match in found)
    return [(match[2], match[1]) for match in found]
