"""What runs of a subject come to, one after another: what has been covered, what is still new, the shortest failure.
Nothing of Hypothesis stands here; it draws the runs in `stateful`.

What is new is counted in entries of the memo, which are the distinct behaviours of what is played. It is looked at
between rounds only: within a round, the same choices make the same run, which Hypothesis relies on.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field, replace
from random import Random
from typing import Final, NamedTuple

from lockedroom.model.fingerprint import MASK
from lockedroom.model.report import Path, Violation
from lockedroom.model.shrink import shortened
from lockedroom.model.subjects import witnessed
from lockedroom.model.validator import Subject
from lockedroom.model.walks import Choice, Failure, Here, Move, Row, Walker

_SHRINKING: Final = 5.0
"""Seconds in which a violation that was found is made shorter, at most."""
_MOST: Final = 4096
"""States from which runs can begin, at most."""
_TRIES: Final = 16
"""Of them are asked for something new before a run begins where all do."""
_LITTLE: Final = 0.005
_LONGEST: Final = 16
"""A course of whose entries less than this share was new in its last round rests for a turn, after a second such round
for three, and so on up to nearly so many."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What runs came to of one transition: see `Coverage`."""

    taken: int
    accepted: int
    refused: Mapping[str, int]


@dataclass(slots=True)
class Coverage:
    """What the runs of a subject came to. `taken`: how often each operation was; `accepted`, `refused`: on how many
    distinct contents of what it reads an operation was accepted, or refused by a clause; `exercised`: on how many
    distinct steps and states each property was judged. `runs` and `steps` count what was run."""

    runs: int = 0
    steps: int = 0
    taken: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    exercised: Counter[str] = field(default_factory=Counter)

    def merge(self, other: Coverage) -> None:
        """Add what another has seen."""
        self.runs += other.runs
        self.steps += other.steps
        for mine, theirs in (
            (self.taken, other.taken),
            (self.accepted, other.accepted),
            (self.exercised, other.exercised),
        ):
            mine.update(theirs)
        self.refused.update(other.refused)

    def never(self, expected: Mapping[str, Sequence[str]]) -> list[str]:
        """Of the operations with the clauses by which each can be refused, what no run came to."""
        missed = [f"{operation} accepted" for operation in expected if not self.accepted[operation]]
        for operation, clauses in expected.items():
            missed += [f"{operation} refused by {one}" for one in clauses if not self.refused[operation, one]]
        return missed

    def transitions(self) -> dict[str, Cell]:
        """By transition: how often it was taken, accepted, and refused by which clause."""
        names = dict.fromkeys((*self.taken, *self.accepted, *(name for name, _ in self.refused)))
        by = {name: {one: count for (of, one), count in sorted(self.refused.items()) if of == name} for name in names}
        return {name: Cell(self.taken[name], self.accepted[name], by[name]) for name in names}

    def to_json(self) -> dict[str, object]:
        """All of it."""
        cells = {name: asdict(cell) for name, cell in self.transitions().items()}
        return {"runs": self.runs, "steps": self.steps, "transitions": cells, "exercised": dict(self.exercised)}


class Stand(NamedTuple):
    """How a run stands: where, and the way there."""

    here: Here
    trail: tuple[Choice, ...]


