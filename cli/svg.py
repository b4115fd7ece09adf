"""The sequence chart of a run as SVG: the same moves as in a terminal, one picture, nothing in it that runs or loads.

What stands where is worked out here, how it looks is in `chart.svg.jinja`. Light or dark follows the reader's setting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from textwrap import wrap
from typing import TYPE_CHECKING, Final

from lockedroom.cli.chart import Life, Move, live
from lockedroom.cli.terminal import safe

if TYPE_CHECKING:
    from jinja2 import Template

_LEFT: Final = 44
_STEP: Final = 118
_WORDS: Final = 620
_COLUMNS: Final = 76
"""Characters of a line of words: in a fixed font of 13 pixels one is 7.8 wide."""
_SMALL: Final = 88
"""The same for what changed, in one of 11 pixels."""
_LINE: Final = 18
_NARROW: Final = 15
_GAP: Final = 12
_MOST: Final = 6
"""The most lines that a heading takes."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text: where, which class, what."""

    y: float
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """One step: its number, its band from `top` of that height, its marks and its lines of text."""

    number: int
    top: float
    height: float
    y: float
    mark: str
    mine: float
    targets: tuple[float, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of a lifeline."""

    x: float
    top: float
    bottom: float
    life: str


def svg(
    title: str,
    said: str,
    lifelines: Sequence[str],
    moves: Iterable[Move],
    *,
    present: bool = False,
    inline: bool = False,
) -> str:
    """The chart as the text of an SVG file: a title, what is said of it, and the moves. `present`: as for a Chart.
    `inline`: for a page that has the chart's style (`chart_style`) and says above it what it shows."""
    names = tuple(dict.fromkeys(lifelines))
    at = {name: _LEFT + _STEP * index + _STEP / 2 for index, name in enumerate(names)}
    words = _LEFT + _STEP * len(names) + 16
    width = words + _WORDS
    heading = [] if inline else _wrapped(said, int(width / 8.2))[:_MOST]
    begin = 36 if inline else 58 + _LINE * len(heading) + 30
    lives = dict.fromkeys(names, Life.JOINED if present else Life.OUT)
    stretches = [Stretch(at[name], begin, begin + 8, lives[name].value) for name in names]
    rows: list[Row] = []
    y = begin + 8.0
    for number, move in enumerate(moves, start=1):
        row = _row(number, y, move, at, present)
        before = dict(lives)
        if not present:
            live(lives, move)
        for name in names:
            stretches.append(Stretch(at[name], y, row.y, before[name].value))
            stretches.append(Stretch(at[name], row.y, y + row.height, lives[name].value))
        rows.append(row)
        y += row.height
    room = int(width / 10)
    return _template().render(
        style="" if inline else chart_style(),
        title=safe(title) if len(title) <= room else f"{safe(title)[: room - 1]}…",
        heading=[Line(58 + _LINE * index, "said", line) for index, line in enumerate(heading)],
        names=[(at[name], safe(name) if len(name) <= 14 else f"{safe(name)[:13]}…") for name in names],
        named=begin - 8,
        rows=rows,
        stretches=_joined(stretches),
        words=words,
        width=width,
        height=y + 16,
    )


def _row(number: int, top: float, move: Move, at: Mapping[str, float], present: bool) -> Row:
    y = top + 20
    lines = [Line(y + 4 + _LINE * index, "said", line) for index, line in enumerate(_wrapped(move.said, _COLUMNS))]
    below = lines[-1].y + _NARROW + 2
    changed = [line for ways in move.changed for line in _fitting(ways)]
    lines += [Line(below + _NARROW * index, "changed", line) for index, line in enumerate(changed)]
    mine = at.get(move.actor, -10.0)
    targets = tuple(at[name] for name in move.targets if name in at and name != move.actor)
    if move.clause:
        mark, targets = "refused", ()
    elif move.operation == "crash" and not present:
        mark, targets = "killed", ()
    else:
        mark = "sent" if targets else "done"
    return Row(number, top, lines[-1].y - top + _GAP, y, mark, mine, targets, tuple(lines))


def _wrapped(text: str, columns: int) -> list[str]:
    return wrap(safe(text), columns, break_on_hyphens=False) or [""]


def _fitting(ways: Sequence[str]) -> list[str]:
    """The first way to say it that fits on two lines; of the last what fits."""
    for text in ways:
        lines = wrap(safe(text), _SMALL, subsequent_indent="  ", break_on_hyphens=False)
        if len(lines) <= 2:
            break
    return lines if len(lines) <= 2 else [lines[0], lines[1][: _SMALL - 1].rstrip("…") + "…"]


def _joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The pieces of each lifeline, those that follow each other alike in one; a dead member has none."""
    found: list[Stretch] = []
    last: dict[float, int] = {}
    for one in stretches:
        index = last.get(one.x)
        if index is not None and found[index].life == one.life:
            found[index] = Stretch(one.x, found[index].top, one.bottom, one.life)
        else:
            last[one.x] = len(found)
            found.append(one)
    return [one for one in found if one.life != Life.DEAD.value]


@cache
def chart_style() -> str:
    """How a chart looks, as CSS: for a file of its own, or once for a page with many."""
    return files("lockedroom.cli").joinpath("chart.css.jinja").read_text(encoding="utf-8")


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    made = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return made.from_string(files("lockedroom.cli").joinpath("chart.svg.jinja").read_text(encoding="utf-8"))
