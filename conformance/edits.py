"""What an intruder writes into a room's object, byte by byte: where, and how what lies there is changed.

A place is named by the byte tables of the layout, a field of a record by that of the record, so that an edit means the
same in every run, whatever the keys are. Nothing here touches an object: `tampering` does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeAlias

from lockedroom.backend.layout import Cell, Layout
from lockedroom.backend.regions import REGIONS
from lockedroom.reference.segment.records import LAYOUTS, Record

Place: TypeAlias = Annotated[str, {"pattern": "^[a-z0-9._ -]+(/[a-z0-9._ -]+){0,4}$", "maxLength": 120}]

OBJECT: Final = "object"
"""The place that is the whole object."""

_LENGTHS: Final = {"var": 4, "name": 1, "label": 1}
_WIDTHS: Final = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "bits32": 32, "bits40": 40, "bits64": 64, "capacity": 20}
_KINDS: Final[Mapping[int, type[Record]]] = {kind: record for record, (kind, _) in LAYOUTS.items()}
_OWNED: Final = {"board": 1, "inboxes": 2, "life": 1, "journals": 1}
"""Of how many names an item of a region is; all others have one item."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of what lies in a place: of its record's `field`, if one is named, or the record; of a word. `bytes`
    are in hexadecimal."""

    place: Place
    change: Literal["xor", "put", "fill", "cut", "insert", "length", "relength", "add", "copy", "foreign", "grow"]
    field: str | None = None
    bytes: str | None = None
    number: int | None = None
    source: str | None = None


class Unplaceable(Exception):
    """An edit of what is not there: a place that the layout has not, a field that the record in it has not."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in an object: a cell, or a word (of 8 bytes; an entry of a journal is 16)."""

    cell: Cell
    record: bool


def spot(layout: Layout, place: str, index: Callable[[str], int]) -> Spot:
    """Where a place is in an object; `index` gives the index of a name. Raises Unplaceable."""
    region, *path = place.split("/")
    row = next((row for row in REGIONS if row.name == region), None)
    if row is None:
        raise Unplaceable(f"no region {region}")
    names = path[: _OWNED.get(region, 0)]
    rest = path[len(names) :]
    numbers = [index(name) for name in names]
    item = numbers[0] * layout.capacity.members + numbers[1] if len(numbers) == 2 else sum(numbers)
    field = next((field for field in row.fields if rest and field.name == rest[0]), None)
    if field is None or len(rest) > 2 or len(names) < _OWNED.get(region, 0):
        raise Unplaceable(f"no place {place}")
    repetition = 0
    if len(rest) == 2:
        if region != "commits" and not rest[1].isdecimal():
            raise Unplaceable(f"no place {place}")
        repetition = index(rest[1]) if region == "commits" else int(rest[1])
    found = layout.place(region, field.name, item, repetition)
    if found.offset + found.size > layout.total:
        raise Unplaceable(f"{place} is beyond the object")
    return Spot(found, "cell" in field.name or field.name == "halves")


def spans(data: bytes) -> dict[str, tuple[int, int]]:
    """Where each field of an encoded record begins and ends, its length with it; of no record nothing but the kind."""
    found = {"kind": (0, min(1, len(data)))}
    kind = _KINDS.get(data[0]) if data else None
    at = 1
    for field in LAYOUTS[kind][1] if kind else ():
        end = _end(field.type, data, at)
        if end > len(data):
            break
        found[field.name] = (at, end)
        at = end
    return found


def _end(wire: str, data: bytes, at: int) -> int:
    if wire == "epoch":
        return _end("name", data, at + 4)
    size = _LENGTHS.get(wire)
    if size is None:
        return at + _WIDTHS[wire]
    return at + size + int.from_bytes(data[at : at + size], "big")


def edited(
    edit: Edit, data: bytes, source: bytes = b"", fields: Callable[[bytes], Mapping[str, tuple[int, int]]] = spans
) -> tuple[bytes, int]:
    """What a cell holds after an edit of what it held, and what its length word then says. `fields`: where those of a
    record are. Raises Unplaceable."""
    start, end = 0, len(data)
    if edit.field is not None:
        ours = fields(data)
        if edit.field not in ours:
            raise Unplaceable(f"no field {edit.field} in what lies in {edit.place}")
        start, end = ours[edit.field]
    given, number = _bytes(edit), edit.number or 0
    match edit.change:
        case "xor":
            piece = _xor(data[start:end], given)
        case "put":
            piece = given
        case "fill":
            piece = given * (end - start)
        case "insert":
            piece = data[start:end] + given
        case "cut":
            kept = data[: max(0, end - number)]
            return kept, len(kept)
        case "length" if edit.field is None:
            return data, number
        case "relength":
            return data, max(0, len(data) + number)
        case "length" if edit.field is not None:
            size = _length_of(data, edit.field)
            at = start + (4 if edit.field == "epoch" else 0)
            piece = data[start:at] + (number % (1 << 8 * size)).to_bytes(size, "big") + data[at + size : end]
        case "copy" | "foreign" if edit.field is None:
            return source, len(source)
        case "copy" | "foreign" if edit.field is not None and (found := fields(source).get(edit.field)):
            piece = source[slice(*found)]
        case _:
            raise Unplaceable(f"no way to {edit.change} a record")
    whole = data[:start] + piece + data[end:]
    return whole, len(whole)


def _length_of(data: bytes, field: str) -> int:
    layout = LAYOUTS[_KINDS[data[0]]][1]
    wire = next((one.type for one in layout if one.name == field), "")
    if wire != "epoch" and wire not in _LENGTHS:
        raise Unplaceable(f"{field} has no length of its own")
    return _LENGTHS.get(wire, 1)


def rewritten(edit: Edit, word: bytes) -> bytes:
    """What a word, or an entry of a journal, is after an edit. Raises Unplaceable."""
    given = _bytes(edit)
    match edit.change:
        case "put" if len(given) == len(word):
            return given
        case "xor":
            return _xor(word, given)
        case "add":
            return ((int.from_bytes(word, "little") + (edit.number or 0)) % (1 << 8 * len(word))).to_bytes(
                len(word), "little"
            )
    raise Unplaceable(f"no way to {edit.change} a word")


def _xor(data: bytes, mask: bytes) -> bytes:
    if len(mask) > len(data):
        raise Unplaceable(f"a mask of {len(mask)} bytes for {len(data)}")
    at = len(data) - len(mask)
    return data[:at] + bytes(a ^ b for a, b in zip(data[at:], mask, strict=True))


def _bytes(edit: Edit) -> bytes:
    try:
        return bytes.fromhex(edit.bytes or "")
    except ValueError:
        raise Unplaceable(f"{edit.bytes!r} is not hexadecimal") from None
