"""The segment as a `Machine`: every transition of the table bound to every member, within budgets, and crashes.

What an action adds to the engine's transition: the ledger's part, and what makes equal what no transition can tell
apart (a destroyed segment is empty). Which attacks there are is in `intruder`, what must hold in `properties`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from typing import Final, TypeAlias, cast

from lockedroom.model.segment.bounds import ORIGIN, Setting
from lockedroom.model.segment.disclosure import disclose
from lockedroom.model.segment.engine import REFERENCE, Call, Deed, Engine, Logic, signing, static_key, stay_of
from lockedroom.model.segment.intruder import CHANGED, CLOSED, ENTERING, SEEN, SPENT, Intruder, Looks, next_may_be
from lockedroom.model.segment.ledger import Ledger, Room, epoch_masters, number_of, use_of
from lockedroom.reference.crypto.terms import Term
from lockedroom.reference.machine import Action, Machine, Name, Outcome, Slot
from lockedroom.reference.segment import events
from lockedroom.reference.segment.effects import ACL, HEADER, life, member
from lockedroom.reference.segment.parts import cell, lane
from lockedroom.reference.segment.records import (
    Destroyed,
    Entry,
    Message,
    Post,
)
from lockedroom.reference.segment.state import Member
from lockedroom.reference.segment.store import Acl, Cell

ROOM: Final = Slot("room")

Arguments: TypeAlias = tuple[tuple[str, object], ...]
Book: TypeAlias = Callable[[Ledger, Mapping[Slot, Hashable], Deed], "Ledger | None"]
"""What a deed makes of its actor's ledger; None: not within the budgets."""


def ledger(name: Name) -> Slot:
    """The slot of what the model remembers of a member."""
    return Slot("ledger", name)


def segment_machine(setting: Setting, logic: Logic = REFERENCE) -> Machine:
    """The machine of a setting."""
    return bind(setting, Engine(setting.capacity, setting.bounds.names, logic))


def bind(setting: Setting, engine: Engine) -> Machine:
    """The machine of a setting on this engine, which counts its calls."""
    return _Binding(setting, engine).machine()


