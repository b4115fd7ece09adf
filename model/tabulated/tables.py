"""Look-up tables in place of actions: from the numbers of what an action reads to what it writes, filled as needed."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from lockedroom.model.tabulated.interner import Ids, Interner, Words
from lockedroom.model.tabulated.packing import Chunk, Packing
from lockedroom.reference.machine import Action

_HALF: Final = np.uint64(32)
_LOW: Final = np.uint64(0xFFFFFFFF)


class Leaf:
    """A key of one slot: the slot's own numbers."""

    __slots__ = ("slot",)

    def __init__(self, slot: int) -> None:
        self.slot = slot

    def ids(self, chunk: Chunk) -> Ids:
        """The keys of a chunk."""
        return chunk.column(self.slot)

    def decode(self, keys: Ids) -> list[Ids]:
        """The numbers of the slots in keys, slot by slot."""
        return [keys]

    @property
    def slots(self) -> tuple[int, ...]:
        """The slots of the key, in order."""
        return (self.slot,)


class Pair:
    """A key of two keys, numbered: only combinations that occur have a number. Shared by all who read the same."""

    __slots__ = ("_known", "_left", "_right")

    def __init__(self, left: Key, right: Key) -> None:
        self._left = left
        self._right = right
        self._known = Interner()

    def ids(self, chunk: Chunk) -> Ids:
        """The keys of a chunk."""
        found = chunk.keys.get(self)
        if found is None:
            wide = (self._left.ids(chunk).astype(np.uint64) << _HALF) | self._right.ids(chunk).astype(np.uint64)
            found = chunk.keys[self] = self._known.ids(wide)
        return found

    def decode(self, keys: Ids) -> list[Ids]:
        """The numbers of the slots in keys, slot by slot."""
        both = self._known.keys[keys]
        left, right = (both >> _HALF).astype(np.int64), (both & _LOW).astype(np.int64)
        return self._left.decode(left) + self._right.decode(right)

    @property
    def slots(self) -> tuple[int, ...]:
        """The slots of the key, in order."""
        return self._left.slots + self._right.slots


Key: TypeAlias = Leaf | Pair


class Keys:
    """The keys of a machine: each combination of slots has one, whoever asks."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, ...], Key] = {}

    def key(self, slots: Sequence[int]) -> Key:
        """The key of these slots."""
        wanted = tuple(slots)
        found = self._made.get(wanted)
        if found is None:
            middle = (len(wanted) + 1) // 2
            found = Leaf(wanted[0]) if len(wanted) == 1 else Pair(self.key(wanted[:middle]), self.key(wanted[middle:]))
            self._made[wanted] = found
        return found


class Table:
    """One action's table. Row by row: which numbers are written, what monotone slots gain (an index, 0 for
    nothing), and the number of the outcome. A key has a first row and a number of rows, each a transition."""

    __slots__ = (
        "_bits",
        "_done",
        "_order",
        "action",
        "count",
        "first",
        "gains",
        "groups",
        "hits",
        "key",
        "most",
        "rows",
        "taken",
        "writes",
    )

    def __init__(self, action: Action, place: dict[object, int], keys: Keys, packing: Packing) -> None:
        self.action = action
        reads = sorted({place[slot] for slot in action.reads})
        self.key = keys.key(reads)
        self._order = [reads.index(place[slot]) for slot in action.reads]
        self.writes = [place[slot] for slot in action.writes]
        self.first: npt.NDArray[np.int32] = np.full(64, -1, np.int32)
        self.count: npt.NDArray[np.int32] = np.zeros(64, np.int32)
        self.rows: list[tuple[int, ...] | None] = []
        self.gains: list[int] = []
        self.hits: list[int] = []
        self.most = 0
        self.taken = 0
        self.repack(packing)

    def repack(self, packing: Packing) -> None:
        """Forget the bits that the rows write: slots stand elsewhere now."""
        self.groups = {
            group: packing.clear(self.writes, group) for group in sorted({packing.group[w] for w in self.writes})
        }
        self._bits: dict[int, Words] = {group: np.zeros(0, np.uint64) for group in self.groups}
        self._done = 0

    def unknown(self, keys: Ids) -> Ids:
        """The keys that have not been looked up yet."""
        top = int(keys.max()) + 1
        if top > len(self.first):
            size = 1 << (top - 1).bit_length()
            first = np.full(size, -1, np.int32)
            first[: len(self.first)] = self.first
            count = np.zeros(size, np.int32)
            count[: len(self.count)] = self.count
            self.first, self.count = first, count
        known = self.first[keys]
        if known.min() >= 0:
            return keys[:0]
        return np.unique(keys[known < 0])

    def reads(self, keys: Ids) -> list[list[int]]:
        """The numbers of what the action reads under these keys, slot by slot in its own order."""
        numbers = self.key.decode(keys)
        return [numbers[place].tolist() for place in self._order]

    def bits(self, packing: Packing, group: int) -> Words:
        """What each row sets in a group's word."""
        if self._done < len(self.rows):
            fresh = self.rows[self._done :]
            for each in self.groups:
                more = [0 if row is None else packing.bits(self.writes, row, each) for row in fresh]
                self._bits[each] = np.concatenate((self._bits[each], np.array(more, np.uint64)))
            self._done = len(self.rows)
        return self._bits[group]


class Values:
    """The values that slots hold, and their numbers."""

    def __init__(self, count: int) -> None:
        self._numbers: list[dict[Hashable, int]] = [{} for _ in range(count)]
        self.values: list[list[Hashable]] = [[] for _ in range(count)]

    def number(self, slot: int, value: Hashable) -> int:
        """The number of a value in a slot."""
        numbers = self._numbers[slot]
        found = numbers.get(value)
        if found is None:
            found = numbers[value] = len(self.values[slot])
            self.values[slot].append(value)
        return found

    def widths(self) -> list[int]:
        """How many bits the numbers of each slot take."""
        return [max(1, (len(values) - 1).bit_length()) for values in self.values]
