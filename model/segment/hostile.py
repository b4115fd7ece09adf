"""What must hold even where an intruder owns the store: judgements of steps.

Each function judges one property on one step that was taken (or that removed a record): True, held though it could have
been violated; False, nothing to judge; a text, violated. They read intent off the terms: fresh terms are named by who
drew them, in which stay, for what and for whom.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

from lockedroom.model.report import Judgement
from lockedroom.model.segment.engine import SUITE, signing
from lockedroom.model.segment.facts import Facts, Left, bound_to, fresh_of, proof_of
from lockedroom.model.segment.ledger import epoch_masters, masters_in, number_of, use_of
from lockedroom.reference.crypto.closure import Knowledge, analyse, derivable
from lockedroom.reference.crypto.terms import Bits, Term
from lockedroom.reference.machine import Name
from lockedroom.reference.segment import events
from lockedroom.reference.segment.records import (
    EXCHANGE,
    JOIN,
    SEND,
    Announcement,
    Entry,
    Exchange,
    Message,
    Post,
    entry_transcript,
    root_transcript,
)
from lockedroom.reference.segment.state import Pin, Presence, Roster

INTRUDER: Final = "intruder"
"""The name that every term of the intruder's own carries."""

OWN: Final[Knowledge] = frozenset(
    {signing(INTRUDER), *(Term("fresh", INTRUDER, 0, purpose) for purpose in ("ephemeral", "encapsulate", "master"))}
)
"""What the intruder knows before it has seen anything: its own key and its own fresh values."""

_VERIFYING: Final = frozenset({"join", "review", "exchange", "accept"})
"""The operations that verify the list and remember what they verified (SEG-REVIEW-4)."""
_SIGNING: Final = frozenset({"create", "grant", "revoke"})
_SECRET: Final = frozenset({"body", "derive", "kem-private", "shared", "signing", "fresh"})
_PUBLIC_PURPOSES: Final = frozenset({"incarnation"})


def binding(step: Facts) -> Judgement:
    """Nothing made for one segment is accepted in another, and nothing is made for another than one's own."""
    home = step.segment
    if home is None or step.clause is not None:
        return False
    proofs = [proof_of(record) for record in (*step.left(), *_relied_on(step))]
    for proof in proofs:
        found = bound_to(proof)
        if found is not None and found != home:
            return f"{step.actor} relies on or makes {proof!r}, in segment {home!r}"
    return bool(proofs)


def _relied_on(step: Facts) -> Iterator[Left]:
    """The records that a step which was taken has relied on."""
    taken = step.taken()
    if taken is not None:
        yield taken[1]
    if step.operation == "exchange":
        announced = step.cell(str(step.arguments["peer"])).announcement
        if announced is not None:
            yield announced
    if step.new.roster is not None and step.new.roster != step.old.roster:
        yield from step.list()[: step.new.roster.serial]


def authentication(step: Facts) -> Judgement:
    """What a member takes for a peer's was made by that peer, for this member and for this stay of both; and no master
    key is taken twice in one stay (injective)."""
    judged = False
    for event in step.events:
        if isinstance(event, events.Delivered | events.Read):
            judged = True
            if not _body_from(event.body, event.peer, step.actor):
                return f"{step.actor} takes {event.body!r} for {event.peer}'s"
        elif isinstance(event, events.Accepted):
            judged = True
            master = _accepted(step)
            if master is not None and master in step.books.accepted:
                return f"{step.actor} accepts {master!r} a second time"
        elif isinstance(event, events.Exchanged):
            judged = True
            announced = step.cell(event.peer).announcement
            if announced is None or not _announced_by(announced, event.peer):
                return f"{step.actor} takes {announced} for {event.peer}'s"
    mine = step.new.presence
    if mine is None or (step.old.presence is not None and step.old.presence.sessions == mine.sessions):
        return judged
    known = epoch_masters(step.old)
    for session in mine.sessions:
        if len(masters_in(session)) < len(session.epochs):
            return f"{step.actor} shares one master key with {session.peer} for two epochs"
        for proposer, master in sorted(masters_in(session) - known, key=repr):
            judged = True
            other, stay, its = (
                (session.peer, session.theirs, mine.incarnation)
                if proposer == session.peer
                else (step.actor, mine.incarnation, session.theirs)
            )
            if not _made_for(master, other, stay, its):
                return f"{step.actor} shares {master!r} with {session.peer}, which {other} never made for this pair"
    return judged


