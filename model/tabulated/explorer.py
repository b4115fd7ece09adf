"""The search: level by level, each a handful of array operations, over any `Machine`.

It gives what `model.explore` gives, count for count, and is checked against it. A level is cut into chunks; each
action's table is asked for the rows of a chunk, rows become successors, which are sorted and made distinct; those of
the whole level are looked up in sorted runs of what is known, which are merged as they grow alike. Levels are kept, so
that a path can be found backwards.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, cast

import numpy as np

from lockedroom.model.report import (
    ActionFault,
    Behaviour,
    Exploration,
    Invariant,
    Judgement,
    Path,
    Progress,
    StepJudge,
    Taken,
    Violation,
)
from lockedroom.model.tabulated.gains import Gains
from lockedroom.model.tabulated.interner import Ids, Words
from lockedroom.model.tabulated.packing import Chunk, Packing, TooWide
from lockedroom.model.tabulated.rules import Rule
from lockedroom.model.tabulated.tables import Keys, Table, Values
from lockedroom.reference.machine import Machine, Outcome

Numbers: TypeAlias = tuple[int, ...]
"""A state, slot by slot: the number of each slot's value. It stays true when states are packed anew."""

_CHUNK: Final = 1 << 15
"""States in a chunk: what is made of them stays in the processor's caches."""
_PAUSE: Final = 0.3


