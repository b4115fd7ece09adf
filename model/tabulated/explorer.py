"""The search: level by level, each a handful of array operations, over any `Machine`.

It gives what `model.explore` gives, count for count, and is checked against it. A level is cut into chunks; each
table is asked for the rows of a chunk, rows become successors, which are sorted and made distinct; those of the whole
level are looked up in what is known. While one chunk is expanded, the one before is sorted by the other core; where
many calls of actions are due, half of them are made by a fork.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Final

import numpy as np

from lockedroom.model.clock import Clock, no_collector
from lockedroom.model.explore import known_slots
from lockedroom.model.report import Behaviour, Exploration, Goal, Invariant, Progress, StepJudge, Violation
from lockedroom.model.tabulated.checkpoint import identity, load, save
from lockedroom.model.tabulated.expand import Expansion, Factored, sources_of
from lockedroom.model.tabulated.fills import WORTH, Filler, Kind, Place
from lockedroom.model.tabulated.goals import Backwards
from lockedroom.model.tabulated.interner import Ids, Pairs, Words, distinct, merged
from lockedroom.model.tabulated.packing import Chunk, Packing, TooWide, blocks_of, ordered
from lockedroom.model.tabulated.paths import Paths, Want
from lockedroom.model.tabulated.rules import Rule, images
from lockedroom.model.tabulated.store import Store
from lockedroom.model.tabulated.symmetry import Orbits
from lockedroom.model.tabulated.tables import Keys
from lockedroom.model.tabulated.values import Values
from lockedroom.reference.machine import Machine, Slot

_CHUNK: Final = 1 << 15
"""States in a chunk: what is made of them stays in the processor's caches."""
_BATCH: Final = 40_000
"""Calls of actions between two looks at the clock."""
_SAVED: Final = 120.0
"""Seconds between two checkpoints."""
_FEW: Final = 1_000
"""Levels of fewer states are not looked through beforehand."""
_KEPT: Final = ("_by_level", "_kinds", "_broken", "_exercised", "_asked", "_complete", "_seconds")
"""What a checkpoint keeps beside numbers, tables and states."""


def _itself(packing: Packing, states: Words) -> Words:
    return states


class _Ended(Exception):
    """Somebody or something ends a search; says why."""


