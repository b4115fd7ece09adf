"""The questions that transitions ask of shared slots. They are the contract: in the model a view stands on a tuple,
in the backend on shared memory. No answer is trusted: a view reports what the store says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from lockedroom.reference.crypto.suite import Entropy, Suite
from lockedroom.reference.crypto.terms import Bits
from lockedroom.reference.machine import Name
from lockedroom.reference.segment.profile import HARDENED, Profile
from lockedroom.reference.segment.records import (
    Announcement,
    Consumable,
    Destroyed,
    Entry,
    Header,
    Malformed,
    Post,
)
from lockedroom.reference.segment.state import Member


class HeaderView(Protocol):
    """The header's slot."""

    def record(self) -> Header | Destroyed | Malformed | None:
        """The header, or that there is none (None), none any more (Destroyed), or no sense in it."""
        ...


class AclView(Protocol):
    """The access control list's slot."""

    def entries(self) -> tuple[Entry | Malformed, ...]:
        """Every entry, first to last."""
        ...

    def room(self) -> bool:
        """Whether one more entry fits."""
        ...


class BoardView(Protocol):
    """The board's slot: announcements and posts."""

    def announcement(self, name: Name) -> Announcement | Malformed | None:
        """The announcement that stands under the name."""
        ...

    def announces(self, name: Name, incarnation: Bits) -> bool:
        """Whether an announcement of that incarnation stands under the name."""
        ...

    def holds(self, name: Name) -> bool:
        """Whether anything, announcement or post, stands under the name."""
        ...

    def posts(self, sender: Name) -> tuple[Post | Malformed, ...]:
        """Every post under the sender's name, first to last."""
        ...

    def room(self, sender: Name, count: int) -> bool:
        """Whether the sender's part has room for `count` more posts."""
        ...


class InboxView(Protocol):
    """One inbox's slot."""

    def first(self, sender: Name) -> Consumable | Malformed | None:
        """The first record that stands under the sender's name."""
        ...

    def lying(self, sender: Name) -> tuple[Consumable | Malformed, ...]:
        """All that stands under the sender's name, first to last."""
        ...

    def room(self, sender: Name, control: bool) -> bool:
        """Whether the sender's quota has room for one more record; a control record has one place outside the quota."""
        ...


@dataclass(frozen=True, slots=True)
class At:
    """Where a transition stands: its member's private state, the shared slots of its footprint, and what is not its to
    decide (crypto, entropy, who is alive, the profile). Asking for a slot outside the footprint raises
    FootprintError."""

    me: Member
    suite: Suite
    fresh: Entropy
    header: HeaderView
    acl: AclView
    board: BoardView
    inbox: Callable[[Name], InboxView]
    alive: Callable[[Name], bool]
    profile: Profile = HARDENED
