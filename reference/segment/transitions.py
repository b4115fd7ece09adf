"""Every transition of the segment protocol. Their footprints stand in `table`.

Rules of this file. A transition is a pure function of what it is given: a view of its footprint (`At`) and its
arguments. It knows nothing of who runs it: the model under terms, the backend under real crypto. It returns a Step or
Rejected; a rejection changes nothing, unless it says what (a record that cannot be used is removed; what was
verified of the list stays verified). It looks at no slot outside its row of the table. The clauses are in
spec/segment.md.
"""

from __future__ import annotations

from dataclasses import replace

from lockedroom.reference.crypto.terms import Bits
from lockedroom.reference.machine import Effect, Name, Rejected, Step
from lockedroom.reference.segment import effects, events, records, sessions
from lockedroom.reference.segment import profile as switch
from lockedroom.reference.segment.effects import BOARD, inbox, life
from lockedroom.reference.segment.guards import (
    Refusal,
    Result,
    closing_revoked,
    may_send,
    open_session,
    passed,
    presence_of,
    ready_to_send,
    segment_id,
    verified_list,
)
from lockedroom.reference.segment.records import Announcement, Epoch, Exchange, Malformed, Message
from lockedroom.reference.segment.state import Presence, Session
from lockedroom.reference.segment.views import At

# ---- coming and going -------------------------------------------------------------------------------


def join(at: At) -> Result:
    """Announce a signed ephemeral key, and purge the own inbox (SEG-JOIN-1 to 6)."""
    checked = verified_list(at)
    if isinstance(checked, Rejected):
        return checked
    header, verified = checked
    me, suite = at.me, at.suite
    subject = verified.roster.subject(me.name)
    if subject is None or not subject.rights & records.JOIN:
        return Rejected("SEG-JOIN-1", f"{me.name} has no right to join: ask the creator for a grant")
    if subject.key != suite.signing_public(me.signing):
        return Rejected("SEG-JOIN-2", f"the list grants {me.name} under another static key")
    if at.alive(me.name) and at.profile.has(switch.LIFE_LOCKS):
        return Rejected("SEG-JOIN-3", f"a living process has joined as {me.name}: it must leave first")
    incarnation = at.fresh.draw("incarnation")
    pair = suite.kem_keypair(at.fresh.draw("ephemeral"))
    roster = verified.roster
    announcement = Announcement(me.name, incarnation, pair.public, roster.serial, roster.head, b"")
    signature = suite.sign(me.signing, records.announcement_transcript(header.segment, announcement, at.profile))
    announced = effects.Announce(BOARD, replace(announcement, signature=signature))
    done: tuple[Effect, ...] = (effects.Live(life(me.name)), announced)
    if at.profile.has(switch.PURGED):
        done = (*done, effects.Purge(inbox(me.name)))
    presence = Presence(incarnation, pair.public, pair.private)
    return Step(replace(me, roster=roster, presence=presence), done, (events.Joined(roster.serial),))


def leave(at: At) -> Result:
    """Withdraw everything of one's own, and forget every key (SEG-LEAVE-1 to 4)."""
    name = at.me.name
    done = (effects.Withdraw(BOARD, name), effects.Purge(inbox(name)), effects.Die(life(name)))
    return Step(replace(at.me, presence=None), done, (events.Left(),))


def reap(at: At, peer: Name) -> Result:
    """Withdraw what a dead member left, and end the own session with it (SEG-REAP-1 to 4)."""
    segment = segment_id(at)
    if isinstance(segment, Rejected):
        return segment
    presence = presence_of(at)
    if at.alive(peer) and at.profile.has(switch.LIFE_LOCKS):
        return Rejected("SEG-REAP-1", f"{peer} is alive: only the dead are reaped")
    if not at.board.holds(peer):
        return Rejected("SEG-REAP-2", f"there is nothing of {peer} to reap")
    ended = tuple(replace(s, ended=True) if s.peer == peer else s for s in presence.sessions)
    me = replace(at.me, presence=replace(presence, sessions=ended))
    return Step(me, (effects.Withdraw(BOARD, peer), effects.Purge(inbox(peer))), (events.Reaped(peer),))