def _accepted(step: Facts) -> Bits | None:
    """The master key in the exchange that a step consumed."""
    taken = step.taken()
    if taken is None or not isinstance(taken[1], Exchange):
        return None
    wrapped = taken[1].wrapped
    master = wrapped.args[1] if isinstance(wrapped, Term) and wrapped.op == "wrap" else None
    return master if isinstance(master, Term) else None


def _body_from(body: Bits, sender: Name, recipient: Name) -> bool:
    return isinstance(body, Term) and body.op == "body" and body.args[0] == sender and body.args[1] in (recipient, "*")


def _announced_by(announced: Announcement, peer: Name) -> bool:
    stay = fresh_of(announced.incarnation)
    if stay is None or stay[0] != peer:
        return False
    return announced.ephemeral == Term("kem-public", Term("fresh", peer, stay[1], "ephemeral"))


def _made_for(master: Bits, maker: Name, makers_stay: Bits, others_stay: Bits) -> bool:
    made, during = fresh_of(master), fresh_of(makers_stay)
    if made is None or during is None or made[2] not in ("master", "rotation"):
        return False
    return made[:2] == during[:2] == (maker, during[1]) and others_stay in made[3]


def secrecy(step: Facts) -> Judgement:
    """Nothing that an honest member leaves in the store gives an intruder a key or a body.

    Judged record by record, which is enough for all records together: if none gives away an atom or a key by itself,
    then none of them holds the key to another (keys are derived from atoms that were not given away)."""
    judged = False
    for record in step.left():
        judged = True
        secret = revealed(record)
        if secret is not None:
            return f"{secret} can be learnt from what {step.actor} leaves in the store"
    return judged


@cache
def revealed(record: Left) -> Term | None:
    """A secret that a record gives to the intruder, if there is one. (One record is left by many steps.)"""
    fields = (getattr(record, name) for name in record.__dataclass_fields__)
    terms = frozenset(field for field in fields if isinstance(field, Term))
    return min(filter(_is_secret, analyse(OWN | terms)), default=None)


def _is_secret(term: Term) -> bool:
    if term.op not in _SECRET or derivable(OWN, term):
        return False
    drawn = fresh_of(term)
    return drawn is None or drawn[2] not in _PUBLIC_PURPOSES


def access(step: Facts) -> Judgement:
    """Members act on what the creator signed, all of it and in its order, never on less than they knew; nobody does, or
    has done to it, what the list does not allow; and of the revoked only what lay there is still read."""
    old, new = step.old, step.new
    if old.authority is not None and step.operation in _SIGNING and step.clause is None:
        return _signed(old.authority.last, step) or True
    if new.roster is not None and new.roster != old.roster:
        wrong = _unfounded(new.roster, old.roster, step)
        if wrong:
            return wrong
    judged = new.roster != old.roster
    if step.operation in _VERIFYING and new != old and new.roster is not None:
        judged = True
        if new.roster.serial != len(step.list()):
            return f"{step.actor} verifies {len(step.list())} entries and remembers serial {new.roster.serial}"
        if new.presence is not None and (peer := _open_with_revoked(new.presence, new.roster)):
            return f"{step.actor} knows that {peer} may not be here, and does not close its session"
    for event in step.events:
        for name, rights in _needed(event, step.actor):
            judged = True
            held = new.roster.rights(name) if new.roster is not None else 0
            if held & rights != rights and not (name != step.actor and _owed(step, name)):
                return f"{type(event).__name__} at {step.actor} needs rights {rights} of {name}, which has {held}"
    return judged


def _signed(last: Pin, step: Facts) -> str:
    """What is wrong with the entry that the creator signs after `last`."""
    entry = next((record for record in step.left() if isinstance(record, Entry)), None)
    if entry is None or (entry.serial, entry.previous) != (last.serial + 1, last.head):
        return f"{step.actor} signs {entry} after serial {last.serial}"
    asked = step.arguments
    named, rights = asked.get("subject"), asked.get("rights", 0)
    if (entry.subject, entry.rights) != (named, rights) or asked.get("key", entry.key) != entry.key:
        return f"{step.actor} is to {step.operation} {named} {rights}, and signs {entry}"
    if step.new.authority is None or step.new.authority.last.serial != entry.serial:
        return f"{step.actor} signs serial {entry.serial} and does not remember it"
    return ""


