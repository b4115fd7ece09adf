"""Rooms, for people: make one, attach to one, say who may be in it, join it, end it.

with lockedroom.create("den", alice) as room:
    room.grant(bob)
    with room.join() as member:
        member.exchange("bob")
        member.send("bob", b"hello")
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Final, Self

from lockedroom.backend import clauses, errors, interrupts, process, rooms, shm
from lockedroom.backend.layout import LENGTH, excess
from lockedroom.backend.segment.engine import PATIENCE, Engine
from lockedroom.backend.segment.identity import Identity, PublicIdentity
from lockedroom.backend.segment.member import JoinedMember
from lockedroom.backend.segment.memory import Memory
from lockedroom.backend.segment.messages import Listed, Notice, Refused
from lockedroom.reference.crypto.real import LR1, SUITES, RealSuite
from lockedroom.reference.machine import Rejected
from lockedroom.reference.segment.codec import encode
from lockedroom.reference.segment.profile import HARDENED
from lockedroom.reference.segment.records import (
    ALL_RIGHTS,
    LARGEST_NAME,
    Capacity,
    Exchange,
    Header,
)
from lockedroom.reference.segment.state import Member, Pin, Roster

CAPACITY: Final = Capacity(members=8, quota=16, posts=32, entries=64, record=4096)
"""The capacity of a room whose creator asks for none."""


class Room:
    """A room, attached: what `create` and `attach` give. As a context manager it is closed at the end of the block.

    Raises `Refused`, with the clause, for what the protocol refuses, and another `BackendError` for what the machine
    does. Usable from several threads; in a forked child it refuses (SEG-STORE-11).
    """

    __slots__ = ("_engine", "_member")

    def __init__(self, engine: Engine) -> None:
        """Used by `create` and `attach`."""
        self._engine = engine
        self._member: JoinedMember | None = None

    @property
    def name(self) -> str:
        """The room's name."""
        return self._engine.room

    @property
    def engine(self) -> Engine:
        """The engine below, which translates nothing."""
        return self._engine

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def join(self, watch: Callable[[Notice], None] | None = None) -> JoinedMember:
        """Join: announce a fresh signed key. `watch` is told what happens while this member waits; without it the
        member keeps that for `notices()`. Raises Refused (SEG-JOIN)."""
        with interrupts.deferred():
            self._perform("join")
            self._member = JoinedMember(self._engine, watch)
        return self._member

    def grant(self, who: PublicIdentity | Identity, rights: int = ALL_RIGHTS) -> None:
        """State all that a member may do: JOIN, EXCHANGE and SEND, added up. Only the creator may, with the file beside
        its identity. Raises Refused (SEG-GRANT, SEG-FULL-4, SEG-FULL-6, SEG-WHO-1)."""
        public = who.public if isinstance(who, Identity) else who
        self._perform("grant", subject=public.name, key=public.key, rights=rights)

    def revoke(self, name: str) -> None:
        """Take every right from a member. Raises Refused (SEG-REVOKE-1, SEG-WHO-1)."""
        self._perform("revoke", subject=name)

    def destroy(self) -> None:
        """End the room for everybody, and remove its name, its semaphores and the file that made its creator. Only the
        creator may. Raises Refused (SEG-WHO-1), NotPermitted."""
        self._perform("destroy")
        self._engine.wake_everybody()
        self._engine.give_up()

    def members(self) -> tuple[Listed, ...]:
        """Everybody whom the list names, in its order, after verifying it. Raises Refused (SEG-HEADER, SEG-ACL)."""
        roster, seen = _roster(self._engine), self._engine.observe()
        return tuple(
            Listed(
                subject.name,
                subject.key if isinstance(subject.key, bytes) else b"",
                subject.rights,
                subject.name in seen.announced,
                subject.name in seen.alive,
                sum(seen.pending.get(subject.name, {}).values()),
            )
            for subject in roster.subjects
        )

    def pin(self) -> Pin:
        """The list's last serial and head, verified: for whoever attaches later and wants no older list
        (SEG-ACL-6)."""
        roster = _roster(self._engine)
        return Pin(roster.serial, roster.head)

    def close(self) -> None:
        """Leave, if joined, and let go of everything. May be repeated."""
        member, self._member = self._member, None
        try:
            if member is not None:
                with suppress(errors.Closed, errors.Forked):
                    member.leave()
        finally:
            self._engine.close()

    def _perform(self, operation: str, **arguments: object) -> None:
        result = self._engine.do(operation, arguments)
        if isinstance(result, Rejected):
            raise Refused(result.clause, result.detail)


