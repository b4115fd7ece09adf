"""The shared slots as plain values: what a view answers from them, and what an effect makes of them.

This is the store of the model and of every replay on the engine. The backend keeps the same slots in shared memory
and answers the same questions; the tests hold the two side by side.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, cast

from lockedroom.reference.crypto.suite import Entropy, Suite
from lockedroom.reference.crypto.terms import Bits
from lockedroom.reference.errors import FootprintError, UsageError
from lockedroom.reference.machine import Effect, Name, Slot
from lockedroom.reference.segment import effects
from lockedroom.reference.segment.effects import ACL, BOARD, HEADER
from lockedroom.reference.segment.profile import HARDENED, Profile
from lockedroom.reference.segment.records import (
    Announcement,
    Capacity,
    Consumable,
    Destroyed,
    Entry,
    Header,
    Malformed,
    Post,
)
from lockedroom.reference.segment.state import Member
from lockedroom.reference.segment.views import At, InboxView


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands on the board under one name: an announcement, if any, and posts, first to last."""

    name: Name
    announcement: Announcement | None = None
    posts: tuple[Post, ...] = ()


@dataclass(frozen=True, slots=True)
class Lane:
    """What stands in an inbox under one sender's name, first to last."""

    sender: Name
    records: tuple[Consumable | Malformed, ...]


Board: TypeAlias = tuple[Cell, ...]
Inbox: TypeAlias = tuple[Lane, ...]
Acl: TypeAlias = tuple[Entry | Malformed, ...]
HeaderSlot: TypeAlias = "Header | Destroyed | None"

EMPTY: Final[tuple[()]] = ()


@dataclass(frozen=True, slots=True)
class HeaderValue:
    """The header's slot on a plain value."""

    value: HeaderSlot

    def record(self) -> HeaderSlot:
        """See `HeaderView`."""
        return self.value


@dataclass(frozen=True, slots=True)
class AclValue:
    """The list's slot on a plain value."""

    value: Acl
    capacity: Capacity

    def entries(self) -> Acl:
        """See `AclView`."""
        return self.value

    def room(self) -> bool:
        """See `AclView`."""
        return len(self.value) < self.capacity.entries


@dataclass(frozen=True, slots=True)
class BoardValue:
    """The board's slot on a plain value."""

    value: Board
    capacity: Capacity

    def _cell(self, name: Name) -> Cell:
        return next((cell for cell in self.value if cell.name == name), Cell(name))

    def announcement(self, name: Name) -> Announcement | None:
        """See `BoardView`."""
        return self._cell(name).announcement

    def announces(self, name: Name, incarnation: Bits) -> bool:
        """See `BoardView`."""
        announced = self._cell(name).announcement
        return announced is not None and announced.incarnation == incarnation

    def holds(self, name: Name) -> bool:
        """See `BoardView`."""
        return self._cell(name) != Cell(name)

    def posts(self, sender: Name) -> tuple[Post, ...]:
        """See `BoardView`."""
        return self._cell(sender).posts

    def room(self, sender: Name, count: int) -> bool:
        """See `BoardView`."""
        return len(self._cell(sender).posts) + count <= self.capacity.posts


@dataclass(frozen=True, slots=True)
class InboxValue:
    """An inbox's slot on a plain value."""

    value: Inbox
    capacity: Capacity

    def lying(self, sender: Name) -> tuple[Consumable | Malformed, ...]:
        """See `InboxView`."""
        return next((lane.records for lane in self.value if lane.sender == sender), EMPTY)

    def first(self, sender: Name) -> Consumable | Malformed | None:
        """See `InboxView`."""
        records = self.lying(sender)
        return records[0] if records else None

    def room(self, sender: Name, control: bool) -> bool:
        """See `InboxView`."""
        return len(self.lying(sender)) < self.capacity.quota + control