def _unfounded(roster: Roster, known: Roster | None, step: Facts) -> str:
    """What is wrong with a roster, given the list that it was read from."""
    entries, head = step.list()[: roster.serial], SUITE.digest(root_transcript(roster.segment))
    rights: dict[Name, tuple[Bits, int]] = {}
    for entry in entries:
        transcript = entry_transcript(roster.segment, entry, step.profile)
        if not SUITE.verify(step.old.creator, transcript, entry.signature):
            return f"{step.actor} believes entry {entry.serial} of the list, which the creator never signed"
        rights[entry.subject] = (entry.key, entry.rights)
        if known is not None and entry.serial == known.serial and SUITE.digest(transcript) != known.head:
            return f"{step.actor} believes a list that differs from what it knew at serial {known.serial}"
        head = SUITE.digest(transcript)
    if known is not None and roster.serial < known.serial:
        return f"{step.actor} knew serial {known.serial} of the list and goes back to {roster.serial}"
    if head != roster.head or rights != {s.name: (s.key, s.rights) for s in roster.subjects}:
        return f"{step.actor} holds the list to say what it does not say"
    return ""


def _open_with_revoked(mine: Presence, roster: Roster) -> str:
    for session in mine.sessions:
        if not roster.rights(session.peer) & JOIN and mine.closing(session.peer, session.theirs) is None:
            return session.peer
    return ""


def _needed(event: object, me: Name) -> tuple[tuple[Name, int], ...]:
    """Whose rights an event needs, and which. Nothing goes to somebody who may not be there."""
    match event:
        case events.Joined():
            return ((me, JOIN),)
        case events.Exchanged(peer):
            return (me, EXCHANGE), (peer, JOIN)
        case events.Accepted(peer):
            return ((peer, EXCHANGE),)
        case events.Sent(peer) | events.RotationProposed(peer) | events.RotationAcknowledged(peer):
            return (me, SEND), (peer, JOIN)
        case events.Published(_, peers):
            return (me, SEND), *((peer, JOIN) for peer in peers)
        case events.Delivered(peer) | events.RotationRead(peer) | events.Rotated(peer) | events.Read(peer):
            return ((peer, SEND),)
    return ()


def _owed(step: Facts, peer: Name) -> bool:
    """Whether the step reads a record of the peer that lay in the inbox when the peer's revocation was verified."""
    taken = step.taken()
    owed = step.books.pair(peer).owed if taken is not None else None
    return taken is not None and owed is not None and taken[1] in owed


def once_in_order(step: Facts) -> Judgement:
    """No body is delivered twice, and none after a later one of the same incarnation (SEG-RECEIVE-13). Bodies of two
    incarnations a hostile store can exchange, as nothing says which of them came first."""
    judged, taken = False, step.taken()
    for event in step.events:
        if isinstance(event, events.Delivered) and (number := number_of(event.body)) is not None and taken:
            judged = True
            last = step.books.pair(event.peer).last(taken[1].sender_incarnation)
            if number <= last:
                return f"body {number} of {event.peer} is delivered to {step.actor} after body {last}"
    return judged


def nonces(step: Facts) -> Judgement:
    """Nothing is sealed under a key and a nonce that this member has used before."""
    uses = [
        use
        for record in step.left()
        if isinstance(record, Message | Post) and (use := use_of(record.sealed)) is not None
    ]
    if not uses:
        return False
    if len(set(uses)) != len(uses) or not step.books.sealed.isdisjoint(uses):
        return f"{step.actor} seals twice under one key and nonce: {uses}"
    return True


def no_shared_nonces(ledgers: tuple[object, ...]) -> Judgement:
    """No two members have sealed under one key and nonce. Judges what two of them have sealed under."""
    one, other = ledgers
    assert isinstance(one, frozenset) and isinstance(other, frozenset), "views give what was sealed under"
    if not one or not other:
        return False
    both = one & other
    return f"two members have sealed under one key and nonce: {sorted(both, key=repr)[0]}" if both else True
