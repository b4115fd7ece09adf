"""One step of a member as the properties see it: what its footprint held before, and what it holds after.

Only look-ups in values. Properties judge a step by these alone, never by what the engine says of itself (its effects).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, cast

from lockedroom.model.segment.ledger import Ledger
from lockedroom.reference.crypto.terms import Bits, Field, Term
from lockedroom.reference.machine import Action, Event, Name, Outcome, Slot
from lockedroom.reference.segment.effects import ACL, member
from lockedroom.reference.segment.parts import cell, lane
from lockedroom.reference.segment.profile import HARDENED, SEALED_HEADER, SIGNED_SEGMENT, Profile
from lockedroom.reference.segment.records import Announcement, Consumable, Entry, Exchange, Malformed, Message, Post
from lockedroom.reference.segment.state import Member
from lockedroom.reference.segment.store import Cell

Records: TypeAlias = "tuple[Consumable | Malformed, ...]"
Left: TypeAlias = "Announcement | Entry | Exchange | Message | Post"


@dataclass(frozen=True, slots=True)
class Facts:
    """A step: who did what, its rejection's clause if it was refused, its events, and its footprint before and after
    (a slot that it does not write is as before), in which profile, the member that the intruder is, if it is one, and
    what it left that the intruder took at once (as an insider does with what is left for it)."""

    actor: Name
    operation: str
    arguments: Mapping[str, object]
    clause: str | None
    events: tuple[Event, ...]
    before: Mapping[Slot, Hashable]
    after: Mapping[Slot, Hashable]
    profile: Profile = HARDENED
    foe: Name = ""
    gone: tuple[Left, ...] = ()

    @property
    def old(self) -> Member:
        """The actor's private state before."""
        return cast(Member, self.before[member(self.actor)])

    @property
    def new(self) -> Member:
        """The actor's private state after."""
        return cast(Member, self.after[member(self.actor)])

    @property
    def books(self) -> Ledger:
        """The actor's ledger before. Only of steps that have it in their footprint."""
        return cast(Ledger, self.before[Slot("ledger", self.actor)])

    @property
    def segment(self) -> Bits | None:
        """The id of the segment that the actor is in, as it knows it before the step, or else after it."""
        for me in (self.old, self.new):
            if me.roster is not None:
                return me.roster.segment
            if me.authority is not None:
                return me.authority.segment
        return None

    def lanes(self) -> tuple[tuple[Slot, Records, Records], ...]:
        """Every lane of the footprint with its records before and after."""
        return tuple(
            (slot, cast(Records, was), cast(Records, self.after[slot]))
            for slot, was in self.before.items()
            if slot.kind == "inbox"
        )

    def cells(self) -> tuple[tuple[Name, Cell, Cell], ...]:
        """Every cell of the board in the footprint before and after."""
        return tuple(
            (slot.part, cast(Cell, was), cast(Cell, self.after[slot]))
            for slot, was in self.before.items()
            if slot.kind == "board"
        )

    def cell(self, name: Name) -> Cell:
        """What stands under a name on the board before."""
        return cast(Cell, self.before[cell(name)])

    def lane(self, recipient: Name, sender: Name) -> Records:
        """What lies in a lane before."""
        return cast(Records, self.before[lane(recipient, sender)])

    def list(self) -> tuple[Entry, ...]:
        """The access control list before."""
        return tuple(entry for entry in cast(tuple[object, ...], self.before[ACL]) if isinstance(entry, Entry))

    def left(self) -> tuple[Left, ...]:
        """The records that the step left in the store."""
        found: list[Left] = []
        for _, was, now in self.lanes():
            if now[: len(was)] == was:
                found += [record for record in now[len(was) :] if not isinstance(record, Malformed)]
        for _, stood, stands in self.cells():
            if stands.announcement is not None and stands.announcement != stood.announcement:
                found.append(stands.announcement)
            found += [post for post in stands.posts if post not in stood.posts]
        if ACL in self.before:
            new = cast(tuple[object, ...], self.after[ACL])[len(self.list()) :]
            found += [entry for entry in new if isinstance(entry, Entry)]
        return (*found, *self.gone)

    def taken(self) -> tuple[Slot, Exchange | Message] | None:
        """The lane that the actor took a record from to read it, and the record."""
        if self.operation not in ("accept", "receive"):
            return None
        for slot, was, now in self.lanes():
            if slot.owner == self.actor and len(now) == len(was) - 1 and isinstance(was[0], Exchange | Message):
                return slot, was[0]
        return None


def facts_of(
    action: Action, values: tuple[Hashable, ...], outcome: Outcome, profile: Profile = HARDENED, foe: Name = ""
) -> Facts:
    """The step that an outcome of an action is."""
    before = dict(zip(action.reads, values, strict=True))
    after = dict(before)
    if outcome.writes is not None:
        after.update(zip(action.writes, outcome.writes, strict=True))
    arguments = dict(action.arguments)
    gone = tuple(
        record
        for _, added in outcome.grows
        for record in added
        if foe and isinstance(record, Exchange | Message) and record.recipient == foe
    )
    clause, happened = outcome.clause, outcome.events
    return Facts(action.actor, action.operation, arguments, clause, happened, before, after, profile, foe, gone)


def fresh_of(term: Field) -> tuple[Name, int, str, tuple[Field, ...]] | None:
    """Who drew a fresh term, in which stay, for what, and its context."""
    if isinstance(term, Term) and term.op == "fresh" and len(term.args) >= 3:
        who, stay, purpose = term.args[:3]
        if isinstance(who, str) and isinstance(stay, int) and isinstance(purpose, str):
            return who, stay, purpose, term.args[3:]
    return None


def bound_to(bits: Bits, profile: Profile) -> Field | None:
    """The segment id that a signature or a seal covers: the first field of its transcript, where a profile puts it
    there."""
    if not isinstance(bits, Term) or bits.op not in _COVERING or not profile.has(_COVERING[bits.op]):
        return None
    transcript = bits.args[1 if bits.op == "sign" else 2]
    return transcript[1] if isinstance(transcript, tuple) and len(transcript) > 1 else None


_COVERING: Final = {"sign": SIGNED_SEGMENT, "seal": SEALED_HEADER}
"""What puts the segment id into a signature, and into a seal."""


def proof_of(record: Left) -> Bits:
    """What authenticates a record: its signature or its seal."""
    return record.sealed if isinstance(record, Message | Post) else record.signature
