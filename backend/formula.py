"""Arithmetic over a capacity that can both be printed and computed: the layout's tables are made of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from lockedroom.reference.segment.records import Capacity

Number: TypeAlias = "Formula | int"


@dataclass(frozen=True, slots=True)
class Formula:
    """A number that depends on the capacity: `text` shows how, `of` computes it."""

    text: str
    of: Callable[[Capacity], int]
    simple: bool = True

    def __add__(self, other: Number) -> Formula:
        right = constant(other)
        if right.text == "0":
            return self
        if self.text == "0":
            return right
        return Formula(f"{self.text} + {right.text}", lambda c: self.of(c) + right.of(c), simple=False)

    def __mul__(self, other: Number) -> Formula:
        right = constant(other)
        if right.text == "1":
            return self
        if self.text == "1":
            return right
        text = f"{self._factor()} × {right._factor()}"
        return Formula(text, lambda c: self.of(c) * right.of(c))

    def rounded(self, unit: int) -> Formula:
        """This number, or the next multiple of `unit` above it."""
        return Formula(f"⌈{self.text}⌉{unit}", lambda c: -(-self.of(c) // unit) * unit)

    def _factor(self) -> str:
        return self.text if self.simple else f"({self.text})"


def constant(number: Number) -> Formula:
    """The formula of a plain number; a formula stays what it is."""
    if isinstance(number, Formula):
        return number
    return Formula(str(number), lambda _: number)


MEMBERS: Final = Formula("members", lambda c: c.members)
QUOTA: Final = Formula("quota", lambda c: c.quota)
POSTS: Final = Formula("posts", lambda c: c.posts)
ENTRIES: Final = Formula("entries", lambda c: c.entries)
RECORD: Final = Formula("record", lambda c: c.record)
