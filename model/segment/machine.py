"""The segment as a `Machine`: every transition of the table bound to every member, within budgets, and crashes.

What an action adds to the engine's transition: the ledger's part, and what makes equal what no transition can tell apart
(a destroyed segment is empty). Which attacks there are is in `intruder`, what must hold in `properties`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias, cast

from lockedroom.model.segment.bounds import ORIGIN, Bounds, capacity_for
from lockedroom.model.segment.engine import REFERENCE, Deed, Engine, Logic, peers_of, signing, static_key, stay_of
from lockedroom.model.segment.ledger import Ledger, Room, master_of, use_of
from lockedroom.reference.crypto.terms import Bits, Term
from lockedroom.reference.machine import Action, Machine, Name, Outcome, Slot
from lockedroom.reference.segment import events, store
from lockedroom.reference.segment.effects import ACL, BOARD, HEADER, inbox, life, member
from lockedroom.reference.segment.records import (
    ALL_RIGHTS,
    HARDENED,
    Capacity,
    Destroyed,
    Message,
    Post,
)
from lockedroom.reference.segment.state import Member

ROOM: Final = Slot("room")
SEEN: Final = Slot("seen")

Arguments: TypeAlias = tuple[tuple[str, object], ...]
Book: TypeAlias = Callable[[Ledger, Mapping[Slot, Hashable], Deed], "Ledger | None"]
"""What a deed makes of its actor's ledger; None: not within the budgets."""


def ledger(name: Name) -> Slot:
    """The slot of what the model remembers of a member."""
    return Slot("ledger", name)


@dataclass(frozen=True, slots=True)
class Config:
    """What is explored: the budgets, the room's capacity (quota 2, and no other limit that the budgets reach, unless
    told), the lengths of bodies that are tried, the rights that grants state, and whether members also try what makes
    no sense (`misuse`: an unknown name, themselves, the creator's operations, a key that is not the subject's)."""

    bounds: Bounds
    capacity: Capacity | None = None
    bodies: tuple[int, ...] = (16,)
    rights: tuple[int, ...] = (ALL_RIGHTS,)
    misuse: bool = False

    @property
    def room(self) -> Capacity:
        """The room's capacity."""
        return self.capacity or capacity_for(self.bounds)


def segment_machine(config: Config, logic: Logic = REFERENCE) -> Machine:
    """The machine of a configuration."""
    return bind(config, Engine(config.room, logic))


def bind(config: Config, engine: Engine) -> Machine:
    """The machine of a configuration on this engine, which counts its calls."""
    return _Binding(config, engine).machine()


