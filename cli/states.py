"""A counterexample to induction as SVG: the state before a step and the state after it, side by side, and what differs.

What stands where is worked out here, how it looks is in `states.svg.jinja`. Light or dark follows the reader's setting.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from textwrap import wrap
from typing import TYPE_CHECKING, Final

from lockedroom.cli.svg import chart_style
from lockedroom.cli.terminal import safe

if TYPE_CHECKING:
    from jinja2 import Template

    from lockedroom.model.proofs.counterexample import Counterexample

_LEFT: Final = 16
_CHARACTER: Final = 7.9
"""The width of a character in a fixed font of 13 pixels."""
_COLUMNS: Final = 58
"""Characters of a line in one state."""
_LINE: Final = 18


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text: where, which class, what."""

    x: float
    y: float
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Band:
    """What is behind a fact that differs: the place of its state, where, how high, which class."""

    x: float
    y: float
    height: float
    kind: str


def states_svg(found: Counterexample) -> str:
    """The text of an SVG file."""
    from lockedroom.model.proofs.counterexample import changing, fixed, step, values

    one = found.obligation.action is None
    width = _LEFT * 3 + _COLUMNS * _CHARACTER * 2
    right = _LEFT * 2 + _COLUMNS * _CHARACTER
    wide = int((width - 2 * _LEFT) / _CHARACTER)
    lines: list[Line] = []
    bands: list[Band] = []
    y = 32.0
    for index, text in enumerate(wrap(safe(step(found)), int(wide * 0.8), break_on_hyphens=False)):
        lines.append(Line(_LEFT, y + index * 22, "title", text))
    y += 22 * len(lines) + 4
    for text in (found.obligation.claim.text, values(found)):
        for line in wrap(safe(text), wide, subsequent_indent="    ", break_on_hyphens=False):
            lines.append(Line(_LEFT, y, "bad", line))
            y += _LINE
    y += 14
    lines.append(Line(_LEFT, y, "heading", "the state" if one else "before"))
    if not one:
        lines.append(Line(right, y, "heading", "after"))
    y += 8
    top = y
    for name in changing(found):
        y += _LINE + 4
        lines += [Line(x, y, "number relation", name) for x in ((_LEFT,) if one else (_LEFT, right))]
        before = found.before.relations.get(name, frozenset())
        after = found.after.relations.get(name, frozenset())
        for fact in sorted(before | after):
            shown = wrap(safe(f"({', '.join(fact)})"), _COLUMNS - 4, subsequent_indent=" ", break_on_hyphens=False)
            places = [(_LEFT, fact in before, "lost", "−"), (right, fact in after, "gained", "+")][: 1 if one else 2]
            for x, holds, kind, sign in places:
                if holds:
                    differs = not (fact in before and fact in after)
                    if differs:
                        bands.append(Band(x, y + 5, _LINE * len(shown), kind))
                        lines.append(Line(x + 4, y + _LINE, kind, sign))
                    how = kind if differs else "kept"
                    lines += [Line(x + 20, y + _LINE * (1 + at), how, line) for at, line in enumerate(shown)]
            y += _LINE * len(shown)
    bottom = y + 12
    y = bottom + 26
    lines.append(Line(_LEFT, y, "heading", "where"))
    for text in fixed(found):
        for line in _wrapped(text, int(wide * 13 / 11)):
            y += 15
            lines.append(Line(_LEFT, y, "changed", line))
    return _template().render(
        style=chart_style() + files("lockedroom.cli").joinpath("states.css.jinja").read_text(encoding="utf-8"),
        title=safe(step(found)),
        lines=lines,
        bands=bands,
        middle=None if one else right - _LEFT / 2,
        top=top,
        bottom=bottom,
        band=_COLUMNS * _CHARACTER,
        width=width,
        height=y + 20,
    )


def _wrapped(text: str, columns: int) -> Iterator[str]:
    yield from wrap(safe(text), columns, subsequent_indent="    ", break_on_hyphens=False)


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    made = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return made.from_string(files("lockedroom.cli").joinpath("states.svg.jinja").read_text(encoding="utf-8"))
