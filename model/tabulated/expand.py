"""One chunk of states and all its successors, by arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lockedroom.model.tabulated.fills import Filler
from lockedroom.model.tabulated.interner import Ids, Words
from lockedroom.model.tabulated.packing import Chunk, Packing
from lockedroom.model.tabulated.symmetry import Orbits
from lockedroom.model.tabulated.tables import Keys, Table
from lockedroom.model.tabulated.values import Values
from lockedroom.reference.machine import Action, Machine, Slot


@dataclass(slots=True)
class Plain:
    """Actions that read the same, in one table."""

    table: Table

    @property
    def tables(self) -> tuple[Table, ...]:
        """Its tables."""
        return (self.table,)


@dataclass(slots=True)
class Factored:
    """One action in independent parts, each with its table."""

    action: Action
    parts: tuple[Table, ...]
    taken: int = 0

    @property
    def tables(self) -> tuple[Table, ...]:
        """Its tables."""
        return self.parts


@dataclass(slots=True)
class Change:
    """Transitions of a chunk: from which of its states, and by which rows of which tables, all at once. `grown` are the
    slots that only grow: which of the transitions, the slot, the bits of its number that change."""

    source: Plain | Factored
    at: Ids
    rows: tuple[Ids, ...]
    grown: tuple[tuple[int, Ids, Ids], ...]

    @property
    def operation(self) -> str:
        """Of which factored operation it is; "" of a plain one, of which fills note more."""
        return self.source.action.operation if isinstance(self.source, Factored) else ""

    def count(self) -> None:
        """Count the transitions at their actions."""
        if isinstance(self.source, Plain):
            self.source.table.count(self.rows[0])
        else:
            self.source.taken += len(self.at)


def sources_of(
    machine: Machine, place: dict[Slot, int], keys: Keys, packing: Packing, factor: bool
) -> list[Plain | Factored]:
    """A table for the actions that read the same slots behind the same gates; then, with `factor`, one for each part of
    an action that falls into parts. Without, it is taken whole, as somebody judges steps, who is to see them whole.
    Raises KeyError for a slot that the machine does not have."""
    groups: dict[tuple[object, ...], list[Action]] = {}
    factored: list[Action] = []
    for action in machine.actions:
        for slot in (*action.reads, *action.writes):
            if slot not in place:
                raise KeyError(f"{action}: the machine has no slot {slot}")
        if factor and action.parts:
            factored.append(action)
            continue
        reads = tuple(sorted({place[slot] for slot in action.reads}))
        # What is written unread is cleared for every row of a table, so such an action has one of its own.
        blind = not set(action.writes) <= set(action.reads)
        groups.setdefault((*reads, action.gates, len(groups) if blind else None), []).append(action)
    found: list[Plain | Factored] = [Plain(Table(actions, place, keys, packing)) for actions in groups.values()]
    for action in factored:
        found.append(Factored(action, tuple(Table([part], place, keys, packing) for part in action.parts)))
    return found


class Expansion:
    """What makes successors, for one machine."""

    def __init__(
        self, sources: Sequence[Plain | Factored], filler: Filler, values: Values, orbits: Orbits | None
    ) -> None:
        self.sources = tuple(sources)
        self._filler = filler
        self._values = values
        self._orbits = orbits

    def wanted(self, chunk: Chunk) -> list[tuple[int, Ids]]:
        """The keys of a chunk that nobody asked about yet, of actions in one part, by the numbers of their tables."""
        found = []
        for number, source in enumerate(self.sources):
            if isinstance(source, Plain):
                _, admitted = source.table.admitted(chunk)
                unknown = source.table.unknown(source.table.key.ids(admitted))
                if len(unknown):
                    found.append((number, unknown))
        return found

    def changes(self, chunk: Chunk) -> list[Change]:
        """Every transition of a chunk. May bring values that the packing has no room for."""
        found: list[Change] = []
        for source in self.sources:
            if isinstance(source, Plain):
                table = source.table
                where, admitted = table.admitted(chunk)
                keys = table.key.ids(admitted)
                unknown = table.unknown(keys)
                if len(unknown):
                    self._filler.fill(table, unknown)
                for among, rows in table.rows(keys):
                    at = among if where is None else where.take(among)
                    found.append(Change(source, at, (rows,), self._grown(chunk, table, at, rows)))
            else:
                change = self._factored(source, chunk)
                if change is not None:
                    found.append(change)
        return found

    def _factored(self, source: Factored, chunk: Chunk) -> Change | None:
        at: Ids | None = None
        rows: list[Ids] = []
        for table in source.parts:
            keys = table.key.ids(chunk)
            if at is not None:
                keys = keys.take(at)
            unknown = table.unknown(keys)
            if len(unknown):
                self._filler.fill(table, unknown)
            first = table.first.take(keys)
            able = first > 0
            if at is None or not able.all():
                kept = np.flatnonzero(able)
                if not len(kept):
                    return None
                at = kept if at is None else at.take(kept)
                rows = [row.take(kept) for row in rows]
                first = first.take(kept)
            rows.append(first.astype(np.int64))
        return None if at is None else Change(source, at, tuple(rows), ())

    def _grown(self, chunk: Chunk, table: Table, at: Ids, rows: Ids) -> tuple[tuple[int, Ids, Ids], ...]:
        found = []
        for index, slot in enumerate(table.monotone):
            gains = table.gains.all[:, index].take(rows)
            where = np.flatnonzero(gains >= 0)
            if len(where):
                old = chunk.column(slot).take(at.take(where))
                found.append((slot, where, old ^ self._values.unions(slot, old, gains.take(where))))
        return tuple(found)

    # ---- states -------------------------------------------------------------------------------------

    def successors(self, packing: Packing, chunk: Chunk, changes: Sequence[Change]) -> Words:
        """The states that changes lead to, change by change: narrow ones as they are (to be made distinct before their
        representatives are found), wide ones as their representatives."""
        total = sum(len(change.at) for change in changes)
        if packing.narrow:
            return self._words(packing, chunk, changes, 0, total)
        parts = [self._numbers(packing, chunk, changes, group, total) for group in range(packing.groups)]
        if self._orbits is not None:
            parts = self._orbits.canonical_parts(parts)
        return packing.fold(parts)

    def _words(self, packing: Packing, chunk: Chunk, changes: Sequence[Change], group: int, total: int) -> Words:
        """The words of one group after the changes."""
        words = np.empty(total, np.uint64)
        before = chunk.words(group)
        low = 0
        for change in changes:
            here = words[low : low + len(change.at)]
            low += len(change.at)
            np.take(before, change.at, out=here, mode="clip")
            for table, rows in zip(change.source.tables, change.rows, strict=True):
                if group in table.clear:
                    here &= np.where(table.changed.all.take(rows), table.clear[group], ~np.uint64(0))
                if group in table.groups:
                    here ^= table.flips(group).take(rows)
            for slot, where, bits in change.grown:
                if packing.group[slot] == group:
                    here[where] ^= bits.astype(np.uint64) << np.uint64(packing.shift[slot])
        return words

    def _numbers(self, packing: Packing, chunk: Chunk, changes: Sequence[Change], group: int, total: int) -> Ids:
        """The numbers of the words of one group after the changes: as before where nothing there changes."""
        numbers = np.empty(total, np.int64)
        before = chunk.parts[group]
        touching: list[Change] = []
        spans: list[slice] = []
        low = 0
        for change in changes:
            span = slice(low, low + len(change.at))
            low = span.stop
            if any(group in table.groups for table in change.source.tables) or any(
                packing.group[slot] == group for slot, _, _ in change.grown
            ):
                touching.append(change)
                spans.append(span)
            else:
                np.take(before, change.at, out=numbers[span], mode="clip")
        if touching:
            fresh = packing.number(
                group, self._words(packing, chunk, touching, group, sum(span.stop - span.start for span in spans))
            )
            low = 0
            for span in spans:
                numbers[span] = fresh[low : low + span.stop - span.start]
                low += span.stop - span.start
        return numbers
