"""What several transitions check or do alike, and nothing else: the header, the list, the session to send in, what
a revocation closes. Each refuses with the clause that it implements."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from lockedroom.reference.crypto.terms import Bits
from lockedroom.reference.machine import Name, Rejected, Step
from lockedroom.reference.segment import events
from lockedroom.reference.segment import profile as switch
from lockedroom.reference.segment.acl import Verified, check_header, verify_forward
from lockedroom.reference.segment.effects import ACL, Extend
from lockedroom.reference.segment.records import (
    EXCHANGE,
    SEND,
    Entry,
    Exchange,
    Header,
    Message,
    entry_transcript,
)
from lockedroom.reference.segment.state import Authority, Closing, Member, Pin, Presence, Session
from lockedroom.reference.segment.views import At

Result: TypeAlias = "Step[Member] | Rejected[Member]"
Refusal: TypeAlias = "Rejected[Member]"


def presence_of(at: At) -> Presence:
    assert at.me.presence is not None, "perform lets only the joined in"
    return at.me.presence


def segment_id(at: At) -> Bits | Refusal:
    header = check_header(at.me, at.suite, at.header.record(), at.profile)
    return header if isinstance(header, Rejected) else header.segment


def verified_list(at: At) -> tuple[Header, Verified] | Refusal:
    header = check_header(at.me, at.suite, at.header.record(), at.profile)
    if isinstance(header, Rejected):
        return header
    verified = verify_forward(at.me, at.suite, header, at.acl.entries(), at.profile)
    return verified if isinstance(verified, Rejected) else (header, verified)


def signed_entry(at: At, segment: Bits, entry: Entry) -> tuple[Entry, Pin]:
    transcript = entry_transcript(segment, entry, at.profile)
    signed = replace(entry, signature=at.suite.sign(at.me.signing, transcript))
    return signed, Pin(entry.serial, at.suite.digest(transcript))


def extend_list(at: At, verified: Verified, subject: Name, key: Bits, rights: int) -> Result:
    if not at.acl.room():
        return Rejected("SEG-FULL-6", "no room in the list for one more entry")
    roster = verified.roster
    entry = Entry(roster.serial + 1, roster.head, subject, key, rights, b"")
    entry, last = signed_entry(at, roster.segment, entry)
    me = replace(at.me, authority=Authority(roster.segment, last))
    return Step(me, (Extend(ACL, entry),), (events.Granted(subject, rights, entry.serial),))


def closing_revoked(at: At, verified: Verified) -> Member:
    """The member once it has verified the list: sessions with those whose rights were taken away are closed, what
    lies in the inbox at this moment excepted (SEG-REVIEW-2). Each of those records is known again by its signature or
    seal: nothing else in it is authenticated yet, and a mere count would let what comes later take the place of one
    that was forged."""
    presence = presence_of(at)
    if not at.profile.has(switch.CLOSING):
        return replace(at.me, roster=verified.roster)
    closed = list(presence.closed)
    known = at.me.roster
    entries = [entry for entry in at.acl.entries()[known.serial if known else 0 :] if isinstance(entry, Entry)]
    for peer in dict.fromkeys(name for name in verified.reduced if name != at.me.name):
        # What it may have done in between counts too: a grant and its revocation can be verified together.
        held = known.rights(peer) if known else 0
        for entry in entries:
            held |= entry.rights if entry.subject == peer else 0
        lying: dict[Bits, set[Bits]] = {session.theirs: set() for session in presence.with_peer(peer)}
        for record in at.inbox(at.me.name).lying(peer):
            if isinstance(record, Exchange) and held & EXCHANGE:
                lying.setdefault(record.sender_incarnation, set()).add(record.signature)
            elif isinstance(record, Message) and held & SEND:
                lying.setdefault(record.sender_incarnation, set()).add(record.sealed)
        for incarnation, found in lying.items():
            if presence.closing(peer, incarnation) is None:
                closed.append(Closing(peer, incarnation, frozenset(found)))
    return replace(at.me, roster=verified.roster, presence=replace(presence, closed=tuple(closed)))


def passed(presence: Presence, current: Session) -> Presence:
    """The presence once a record of `current` was consumed. A pair's records come in order, so this member is
    through with every other incarnation of the peer that it has consumed anything of (SEG-RECEIVE-9)."""
    over = {
        session.theirs
        for session in presence.with_peer(current.peer)
        if session.theirs != current.theirs and (session.accepted or session.received)
    }
    if not over:
        return presence
    kept = tuple(s for s in presence.sessions if s.peer != current.peer or s.theirs not in over)
    past = presence.past | {(current.peer, incarnation) for incarnation in over}
    return replace(presence, sessions=kept, past=past)


def open_session(at: At, peer: Name) -> Session | Refusal:
    """The session with the incarnation of `peer` that is announced, neither closed nor ended (SEG-SEND-2 to 4)."""
    presence = presence_of(at)
    sessions = presence.with_peer(peer)
    if not sessions:
        return Rejected("SEG-SEND-2", f"no key is shared with {peer}: exchange first")
    for session in sessions:
        if at.board.announces(peer, session.theirs):
            if session.ended or presence.closing(peer, session.theirs) is not None:
                return Rejected("SEG-SEND-4", f"the session with {peer} is over: it died or was revoked")
            return session
    return Rejected("SEG-SEND-3", f"{peer} has left, or has joined anew: exchange again when it is back")


def may_send(me: Member, name: Name) -> bool:
    """Whether the list, as far as `me` has verified it, lets `name` send (SEG-SEND-1)."""
    return me.roster is not None and bool(me.roster.rights(name) & SEND)


def ready_to_send(at: At, peers: tuple[Name, ...], body: Bits) -> tuple[Bits, tuple[Session, ...]] | Refusal:
    """What every sending needs: the right, the sessions, and a body that fits (SEG-SEND-1 to 5)."""
    header = check_header(at.me, at.suite, at.header.record(), at.profile)
    if isinstance(header, Rejected):
        return header
    me = at.me
    if not may_send(me, me.name):
        return Rejected("SEG-SEND-1", f"{me.name} has no right to send")
    sessions: list[Session] = []
    for peer in peers:
        session = open_session(at, peer)
        if isinstance(session, Rejected):
            return session
        sessions.append(session)
    size, limit = at.suite.length(body), header.capacity.payload
    if size > limit:
        return Rejected("SEG-SEND-5", f"a body of {size} bytes; this segment carries {limit} at most")
    return header.segment, tuple(sessions)
