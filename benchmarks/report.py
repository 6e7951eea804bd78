"""What was measured, as tables."""

import os
import platform
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from docs.generate import markdown

from .measure import Requests, Run, Size, Starts
from .programs import Programs

_MB = 1_000_000  # of storage and memory alike

# What there is after fewer requests is still being filled: caches, pools, the allocator's arenas.
_SETTLED = 1_000


@dataclass(frozen=True)
class Figures:
    """Everything that one run has measured; see `measure`."""

    starts: Mapping[str, Starts]
    sent: Requests
    verified: Requests
    memory: Mapping[int, Mapping[str, float]]
    memory_of_verify: Mapping[int, Mapping[str, float]]
    size: Size
    programs: Programs


@dataclass(frozen=True)
class _Goal:
    """A figure that has a goal.

    Attributes:
        name: what it is.
        found: what was measured.
        must: the most that it may be.
        aim: what it should be, if that is less.
        form: how it is written.

    """

    name: str
    found: float
    must: float
    aim: float | None = None
    form: str = "{:.2f}"

    def row(self) -> tuple[str, str, str, str, str]:
        """Write the row of a table."""
        found = float(self.form.split()[0].format(self.found))  # as it is written
        aim = self.must if self.aim is None else self.aim
        return (
            self.name,
            f"**{self.form.format(self.found)}**",
            f"≤ {self.form.format(self.must)}",
            f"≤ {self.form.format(aim)}",
            "as aimed" if found <= aim else "met" if found <= self.must else "**missed**",
        )


def text(figures: Figures) -> str:
    """Write everything, to be read in a terminal."""
    return "\n\n".join(_parts(figures).values())


def page(text: str, figures: Figures) -> str:
    """Put everything into the page."""
    return markdown.replace(text, _parts(figures))


def _parts(figures: Figures) -> dict[str, str]:
    return {
        "goals": _goals(figures),
        "starts": _starts(figures),
        "requests": _requests(figures),
        "memory": _memory(figures),
        "conditions": _conditions(figures),
    }


def _goals(figures: Figures) -> str:
    programs = figures.programs
    ours, bare, deployed = (
        _cpu(figures.starts[program.name].cold)
        for program in (programs.ours, programs.bare, programs.ordinary_deployed)
    )
    peak, peak_of_verify = (
        memory[100]["peak"] / _MB for memory in (figures.memory, figures.memory_of_verify)
    )
    last = max(figures.memory)
    settled = max(number for number in figures.memory if number <= _SETTLED)
    growth = (figures.memory[last]["resident"] - figures.memory[settled]["resident"]) / _MB
    goals = (
        _Goal("cold start ÷ bare (CPU)", ours / bare, 1.15, 1.00),
        _Goal("cold start ÷ ordinary, deployed (CPU)", ours / deployed, 0.40),
        _Goal(
            "CPU of a sent request ÷ its raw SDK calls",
            _ratio(figures.sent.ours.new, figures.sent.raw.new),
            1.15,
            1.05,
        ),
        _Goal(
            "CPU of a replay ÷ one raw DynamoDB call",
            _ratio(figures.sent.ours.known, figures.sent.raw.known),
            1.60,
            1.30,
        ),
        _Goal("bundle, unzipped", figures.size.unzipped / _MB, 20, form="{:.1f} MB"),
        _Goal("bundle, zipped", figures.size.zipped / _MB, 8, form="{:.1f} MB"),
        _Goal("peak memory after 100 requests", peak, 75, form="{:.0f} MB"),
        _Goal("the same of verify", peak_of_verify, 75, form="{:.0f} MB"),
        _Goal(f"memory growth, {settled:,} → {last:,} requests", growth, 1, 0, "{:.1f} MB"),
    )
    return markdown.table(
        ("measure", "measured:", "must:", "aim:", ""), [goal.row() for goal in goals]
    )