def create(
    name: str,
    identity: Identity,
    *,
    capacity: Capacity = CAPACITY,
    suite: str = LR1,
    profile: str = HARDENED.label,
    mode: int = 0o600,
    patience: float = PATIENCE,
) -> Room:
    """Make a room and be its creator. What makes one the creator later is kept in a file beside the identity's.

    `suite` is LR1 (X-Wing) or LR0 (X25519); `profile` hardened, or as-written, which is there to be attacked
    (SEG-PROFILE-1); `mode` the object's permissions; `patience` how many seconds operations wait for locks. The process
    is concealed from now on: no core dumps, no debuggers (its dumpable flag is cleared).

    Raises BadName, BadCapacity (SEG-STORE-5), Taken (SEG-STORE-3), NoSpace, NotPermitted, BadFile, ValueError for
    another suite or profile; then nothing is left behind.
    """
    if suite not in SUITES:
        raise ValueError(f"no such suite: {suite}; there are {', '.join(SUITES)}")
    wrong = excess(capacity)
    if wrong is not None:
        raise errors.BadCapacity(clauses.CAPACITY, wrong, "choose another capacity")
    least = smallest_record(suite)
    if capacity.record < least:
        raise errors.BadCapacity(
            clauses.CAPACITY, f"record is {capacity.record}", f"suite {suite} needs {least}, for its exchanges"
        )
    shm.object_name(name)
    engine = _engine(name, identity, identity.public.key, suite, profile, None, patience)
    try:
        taken = errors.Taken(clauses.TAKEN, f"there is a room {name} already", "choose another name")
        try:
            result = engine.perform("create", mode=mode, capacity=capacity, profile=profile, origin=engine.origin)
        except (errors.Unfinished, errors.MalformedObject):
            raise taken from None
        if isinstance(result, Rejected):
            raise taken if result.clause == "SEG-CREATE-1" else Refused(result.clause, result.detail)
    except BaseException:
        engine.close()
        raise
    return Room(engine)


def attach(
    name: str,
    identity: Identity,
    *,
    creator: PublicIdentity | Identity,
    profile: str = HARDENED.label,
    pin: Pin | None = None,
    patience: float = PATIENCE,
) -> Room:
    """Attach to the room that `creator` made, after verifying its header and its list from the creator's key on.

    `profile`: the one that its header must name; no other is spoken, whatever it says (SEG-PROFILE-1). `pin`: the
    serial and head that the list must have at least (`Room.pin`). `patience`: how many seconds operations wait for
    locks. The process is concealed from now on, as by `create`.

    Raises Absent, NotPermitted, MalformedObject, Unfinished, BadFile, Refused (SEG-HEADER, SEG-ACL, SEG-DESTROY-2), and
    ValueError for a profile that there is not.
    """
    public = creator.public if isinstance(creator, Identity) else creator
    with shm.attach(name) as store:
        header = Memory(store).header()
    suite = header.suite if isinstance(header, Header) and header.suite in SUITES else LR1
    engine = _engine(name, identity, public.key, suite, profile, pin, patience)
    try:
        _roster(engine)
    except BaseException:
        engine.close()
        raise
    return Room(engine)


def gc(name: str) -> bool:
    """Remove a room that nobody uses, semaphores and all; False, and nothing is done, while anybody holds a lock in it
    (SEG-LIFE-6). Raises Absent, BadName, NotPermitted, MalformedObject."""
    shm.object_name(name)
    if name not in rooms.rooms():
        raise errors.Absent(clauses.ABSENT, f"there is no room {name}", "see `lockedroom segment show`")
    return rooms.collect(name)


def smallest_record(suite: str) -> int:
    """The least `record` of a capacity in which the suite's exchanges fit, a multiple of 8."""
    name, real = "a" * LARGEST_NAME, RealSuite(suite, {})
    made = real.encapsulate(real.kem_keypair(bytes(32)).public, bytes(range(32)))
    assert made is not None and isinstance(made.ciphertext, bytes), "the suite's own key is a key of the suite"
    nothing = bytes(32)
    record = Exchange(name, name, nothing, nothing, made.ciphertext, bytes(40), 0, nothing, bytes(64))
    return -(-(LENGTH + len(encode(record))) // 8) * 8


def _engine(
    name: str, identity: Identity, creator: bytes, suite: str, profile: str, pin: Pin | None, patience: float
) -> Engine:
    process.conceal()
    me = Member(identity.name, identity.signing, creator, pin=pin)
    mine = identity.public.key == creator
    authority = identity.authority(name) if mine else None
    return Engine(name, me, suite, profile=profile, authority=authority, patience=patience)


def _roster(engine: Engine) -> Roster:
    found = engine.verified()
    if isinstance(found, Rejected):
        raise Refused(found.clause, found.detail)
    return found
