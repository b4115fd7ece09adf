"""The effects of the segment's transitions: changes to shared slots, as data. What applies them to tuples is
`store`; what applies them to shared memory is the backend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lockedroom.reference.machine import Effect, Name, Slot
from lockedroom.reference.segment.records import Announcement, Consumable, Entry, Header, Post

HEADER: Final = Slot("header")
ACL: Final = Slot("acl")
BOARD: Final = Slot("board")


def member(name: Name) -> Slot:
    """The slot of a member's private state."""
    return Slot("member", name)


def inbox(name: Name) -> Slot:
    """The slot of a member's inbox."""
    return Slot("inbox", name)


def life(name: Name) -> Slot:
    """The slot that tells whether a process of that name lives."""
    return Slot("life", name)


@dataclass(frozen=True, slots=True)
class Lay(Effect):
    """Write the header of a new segment."""

    header: Header


@dataclass(frozen=True, slots=True)
class Destroy(Effect):
    """Mark the segment destroyed."""


@dataclass(frozen=True, slots=True)
class Extend(Effect):
    """Append an entry to the access control list."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Announce(Effect):
    """Put an announcement on the board in place of whatever its name had there, posts included."""

    announcement: Announcement


@dataclass(frozen=True, slots=True)
class Publish(Effect):
    """Put replicas of one post on the board, all of one sender."""

    posts: tuple[Post, ...]


@dataclass(frozen=True, slots=True)
class Withdraw(Effect):
    """Take the announcement and every post of a name off the board."""

    name: Name


@dataclass(frozen=True, slots=True)
class Append(Effect):
    """Append a record to an inbox, behind everything that its sender has there."""

    record: Consumable


@dataclass(frozen=True, slots=True)
class Take(Effect):
    """Remove the first record that a sender has in an inbox."""

    sender: Name


@dataclass(frozen=True, slots=True)
class Purge(Effect):
    """Remove everything from an inbox."""


@dataclass(frozen=True, slots=True)
class Live(Effect):
    """Take the name's life lock."""


@dataclass(frozen=True, slots=True)
class Die(Effect):
    """Let go of the name's life lock."""