def _starts(figures: Figures) -> str:
    bare = _cpu(figures.starts[figures.programs.bare.name].cold)
    return markdown.table(
        ("", "CPU:", "spread:", "CPU of import:", "÷ bare:", "wall:", "spread:"),
        [
            (
                program.name,
                f"{_cpu(starts.cold):.0f} ms",
                _spread([run.cpu for run in starts.cold]),
                f"{_cpu(starts.imported):.0f} ms",
                f"{_cpu(starts.cold) / bare:.2f}",
                f"{statistics.median(run.wall for run in starts.cold):.0f} ms",
                _spread([run.wall for run in starts.cold]),
            )
            for program in figures.programs.started()
            for starts in [figures.starts[program.name]]
        ],
    )


def _requests(figures: Figures) -> str:
    return markdown.table(
        ("CPU of one request", "ours:", "spread:", "its raw SDK calls:", "spread:", "ratio:"),
        [
            (
                name,
                f"{statistics.median(ours):.2f} ms",
                _spread(ours, 2),
                f"{statistics.median(raw):.2f} ms",
                _spread(raw, 2),
                f"{_ratio(ours, raw):.2f}",
            )
            for name, ours, raw in [
                *_kinds(figures.sent, "sent", "replayed"),
                *_kinds(figures.verified, "right code", "wrong code"),
            ]
        ],
    )


def _kinds(
    requests: Requests, new: str, known: str
) -> Iterable[tuple[str, Sequence[float], Sequence[float]]]:
    ours, raw, calls = requests.ours, requests.raw, requests.calls
    yield f"{new} ({', '.join(calls)})", ours.new, raw.new
    yield f"{known} ({calls[0]})", ours.known, raw.known
    yield f"{new} after a minute of idleness", ours.idle, raw.idle


def _memory(figures: Figures) -> str:
    rows = []
    before, cpu = 0, 0.0
    for number, found in sorted(figures.memory.items()):
        each = (found["cpu"] - cpu) / (number - before) * 1000
        rows.append(
            (
                f"{number:,}",
                f"{found['resident'] / _MB:.1f} MB",
                f"{found['peak'] / _MB:.1f} MB",
                f"{each:.2f} ms" if before else markdown.NOTHING,
                f"{found['objects']:,.0f}",
                f"{found['threads']:.0f}",
                f"{found['files']:.0f}",
            )
        )
        before, cpu = number, found["cpu"]
    return markdown.table(
        (
            *("after requests:", "resident:", "peak:", "CPU per request since:"),
            *("objects:", "threads:", "open files:"),
        ),
        rows,
    )


def _conditions(figures: Figures) -> str:
    size = figures.size
    starts = len(next(iter(figures.starts.values())).cold)
    return "\n".join(
        (
            f"- Machine: {_processor()}, {os.cpu_count()} processors, {platform.system()} "
            f"{platform.machine()}.",
            f"- Python {platform.python_version()}, boto3 {version('boto3')}, Powertools "
            f"{version('aws-lambda-powertools')}, pydantic {version('pydantic')}; for the ordinary "
            f"function, aws-xray-sdk {version('aws-xray-sdk')}.",
            f"- `make bench`: {starts} starts of each program, in turns; medians, ratios of "
            "medians, and spreads from the 10th to the 90th percentile.",
            f"- Bundle: {size.files} files, {size.unzipped:,} bytes, {size.zipped:,} as a zip.",
        )
    )


def _cpu(runs: Sequence[Run]) -> float:
    return statistics.median(run.cpu for run in runs)


def _ratio(ours: Sequence[float], raw: Sequence[float]) -> float:
    return statistics.median(ours) / statistics.median(raw)


def _spread(values: Sequence[float], digits: int = 0) -> str:
    tenths = statistics.quantiles(values, n=10, method="inclusive")
    return f"{tenths[0]:.{digits}f}\N{EN DASH}{tenths[-1]:.{digits}f}"


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
