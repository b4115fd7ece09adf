"""Dense numbers for 64-bit keys and for pairs of numbers, thousands at a time.

They stand under packed states and under the keys of wide tables, and know nothing of either.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Words: TypeAlias = npt.NDArray[np.uint64]
Ids: TypeAlias = npt.NDArray[np.int64]

HALF: Final = np.uint64(32)
LOW: Final = np.uint64(0xFFFFFFFF)

_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
_START: Final = 10
_DIRECT: Final = 1 << 22
"""Pairs are looked up by address where no more than so many are possible: 16 MB, one access instead of two."""


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
        found = self._table.take(at).astype(np.int64)
        # A place that is free gives the last key, which is compared in vain unless there is such a key: so look twice.
        good = (self._keys.take(found, mode="wrap") == keys) & (found >= 0)
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

    @classmethod
    def of(cls, keys: Words) -> Interner:
        """One that has given these distinct keys their numbers."""
        made = cls()
        if len(keys):
            made._add(keys)
        return made

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


class Pairs:
    """Numbers pairs of numbers: only those that occur have one. By address while few are possible, then by hashing."""

    __slots__ = ("_bits", "_hashed", "_keys", "_left", "_table")

    def __init__(self) -> None:
        self._left = 16
        self._bits = 4
        self._table: npt.NDArray[np.int32] = np.full(self._left << self._bits, -1, np.int32)
        self._keys: Words = np.zeros(0, np.uint64)
        self._hashed: Interner | None = None

    @classmethod
    def of(cls, keys: Words) -> Pairs:
        """One that has given these distinct pairs their numbers."""
        made = cls()
        made._keys = keys
        tops = int((keys >> HALF).max(initial=0)), int((keys & LOW).max(initial=0))
        made._table.fill(-1)
        if made._reach(*tops):
            made._address()
        else:
            made._hashed = Interner.of(keys)
        return made

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def keys(self) -> Words:
        """The pairs by number: the left one in the high half."""
        return self._keys if self._hashed is None else self._hashed.keys

    def halves(self, ids: Ids) -> tuple[Ids, Ids]:
        """The pairs that have these numbers."""
        both = self.keys[ids]
        return (both >> HALF).astype(np.int64), (both & LOW).astype(np.int64)

    def ids(self, left: Ids, right: Ids) -> Ids:
        """The number of each pair; pairs that are new are given one."""
        if self._hashed is None and not self._reach(int(left.max(initial=0)), int(right.max(initial=0))):
            self._hashed = Interner.of(self._keys)
            self._table = np.zeros(0, np.int32)
        if self._hashed is not None:
            return self._hashed.ids((left.astype(np.uint64) << HALF) | right.astype(np.uint64))
        at = (left << self._bits) | right
        found = self._table.take(at)
        if len(found) and found.min() < 0:
            fresh = np.unique(at[found < 0])
            self._table[fresh] = np.arange(len(self._keys), len(self._keys) + len(fresh), dtype=np.int32)
            one, other = (fresh >> self._bits).astype(np.uint64), (fresh & ((1 << self._bits) - 1)).astype(np.uint64)
            self._keys = np.concatenate((self._keys, (one << HALF) | other))
            found = self._table.take(at)
        return found.astype(np.int64)

    def _reach(self, left: int, right: int) -> bool:
        """Whether such pairs can be looked up by address; makes the table large enough for it."""
        if left < self._left and right < 1 << self._bits:
            return True
        rows, bits = max(self._left, 1 << left.bit_length()), max(self._bits, right.bit_length())
        if rows << bits > _DIRECT:
            return False
        self._left, self._bits = rows, bits
        self._table = np.full(rows << bits, -1, np.int32)
        self._address()
        return True

    def _address(self) -> None:
        at = ((self._keys >> HALF) << np.uint64(self._bits)) | (self._keys & LOW)
        self._table[at.astype(np.int64)] = np.arange(len(self._keys), dtype=np.int32)


def distinct(ordered: Words) -> Words:
    """Words in order, each once."""
    if not len(ordered):
        return ordered
    return ordered[np.concatenate(([True], ordered[1:] != ordered[:-1]))]


def merged(pieces: Sequence[Words]) -> Words:
    """The words of pieces that are each in order and distinct, all in order, each once."""
    if len(pieces) == 1:
        return pieces[0]
    found = np.concatenate([np.zeros(0, np.uint64), *pieces])
    found.sort()
    return distinct(found)
