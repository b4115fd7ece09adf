"""The one canonical binary encoding of every record, driven by the byte tables in `records.LAYOUTS`.

`encode` never fails on a record that an engine made under a real suite; `decode` takes any bytes and gives a record
or `Malformed`, never an exception (SEG-RECORD).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from lockedroom.reference.crypto.terms import Term
from lockedroom.reference.segment.records import (
    LARGEST_NAME,
    LAYOUTS,
    Capacity,
    Epoch,
    Malformed,
    Record,
)

NAME: Final = re.compile(rb"[a-z0-9][a-z0-9._-]*")
LABEL: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]*")
_TEXTS: Final = {"name": NAME, "label": LABEL}
_INTEGERS: Final = {"u8": 1, "u16": 2, "u32": 4, "u64": 8}
_BITS: Final = {"bits32": 32, "bits40": 40, "bits64": 64}
_KINDS: Final = {kind: record for record, (kind, _) in LAYOUTS.items()}


class _Short(Exception):
    """The bytes end, or mean nothing, where a field should be. Never leaves this module."""


@dataclass(slots=True)
class _Reader:
    data: bytes
    position: int = 0

    def take(self, size: int) -> bytes:
        end = self.position + size
        if end > len(self.data):
            raise _Short(f"it ends after {len(self.data)} bytes, inside a field")
        piece = self.data[self.position : end]
        self.position = end
        return piece

    def integer(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def text(self, wire: str) -> str:
        size = self.integer(1)
        if not 1 <= size <= LARGEST_NAME:
            raise _Short(f"a {wire} of {size} bytes")
        raw = self.take(size)
        if not _TEXTS[wire].fullmatch(raw):
            raise _Short(f"a {wire} with a byte that no {wire} has")
        return raw.decode("ascii")


def is_name(text: str) -> bool:
    """Whether `text` can be a member's name: 1 to 31 of a-z, 0-9, '.', '_', '-', and no mark first (SEG-NAME-1)."""
    return _is(text, NAME)


def _is(text: str, pattern: re.Pattern[bytes]) -> bool:
    raw = text.encode("utf-8", "surrogatepass")
    return 1 <= len(raw) <= LARGEST_NAME and pattern.fullmatch(raw) is not None


def encode(record: Record) -> bytes:
    """The canonical encoding. Raises TypeError for a record of terms, ValueError for one that no engine makes."""
    kind, layout = LAYOUTS[type(record)]
    return bytes([kind]) + b"".join(_encoded(field.type, getattr(record, field.name)) for field in layout)


def decode(data: bytes) -> Record | Malformed:
    """The record that these bytes are, or why they are none. What is accepted is canonical (SEG-RECORD-3)."""
    if not data:
        return Malformed("it is empty")
    record = _KINDS.get(data[0])
    if record is None:
        return Malformed(f"it has the unknown kind {data[0]}")
    reader = _Reader(data, 1)
    try:
        values = {field.name: _READ[field.type](reader) for field in LAYOUTS[record][1]}
    except _Short as why:
        return Malformed(str(why))
    if reader.position != len(data):
        return Malformed(f"it goes on {len(data) - reader.position} bytes after its end")
    make: Callable[..., Record] = record
    return make(**values)


def _encoded(wire: str, value: object) -> bytes:
    match value:
        case int() if wire in _INTEGERS:
            return value.to_bytes(_INTEGERS[wire], "big")
        case bytes() if wire in _BITS:
            if len(value) != _BITS[wire]:
                raise ValueError(f"{len(value)} bytes where the layout has {_BITS[wire]}")
            return value
        case bytes() if wire == "var":
            return len(value).to_bytes(4, "big") + value
        case str() if wire in _TEXTS:
            if not _is(value, _TEXTS[wire]):
                raise ValueError(f"no {wire}: {value!r}")
            return bytes([len(value)]) + value.encode("ascii")
        case Epoch(number, proposer) if wire == "epoch":
            return _encoded("u32", number) + _encoded("name", proposer)
        case Capacity() if wire == "capacity":
            sizes = (value.members, value.quota, value.posts, value.entries, value.record)
            return b"".join(_encoded("u32", size) for size in sizes)
        case Term():
            raise TypeError("terms have no bytes: this record was made under the symbolic suite")
    raise ValueError(f"{value!r} is no {wire}")


def _text(wire: str) -> Callable[[_Reader], object]:
    return lambda reader: reader.text(wire)


def _fixed(size: int) -> Callable[[_Reader], object]:
    return lambda reader: reader.take(size)


def _integer(size: int) -> Callable[[_Reader], object]:
    return lambda reader: reader.integer(size)


def _capacity(reader: _Reader) -> object:
    members, quota, posts, entries, record = (reader.integer(4) for _ in range(5))
    return Capacity(members, quota, posts, entries, record)


_READ: Final[dict[str, Callable[[_Reader], object]]] = {
    **{wire: _integer(size) for wire, size in _INTEGERS.items()},
    **{wire: _fixed(size) for wire, size in _BITS.items()},
    "var": lambda reader: reader.take(reader.integer(4)),
    **{wire: _text(wire) for wire in _TEXTS},
    "epoch": lambda reader: Epoch(reader.integer(4), reader.text("name")),
    "capacity": _capacity,
}
