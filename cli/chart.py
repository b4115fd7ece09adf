"""The sequence chart of a run in a terminal, one step at a time: lifelines to the left, words to the right.

It draws what it is told and knows of the protocol only which operations point at a peer, and not even that of a step
that says itself whom it points at. It prints nothing: it gives lines, so that a run can be drawn as it happens.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from textwrap import wrap
from typing import TYPE_CHECKING, Final

from lockedroom.cli.words import describe

if TYPE_CHECKING:
    from rich.text import Text

INTRUDER: Final = "intruder"
_MARGIN: Final = 5
_WIDEST: Final = 11
_NARROWEST: Final = 4
_WORDS: Final = 30

_POINTING: Final = frozenset({"exchange", "send", "multicast", "rotate", "acknowledge", "inject", "reap"})


@dataclass(frozen=True, slots=True)
class Move:
    """One step of a run: who did what to whom, and what came of it. `clause` and `detail` are the refusal's, `changed`
    is what is different afterwards: for each line some ways to say it, the longest first. A step of a machine that is
    no protocol of ours says with `words` what was done, and with `points` whom an arrow points at."""

    actor: str
    operation: str
    arguments: Mapping[str, object] = field(default_factory=dict)
    events: Sequence[Mapping[str, object]] = ()
    clause: str = ""
    detail: str = ""
    changed: Sequence[Sequence[str]] = ()
    words: str = ""
    points: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """What was done and what came of it, in words."""
        return self.words or describe(self.operation, self.arguments, self.events, self.clause, self.detail)

    @property
    def targets(self) -> tuple[str, ...]:
        """Whom an arrow points at."""
        if self.words:
            return self.points
        if self.operation not in _POINTING:
            return ()
        named = self.arguments.get("peers", self.arguments.get("peer", self.arguments.get("inbox", ())))
        if isinstance(named, str):
            return (named,)
        return tuple(str(name) for name in named) if isinstance(named, Iterable) else ()


class Life(Enum):
    """What becomes of a member of a protocol."""

    OUT = "out"
    JOINED = "joined"
    DEAD = "dead"


def live(lives: dict[str, Life], move: Move) -> None:
    """Change who is in, out or dead by a move."""
    if move.clause or move.actor not in lives:
        return
    match move.operation:
        case "join":
            lives[move.actor] = Life.JOINED
        case "leave":
            lives[move.actor] = Life.OUT
        case "crash":
            lives[move.actor] = Life.DEAD
        case _:
            pass


@dataclass(frozen=True, slots=True)
class Strokes:
    """The characters of a chart."""

    joined: str
    out: str
    line: str
    cross: str
    right: str
    left: str
    from_right: str
    from_left: str
    from_both: str
    dot: str
    refused: str
    killed: str


UNICODE: Final = Strokes("│", "┊", "─", "┼", "▶", "◀", "├", "┤", "┼", "●", "✗", "╳")
_IN_ASCII: Final = str.maketrans({"“": '"', "”": '"', "…": "...", "→": "->"})
ASCII: Final = Strokes("|", ":", "-", "+", ">", "<", "|", "|", "|", "*", "x", "X")


class Chart:
    """A chart of `lifelines`, drawn for a terminal of `width` columns. Feed it moves; it remembers who is in. Of a
    machine that is no protocol of ours, everybody always is (`present`)."""

    def __init__(
        self, lifelines: Sequence[str], *, width: int, strokes: Strokes = UNICODE, present: bool = False
    ) -> None:
        self._names = tuple(lifelines)
        self._strokes = strokes
        self._life = dict.fromkeys(self._names, Life.JOINED if present else Life.OUT)
        self._present = present
        room = (width - _MARGIN - _WORDS) // max(1, len(self._names))
        self._step = max(_NARROWEST, min(_WIDEST, room))
        self._drawn = _MARGIN + self._step * len(self._names)
        # Where the words find no room beside the lifelines, they go below them.
        self._below = width - self._drawn < _WORDS // 2
        self._words = max(10, width - (_MARGIN + 2 if self._below else self._drawn + 1))
        self._number = 0

    def heading(self) -> Iterator[Text]:
        """The names, each above its lifeline, on as many lines as they need."""
        from rich.text import Text

        rows: list[str] = []
        for name in self._names:
            start = max(0, self._at(name) - len(name) // 2)
            for index, row in enumerate(rows):
                if len(row) < start:
                    rows[index] = row.ljust(start) + name
                    break
            else:
                rows.append(" " * start + name)
        yield from (Text(row, "bold", no_wrap=True) for row in rows)
        yield Text(self._lifelines().rstrip(), "dim", no_wrap=True)

    def draw(self, move: Move) -> Iterator[Text]:
        """The lines of one more step."""
        from rich.text import Text

        self._number += 1
        row, style = self._row(move)
        words = self._worded(move)
        words_style = "red" if move.clause else ""
        line = Text(f"{self._number:>3}", no_wrap=True)
        line.append(row[3:].rstrip() if self._below else row[3:], style)
        if not self._present:
            live(self._life, move)
        changed = [self._clipped(ways) for ways in move.changed]
        if self._below:
            yield line
            yield from (Text(" " * (_MARGIN + 2) + more, words_style, no_wrap=True) for more in words)
            yield from (Text(" " * (_MARGIN + 2) + more, "dim", no_wrap=True) for more in changed)
            return
        line.append(" " + words[0], words_style)
        yield line
        for more in words[1:]:
            line = Text(self._lifelines(), "dim", no_wrap=True)
            line.append(" " + more, words_style)
            yield line
        yield from (Text(f"{self._lifelines()} {more}", "dim", no_wrap=True) for more in changed)

    def _worded(self, move: Move) -> list[str]:
        return wrap(self._spelt(move.said), self._words, break_on_hyphens=False) or [""]

    def _clipped(self, ways: Sequence[str]) -> str:
        """The first of these texts that fits on a line; of the last what fits."""
        dots = self._spelt("…")
        spelt = [f"  {self._spelt(text)}" for text in ways]
        fitting = (text for text in spelt if len(text) <= self._words)
        return next(fitting, spelt[-1][: self._words - len(dots)].rstrip(dots) + dots)

    def _spelt(self, text: str) -> str:
        return text.translate(_IN_ASCII) if self._strokes == ASCII else text

    def _at(self, name: str) -> int:
        return _MARGIN + self._step * self._names.index(name) + self._step // 2

    def _lifelines(self) -> str:
        row = [" "] * self._drawn
        for name in self._names:
            row[self._at(name)] = self._lifeline(name)
        return "".join(row)

    def _lifeline(self, name: str) -> str:
        match self._life[name]:
            case Life.JOINED:
                return self._strokes.joined
            case Life.OUT:
                return self._strokes.out
            case Life.DEAD:
                return " "

    def _row(self, move: Move) -> tuple[str, str]:
        row = list(self._lifelines())
        if move.actor not in self._life:
            return "".join(row), ""
        mine = self._at(move.actor)
        targets = [self._at(name) for name in move.targets if name in self._life and name != move.actor]
        if move.clause:
            row[mine] = self._strokes.refused
            return "".join(row), "red"
        if move.operation == "crash" and not self._present:
            row[mine] = self._strokes.killed
            return "".join(row), "bold red"
        if not targets:
            row[mine] = self._strokes.dot
            return "".join(row), "green"
        self._arrows(row, mine, targets)
        return "".join(row), "cyan"

    def _arrows(self, row: list[str], mine: int, targets: list[int]) -> None:
        strokes = self._strokes
        for target in targets:
            low, high = sorted((mine, target))
            for x in range(low + 1, high):
                row[x] = strokes.cross if row[x] in (strokes.joined, strokes.cross) else strokes.line
        for target in targets:
            row[target - 1 if target > mine else target + 1] = strokes.right if target > mine else strokes.left
        rightwards, leftwards = any(t > mine for t in targets), any(t < mine for t in targets)
        both = strokes.from_both if leftwards else strokes.from_right
        row[mine] = both if rightwards else strokes.from_left
