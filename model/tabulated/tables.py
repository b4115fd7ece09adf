"""Look-up tables in place of actions: from the numbers of what actions read to what they change, filled as needed."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from lockedroom.model.tabulated.interner import Ids, Pairs, Words
from lockedroom.model.tabulated.packing import Chunk, Packing
from lockedroom.model.tabulated.values import Values
from lockedroom.reference.machine import Action, Outcome, Slot

NOTHING: Final = -1
"""The number of no value."""


class Leaf:
    """A key of one slot: the slot's own numbers."""

    __slots__ = ("_values", "slot")

    def __init__(self, slot: int, values: Values) -> None:
        self.slot = slot
        self._values = values

    def __len__(self) -> int:
        return len(self._values.values[self.slot])

    def ids(self, chunk: Chunk) -> Ids:
        """The keys of a chunk."""
        return chunk.column(self.slot)

    def decode(self, keys: Ids) -> list[Ids]:
        """The numbers of the slots in keys, slot by slot."""
        return [keys]


class Pair:
    """A key of two keys, numbered: only combinations that occur have a number. Shared by all who read the same."""

    __slots__ = ("_left", "_right", "known")

    def __init__(self, left: Key, right: Key) -> None:
        self._left = left
        self._right = right
        self.known = Pairs()

    def __len__(self) -> int:
        return len(self.known)

    def ids(self, chunk: Chunk) -> Ids:
        """The keys of a chunk."""
        found = chunk.keys.get(self)
        if found is None:
            found = chunk.keys[self] = self.known.ids(self._left.ids(chunk), self._right.ids(chunk))
        return found

    def decode(self, keys: Ids) -> list[Ids]:
        """The numbers of the slots in keys, slot by slot."""
        left, right = self.known.halves(keys)
        return self._left.decode(left) + self._right.decode(right)


class Nothing:
    """The key of what reads nothing: there is one."""

    def __len__(self) -> int:
        return 1

    def ids(self, chunk: Chunk) -> Ids:
        """The keys of a chunk."""
        return np.zeros(len(chunk.roots), np.int64)

    def decode(self, keys: Ids) -> list[Ids]:
        """The numbers of no slots."""
        return []


Key: TypeAlias = Leaf | Pair | Nothing


class Gate:
    """What the value of a slot must fulfil: asked once of each."""

    __slots__ = ("_known", "_opens", "_values", "slot")

    def __init__(self, slot: int, opens: Callable[[Hashable], bool], values: Values) -> None:
        self.slot = slot
        self._opens = opens
        self._values = values
        self._known: npt.NDArray[np.bool_] = np.zeros(0, np.bool_)

    def open(self, chunk: Chunk) -> npt.NDArray[np.bool_]:
        """In which states of a chunk it is open."""
        values = self._values.values[self.slot]
        if len(self._known) < len(values):
            fresh = [bool(self._opens(value)) for value in values[len(self._known) :]]
            self._known = np.concatenate((self._known, np.array(fresh, np.bool_)))
        return self._known.take(chunk.column(self.slot))


class Keys:
    """The keys of a machine: each combination of slots has one, whoever asks."""

    def __init__(self, values: Values) -> None:
        self.values = values
        self._made: dict[tuple[int, ...], Key] = {(): Nothing()}

    def pairs(self) -> list[Pair]:
        """The keys of two, in the order in which they were made."""
        return [key for key in self._made.values() if isinstance(key, Pair)]

    def key(self, slots: Sequence[int]) -> Key:
        """The key of these slots."""
        wanted = tuple(slots)
        found = self._made.get(wanted)
        if found is None:
            middle = (len(wanted) + 1) // 2
            found = (
                Leaf(wanted[0], self.values)
                if len(wanted) == 1
                else Pair(self.key(wanted[:middle]), self.key(wanted[middle:]))
            )
            self._made[wanted] = found
        return found


class Growing:
    """Rows of `width` numbers, or single numbers, that more are added to. Row 0 stands for none, unless `empty`."""

    __slots__ = ("_count", "_room")

    def __init__(self, width: int | None, kind: type[np.generic], empty: bool = False) -> None:
        self._room: npt.NDArray[Any] = np.zeros(64 if width is None else (64, width), kind)
        self._count = 0 if empty else 1

    @property
    def all(self) -> npt.NDArray[Any]:
        """The rows that there are."""
        return self._room[: self._count]

    def extend(self, rows: npt.NDArray[Any]) -> None:
        """Add rows."""
        rows = rows.reshape(len(rows), *self._room.shape[1:])
        total = self._count + len(rows)
        if total > len(self._room):
            room = np.zeros((max(total, 2 * len(self._room)), *self._room.shape[1:]), self._room.dtype)
            room[: self._count] = self.all
            self._room = room
        self._room[self._count : total] = rows
        self._count = total

    def widen(self, width: int, fill: int) -> None:
        """Make rows of several columns wider."""
        if self._room.ndim == 2 and self._room.shape[1] < width:
            room = np.full((len(self._room), width), fill, self._room.dtype)
            room[:, : self._room.shape[1]] = self._room
            self._room = room


