"""The access control list, verified forward: from what a member remembers to what the store now says (SEG-ACL).

Pure functions over the list's entries. They decide whether a list is authentic and what changed; what follows from a
change is in `transitions`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lockedroom.reference.crypto.suite import Suite
from lockedroom.reference.crypto.terms import Bits
from lockedroom.reference.machine import Name, Rejected
from lockedroom.reference.segment import profile as switch
from lockedroom.reference.segment.profile import HARDENED, Profile
from lockedroom.reference.segment.records import (
    LAYOUT_VERSION,
    Destroyed,
    Entry,
    Header,
    Malformed,
    entry_transcript,
    header_transcript,
    root_transcript,
)
from lockedroom.reference.segment.state import Member, Pin, Roster, Subject

VOUCHING: Final = frozenset(
    {switch.ONE_SEGMENT, switch.NUMBERED, switch.CHAINED, switch.NO_ROLLBACK, switch.NO_EQUIVOCATION}
)
"""What it takes for a list that goes on from what was seen to say all that was seen."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A verified list: the roster, the head after every serial (index 0: the empty list), and whose rights the
    entries that are new to this member took away (in the order of the entries)."""

    roster: Roster
    heads: tuple[Bits, ...]
    reduced: tuple[Name, ...]

    def knows(self, serial: int, head: Bits) -> bool:
        """Whether the list has that head at that serial."""
        return 0 <= serial < len(self.heads) and self.heads[serial] == head


def check_header(
    me: Member, suite: Suite, header: Header | Destroyed | Malformed | None, profile: Profile = HARDENED
) -> Header | Rejected[Member]:
    """The header, if it is the one this member trusts: signed by the creator, of this suite, and the same segment as
    before (SEG-HEADER-3 to 5)."""
    match header:
        case None:
            return Rejected("SEG-HEADER-1", "there is no segment here: create it first")
        case Destroyed():
            return Rejected("SEG-DESTROY-2", "the segment was destroyed by its creator: leave it")
        case Malformed(reason):
            return Rejected("SEG-HEADER-2", f"the header makes no sense ({reason}): not a segment")
        case Header():
            pass
    if header.suite != suite.name:
        return Rejected("SEG-HEADER-5", f"the segment uses suite {header.suite}, this member {suite.name}")
    if (header.version, header.profile) != (LAYOUT_VERSION, profile.label):
        return Rejected("SEG-HEADER-5", f"a segment of version {header.version}, profile {header.profile}: not spoken")
    known = me.roster.segment if me.roster else None
    if known is not None and profile.has(switch.ONE_SEGMENT):
        if header.segment != known:
            return Rejected("SEG-HEADER-4", "this is another segment than the one joined: leave it")
        return header
    if header.key != me.creator or not suite.verify(me.creator, header_transcript(header), header.signature):
        return Rejected("SEG-HEADER-3", "the header is not signed by the creator that is expected")
    return header


def verify_forward(
    me: Member,
    suite: Suite,
    header: Header,
    entries: tuple[Entry | Malformed, ...],
    profile: Profile = HARDENED,
) -> Verified | Rejected[Member]:
    """Verify the whole chain of digests, and the signatures of the entries beyond what `me` has seen (SEG-ACL-2 to
    6). Where a defence that vouches for what was seen is off, the entries are all read anew."""
    head = suite.digest(root_transcript(header.segment))
    heads = [head]
    seen = me.roster.serial if me.roster else 0
    vouched = profile.defences >= VOUCHING
    subjects = list(me.roster.subjects) if me.roster and vouched else []
    reduced: list[Name] = []
    for serial, entry in enumerate(entries, start=1):
        if isinstance(entry, Malformed):
            return Rejected("SEG-ACL-3", f"entry {serial} of the list makes no sense: {entry.reason}")
        out_of_turn = entry.serial != serial and profile.has(switch.NUMBERED)
        if out_of_turn or (entry.previous != head and profile.has(switch.CHAINED)):
            return Rejected("SEG-ACL-3", f"entry {serial} of the list does not follow the one before it")
        transcript = entry_transcript(header.segment, entry, profile)
        if serial > seen or not vouched:
            if not suite.verify(me.creator, transcript, entry.signature):
                return Rejected("SEG-ACL-2", f"entry {serial} of the list is not signed by the creator")
            _state(subjects, reduced if serial > seen else [], entry)
        head = suite.digest(transcript)
        heads.append(head)
    for memory in _memories(me, profile):
        short = len(heads) <= memory.serial
        if short and profile.has(switch.NO_ROLLBACK):
            return Rejected(
                "SEG-ACL-4",
                f"the list ends at {len(heads) - 1}, but serial {memory.serial} was seen: rolled back",
            )
        if not short and heads[memory.serial] != memory.head and profile.has(switch.NO_EQUIVOCATION):
            return Rejected(
                "SEG-ACL-5",
                f"the list has another entry {memory.serial} than the one that was seen: equivocation",
            )
    if not entries:
        return Rejected(
            "SEG-ACL-4",
            "the list is empty, but a segment begins with its creator's entry: truncated",
        )
    return Verified(Roster(header.segment, len(entries), head, tuple(subjects)), tuple(heads), tuple(reduced))


def _memories(me: Member, profile: Profile) -> tuple[Pin, ...]:
    seen = Pin(me.roster.serial, me.roster.head) if me.roster else None
    signed = me.authority.last if me.authority and profile.has(switch.CREATOR_MEMORY) else None
    return tuple(memory for memory in (seen, signed, me.pin) if memory is not None)


def _state(subjects: list[Subject], reduced: list[Name], entry: Entry) -> None:
    stated = Subject(entry.subject, entry.key, entry.rights)
    for index, subject in enumerate(subjects):
        if subject.name == entry.subject:
            if subject.rights & ~entry.rights or subject.key != entry.key:
                reduced.append(entry.subject)
            subjects[index] = stated
            return
    subjects.append(stated)