def review(at: At) -> Result:
    """Verify the list forward, and close sessions with those whose rights were taken away (SEG-REVIEW-1 to 5)."""
    checked = verified_list(at)
    if isinstance(checked, Rejected):
        return checked
    _, verified = checked
    if at.me.roster == verified.roster:
        return Rejected("SEG-REVIEW-1", "the list has not changed since it was last verified")
    me = closing_revoked(at, verified)
    return Step(me, (), (events.Reviewed(verified.roster.serial, verified.reduced),))


# ---- sharing keys -----------------------------------------------------------------------------------


def exchange(at: At, peer: Name) -> Result:
    """Make a master key for one announced peer and leave it encapsulated in its inbox (SEG-EXCHANGE-1 to 10)."""
    checked = verified_list(at)
    if isinstance(checked, Rejected):
        return checked
    header, verified = checked
    me, suite, presence, segment = at.me, at.suite, presence_of(at), header.segment
    roster = verified.roster
    if verified.reduced and at.profile.has(switch.CLOSING):
        return Rejected("SEG-REVIEW-3", "rights were taken away since the list was last verified: review first")
    if not roster.rights(me.name) & records.EXCHANGE:
        return Rejected("SEG-EXCHANGE-1", f"{me.name} has no right to exchange")
    announced = at.board.announcement(peer)
    if isinstance(announced, Malformed):
        return Rejected("SEG-RECORD-2", f"the announcement of {peer} makes no sense: {announced.reason}")
    if peer == me.name or announced is None:
        return Rejected("SEG-EXCHANGE-2", f"no peer {peer} is announced")
    subject = roster.subject(peer)
    strict = at.profile.has(switch.PEER_RIGHTS)
    if subject is None or (strict and not subject.rights & records.JOIN):
        return Rejected("SEG-EXCHANGE-3", f"{peer} has no right to be here")
    if at.profile.has(switch.NAMED_STATE) and not verified.knows(announced.serial, announced.head):
        return Rejected("SEG-ACL-7", f"the announcement of {peer} names a state of the list that the store lacks")
    transcript = records.announcement_transcript(segment, announced, at.profile)
    if announced.name != peer or not suite.verify(subject.key, transcript, announced.signature):
        return Rejected("SEG-EXCHANGE-4", f"the announcement of {peer} is not signed by {peer} for this segment")
    theirs = announced.incarnation
    session = presence.session(peer, theirs)
    over = (peer, theirs) in presence.past or presence.closing(peer, theirs) is not None
    again = session is not None and (session.offered or (session.accepted and at.profile.has(switch.ONE_EXCHANGE)))
    if over or again:
        return Rejected("SEG-EXCHANGE-6", f"a key is shared with this incarnation of {peer} already, or was")
    if not at.inbox(peer).room(me.name, control=False):
        return Rejected("SEG-FULL-1", f"no room in the inbox of {peer}: it must read first")
    encapsulated = suite.encapsulate(announced.ephemeral, at.fresh.draw("encapsulate", peer, theirs))
    if encapsulated is None:
        return Rejected("SEG-EXCHANGE-7", f"the ephemeral key of {peer} is no key of this suite")
    master = at.fresh.draw("master", peer, theirs)
    context = sessions.kek_context(
        segment, me.name, peer, presence.incarnation, theirs, announced.ephemeral, at.profile
    )
    record = Exchange(
        me.name,
        peer,
        presence.incarnation,
        theirs,
        encapsulated.ciphertext,
        suite.wrap(suite.derive(encapsulated.secret, "kek", context), master),
        roster.serial,
        roster.head,
        b"",
    )
    signed = records.exchange_transcript(segment, record, announced.ephemeral, at.profile)
    record = replace(record, signature=suite.sign(me.signing, signed))
    shared = sessions.share(suite, at.profile, segment, me.name, presence, peer, theirs, me.name, master)
    me = replace(me, roster=roster, presence=presence.having(shared))
    return Step(me, (effects.Append(inbox(peer), record),), (events.Exchanged(peer),))


