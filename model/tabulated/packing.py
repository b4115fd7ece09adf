"""States as 64-bit words, exactly: slots that fit stand side by side in one word; else words are numbered and paired.

A *root* is the one word that stands for a state. Where all slots fit into 64 bits, it is their numbers side by side.
Where they don't, slots are dealt into groups of 64 bits each, the content of a group is numbered, and numbers are
paired until two are left: tree compression. Two roots are equal exactly when two states are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from lockedroom.model.tabulated.interner import Ids, Interner, Words

WORD: Final = 64
_HALF: Final = np.uint64(32)
_LOW: Final = np.uint64(0xFFFFFFFF)


class TooWide(Exception):
    """The numbers of some slots do not fit as they are dealt: pack anew."""


class Packing:
    """One way to pack: how many bits each slot has, and in which group it stands."""

    def __init__(self, widths: Sequence[int], share: int) -> None:
        """`share`: how many slots stand in one group where they don't all fit into one word."""
        self.widths = list(widths)
        count = len(self.widths)
        self.narrow = sum(self.widths) <= WORD
        self.share = share
        self.group = [0 if self.narrow else index // share for index in range(count)]
        self.groups = self.group[-1] + 1
        self._words = [Interner() for _ in range(self.groups)]
        self._pairs = [Interner() for _ in range(max(0, self.groups - 2))]
        self._lay()

    def _lay(self) -> None:
        self.shift = [0] * len(self.widths)
        used = [0] * self.groups
        for index in reversed(range(len(self.widths))):
            group = self.group[index]
            self.shift[index] = used[group]
            used[group] += self.widths[index]
        if max(used) > WORD:
            raise TooWide
        self.mask = [(1 << width) - 1 for width in self.widths]

    def widen(self, widths: Sequence[int]) -> None:
        """Give slots more bits and keep every root as it is. Raises TooWide where that cannot be."""
        if self.narrow:
            raise TooWide
        shift, mask, kept = self.shift, self.mask, self.widths
        self.widths = list(widths)
        try:
            self._lay()
        except TooWide:
            self.widths, self.shift, self.mask = kept, shift, mask
            raise
        for group, words in enumerate(self._words):
            moved = np.zeros(len(words), np.uint64)
            for index in range(len(self.widths)):
                if self.group[index] == group:
                    ids = (words.keys >> np.uint64(shift[index])) & np.uint64(mask[index])
                    moved |= ids << np.uint64(self.shift[index])
            words.replace(moved)

    def clear(self, slots: Sequence[int], group: int) -> np.uint64:
        """What of a group's word stays when these slots are written."""
        gone = sum(self.mask[index] << self.shift[index] for index in slots if self.group[index] == group)
        return np.uint64((1 << WORD) - 1 - gone)

    def bits(self, slots: Sequence[int], ids: Sequence[int], group: int) -> int:
        """What is set in a group's word when these slots are written with these numbers."""
        pairs = zip(slots, ids, strict=True)
        return sum(number << self.shift[index] for index, number in pairs if self.group[index] == group)

    def unfold(self, roots: Words) -> list[Ids]:
        """The number of each group's word, group by group (nothing where roots are words)."""
        if self.narrow:
            return []
        parts = [(roots & _LOW).astype(np.int64)]
        left = (roots >> _HALF).astype(np.int64)
        for pairs in reversed(self._pairs):
            key = pairs.keys[left]
            parts.append((key & _LOW).astype(np.int64))
            left = (key >> _HALF).astype(np.int64)
        parts.append(left)
        return parts[::-1]

    def fold(self, parts: Sequence[Ids]) -> Words:
        """The roots of states whose groups' words have these numbers."""
        left = parts[0]
        for pairs, part in zip(self._pairs, parts[1:], strict=False):
            left = pairs.ids((left.astype(np.uint64) << _HALF) | part.astype(np.uint64))
        return (left.astype(np.uint64) << _HALF) | parts[-1].astype(np.uint64)

    def word(self, group: int, ids: Ids) -> Words:
        """The words of a group by their numbers."""
        return self._words[group].keys[ids]

    def number(self, group: int, words: Words) -> Ids:
        """The numbers of a group's words."""
        return self._words[group].ids(words)

    def pack(self, columns: Sequence[Ids]) -> Words:
        """The roots of states given slot by slot."""
        words = [np.zeros(len(columns[0]), np.uint64) for _ in range(self.groups)]
        for index, column in enumerate(columns):
            words[self.group[index]] |= column.astype(np.uint64) << np.uint64(self.shift[index])
        if self.narrow:
            return words[0]
        return self.fold([self.number(group, word) for group, word in enumerate(words)])


class Chunk:
    """A few thousand states, unpacked as far as somebody asks."""

    __slots__ = ("_columns", "_words", "keys", "packing", "parts", "roots")

    def __init__(self, packing: Packing, roots: Words) -> None:
        self.packing = packing
        self.roots = roots
        self.parts = packing.unfold(roots)
        self._words: dict[int, Words] = {0: roots} if packing.narrow else {}
        self._columns: dict[int, Ids] = {}
        self.keys: dict[object, Ids] = {}

    def words(self, group: int) -> Words:
        """The words of one group."""
        found = self._words.get(group)
        if found is None:
            found = self._words[group] = self.packing.word(group, self.parts[group])
        return found

    def column(self, slot: int) -> Ids:
        """The numbers that one slot holds."""
        found = self._columns.get(slot)
        if found is None:
            packing = self.packing
            shifted = self.words(packing.group[slot]) >> np.uint64(packing.shift[slot])
            found = self._columns[slot] = (shifted & np.uint64(packing.mask[slot])).astype(np.int64)
        return found
