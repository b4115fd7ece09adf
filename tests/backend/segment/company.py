"""Members of a room on shared memory, several to a process or one, and what tests ask of them."""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from lockedroom.backend.segment.engine import Engine
from lockedroom.reference.crypto.primitives import ed25519_public
from lockedroom.reference.crypto.terms import Field
from lockedroom.reference.machine import Name, Rejected, Step
from lockedroom.reference.segment.guards import Result
from lockedroom.reference.segment.profile import HARDENED
from lockedroom.reference.segment.records import ALL_RIGHTS, Capacity
from lockedroom.reference.segment.state import Member

NAMES = ("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi")
ROOMY = Capacity(members=3, quota=3, posts=4, entries=8, record=512)
ORIGIN = (1, 2, "a boot")
PATIENCE = 300.0
"""How long is waited for locks that others hold for a moment, in seconds: on a busy machine a moment is long."""


def seed_of(name: Name) -> bytes:
    """The static private key of a name, the same in every process."""
    return hashlib.sha256(name.encode()).digest()


def key_of(name: Name) -> bytes:
    """Its public key."""
    return ed25519_public(seed_of(name))


def person(name: Name, creator: Name = "alice") -> Member:
    """A member's private state before anything has happened."""
    return Member(name, seed_of(name), key_of(creator))


@dataclass(frozen=True, slots=True)
class Fixed:
    """Entropy that follows from a seed: the same for the same draw."""

    seed: str

    def draw(self, purpose: str, *context: Field) -> bytes:
        return hashlib.sha256(repr((self.seed, purpose, context)).encode()).digest()


class Company:
    """Some members of one room, each with an attachment of its own, in this process."""

    def __init__(
        self,
        room: str,
        names: tuple[Name, ...],
        suite: str = "LR0",
        capacity: Capacity = ROOMY,
        patience: float = PATIENCE,
    ) -> None:
        self.room, self.suite, self.capacity, self.names = room, suite, capacity, names
        self.engines = {name: Engine(room, person(name), suite, patience=patience) for name in names}

    def do(self, actor: Name, operation: str, **arguments: object) -> Result:
        """Whatever comes of it."""
        return self.engines[actor].perform(operation, **arguments)

    def ok(self, actor: Name, operation: str, **arguments: object) -> Step[Member]:
        """A step that must be taken."""
        result = self.do(actor, operation, **arguments)
        assert isinstance(result, Step), f"{actor}: {operation}: {result}"
        return result

    def no(self, clause: str, actor: Name, operation: str, **arguments: object) -> Rejected[Member]:
        """A step that must be refused, by this clause."""
        result = self.do(actor, operation, **arguments)
        assert isinstance(result, Rejected) and result.clause == clause, f"{actor}: {operation}: {result}"
        return result

    def founded(self) -> "Company":
        """Created by alice, everybody granted."""
        self.ok("alice", "create", capacity=self.capacity, profile=HARDENED.label, origin=ORIGIN)
        for name in self.names:
            if name != "alice":
                self.ok("alice", "grant", subject=name, key=key_of(name), rights=ALL_RIGHTS)
        return self

    def talking(self) -> "Company":
        """Everybody joined, and a key shared by every pair."""
        for name in self.names:
            self.ok(name, "join")
        for number, name in enumerate(self.names):
            for peer in self.names[number + 1 :]:
                self.ok(name, "exchange", peer=peer)
                self.ok(peer, "accept", peer=name)
        return self

    def close(self) -> None:
        for engine in self.engines.values():
            engine.close()


@contextmanager
def company(
    room: str,
    names: tuple[Name, ...] = NAMES[:3],
    suite: str = "LR0",
    capacity: Capacity = ROOMY,
    patience: float = PATIENCE,
) -> Iterator[Company]:
    """A company that lets go at the end."""
    with ExitStack() as stack:
        made = Company(room, names, suite, capacity, patience)
        stack.callback(made.close)
        yield made
