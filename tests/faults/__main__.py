"""`make faults`: injects every fault in its own sandbox, and fails if an answer was wrong."""

import argparse
import sys
import time
from pathlib import Path

from sandbox.start import step
from sandbox.state import ROOT
from sandbox.supervisor import detached

from .lab import Lab
from .scenarios import ALL
from .trial import Result, Trial

# Every limit and a refusing guard count, but none is reached.
_LIMITS = {
    "countryPerDay": "100000",
    "deploymentPerHour": "100000",
    "callerPerHour": "100000",
    "guard": "refuse",
    "guardAllowance": "10000",
}

_DOCUMENT = ROOT / "docs" / "faults.md"
_BEGIN, _END = "<!-- faults: begin -->\n", "<!-- faults: end -->\n"


def main() -> int:
    """Run the suite; return the exit status."""
    arguments = _parser().parse_args()
    with detached(_LIMITS) as state, Lab(state) as lab:
        trial = Trial(lab, arguments.cases, arguments.duplicates)
        started = time.monotonic()
        for scenario in ALL:
            if arguments.only in scenario.name:
                with step(scenario.name):
                    trial.run(scenario)
        if not arguments.only:
            with step("32 duplicates at once"):
                trial.run_duplicates(32)
            with step("the window's end"):
                trial.run_windows_end()
        contradictions = trial.conclude(late_seconds=3)
        seconds = time.monotonic() - started
    table = render(trial.results, contradictions)
    print(f"\n{table}\nTook {seconds:.0f} s.")
    if arguments.write:
        _write(_DOCUMENT, table)
    for contradiction in contradictions:
        print(f"CONTRADICTION {contradiction}", file=sys.stderr)
    return 1 if contradictions else 0


def render(results: list[Result], contradictions: list[str]) -> str:
    """Write the table in Markdown, one row for all faults with the same outcome."""
    faults: dict[str, list[str]] = {}
    for result in results:
        faults.setdefault(result.outcome(), []).append(result.name)
    head = "| faults | texts | answers |\n"
    rows = "\n".join(f"| {'; '.join(names)} | {outcome} |" for outcome, names in faults.items())
    requests = sum(result.requests for result in results)
    twice = sum(case.texts > 1 for result in results for case in result.cases)
    return (
        f"{head}|---|---:|---|\n{rows}\n\n"
        f"{len(results)} kinds of fault, {requests:,} requests; "
        f"ReferenceIds texted twice: {twice}; contradictions: {len(contradictions)}.\n"
    )


def _write(document: Path, table: str) -> None:
    text = document.read_text()
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    document.write_text(f"{before}{_BEGIN}\n{table}\n{_END}{after}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    cases = "ReferenceIds a fault, sequentially, and as many with duplicates (%(default)s)"
    parser.add_argument("--cases", type=int, default=25, help=cases)
    parser.add_argument("--duplicates", type=int, default=4, help="requests at once (%(default)s)")
    parser.add_argument("--only", default="", help="only the faults whose name holds this text")
    write = "write the table into docs/faults.md"
    parser.add_argument("--write", action="store_true", help=write)
    return parser


if __name__ == "__main__":
    sys.exit(main())
