"""Progress: from which states some steps lead to a goal, found backwards over the states that are stored.

Edges are not kept: those of a state are made again when it is asked where it leads. A pass goes from the deepest level
to the first, and asks only states that are not known to lead to the goal; passes go on until one finds nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from lockedroom.model.report import Goal, Invariant
from lockedroom.model.tabulated.expand import Change, Expansion, Plain
from lockedroom.model.tabulated.interner import Words
from lockedroom.model.tabulated.packing import Chunk, Packing
from lockedroom.model.tabulated.rules import Rule
from lockedroom.model.tabulated.store import Store
from lockedroom.model.tabulated.values import Values
from lockedroom.reference.machine import Slot

_CHUNK: Final = 1 << 15


@dataclass(frozen=True, slots=True)
class Reached:
    """What became of a goal: in how many states it is owed, and one of the first from which nothing leads to it."""

    owed: int
    stuck: tuple[int, int] | None
    """Its level and the state; None where there is none."""


class Backwards:
    """The search for one goal, the `number`-th of those that rows are marked for."""

    def __init__(
        self, goal: Goal, number: int, place: dict[Slot, int], values: Values, store: Store, expansion: Expansion
    ) -> None:
        self._bit = np.uint8(1 << number)
        self._owed = Rule(Invariant(goal.property, goal.reads, goal.views, _as_owed(goal.owed)), place)
        self._values = values
        self._store = store
        self._expansion = expansion
        self._may = {
            id(source): np.array([goal.by(action) for action in source.table.actions])
            for source in expansion.sources
            if isinstance(source, Plain)
        }
        self._everywhere = not goal.reads

    def search(
        self, packing: Packing, represented: Callable[[Packing, Words], Words], look: Callable[[int], None]
    ) -> Reached:
        """Search. `look` is told how many states are left, chunk by chunk, and may raise to end it."""
        levels = self._store.levels
        ends = np.cumsum([0, *map(len, levels)])
        every = np.concatenate([np.asarray(level) for level in levels])
        order = every.argsort(kind="stable")
        every = every[order]
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        # By place in order.
        good = np.zeros(len(every), np.bool_)
        found = True
        first = True
        while found:
            found = False
            for depth in range(len(levels) - 1, -1, -1):
                mine = place[ends[depth] : ends[depth + 1]]
                left = np.flatnonzero(~good[mine])
                for low in range(0, len(left), _CHUNK):
                    at = left[low : low + _CHUNK]
                    chunk = Chunk(packing, np.asarray(levels[depth][at]))
                    leads = self._leads(packing, represented, chunk, every, good, first)
                    found = found or bool(leads.any())
                    good[mine[at[leads]]] = True
                    look(int(len(good) - np.count_nonzero(good)) if not low else len(left) - low)
            first = False
        return self._judged(packing, [~good[place[a:b]] for a, b in pairwise(ends.tolist())])

    def _leads(
        self,
        packing: Packing,
        represented: Callable[[Packing, Words], Words],
        chunk: Chunk,
        every: Words,
        good: npt.NDArray[np.bool_],
        first: bool,
    ) -> npt.NDArray[np.bool_]:
        """Which states of a chunk lead to the goal, as far as is known."""
        leads = np.zeros(len(chunk.roots), np.bool_)
        changes = self._expansion.changes(chunk)
        for change in changes:
            if first:
                leads[change.at[(self._marks(change) & self._bit) > 0]] = True
        states = represented(packing, self._expansion.successors(packing, chunk, changes))
        at = np.concatenate([np.zeros(0, np.int64), *(change.at for change in changes)])
        may = np.concatenate([np.zeros(0, np.bool_), *(self._allowed(change) for change in changes)])
        chosen = np.flatnonzero(may & ~leads.take(at))
        known = good.take(every.searchsorted(states.take(chosen)))
        leads[at.take(chosen[known])] = True
        return leads

    def _marks(self, change: Change) -> npt.NDArray[np.uint8]:
        assert isinstance(change.source, Plain), "nothing is taken apart where there are goals"
        marks: npt.NDArray[np.uint8] = change.source.table.marks.all.take(change.rows[0])
        return np.where(self._allowed(change), marks, np.uint8(0))

    def _allowed(self, change: Change) -> npt.NDArray[np.bool_]:
        assert isinstance(change.source, Plain), "nothing is taken apart where there are goals"
        which = change.source.table.by.all[:, 0].take(change.rows[0])
        allowed: npt.NDArray[np.bool_] = self._may[id(change.source)].take(which)
        return allowed

    def _judged(self, packing: Packing, stuck: Sequence[npt.NDArray[np.bool_]]) -> Reached:
        owed, first = 0, None
        for depth, (level, bad) in enumerate(zip(self._store.levels, stuck, strict=True)):
            for low in range(0, len(level), _CHUNK):
                chunk = Chunk(packing, np.asarray(level[low : low + _CHUNK]))
                due = np.ones(len(chunk.roots), np.bool_) if self._everywhere else self._owed.holds(chunk, self._values)
                owed += int(np.count_nonzero(due))
                at = np.flatnonzero(due & bad[low : low + _CHUNK])
                if first is None and len(at):
                    first = (depth, int(chunk.roots[at[0]]))
        return Reached(owed, first)


def _as_owed(owed: Callable[[tuple[Hashable, ...]], bool]) -> Callable[[tuple[Hashable, ...]], bool]:
    return lambda seen: bool(owed(seen))
