"""The intruder: whoever may write to the store, as one more actor with a budget of steps.

It has seen every record that was ever in the store, an identity of its own that nobody grants anything, and the records
that the same people make in another segment of the same creator. It removes, replays, redirects and forges, one record
or one cut of the list a step.

It acts as late as it can, which loses nothing, since until somebody looks nobody can tell. A lane is looked at by its
owner, first record first: so it changes the first record, and its owner comes next. A cell of the board is looked at by
everybody but its owner, the list and the header by all: somebody who looks comes next (`next_may_be`). Lanes and cells
of members that are absent it leaves alone: an inbox is purged by joining, and what reads a lane looks at nothing that
its sender's going changes, so the same could be done before it went, or once it is back. The first record of a lane it
does not repeat: the copy does as well when the original has been read. Left out is what gains nothing however wrong the
guards are: ciphertexts of nobody's making, and room in a lane.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from typing import Final, TypeAlias, cast

from lockedroom.model.segment.engine import SUITE, signing, static_key
from lockedroom.model.segment.hostile import INTRUDER
from lockedroom.model.segment.ledger import Room
from lockedroom.reference.crypto.suite import Transcript
from lockedroom.reference.crypto.symbolic import SymbolicEntropy
from lockedroom.reference.crypto.terms import Bits, Term
from lockedroom.reference.machine import Action, Name, Outcome, Slot
from lockedroom.reference.segment import sessions
from lockedroom.reference.segment.effects import ACL, HEADER, life
from lockedroom.reference.segment.parts import cell, lane
from lockedroom.reference.segment.records import (
    ALL_RIGHTS,
    Announcement,
    Entry,
    Exchange,
    Header,
    Message,
    announcement_transcript,
    entry_transcript,
    exchange_transcript,
    header_transcript,
    root_transcript,
)
from lockedroom.reference.segment.store import Cell

SEEN: Final = Slot("seen")
"""The records that were ever in the store, as far as they can be put back."""

FOREIGN: Final = SUITE.digest(Transcript("LR-SEG-ID", ("another segment",)))
"""The id of the other segment."""

_ELSEWHERE: Final = 0
"""The number of a stay in the other segment: stays here begin with 1."""

Seen: TypeAlias = "Exchange | Message | Announcement"


class Closed(frozenset[Hashable]):
    """What the intruder has seen once it can do nothing more with it: nothing, whatever is still to be seen."""

    __slots__ = ()

    def __or__(self, other: object) -> Closed:
        return self


CLOSED: Final = Closed({"closed"})
"""It equals no set of records, the empty one included: else the two would be one value to an explorer."""

Change: TypeAlias = "tuple[str, tuple[Hashable, ...]]"
"""One thing that the intruder can do: its label, and the new values of what the action writes."""


class Intruder:
    """The intruder's actions in a room of these members, within a budget."""

    def __init__(self, names: tuple[Name, ...], budget: int) -> None:
        self.names = names
        self.creator = names[0]
        self.budget = budget

    def actions(self) -> list[Action]:
        """Everything that it can do."""
        made: list[Action] = [self.swap_header(), self.cut_list(), self.extend_list()]
        for owner in self.names:
            made += [self.withdraw(owner), self.announce(owner)]
            for sender in self.names:
                if sender != owner:
                    made += [self.drop(owner, sender), self.inject(owner, sender)]
        return made

    def action(
        self,
        operation: str,
        arguments: tuple[tuple[str, object], ...],
        reads: tuple[Slot, ...],
        writes: tuple[Slot, ...],
        changes: Callable[..., Iterable[Change]],
    ) -> Action:
        """An action of the intruder: `changes` is given the values of `reads` and gives what can become of `writes`."""
        more = (Slot("room"), SEEN)

        def run(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
            room, seen = cast(Room, values[0]), cast(frozenset[Seen], values[1])
            if room.intruder >= self.budget:
                return ()
            spent = replace(room, intruder=room.intruder + 1, changed=room.changed | frozenset(writes))
            left = CLOSED if spent.intruder >= self.budget else seen
            found: dict[tuple[Hashable, ...], str] = {}
            for label, new in changes(seen, *values[2:]):
                found.setdefault(new, label)
            return tuple(Outcome((spent, left, *new), label=label) for new, label in found.items())

        return Action(operation, INTRUDER, arguments, (*more, *reads), (*more, *writes), run)

    # ---- lanes --------------------------------------------------------------------------------------

    def drop(self, owner: Name, sender: Name) -> Action:
        """Remove the first record of a lane."""

        def changes(_: frozenset[Seen], lying: tuple[Hashable, ...], here: bool, there: bool) -> Iterator[Change]:
            if here and there and lying:
                yield _brief(lying[0]), (lying[1:],)

        slot = lane(owner, sender)
        reads = (slot, life(owner), life(sender))
        return self.action("drop", (("inbox", owner), ("sender", sender)), reads, (slot,), changes)

    def inject(self, owner: Name, sender: Name) -> Action:
        """Put a record before what lies in a lane: one that was seen there, or elsewhere and made to fit, or forged."""
        slot = lane(owner, sender)
        reads = (HEADER, ACL, life(owner), life(sender), cell(owner), cell(sender), slot)

        def changes(
            seen: frozenset[Seen],
            header: object,
            entries: tuple[Entry, ...],
            here: bool,
            there: bool,
            own: Cell,
            other: Cell,
            lying: tuple[Hashable, ...],
        ) -> Iterator[Change]:
            if not (here and there and own.announcement and other.announcement and isinstance(header, Header)):
                return
            for record in self.for_lane(seen, header, entries, own.announcement, other.announcement):
                if record not in lying[:1]:
                    yield _brief(record), ((record, *lying),)

        return self.action("inject", (("inbox", owner), ("sender", sender)), reads, (slot,), changes)

    def for_lane(
        self, seen: frozenset[Seen], header: Header, entries: tuple[Entry, ...], own: Announcement, other: Announcement
    ) -> Iterator[Exchange | Message]:
        """The records worth putting into the lane of two members with these announcements, its owner's first."""
        owner, sender = own.name, other.name
        for record in _sorted(seen):
            if isinstance(record, Announcement):
                continue
            if (record.sender, record.recipient) == (sender, owner):
                yield record
            else:
                yield replace(
                    record,
                    sender=sender,
                    recipient=owner,
                    sender_incarnation=other.incarnation,
                    recipient_incarnation=own.incarnation,
                )
        yield exchange_by(INTRUDER, 0, header.segment, entries, own, sender, other.incarnation)
        elsewhere = SymbolicEntropy(sender, _ELSEWHERE).draw("incarnation")
        yield exchange_by(sender, _ELSEWHERE, FOREIGN, entries, own, sender, elsewhere)

    # ---- the board ----------------------------------------------------------------------------------

    def withdraw(self, name: Name) -> Action:
        """Take an announcement with all posts off the board, or the posts alone."""

        def changes(_: frozenset[Seen], stands: Cell, alive: bool) -> Iterator[Change]:
            if alive and stands != Cell(name):
                yield "all", (Cell(name),)
            if alive and stands.posts:
                yield "posts", (replace(stands, posts=()),)

        return self.action("withdraw", (("name", name),), (cell(name), life(name)), (cell(name),), changes)

    def announce(self, name: Name) -> Action:
        """Put another announcement under a name: an earlier one, another's, a forged or a foreign one."""

        def changes(
            seen: frozenset[Seen], header: object, entries: tuple[Entry, ...], stands: Cell, alive: bool
        ) -> Iterator[Change]:
            if not alive or not isinstance(header, Header):
                return
            for record in _sorted(seen):
                if isinstance(record, Announcement) and record != stands.announcement:
                    yield _brief(record), (replace(stands, announcement=replace(record, name=name)),)
            for maker, segment in ((INTRUDER, header.segment), (name, FOREIGN)):
                made = announcement_by(maker, segment, entries, header.segment, name)
                yield _brief(made), (replace(stands, announcement=made),)

        reads = (HEADER, ACL, cell(name), life(name))
        return self.action("announce", (("name", name),), reads, (cell(name),), changes)

    # ---- the list and the header --------------------------------------------------------------------

    def cut_list(self) -> Action:
        """Roll the list back to any earlier state."""

        def changes(_: frozenset[Seen], entries: tuple[Entry, ...]) -> Iterator[Change]:
            for length in range(len(entries)):
                yield f"to {length} entries", (entries[:length],)

        return self.action("cut list", (), (ACL,), (ACL,), changes)

    def extend_list(self) -> Action:
        """Append an entry that gives a member every right: signed by the intruder, under whose key it puts the name, or
        by the creator in the other segment."""

        def changes(_: frozenset[Seen], header: object, entries: tuple[Entry, ...]) -> Iterator[Change]:
            if not isinstance(header, Header) or not entries:
                return
            for name in self.names[1:]:
                for key, signer, segment in (
                    (static_key(INTRUDER), INTRUDER, header.segment),
                    (static_key(name), self.creator, FOREIGN),
                ):
                    entry = Entry(len(entries) + 1, _head(header.segment, entries), name, key, ALL_RIGHTS, b"")
                    signature = SUITE.sign(signing(signer), entry_transcript(segment, entry))
                    yield f"{name}, signed by {signer}", ((*entries, replace(entry, signature=signature)),)

        return self.action("extend list", (), (HEADER, ACL), (ACL,), changes)

    def swap_header(self) -> Action:
        """Put the header of the other segment in place of this one's."""

        def changes(_: frozenset[Seen], header: object) -> Iterator[Change]:
            if isinstance(header, Header) and header.segment != FOREIGN:
                other = replace(header, segment=FOREIGN)
                yield "", (replace(other, signature=SUITE.sign(signing(self.creator), header_transcript(other))),)

        return self.action("swap header", (), (HEADER,), (HEADER,), changes)


def next_may_be(action: Action, revocations: bool) -> Callable[[frozenset[Slot]], bool]:
    """Whether an action looks at all of some slots that the intruder has just changed. Any other action commutes with
    the change, and could as well have come before it. (A review looks into the inbox when somebody was revoked.)"""
    touched = frozenset((*action.reads, *action.writes))
    looks = frozenset(
        slot
        for slot in touched
        if not (
            slot.kind == "inbox" and (slot.owner != action.actor or (action.operation == "review" and not revocations))
        )
        and not (slot.kind == "board" and slot.part == action.actor)
    )
    return looks.issuperset


# ---- records of the intruder's making -----------------------------------------------------------------


def exchange_by(
    maker: Name, stay: int, segment: Bits, entries: tuple[Entry, ...], here: Announcement, sender: Name, made: Bits
) -> Exchange:
    """An exchange in `sender`'s name for the member announced by `here`: `maker` draws and signs, in that segment."""
    fresh = SymbolicEntropy(maker, stay)
    encapsulated = SUITE.encapsulate(here.ephemeral, fresh.draw("encapsulate"))
    secret: Bits = encapsulated.secret if encapsulated else fresh.draw("encapsulate")
    ciphertext: Bits = encapsulated.ciphertext if encapsulated else fresh.draw("encapsulate")
    context = sessions.kek_context(segment, sender, here.name, made, here.incarnation, here.ephemeral)
    wrapped = SUITE.wrap(SUITE.derive(secret, "kek", context), fresh.draw("master"))
    head = _head(segment, entries)
    record = Exchange(sender, here.name, made, here.incarnation, ciphertext, wrapped, len(entries), head, b"")
    return replace(record, signature=SUITE.sign(signing(maker), exchange_transcript(segment, record, here.ephemeral)))


def announcement_by(maker: Name, segment: Bits, entries: tuple[Entry, ...], listed: Bits, name: Name) -> Announcement:
    """An announcement in a name: `maker` draws and signs, in that segment; it names the list of segment `listed`."""
    fresh = SymbolicEntropy(maker, _ELSEWHERE)
    ephemeral = SUITE.kem_keypair(fresh.draw("ephemeral")).public
    record = Announcement(name, fresh.draw("incarnation"), ephemeral, len(entries), _head(listed, entries), b"")
    return replace(record, signature=SUITE.sign(signing(maker), announcement_transcript(segment, record)))


def _head(segment: Bits, entries: tuple[Entry, ...]) -> Bits:
    return SUITE.digest(entry_transcript(segment, entries[-1]) if entries else root_transcript(segment))


def _sorted(seen: frozenset[Seen]) -> list[Seen]:
    return sorted(seen, key=_text)


@cache
def _text(record: Seen) -> str:
    """A record's text: there are few records, and many sets of them to be put in order."""
    return repr(record)


def _brief(record: object) -> str:
    match record:
        case Exchange(sender, recipient, made):
            return f"exchange {sender}>{recipient} of {_stay(made)}"
        case Message(sender, recipient, made, _, epoch, sequence):
            return f"record {sequence} {sender}>{recipient} of {_stay(made)}, epoch {epoch.number} of {epoch.proposer}"
        case Announcement(name, incarnation):
            return f"announcement of {name}: {_stay(incarnation)}"
    return str(record)


def _stay(incarnation: Bits) -> str:
    if isinstance(incarnation, Term) and incarnation.op == "fresh":
        who, stay = incarnation.args[:2]
        return f"{who!s}'s stay {stay!s}" if stay else f"{who!s}'s stay elsewhere"
    return repr(incarnation)
