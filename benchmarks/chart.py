"""The report as a chart: plain SVG, which follows the reader's choice of a light or a dark theme."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from benchmarks.report import Line, Report, Row

#: Measures in pixels. One narrow column: its text stays readable on a phone, where the chart shrinks to the screen.
WIDTH, MARGIN = 500, 14
HEAD, PANEL_HEAD, BAR, GAP, PANEL_GAP = 92, 26, 13, 5, 22
LABELS, VALUES = 222, 40

TITLE = "DynamORM compared with other libraries"
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .background { fill: #ffffff } .line { stroke: #57606a; stroke-dasharray: 3 3 }
  .title { font-size: 18px; font-weight: 600 } .panel { font-size: 14px; font-weight: 600 } .label { text-anchor: end }
  .direct { fill: #1a7f64 } .client { fill: #74b8a5 } .other { fill: #a3acb5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .background { fill: #161b22 } .line { stroke: #9198a1 }
    .direct { fill: #3fb68f } .client { fill: #2b6e5b } .other { fill: #6e7681 }
  }
"""


def chart(report: Report) -> str:
    """Draw a bar for each contender in each of the report's headlines, as a multiple of boto3's client."""
    rows = report.headlines
    parts: list[str] = []
    top = HEAD
    for row in rows:
        parts += _panel(row, MARGIN, top, WIDTH - 2 * MARGIN)
        top += _height(row) + PANEL_GAP
    return "\n".join(
        (
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}" viewBox="0 0 {WIDTH} {top}" '
                'role="img" aria-labelledby="title description">'
            ),
            f'<title id="title">{TITLE}</title>',
            f'<desc id="description">{escape(_description(rows))}</desc>',
            f"<style>{STYLE}</style>",
            f'<rect class="background" width="{WIDTH}" height="{top}" rx="8"/>',
            f'<text class="title" x="{MARGIN}" y="32">{TITLE}</text>',
            f'<text x="{MARGIN}" y="54">As multiples of the boto3 client, the dashed line:</text>',
            f'<text x="{MARGIN}" y="72">a shorter bar is less time.</text>',
            *parts,
            "</svg>\n",
        )
    )


def _height(row: Row) -> int:
    return PANEL_HEAD + len(row.lines) * (BAR + GAP)


def _panel(row: Row, left: int, top: int, width: int) -> list[str]:
    bars = width - LABELS - VALUES
    largest = max(line.value for line in row.lines.values())
    start = left + LABELS
    parts = [f'<text class="panel" x="{left}" y="{top + 12}">{escape(_heading(row))}</text>']
    y = top + PANEL_HEAD
    for name, line in row.lines.items():
        length = max(1.0, line.value / largest * bars)
        parts += [
            f'<text class="label" x="{start - 6}" y="{y + BAR - 2}">{escape(name)}</text>',
            f'<rect class="{_kind(name)}" x="{start}" y="{y}" width="{length:.1f}" height="{BAR}" rx="2"/>',
            f'<text x="{start + length + 5:.1f}" y="{y + BAR - 2}">{line.text}</text>',
        ]
        y += BAR + GAP
    one = start + bars / largest
    return [*parts, f'<line class="line" x1="{one:.1f}" x2="{one:.1f}" y1="{top + PANEL_HEAD - 4}" y2="{y}"/>']


def _kind(name: str) -> str:
    if not name.startswith("DynamORM"):
        return "other"
    return "client" if name.endswith("client") else "direct"


def _heading(row: Row) -> str:
    return f"{row.work} ({row.measure})"


def _description(rows: Sequence[Row]) -> str:
    return " ".join(f"{_heading(row)}: {_listed(list(row.lines.values()))}." for row in rows)


def _listed(lines: Sequence[Line]) -> str:
    return ", ".join(f"{line.subject} {line.text}" for line in lines)
