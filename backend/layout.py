"""The byte offset of every word and cell of an object of one capacity, computed from the tables in `regions`.

Nothing here reads or writes memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lockedroom.backend import regions
from lockedroom.backend.formula import constant
from lockedroom.backend.regions import ACL, BOARD, HEADER, INBOX, LIFE, REGIONS, WORD
from lockedroom.reference.segment.records import LAYOUT_VERSION, Capacity

LENGTH: Final = 4
"""Bytes of the little-endian length at the start of a cell."""

_STARTS: Final = regions.offsets()


@dataclass(frozen=True, slots=True)
class Cell:
    """A place for bytes: their length in 4 bytes, then they."""

    offset: int
    size: int

    @property
    def room(self) -> int:
        """The most bytes that it can hold."""
        return self.size - LENGTH


@dataclass(frozen=True, slots=True)
class _Place:
    """A field: where it is in item 0, how far apart the items are, and its repetitions."""

    base: int
    item: int
    step: int

    def at(self, item: int = 0, repetition: int = 0) -> int:
        return self.base + item * self.item + repetition * self.step

    def cell(self, item: int = 0, repetition: int = 0) -> Cell:
        return Cell(self.at(item, repetition), self.step)


def inbox(member: int) -> int:
    """The lock byte of a member's inbox."""
    return INBOX + member


def life(member: int) -> int:
    """The lock byte of a member's life."""
    return LIFE + member


def excess(capacity: Capacity) -> str | None:
    """What is wrong with a capacity, or None when it is within the limits."""
    for name, (least, greatest) in regions.LIMITS.items():
        number = int(getattr(capacity, name))
        if not least <= number <= greatest:
            return f"{name} is {number}, not {least} to {greatest}"
    if capacity.record % WORD:
        return f"record is {capacity.record}, not a multiple of {WORD}"
    total = _STARTS[-1].of(capacity)
    if total > regions.LARGEST:
        return f"the object would have {total} bytes, more than {regions.LARGEST}"
    return None


class Layout:
    """The places in an object of one capacity, which must be within the limits (`excess`).

    Offsets are in bytes. Indices are not checked here: whoever reads one from the store checks it.
    """

    __slots__ = ("_flips", "_places", "capacity", "journal_capacity", "total")

    def __init__(self, capacity: Capacity) -> None:
        self.capacity: Final = capacity
        self.total: Final = _STARTS[-1].of(capacity)
        self._places: Final = {
            (row.name, field.name): _Place(
                start.of(capacity) + constant(field.offset).of(capacity),
                row.size.of(capacity),
                constant(field.size).of(capacity),
            )
            for start, row in zip(_STARTS, REGIONS, strict=False)
            for field in row.fields
        }
        # For each region with words that flip: where it ends, its name, and where in an item they are.
        self._flips: Final = tuple(
            (
                start.of(capacity),
                start.of(capacity) + row.count.of(capacity) * row.size.of(capacity),
                row.size.of(capacity),
                row.name,
                frozenset(constant(f.offset).of(capacity) for f in row.fields if f.flips),
            )
            for start, row in zip(_STARTS, REGIONS, strict=False)
            if any(f.flips for f in row.fields)
        )
        (entries,) = (f for f in REGIONS[-1].fields if f.name == "entries")
        self.journal_capacity: Final = constant(entries.count).of(capacity)

    def geometry(self) -> tuple[tuple[int, int], ...]:
        """The words that say what the object is, but for the magic: offset and value of each."""
        names = ("members", "quota", "posts", "entries", "record")
        values = {name: int(getattr(self.capacity, name)) for name in names}
        values |= {"version": LAYOUT_VERSION, "total": self.total}
        return tuple((self._places["header", name].base, value) for name, value in values.items())

    def place(self, region: str, field: str, item: int = 0, repetition: int = 0) -> Cell:
        """The bytes of a field of the table, a cell or not. Raises KeyError when the table has no such field."""
        return self._places[region, field].cell(item, repetition)

    def state(self) -> int:
        """The state word: `regions.ABSENT`, `LIVE` or `DESTROYED`."""
        return self._places["header", "state"].base

    def header(self) -> Cell:
        """The signed header's cell."""
        return self._places["header", "header cell"].cell()

    def acl_count(self) -> int:
        """The word that counts the entries of the access control list."""
        return self._places["acl", "count"].base

    def entry(self, number: int) -> Cell:
        """The cell of an entry, from 0."""
        return self._places["acl", "entry cells"].cell(0, number)

    def announced(self, member: int) -> int:
        """The word that says which half of the member's announcement is valid."""
        return self._places["board", "announced"].at(member)

    def half(self, member: int, half: int) -> Cell:
        """A half of the member's announcement: `regions.FIRST_HALF` or `SECOND_HALF`."""
        return self._places["board", "halves"].cell(member, half - regions.FIRST_HALF)

    def post_count(self, member: int) -> int:
        """The word that counts the member's posts."""
        return self._places["board", "count"].at(member)

    def post(self, member: int, number: int) -> Cell:
        """The cell of a member's post, from 0."""
        return self._places["board", "post cells"].cell(member, number)

    def head(self, addressee: int, sender: int) -> int:
        """The word that counts what the addressee has taken of the sender's records."""
        return self._places["inboxes", "head"].at(addressee * self.capacity.members + sender)

    def tail(self, addressee: int, sender: int) -> int:
        """The word that counts what the sender has appended for the addressee."""
        return self._places["inboxes", "tail"].at(addressee * self.capacity.members + sender)

    def record(self, addressee: int, sender: int, number: int) -> Cell:
        """The cell of the sender's record `number` (from 0, as head and tail count) for the addressee."""
        ring = addressee * self.capacity.members + sender
        cell = number % (self.capacity.quota + 1)
        return self._places["inboxes", "record cells"].cell(ring, cell)

    def life(self, member: int) -> tuple[int, int, int]:
        """The words of the member's life cell: pid, start time, pid namespace."""
        region = "life"
        return (
            self._places[region, "pid"].at(member),
            self._places[region, "start time"].at(member),
            self._places[region, "namespace"].at(member),
        )

    def commit(self, member: int) -> int:
        """The commit word of the member's journal; all members' stand side by side from `commit(0)` on."""
        return self._places["commits", "commits"].at(0, member)

    def journal_slots(self, member: int) -> int:
        """The first of the two words of bits that say which slots the member's journal touches."""
        return self._places["journals", "slots"].at(member)

    def journal_entries(self, member: int) -> int:
        """Where the entries of the member's journal begin."""
        return self._places["journals", "entries"].at(member)

    def slots(self) -> tuple[int, ...]:
        """The lock bytes of every slot there is, in the order in which they are taken."""
        return (HEADER, ACL, BOARD, *map(inbox, range(self.capacity.members)))

    def slot_of(self, offset: int) -> int | None:
        """The lock byte of the slot of a word that transitions flip; None for every other offset."""
        for start, end, size, name, flips in self._flips:
            if start <= offset < end:
                item, inside = divmod(offset - start, size)
                if inside not in flips:
                    return None
                match name:
                    case "header":
                        return HEADER
                    case "acl":
                        return ACL
                    case "board":
                        return BOARD
                    case _:
                        return inbox(item // self.capacity.members)
        return None