class _Binding:
    """One configuration while its actions are made."""

    def __init__(self, config: Config, engine: Engine) -> None:
        self.config = config
        self.bounds = config.bounds
        self.engine = engine
        self.names = config.bounds.names
        self.creator = self.names[0]

    def machine(self) -> Machine:
        slots: dict[Slot, Hashable] = {HEADER: None, ACL: store.EMPTY, BOARD: store.EMPTY, ROOM: Room()}
        for name in self.names:
            me = Member(name, signing(name), static_key(self.creator))
            slots |= {member(name): me, ledger(name): Ledger(), inbox(name): store.EMPTY, life(name): False}
        return Machine(f"segment, {self.bounds}", slots, tuple(self.actions()), bounds=self.bounds.to_json())

    def actions(self) -> list[Action]:
        made = [
            self.bound(
                "create", self.creator, (("capacity", self.config.room), ("profile", HARDENED), ("origin", ORIGIN))
            ),
        ]
        for name in self.names[1:]:
            made += [self.grant(name, rights) for rights in self.config.rights]
            if self.bounds.revocations:
                made.append(self.revoke(name))
        for me in self.names:
            made += self.of_member(me)
        made.append(self.destroy())
        return made

    def of_member(self, me: Name) -> list[Action]:
        made = [self.join(me), self.bound("review", me, book=_reviewed), self.bound("leave", me, book=_over)]
        others = tuple(name for name in self.names if name != me)
        for peer in others:
            to = (("peer", peer),)
            made.append(self.bound("exchange", me, to))
            made.append(self.bound("accept", me, to, book=self.accepted(me, peer)))
            made += self.sendings("send", me, (peer,), to)
            made.append(self.bound("receive", me, to, book=self.received(me, peer)))
            made.append(self.bound("read", me, to))
            if self.bounds.rotations:
                made.append(self.bound("rotate", me, to, book=self.rotated))
                made.append(self.bound("acknowledge", me, to, book=_sealed))
            if self.bounds.crashes:
                made.append(self.bound("reap", me, to))
        if others:
            made += self.sendings("multicast", me, others, (("peers", others),))
        made += self.sendings("publish", me, others, ())
        if self.bounds.crashes:
            made.append(self.crash(me))
        return made

    # ---- transitions of the table -------------------------------------------------------------------

    def bound(self, operation: str, me: Name, arguments: Arguments = (), book: Book | None = None) -> Action:
        """A transition bound to its actor and arguments, with what it does to the actor's ledger."""
        reads, writes = self.footprint(operation, me, arguments)
        own, more = member(me), (ledger(me),) if book else ()

        def run(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
            before = dict(zip(reads, values, strict=False))
            deed = self.engine.deed(operation, me, arguments, stay_of(cast(Member, before[own])), before)
            if book is None:
                return (self.outcome(before, writes, deed),)
            return self.booked(before, writes, deed, cast(Ledger, values[-1]), book)

        return Action(operation, me, arguments, (*reads, *more), (*writes, *more), run)

    def footprint(self, operation: str, me: Name, arguments: Arguments) -> tuple[tuple[Slot, ...], tuple[Slot, ...]]:
        """What the row reads or writes, and what it writes."""
        reads, writes = self.engine.logic.rows[operation].footprint(me, peers_of(dict(arguments)))
        return tuple(dict.fromkeys((*reads, *writes))), writes

    def outcome(self, before: Mapping[Slot, Hashable], writes: tuple[Slot, ...], deed: Deed) -> Outcome:
        """The outcome of a deed that no ledger knows of."""
        return Outcome(deed.writes, deed.clause, deed.events)

    def booked(
        self,
        before: Mapping[Slot, Hashable],
        writes: tuple[Slot, ...],
        deed: Deed,
        old: Ledger,
        book: Book,
    ) -> tuple[Outcome, ...]:
        """The outcome of a deed with the actor's ledger behind it; none when it is not within the budgets."""
        if deed.writes is None:
            return (Outcome(None, deed.clause, deed.events),)
        new = book(old, before, deed)
        if new is None:
            return ()
        return (Outcome((*deed.writes, new), deed.clause, deed.events),)

    def grant(self, subject: Name, rights: int) -> Action:
        return self.bound(
            "grant", self.creator, (("subject", subject), ("key", static_key(subject)), ("rights", rights))
        )

    def join(self, me: Name) -> Action:
        reads, writes = self.footprint("join", me, ())

        def run(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
            before = dict(zip(reads, values, strict=False))
            old = cast(Ledger, values[-1])
            deed = self.engine.deed("join", me, (), old.joins + 1, before)

            def book(old: Ledger, before: Mapping[Slot, Hashable], deed: Deed) -> Ledger | None:
                return replace(old, joins=old.joins + 1) if old.joins < self.bounds.joins else None

            return self.booked(before, writes, deed, old, book)

        return Action("join", me, (), (*reads, ledger(me)), (*writes, ledger(me)), run)

    def sendings(self, operation: str, me: Name, peers: tuple[Name, ...], arguments: Arguments) -> list[Action]:
        """A transition with a body: an action for each body that can be next."""
        recipient = peers[0] if len(peers) == 1 else "*"
        numbers = range(1, self.bounds.messages * max(1, len(self.names) - 1) + 1)
        return [
            self.sending(
                operation, me, peers, (*arguments, ("body", Term("body", me, recipient, number, length))), number
            )
            for number in numbers
            for length in self.config.bodies
        ]

    def sending(self, operation: str, me: Name, peers: tuple[Name, ...], arguments: Arguments, number: int) -> Action:
        """A transition with the `number`-th body, counted for each peer that it reaches."""
        reads, writes = self.footprint(operation, me, arguments)
        own = member(me)

        def run(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
            before = dict(zip(reads, values, strict=False))
            old = cast(Ledger, values[-1])
            if old.next_number(peers) != number:
                return ()
            deed = self.engine.deed(operation, me, arguments, stay_of(cast(Member, before[own])), before)

            def book(old: Ledger, before: Mapping[Slot, Hashable], deed: Deed) -> Ledger | None:
                reached = peers
                for event in deed.events:
                    if isinstance(event, events.Published):
                        reached = event.peers
                if any(old.pair(peer).made >= self.bounds.messages for peer in reached):
                    return None
                return _sealed(old.made(reached, number), before, deed)

            return self.booked(before, writes, deed, old, book)

        return Action(operation, me, arguments, (*reads, ledger(me)), (*writes, ledger(me)), run)

    def rotated(self, old: Ledger, before: Mapping[Slot, Hashable], deed: Deed) -> Ledger | None:
        if old.rotations >= self.bounds.rotations:
            return None
        return _sealed(replace(old, rotations=old.rotations + 1), before, deed)

    def accepted(self, me: Name, peer: Name) -> Book:
        def book(old: Ledger, before: Mapping[Slot, Hashable], deed: Deed) -> Ledger:
            assert deed.writes is not None, "an exchange that is not left where it is was consumed"
            after = cast(Member, deed.writes[0])
            return _consumed(_reviewed(_learned(old, before, me, after), before, deed), peer)

        return book

    def received(self, me: Name, peer: Name) -> Book:
        def book(old: Ledger, before: Mapping[Slot, Hashable], deed: Deed) -> Ledger:
            assert deed.writes is not None, "a record that is not left where it is was consumed"
            new = _consumed(_learned(old, before, me, cast(Member, deed.writes[0])), peer)
            for event in deed.events:
                if isinstance(event, events.Delivered) and (number := number_of(event.body)) is not None:
                    new = new.having(replace(new.pair(peer), delivered=number))
            return new

        return book

    # ---- what only the model has --------------------------------------------------------------------

    def revoke(self, subject: Name) -> Action:
        arguments: Arguments = (("subject", subject),)
        reads, writes = self.footprint("revoke", self.creator, arguments)

        def run(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
            before = dict(zip(reads, values, strict=False))
            room = cast(Room, values[-1])
            deed = self.engine.deed("revoke", self.creator, arguments, 0, before)
            if deed.writes is None:
                return (Outcome(None, deed.clause, deed.events),)
            if room.revocations >= self.bounds.revocations:
                return ()
            room = replace(room, revocations=room.revocations + 1)
            return (Outcome((*deed.writes, room), deed.clause, deed.events),)

        return Action("revoke", self.creator, arguments, (*reads, ROOM), (*writes, ROOM), run)

    def destroy(self) -> Action:
        """Destroy empties every shared slot and uses all budgets: from then on every transition but leaving is refused
        at the header, so nobody can tell. Members keep their private state."""
        reads, _ = self.footprint("destroy", self.creator, ())
        spent = Room(self.bounds.revocations, self.bounds.crashes, self.bounds.intruder)
        last: dict[Slot, Hashable] = {HEADER: Destroyed(), ACL: store.EMPTY, BOARD: store.EMPTY, ROOM: spent}
        for name in self.names:
            last |= {inbox(name): store.EMPTY, ledger(name): Ledger(self.bounds.joins, self.bounds.rotations)}

        def run(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
            before = dict(zip(reads, values, strict=True))
            deed = self.engine.deed("destroy", self.creator, (), 0, before)
            writes = None if deed.writes is None else tuple(last.values())
            return (Outcome(writes, deed.clause, deed.events),)

        return Action("destroy", self.creator, (), reads, tuple(last), run)

    def crash(self, me: Name) -> Action:
        """The process dies and forgets everything but what lies beside its identity (SEG-GRANT-1)."""
        slots = (member(me), life(me), ledger(me), ROOM)

        def run(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
            old, alive, books, room = values
            assert isinstance(old, Member) and isinstance(books, Ledger) and isinstance(room, Room), "as bound"
            dead = Member(me, old.signing, old.creator, old.authority, old.pin)
            if room.crashes >= self.bounds.crashes or (dead == old and not alive):
                return ()
            return (Outcome((dead, False, books.over(), replace(room, crashes=room.crashes + 1))),)

        return Action("crash", me, (), slots, slots, run)


# ---- what deeds make of ledgers ----------------------------------------------------------------------


def number_of(body: Bits) -> int | None:
    """The running number of a body."""
    if isinstance(body, Term) and body.op == "body" and isinstance(body.args[2], int):
        return body.args[2]
    return None


def _over(old: Ledger, before: Mapping[Slot, Hashable], deed: Deed) -> Ledger:
    return old.over()


def _sealed(old: Ledger, before: Mapping[Slot, Hashable], deed: Deed) -> Ledger:
    uses = {use for record in deed.left if isinstance(record, Message | Post) and (use := use_of(record.sealed))}
    return replace(old, sealed=old.sealed | uses)


def _learned(old: Ledger, before: Mapping[Slot, Hashable], me: Name, after: Member) -> Ledger:
    """The ledger with the masters of epochs that peers proposed and this deed brought in."""
    known = epoch_masters(cast(Member, before[member(me)]))
    new = {master for proposer, master in epoch_masters(after) - known if proposer != me}
    return replace(old, accepted=old.accepted | new) if new else old


def epoch_masters(me: Member) -> frozenset[tuple[Name, Bits]]:
    """The masters of every epoch that a member knows, with who proposed it."""
    sessions = me.presence.sessions if me.presence else ()
    return frozenset(
        (keys.epoch.proposer, master)
        for session in sessions
        for keys in session.epochs
        if (master := master_of(keys.sending)) is not None
    )


def _consumed(old: Ledger, peer: Name) -> Ledger:
    """One record less of a revoked peer is owed."""
    pair = old.pair(peer)
    return old.having(replace(pair, owed=max(0, pair.owed - 1))) if pair.owed is not None else old


def _reviewed(old: Ledger, before: Mapping[Slot, Hashable], deed: Deed) -> Ledger:
    """What lies in the inbox when a revocation is verified is owed (SEG-REVIEW-2)."""
    assert deed.writes is not None, "a review that is taken changes the roster"
    return owing(old, before, cast(Member, deed.writes[0]))


def owing(old: Ledger, before: Mapping[Slot, Hashable], after: Member) -> Ledger:
    """See `_reviewed`; `after` is the member that has verified the list."""
    me = cast(Member, before[member(after.name)])
    if me.roster is None or after.roster is None or me.roster == after.roster:
        return old
    lanes = {lane.sender: lane.records for lane in cast(store.Inbox, before[inbox(after.name)])}
    for subject in after.roster.subjects:
        if me.roster.rights(subject.name) & ~subject.rights and old.pair(subject.name).owed is None:
            lying = len(lanes.get(subject.name, ()))
            old = old.having(replace(old.pair(subject.name), owed=lying))
    return old