@dataclass(frozen=True, slots=True)
class OutOfBounds:
    """A slot that the footprint does not name: every question to it is a fault of the engine."""

    slot: Slot

    def _fault(self) -> FootprintError:
        return FootprintError(f"{self.slot} is outside the footprint of this transition")

    def record(self) -> HeaderSlot:
        """Raises FootprintError."""
        raise self._fault()

    def entries(self) -> Acl:
        """Raises FootprintError."""
        raise self._fault()

    def announcement(self, name: Name) -> Announcement | None:
        """Raises FootprintError."""
        raise self._fault()

    def announces(self, name: Name, incarnation: Bits) -> bool:
        """Raises FootprintError."""
        raise self._fault()

    def holds(self, name: Name) -> bool:
        """Raises FootprintError."""
        raise self._fault()

    def posts(self, sender: Name) -> tuple[Post, ...]:
        """Raises FootprintError."""
        raise self._fault()

    def lying(self, sender: Name) -> tuple[Consumable | Malformed, ...]:
        """Raises FootprintError."""
        raise self._fault()

    def first(self, sender: Name) -> Consumable | Malformed | None:
        """Raises FootprintError."""
        raise self._fault()

    def room(self, *asked: object, **named: object) -> bool:
        """Raises FootprintError."""
        raise self._fault()


def at(
    me: Member,
    suite: Suite,
    fresh: Entropy,
    capacity: Capacity,
    slots: Mapping[Slot, Hashable],
    profile: Profile = HARDENED,
) -> At:
    """The view of a footprint whose slots have these values. Whatever is not in `slots` is out of bounds."""

    def in_box(name: Name) -> InboxView:
        slot = effects.inbox(name)
        return InboxValue(cast(Inbox, slots[slot]), capacity) if slot in slots else OutOfBounds(slot)

    def alive(name: Name) -> bool:
        slot = effects.life(name)
        if slot not in slots:
            raise FootprintError(f"{slot} is outside the footprint of this transition")
        return bool(slots[slot])

    return At(
        me,
        suite,
        fresh,
        HeaderValue(cast(HeaderSlot, slots[HEADER])) if HEADER in slots else OutOfBounds(HEADER),
        AclValue(cast(Acl, slots[ACL]), capacity) if ACL in slots else OutOfBounds(ACL),
        BoardValue(cast(Board, slots[BOARD]), capacity) if BOARD in slots else OutOfBounds(BOARD),
        in_box,
        alive,
        profile,
    )


def apply(effect: Effect, value: Hashable) -> Hashable:
    """The value of the effect's slot once the effect has been applied to `value`."""
    match effect:
        case effects.Lay(_, header):
            return header
        case effects.Destroy():
            return Destroyed()
        case effects.Extend(_, entry):
            return (*cast(Acl, value), entry)
        case effects.Announce(_, announcement):
            return _placed(cast(Board, value), Cell(announcement.name, announcement))
        case effects.Publish(_, posts):
            board = cast(Board, value)
            old = next((c for c in board if c.name == posts[0].sender), Cell(posts[0].sender))
            return _placed(board, Cell(old.name, old.announcement, (*old.posts, *posts)))
        case effects.Withdraw(_, name):
            return _placed(cast(Board, value), Cell(name))
        case effects.Append(_, record):
            box = cast(Inbox, value)
            lying = next((lane.records for lane in box if lane.sender == record.sender), EMPTY)
            return laid(box, record.sender, (*lying, record))
        case effects.Take(_, sender):
            box = cast(Inbox, value)
            lying = next((lane.records for lane in box if lane.sender == sender), EMPTY)
            return laid(box, sender, lying[1:])
        case effects.Purge():
            return EMPTY
        case effects.Live():
            return True
        case effects.Die():
            return False
    raise UsageError(f"no effect of this protocol: {effect}")


def laid(box: Inbox, sender: Name, records: tuple[Consumable | Malformed, ...]) -> Inbox:
    """The inbox with these records under the sender's name; lanes are kept in the order of their names."""
    others = [lane for lane in box if lane.sender != sender]
    if records:
        others.append(Lane(sender, records))
    return tuple(sorted(others, key=lambda lane: lane.sender))


def _placed(board: Board, cell: Cell) -> Board:
    others = [other for other in board if other.name != cell.name]
    if cell != Cell(cell.name):
        others.append(cell)
    return tuple(sorted(others, key=lambda other: other.name))
