"""Shortest paths, found backwards level by level and then walked forwards.

Backwards, states are packed and stand for their orbits; forwards, actions are run on the values themselves, so that a
path is concrete whatever was reduced.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from lockedroom.model.report import Invariant, Path, StepJudge, Taken
from lockedroom.model.tabulated.expand import Expansion
from lockedroom.model.tabulated.fills import Kind
from lockedroom.model.tabulated.interner import Words
from lockedroom.model.tabulated.packing import Chunk, Packing
from lockedroom.model.tabulated.store import Store
from lockedroom.model.tabulated.values import Values
from lockedroom.reference.machine import Action, Machine, Outcome, Slot

State: TypeAlias = dict[Slot, Hashable]

_CHUNK: Final = 1 << 15


@dataclass(frozen=True, slots=True)
class Want:
    """A path to a state of a level; then one more step, of a `kind` or by which the property `broken` breaks (`step`),
    or none where the state itself breaks it."""

    depth: int
    root: int
    kind: Kind | None = None
    broken: str | None = None
    step: bool = True


class Paths:
    """Finds paths of one exploration."""

    def __init__(
        self,
        machine: Machine,
        slots: Sequence[Slot],
        values: Values,
        store: Store,
        expansion: Expansion,
        represented: Callable[[Packing, Words], Words],
        judge: StepJudge | None,
        invariants: Sequence[Invariant],
    ) -> None:
        self._machine = machine
        self._slots = tuple(slots)
        self._values = values
        self._store = store
        self._expansion = expansion
        self._represented = represented
        self._judge = judge
        self._invariants = tuple(invariants)

    def find(self, packing: Packing, wants: Sequence[Want]) -> list[tuple[Path, str]]:
        """A path for each, and what the judge says at its end."""
        before = self._predecessors(packing, wants)
        return [self._walk(packing, want, before) for want in wants]

    def _predecessors(self, packing: Packing, wants: Sequence[Want]) -> list[dict[int, int]]:
        """For each level the state before each state of it that is on a path."""
        deepest = max((want.depth for want in wants), default=0)
        before: list[dict[int, int]] = [{} for _ in range(deepest + 1)]
        for depth in range(deepest, 0, -1):
            needed = {want.root for want in wants if want.depth == depth}
            if depth < deepest:
                needed |= set(before[depth + 1].values())
            level = self._store.levels[depth - 1]
            for low in range(0, len(level), _CHUNK):
                missing = np.array(sorted(needed.difference(before[depth])), np.uint64)
                if not len(missing):
                    break
                chunk = Chunk(packing, level[low : low + _CHUNK])
                changes = self._expansion.changes(chunk)
                found = self._expansion.successors(packing, chunk, changes)
                if packing.narrow:
                    found = self._represented(packing, found)
                whose = np.concatenate([np.zeros(0, np.int64), *(change.at for change in changes)])
                at = missing.searchsorted(found)
                at[at == len(missing)] = 0
                for hit in np.flatnonzero(missing[at] == found).tolist():
                    before[depth].setdefault(int(found[hit]), int(chunk.roots[whose[hit]]))
        return before

    def _walk(self, packing: Packing, want: Want, before: Sequence[dict[int, int]]) -> tuple[Path, str]:
        roots = [want.root]
        for depth in range(want.depth, 0, -1):
            roots.append(before[depth][roots[-1]])
        state: State = dict(self._machine.initial)
        steps: list[Taken] = []
        for root in roots[-2::-1]:
            for action, _, outcome, after in self._steps(state):
                if self._root(packing, after) == root:
                    steps.append(Taken(action, outcome))
                    state = after
                    break
            else:
                raise AssertionError("every state of a level comes from one of the level before")
        if want.kind is None and not want.step:
            return tuple(steps), self._says(want.broken, state)
        for action, values, outcome, _ in self._steps(state):
            said = self._meant(want, action, values, outcome)
            if said is not None:
                return (*steps, Taken(action, outcome)), said
        raise AssertionError("what was noted in a state happens in those like it")

    def _meant(self, want: Want, action: Action, values: tuple[Hashable, ...], outcome: Outcome) -> str | None:
        if want.kind is not None:
            kind = (action.operation, outcome.clause, tuple(type(event).__name__ for event in outcome.events))
            return "" if kind == want.kind else None
        for name, judgement in self._judge(action, values, outcome) if self._judge else ():
            if name == want.broken and isinstance(judgement, str):
                return judgement
        return None

    def _says(self, name: str | None, state: State) -> str:
        for rule in self._invariants:
            if rule.property == name:
                seen = tuple(view(state[slot]) for slot, view in zip(rule.reads, rule.views, strict=True))
                judgement = rule.judge(seen)
                if isinstance(judgement, str):
                    return judgement
        return ""

    def _steps(self, state: State) -> Iterator[tuple[Action, tuple[Hashable, ...], Outcome, State]]:
        """Everything that can happen in a state, in the machine's order."""
        for action in self._machine.actions:
            values = tuple(state[slot] for slot in action.reads)
            for outcome in action.run(values):
                after = dict(state)
                if outcome.writes is not None:
                    after.update(zip(action.writes, outcome.writes, strict=True))
                for slot, added in outcome.grows:
                    after[slot] = after[slot] | added  # type: ignore[operator]  # monotone slots hold sets
                yield action, values, outcome, after

    def _root(self, packing: Packing, state: State) -> int | None:
        """The packed representative of a state; None where it holds a value that no state does."""
        numbers = [self._values.known(index, state[slot]) for index, slot in enumerate(self._slots)]
        if None in numbers:
            return None
        packed = packing.pack([np.array([number], np.int64) for number in numbers])
        return int(self._represented(packing, packed)[0])