class Course:
    """One subject while runs are made of it: its walker, what has been covered, how rare each operation is, and the
    shortest failure. `stands` are those from which something can be taken that no run has taken in any such place.
    `lived` is given every run, from its first state to its last, to take it elsewhere again."""

    def __init__(
        self,
        subject: Subject,
        until: float | None = None,
        lived: Callable[[Path], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.subject = subject
        self.until = until
        self.clock = clock
        self.lived = lived
        self.walker = Walker(_judged(subject))
        self.coverage = Coverage()
        self.rarity: dict[str, float] = {}
        self.failure: Failure | None = None
        self.stands: list[Stand] = []
        self.rests = 0
        self._met: list[Stand] = []
        self._spent: set[int] = set()
        self._taken: set[int] = set()
        self._taking: set[int] = set()
        self._seen = {self.walker.start()[0].mark & MASK}
        self._seeing: set[int] = set()
        self._fresh: dict[int, tuple[tuple[int, Move], ...]] = {}
        self._dull = 0

    @property
    def states(self) -> int:
        """How many states the runs of the rounds so far have come to."""
        return len(self._seen)

    def over(self) -> bool:
        """Whether the time is over. A failure that was found is made short all the same."""
        return self.until is not None and self.failure is None and self.clock() > self.until

    def took(self, operation: str, move: Move, here: Here) -> bool:
        """Count a step and where it has led to: whether nothing has led there before."""
        self.coverage.steps += 1
        self.coverage.taken[operation] += 1
        self._taking.add(id(move))
        mark = here.mark & MASK
        new = mark not in self._seen and mark not in self._seeing
        self._seeing.add(mark)
        return new

    def met(self, stand: Stand) -> None:
        """Runs can begin here, from the next round on."""
        self._met.append(stand)

    def stand(self, pick: int) -> Stand | None:
        """Where a run can begin that takes something new: one of those that were met."""
        for at in range(pick, pick + min(_TRIES, len(self.stands))):
            stand = self.stands[at % len(self.stands)]
            if self.fresh(stand.here):
                return stand
            self._spent.add(at % len(self.stands))
        return None

    def fresh(self, here: Here, done: Set[int] = frozenset()) -> dict[int, list[Move]]:
        """By operation, the moves that no run of an earlier round has taken where all was alike that the move reads; or
        if there is none, those that lead where none has been. `done`: moves (by id) and states (by fingerprint) that
        are not new either."""
        found: dict[int, list[Move]] = {}
        for row in here.rows:
            if row.operations:
                moves = self._fresh.get(id(row))
                if moves is None:
                    moves = self._fresh[id(row)] = self._untaken(row)
                for number, move in moves:
                    if id(move) in done:
                        continue
                    found.setdefault(number, []).append(move)
        if found:
            return found
        for row in here.rows:
            for number, ways in row.moves.items():
                marked = [(move, self.walker.mark(here, move)) for way in ways for move in way]
                new = [move for move, mark in marked if mark not in self._seen and mark not in done]
                if new:
                    found.setdefault(number, []).extend(new)
        return found

    def _untaken(self, row: Row) -> tuple[tuple[int, Move], ...]:
        return tuple(
            (number, move)
            for number, ways in row.moves.items()
            for moves in ways
            for move in moves
            if id(move) not in self._taken
        )

    def settle(self) -> None:
        """After a round: count what it has seen, and aim the next one."""
        seen = self.walker.drain()
        for fact, entries in seen.entries.items():
            count = len(entries)
            for name in fact.exercised:
                self.coverage.exercised[name] += count
            if not fact.operation:
                continue
            if fact.accepted:
                self.coverage.accepted[fact.operation] += count
            for clause in fact.clauses:
                self.coverage.refused[fact.operation, clause] += count
        self.rarity = {name: 1 / (1 + self.coverage.taken[name]) for name in self.walker.operations}
        news = sum(len(entries) for fact, entries in seen.entries.items() if fact.operation)
        self._dull = self._dull + 1 if news < _LITTLE * self.walker.entries else 0
        self.rests = min(1 << self._dull, _LONGEST) - 1
        self._taken |= self._taking
        self._seen |= self._seeing
        self._taking, self._seeing, self._fresh = set(), set(), {}
        stands = [stand for at, stand in enumerate(self.stands) if at not in self._spent] + self._met
        self.stands = stands if len(stands) <= _MOST else Random(len(self._seen)).sample(stands, _MOST)
        self._met, self._spent = [], set()

    def failed(self, failure: Failure) -> None:
        """Keep a failure if it is the shortest."""
        if self.failure is None or len(failure.trail) <= len(self.failure.trail):
            self.failure = failure

    def violation(self, seconds: float = _SHRINKING) -> Violation | None:
        """The violation that was found, as short as it gets by leaving out steps; None if there is none."""
        if self.failure is None:
            return None
        short = shortened(self.walker, self.failure, seconds)
        assert short.broken is not None, "a failure that was kept violates something"
        return Violation(short.broken.property, short.broken.message, self.walker.path(short))


def _judged(subject: Subject) -> Subject:
    return replace(subject, judge=witnessed(subject), invariants=(*subject.invariants, *subject.witnesses))
