"""States as 64-bit words, exactly: slots that fit stand side by side in one word; else words are numbered and paired.

A *root* is the one word that stands for a state. Where all slots fit into 64 bits, it is their numbers side by side.
Where they don't, slots are dealt into groups of 64 bits each, the content of a group is numbered, and numbers are
paired until two are left: tree compression. Two roots are equal exactly when two states are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from lockedroom.model.tabulated.interner import HALF, LOW, Ids, Interner, Pairs, Words
from lockedroom.reference.machine import Machine, Slot

WORD: Final = 64


class TooWide(Exception):
    """The numbers of some slots do not fit as they are dealt: pack anew."""


@dataclass(frozen=True, slots=True)
class Block:
    """The slots of one owner, by their indices, kind by kind. A `peer` is interchangeable with every other."""

    name: str
    peer: bool
    kinds: tuple[tuple[int, ...], ...]

    @property
    def slots(self) -> tuple[int, ...]:
        """Its slots in order."""
        return tuple(slot for kind in self.kinds for slot in kind)


def ordered(machine: Machine) -> tuple[Slot, ...]:
    """The slots of a machine, owner by owner, those that are interchangeable last."""
    peers = machine.symmetry.names if machine.symmetry else ()
    return tuple(
        sorted(
            machine.initial, key=lambda slot: (_whose(slot) in peers, _whose(slot), slot.kind, slot.owner, slot.part)
        )
    )


def blocks_of(machine: Machine, slots: Sequence[Slot]) -> tuple[Block, ...]:
    """The blocks of these slots, which are in order."""
    peers = machine.symmetry.names if machine.symmetry else ()
    found: dict[str, dict[str, list[int]]] = {}
    for index, slot in enumerate(slots):
        found.setdefault(_whose(slot), {}).setdefault(slot.kind, []).append(index)
    return tuple(Block(name, name in peers, tuple(map(tuple, kinds.values()))) for name, kinds in found.items())


def _whose(slot: Slot) -> str:
    return slot.owner or slot.part


def _dealt(widths: Sequence[int], blocks: Sequence[Block]) -> list[int]:
    """The group of each slot where not all fit into one word: each owner's slots together as far as they fit, and
    peers cut at the same kinds, each by itself, so that exchanging them exchanges whole groups."""
    group = [0] * len(widths)
    number, used = -1, WORD + 1
    for block in blocks:
        if block.peer:
            continue
        whole = sum(widths[slot] for slot in block.slots)
        pieces = [block.slots] if whole <= WORD else [(slot,) for slot in block.slots]
        for piece in pieces:
            more = sum(widths[slot] for slot in piece)
            if used + more > WORD:
                number, used = number + 1, 0
            used += more
            for slot in piece:
                group[slot] = number
    peers = [block for block in blocks if block.peer]
    if not peers:
        return group
    parts: list[int] = []
    used = WORD + 1
    for kind in range(len(peers[0].kinds)):
        more = max(sum(widths[slot] for slot in block.kinds[kind]) for block in peers)
        parts.append((parts[-1] if parts else -1) + (used + more > WORD))
        used = more if used + more > WORD else used + more
    for block in peers:
        for kind, slots in enumerate(block.kinds):
            for slot in slots:
                group[slot] = number + 1 + parts[kind]
        number += 1 + parts[-1]
    return group


class Packing:
    """One way to pack: how many bits each slot has, and in which group it stands."""

    def __init__(self, widths: Sequence[int], blocks: Sequence[Block]) -> None:
        """Raises TooWide where one slot takes, or one kind of a peer's slots take, more than a word."""
        self.widths = list(widths)
        self.blocks = tuple(blocks)
        self.narrow = sum(self.widths) <= WORD
        self.group = [0] * len(self.widths) if self.narrow else _dealt(self.widths, blocks)
        self.groups = max(self.group) + 1
        self._words = [Interner() for _ in range(self.groups)]
        self._pairs = [Pairs() for _ in range(max(0, self.groups - 2))]
        self._lay()

    def content(self) -> dict[str, Any]:
        """All that makes it this packing."""
        return {
            "widths": self.widths,
            "group": self.group,
            "words": [words.keys.copy() for words in self._words],
            "pairs": [pairs.keys.copy() for pairs in self._pairs],
        }

    @classmethod
    def of(cls, content: Mapping[str, Any], blocks: Sequence[Block]) -> Packing:
        """The packing that had this content."""
        made = cls.__new__(cls)
        made.widths, made.blocks = list(content["widths"]), tuple(blocks)
        made.narrow, made.group = sum(made.widths) <= WORD, list(content["group"])
        made.groups = max(made.group) + 1
        made._words = [Interner.of(keys) for keys in content["words"]]
        made._pairs = [Pairs.of(keys) for keys in content["pairs"]]
        made._lay()
        return made

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

    def field(self, slot: int) -> np.uint64:
        """The bits of a slot in its group's word."""
        return np.uint64(self.mask[slot] << self.shift[slot])

    def unfold(self, roots: Words) -> list[Ids]:
        """The number of each group's word, group by group (nothing where roots are words)."""
        if self.narrow:
            return []
        if self.groups == 1:
            return [roots.astype(np.int64)]
        parts = [(roots & LOW).astype(np.int64)]
        left = (roots >> HALF).astype(np.int64)
        for pairs in reversed(self._pairs):
            left, part = pairs.halves(left)
            parts.append(part)
        parts.append(left)
        return parts[::-1]

    def fold(self, parts: Sequence[Ids]) -> Words:
        """The roots of states whose groups' words have these numbers."""
        left = parts[0]
        if len(parts) == 1:
            return left.astype(np.uint64)
        for pairs, part in zip(self._pairs, parts[1:], strict=False):
            left = pairs.ids(left, part)
        return (left.astype(np.uint64) << HALF) | parts[-1].astype(np.uint64)

    def word(self, group: int, ids: Ids) -> Words:
        """The words of a group by their numbers."""
        return self._words[group].keys.take(ids)

    def distinct(self, group: int) -> int:
        """How many words of a group have a number."""
        return len(self._words[group])

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

    __slots__ = ("_columns", "_words", "gated", "keys", "packing", "parts", "roots")

    def __init__(self, packing: Packing, roots: Words) -> None:
        self.packing = packing
        self.roots = roots
        self.parts = packing.unfold(roots)
        self._words: dict[int, Words] = {0: roots} if packing.narrow else {}
        self._columns: dict[int, Ids] = {}
        self.keys: dict[object, Ids] = {}
        self.gated: dict[object, tuple[Ids, Chunk] | None] = {}

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
