"""Measures the send function: `python -m benchmarks`, which is `make bench`."""

import argparse
import sys
import time
from pathlib import Path

from . import chart, report
from .measure import bench, size
from .programs import make

_DOCS = Path(__file__).resolve().parent.parent / "docs"

# At least 15 starts of each, as their spread is wide on a shared machine.
_STARTS, _WARM_ROUNDS, _REQUESTS = 21, 11, 100
_MEMORY_AT = (1, 100, 1_000, 10_000, 90_000, 100_000)
_MEMORY_OF_VERIFY_AT = (1, 100)

# Enough to see that every part works.
_SHORT_STARTS, _SHORT_WARM_ROUNDS, _SHORT_REQUESTS = 2, 1, 20
_SHORT_MEMORY_AT = (1, 100, 900, 1_000)


def main() -> None:
    """Measure, print the figures, and write them into docs/performance.md."""
    arguments = _arguments()
    short: bool = arguments.short
    programs = make()
    with bench(_tell) as measuring:
        starts = measuring.starts(programs.started(), _SHORT_STARTS if short else _STARTS)
        sent, verified = (
            measuring.warm(
                function,
                programs.raw,
                _SHORT_WARM_ROUNDS if short else _WARM_ROUNDS,
                _SHORT_REQUESTS if short else _REQUESTS,
            )
            for function in (programs.ours, programs.verify)
        )
        memory = measuring.memory(programs.ours, _SHORT_MEMORY_AT if short else _MEMORY_AT)
        memory_of_verify = measuring.memory(programs.verify, _MEMORY_OF_VERIFY_AT)
    figures = report.Figures(
        starts=starts,
        sent=sent,
        verified=verified,
        memory=memory,
        memory_of_verify=memory_of_verify,
        size=size(programs.ours),
        programs=programs,
    )
    print(report.text(figures))
    if not short:
        page = _DOCS / "performance.md"
        page.write_text(report.page(page.read_text(), figures))
        compared = {name: of for name, of in starts.items() if name != programs.verify.name}
        (_DOCS / "performance.svg").write_text(chart.cold_starts(compared))
        print("\nWrote docs/performance.md and docs/performance.svg.")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure both functions against baselines, and write docs/performance.md. "
        "Takes ten minutes on a machine that is otherwise idle.",
    )
    parser.add_argument(
        "--short",
        action="store_true",
        help="take half a minute to check that everything works; print, and write nothing",
    )
    return parser.parse_args()


def _tell(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
