"""Monotone slots in arrays: what rows add to sets that only grow, as numbers of values."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import cast

import numpy as np

from lockedroom.model.tabulated.interner import Ids, Words
from lockedroom.model.tabulated.packing import Chunk, Packing
from lockedroom.model.tabulated.tables import Table, Values


class Gains:
    """Every gain that some row gives, numbered (0: none), and the unions that were made of them."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self._gains: list[tuple[tuple[int, int], ...]] = [()]
        self._numbers: dict[tuple[tuple[int, int], ...], int] = {(): 0}
        self._unions: dict[tuple[int, int, int], int] = {}

    def number(self, grows: Iterable[tuple[int, frozenset[Hashable]]]) -> int:
        """The number of a gain, given as slots and what is added to each."""
        gain = tuple((slot, self._values.number(slot, added)) for slot, added in grows)
        found = self._numbers.get(gain)
        if found is None:
            found = self._numbers[gain] = len(self._gains)
            self._gains.append(gain)
        return found

    def applied(self, packing: Packing, group: int, word: Words | None, gains: Ids) -> Words | None:
        """A group's words once the monotone slots in it have gained what the rows give."""
        touched = word
        for gain in np.unique(gains).tolist():
            for slot, added in self._gains[gain]:
                if packing.group[slot] != group or touched is None:
                    continue
                shift, mask = np.uint64(packing.shift[slot]), np.uint64(packing.mask[slot])
                chosen = np.flatnonzero(gains == gain)
                old = ((touched[chosen] >> shift) & mask).astype(np.int64)
                seen, inverse = np.unique(old, return_inverse=True)
                grown = np.array([self._union(slot, one, added) for one in seen.tolist()], np.uint64)[inverse]
                touched[chosen] = (touched[chosen] & ~(mask << shift)) | (grown << shift)
        return touched

    def foresee(self, chunk: Chunk, looked: Iterable[tuple[Table, Ids]]) -> None:
        """Number every union that the successors of a chunk will need, before anything is packed."""
        for table, keys in looked:
            if not any(table.gains):
                continue
            gains, count = np.array(table.gains, np.int64), table.count[keys]
            for which in range(table.most):
                at = np.flatnonzero(count > which)
                given = gains[table.first[keys[at]] + which]
                for gain in np.unique(given).tolist():
                    for slot, added in self._gains[gain]:
                        for old in np.unique(chunk.column(slot)[at[given == gain]]).tolist():
                            self._union(slot, old, added)

    def _union(self, slot: int, old: int, added: int) -> int:
        found = self._unions.get((slot, old, added))
        if found is None:
            values = self._values.values[slot]
            union = cast(frozenset[Hashable], values[old]) | cast(frozenset[Hashable], values[added])
            found = self._unions[slot, old, added] = self._values.number(slot, union)
        return found
