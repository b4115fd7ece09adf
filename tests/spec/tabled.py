"""A second decoder and encoder of records, made from the tables of spec/segment.md alone.

It shares no code with the project's codec and imports nothing of the project: what it knows it has read in the
chapter. No check lives here.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHAPTER = Path(__file__).resolve().parents[2] / "spec" / "segment.md"


class NotARecord(Exception):
    """These bytes are none."""


@dataclass(frozen=True)
class Wire:
    """One wire type: how to take a value off bytes, and how to make bytes of it."""

    read: Callable[[bytes, int], tuple[Any, int]]
    write: Callable[[Any], bytes]


def section(text: str, title: str) -> str:
    """What stands below a heading, up to the next of its own level or above."""
    level = re.search(rf"^(#+) {re.escape(title)}\n", text, re.MULTILINE)
    assert level, f"the chapter has no section {title}"
    found = text[level.end() :]
    end = re.search(rf"^#{{1,{len(level[1])}}} ", found, re.MULTILINE)
    return found[: end.start()] if end else found


def rows(text: str) -> list[list[str]]:
    """The rows of the first table of a text, without its head."""
    lines = itertools.dropwhile(lambda line: not line.startswith("|"), text.splitlines())
    table = list(itertools.takewhile(lambda line: line.startswith("|"), lines))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]


def letters(text: str, clause: str) -> re.Pattern[bytes]:
    """The pattern of the texts that a clause on names allows: its ranges and marks, a letter or digit first."""
    (said,) = re.findall(rf"\*\*{clause}\*\*(.*?)\n\n", text, re.DOTALL)
    least, most = map(int, re.search(r"(\d+) to (\d+) bytes", said).groups())
    ranges = "".join(f"{a}-{b}" for a, b in re.findall(r"`(\w)`–`(\w)`", said))
    marks = "".join(re.escape(mark) for mark in re.findall(r"`([._-])`", said))
    assert least == 1 and ranges and re.search(r"begin with a\s+letter or a digit", said)
    return re.compile(f"[{ranges}][{ranges}{marks}]{{0,{most - 1}}}".encode())


def wires(text: str) -> dict[str, Wire]:
    """The wire types, from their table."""
    found: dict[str, Wire] = {}
    for name, meaning in rows(section(text, "Wire types")):
        found[name.strip("`")] = _wire(meaning, found, text)
    return found


def _wire(meaning: str, known: dict[str, Wire], text: str) -> Wire:
    if match := re.match(r"(\d+) bytes?, unsigned", meaning):
        return _number(int(match[1]))
    if match := re.fullmatch(r"(\d+) bytes", meaning):
        return _fixed(int(match[1]))
    if match := re.match(r"`(\w+)` length, then that many bytes(?:, a (?:name|label) \((SEG-NAME-\d)\))?$", meaning):
        pattern = letters(text, match[2]) if match[2] else None
        return _counted(known[match[1]], pattern)
    parts = re.findall(r"`(\w+)` (\w+)", meaning)
    assert parts and ", ".join(f"`{kind}` {name}" for kind, name in parts) == meaning, meaning
    return _together([(name, known[kind]) for kind, name in parts])


def _take(data: bytes, at: int, size: int) -> bytes:
    if at + size > len(data):
        raise NotARecord
    return data[at : at + size]


def _number(size: int) -> Wire:
    def read(data: bytes, at: int) -> tuple[int, int]:
        value = 0
        for byte in _take(data, at, size):
            value = value * 256 + byte
        return value, at + size

    def write(value: int) -> bytes:
        return bytes(value >> 8 * place & 255 for place in reversed(range(size)))

    return Wire(read, write)


def _fixed(size: int) -> Wire:
    return Wire(lambda data, at: (_take(data, at, size).hex(), at + size), bytes.fromhex)


def _counted(length: Wire, pattern: re.Pattern[bytes] | None) -> Wire:
    def read(data: bytes, at: int) -> tuple[str, int]:
        size, at = length.read(data, at)
        content = _take(data, at, size)
        if pattern is None:
            return content.hex(), at + size
        if not pattern.fullmatch(content):
            raise NotARecord
        return content.decode("ascii"), at + size

    def write(value: str) -> bytes:
        content = bytes.fromhex(value) if pattern is None else value.encode("ascii")
        return length.write(len(content)) + content

    return Wire(read, write)


def _together(parts: list[tuple[str, Wire]]) -> Wire:
    def read(data: bytes, at: int) -> tuple[dict[str, Any], int]:
        values = {}
        for name, wire in parts:
            values[name], at = wire.read(data, at)
        return values, at

    return Wire(read, lambda value: b"".join(wire.write(value[name]) for name, wire in parts))


class Tables:
    """The records of the chapter."""

    def __init__(self, text: str) -> None:
        known = wires(text)
        self.records: dict[str, tuple[int, Wire]] = {}
        for title in re.findall(r"^### (\w+)$", section(text, "Records"), re.MULTILINE):
            table = rows(section(text, title))
            if not table or table[0][0] != "kind":
                continue
            fields = [(name, known[kind.strip("`")]) for name, kind, _ in table[1:]]
            assert table[0][1] == "`u8`"
            self.records[title] = (int(table[0][2]), _together(fields))

    def decode(self, data: bytes) -> tuple[str, dict[str, Any]]:
        """The kind and the fields. Raises NotARecord."""
        for title, (kind, wire) in self.records.items():
            if data[:1] == bytes([kind]):
                values, end = wire.read(data, 1)
                if end != len(data):
                    raise NotARecord
                return title, values
        raise NotARecord

    def encode(self, title: str, values: dict[str, Any]) -> bytes:
        """The bytes of a record."""
        kind, wire = self.records[title]
        return bytes([kind]) + wire.write(values)


def tables() -> Tables:
    """The tables of the chapter as it stands."""
    return Tables(CHAPTER.read_text("utf-8"))