@dataclass(slots=True)
class Rows:
    """Rows to add to a table, key by key: for each key how many; for each row the numbers that the slots held and
    that they hold then, whether they are written at all, of which goals the step is one (as bits), what monotone slots
    gain (numbers of sets), by which action and which of its outcomes."""

    keys: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    was: list[tuple[int, ...]] = field(default_factory=list)
    now: list[tuple[int, ...]] = field(default_factory=list)
    changed: list[bool] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    gains: list[tuple[int, ...]] = field(default_factory=list)
    by: list[tuple[int, int]] = field(default_factory=list)


_KEPT: Final = ("first", "monotone", "more", "by", "gains", "changed", "marks", "_was", "_now", "single", "taken")
"""What makes up the content of a table."""


class Table:
    """The table of actions that read the same slots, or of one part of an action.

    A key has the rows from `first` on (0: none, -1: not asked yet), the last of which has no `more`. A row changes
    words by what it `flips`, once the slots that are written unread (`blind`) are cleared.
    """

    def __init__(self, actions: Sequence[Action], place: dict[Slot, int], keys: Keys, packing: Packing) -> None:
        self.actions = tuple(actions)
        self._which = actions[0].gates
        self._gates = [Gate(place[slot], opens, keys.values) for slot, opens in self._which]
        reads = sorted({place[slot] for slot in actions[0].reads})
        self.key = keys.key(reads)
        self.slots = tuple(reads)
        self._order = [[reads.index(place[slot]) for slot in action.reads] for action in actions]
        written = {place[slot] for action in actions for slot in action.writes}
        self.blind = sorted(written.difference(reads))
        self.writes = sorted(written)
        self._written = [[place[slot] for slot in action.writes] for action in actions]
        self._position = {slot: index for index, slot in enumerate(self.writes)}
        self._read = [reads.index(slot) if slot in reads else NOTHING for slot in self.writes]
        self.first: npt.NDArray[np.int32] = np.full(64, -1, np.int32)
        self.monotone: list[int] = []
        self.more = Growing(None, np.bool_)
        self.by = Growing(2, np.int32)
        self.gains = Growing(0, np.int64)
        self.changed = Growing(None, np.bool_)
        self.marks = Growing(None, np.uint8)
        self._was = Growing(len(self.writes), np.int32)
        self._now = Growing(len(self.writes), np.int32)
        self.single = True
        self.taken = np.zeros(len(actions), np.int64)
        self.repack(packing)

    def __len__(self) -> int:
        return len(self.more.all) - 1

    def content(self) -> dict[str, Any]:
        """All that was found out."""
        return {name: getattr(self, name) for name in _KEPT}

    def restore(self, content: Mapping[str, Any], packing: Packing) -> None:
        """Know what another table of these actions knew."""
        for name in _KEPT:
            setattr(self, name, content[name])
        self.repack(packing)

    def repack(self, packing: Packing) -> None:
        """Slots stand elsewhere now: flip other bits."""
        self.groups = sorted({packing.group[slot] for slot in self.writes})
        self.clear = {
            group: ~np.uint64(sum(int(packing.field(slot)) for slot in self.blind if packing.group[slot] == group))
            for group in {packing.group[slot] for slot in self.blind}
        }
        self._flips = {group: Growing(None, np.uint64, empty=True) for group in self.groups}
        self._packing = packing

    def flips(self, group: int) -> Words:
        """What each row changes in a group's word."""
        flips = self._flips[group]
        done = len(flips.all)
        if done < len(self.more.all):
            packing, change = self._packing, (self._was.all[done:] ^ self._now.all[done:]).astype(np.uint64)
            fresh = np.zeros(len(change), np.uint64)
            for index, slot in enumerate(self.writes):
                if packing.group[slot] == group:
                    fresh |= change[:, index] << np.uint64(packing.shift[slot])
            flips.extend(fresh)
        return flips.all

    def admitted(self, chunk: Chunk) -> tuple[Ids | None, Chunk]:
        """The states of a chunk in which the actions' gates are open: where they are (None: everywhere), and the chunk
        of them."""
        if not self._gates:
            return None, chunk
        if self._which not in chunk.gated:
            open_ = np.logical_and.reduce([gate.open(chunk) for gate in self._gates])
            at = None if open_.all() else np.flatnonzero(open_)
            chunk.gated[self._which] = None if at is None else (at, Chunk(chunk.packing, chunk.roots.take(at)))
        return chunk.gated[self._which] or (None, chunk)

    def unknown(self, keys: Ids) -> Ids:
        """The keys that have not been looked up yet."""
        size = len(self.key)
        # Most often every key that there is has been: that is seen sooner than every key of a chunk is looked at.
        if not len(keys) or (4 * size < len(keys) and size <= len(self.first) and self.first[:size].min() >= 0):
            return keys[:0]
        top = int(keys.max()) + 1
        if top > len(self.first):
            first = np.full(1 << (top - 1).bit_length(), -1, np.int32)
            first[: len(self.first)] = self.first
            self.first = first
        known = self.first.take(keys)
        if known.min() >= 0:
            return keys[:0]
        return np.unique(keys[known < 0])

    def contents(self, keys: Ids, values: Values) -> Iterator[tuple[int, tuple[int, ...], list[tuple[Hashable, ...]]]]:
        """Each key with the numbers of what is read, and, action by action, the values in the action's order."""
        held = [values.values[slot] for slot in self.slots]
        numbers = self.key.decode(keys)
        columns = [column.tolist() for column in numbers] or [[] for _ in ()]
        rows = zip(*columns, strict=True) if columns else iter([()] * len(keys))
        for key, row in zip(keys.tolist(), rows, strict=True):
            seen = [of[number] for of, number in zip(held, row, strict=True)]
            yield key, row, [tuple([seen[place] for place in order]) for order in self._order]

    def row(
        self, which: int, numbers: tuple[int, ...], outcome: Outcome, values: Values, place: dict[Slot, int]
    ) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        """The row of an outcome: what the written slots held (0 where that was not read), what they hold then, and what
        monotone slots gain. Raises ValueError when the outcome does not fit its action."""
        was = tuple([numbers[read] if read >= 0 else 0 for read in self._read])
        now = list(was)
        if outcome.writes is not None:
            for slot, value in zip(self._written[which], outcome.writes, strict=True):
                now[self._position[slot]] = values.number(slot, value)
        gains = [NOTHING] * len(self.monotone)
        for slot_name, added in outcome.grows:
            slot = place[slot_name]
            if slot not in self.monotone:
                self.monotone.append(slot)
                gains.append(NOTHING)
            gains[self.monotone.index(slot)] = values.number(slot, added)
        return was, tuple(now), tuple(gains)

    def absorb(self, rows: Rows) -> None:
        """Add rows."""
        start, total = len(self.more.all), len(rows.by)
        counts = np.array(rows.counts, np.int64)
        ends = start + np.cumsum(counts)
        self.first[np.array(rows.keys, np.int64)] = np.where(counts > 0, ends - counts, 0)
        if not total:
            return
        more = np.ones(total, np.bool_)
        more[ends[counts > 0] - start - 1] = False
        self.single = self.single and not more.any()
        self.more.extend(more)
        self.by.extend(np.array(rows.by, np.int32))
        self.changed.extend(np.array(rows.changed, np.bool_))
        self.marks.extend(np.array(rows.marks, np.uint8))
        self._was.extend(np.array(rows.was, np.int32).reshape(total, len(self.writes)))
        self._now.extend(np.array(rows.now, np.int32).reshape(total, len(self.writes)))
        self.gains.widen(len(self.monotone), NOTHING)
        gains = np.full((total, len(self.monotone)), NOTHING, np.int64)
        for index, gain in enumerate(rows.gains):
            gains[index, : len(gain)] = gain
        self.gains.extend(gains)

    def rows(self, keys: Ids) -> Iterator[tuple[Ids, Ids]]:
        """The rows of keys that have all been looked up: places in `keys` with a row of each, until all are given."""
        if not len(self):
            return
        row = self.first.take(keys)
        at = np.flatnonzero(row > 0)
        chosen = row.take(at).astype(np.int64)
        while len(at):
            yield at, chosen
            if self.single:
                return
            left = np.flatnonzero(self.more.all.take(chosen))
            at, chosen = at.take(left), chosen.take(left) + 1

    def count(self, rows: Ids) -> None:
        """Count rows that were taken."""
        if len(self.actions) == 1:
            self.taken[0] += len(rows)
        else:
            self.taken += np.bincount(self.by.all[:, 0].take(rows), minlength=len(self.actions))