class _Binding:
    """One setting while its actions are made."""

    def __init__(self, setting: Setting, engine: Engine) -> None:
        self.setting = setting
        self.bounds = setting.bounds
        self.engine = engine
        self.names = setting.bounds.names
        self.honest, self.insider = setting.bounds.honest, setting.bounds.foe
        self.creator = self.names[0]

    def machine(self) -> Machine:
        actions = self.actions()
        slots = self.initial()
        monotone: frozenset[Slot] = frozenset()
        if self.bounds.intruder:
            looks = [next_may_be(action, self.read_by(action), self.bounds.revocations > 0) for action in actions]
            watchful = [watched(action, look, self.insider) for action, look in zip(actions, looks, strict=True)]
            intruder = Intruder(self.bounds, self.engine.logic.profile, looks)
            actions = [*watchful, *intruder.actions(), *self.disclosures()]
            slots |= {SEEN: frozenset[Hashable](), SPENT: 0, CHANGED: frozenset[Slot]()}
            monotone = frozenset((SEEN,))
        return Machine(f"segment, {self.bounds}", slots, tuple(actions), monotone, self.bounds.to_json())

    def read_by(self, action: Action) -> tuple[Slot, ...]:
        """What an action reads, as its row says: not what it only writes."""
        if action.operation not in self.engine.logic.rows:
            return action.reads
        return self.engine.call(action.operation, action.actor, action.arguments).reads

    def initial(self) -> dict[Slot, Hashable]:
        """Nothing is there yet."""
        slots: dict[Slot, Hashable] = {HEADER: None, ACL: (), ROOM: Room()}
        for name in self.names:
            if name != self.insider:
                slots |= {member(name): Member(name, signing(name), static_key(self.creator)), ledger(name): Ledger()}
            slots |= {life(name): name == self.insider, cell(name): Cell(name)}
            slots |= {lane(name, sender): () for sender in self.names if sender != name}
        return slots

    def actions(self) -> list[Action]:
        label = self.engine.logic.profile.label
        made = [
            self.bound(
                "create",
                self.creator,
                (("capacity", self.setting.capacity), ("profile", label), ("origin", ORIGIN)),
            ),
        ]
        for name in self.names[1:]:
            made += [self.grant(name, rights) for rights in self.setting.rights]
            if self.bounds.revocations:
                made.append(self.revoke(name))
        for me in self.honest:
            made += self.of_member(me)
        made.append(self.destroy())
        return made

    def of_member(self, me: Name) -> list[Action]:
        made = [self.join(me), self.bound("review", me, book=_reviewed), self.leave(me)]
        others = tuple(name for name in self.names if name != me)
        for peer in others:
            to = (("peer", peer),)
            made.append(self.bound("exchange", me, to))
            made.append(self.bound("accept", me, to, book=self.accepted(me)))
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
        call = self.engine.call(operation, me, arguments)
        own = call.slots.index(member(me))

        def plain(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
            deed = call.deed(stay_of(cast(Member, values[own])), values)
            return (Outcome(deed.writes, deed.clause, deed.events),)

        def booked(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
            deed = call.deed(stay_of(cast(Member, values[own])), values[:-1])
            return self.booked(call, values, deed, book) if book else ()

        if book is None:
            return Action(operation, me, arguments, call.slots, call.writes, plain)
        return Action(operation, me, arguments, (*call.slots, ledger(me)), (*call.writes, ledger(me)), booked)

    def booked(self, call: Call, values: tuple[Hashable, ...], deed: Deed, book: Book) -> tuple[Outcome, ...]:
        """The outcome of a deed with the actor's ledger behind it; none when it is not within the budgets."""
        if deed.writes is None:
            return (Outcome(None, deed.clause, deed.events),)
        new = book(cast(Ledger, values[-1]), dict(zip(call.slots, values, strict=False)), deed)
        if new is None:
            return ()
        return (Outcome((*deed.writes, new), deed.clause, deed.events),)

    def grant(self, subject: Name, rights: int) -> Action:
        arguments: Arguments = (("subject", subject), ("key", static_key(subject)), ("rights", rights))
        plain = self.bound("grant", self.creator, arguments)
        if subject == self.insider:
            plain = self.entering(plain)
        if not self.bounds.settled:
            return plain
        at = plain.reads.index(ACL)

        def run(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
            granted = len(cast(Acl, values[at]))
            in_turn = granted == self.names.index(subject) or granted >= len(self.names)
            return plain.run(values) if in_turn else ()

        return replace(plain, run=run)

    def entering(self, plain: Action) -> Action:
        """The grant of an insider, which announces itself next."""
        at, own = plain.reads.index(ACL), plain.writes.index(ACL)

        def run(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
            known = any(entry.subject == self.insider for entry in cast(tuple[Entry, ...], values[at]))
            return tuple(
                outcome
                if known or outcome.writes is None or outcome.writes[own] == values[at]
                else replace(outcome, writes=(*outcome.writes, ENTERING))
                for outcome in plain.run(values)
            )

        return replace(plain, writes=(*plain.writes, CHANGED), run=run)

    def join(self, me: Name) -> Action:
        call = self.engine.call("join", me)

        def book(old: Ledger, before: Mapping[Slot, Hashable], deed: Deed) -> Ledger | None:
            return replace(old, joins=old.joins + 1) if old.joins < self.bounds.joins else None

        def run(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
            if self.bounds.settled and len(cast(Acl, values[call.slots.index(ACL)])) < len(self.names):
                return ()
            return self.booked(call, values, call.deed(cast(Ledger, values[-1]).joins + 1, values[:-1]), book)

        return Action("join", me, (), (*call.slots, ledger(me)), (*call.writes, ledger(me)), run)

    def leave(self, me: Name) -> Action:
        call = self.engine.call("leave", me)
        own = call.writes.index(member(me))

        def run(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
            deed = call.deed(0, values[:-1])
            if deed.writes is None:
                return (Outcome(None, deed.clause, deed.events),)
            out, books = self.out(cast(Member, deed.writes[own]), cast(Ledger, values[-1]))
            return (Outcome((*deed.writes[:own], out, *deed.writes[own + 1 :], books), deed.clause, deed.events),)

        return Action("leave", me, (), (*call.slots, ledger(me)), (*call.writes, ledger(me)), run)

    def out(self, me: Member, books: Ledger) -> tuple[Member, Ledger]:
        """A member that is out, and its ledger. When it cannot join again, nothing is left that it can do (but what
        the creator can), so what it remembers and has used is one and the same."""
        if books.joins < self.bounds.joins:
            return me, books.over()
        return (me if me.authority else replace(me, roster=None)), Ledger(books.joins)

    def sendings(self, operation: str, me: Name, peers: tuple[Name, ...], arguments: Arguments) -> list[Action]:
        """A transition with a body: an action for each body that can be next."""
        recipient = peers[0] if len(peers) == 1 else "*"
        numbers = range(1, self.bounds.messages * max(1, len(self.names) - 1) + 1)
        bodies = (
            (number, Term("body", me, recipient, number, size)) for number in numbers for size in self.setting.bodies
        )
        return [self.sending(operation, me, peers, (*arguments, ("body", body)), number) for number, body in bodies]

    def sending(self, operation: str, me: Name, peers: tuple[Name, ...], arguments: Arguments, number: int) -> Action:
        """A transition with the `number`-th body, counted for each peer that it reaches."""
        call = self.engine.call(operation, me, arguments)
        own = call.slots.index(member(me))

        def book(old: Ledger, before: Mapping[Slot, Hashable], deed: Deed) -> Ledger | None:
            reached = peers
            for event in deed.events:
                if isinstance(event, events.Published):
                    reached = event.peers
            if any(old.pair(peer).made >= self.bounds.messages for peer in reached):
                return None
            return _sealed(old.made(reached, number), before, deed)

        def run(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
            if cast(Ledger, values[-1]).next_number(peers) != number:
                return ()
            return self.booked(call, values, call.deed(stay_of(cast(Member, values[own])), values[:-1]), book)

        return Action(operation, me, arguments, (*call.slots, ledger(me)), (*call.writes, ledger(me)), run)

    def rotated(self, old: Ledger, before: Mapping[Slot, Hashable], deed: Deed) -> Ledger | None:
        if old.rotations >= self.bounds.rotations:
            return None
        return _sealed(replace(old, rotations=old.rotations + 1), before, deed)

    def accepted(self, me: Name) -> Book:
        def book(old: Ledger, before: Mapping[Slot, Hashable], deed: Deed) -> Ledger:
            assert deed.writes is not None, "an exchange that is not left where it is was consumed"
            return _learned(old, before, me, cast(Member, deed.writes[0]))

        return book

    def received(self, me: Name, peer: Name) -> Book:
        def book(old: Ledger, before: Mapping[Slot, Hashable], deed: Deed) -> Ledger:
            assert deed.writes is not None, "a record that is not left where it is was consumed"
            new = _learned(old, before, me, cast(Member, deed.writes[0]))
            for event in deed.events:
                if isinstance(event, events.Delivered) and (number := number_of(event.body)) is not None:
                    record = cast(tuple[Message, ...], before[lane(me, peer)])[0]
                    new = new.having(new.pair(peer).having_delivered(record.sender_incarnation, number))
            return new

        return book

    # ---- what only the model has --------------------------------------------------------------------

    def revoke(self, subject: Name) -> Action:
        arguments: Arguments = (("subject", subject),)
        call = self.engine.call("revoke", self.creator, arguments)

        def run(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
            room = cast(Room, values[-1])
            deed = call.deed(0, values[:-1])
            if deed.writes is None:
                return (Outcome(None, deed.clause, deed.events),)
            if room.revocations >= self.bounds.revocations:
                return ()
            room = replace(room, revocations=room.revocations + 1)
            return (Outcome((*deed.writes, room), deed.clause, deed.events),)

        return Action("revoke", self.creator, arguments, (*call.slots, ROOM), (*call.writes, ROOM), run)

    def destroy(self) -> Action:
        """Destroy is the end: every transition but leaving is refused at the header from then on, and leaving does not
        look at the header. So every slot becomes what it was at first; with `aftermath` members stay as they are."""
        call, last = self.engine.call("destroy", self.creator), self.over()

        def run(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
            deed = call.deed(0, values)
            writes = None if deed.writes is None else tuple(last.values())
            return (Outcome(writes, deed.clause, deed.events),)

        return Action("destroy", self.creator, (), call.slots, tuple(last), run)

    def over(self) -> dict[Slot, Hashable]:
        """The end: the slots that it writes, with their values."""
        spent = Room(self.bounds.revocations, self.bounds.crashes)
        last = {**self.initial(), HEADER: Destroyed(), ROOM: spent}
        if self.bounds.intruder:
            last |= {SEEN: CLOSED, SPENT: self.bounds.intruder, CHANGED: frozenset[Slot]()}
        for name in self.honest:
            last[ledger(name)] = Ledger(self.bounds.joins)
            if self.setting.aftermath:
                del last[member(name)], last[life(name)]
        return last

    def disclosures(self) -> list[Action]:
        """For each pair of members: the intruder is told what they hold once they have left. It ends as destroying."""
        pairs = [(a, b) for index, a in enumerate(self.honest) for b in self.honest[index + 1 :]]
        return [disclose(a, b, self.bounds.intruder, self.over()) for a, b in pairs]

    def crash(self, me: Name) -> Action:
        """The process dies and forgets everything but what lies beside its identity (SEG-GRANT-1)."""
        slots = (member(me), life(me), ledger(me), ROOM)

        def run(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
            old, alive, books, room = values
            assert isinstance(old, Member) and isinstance(books, Ledger) and isinstance(room, Room), "as bound"
            dead = Member(me, old.signing, old.creator, old.authority, old.pin)
            if room.crashes >= self.bounds.crashes or (dead == old and not alive):
                return ()
            dead, books = self.out(dead, books)
            return (Outcome((dead, False, books, replace(room, crashes=room.crashes + 1))),)

        return Action("crash", me, (), slots, slots, run)


def watched(action: Action, may: Looks, insider: Name) -> Action:
    """The action with the intruder about: what it leaves in the store has been seen (and what it leaves for an insider
    is taken), and where the intruder has just changed something, it comes next only if it looks at that."""
    reads, count = (*action.reads, CHANGED), len(action.reads)
    gates = ((CHANGED, may),)
    own = action.writes.index(CHANGED) if CHANGED in action.writes else None
    writes = action.writes if own is not None else (*action.writes, CHANGED)
    taken = tuple(index for index, slot in enumerate(action.writes) if slot.kind == "inbox" and slot.owner == insider)

    def run(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
        if not may(values[-1]):
            return ()
        return tuple(_seen(action, cleared(outcome)) for outcome in action.run(values[:count]))

    def cleared(outcome: Outcome) -> Outcome:
        if outcome.writes is None or len(outcome.writes) == len(writes):
            return outcome
        return replace(outcome, writes=(*outcome.writes, frozenset()))

    def emptied(outcome: Outcome) -> Outcome:
        if outcome.writes is None:
            return outcome
        return replace(outcome, writes=tuple(() if i in taken else now for i, now in enumerate(outcome.writes)))

    if not taken:
        return replace(action, reads=reads, writes=writes, run=run, gates=gates)

    def emptying(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
        return tuple(map(emptied, run(values)))

    return replace(action, reads=reads, writes=writes, run=emptying, gates=gates)


def _seen(action: Action, outcome: Outcome) -> Outcome:
    if outcome.writes is None or outcome.clause is not None:
        return outcome
    news: set[Hashable] = set()
    for slot, now in zip(action.writes, outcome.writes, strict=False):
        if slot == ACL or (slot.kind == "inbox" and now):
            news.update(cast(tuple[Hashable, ...], now)[-1:])
        elif isinstance(now, Cell) and action.operation == "join":
            news.add(now.announcement)
        elif isinstance(now, Cell) and action.operation == "publish":
            news.update(now.posts)
    return replace(outcome, grows=((SEEN, frozenset(news)),)) if news else outcome


# ---- what deeds make of ledgers ----------------------------------------------------------------------


def _sealed(old: Ledger, before: Mapping[Slot, Hashable], deed: Deed) -> Ledger:
    uses = {use for record in deed.left if isinstance(record, Message | Post) and (use := use_of(record.sealed))}
    return replace(old, sealed=old.sealed | uses)


def _learned(old: Ledger, before: Mapping[Slot, Hashable], me: Name, after: Member) -> Ledger:
    """The ledger with the masters of epochs that peers proposed and this deed brought in."""
    known = epoch_masters(cast(Member, before[member(me)]))
    new = {master for proposer, master in epoch_masters(after) - known if proposer != me}
    return replace(old, accepted=old.accepted | new) if new else old


def _reviewed(old: Ledger, before: Mapping[Slot, Hashable], deed: Deed) -> Ledger:
    """What lies in the inbox when a revocation is verified is owed (SEG-REVIEW-2)."""
    assert deed.writes is not None, "a review that is taken changes the roster"
    after = cast(Member, deed.writes[0])
    known = cast(Member, before[member(after.name)]).roster
    rights = {subject.name: subject.rights for subject in known.subjects} if known else {}
    for entry in cast(tuple[Entry, ...], before[ACL])[known.serial if known else 0 :]:
        taken = entry.subject != after.name and rights.get(entry.subject, 0) & ~entry.rights
        rights[entry.subject] = entry.rights
        if taken and old.pair(entry.subject).owed is None:
            lying = frozenset(cast(tuple[object, ...], before[lane(after.name, entry.subject)]))
            old = old.having(replace(old.pair(entry.subject), owed=lying))
    return old
