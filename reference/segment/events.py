"""What the caller of a segment transition sees: one small value for each thing that can have happened. No secrets."""

from __future__ import annotations

from dataclasses import dataclass

from lockedroom.reference.crypto.terms import Bits
from lockedroom.reference.machine import Event, Name


@dataclass(frozen=True, slots=True)
class Created(Event):
    """The segment exists and its first entry grants its creator everything."""

    segment: Bits


@dataclass(frozen=True, slots=True)
class Granted(Event):
    """An entry states these complete rights (0: revoked) of the subject."""

    subject: Name
    rights: int
    serial: int


@dataclass(frozen=True, slots=True)
class Joined(Event):
    """The member is announced."""

    serial: int


@dataclass(frozen=True, slots=True)
class Exchanged(Event):
    """An encapsulated master key waits for the peer."""

    peer: Name


@dataclass(frozen=True, slots=True)
class Accepted(Event):
    """The peer's master key is shared. `crossed`: this side had made one too, and the tie-break picked."""

    peer: Name
    crossed: bool


@dataclass(frozen=True, slots=True)
class Reviewed(Event):
    """The list was verified up to `serial`; sessions with `closed` were closed."""

    serial: int
    closed: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class Sent(Event):
    """A message was left in the peer's inbox with that sequence number."""

    peer: Name
    sequence: int


@dataclass(frozen=True, slots=True)
class Published(Event):
    """A non-consumable stands on the board for these peers."""

    number: int
    peers: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class Read(Event):
    """A non-consumable of the peer was read; it stays."""

    peer: Name
    number: int
    body: Bits


@dataclass(frozen=True, slots=True)
class Unreadable(Event):
    """A post that names this reader does not open."""

    peer: Name
    number: int


@dataclass(frozen=True, slots=True)
class Delivered(Event):
    """A message was consumed. `gap`: how many sequence numbers before it never came."""

    peer: Name
    sequence: int
    body: Bits
    gap: int


@dataclass(frozen=True, slots=True)
class RotationProposed(Event):
    """A new master key waits for the peer."""

    peer: Name
    number: int


@dataclass(frozen=True, slots=True)
class RotationRead(Event):
    """The peer's new master key was read; an acknowledgement is owed. False in `won`: ours takes precedence, or one of
    that number was read before, and the peer's is forgotten."""

    peer: Name
    number: int
    won: bool
    gap: int


@dataclass(frozen=True, slots=True)
class RotationAcknowledged(Event):
    """The acknowledgement waits for the peer; this side now sends under the new epoch."""

    peer: Name
    number: int


@dataclass(frozen=True, slots=True)
class Rotated(Event):
    """The peer's acknowledgement was read; this side now sends under the new epoch."""

    peer: Name
    number: int
    gap: int


@dataclass(frozen=True, slots=True)
class Left(Event):
    """The member has left and has forgotten its keys."""


@dataclass(frozen=True, slots=True)
class Reaped(Event):
    """What the dead peer had on the board and in its inbox is gone."""

    peer: Name


@dataclass(frozen=True, slots=True)
class SegmentDestroyed(Event):
    """The segment is destroyed."""
