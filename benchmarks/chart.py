"""A chart of cold starts, as SVG."""

import statistics
from collections.abc import Mapping
from xml.sax.saxutils import escape

from .measure import Starts

_WIDTH, _LABELS, _ROW, _BAR, _TOP = 720, 150, 44, 26, 46
_PLOT = _WIDTH - _LABELS - 70

_STYLE = """
    text { font: 14px system-ui, sans-serif; fill: #1f2328 }
    .import { fill: #0969da } .request { fill: #54aeff }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc } .import { fill: #1f6feb } .request { fill: #79c0ff }
    }
"""


def cold_starts(starts: Mapping[str, Starts]) -> str:
    """Draw the CPU of the starts: a bar each, the import and the first request in turn."""
    rows = [
        (
            name,
            statistics.median(run.cpu for run in measured.imported),
            statistics.median(run.cpu for run in measured.cold),
        )
        for name, measured in starts.items()
    ]
    scale = _PLOT / max(cold for _, _, cold in rows)
    height = _TOP + _ROW * len(rows)
    said = "; ".join(f"{name} {cold:.0f} ms" for name, _, cold in rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="CPU of a cold start: {escape(said)}">',
        f"  <style>{_STYLE}  </style>",
        f'  <rect class="import" x="{_LABELS}" y="12" width="14" height="14"/>',
        f'  <text x="{_LABELS + 20}" y="24">import</text>',
        f'  <rect class="request" x="{_LABELS + 90}" y="12" width="14" height="14"/>',
        f'  <text x="{_LABELS + 110}" y="24">first request, CPU in milliseconds</text>',
    ]
    for place, (name, imported, cold) in enumerate(rows):
        top = _TOP + _ROW * place
        middle = top + _BAR / 2 + 5
        first, second = imported * scale, (cold - imported) * scale
        parts += [
            f'  <text x="{_LABELS - 10}" y="{middle:.0f}" text-anchor="end">{escape(name)}</text>',
            _bar("import", _LABELS, top, first),
            _bar("request", _LABELS + first, top, second),
            f'  <text x="{_LABELS + cold * scale + 8:.1f}" y="{middle:.0f}">{cold:.0f}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])


def _bar(name: str, x: float, y: float, width: float) -> str:
    return f'  <rect class="{name}" x="{x:.1f}" y="{y:.0f}" width="{width:.1f}" height="{_BAR}"/>'