def accept(at: At, peer: Name) -> Result:
    """Consume the peer's exchange and share its master key (SEG-ACCEPT-1 to 9)."""
    checked = verified_list(at)
    if isinstance(checked, Rejected):
        return checked
    header, verified = checked
    suite, segment = at.suite, header.segment
    if verified.reduced and at.profile.has(switch.CLOSING):
        return Rejected("SEG-REVIEW-3", "rights were taken away since the list was last verified: review first")
    record = at.inbox(at.me.name).first(peer)
    if record is None or isinstance(record, Message):
        return Rejected("SEG-ACCEPT-1", f"the first record from {peer}, if any, is no exchange")
    me, presence = replace(at.me, roster=verified.roster), presence_of(at)

    def removed(clause: str, detail: str) -> Refusal:
        return Rejected(clause, detail, me, (effects.Take(inbox(me.name), peer),))

    if isinstance(record, Malformed):
        return removed("SEG-RECORD-1", f"a record from {peer} makes no sense: {record.reason}")
    profile = at.profile
    if (record.sender, record.recipient) != (peer, me.name) and profile.has(switch.IN_PLACE):
        return removed("SEG-ACCEPT-2", f"an exchange from {record.sender} for {record.recipient}, out of place")
    if record.recipient_incarnation != presence.incarnation and profile.has(switch.IN_PLACE):
        return removed("SEG-ACCEPT-2", f"an exchange from {peer} for another incarnation")
    if profile.has(switch.NAMED_STATE) and not verified.knows(record.serial, record.head):
        return removed("SEG-ACL-7", f"an exchange from {peer} names a state of the list that the store lacks")
    theirs = record.sender_incarnation
    subject = verified.roster.subject(peer)
    closing = presence.closing(peer, theirs)
    allowed = record.signature in closing.lying if closing else subject and subject.rights & records.EXCHANGE
    if subject is None or not (allowed or (closing is None and not profile.has(switch.PEER_RIGHTS))):
        return removed("SEG-ACCEPT-3", f"{peer} has no right to exchange")
    transcript = records.exchange_transcript(segment, record, presence.public, profile)
    if not suite.verify(subject.key, transcript, record.signature):
        return removed("SEG-ACCEPT-4", f"an exchange is not signed by {peer} for this segment, pair and key")
    session = presence.session(peer, theirs)
    once = profile.has(switch.ONE_EXCHANGE)
    if once and ((peer, theirs) in presence.past or (session is not None and session.accepted)):
        return removed("SEG-ACCEPT-5", f"a second exchange of one incarnation of {peer}")
    secret = suite.decapsulate(presence.private, record.ciphertext)
    context = sessions.kek_context(segment, peer, me.name, theirs, presence.incarnation, presence.public, profile)
    master = None if secret is None else suite.unwrap(suite.derive(secret, "kek", context), record.wrapped)
    if master is None:
        return removed("SEG-ACCEPT-6", f"the key in an exchange from {peer} does not unwrap")
    shared = sessions.share(suite, profile, segment, me.name, presence, peer, theirs, peer, master)
    me = replace(me, presence=passed(presence.having(shared), shared))
    return Step(me, (effects.Take(inbox(me.name), peer),), (events.Accepted(peer, shared.offered),))


# ---- messages ---------------------------------------------------------------------------------------


def send(at: At, peer: Name, body: Bits) -> Result:
    """Seal one message for `peer` and leave it in its inbox (SEG-SEND-1 to 9)."""
    ready = ready_to_send(at, (peer,), body)
    if isinstance(ready, Rejected):
        return ready
    segment, (session,) = ready
    if not at.inbox(peer).room(at.me.name, control=False):
        return Rejected("SEG-FULL-1", f"no room in the inbox of {peer}: it must read first")
    presence = presence_of(at)
    session, record = sessions.seal(at.suite, at.profile, segment, at.me.name, presence.incarnation, session, body)
    me = replace(at.me, presence=presence.having(session))
    return Step(me, (effects.Append(inbox(peer), record),), (events.Sent(peer, session.sent),))


def multicast(at: At, peers: tuple[Name, ...], body: Bits) -> Result:
    """Seal one replica for each of `peers` and leave all of them, or none (SEG-MULTICAST-1 to 2)."""
    ready = ready_to_send(at, peers, body)
    if isinstance(ready, Rejected):
        return ready
    if not peers or len(set(peers)) != len(peers):
        return Rejected("SEG-MULTICAST-1", "a multicast names each of its peers once, and one at least")
    segment, pairs = ready
    if not at.profile.has(switch.ALL_OR_NOTHING):
        roomy = tuple(session for session in pairs if at.inbox(session.peer).room(at.me.name, control=False))
        peers, pairs = (tuple(session.peer for session in roomy), roomy) if roomy else (peers, pairs)
    for peer in peers:
        if not at.inbox(peer).room(at.me.name, control=False):
            return Rejected("SEG-FULL-2", f"no room in the inbox of {peer}: nothing was sent to anybody")
    presence, done, seen = presence_of(at), list[Effect](), list[events.Sent]()
    for session in pairs:
        moved, record = sessions.seal(at.suite, at.profile, segment, at.me.name, presence.incarnation, session, body)
        presence = presence.having(moved)
        done.append(effects.Append(inbox(moved.peer), record))
        seen.append(events.Sent(moved.peer, moved.sent))
    return Step(replace(at.me, presence=presence), tuple(done), tuple(seen))


