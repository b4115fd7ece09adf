"""Symmetry: of all states that differ by an exchange of interchangeable names, one stands for the rest.

An exchange moves a slot's value to another slot and replaces the names inside it. In arrays: for each exchange and slot
the number that each value has after it, and for each block of slots that moves as a whole, what its word becomes. The
representative is the least of all images, so it is canonical; it does not depend on how slots are packed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import permutations
from typing import Final

import numpy as np

from lockedroom.model.tabulated.interner import Ids, Interner, Words
from lockedroom.model.tabulated.packing import Packing
from lockedroom.model.tabulated.values import Values
from lockedroom.reference.machine import Name, Slot, Symmetry

_ADDRESSED: Final = 16
"""Blocks of so many bits are looked up by address."""

Exchange = tuple[Name, ...]


class Orbits:
    """The exchanges of one machine, and the images that they make of states."""

    def __init__(self, symmetry: Symmetry, slots: Sequence[Slot], values: Values, packing: Packing) -> None:
        """Raises ValueError where a slot has no counterpart."""
        self._symmetry = symmetry
        self._slots = tuple(slots)
        self._values = values
        names = symmetry.names
        self._exchanges = [dict(zip(names, images, strict=True)) for images in permutations(names)][1:]
        place = {slot: index for index, slot in enumerate(slots)}
        self._to: list[list[int]] = []
        for exchange in self._exchanges:
            images = [exchanged(slot, exchange) for slot in slots]
            missing = [slot for slot, image in zip(slots, images, strict=True) if image not in place]
            if missing:
                raise ValueError(f"{missing[0]} has no counterpart when {_shown(exchange)}")
            self._to.append([place[image] for image in images])
        self._numbers: list[list[Ids]] = [[np.zeros(0, np.int64) for _ in slots] for _ in self._exchanges]
        self._by: list[tuple[int, int] | None] = self._composed(names)
        self.repack(packing)

    @property
    def count(self) -> int:
        """How many exchanges there are, the one that exchanges nothing included."""
        return len(self._exchanges) + 1

    @property
    def says(self) -> str:
        """What is left out, and why it may be."""
        names = ", ".join(self._symmetry.names)
        return (
            f"symmetry: of states that differ by an exchange of {names} one stands for all {self.count}; sound, as no "
            "exchange changes the initial state, steps are judged alike whoever takes them, and invariants are held to "
            "every image"
        )

    def _composed(self, names: tuple[Name, ...]) -> list[tuple[int, int] | None]:
        """For each exchange but those of two neighbours: an exchange of two neighbours and one that was made before it,
        which one after the other make it; in an order in which each is made of earlier ones."""
        keys = [tuple(exchange[name] for name in names) for exchange in self._exchanges]
        known = {key: index for index, key in enumerate(keys)}
        neighbours = []
        for left in range(len(names) - 1):
            swapped = list(names)
            swapped[left], swapped[left + 1] = swapped[left + 1], swapped[left]
            neighbours.append(known[tuple(swapped)])
        by: list[tuple[int, int] | None] = [None] * len(keys)
        self._order = list(neighbours)
        done = set(neighbours)
        for first in self._order:
            for second in neighbours:
                made = tuple(self._exchanges[second][self._exchanges[first][name]] for name in names)
                index = known.get(made)
                if index is not None and index not in done:
                    done.add(index)
                    by[index] = (second, first)
                    self._order.append(index)
        return by

    # ---- numbers of values --------------------------------------------------------------------------

    def foresee(self) -> None:
        """Number every value that an exchange makes of a known one, before anything is packed. Raises ValueError where
        exchanging twice does not lead back."""
        counts = self._values.counts()
        if counts == [len(numbers) for numbers in self._numbers[self._order[0]]]:
            return
        neighbours = [index for index in self._order if self._by[index] is None]
        grown = True
        while grown:
            grown = False
            for index in neighbours:
                exchange, to, numbers = self._exchanges[index], self._to[index], self._numbers[index]
                for slot, held in enumerate(self._values.values):
                    fresh = held[len(numbers[slot]) :]
                    if fresh:
                        grown = True
                        images = [
                            self._values.number(to[slot], self._symmetry.renamed(self._slots[slot], value, exchange))
                            for value in fresh
                        ]
                        numbers[slot] = np.concatenate((numbers[slot], np.array(images, np.int64)))
        for index in neighbours:
            to, numbers = self._to[index], self._numbers[index]
            for slot in range(len(self._slots)):
                if (numbers[to[slot]].take(numbers[slot]) != np.arange(len(numbers[slot]))).any():
                    raise ValueError(
                        f"{self._slots[slot]}: exchanging {_shown(self._exchanges[index])} twice does not lead back"
                    )
        for index in self._order:
            made = self._by[index]
            if made is not None:
                second, first = made
                then = self._numbers[second]
                self._numbers[index] = [
                    then[self._to[first][slot]].take(numbers) for slot, numbers in enumerate(self._numbers[first])
                ]

    def fixed(self, state: Sequence[int]) -> bool:
        """Whether no exchange changes a state, given slot by slot."""
        return all(
            int(numbers[slot][number]) == state[to[slot]]
            for numbers, to in zip(self._numbers, self._to, strict=True)
            for slot, number in enumerate(state)
        )

    # ---- images of states ---------------------------------------------------------------------------

    def repack(self, packing: Packing) -> None:
        """Slots stand elsewhere now."""
        self._packing = packing
        if packing.narrow:
            self._lay_narrow()
        else:
            self._lay_wide()

    def representatives(self, packing: Packing, states: Words) -> Words:
        """The representatives of packed states."""
        if packing.narrow:
            return self.canonical(states)
        return packing.fold(self.canonical_parts(packing.unfold(states)))

    def canonical(self, roots: Words) -> Words:
        """The representatives of narrow states."""
        best = roots.copy()
        words = [(roots >> shift) & mask for shift, mask in self._fields]
        ids = [
            word.astype(np.int64) if interner is None else interner.ids(word)
            for word, interner in zip(words, self._blocks, strict=True)
        ]
        for block, (keys, interner) in enumerate(zip(ids, self._blocks, strict=True)):
            self._fill(block, keys, interner)
        image = np.empty(len(roots), np.uint64)
        more = np.empty(len(roots), np.uint64)
        for images in self._images:
            np.take(images[0], ids[0], out=image, mode="clip")
            for table, keys in zip(images[1:], ids[1:], strict=True):
                np.take(table, keys, out=more, mode="clip")
                image |= more
            np.minimum(best, image, out=best)
        return best

    def canonical_parts(self, parts: list[Ids]) -> list[Ids]:
        """The representatives of wide states, given by the numbers of their groups' words."""
        best = list(parts)
        for index in range(len(self._exchanges)):
            images: list[Ids] = [np.zeros(0, np.int64)] * len(parts)
            for group, ids in enumerate(parts):
                images[self._goes[index][group]] = self._part(index, group, ids)
            less = np.zeros(len(parts[0]), np.bool_)
            same = np.ones(len(parts[0]), np.bool_)
            for mine, theirs in zip(best, images, strict=True):
                less |= same & (theirs < mine)
                same &= theirs == mine
            best = [np.where(less, theirs, mine) for mine, theirs in zip(best, images, strict=True)]
        return best

    def _lay_narrow(self) -> None:
        packing = self._packing
        self._spans: list[tuple[int, ...]] = []
        run: list[int] = []
        for block in packing.blocks:
            if block.peer:
                self._spans.append(block.slots)
            else:
                run += block.slots
        if run:
            self._spans.insert(0, tuple(run))
        self._fields = [
            (
                np.uint64(packing.shift[span[-1]]),
                np.uint64((1 << sum(packing.widths[slot] for slot in span)) - 1),
            )
            for span in self._spans
        ]
        widths = [sum(packing.widths[slot] for slot in span) for span in self._spans]
        self._blocks = [None if width <= _ADDRESSED else Interner() for width in widths]
        self._images = [
            [np.zeros(1 << width if width <= _ADDRESSED else 0, np.uint64) for width in widths] for _ in self._exchanges
        ]
        self._filled = [np.zeros(len(images), np.bool_) for images in self._images[0]]

    def _fill(self, block: int, keys: Ids, interner: Interner | None) -> None:
        """Work out what exchanges make of the words of a block."""
        if interner is not None:
            size = len(interner)
            if size > len(self._filled[block]):
                grown = np.zeros(1 << (size - 1).bit_length(), np.bool_)
                grown[: len(self._filled[block])] = self._filled[block]
                self._filled[block] = grown
                for images in self._images:
                    images[block] = np.concatenate(
                        (images[block], np.zeros(len(grown) - len(images[block]), np.uint64))
                    )
        known = self._filled[block].take(keys)
        if known.all():
            return
        fresh = np.unique(keys[~known])
        shift, packing = int(self._fields[block][0]), self._packing
        words = fresh.astype(np.uint64) if interner is None else interner.keys.take(fresh)
        for index, images in enumerate(self._images):
            made = np.zeros(len(fresh), np.uint64)
            for slot in self._spans[block]:
                numbers = (words >> np.uint64(packing.shift[slot] - shift)) & np.uint64(packing.mask[slot])
                image = self._numbers[index][slot].take(numbers.astype(np.int64)).astype(np.uint64)
                made |= image << np.uint64(packing.shift[self._to[index][slot]])
            images[block][fresh] = made
        self._filled[block][fresh] = True

    def _lay_wide(self) -> None:
        packing = self._packing
        self._goes: list[dict[int, int]] = []
        for to in self._to:
            goes: dict[int, int] = {}
            for slot, image in enumerate(to):
                if goes.setdefault(packing.group[slot], packing.group[image]) != packing.group[image]:
                    raise ValueError(f"{self._slots[slot]} does not move with the slots that it is packed with")
            self._goes.append(goes)
        self._parts = [[np.zeros(0, np.int64) for _ in range(packing.groups)] for _ in self._exchanges]

    def _part(self, index: int, group: int, ids: Ids) -> Ids:
        known = self._parts[index][group]
        packing = self._packing
        total = packing.distinct(group)
        if len(known) < total:
            words = packing.word(group, np.arange(len(known), total))
            made = np.zeros(len(words), np.uint64)
            for slot, at in enumerate(packing.group):
                if at == group:
                    numbers = (words >> np.uint64(packing.shift[slot])) & np.uint64(packing.mask[slot])
                    image = self._numbers[index][slot].take(numbers.astype(np.int64)).astype(np.uint64)
                    made |= image << np.uint64(packing.shift[self._to[index][slot]])
            fresh = packing.number(self._goes[index][group], made)
            known = self._parts[index][group] = np.concatenate((known, fresh))
        return known.take(ids)


def exchanged(slot: Slot, exchange: Mapping[Name, Name]) -> Slot:
    """The slot that a slot becomes."""
    return replace(slot, owner=exchange.get(slot.owner, slot.owner), part=exchange.get(slot.part, slot.part))


def _shown(exchange: Mapping[Name, Name]) -> str:
    return ", ".join(f"{name} for {image}" for name, image in exchange.items() if name != image)
