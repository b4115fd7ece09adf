"""What a room's object says, by member index: copied out, bounds-checked, decoded. Nothing in it is trusted.

Whatever is no record becomes `Malformed`, a value; a count beyond its table is taken for as many as there can be,
and a ring whose counters make no sense for an empty one without room (SEG-STORE-9, SEG-STORE-15). Reads take no
locks: whoever needs answers that belong together asks again under them.
"""

from __future__ import annotations

from typing import Final, TypeVar

from lockedroom.backend import errors, regions
from lockedroom.backend.layout import Cell, Layout
from lockedroom.backend.shm import Store
from lockedroom.reference.segment.codec import decode
from lockedroom.reference.segment.records import (
    Announcement,
    Consumable,
    Destroyed,
    Entry,
    Exchange,
    Header,
    Malformed,
    Message,
    Post,
    Record,
)

WORDS: Final = 1 << 64
"""Counters of rings count modulo this."""

_REMEMBERED: Final = 1024
_Kind = TypeVar("_Kind", Header, Entry, Announcement)


class Memory:
    """The shared slots of one store, read. Member indices must lie below the capacity's `members`."""

    __slots__ = ("_decoded", "layout", "store")

    def __init__(self, store: Store) -> None:
        self.store: Final = store
        self.layout: Final[Layout] = store.layout
        self._decoded: dict[bytes, Record | Malformed] = {}

    # ---- header and list -----------------------------------------------------------------------------

    def header(self) -> Header | Destroyed | Malformed | None:
        """See `HeaderView.record`."""
        match self.store.load(self.layout.state()):
            case regions.ABSENT:
                return None
            case regions.DESTROYED:
                return Destroyed()
            case regions.LIVE:
                header = self._lasting(self.layout.header(), Header)
            case state:
                return Malformed(f"its state is {state}")
        if isinstance(header, Header) and header.capacity != self.layout.capacity:
            return Malformed("its capacity is not that of the object's words")
        return header

    def entry_count(self) -> int:
        """How many entries the list has, its table's length at most."""
        return min(self.store.load(self.layout.acl_count()), self.layout.capacity.entries)

    def entries(self, start: int = 0) -> tuple[Entry | Malformed, ...]:
        """The entries from `start`, from 0, to the last."""
        return tuple(self._lasting(self.layout.entry(k), Entry) for k in range(start, self.entry_count()))

    # ---- the board -----------------------------------------------------------------------------------

    def half(self, member: int) -> int:
        """The word that says which half of the member's announcement is valid, whatever it says."""
        return self.store.load(self.layout.announced(member))

    def announcement(self, member: int) -> Announcement | Malformed | None:
        """What the member announces."""
        match self.half(member):
            case regions.NO_HALF:
                return None
            case (regions.FIRST_HALF | regions.SECOND_HALF) as half:
                return self._lasting(self.layout.half(member, half), Announcement)
            case half:
                return Malformed(f"its word says {half}")

    def post_count(self, member: int) -> int:
        """How many posts the member has, its table's length at most."""
        return min(self.store.load(self.layout.post_count(member)), self.layout.capacity.posts)

    def posts(self, member: int) -> tuple[Post | Malformed, ...]:
        """The member's posts, first to last."""
        found = (self._fleeting(self.layout.post(member, k)) for k in range(self.post_count(member)))
        return tuple(post if isinstance(post, Post | Malformed) else _not_here(post) for post in found)

    # ---- inboxes -------------------------------------------------------------------------------------

    def ring(self, to: int, sender: int) -> tuple[int, int]:
        """The number of the first record of a ring, and how many there are: 0 when the counters make no sense, and
        then it is not `sound`."""
        head, tail = self._counters(to, sender)
        count = (tail - head) % WORDS
        return head, count if count <= self.layout.capacity.quota + 1 else 0

    def sound(self, to: int, sender: int) -> bool:
        """Whether the counters of a ring make sense."""
        head, tail = self._counters(to, sender)
        return (tail - head) % WORDS <= self.layout.capacity.quota + 1

    def first(self, to: int, sender: int) -> Consumable | Malformed | None:
        """The first record of a ring."""
        head, count = self.ring(to, sender)
        return self._consumable(to, sender, head) if count else None

    def lying(self, to: int, sender: int) -> tuple[Consumable | Malformed, ...]:
        """All records of a ring, first to last."""
        head, count = self.ring(to, sender)
        return tuple(self._consumable(to, sender, (head + k) % WORDS) for k in range(count))

    # ---- one record ----------------------------------------------------------------------------------

    def _counters(self, to: int, sender: int) -> tuple[int, int]:
        return self.store.load(self.layout.head(to, sender)), self.store.load(self.layout.tail(to, sender))

    def _consumable(self, to: int, sender: int, number: int) -> Consumable | Malformed:
        found = self._fleeting(self.layout.record(to, sender, number))
        return found if isinstance(found, Exchange | Message | Malformed) else _not_here(found)

    def _lasting(self, cell: Cell, kind: type[_Kind]) -> _Kind | Malformed:
        """A record that stands for long and is looked at often: its decoding is remembered by its bytes."""
        data = self.store.read_cell(cell)
        if isinstance(data, errors.Malformed):
            return Malformed(data.detail)
        found = self._decoded.get(data)
        if found is None:
            if len(self._decoded) >= _REMEMBERED:
                self._decoded.clear()
            found = self._decoded[data] = decode(data)
        return found if isinstance(found, kind | Malformed) else _not_here(found)

    def _fleeting(self, cell: Cell) -> Record | Malformed:
        data = self.store.read_cell(cell)
        return Malformed(data.detail) if isinstance(data, errors.Malformed) else decode(data)


def _not_here(record: Record) -> Malformed:
    return Malformed(f"it is of the kind {type(record).__name__.lower()}, which has no place here")