def publish(at: At, body: Bits) -> Result:
    """Put a non-consumable on the board, sealed once for each peer with a session (SEG-PUBLISH-1 to 4)."""
    segment = segment_id(at)
    if isinstance(segment, Rejected):
        return segment
    presence = presence_of(at)
    names = tuple(dict.fromkeys(session.peer for session in presence.sessions))
    found = ((name, open_session(at, name)) for name in names)
    peers = tuple(name for name, session in found if isinstance(session, Session))
    if not peers:
        return Rejected("SEG-PUBLISH-1", "no announced peer shares a key: exchange first")
    ready = ready_to_send(at, peers, body)
    if isinstance(ready, Rejected):
        return ready
    segment, pairs = ready
    if not at.board.room(at.me.name, len(pairs)):
        return Rejected("SEG-FULL-3", f"no room on the board for {len(pairs)} more posts of {at.me.name}")
    number = presence.posts + 1
    posts = tuple(
        sessions.publish(at.suite, at.profile, segment, at.me.name, presence.incarnation, session, number, body)
        for session in pairs
    )
    me = replace(at.me, presence=replace(presence, posts=number))
    return Step(me, (effects.Publish(BOARD, posts),), (events.Published(number, peers),))


def read(at: At, peer: Name) -> Result:
    """Read every non-consumable of `peer` that is meant for this incarnation; they stay (SEG-READ-1 to 4)."""
    segment = segment_id(at)
    if isinstance(segment, Rejected):
        return segment
    presence = presence_of(at)
    session = open_session(at, peer)
    if isinstance(session, Rejected):
        return session
    if at.profile.has(switch.PEER_RIGHTS) and not may_send(at.me, peer):
        return Rejected("SEG-READ-2", f"{peer} has no right to send, as far as the list was verified: review it")
    seen: dict[int, events.Read | events.Unreadable] = {}
    for post in at.board.posts(peer):
        if isinstance(post, Malformed) or isinstance(seen.get(post.number), events.Read):
            continue
        said = (post.sender, post.recipient, post.sender_incarnation, post.recipient_incarnation)
        if at.profile.has(switch.IN_PLACE) and said != (peer, at.me.name, session.theirs, presence.incarnation):
            continue
        body = sessions.open_post(at.suite, at.profile, segment, session, post)
        if body is None:
            seen[post.number] = events.Unreadable(peer, post.number)
        else:
            seen[post.number] = events.Read(peer, post.number, body)
    if not seen:
        return Rejected("SEG-READ-1", f"{peer} has published nothing for this member")
    return Step(at.me, (), tuple(seen[number] for number in sorted(seen)))


