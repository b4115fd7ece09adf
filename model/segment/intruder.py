"""The intruder: whoever may write to the store, as one more actor with a budget of steps.

It has seen every record that was ever in the store. It has an identity of its own: one that nobody grants anything or,
as an insider, the last of the members, whom the creator grants what it grants the others (and may revoke). An insider
announces itself as soon as it is granted and takes at once what is left for it, neither of which counts; it needs no
process. The members of another segment of the same creator make records for it (`forging`). It removes, replays,
redirects, changes and forges, one record or one cut of the list a step.

It acts as late as it can, which loses nothing, since until somebody looks nobody can tell. A lane is looked at by its
owner, first record first: so it changes the first record, and its owner comes next. A cell of the board is looked at by
everybody but its owner, a post by whom it is for, the list and the header by all: somebody who looks comes next
(`next_may_be`), so it changes nothing that no single step looks at, together with what it has just changed. Lanes and
cells of members that are absent it leaves alone: what reads a lane looks at nothing that its sender's going changes,
and who is absent reads nothing, so the same could be done before it went, or once it is back. The first record of a
lane it does not repeat: the copy does as well when the original has been read. Nor does it put a record before one that
it has just put or bared, or an announcement in the place of one that it has just changed: the other record can wait
until the first was read (unless a review may look at the whole lane), and of the announcements only the last is seen. A
post that it puts on the board is read, which changes nothing, and that is the end of it: what follows would follow
without. Left out is what gains nothing however wrong the guards are: ciphertexts of nobody's making, and room in a
lane. Nothing is left out because some guard refuses it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Final, TypeAlias, TypeVar, cast

from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.engine import SUITE, signing, static_key
from lockedroom.model.segment.forging import Forger, mixed, relabelled, summary
from lockedroom.model.segment.knowledge import INTRUDER
from lockedroom.reference.machine import Action, Name, Outcome, Slot
from lockedroom.reference.segment.effects import ACL, HEADER, life
from lockedroom.reference.segment.parts import cell, lane
from lockedroom.reference.segment.profile import Profile
from lockedroom.reference.segment.records import (
    ALL_RIGHTS,
    MESSAGE,
    Announcement,
    Entry,
    Exchange,
    Header,
    Message,
    Post,
    header_transcript,
)
from lockedroom.reference.segment.store import Cell

SEEN: Final = Slot("seen")
"""The records that were ever in the store, as far as they can be put back."""

SPENT: Final = Slot("intruder")
"""How many steps of its budget the intruder has taken."""

CHANGED: Final = Slot("changed")
"""The slots that it has changed since a member last did something: somebody who looks at them comes next."""

ENTERING: Final = frozenset({Slot("granted")})
"""What stands there when an insider was granted just now: nobody looks at that, so its announcement comes next."""

Seen: TypeAlias = "Exchange | Message | Announcement | Post | Entry"
Addressed: TypeAlias = "Exchange | Message | Post"
AnyAddressed = TypeVar("AnyAddressed", bound=Exchange | Message | Post)


class Closed(frozenset[Hashable]):
    """What the intruder has seen once it can do nothing more with it: nothing, whatever is still to be seen."""

    __slots__ = ()

    def __or__(self, other: object) -> Closed:
        return self


CLOSED: Final = Closed({"closed"})
"""It equals no set of records, the empty one included: else the two would be one value to an explorer."""


@dataclass(frozen=True, slots=True)
class Looks:
    """What an action looks at of all that the intruder may change. Asked about some slots, whether it is all of them:
    a callable that equals another that answers alike."""

    slots: frozenset[Slot]

    def __call__(self, changed: Hashable) -> bool:
        return self.slots.issuperset(cast(frozenset[Slot], changed))


Change: TypeAlias = "tuple[str, tuple[Hashable, ...]]"
"""One thing that the intruder can do: its label, and the new values of what the action writes."""


class Intruder:
    """The intruder's actions in a room within these bounds, whose members speak a profile. `looks` says of each action
    of a member whether it looks at all of some slots: what no single one looks at, nobody could act on next."""

    def __init__(self, bounds: Bounds, profile: Profile, looks: Iterable[Looks]) -> None:
        self.names, self.honest, self.insider = bounds.names, bounds.honest, bounds.foe
        self.creator = bounds.names[0]
        self.budget, self.revocations = bounds.intruder, bounds.revocations > 0
        self.forger = Forger(profile, bounds.foe)
        self._looks = tuple(looks)
        self._noticed: dict[frozenset[Slot], bool] = {}

    def noticed(self, changed: frozenset[Slot]) -> bool:
        """Whether a single action of a member looks at all that was changed."""
        found = self._noticed.get(changed)
        if found is None:
            found = self._noticed[changed] = any(look(changed) for look in self._looks)
        return found

    def actions(self) -> list[Action]:
        """Everything that it can do."""
        made: list[Action] = [self.swap_header(), self.cut_list(), self.extend_list()]
        for owner in self.honest:
            made += [self.withdraw(owner), self.announce(owner)]
            for sender in self.names:
                if sender != owner:
                    made += [self.inject(owner, sender), self.post(sender, owner)]
                if sender != owner and sender != self.insider:
                    made.append(self.drop(owner, sender))
        if self.insider:
            made.append(self.announce_itself())
        return made

    def action(
        self,
        operation: str,
        arguments: tuple[tuple[str, object], ...],
        reads: tuple[Slot, ...],
        writes: tuple[Slot, ...],
        changes: Callable[..., Iterable[Change]],
        changed: frozenset[Slot] | None = None,
        once: bool = False,
    ) -> Action:
        """An action of the intruder: `changes` is given the values of `reads` and gives what can become of `writes`;
        `changed` says what somebody must look at next, if that is not what is written; `once`: not where that was
        changed before and nobody has looked since."""
        more = (SPENT, CHANGED, SEEN)
        looked_at = frozenset(writes) if changed is None else changed

        def left(spent: Hashable) -> bool:
            return cast(int, spent) < self.budget

        def able(changed: Hashable) -> bool:
            before = cast(frozenset[Slot], changed)
            return before != ENTERING and not (once and before & looked_at) and self.noticed(before | looked_at)

        def run(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
            spent, changed = cast(int, values[0]), cast(frozenset[Slot], values[1])
            seen = cast(frozenset[Seen], values[2])
            if not left(spent) or not able(changed):
                return ()
            kept = CLOSED if spent + 1 >= self.budget else seen
            found: dict[tuple[Hashable, ...], str] = {}
            for label, new in changes(seen, *values[3:]):
                found.setdefault(new, label)
            after = (spent + 1, changed | looked_at, kept)
            return tuple(Outcome((*after, *new), label=label) for new, label in found.items())

        gates = ((SPENT, left), (CHANGED, able))
        return Action(operation, INTRUDER, arguments, (*more, *reads), (*more, *writes), run, gates=gates)

    # ---- lanes --------------------------------------------------------------------------------------

    def drop(self, owner: Name, sender: Name) -> Action:
        """Remove the first record of a lane."""

        def changes(_: frozenset[Seen], lying: tuple[Hashable, ...], here: bool, there: bool) -> Iterator[Change]:
            if here and there and lying:
                yield summary(lying[0]), (lying[1:],)

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
            made = self.of_insider if sender == self.insider else self.for_lane
            for how, record in made(seen, header, entries, own.announcement, other.announcement):
                if record not in lying[:1]:
                    yield f"{summary(record)}{how}", ((record, *lying),)

        once = not self.revocations
        return self.action("inject", (("inbox", owner), ("sender", sender)), reads, (slot,), changes, once=once)

    def for_lane(
        self, seen: frozenset[Seen], header: Header, entries: tuple[Entry, ...], own: Announcement, other: Announcement
    ) -> Iterator[tuple[str, Exchange | Message]]:
        """The records worth putting into the lane of two members with these announcements, its owner's first."""
        for record in _sorted(seen):
            if not isinstance(record, Exchange | Message):
                continue
            if (record.sender, record.recipient) == (other.name, own.name):
                yield "", record
                if isinstance(record, Message) and record.flags != MESSAGE:
                    yield ", as a message", relabelled(record)
            yield _origin(record, other, own), _fitted(record, other, own)
        forger, sender = self.forger, other.name
        made = forger.exchange(sender, other.incarnation, own, header.segment, entries, forger.own_master())
        yield ", forged", made
        yield ", made in another segment", forger.exchange_elsewhere(sender, own, entries)

    def of_insider(
        self, seen: frozenset[Seen], header: Header, entries: tuple[Entry, ...], own: Announcement, other: Announcement
    ) -> Iterator[tuple[str, Exchange | Message]]:
        """The records that an insider can leave for the member announced first: exchanges of a key of its own, of one
        that it was given by others, and of what others encapsulated for this member, all signed by itself; what it
        seals; and what others said, as its own."""
        forger, segment, mine = self.forger, header.segment, other.incarnation
        given = [(f", with the key of {record.sender}", key) for key, record in forger.learnt.masters(seen)]
        for how, master in [("", forger.own_master()), *given]:
            yield how, forger.exchange(self.insider, mine, own, segment, entries, master)
        for record in forger.reencapsulated(_sorted(seen), mine, own):
            named = replace(record, serial=len(entries), head=forger.head(segment, entries))
            yield ", signed anew", forger.resigned(named, own, segment, forger.key)
        for message, rotation, _ in forger.sealed(seen, own, mine, segment):
            yield ", sealed", message
            yield ", a rotation", rotation
        for said in _sorted(seen):
            if isinstance(said, Message):
                yield _origin(said, other, own), _fitted(said, other, own)

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
        """Put another announcement under a name: an earlier one, another's, one with another incarnation, a forged or a
        foreign one."""

        def changes(
            seen: frozenset[Seen], header: object, entries: tuple[Entry, ...], stands: Cell, alive: bool
        ) -> Iterator[Change]:
            if not alive or not isinstance(header, Header):
                return
            for record in _sorted(seen):
                if isinstance(record, Announcement) and record != stands.announcement:
                    yield summary(record), (replace(stands, announcement=replace(record, name=name)),)
                if isinstance(record, Announcement) and record.name == name:
                    yield f"{summary(record)}, another incarnation", (replace(stands, announcement=mixed(record)),)
            forged = self.forger.announcement(name, header.segment, entries)
            yield f"{summary(forged)}, forged", (replace(stands, announcement=forged),)
            foreign = self.forger.announcement_elsewhere(name, entries)
            yield f"{summary(foreign)}, made in another segment", (replace(stands, announcement=foreign),)

        reads = (HEADER, ACL, cell(name), life(name))
        return self.action("announce", (("name", name),), reads, (cell(name),), changes, once=True)

    def announce_itself(self) -> Action:
        """The insider's announcement: of its own key as soon as it is granted, and later of the keys of others, as if
        they were its own, with their incarnations."""
        name, forger = self.insider, self.forger

        def changes(
            seen: frozenset[Seen], header: object, entries: tuple[Entry, ...], stands: Cell
        ) -> Iterator[Change]:
            if not isinstance(header, Header) or stands.announcement is None:
                return
            made = forger.announcement(name, header.segment, entries)
            if made.incarnation != stands.announcement.incarnation:
                yield summary(made), (replace(stands, announcement=made),)
            for record in _sorted(seen):
                if isinstance(record, Announcement) and record.incarnation != stands.announcement.incarnation:
                    owned = forger.as_own(record, header.segment, entries)
                    yield f"{summary(owned)}, signed anew", (replace(stands, announcement=owned),)

        reads = (HEADER, ACL, cell(name))
        plain = self.action("announce", (("name", name),), reads, (cell(name),), changes, once=True)

        def run(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
            spent, changed, seen, header, entries, _ = values
            if changed != ENTERING or not isinstance(header, Header):
                return plain.run(values)
            made = forger.announcement(name, header.segment, cast(tuple[Entry, ...], entries))
            return (Outcome((spent, frozenset(), seen, Cell(name, made)), label=f"{summary(made)}, its own"),)

        return replace(plain, run=run, gates=())

    def post(self, name: Name, reader: Name) -> Action:
        """Put a post under a name for one reader before those that stand there: one that was seen, as it is or made to
        fit, or one of an insider's."""
        reads = (HEADER, life(name), life(reader), cell(name), cell(reader))

        def changes(
            seen: frozenset[Seen], header: object, there: bool, here: bool, stands: Cell, own: Cell
        ) -> Iterator[Change]:
            if not (here and there and own.announcement and stands.announcement and isinstance(header, Header)):
                return
            for how, record in self.for_board(seen, header, own.announcement, stands.announcement):
                if record not in stands.posts:
                    yield f"{summary(record)}{how}", (replace(stands, posts=(record, *stands.posts)),)

        arguments = (("name", name), ("reader", reader))
        return self.action("post", arguments, reads, (cell(name),), changes, frozenset((looked_for(name, reader),)))

    def for_board(
        self, seen: frozenset[Seen], header: Header, own: Announcement, other: Announcement
    ) -> Iterator[tuple[str, Post]]:
        """The posts worth putting under a name for the member announced first: those of other members and of this one
        itself as they are, too, since a key for posts is the same in both directions."""
        for record in _sorted(seen):
            if isinstance(record, Post):
                in_place = (record.sender, record.recipient) == (other.name, own.name)
                yield "" if in_place else ", out of place", record
                yield _origin(record, other, own), _fitted(record, other, own)
        if other.name == self.insider:
            for _, _, record in self.forger.sealed(seen, own, other.incarnation, header.segment):
                yield ", sealed", record

    # ---- the list and the header --------------------------------------------------------------------

    def cut_list(self) -> Action:
        """Roll the list back to any earlier state, or take a revocation out of it."""

        def changes(_: frozenset[Seen], entries: tuple[Entry, ...]) -> Iterator[Change]:
            for length in range(len(entries)):
                yield f"to {length} entries", (entries[:length],)
            for serial, entry in enumerate(entries[:-1], start=1):
                if entry.rights != ALL_RIGHTS:
                    yield f"without entry {serial}", (entries[: serial - 1] + entries[serial:],)

        return self.action("cut list", (), (ACL,), (ACL,), changes)

    def extend_list(self) -> Action:
        """Append an entry that says something new: one that stood there once, or one that gives a name to the
        intruder's key, signed by the intruder, or by the creator in the other segment."""

        def changes(seen: frozenset[Seen], header: object, entries: tuple[Entry, ...]) -> Iterator[Change]:
            if not isinstance(header, Header) or not entries:
                return
            says = {entry.subject: (entry.key, entry.rights) for entry in entries}
            for record in _sorted(seen):
                if isinstance(record, Entry) and says.get(record.subject) != (record.key, record.rights):
                    yield f"entry {record.serial} again", ((*entries, record),)
            forger = self.forger
            made = (
                (forger.key, header.segment, forger.head(header.segment, entries)),
                (signing(self.creator), forger.elsewhere, forger.head_elsewhere(entries)),
            )
            for name in self.names[1:]:
                for signer, segment, head in made:
                    entry = forger.entry(head, entries, name, static_key(INTRUDER), ALL_RIGHTS)
                    yield f"{name}, signed by {signer}", ((*entries, forger.signed(entry, segment, signer)),)

        return self.action("extend list", (), (HEADER, ACL), (ACL,), changes)

    def swap_header(self) -> Action:
        """Put the header of the other segment in place of this one's."""
        elsewhere = self.forger.elsewhere

        def changes(_: frozenset[Seen], header: object) -> Iterator[Change]:
            if isinstance(header, Header) and header.segment != elsewhere:
                other = replace(header, segment=elsewhere)
                yield "", (replace(other, signature=SUITE.sign(signing(self.creator), header_transcript(other))),)

        return self.action("swap header", (), (HEADER,), (HEADER,), changes)


def looked_for(name: Name, reader: Name) -> Slot:
    """What stands for a post that the intruder has put under a name for a reader: nobody else looks at it."""
    return Slot("post", reader, name)


def next_may_be(action: Action, reads: Iterable[Slot], revocations: bool) -> Looks:
    """What an action that reads these slots looks at of what the intruder may have changed just now. Any other action
    commutes with the change, and could as well have come before it, or overwrites it unread. (A review looks into the
    inbox when somebody was revoked.)"""
    looks = {
        slot
        for slot in reads
        if not (
            slot.kind == "inbox" and (slot.owner != action.actor or (action.operation == "review" and not revocations))
        )
        and not (slot.kind == "board" and slot.part == action.actor)
    }
    if action.operation == "read":
        looks |= {looked_for(slot.part, action.actor) for slot in looks if slot.kind == "board"}
    return Looks(frozenset(looks))


def _fitted(record: AnyAddressed, sender: Announcement, owner: Announcement) -> AnyAddressed:
    """A record that names these two and their stays."""
    return replace(
        record,
        sender=sender.name,
        recipient=owner.name,
        sender_incarnation=sender.incarnation,
        recipient_incarnation=owner.incarnation,
    )


def _origin(record: Addressed, sender: Announcement, owner: Announcement) -> str:
    if (record.sender, record.recipient) == (sender.name, owner.name):
        return ", made to fit"
    return f", that was {record.sender}>{record.recipient}"


def _sorted(seen: frozenset[Seen]) -> list[Seen]:
    return sorted(seen, key=_text)


@cache
def _text(record: Seen) -> str:
    """A record's text: there are few records, and many sets of them to be put in order."""
    return repr(record)
