"""Calls of actions, each made once for what it reads: they give the rows of tables, and are judged there and then."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np

from lockedroom.model.report import ActionFault, Goal, StepJudge
from lockedroom.model.tabulated.forked import Forked
from lockedroom.model.tabulated.interner import Ids
from lockedroom.model.tabulated.tables import Rows, Table
from lockedroom.model.tabulated.values import Values
from lockedroom.reference.machine import Action, Outcome, Slot, single

WORTH: Final = 3_000
"""So many calls are worth a fork, which costs some tens of milliseconds."""

Kind: TypeAlias = tuple[str, str | None, tuple[str, ...]]
"""One thing that can happen: an operation, the clause of its rejection, the classes of its events."""

Place: TypeAlias = tuple[int, int, int, int]
"""Where an outcome was given: the number of the table, the key, which of its actions, which of the outcomes."""


@dataclass(slots=True)
class Notes:
    """What was noted while tables were filled: calls of actions and of the engine under them, outcomes, how often each
    property was judged, where each kind of thing occurred first, and what was violated where."""

    calls: int = 0
    engine: int = 0
    outcomes: int = 0
    exercised: dict[str, int] = field(default_factory=dict)
    first: dict[Kind, Place] = field(default_factory=dict)
    broken: dict[str, tuple[str, Place]] = field(default_factory=dict)

    def add(self, other: Notes) -> None:
        """Add what was noted elsewhere, later."""
        self.calls += other.calls
        self.engine += other.engine
        self.outcomes += other.outcomes
        for name, count in other.exercised.items():
            self.exercised[name] = self.exercised.get(name, 0) + count
        for kind, place in other.first.items():
            self.first.setdefault(kind, place)
        for name, broken in other.broken.items():
            self.broken.setdefault(name, broken)


@dataclass(frozen=True, slots=True)
class Share:
    """What a fork has worked out: rows table by table, what it noted, and the values that were new to it."""

    rows: list[tuple[int, Rows, list[int]]]
    notes: Notes
    news: list[list[Hashable]]


class Filler:
    """Fills the tables of one exploration."""

    def __init__(
        self,
        tables: Sequence[Table],
        parts: Sequence[Table],
        values: Values,
        place: dict[Slot, int],
        judge: StepJudge | None,
        goals: Sequence[Goal],
        engine_calls: Callable[[], int] | None,
    ) -> None:
        self._tables = tables
        self._numbers = {id(table): number for number, table in enumerate(tables)}
        self._parts = frozenset(self._numbers[id(table)] for table in parts)
        self._values = values
        self._place = place
        self._judge = judge
        self._goals = tuple(goals)
        self._engine_calls = engine_calls or (lambda: 0)
        self.notes = Notes()

    def fill(self, table: Table, keys: Ids) -> None:
        """Ask a table's actions what they do under these keys, which were not asked about before."""
        before, notes = self._engine_calls(), Notes()
        table.absorb(self._ask(table, keys, notes))
        notes.engine = self._engine_calls() - before
        self.notes.add(notes)

    def fill_all(self, wanted: Sequence[tuple[Table, Ids]], jobs: int) -> None:
        """The same for many keys of many tables, half of them by a fork where that is worth it."""
        if jobs < 2 or sum(len(keys) for _, keys in wanted) < WORTH:
            for table, keys in wanted:
                self.fill(table, keys)
            return
        mine = [(table, keys[::2]) for table, keys in wanted]
        theirs = [(table, keys[1::2]) for table, keys in wanted]
        known = self._values.counts()
        with Forked(lambda: self._share(theirs, known)) as fork:
            for table, keys in mine:
                self.fill(table, keys)
            share = fork.result()
        if share is None:
            for table, keys in theirs:
                self.fill(table, keys)
            return
        self._take(share, known)

    def outcome(self, place: Place) -> tuple[Action, tuple[Hashable, ...], Outcome]:
        """What was given at a place, with the action and what it read there: the action is asked again."""
        number, key, which, nth = place
        table = self._tables[number]
        for _, _, contents in table.contents(np.array([key], np.int64), self._values):
            action, values = table.actions[which], contents[which]
            return action, values, action.run(values)[nth]
        raise AssertionError("a key has contents")

    # ---- asking -------------------------------------------------------------------------------------

    def _ask(self, table: Table, keys: Ids, notes: Notes) -> Rows:
        rows = Rows()
        number = self._numbers[id(table)]
        part = number in self._parts
        for key, numbers, contents in table.contents(keys, self._values):
            start = len(rows.by)
            for which, (action, values) in enumerate(zip(table.actions, contents, strict=True)):
                notes.calls += 1
                try:
                    outcomes = action.run(values)
                    if part:
                        single(action, outcomes)
                    for nth, outcome in enumerate(outcomes):
                        self._note(action, values, outcome, (number, key, which, nth), notes)
                        if outcome.clause is None or outcome.writes is not None or outcome.grows:
                            was, now, gains = table.row(which, numbers, outcome, self._values, self._place)
                            rows.was.append(was)
                            rows.now.append(now)
                            rows.changed.append(outcome.writes is not None)
                            rows.marks.append(self._marks(action, values, outcome))
                            rows.gains.append(gains)
                            rows.by.append((which, nth))
                except Exception as fault:
                    raise ActionFault(action, values, fault) from fault
            rows.keys.append(key)
            rows.counts.append(len(rows.by) - start)
        return rows

    def _note(self, action: Action, values: tuple[Hashable, ...], outcome: Outcome, place: Place, notes: Notes) -> None:
        notes.outcomes += 1
        if place[0] not in self._parts:
            kind = (action.operation, outcome.clause, tuple([type(event).__name__ for event in outcome.events]))
            if kind not in notes.first:
                notes.first[kind] = place
        if self._judge is None:
            return
        for name, judgement in self._judge(action, values, outcome):
            if judgement is False:
                continue
            notes.exercised[name] = notes.exercised.get(name, 0) + 1
            if judgement is not True and name not in notes.broken:
                notes.broken[name] = (judgement, place)

    def _marks(self, action: Action, values: tuple[Hashable, ...], outcome: Outcome) -> int:
        return sum(goal.step(action, values, outcome) << number for number, goal in enumerate(self._goals))

    # ---- sharing ------------------------------------------------------------------------------------

    def _share(self, wanted: Sequence[tuple[Table, Ids]], known: Sequence[int]) -> Share:
        """In the fork: what is asked there."""
        before, notes = self._engine_calls(), Notes()
        rows = [(self._numbers[id(table)], self._ask(table, keys, notes), table.monotone) for table, keys in wanted]
        notes.engine = self._engine_calls() - before
        return Share(rows, notes, self._values.since(known))

    def _take(self, share: Share, known: Sequence[int]) -> None:
        """Here: add it, its new values under the numbers that they get here."""
        numbers = [
            np.concatenate((np.arange(count), np.array([self._values.number(slot, one) for one in news], np.int64)))
            for slot, (count, news) in enumerate(zip(known, share.news, strict=True))
        ]
        for number, rows, monotone in share.rows:
            table = self._tables[number]
            for slot in monotone:
                if slot not in table.monotone:
                    table.monotone.append(slot)
            width = len(table.writes)
            now = np.array(rows.now, np.int64).reshape(len(rows.now), width)
            for index, slot in enumerate(table.writes):
                now[:, index] = numbers[slot].take(now[:, index])
            rows.now = list(map(tuple, now.tolist()))
            rows.gains = [self._renumbered(gain, monotone, table, numbers) for gain in rows.gains]
            table.absorb(rows)
        self.notes.add(share.notes)

    def _renumbered(
        self, gain: tuple[int, ...], monotone: Sequence[int], table: Table, numbers: Sequence[Ids]
    ) -> tuple[int, ...]:
        """A fork's gains, in the order of the table here and under the numbers here."""
        here = [-1] * len(table.monotone)
        for slot, added in zip(monotone, gain, strict=False):
            if added >= 0:
                here[table.monotone.index(slot)] = int(numbers[slot][added])
        return tuple(here)
