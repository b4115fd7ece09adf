"""Two and more engines in one room, back to back: what the examples of this folder stand on.

A `House` keeps a `Room` and takes steps in it. `do` demands that a step is taken and gives its events; `refused`
demands a rejection with that clause.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

from lockedroom.reference.crypto.real import RealSuite
from lockedroom.reference.crypto.suite import Entropy, Suite
from lockedroom.reference.crypto.symbolic import SymbolicEntropy, SymbolicSuite
from lockedroom.reference.crypto.terms import Bits, Field, Term
from lockedroom.reference.machine import Event, Name, Rejected, Slot, Step
from lockedroom.reference.segment import effects, events, store
from lockedroom.reference.segment.guards import Result
from lockedroom.reference.segment.profile import HARDENED, Profile
from lockedroom.reference.segment.records import ALL_RIGHTS, Capacity, Consumable, Header, Malformed
from lockedroom.reference.segment.room import Room
from lockedroom.reference.segment.state import Member, Presence, Session

CAPACITY = Capacity(members=4, quota=3, posts=6, entries=16, record=512)
NAMES = ("alice", "bob", "carol")
SUITES = ("symbolic", "LR0", "LR1")
Seen = TypeVar("Seen", bound=Event)


@dataclass(frozen=True, slots=True)
class TestEntropy:
    """Bytes that anybody can make again: the digest of who draws what for."""

    __test__ = False
    member: Name
    join: int

    def draw(self, purpose: str, *context: Field) -> bytes:
        """See `Entropy`."""
        return hashlib.sha256(repr((self.member, self.join, purpose, context)).encode()).digest()


class House:
    """A room with its members. `alice` is the creator; nothing has happened yet."""

    def __init__(
        self, suite: str, names: Sequence[Name] = NAMES, capacity: Capacity = CAPACITY, profile: Profile = HARDENED
    ) -> None:
        self.suite: Suite = SymbolicSuite() if suite == "symbolic" else RealSuite(suite)
        self.capacity = capacity
        self.joins: dict[Name, int] = dict.fromkeys(names, 0)
        self.names = tuple(names)
        members: dict[Slot, Member] = {effects.member(name): self.newcomer(name) for name in names}
        self.room = Room(self.suite, capacity, members, profile)

    # ---- who is who ----------------------------------------------------------------------------------

    def signing(self, name: Name) -> Bits:
        """The static private key of a name."""
        if isinstance(self.suite, SymbolicSuite):
            return Term("static", name)
        return hashlib.sha256(f"static {name}".encode()).digest()

    def key(self, name: Name) -> Bits:
        """The static public key of a name."""
        return self.suite.signing_public(self.signing(name))

    def newcomer(self, name: Name) -> Member:
        """A process without memory."""
        return Member(name, self.signing(name), self.key("alice"))

    def body(self, text: str) -> Bits:
        """A body: the text, or a term that stands for it."""
        return Term("body", text, len(text)) if isinstance(self.suite, SymbolicSuite) else text.encode()

    def fresh(self, name: Name) -> Entropy:
        """The entropy of a name in its present stay."""
        if isinstance(self.suite, SymbolicSuite):
            return SymbolicEntropy(name, self.joins[name])
        return TestEntropy(name, self.joins[name])

    # ---- what happens --------------------------------------------------------------------------------

    def take(self, actor: Name, operation: str, /, **arguments: object) -> Result:
        """Take a transition and keep what became of the room, whatever the outcome."""
        if operation == "join":
            self.joins[actor] += 1
        self.room, result = self.room.take(actor, operation, self.fresh(actor), **arguments)
        return result

    def do(self, actor: Name, operation: str, /, **arguments: object) -> tuple[Event, ...]:
        """Take a step; its events."""
        result = self.take(actor, operation, **arguments)
        assert isinstance(result, Step), f"{actor} {operation}: {result}"
        return result.events

    def refused(self, clause: str, actor: Name, operation: str, /, **arguments: object) -> Rejected[Member]:
        """Be refused, with this clause and changing nothing."""
        before = self.room
        result = self.removed(clause, actor, operation, **arguments)
        assert not result.effects and self.room == before, "a rejection changes nothing"
        return result

    def removed(self, clause: str, actor: Name, operation: str, /, **arguments: object) -> Rejected[Member]:
        """Be refused, with this clause, whatever that changes."""
        result = self.take(actor, operation, **arguments)
        assert isinstance(result, Rejected), f"{actor} {operation} was not refused: {result}"
        assert result.clause == clause, f"{result.clause}: {result.detail}"
        return result

    def created(self, *granted: Name) -> House:
        """Create the segment and grant these names everything."""
        self.do("alice", "create", capacity=self.capacity, profile=self.room.profile.label, origin=(7, 7, "boot"))
        for name in granted:
            self.grant(name)
        return self

    def grant(self, name: Name, rights: int = ALL_RIGHTS) -> None:
        """State the rights of a name, under its own key."""
        self.do("alice", "grant", subject=name, key=self.key(name), rights=rights)

    def joined(self, *names: Name) -> House:
        """Let these names join."""
        for name in names:
            self.do(name, "join")
        return self

    def shared(self, maker: Name, *takers: Name) -> House:
        """Let the maker exchange with the takers, and these accept."""
        for taker in takers:
            self.do(maker, "exchange", peer=taker)
            self.do(taker, "accept", peer=maker)
        return self

    def send(self, actor: Name, peer: Name, text: str) -> int:
        """Send a message; its sequence number."""
        (sent,) = self.do(actor, "send", peer=peer, body=self.body(text))
        assert isinstance(sent, events.Sent)
        return sent.sequence

    def delivered(self, actor: Name, peer: Name) -> events.Delivered:
        """Receive a message."""
        (event,) = self.do(actor, "receive", peer=peer)
        assert isinstance(event, events.Delivered), event
        return event

    def says(self, actor: Name, peer: Name, text: str) -> None:
        """Send a message and receive it, with no gap."""
        self.send(actor, peer, text)
        event = self.delivered(peer, actor)
        assert (event.body, event.gap) == (self.body(text), 0)

    def crash(self, name: Name) -> None:
        """Let a process die: its memory and its life lock are gone, what it left in the store stays."""
        old = self.room.member(name)
        again = Member(name, old.signing, old.creator, old.authority)
        self.room = self.room.having(effects.member(name), again).having(effects.life(name), False)

    # ---- what is seen --------------------------------------------------------------------------------

    def presence(self, name: Name) -> Presence:
        """The presence of a joined member."""
        presence = self.room.member(name).presence
        assert presence is not None
        return presence

    def session(self, name: Name, peer: Name) -> Session:
        """The newest session of a member with a peer."""
        return self.presence(name).with_peer(peer)[-1]

    def lane(self, addressee: Name, sender: Name) -> tuple[Consumable | Malformed, ...]:
        """What lies in an inbox under a sender's name."""
        box = cast(store.Inbox, self.room.value(effects.inbox(addressee)))
        return store.InboxValue(box, self.capacity).lying(sender)

    def board(self, name: Name) -> store.Cell:
        """What stands on the board under a name."""
        cells = cast(store.Board, self.room.value(effects.BOARD))
        return next((cell for cell in cells if cell.name == name), store.Cell(name))

    def acl(self) -> store.Acl:
        """The list's entries."""
        return cast(store.Acl, self.room.value(effects.ACL))

    def header(self) -> Header:
        """The header."""
        header = self.room.value(effects.HEADER)
        assert isinstance(header, Header)
        return header

    # ---- what a hostile store does -------------------------------------------------------------------

    def put(self, addressee: Name, sender: Name, *records: Consumable | Malformed) -> None:
        """Put these records, and no others, in a lane."""
        box = cast(store.Inbox, self.room.value(effects.inbox(addressee)))
        self.room = self.room.having(effects.inbox(addressee), store.laid(box, sender, records))

    def post(self, cell: store.Cell) -> None:
        """Put this on the board in place of what stands under its name."""
        others = [other for other in cast(store.Board, self.room.value(effects.BOARD)) if other.name != cell.name]
        self.room = self.room.having(effects.BOARD, tuple(sorted((*others, cell), key=lambda c: c.name)))

    def rewrite(self, *entries: object) -> None:
        """Put another list in place of the list."""
        self.room = self.room.having(effects.ACL, entries)

    def altered(self, bits: Bits) -> Bits:
        """Other bits of the same kind and size."""
        return bytes([bits[0] ^ 1]) + bits[1:] if isinstance(bits, bytes) else Term("altered", bits)
