"""The creator's transitions: it lays a segment out, states rights in the signed list, and ends the segment. The rules
of `transitions` hold here too."""

from __future__ import annotations

from dataclasses import replace

from lockedroom.reference.crypto.suite import Transcript
from lockedroom.reference.crypto.terms import Bits
from lockedroom.reference.machine import Name, Rejected, Step
from lockedroom.reference.segment import effects, events, records
from lockedroom.reference.segment import profile as switch
from lockedroom.reference.segment.acl import check_header
from lockedroom.reference.segment.effects import ACL, HEADER
from lockedroom.reference.segment.guards import Result, extend_list, signed_entry, verified_list
from lockedroom.reference.segment.records import Entry, Header
from lockedroom.reference.segment.state import Authority
from lockedroom.reference.segment.views import At


def create(at: At, capacity: records.Capacity, profile: str, origin: tuple[int, int, str]) -> Result:
    """Lay a segment out and grant its creator everything (SEG-CREATE-1 to 4). `origin`: pid, start time, boot id."""
    if at.header.record() is not None:
        return Rejected("SEG-CREATE-1", "there is a segment of this name already: choose another name")
    me, suite = at.me, at.suite
    key = suite.signing_public(me.signing)
    if key != me.creator:
        return Rejected("SEG-CREATE-2", "the creator creates under its own static key")
    if profile != at.profile.label:
        return Rejected("SEG-HEADER-5", f"a segment of profile {profile}: not spoken here")
    drawn = at.fresh.draw("segment")
    made_of = (drawn, key, *origin) if at.profile.has(switch.UNIQUE_ID) else origin[:1]
    segment = suite.digest(Transcript("LR-SEG-ID", made_of))
    header = Header(records.LAYOUT_VERSION, suite.name, profile, capacity, me.name, key, segment, b"")
    header = replace(header, signature=suite.sign(me.signing, records.header_transcript(header)))
    entry = Entry(1, suite.digest(records.root_transcript(segment)), me.name, key, records.ALL_RIGHTS, b"")
    entry, last = signed_entry(at, segment, entry)
    laid = (effects.Lay(HEADER, header), effects.Extend(ACL, entry))
    return Step(replace(me, authority=Authority(segment, last)), laid, (events.Created(segment),))


def grant(at: At, subject: Name, key: Bits, rights: int) -> Result:
    """State the complete rights of `subject` in a signed entry (SEG-GRANT-1, SEG-GRANT-2, SEG-GRANT-4)."""
    checked = verified_list(at)
    if isinstance(checked, Rejected):
        return checked
    header, verified = checked
    if not 0 < rights <= records.ALL_RIGHTS:
        return Rejected("SEG-GRANT-4", f"{rights} are no rights: add up 1 (join), 2 (exchange) and 4 (send)")
    known = verified.roster.subject(subject)
    if known is not None and known.key == key and known.rights == rights:
        return Rejected("SEG-GRANT-2", f"the list states just that of {subject} already")
    if known is None and len(verified.roster.subjects) >= header.capacity.members:
        return Rejected("SEG-FULL-4", f"the list names {header.capacity.members} members, its capacity")
    return extend_list(at, verified, subject, key, rights)


def revoke(at: At, subject: Name) -> Result:
    """Take every right from `subject` (SEG-REVOKE-1 to 2)."""
    checked = verified_list(at)
    if isinstance(checked, Rejected):
        return checked
    _, verified = checked
    known = verified.roster.subject(subject)
    if known is None or not known.rights:
        return Rejected("SEG-REVOKE-1", f"{subject} has no rights to take away")
    return extend_list(at, verified, subject, known.key, 0)


def destroy(at: At) -> Result:
    """Mark the segment destroyed, for good (SEG-DESTROY-1 to 2)."""
    header = check_header(at.me, at.suite, at.header.record(), at.profile)
    if isinstance(header, Rejected):
        return header
    return Step(at.me, (effects.Destroy(HEADER),), (events.SegmentDestroyed(),))
