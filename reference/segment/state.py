"""A member's private state: what one process knows and nobody else can read.

Only values and small look-ups; what changes them is in `transitions`. A member is out (no presence) or
joined (a presence). Leaving or dying forgets the presence; the roster, the memory of the verified access control
list, lives as long as the process.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from lockedroom.reference.crypto.terms import Bits
from lockedroom.reference.machine import Name
from lockedroom.reference.segment.records import Epoch


@dataclass(frozen=True, slots=True)
class Subject:
    """What the verified list says of one name: its static public key and its rights (0: revoked)."""

    name: Name
    key: Bits
    rights: int


@dataclass(frozen=True, slots=True)
class Roster:
    """What a member has verified of the access control list: up to which serial, the head there, and the subjects
    in the order of their first entry (that order is the member index)."""

    segment: Bits
    serial: int
    head: Bits
    subjects: tuple[Subject, ...]

    def subject(self, name: Name) -> Subject | None:
        """What the list says of `name`, if anything."""
        return next((subject for subject in self.subjects if subject.name == name), None)

    def rights(self, name: Name) -> int:
        """The rights of `name`, 0 if it has none."""
        subject = self.subject(name)
        return subject.rights if subject else 0


@dataclass(frozen=True, slots=True)
class Pin:
    """A serial of the list and the head there: known out of band, or the creator's memory (SEG-ACL-6)."""

    serial: int
    head: Bits


@dataclass(frozen=True, slots=True)
class Authority:
    """What makes the creator the creator, beside its static key: the segment id and the last serial and head that
    it signed, stored beside the identity (SEG-GRANT-1)."""

    segment: Bits
    last: Pin


@dataclass(frozen=True, slots=True)
class EpochKeys:
    """The keys derived from the master of one epoch: one for each direction, one for rotation."""

    epoch: Epoch
    sending: Bits
    receiving: Bits
    rotation: Bits


@dataclass(frozen=True, slots=True)
class BoardKey:
    """The key for non-consumables derived from one exchange's master; rotation does not change it."""

    epoch: Epoch
    key: Bits


@dataclass(frozen=True, slots=True)
class Session:
    """All that is shared with one incarnation of one peer.

    `offered`: this side's exchange was made; `accepted`: the peer's was. `sent` and `received` are the last sequence
    numbers in each direction; they run on over epochs. `sending` is the epoch to send under, `pending` this side's
    proposal without acknowledgement, `owed` the peer's proposal that awaits ours. `ended`: found dead.
    """

    peer: Name
    theirs: Bits
    offered: bool
    accepted: bool
    sending: Epoch
    epochs: tuple[EpochKeys, ...]
    boards: tuple[BoardKey, ...]
    sent: int = 0
    received: int = 0
    pending: Epoch | None = None
    owed: Epoch | None = None
    ended: bool = False

    def keys(self, epoch: Epoch) -> EpochKeys | None:
        """The keys of `epoch`, if they are known and not closed."""
        return next((keys for keys in self.epochs if keys.epoch == epoch), None)

    def board(self, epoch: Epoch) -> Bits | None:
        """The board key of the exchange `epoch`, if known."""
        return next((board.key for board in self.boards if board.epoch == epoch), None)


@dataclass(frozen=True, slots=True)
class Closing:
    """A session closed by a verified revocation: of this peer's incarnation, only what lay in the inbox then is still
    read. `lying` are the signatures and seals of those records (SEG-REVIEW-2)."""

    peer: Name
    incarnation: Bits
    lying: frozenset[Bits]


@dataclass(frozen=True, slots=True)
class Presence:
    """What a joined member holds: its incarnation and ephemeral key pair, the number of its last post, its sessions,
    the peers' incarnations that it is through with, and the sessions closed by revocation."""

    incarnation: Bits
    public: Bits
    private: Bits
    posts: int = 0
    sessions: tuple[Session, ...] = ()
    past: frozenset[tuple[Name, Bits]] = frozenset()
    closed: tuple[Closing, ...] = ()

    def session(self, peer: Name, incarnation: Bits) -> Session | None:
        """The session with that incarnation of the peer."""
        return next((s for s in self.sessions if s.peer == peer and s.theirs == incarnation), None)

    def with_peer(self, peer: Name) -> tuple[Session, ...]:
        """Every session with the peer, oldest first."""
        return tuple(session for session in self.sessions if session.peer == peer)

    def closing(self, peer: Name, incarnation: Bits) -> Closing | None:
        """What a revocation left of the session with that incarnation, if one closed it."""
        return next((c for c in self.closed if c.peer == peer and c.incarnation == incarnation), None)

    def having(self, session: Session) -> Presence:
        """The presence with this session in place of the one with the same incarnation, or added."""
        kept = tuple(session if s.peer == session.peer and s.theirs == session.theirs else s for s in self.sessions)
        return replace(self, sessions=kept if session in kept else (*kept, session))


@dataclass(frozen=True, slots=True)
class Member:
    """One process's private state. `signing` is its static private key, `creator` the creator's static public key,
    known beforehand; `authority` is the creator's alone; `pin` is what it demands of the list, if anything."""

    name: Name
    signing: Bits
    creator: Bits
    authority: Authority | None = None
    pin: Pin | None = None
    roster: Roster | None = None
    presence: Presence | None = None