class Tabulated:
    """One exploration of one machine. `run` does it; what is found stays here."""

    def __init__(self, machine: Machine, judge: StepJudge | None = None, invariants: Sequence[Invariant] = ()) -> None:
        self.machine = machine
        self._judge = judge
        self._slots = tuple(sorted(machine.initial, key=lambda slot: (slot.owner or slot.part, slot.kind, slot.part)))
        self._place: dict[object, int] = {slot: index for index, slot in enumerate(self._slots)}
        self._values = Values(len(self._slots))
        self._packing = Packing([1] * len(self._slots), 4)
        keys = Keys()
        self._tables = [Table(action, self._place, keys, self._packing) for action in machine.actions]
        self._rules = [Rule(rule, self._place, keys) for rule in invariants]
        self._taken: list[Taken] = []
        self._first: dict[tuple[str, str | None, tuple[str, ...]], tuple[int, Numbers, int]] = {}
        self._gains = Gains(self._values)
        self._levels: list[Words] = []
        self._runs: list[Words] = []
        self._broken: list[tuple[str, str, int, Numbers, int]] = []
        self._exercised: dict[str, int] = {}
        self._fills = 0
        self._entries = 0
        self._transitions = 0

    # ---- numbers ------------------------------------------------------------------------------------

    def _fits(self) -> bool:
        return all(need <= have for need, have in zip(self._values.widths(), self._packing.widths, strict=True))

    def _repack(self, loose: Sequence[Words]) -> list[Words]:
        """Pack anew for the numbers that there are now, every array of roots; returns `loose`, rewritten."""
        need = self._values.widths()
        roomy = [width if width >= n else n + 1 for n, width in zip(need, self._packing.widths, strict=True)]
        try:
            self._packing.widen(roomy)
            for table in self._tables:
                table.repack(self._packing)
            return list(loose)
        except TooWide:
            pass
        old = self._packing
        widths = roomy if sum(roomy) <= 64 else need
        share = old.share
        while True:
            try:
                new = Packing(widths if sum(widths) <= 64 else roomy, share)
                break
            except TooWide:
                share -= 1

        def moved(roots: Words) -> Words:
            pieces = [np.zeros(0, np.uint64)]
            for low in range(0, len(roots), _CHUNK):
                chunk = Chunk(old, roots[low : low + _CHUNK])
                pieces.append(new.pack([chunk.column(slot) for slot in range(len(self._slots))]))
            packed = np.concatenate(pieces)
            packed.sort()
            return packed

        self._levels = [moved(level) for level in self._levels]
        self._runs = [moved(run) for run in self._runs]
        rewritten = [moved(roots) for roots in loose]
        self._packing = new
        for table in self._tables:
            table.repack(new)
        return rewritten

    # ---- tables -------------------------------------------------------------------------------------

    def _fill(self, table: Table, keys: Ids, depth: int, chunk: Chunk, looked: Ids) -> None:
        """Run an action on what keys stand for, and write their rows."""
        held = [self._values.values[self._place[slot]] for slot in table.action.reads]
        first: list[int] = []
        for key, *numbers in zip(keys.tolist(), *table.reads(keys), strict=True):
            values = tuple([of[number] for of, number in zip(held, numbers, strict=True)])
            first.append(len(table.rows))
            self._fills += 1
            try:
                outcomes = table.action.run(values)
            except Exception as fault:
                raise ActionFault(table.action, values, fault) from fault
            if outcomes:
                self._write(table, values, outcomes, depth, _Finder(chunk, looked, key, len(self._slots)))
        table.first[keys] = first
        table.count[keys] = np.diff([*first, len(table.rows)])
        table.most = max(table.most, int(table.count[keys].max()))

    def _write(
        self,
        table: Table,
        values: tuple[Hashable, ...],
        outcomes: Sequence[Outcome],
        depth: int,
        find: Callable[[], Numbers],
    ) -> None:
        """Write the rows of one key: one for each outcome that is a transition."""
        for outcome in outcomes:
            self._entries += 1
            code = len(self._taken)
            self._taken.append(Taken(table.action, outcome))
            kinds = tuple(type(event).__name__ for event in outcome.events)
            kind = (table.action.operation, outcome.clause, kinds)
            if kind not in self._first:
                self._first[kind] = (depth, find(), code)
            if self._judge is not None:
                for name, judgement in self._judge(table.action, values, outcome):
                    self._note(name, judgement, depth, find, code)
            if outcome.clause is not None and outcome.writes is None and not outcome.grows:
                continue
            if outcome.writes is not None:
                pairs = zip(table.writes, outcome.writes, strict=True)
                written = tuple([self._values.number(slot, value) for slot, value in pairs])
            else:
                held = dict(zip(table.action.reads, values, strict=True))
                written = tuple([self._values.number(self._place[slot], held[slot]) for slot in table.action.writes])
            table.rows.append(written)
            gain = self._gains.number([(self._place[slot], added) for slot, added in outcome.grows])
            table.gains.append(gain)
            table.hits.append(code)

    def _note(self, name: str, judgement: Judgement, depth: int, find: Callable[[], Numbers], code: int) -> None:
        if judgement is False:
            return
        self._exercised[name] = self._exercised.get(name, 0) + 1
        if judgement is not True and all(name != known for known, *_ in self._broken):
            self._broken.append((name, judgement, depth, find(), code))

    def _look_up(self, chunk: Chunk, depth: int) -> list[Ids]:
        """The keys of a chunk under every table, with every row there."""
        looked: list[Ids] = []
        for table in self._tables:
            keys = table.key.ids(chunk)
            looked.append(keys)
            unknown = table.unknown(keys)
            if len(unknown):
                self._fill(table, unknown, depth, chunk, keys)
        return looked

    # ---- successors ---------------------------------------------------------------------------------

    def _successors(self, chunk: Chunk, looked: Sequence[Ids], codes: bool = False) -> tuple[Words, Ids, Ids]:
        """Every successor of a chunk (with repetitions), and, if asked, whose it is and by which outcome."""
        packing = self._packing
        words: list[list[Words]] = [[] for _ in range(packing.groups)]
        parts: list[list[Ids | None]] = [[] for _ in range(packing.groups)]
        origin: list[Ids] = []
        by: list[Ids] = []
        for table, keys in zip(self._tables, looked, strict=True):
            if not table.rows:
                continue
            count = table.count[keys]
            for which in range(table.most):
                at = np.flatnonzero(count > which)
                if not len(at):
                    break
                row = table.first[keys[at]] + which
                gains = np.array(table.gains, np.int64)[row] if any(table.gains) else None
                for group in range(packing.groups):
                    word: Words | None = None
                    if group in table.groups:
                        word = (chunk.words(group)[at] & table.groups[group]) | table.bits(packing, group)[row]
                    if gains is not None:
                        word = self._gains.applied(
                            packing, group, chunk.words(group)[at] if word is None else word, gains
                        )
                    if word is None and packing.narrow:
                        word = chunk.words(group)[at]
                    if word is None:
                        parts[group].append(chunk.parts[group][at])
                    else:
                        parts[group].append(None)
                        words[group].append(word)
                if codes:
                    origin.append(at)
                    by.append(np.array(table.hits, np.int64)[row])
        nothing = np.zeros(0, np.int64)
        whose = np.concatenate([nothing, *origin])
        outcome = np.concatenate([nothing, *by])
        if packing.narrow:
            return np.concatenate([np.zeros(0, np.uint64), *words[0]]), whose, outcome
        if not parts[0]:
            return np.zeros(0, np.uint64), whose, outcome
        numbers: list[Ids] = []
        for group in range(packing.groups):
            if words[group]:
                fresh = packing.number(group, np.concatenate(words[group]))
                low = 0
                pieces = iter(words[group])
                for index, part in enumerate(parts[group]):
                    if part is None:
                        high = low + len(next(pieces))
                        parts[group][index] = fresh[low:high]
                        low = high
            numbers.append(np.concatenate(cast(list[Ids], parts[group])))
        return packing.fold(numbers), whose, outcome

    # ---- the search ---------------------------------------------------------------------------------

    def run(
        self,
        *,
        progress: Callable[[Progress], None] | None = None,
        phase: str = "",
        state_limit: int | None = None,
        time_limit: float | None = None,
    ) -> Exploration:
        """Explore until nothing new is found, a rule is violated, a limit is reached or the user interrupts."""
        started, told, reason = time.monotonic(), 0.0, ""
        first = [self._values.number(index, self.machine.initial[slot]) for index, slot in enumerate(self._slots)]
        frontier = self._packing.pack([np.array([number], np.int64) for number in first])
        states = 1
        self._levels, self._runs = [frontier], [frontier]
        collecting = gc.isenabled()
        gc.disable()
        try:
            self._check(frontier, 0)
            while len(frontier) and not self._broken and not reason:
                depth = len(self._levels) - 1
                fresh: list[Words] = []
                low = 0
                while low < len(frontier):
                    chunk = Chunk(self._packing, frontier[low : low + _CHUNK])
                    looked = self._look_up(chunk, depth)
                    self._gains.foresee(chunk, zip(self._tables, looked, strict=True))
                    if not self._fits():
                        frontier, *fresh = self._repack([frontier, *fresh])
                        chunk = Chunk(self._packing, frontier[:0])
                    if self._broken:
                        break
                    if not len(chunk.roots):
                        continue
                    found, _, _ = self._successors(chunk, looked)
                    self._transitions += len(found)
                    self._count(looked)
                    found.sort()
                    fresh.append(_distinct(found))
                    low += _CHUNK
                    now = time.monotonic() - started
                    if time_limit is not None and now > time_limit:
                        reason = f"the time limit of {time_limit:g} s"
                    elif state_limit is not None and states >= state_limit:
                        reason = f"the limit of {state_limit} states"
                    if reason:
                        break
                    if progress is not None and now - told > _PAUSE:
                        told = now
                        left = max(0, len(frontier) - low)
                        progress(Progress(phase, states, left, depth, states / max(now, 1e-9), now))
                if self._broken:
                    break
                frontier = self._unknown(fresh)
                if len(frontier):
                    states += len(frontier)
                    self._levels.append(frontier)
                    self._remember(frontier)
                    self._check(frontier, len(self._levels) - 1)
        except KeyboardInterrupt:
            reason = "interrupted"
        finally:
            if collecting:
                gc.enable()
        if self._broken and not reason:
            reason = "a property is violated"
        return self._report(reason, states, time.monotonic() - started)

    def _unknown(self, fresh: Sequence[Words]) -> Words:
        found = np.concatenate([np.zeros(0, np.uint64), *fresh])
        if len(fresh) > 1:
            found.sort()
            found = _distinct(found)
        for run in self._runs:
            at = np.searchsorted(run, found)
            at[at == len(run)] = 0
            found = found[run[at] != found]
        return found

    def _remember(self, level: Words) -> None:
        runs = self._runs
        runs.append(level)
        while len(runs) > 1 and len(runs[-2]) < 2 * len(runs[-1]):
            last = runs.pop()
            merged = np.concatenate((runs[-1], last))
            merged.sort(kind="stable")
            runs[-1] = merged

    def _count(self, looked: Sequence[Ids]) -> None:
        for table, keys in zip(self._tables, looked, strict=True):
            table.taken += int(table.count[keys].sum())

    # ---- rules on states ----------------------------------------------------------------------------

    def _check(self, level: Words, depth: int) -> None:
        """Hold the invariants to every state of a level."""
        for low in range(0, len(level), _CHUNK) if self._rules else ():
            chunk = Chunk(self._packing, level[low : low + _CHUNK])
            for rule in self._rules:
                for judgement, at in rule.news(chunk, self._values):
                    where = tuple(int(chunk.column(slot)[at]) for slot in range(len(self._slots)))
                    self._note(rule.rule.property, judgement, depth, _Here(where), -1)

    # ---- what was found -----------------------------------------------------------------------------

    def _path(self, depth: int, numbers: Numbers, code: int) -> Path:
        """A shortest path to a state of a level, and one more step: found backwards, level by level."""
        root = int(self._packing.pack([np.array([number], np.int64) for number in numbers])[0])
        steps = [] if code < 0 else [self._taken[code]]
        for level in range(depth - 1, -1, -1):
            root, by = self._before(self._levels[level], root)
            steps.append(self._taken[by])
        return tuple(reversed(steps))

    def _before(self, level: Words, root: int) -> tuple[int, int]:
        for low in range(0, len(level), _CHUNK):
            chunk = Chunk(self._packing, level[low : low + _CHUNK])
            found, whose, by = self._successors(chunk, self._look_up(chunk, 0), codes=True)
            hits = np.flatnonzero(found == np.uint64(root))
            if len(hits):
                return int(chunk.roots[whose[hits[0]]]), int(by[hits[0]])
        raise AssertionError("every state of a level has a predecessor in the one before")

    def behaviours(self) -> tuple[Behaviour, ...]:
        """Every (operation, clause, classes of events) that occurred, with a shortest path to its first occurrence."""
        return tuple(Behaviour(*kind, self._path(*first)) for kind, first in self._first.items())

    def _report(self, reason: str, states: int, seconds: float) -> Exploration:
        operations = dict.fromkeys((action.operation for action in self.machine.actions), 0)
        for table in self._tables:
            operations[table.action.operation] += table.taken
        violations = tuple(
            Violation(name, text, self._path(depth, numbers, code)) for name, text, depth, numbers, code in self._broken
        )
        return Exploration(
            self.machine.title,
            not reason,
            reason,
            states,
            self._transitions,
            len(self._levels) - 1,
            seconds,
            self._fills,
            self._entries,
            operations,
            self._exercised,
            violations,
            self.behaviours,
        )


@dataclass(frozen=True, slots=True)
class _Finder:
    """Finds, when it is asked, the first state of a chunk that has a certain key."""

    chunk: Chunk
    keys: Ids
    key: int
    slots: int

    def __call__(self) -> Numbers:
        at = int(np.flatnonzero(self.keys == self.key)[0])
        return tuple(int(self.chunk.column(slot)[at]) for slot in range(self.slots))


@dataclass(frozen=True, slots=True)
class _Here:
    """A state that is known already."""

    numbers: Numbers

    def __call__(self) -> Numbers:
        return self.numbers


def _distinct(ordered: Words) -> Words:
    if not len(ordered):
        return ordered
    return ordered[np.concatenate(([True], ordered[1:] != ordered[:-1]))]
