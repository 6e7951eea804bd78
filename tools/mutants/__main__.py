"""Breaks lines of a copy of the checkout, one at a time, and reports those that no test notices."""

import argparse
import difflib
import random
import re
import sqlite3
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path

from tests.support.checkout import ROOT, copy_to

_COSMIC_RAY = (str(ROOT / ".venv-mutants" / "bin" / "python"), "-m", "cosmic_ray.cli")
_TESTS = {"lambda_src": "tests/unit", "infra": "tests/infra"}
# Mutations that only a type checker notices: `|` in a type, and `is` in place of `==`.
_NO_BREAK = re.compile(r"_BitOr_\w+|_Eq_Is|_NotEq_IsNot")
_MUTATIONS = "SELECT module_path, start_pos_row, operator_name, occurrence FROM mutation_specs"
_MOST_SECONDS = 600


def main() -> None:
    """Draw lines and one mutation of each, and test them one after the other."""
    parser = argparse.ArgumentParser(prog="make mutants")
    parser.add_argument(
        "--seed", type=int, default=1, help="the same seed draws the same mutations"
    )
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("paths", nargs="*", default=[""], help="files or folders; by default all")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        checkout, lines = copy_to(Path(folder) / "checkout"), defaultdict(list)
        session = str(checkout.parent / "session.sqlite")
        _cosmic_ray(checkout, "init", "tools/mutants/cosmic-ray.toml", session)
        for module, line, *mutation in sorted(sqlite3.connect(session).execute(_MUTATIONS)):
            if module.startswith(tuple(arguments.paths)) and not _NO_BREAK.search(mutation[0]):
                lines[module, line].append((module, *mutation))
        chance = random.Random(arguments.seed)  # noqa: S311 - repeatable, not secret
        drawn = chance.sample([*lines.values()], min(arguments.count, len(lines)))
        for area in sorted({Path(mutations[0][0]).parts[0] for mutations in drawn}):
            if failed := _first_failure(checkout, area):
                parser.exit(1, f"A test fails without any mutation: {failed}\n")
        survived = sum(_survives(checkout, *chance.choice(mutations)) for mutations in drawn)
    print(f"{survived} of {len(drawn)} survived")


def _survives(checkout: Path, module: str, operator: str, occurrence: int) -> bool:
    """Break a module, test it, restore it, and print the outcome."""
    whole = (checkout / module).read_text()
    _cosmic_ray(checkout, "apply", module, operator, str(occurrence))
    broken = (checkout / module).read_text()
    failed = _first_failure(checkout, Path(module).parts[0])
    (checkout / module).write_text(whole)
    diff = difflib.unified_diff(whole.splitlines(), broken.splitlines(), n=0, lineterm="")
    print(module, *[*diff][2:], f"killed by {failed}" if failed else "SURVIVED", "", sep="\n")
    return not failed


def _cosmic_ray(checkout: Path, *arguments: str) -> None:
    subprocess.run([*_COSMIC_RAY, *arguments], cwd=checkout, check=True)


def _first_failure(checkout: Path, area: str) -> str:
    """Run the tests of an area; returns the first failure, or an empty string."""
    command = [".venv/bin/python", "-B", "-m", "pytest", "-x", "-q", "--tb=no", _TESTS[area]]
    try:
        done = subprocess.run(
            command,
            cwd=checkout,
            timeout=_MOST_SECONDS,
            capture_output=True,
            text=True,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"the time limit of {_MOST_SECONDS} s"
    named = re.search(r"^(?:FAILED|ERROR) (.*?)(?: - .*)?$", done.stdout, re.MULTILINE)
    return "" if done.returncode == 0 else named[1] if named else done.stdout + done.stderr


if __name__ == "__main__":
    main()
