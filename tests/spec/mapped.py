"""A second reader of a room's object, made from the chapter's tables of regions alone.

It shares no code with the backend: what it knows it has read in the chapter. No check lives here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tests.spec.tabled import CHAPTER, rows, section


def number(formula: str, capacity: Mapping[str, int]) -> int:
    """The value of a formula of the chapter: numbers, names of a capacity, +, ×, parentheses, ⌈x⌉n."""
    if rounded := re.fullmatch(r"⌈(.*)⌉(\d+)", formula):
        unit = int(rounded[2])
        return -(-number(rounded[1], capacity) // unit) * unit
    terms = _split(formula, "+")
    if len(terms) > 1:
        return sum(number(term, capacity) for term in terms)
    value = 1
    for factor in _split(formula, "×"):
        inner = re.fullmatch(r"\((.*)\)", factor)
        value *= number(inner[1], capacity) if inner else int(factor) if factor.isdigit() else capacity[factor]
    return value


def _split(formula: str, sign: str) -> list[str]:
    """The parts of a formula between signs that stand in no parentheses."""
    parts, depth = [""], 0
    for letter in formula:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == sign and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]


class Map:
    """Where everything stands in an object of one capacity."""

    def __init__(self, capacity: Mapping[str, int], text: str | None = None) -> None:
        text = text or CHAPTER.read_text("utf-8")
        self.capacity = dict(capacity)
        self.places: dict[tuple[str, str], tuple[int, int, int]] = {}
        self.flips: set[tuple[str, str]] = set()
        self.total = 0
        for region, items, size, _, _ in rows(section(text, "Regions")):
            name = region.split(". ")[1]
            step = number(size, capacity)
            for offset, field, width, _count, _ in rows(section(text, f"An item of {name}")):
                at = self.total + number(offset, capacity)
                self.places[name, field.removesuffix(" ↻")] = (at, step, number(width, capacity))
                if field.endswith("↻"):
                    self.flips.add((name, field.removesuffix(" ↻")))
            self.total += number(items, capacity) * step

    def at(self, region: str, field: str, item: int = 0, repetition: int = 0) -> int:
        """The offset of a field."""
        base, step, width = self.places[region, field]
        return base + item * step + repetition * width


class Object:
    """The bytes of a room's object, read as the chapter says."""

    def __init__(self, data: bytes) -> None:
        names = ("members", "quota", "posts", "entries", "record")
        # The words of the capacity stand where they stand whatever the capacity is.
        anywhere = Map(dict.fromkeys(names, 1))
        capacity = {
            name: int.from_bytes(data[o : o + 8], "little") for name in names for o in [anywhere.at("header", name)]
        }
        self.data = data
        self.map = Map(capacity)

    def word(self, region: str, field: str, item: int = 0, repetition: int = 0) -> int:
        """A word."""
        offset = self.map.at(region, field, item, repetition)
        return int.from_bytes(self.data[offset : offset + 8], "little")

    def cell(self, region: str, field: str, item: int = 0, repetition: int = 0) -> bytes:
        """What a cell holds."""
        offset = self.map.at(region, field, item, repetition)
        length = int.from_bytes(self.data[offset : offset + 4], "little")
        return self.data[offset + 4 : offset + 4 + length]

    def lane(self, to: int, sender: int) -> list[bytes]:
        """The records of a lane, first to last."""
        item = to * self.map.capacity["members"] + sender
        head, tail = self.word("inboxes", "head", item), self.word("inboxes", "tail", item)
        cells = self.map.capacity["quota"] + 1
        return [self.cell("inboxes", "record cells", item, n % cells) for n in range(head, tail)]
