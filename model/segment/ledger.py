"""What the model remembers beside the engine's own state: what is left of the budgets, and what the properties need to
know of the past (ghosts).

A ghost says nothing that a right engine could act on: it is there so that a wrong engine is seen to be wrong. Where the
engine is right, ghosts follow from its state and budgets, or nearly so: they must not multiply states.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

from lockedroom.reference.crypto.terms import Bits, Term
from lockedroom.reference.machine import Name
from lockedroom.reference.segment.state import Member, Session

Use: TypeAlias = tuple[Bits, tuple[int, int]]
"""A key and a nonce that something was sealed with."""


@dataclass(frozen=True, slots=True)
class Pair:
    """What one member has done towards one peer: bodies made (the budget), the number of the last one, and (ghosts of
    this incarnation) the number of the last body delivered from each incarnation of the peer, and the records of the
    peer that lay in the inbox when its revocation was verified (None: never revoked)."""

    peer: Name
    made: int = 0
    number: int = 0
    delivered: frozenset[tuple[Bits, int]] = frozenset()
    owed: frozenset[object] | None = None

    def last(self, incarnation: Bits) -> int:
        """The number of the last body delivered from an incarnation of the peer; 0: none was."""
        return next((number for one, number in self.delivered if one == incarnation), 0)

    def having_delivered(self, incarnation: Bits, number: int) -> Pair:
        """The pair once a body of that number was delivered from that incarnation."""
        others = (found for found in self.delivered if found[0] != incarnation)
        return replace(self, delivered=frozenset({*others, (incarnation, number)}))


@dataclass(frozen=True, slots=True)
class Ledger:
    """One member's budgets used, and the ghosts of its current incarnation: masters it has accepted, keys and nonces it
    has sealed under."""

    joins: int = 0
    rotations: int = 0
    pairs: tuple[Pair, ...] = ()
    accepted: frozenset[Bits] = frozenset()
    sealed: frozenset[Use] = frozenset()

    def pair(self, peer: Name) -> Pair:
        """What was done towards the peer."""
        return next((pair for pair in self.pairs if pair.peer == peer), Pair(peer))

    def having(self, pair: Pair) -> Ledger:
        """The ledger with this pair in place of the one with its peer."""
        others = [other for other in self.pairs if other.peer != pair.peer]
        if pair != Pair(pair.peer):
            others.append(pair)
        return replace(self, pairs=tuple(sorted(others, key=lambda other: other.peer)))

    def made(self, peers: tuple[Name, ...], number: int) -> Ledger:
        """The ledger once a body of that number was made for the peers."""
        ledger = self
        for peer in peers:
            pair = ledger.pair(peer)
            ledger = ledger.having(replace(pair, made=pair.made + 1, number=number))
        return ledger

    def next_number(self, peers: tuple[Name, ...]) -> int:
        """The number of the next body for these peers: above every number that one of them has had."""
        return 1 + max((self.pair(peer).number for peer in peers), default=0)

    def over(self) -> Ledger:
        """The ledger once the incarnation is over: its ghosts are gone, the budgets stay used."""
        ledger = replace(self, accepted=frozenset(), sealed=frozenset(), pairs=())
        for pair in self.pairs:
            ledger = ledger.having(Pair(pair.peer, pair.made, pair.number))
        return ledger


@dataclass(frozen=True, slots=True)
class Room:
    """What is used of the budgets of the whole room, the intruder's excepted."""

    revocations: int = 0
    crashes: int = 0


def master_of(key: Bits) -> Bits | None:
    """The master that a derived key comes from."""
    if isinstance(key, Term) and key.op == "derive":
        secret = key.args[0]
        if isinstance(secret, Term | bytes):
            return secret
    return None


def use_of(sealed: Bits) -> Use | None:
    """The key and nonce of a sealed term."""
    if isinstance(sealed, Term) and sealed.op == "seal":
        key, nonce = sealed.args[0], sealed.args[1]
        if isinstance(key, Term) and isinstance(nonce, tuple):
            first, second = nonce
            if isinstance(first, int) and isinstance(second, int):
                return key, (first, second)
    return None


def epoch_masters(me: Member) -> frozenset[tuple[Name, Bits]]:
    """The masters of every epoch that a member knows, with who proposed it."""
    sessions = me.presence.sessions if me.presence else ()
    return frozenset(found for session in sessions for found in masters_in(session))


def masters_in(session: Session) -> frozenset[tuple[Name, Bits]]:
    """The masters of the epochs of one session, with who proposed them."""
    return frozenset(
        (keys.epoch.proposer, master) for keys in session.epochs if (master := master_of(keys.sending)) is not None
    )


def number_of(body: Bits) -> int | None:
    """The running number of a body."""
    if isinstance(body, Term) and body.op == "body" and isinstance(body.args[2], int):
        return body.args[2]
    return None