class Tabulated:
    """One exploration of one machine. `run` does it; what is found stays here."""

    def __init__(
        self,
        machine: Machine,
        judge: StepJudge | None = None,
        invariants: Sequence[Invariant] = (),
        *,
        goals: Sequence[Goal] = (),
        symmetry: bool = False,
        jobs: int | None = None,
        memory: int | None = None,
        engine_calls: Callable[[], int] | None = None,
    ) -> None:
        """`goals`: what is to stay in reach. `symmetry`: one state for all that the machine's symmetry makes alike.
        `jobs`: processors to use, else all. `memory`: bytes of states held in memory before they go to files.
        `engine_calls`: a counter to keep across forks. Raises ValueError for a symmetry that the machine does not
        have."""
        self.machine = machine
        self._jobs = jobs or len(os.sched_getaffinity(0))
        self._slots = ordered(machine)
        self._place: dict[Slot, int] = {slot: index for index, slot in enumerate(self._slots)}
        self._values = Values(len(self._slots))
        self._first = [self._values.number(index, machine.initial[slot]) for index, slot in enumerate(self._slots)]
        self._blocks = blocks_of(machine, self._slots)
        self._packing = Packing(self._values.widths(), self._blocks)
        self._keys = Keys(self._values)
        sources = sources_of(machine, self._place, self._keys, self._packing, factor=judge is None and not goals)
        self._tables = [table for source in sources for table in source.tables]
        self._factored = [source for source in sources if isinstance(source, Factored)]
        parts = [table for source in self._factored for table in source.parts]
        self._filler = Filler(self._tables, parts, self._values, self._place, judge, goals, engine_calls)
        self._orbits: Orbits | None = None
        if symmetry and machine.symmetry is not None and len(machine.symmetry.names) > 1:
            self._orbits = Orbits(machine.symmetry, self._slots, self._values, self._packing)
            self._orbits.foresee()
        self._expansion = Expansion(sources, self._filler, self._values, self._orbits)
        known_slots(machine, (*invariants, *goals))
        rules = images(invariants, machine.symmetry) if self._orbits and machine.symmetry else invariants
        self._rules = [Rule(rule, self._place) for rule in rules]
        self.store = Store(memory)
        # No method of its own: nothing here may hold on to itself, or it would be the cycle collector that frees it.
        self._represented = self._orbits.representatives if self._orbits else _itself
        self._paths = Paths(
            machine, self._slots, self._values, self.store, self._expansion, self._represented, judge, invariants
        )
        self._by_level: list[int] = []
        self._kinds: dict[Kind, int] = {}
        self._broken: dict[str, tuple[str, int, Place | None, int]] = {}
        self._exercised: dict[str, int] = {}
        self._goals = tuple(goals)
        self._asked = 0
        self._seconds = 0.0
        self._complete = False

    # ---- packing ------------------------------------------------------------------------------------

    def _fits(self) -> bool:
        return all(need <= have for need, have in zip(self._values.widths(), self._packing.widths, strict=True))

    def _repack(self, loose: Sequence[Words]) -> list[Words]:
        """Pack anew for the numbers that there are now, every array of states; returns `loose`, rewritten."""
        need = self._values.widths()
        old = self._packing
        roomy = [width if width >= n else n + 1 for n, width in zip(need, old.widths, strict=True)]
        try:
            old.widen(roomy)
            self._rest_repacked()
            return list(loose)
        except TooWide:
            pass
        new = self._packing = self._roomiest(need, roomy)
        self._rest_repacked()

        def moved(states: Words) -> Words:
            pieces = [np.zeros(0, np.uint64)]
            for low in range(0, len(states), _CHUNK):
                chunk = Chunk(old, states[low : low + _CHUNK])
                packed = new.pack([chunk.column(slot) for slot in range(len(self._slots))])
                pieces.append(self._represented(new, packed))
            packed = np.concatenate(pieces)
            packed.sort()
            return packed

        self.store.rewrite(moved)
        return [moved(states) for states in loose]

    def _roomiest(self, need: Sequence[int], roomy: Sequence[int]) -> Packing:
        spare = [n + 1 for n in need]
        for widths in (spare, roomy, need):
            if sum(widths) <= 64:
                return Packing(widths, self._blocks)
        for widths in (spare, roomy):
            try:
                return Packing(widths, self._blocks)
            except TooWide:
                continue
        return Packing(need, self._blocks)

    def _rest_repacked(self) -> None:
        for table in self._tables:
            table.repack(self._packing)
        if self._orbits is not None:
            self._orbits.repack(self._packing)

    # ---- the search ---------------------------------------------------------------------------------

    def run(
        self,
        *,
        progress: Callable[[Progress], None] | None = None,
        phase: str = "",
        state_limit: int | None = None,
        time_limit: float | None = None,
        checkpoint: Path | None = None,
    ) -> Exploration:
        """Explore until nothing new is found, a rule is violated, a limit is reached or the user interrupts.

        `checkpoint`: a file to save to now and then, and when it ends early. Raises OSError for that."""
        clock = Clock(progress, phase, state_limit, time_limit)
        saved = 0.0
        reason = ""
        with no_collector(), clock.listening():
            if not self.store.levels:
                self._start()
            while not (reason or self._broken or self._complete):
                reason = self._level(clock)
                if checkpoint is not None and (reason or clock.seconds - saved > _SAVED):
                    saved = clock.seconds
                    self.save(checkpoint, clock.seconds)
            if self._complete and not reason:
                reason = self._progress(clock)
                if checkpoint is not None:
                    self.save(checkpoint, clock.seconds)
        self._seconds += clock.seconds
        if self._broken and not reason:
            reason = "a property is violated"
        return self._report(reason, self._seconds)

    def _start(self) -> None:
        frontier = self._packing.pack([np.array([number], np.int64) for number in self._first])
        if self._orbits is not None and not self._orbits.fixed(self._first):
            raise ValueError("the initial state changes when names are exchanged: the machine is not symmetric")
        self.store.add(frontier)
        self._check(frontier, 0)

    def _level(self, clock: Clock) -> str:
        """Expand the last level and add the next; why not, if something is in the way."""
        depth = len(self.store.levels) - 1
        before = [table.taken.copy() for table in self._tables], [source.taken for source in self._factored]
        fresh: list[Words] = []
        transitions, calls = 0, self._filler.notes.calls
        reason = self._prefill(clock, depth)
        large = self._jobs > 1 and len(self.store.levels[-1]) > 2 * _CHUNK
        with ThreadPoolExecutor(1) if large else nullcontext() as pool:
            sorting: deque[Future[Words]] = deque()
            low = 0
            while low < len(self.store.levels[-1]) and not reason and not self._broken:
                chunk = Chunk(self._packing, self.store.levels[-1][low : low + _CHUNK])
                changes = self._expansion.changes(chunk)
                if self._orbits is not None:
                    self._orbits.foresee()
                if not self._fits():
                    fresh = self._repack([*fresh, *(done.result() for done in sorting)])
                    sorting.clear()
                    continue
                found = self._expansion.successors(self._packing, chunk, changes)
                transitions += len(found)
                for change in changes:
                    change.count()
                    if change.operation:
                        self._kinds.setdefault((change.operation, None, ()), depth)
                low += len(chunk.roots)
                if pool is None:
                    fresh.append(self._tidy(found))
                else:
                    sorting.append(pool.submit(self._tidy, found))
                    while len(sorting) > 2:
                        fresh.append(sorting.popleft().result())
                self._note(depth)
                left = len(self.store.levels[-1]) - low
                reason = clock.look(len(self.store), left, depth)
            fresh += [done.result() for done in sorting]
            if reason:
                for table, taken in zip(self._tables, before[0], strict=True):
                    table.taken = taken
                for source, times in zip(self._factored, before[1], strict=True):
                    source.taken = times
                return reason
            self._by_level.append(transitions)
            self._asked = self._filler.notes.calls - calls
            if self._broken:
                return ""
            known = self.store.unknown(merged(fresh), pool)
        if len(known):
            self.store.add(known)
            self._check(known, depth + 1)
        else:
            self._complete = True
        return ""

    def _progress(self, clock: Clock) -> str:
        """Ask of every goal whether it stays in reach; why that was not done to the end."""

        def look(left: int) -> None:
            reason = clock.look(len(self.store), left, len(self.store.levels) - 1)
            if reason:
                raise _Ended(reason)

        try:
            for number, goal in enumerate(self._goals):
                search = Backwards(goal, number, self._place, self._values, self.store, self._expansion)
                found = search.search(self._packing, self._represented, look)
                if found.owed:
                    self._exercised[goal.property] = found.owed
                if found.stuck is not None:
                    depth, root = found.stuck
                    self._broken[goal.property] = ("from here nothing leads to it any more", depth, None, root)
        except _Ended as ended:
            return str(ended)
        return ""

    def _prefill(self, clock: Clock, depth: int) -> str:
        """Ask what the last level will ask, both cores at once, where that is worth a pass of its own."""
        level = self.store.levels[-1]
        if self._jobs < 2 or len(level) < _FEW or self._asked < WORTH:
            return ""
        wanted: dict[int, list[Ids]] = {}
        total = 0
        for low in range(0, len(level), _CHUNK):
            for number, keys in self._expansion.wanted(Chunk(self._packing, level[low : low + _CHUNK])):
                wanted.setdefault(number, []).append(keys)
                total += len(keys)
            if total > _BATCH or low + _CHUNK >= len(level):
                asked = [(self._tables[number], np.unique(np.concatenate(keys))) for number, keys in wanted.items()]
                self._filler.fill_all(asked, self._jobs)
                wanted, total = {}, 0
                self._note(depth)
                reason = clock.look(len(self.store), len(level), depth)
                if reason or self._broken:
                    return reason
        return ""

    def _tidy(self, found: Words) -> Words:
        """Some successors in order, each once, and each as its representative."""
        found.sort()
        found = distinct(found)
        if self._orbits is not None and self._packing.narrow:
            found = self._orbits.canonical(found)
            found.sort()
            found = distinct(found)
        return found

    def _note(self, depth: int) -> None:
        """Take over what fills have noted."""
        notes = self._filler.notes
        for kind in notes.first:
            self._kinds.setdefault(kind, depth)
        for name, (text, place) in notes.broken.items():
            self._broken.setdefault(name, (text, depth, place, 0))

    def _check(self, level: Words, depth: int) -> None:
        """Hold the invariants to every state of a level."""
        for low in range(0, len(level), _CHUNK) if self._rules else ():
            chunk = Chunk(self._packing, level[low : low + _CHUNK])
            for rule in self._rules:
                name = rule.rule.property
                for judgement, at in rule.news(chunk, self._values):
                    if judgement is not False:
                        self._exercised[name] = self._exercised.get(name, 0) + 1
                    if isinstance(judgement, str):
                        self._broken.setdefault(name, (judgement, depth, None, int(chunk.roots[at])))

    # ---- to be continued ----------------------------------------------------------------------------

    def save(self, file: Path, seconds: float = 0.0) -> None:
        """Put all that was found into a file, up to the last level that is whole; `seconds` were spent since it began.
        Raises OSError."""
        save(
            file,
            identity(self.machine),
            {
                "values": self._values.values,
                "packing": self._packing.content(),
                "keys": [pair.known.keys.copy() for pair in self._keys.pairs()],
                "tables": [table.content() for table in self._tables],
                "factored": [source.taken for source in self._factored],
                "rules": [rule.content() for rule in self._rules],
                "levels": [np.asarray(level) for level in self.store.levels],
                "notes": self._filler.notes,
                **{name: getattr(self, name) for name in _KEPT},
                "_seconds": self._seconds + seconds,
            },
        )

    def resume(self, file: Path, trusted: Collection[str] = ()) -> None:
        """Take from a file what another exploration of this machine put there, before `run`. Raises CheckpointError,
        OSError."""
        found = load(file, identity(self.machine), trusted)
        self._values.restore(found["values"])
        self._packing = Packing.of(found["packing"], self._blocks)
        for pair, keys in zip(self._keys.pairs(), found["keys"], strict=True):
            pair.known = Pairs.of(keys)
        for table, content in zip(self._tables, found["tables"], strict=True):
            table.restore(content, self._packing)
        for source, taken in zip(self._factored, found["factored"], strict=True):
            source.taken = taken
        for rule, content in zip(self._rules, found["rules"], strict=True):
            rule.restore(content)
        if self._orbits is not None:
            self._orbits.foresee()
            self._orbits.repack(self._packing)
        self._filler.notes = found["notes"]
        for name in _KEPT:
            setattr(self, name, found[name])
        self.store.restore(found["levels"])

    # ---- what was found -----------------------------------------------------------------------------

    def behaviours(self) -> tuple[Behaviour, ...]:
        """Every (operation, clause, classes of events) that occurred, with a shortest path to its first occurrence."""
        first = self._filler.notes.first
        wants = [
            Want(depth, self._root_of(depth, first.get(kind) or kind[0]), kind=kind)
            for kind, depth in self._kinds.items()
        ]
        paths = self._paths.find(self._packing, wants)
        return tuple(Behaviour(*kind, path) for kind, (path, _) in zip(self._kinds, paths, strict=True))

    def _violations(self) -> tuple[Violation, ...]:
        wants = [
            Want(depth, root if place is None else self._root_of(depth, place), broken=name, step=place is not None)
            for name, (_, depth, place, root) in self._broken.items()
        ]
        paths = self._paths.find(self._packing, wants)
        return tuple(
            Violation(name, said or text, path)
            for (name, (text, *_)), (path, said) in zip(self._broken.items(), paths, strict=True)
        )

    def _root_of(self, depth: int, where: Place | str) -> int:
        """A state of a level where a table was asked for a key, or where a factored operation is enabled."""
        level = self.store.levels[depth]
        for low in range(0, len(level), _CHUNK):
            chunk = Chunk(self._packing, level[low : low + _CHUNK])
            if isinstance(where, str):
                changes = [c for c in self._expansion.changes(chunk) if c.operation == where]
                at = changes[0].at if changes else np.zeros(0, np.int64)
            else:
                table = self._tables[where[0]]
                among, admitted = table.admitted(chunk)
                at = np.flatnonzero(table.key.ids(admitted) == where[1])
                at = at if among is None else among.take(at)
            if len(at):
                return int(chunk.roots[at[0]])
        raise AssertionError("whatever was noted, was noted in some state of the level")

    def _report(self, reason: str, seconds: float) -> Exploration:
        operations = dict.fromkeys((action.operation for action in self.machine.actions), 0)
        for table in self._tables:
            for action, count in zip(table.actions, table.taken.tolist(), strict=True):
                operations[action.operation] = operations.get(action.operation, 0) + count
        for source in self._factored:
            operations[source.action.operation] += source.taken
        notes = self._filler.notes
        exercised = dict(notes.exercised)
        for name, times in self._exercised.items():
            exercised[name] = exercised.get(name, 0) + times
        return Exploration(
            self.machine.title,
            not reason,
            reason,
            len(self.store),
            sum(self._by_level),
            len(self.store.levels) - 1,
            seconds,
            notes.calls,
            notes.outcomes,
            operations,
            exercised,
            self._violations(),
            self.behaviours,
            notes.engine,
            tuple(zip(map(len, self.store.levels), [*self._by_level, 0], strict=False)),
            () if self._orbits is None else (self._orbits.says,),
            tuple(self._kinds),
        )