def receive(at: At, peer: Name) -> Result:
    """Consume the first sealed record from `peer` (SEG-RECEIVE-1 to 13)."""
    segment = segment_id(at)
    if isinstance(segment, Rejected):
        return segment
    me, suite, presence = at.me, at.suite, presence_of(at)
    record = at.inbox(me.name).first(peer)
    if record is None or isinstance(record, Exchange):
        return Rejected("SEG-RECEIVE-1", f"the first record from {peer}, if any, is an exchange: accept it")

    def removed(clause: str, detail: str) -> Refusal:
        return Rejected(clause, detail, None, (effects.Take(inbox(me.name), peer),))

    if isinstance(record, Malformed):
        return removed("SEG-RECORD-1", f"a record from {peer} makes no sense: {record.reason}")
    profile = at.profile
    if (record.sender, record.recipient) != (peer, me.name) and profile.has(switch.IN_PLACE):
        return removed("SEG-RECEIVE-2", f"a record from {record.sender} for {record.recipient}, out of place")
    session = presence.session(peer, record.sender_incarnation)
    elsewhere = record.recipient_incarnation != presence.incarnation and profile.has(switch.IN_PLACE)
    if session is None or elsewhere:
        return removed("SEG-RECEIVE-3", f"a record from {peer} of a pair of incarnations without a session")
    closing = presence.closing(peer, session.theirs)
    if closing is not None and record.sealed not in closing.lying:
        return removed("SEG-RECEIVE-4", f"a record from {peer} that came after its rights were taken away")
    if record.sequence <= session.received and profile.has(switch.SEQUENCE):
        return removed("SEG-RECEIVE-6", f"a record from {peer} that was read before")
    body = sessions.open_message(suite, profile, segment, session, record)
    if body is None:
        return removed("SEG-RECEIVE-5", f"a record from {peer} does not open")
    if closing is None and profile.has(switch.PEER_RIGHTS) and not may_send(me, peer):
        return Rejected("SEG-RECEIVE-10", f"{peer} has no right to send, as far as the list was verified: review it")
    gap = max(0, record.sequence - session.received - 1)
    event: events.Delivered | events.RotationRead | events.Rotated
    after: Session | None
    if record.flags == records.MESSAGE:
        after = sessions.received(session, record)
        event = events.Delivered(peer, record.sequence, body, gap)
    elif record.flags == records.ACKNOWLEDGE and sessions.acknowledges(session, record, body):
        after = sessions.received(session, record)
        event = events.Rotated(peer, record.rotation, gap)
    elif record.flags == records.ROTATE:
        after = sessions.rotation_read(suite, profile, segment, me.name, presence.incarnation, session, record, body)
        proposed = Epoch(record.rotation, peer)
        won = after is not None and session.keys(proposed) is None and after.keys(proposed) is not None
        event = events.RotationRead(peer, record.rotation, won, gap)
    else:
        return removed("SEG-RECEIVE-7", f"a control record of {peer} makes no sense")
    if after is None:
        return removed("SEG-RECEIVE-7", f"the key in a rotation of {peer} does not unwrap, or its number is 0 or leaps")
    me = replace(me, presence=passed(presence.having(after), after))
    return Step(me, (effects.Take(inbox(me.name), peer),), (event,))


# ---- rotation ---------------------------------------------------------------------------------------


def rotate(at: At, peer: Name) -> Result:
    """Propose a new master key to `peer`, wrapped under the pair's rotation key (SEG-ROTATE-1 to 3)."""
    ready = ready_to_send(at, (peer,), b"")
    if isinstance(ready, Rejected):
        return ready
    segment, (session,) = ready
    if session.pending is not None or session.owed is not None:
        return Rejected("SEG-ROTATE-1", f"a rotation with {peer} is under way: receive, or acknowledge, first")
    if not at.inbox(peer).room(at.me.name, control=True):
        return Rejected("SEG-FULL-5", f"no room for a control record in the inbox of {peer}")
    presence = presence_of(at)
    master = at.fresh.draw("rotation", peer, session.theirs, session.sent)
    session, record = sessions.propose(at.suite, at.profile, segment, at.me.name, presence.incarnation, session, master)
    me = replace(at.me, presence=presence.having(session))
    seen = events.RotationProposed(peer, record.rotation)
    return Step(me, (effects.Append(inbox(peer), record),), (seen,))


def acknowledge(at: At, peer: Name) -> Result:
    """Post the acknowledgement that is owed to `peer`, and send under the new epoch from it on (SEG-ACK-1 to 2)."""
    ready = ready_to_send(at, (peer,), b"")
    if isinstance(ready, Rejected):
        return ready
    segment, (session,) = ready
    if session.owed is None:
        return Rejected("SEG-ACK-1", f"no acknowledgement is owed to {peer}")
    if not at.inbox(peer).room(at.me.name, control=True):
        return Rejected("SEG-FULL-5", f"no room for a control record in the inbox of {peer}")
    presence = presence_of(at)
    number = session.owed.number
    session, record = sessions.acknowledge(
        at.suite, at.profile, segment, at.me.name, presence.incarnation, session, session.owed
    )
    me = replace(at.me, presence=presence.having(session))
    return Step(me, (effects.Append(inbox(peer), record),), (events.RotationAcknowledged(peer, number),))
