"""Dense numbers for 64-bit keys, thousands at a time: a hash table of arrays.

It stands under packed states and under the keys of wide tables. It knows nothing of either.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Words: TypeAlias = npt.NDArray[np.uint64]
Ids: TypeAlias = npt.NDArray[np.int64]

_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
_START: Final = 10


class Interner:
    """Numbers keys 0, 1, 2, … in the order in which batches bring them. Open addressing, at most half full."""

    __slots__ = ("_count", "_keys", "_shift", "_table")

    def __init__(self) -> None:
        self._count = 0
        self._keys: Words = np.zeros(1 << _START, np.uint64)
        self._table: npt.NDArray[np.int32] = np.full(2 << _START, -1, np.int32)
        self._shift = np.uint64(64 - _START - 1)

    def __len__(self) -> int:
        return self._count

    @property
    def keys(self) -> Words:
        """The keys, by number."""
        return self._keys[: self._count]

    def ids(self, keys: Words) -> Ids:
        """The number of each key; keys that are new are given one."""
        at = self._home(keys)
        found = self._table[at].astype(np.int64)
        good = (found >= 0) & (self._keys[found] == keys)
        if good.all():
            return found
        rest = np.flatnonzero(~good)
        at, seen = at[rest], found[rest]
        mask = len(self._table) - 1
        missing: list[Ids] = []
        while len(rest):
            empty = seen < 0
            missing.append(rest[empty])
            rest, at = rest[~empty], (at[~empty] + 1) & mask
            seen = self._table[at].astype(np.int64)
            hit = (seen >= 0) & (self._keys[seen] == keys[rest])
            found[rest[hit]] = seen[hit]
            rest, at, seen = rest[~hit], at[~hit], seen[~hit]
        where = np.concatenate(missing)
        if len(where):
            fresh, inverse = np.unique(keys[where], return_inverse=True)
            found[where] = self._count + inverse
            self._add(fresh)
        return found

    def replace(self, keys: Words) -> None:
        """Give every number a new key; no two may be equal."""
        self._keys[: self._count] = keys
        self._table.fill(-1)
        self._place(0, self._count)

    def _home(self, keys: Words) -> Ids:
        return ((keys * _MULTIPLIER) >> self._shift).astype(np.int64)

    def _add(self, fresh: Words) -> None:
        first, total = self._count, self._count + len(fresh)
        if total > len(self._keys):
            grown = np.zeros(1 << (total - 1).bit_length(), np.uint64)
            grown[:first] = self._keys[:first]
            self._keys = grown
        self._keys[first:total] = fresh
        self._count = total
        if 2 * total > len(self._table):
            bits = (2 * total - 1).bit_length()
            self._table = np.full(1 << bits, -1, np.int32)
            self._shift = np.uint64(64 - bits)
            first = 0
        self._place(first, total)

    def _place(self, first: int, total: int) -> None:
        mask = len(self._table) - 1
        ids = np.arange(first, total, dtype=np.int32)
        at = self._home(self._keys[first:total])
        while len(ids):
            free = self._table[at] < 0
            self._table[at[free]] = ids[free]
            lost = self._table[at] != ids
            ids, at = ids[lost], (at[lost] + 1) & mask
