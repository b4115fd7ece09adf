"""Invariants over whole chunks: each distinct combination of what a rule looks at is judged once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np
import numpy.typing as npt

from lockedroom.model.report import Invariant, Judgement
from lockedroom.model.tabulated.interner import Ids, Pairs
from lockedroom.model.tabulated.packing import Chunk
from lockedroom.model.tabulated.symmetry import exchanged
from lockedroom.model.tabulated.values import Values
from lockedroom.reference.machine import Name, Slot, Symmetry


class Rule:
    """One invariant, with the numbers of what its views have given."""

    def __init__(self, rule: Invariant, place: dict[Slot, int]) -> None:
        self.rule = rule
        self._slots = [place[slot] for slot in rule.reads]
        self._numbers: list[dict[Hashable, int]] = [{} for _ in rule.reads]
        self._viewed: list[list[Hashable]] = [[] for _ in rule.reads]
        self._of: list[npt.NDArray[np.int64]] = [np.zeros(0, np.int64) for _ in rule.reads]
        self._pairs = [Pairs() for _ in rule.reads]
        self._judged = 0
        self._verdicts: dict[int, bool] = {}

    def content(self) -> dict[str, Any]:
        """All that was found out."""
        return {
            "numbers": self._numbers,
            "viewed": self._viewed,
            "of": self._of,
            "pairs": [pairs.keys.copy() for pairs in self._pairs],
            "judged": self._judged,
        }

    def restore(self, content: Mapping[str, Any]) -> None:
        """Know what another one of this rule knew."""
        self._numbers, self._viewed = content["numbers"], content["viewed"]
        self._of, self._judged = content["of"], content["judged"]
        self._pairs = [Pairs.of(keys) for keys in content["pairs"]]

    def news(self, chunk: Chunk, values: Values) -> Iterator[tuple[Judgement, int]]:
        """What the rule says of every combination that it has not judged before, and where in the chunk that stands."""
        left = self._seen(chunk, values)
        if not len(self._slots) or int(left.max(initial=-1)) < self._judged:
            return
        for fresh in np.unique(left[left >= self._judged]).tolist():
            at = int(np.flatnonzero(left == fresh)[0])
            yield self.rule.judge(self._shown(chunk, at)), at
        self._judged = len(self._pairs[-1])

    def holds(self, chunk: Chunk, values: Values) -> npt.NDArray[np.bool_]:
        """Whether the rule says True, state by state."""
        seen = self._seen(chunk, values)
        there, first, inverse = np.unique(seen, return_index=True, return_inverse=True)
        for key, at in zip(there.tolist(), first.tolist(), strict=True):
            if key not in self._verdicts:
                self._verdicts[key] = self.rule.judge(self._shown(chunk, at)) is True
        return np.array([self._verdicts[key] for key in there.tolist()], np.bool_)[inverse]

    def _seen(self, chunk: Chunk, values: Values) -> Ids:
        """The number of what is seen in each state."""
        left: Ids = np.zeros(len(chunk.roots), np.int64)
        for index, slot in enumerate(self._slots):
            self._view(index, slot, values)
            left = self._pairs[index].ids(left, self._of[index].take(chunk.column(slot)))
        return left

    def _shown(self, chunk: Chunk, at: int) -> tuple[Hashable, ...]:
        """What is seen in one state."""
        return tuple(
            self._viewed[index][int(self._of[index][chunk.column(slot)[at]])] for index, slot in enumerate(self._slots)
        )

    def _view(self, index: int, slot: int, values: Values) -> None:
        known = len(self._of[index])
        more = values.values[slot][known:]
        if not more:
            return
        numbers, viewed = self._numbers[index], self._viewed[index]
        fresh: list[int] = []
        for value in more:
            view = self.rule.views[index](value)
            number = numbers.get(view)
            if number is None:
                number = numbers[view] = len(viewed)
                viewed.append(view)
            fresh.append(number)
        self._of[index] = np.concatenate((self._of[index], np.array(fresh, np.int64)))


def images(rules: Sequence[Invariant], symmetry: Symmetry) -> list[Invariant]:
    """The rules, and for each exchange of names each rule as it looks at the state that the exchange makes: so that a
    rule which tells names apart is held to every state, not only to those that stand for the rest."""
    found = list(rules)
    for names in list(permutations(symmetry.names))[1:]:
        there = dict(zip(symmetry.names, names, strict=True))
        back = {image: name for name, image in there.items()}
        for rule in rules:
            reads = tuple(exchanged(slot, back) for slot in rule.reads)
            views = tuple(_renaming(view, slot, symmetry, there) for view, slot in zip(rule.views, reads, strict=True))
            found.append(replace(rule, reads=reads, views=views))
    return found


def _renaming(
    view: Callable[[Hashable], Hashable], slot: Slot, symmetry: Symmetry, exchange: Mapping[Name, Name]
) -> Callable[[Hashable], Hashable]:
    return lambda value: view(symmetry.renamed(slot, value, exchange))
