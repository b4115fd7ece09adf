"""A bar chart as SVG: readable in light and dark, nothing that runs or loads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from jinja2 import Environment

_TEMPLATE: Final = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {{ width }} {{ height }}" role="img" aria-label="{{ title }}">
<style>
text { font: 13px system-ui, sans-serif; fill: #1a1a1a } .bar { fill: #2f6fb2 }
@media (prefers-color-scheme: dark) { svg { background: #16181c } text { fill: #e6e6e6 } .bar { fill: #6aa6e6 } }
</style>
<title>{{ title }}</title>
<text x="10" y="22" font-weight="bold">{{ title }}</text>
{% for bar in bars %}<text x="10" y="{{ bar.y + 15 }}">{{ bar.name }}</text>
<rect class="bar" x="{{ left }}" y="{{ bar.y }}" width="{{ bar.width }}" height="20" rx="2"/>
<text x="{{ left + bar.width + 6 }}" y="{{ bar.y + 15 }}">{{ bar.value }}</text>
{% endfor %}</svg>
"""
_LEFT: Final = 220
_WIDE: Final = 420


def bars(title: str, rows: Sequence[tuple[str, float]]) -> str:
    """The chart of rows of a name and a number of seconds."""
    most = max((value for _, value in rows), default=1) or 1
    drawn = [
        {"name": name, "value": f"{value:.2f}", "y": 40 + 28 * index, "width": round(max(1, _WIDE * value / most), 1)}
        for index, (name, value) in enumerate(rows)
    ]
    template = Environment(autoescape=True).from_string(_TEMPLATE)
    return (
        template.render(title=title, bars=drawn, left=_LEFT, width=_LEFT + _WIDE + 70, height=50 + 28 * len(rows))
        + "\n"
    )
