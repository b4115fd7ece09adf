"""The values that slots hold, their numbers, and the unions of those that only grow."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import cast

import numpy as np

from lockedroom.model.tabulated.interner import Ids, Pairs


class Values:
    """For each slot the values that it was seen to hold, numbered from 0 in the order of their coming."""

    def __init__(self, count: int) -> None:
        self._numbers: list[dict[Hashable, int]] = [{} for _ in range(count)]
        self.values: list[list[Hashable]] = [[] for _ in range(count)]
        self._pairs: dict[int, Pairs] = {}
        self._unions: dict[int, Ids] = {}

    def restore(self, values: list[list[Hashable]]) -> None:
        """Begin with these values."""
        self.values = values
        self._numbers = [{value: number for number, value in enumerate(held)} for held in values]

    def number(self, slot: int, value: Hashable) -> int:
        """The number of a value in a slot. Raises TypeError for a value that is not hashable."""
        numbers = self._numbers[slot]
        found = numbers.get(value)
        if found is None:
            found = numbers[value] = len(self.values[slot])
            self.values[slot].append(value)
        return found

    def known(self, slot: int, value: Hashable) -> int | None:
        """The number of a value in a slot, if it has one."""
        return self._numbers[slot].get(value)

    def widths(self) -> list[int]:
        """How many bits the numbers of each slot take."""
        return [max(1, (len(values) - 1).bit_length()) for values in self.values]

    def counts(self) -> list[int]:
        """How many values each slot has been seen to hold."""
        return [len(values) for values in self.values]

    def since(self, counts: Sequence[int]) -> list[list[Hashable]]:
        """The values that came after there were so many."""
        return [values[known:] for values, known in zip(self.values, counts, strict=True)]

    def unions(self, slot: int, old: Ids, added: Ids) -> Ids:
        """The numbers of the unions of sets, given by their numbers."""
        pairs = self._pairs.setdefault(slot, Pairs())
        ids = pairs.ids(old, added)
        known = self._unions.get(slot, np.zeros(0, np.int64))
        if len(known) < len(pairs):
            fresh = [
                self._union(slot, one, other)
                for one, other in zip(
                    *(half.tolist() for half in pairs.halves(np.arange(len(known), len(pairs)))), strict=True
                )
            ]
            known = self._unions[slot] = np.concatenate((known, np.array(fresh, np.int64)))
        return known[ids]

    def _union(self, slot: int, old: int, added: int) -> int:
        values = self.values[slot]
        union = cast(frozenset[Hashable], values[old]) | cast(frozenset[Hashable], values[added])
        return self.number(slot, union)
