"""The board and the inboxes cut into parts: one cell for each name on the board, one lane for each pair of an inbox
and a sender.

No two parts depend on each other, and most transitions look at one of them: explorers memoise by parts. Nothing here
decides anything; asking for a part outside the footprint raises FootprintError, as with whole slots.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from lockedroom.reference.crypto.suite import Entropy, Suite
from lockedroom.reference.crypto.terms import Bits
from lockedroom.reference.errors import FootprintError
from lockedroom.reference.machine import Effect, Name, Slot
from lockedroom.reference.segment import effects, store
from lockedroom.reference.segment.effects import ACL, HEADER
from lockedroom.reference.segment.profile import HARDENED, Profile
from lockedroom.reference.segment.records import Announcement, Capacity, Consumable, Malformed, Post
from lockedroom.reference.segment.state import Member
from lockedroom.reference.segment.views import At

Records = tuple[Consumable | Malformed, ...]


def cell(name: Name) -> Slot:
    """The part of the board that stands under a name. It holds a `store.Cell`."""
    return Slot("board", "", name)


def lane(recipient: Name, sender: Name) -> Slot:
    """The part of an inbox that stands under a sender's name. It holds a tuple of records."""
    return Slot("inbox", recipient, sender)


def cut(slot: Slot, names: tuple[Name, ...]) -> tuple[Slot, ...]:
    """The parts of a slot among these members; a part, or a slot that has none, is itself."""
    if slot.part or slot.kind not in ("board", "inbox"):
        return (slot,)
    return tuple(Slot(slot.kind, slot.owner, name) for name in names if name != slot.owner)


@dataclass(frozen=True, slots=True)
class PartsBoard:
    """The board's questions, answered from the cells in the footprint."""

    parts: Mapping[Slot, Hashable]
    capacity: Capacity

    def _cell(self, name: Name) -> store.Cell:
        slot = cell(name)
        if slot not in self.parts:
            raise FootprintError(f"{slot} is outside the footprint of this transition")
        return cast(store.Cell, self.parts[slot])

    def announcement(self, name: Name) -> Announcement | None:
        """See `BoardView`."""
        return self._cell(name).announcement

    def announces(self, name: Name, incarnation: Bits) -> bool:
        """See `BoardView`."""
        announced = self._cell(name).announcement
        return announced is not None and announced.incarnation == incarnation

    def holds(self, name: Name) -> bool:
        """See `BoardView`."""
        return self._cell(name) != store.Cell(name)

    def posts(self, sender: Name) -> tuple[Post, ...]:
        """See `BoardView`."""
        return self._cell(sender).posts

    def room(self, sender: Name, count: int) -> bool:
        """See `BoardView`."""
        return len(self._cell(sender).posts) + count <= self.capacity.posts


@dataclass(frozen=True, slots=True)
class PartsInbox:
    """An inbox's questions, answered from the lanes in the footprint."""

    owner: Name
    parts: Mapping[Slot, Hashable]
    capacity: Capacity

    def lying(self, sender: Name) -> Records:
        """See `InboxView`."""
        slot = lane(self.owner, sender)
        if slot not in self.parts:
            raise FootprintError(f"{slot} is outside the footprint of this transition")
        return cast(Records, self.parts[slot])

    def first(self, sender: Name) -> Consumable | Malformed | None:
        """See `InboxView`."""
        records = self.lying(sender)
        return records[0] if records else None

    def room(self, sender: Name, control: bool) -> bool:
        """See `InboxView`."""
        return len(self.lying(sender)) < self.capacity.quota + control


def at(
    me: Member,
    suite: Suite,
    fresh: Entropy,
    capacity: Capacity,
    parts: Mapping[Slot, Hashable],
    profile: Profile = HARDENED,
) -> At:
    """The view of a footprint whose parts have these values. Whatever is not in `parts` is out of bounds."""

    def alive(name: Name) -> bool:
        slot = effects.life(name)
        if slot not in parts:
            raise FootprintError(f"{slot} is outside the footprint of this transition")
        return bool(parts[slot])

    return At(
        me,
        suite,
        fresh,
        store.HeaderValue(cast(store.HeaderSlot, parts[HEADER])) if HEADER in parts else store.OutOfBounds(HEADER),
        store.AclValue(cast(store.Acl, parts[ACL]), capacity) if ACL in parts else store.OutOfBounds(ACL),
        PartsBoard(parts, capacity),
        lambda name: PartsInbox(name, parts, capacity),
        alive,
        profile,
    )


def apply(effect: Effect, parts: Mapping[Slot, Hashable], names: tuple[Name, ...]) -> Iterator[tuple[Slot, Hashable]]:
    """The parts that an effect changes, with their new values; `parts` are the values before."""
    match effect:
        case effects.Announce(_, announcement):
            yield cell(announcement.name), store.Cell(announcement.name, announcement)
        case effects.Publish(_, posts):
            slot = cell(posts[0].sender)
            old = cast(store.Cell, parts[slot])
            yield slot, store.Cell(old.name, old.announcement, (*old.posts, *posts))
        case effects.Withdraw(_, name):
            yield cell(name), store.Cell(name)
        case effects.Append(box, record):
            slot = lane(box.owner, record.sender)
            yield slot, (*cast(Records, parts[slot]), record)
        case effects.Take(box, sender):
            slot = lane(box.owner, sender)
            yield slot, cast(Records, parts[slot])[1:]
        case effects.Purge(box):
            for slot in cut(box, names):
                yield slot, ()
        case _:
            yield effect.slot, store.apply(effect, parts.get(effect.slot))
