"""What must hold even where an intruder owns the store: judgements of steps.

Each function judges one property on one step that was taken (or that removed a record): True, held though it could have
been violated; False, nothing to judge; a text, violated. They read intent off the terms: fresh terms are named by who
drew them, in which stay, for what and for whom. What an insider does to itself is no violation: of what it sends, and
of the keys that were meant for it, nothing is promised but that nobody else is deceived by them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Final

from lockedroom.model.report import Judgement
from lockedroom.model.segment.engine import SUITE, signing
from lockedroom.model.segment.facts import Facts, Left, bound_to, fresh_of, proof_of
from lockedroom.model.segment.knowledge import (
    INTRUDER,
    Record,
    from_elsewhere,
    master_in,
    meant_for,
    meant_in,
    own,
    revealed,
    secret_in,
    terms_of,
)
from lockedroom.model.segment.ledger import Use, epoch_masters, master_of, masters_in, number_of, use_of
from lockedroom.reference.crypto.closure import analyse
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
from lockedroom.reference.segment.state import Member, Pin, Presence, Roster

_VERIFYING: Final = frozenset({"join", "review", "exchange", "accept"})
"""The operations that verify the list and remember what they verified (SEG-REVIEW-4)."""
_SIGNING: Final = frozenset({"create", "grant", "revoke"})


def binding(step: Facts) -> Judgement:
    """Nothing made for one segment is accepted in another, and nothing is made for another than one's own."""
    home = step.segment
    if home is None or step.clause is not None:
        return False
    relied = tuple(_relied_on(step))
    proofs = [proof_of(record) for record in (*step.left(), *relied)]
    for proof in proofs:
        found = bound_to(proof, step.profile)
        if found is not None and found != home:
            return f"{step.actor} relies on or makes {proof!r}, in segment {home!r}"
    for record in relied:
        if from_elsewhere(record, step.old.creator, step.foe):
            return f"{step.actor} relies on what was made in another segment: {record}"
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
            if not _body_from(event.body, event.peer, step.actor, step.foe):
                return f"{step.actor} takes {event.body!r} for {event.peer}'s"
        elif isinstance(event, events.Accepted) and event.peer != step.foe:
            judged = True
            master = _accepted(step)
            if master is not None and master in step.books.accepted:
                return f"{step.actor} accepts {master!r} a second time"
        elif isinstance(event, events.Exchanged) and event.peer != step.foe:
            judged = True
            announced = step.cell(event.peer).announcement
            if announced is None or not _announced_by(announced, event.peer):
                return f"{step.actor} takes {announced} for {event.peer}'s"
    mine = step.new.presence
    if mine is None or (step.old.presence is not None and step.old.presence.sessions == mine.sessions):
        return judged
    known = epoch_masters(step.old)
    for session in mine.sessions:
        if session.peer != step.foe and len(masters_in(session)) < len(session.epochs):
            return f"{step.actor} shares one master key with {session.peer} for two epochs"
        for proposer, master in sorted(masters_in(session) - known, key=repr):
            judged = True
            maker, stay, taker, its = (
                (session.peer, session.theirs, step.actor, mine.incarnation)
                if proposer == session.peer
                else (step.actor, mine.incarnation, session.peer, session.theirs)
            )
            of_foe = maker == step.foe and meant_for(step.foe, master)
            if not of_foe and not _made_for(master, maker, stay, taker, its):
                return f"{step.actor} shares {master!r} with {session.peer}, which {maker} never made for this pair"
    return judged


def _accepted(step: Facts) -> Bits | None:
    """The master key in the exchange that a step consumed."""
    taken = step.taken()
    return master_in(taken[1]) if taken is not None and isinstance(taken[1], Exchange) else None


def _body_from(body: Bits, sender: Name, recipient: Name, foe: Name) -> bool:
    """Whether a body is the sender's for the recipient. A foe says what it likes, but nothing that was not for it."""
    if not isinstance(body, Term) or body.op != "body":
        return sender == foe
    if sender == foe:
        return body.args[0] == foe or body.args[1] in (foe, "*")
    return body.args[0] == sender and body.args[1] in (recipient, "*")


def _announced_by(announced: Announcement, peer: Name) -> bool:
    stay = fresh_of(announced.incarnation)
    if stay is None or stay[0] != peer:
        return False
    own_secrets = (Term("fresh", peer, stay[1], "ephemeral"), signing(peer))
    return announced.ephemeral in [Term("kem-public", secret) for secret in own_secrets]


def _made_for(master: Bits, maker: Name, makers_stay: Bits, taker: Name, takers_stay: Bits) -> bool:
    made, during = fresh_of(master), fresh_of(makers_stay)
    if made is None or during is None or made[2] not in ("master", "rotation"):
        return False
    return made[:2] == during[:2] == (maker, during[1]) and made[3][:2] == (taker, takers_stay)


def secrecy(step: Facts) -> Judgement:
    """Nothing that an honest member leaves in the store gives an intruder a key or a body that was not for it.

    Judged record by record, which is enough for all records together: if none gives away an atom or a key by itself,
    then none of them holds the key to another (keys are derived from atoms that were not given away)."""
    judged = False
    for record in step.left():
        judged = True
        secret = revealed(record, step.foe)
        if secret is not None:
            return f"{secret} can be learnt from what {step.actor} leaves in the store"
    return judged


def forward_secrecy(pair: tuple[Member, Member], seen: Iterable[Record], foe: Name) -> Judgement:
    """Once both of a pair have left, all that they still hold gives no key and no body of what was ever seen."""
    kept = frozenset(term for member in pair for term in _held(member))
    records = tuple(seen)
    known = own(foe).union((signing(member.name) for member in pair), *(meant_in(record, foe) for record in records))
    secret = secret_in(analyse(known.union(kept, *map(terms_of, records))), known)
    if secret is None:
        return True
    return f"{secret} can be learnt once {pair[0].name} and {pair[1].name} have left, from what they still hold"


def _held(value: object) -> Iterator[Term]:
    """The terms in a member's private state."""
    if isinstance(value, Term):
        yield value
    elif isinstance(value, tuple | frozenset):
        for part in value:
            yield from _held(part)
    elif is_dataclass(value):
        for part in fields(value):
            yield from _held(getattr(value, part.name))


def access(step: Facts) -> Judgement:
    """Members act on what the creator signed, all of it and in its order, never on less than they knew, nor than those
    knew with whom they share a key when they said so; nobody does, or has done to it, what the list does not allow; and
    of the revoked only what lay there is still read."""
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
        if isinstance(event, events.Exchanged | events.Accepted) and event.peer != step.foe:
            judged = True
            if wrong := _behind(step, event.peer):
                return wrong
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
        return f"{step.actor} signs {_entry(entry)} after serial {last.serial}"
    asked = step.arguments
    named, rights = asked.get("subject"), asked.get("rights", 0)
    if (entry.subject, entry.rights) != (named, rights) or asked.get("key", entry.key) != entry.key:
        return f"{step.actor} is to {step.operation} {named}, and signs {_entry(entry)}"
    if step.new.authority is None or step.new.authority.last.serial != entry.serial:
        return f"{step.actor} signs serial {entry.serial} and does not remember it"
    return ""


def _entry(entry: Entry | None) -> str:
    return f"serial {entry.serial}, rights {entry.rights} of {entry.subject}" if entry else "no entry"


def _unfounded(roster: Roster, known: Roster | None, step: Facts) -> str:
    """What is wrong with a roster, given the list that it was read from."""
    entries, head = step.list()[: roster.serial], SUITE.digest(root_transcript(roster.segment))
    rights: dict[Name, tuple[Bits, int]] = {}
    for serial, entry in enumerate(entries, start=1):
        transcript = entry_transcript(roster.segment, entry, step.profile)
        if not SUITE.verify(step.old.creator, transcript, entry.signature):
            return f"{step.actor} believes entry {serial} of the list, which the creator never signed"
        if (entry.serial, entry.previous) != (serial, head):
            return f"{step.actor} believes entry {serial} of the list, which the creator signed for another place"
        rights[entry.subject] = (entry.key, entry.rights)
        head = SUITE.digest(transcript)
        if known is not None and serial == known.serial and head != known.head:
            return f"{step.actor} believes a list that differs from what it knew at serial {serial}"
    if known is not None and roster.serial < known.serial:
        return f"{step.actor} knew serial {known.serial} of the list and goes back to {roster.serial}"
    if head != roster.head or rights != {s.name: (s.key, s.rights) for s in roster.subjects}:
        return f"{step.actor} holds the list to say what it does not say"
    return ""


def _behind(step: Facts, peer: Name) -> str:
    """What of the list the peer had verified when it made what the step relies on, and the actor's list lacks."""
    accepting = step.operation == "accept"
    said = step.lane(step.actor, peer)[0] if accepting else step.cell(peer).announcement
    if not isinstance(said, Exchange | Announcement) or step.new.roster is None:
        return ""
    entries, segment = step.list(), step.new.roster.segment
    head = SUITE.digest(root_transcript(segment))
    if 0 < said.serial <= len(entries):
        head = SUITE.digest(entry_transcript(segment, entries[said.serial - 1], step.profile))
    if said.serial > len(entries) or head != said.head:
        return f"{step.actor} shares a key with {peer}, which knows serial {said.serial} of another list"
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
        if not isinstance(event, events.Delivered) or event.peer == step.foe:
            continue
        if (number := number_of(event.body)) is not None and taken:
            judged = True
            last = step.books.pair(event.peer).last(taken[1].sender_incarnation)
            if number <= last:
                return f"body {number} of {event.peer} is delivered to {step.actor} after body {last}"
    return judged


def nonces(step: Facts) -> Judgement:
    """Nothing is sealed under a key and a nonce that this member has used before; the keys that it shares with a foe
    excepted, which the foe may have made it use twice."""
    uses = [
        use
        for record in step.left()
        if isinstance(record, Message | Post) and (use := use_of(record.sealed)) is not None
    ]
    uses = [use for use in uses if not of_foe(use, step.foe)]
    if not uses:
        return False
    if len(set(uses)) != len(uses) or not step.books.sealed.isdisjoint(uses):
        return f"{step.actor} seals twice under one key and nonce: {uses}"
    return True


def of_foe(use: Use, foe: Name) -> bool:
    """Whether a key and nonce are those of a session with a foe."""
    master = master_of(use[0])
    return master is not None and meant_for(foe, master)


def no_shared_nonces(ledgers: tuple[object, ...]) -> Judgement:
    """No two members have sealed under one key and nonce. Judges what two of them have sealed under."""
    one, other = ledgers
    assert isinstance(one, frozenset) and isinstance(other, frozenset), "views give what was sealed under"
    if not one or not other:
        return False
    both = one & other
    return f"two members have sealed under one key and nonce: {sorted(both, key=repr)[0]}" if both else True


# ---- with whom a key is shared ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Held:
    """A key that a member holds: with whom and with which stay of it, in which stay of its own."""

    key: Bits
    peer: Name
    theirs: Bits
    mine: Bits


def keys_held(me: object) -> frozenset[Held]:
    """Every key that a member holds for sealing; but those that the intruder drew, which it can give to anybody."""
    assert isinstance(me, Member), "a member's slot holds a member"
    mine = me.presence
    if mine is None:
        return frozenset()
    found = [
        Held(key, session.peer, session.theirs, mine.incarnation)
        for session in mine.sessions
        for key in (
            *(key for keys in session.epochs for key in (keys.sending, keys.receiving)),
            *(board.key for board in session.boards),
        )
    ]
    return frozenset(held for held in found if not _drawn_by_intruder(held.key))


def _drawn_by_intruder(key: Bits) -> bool:
    drawn = fresh_of(master_of(key) or b"")
    return drawn is not None and drawn[0] == INTRUDER


class WithEachOther:
    """Judges the keys that two members hold: a key that both hold they hold with each other, and both know it."""

    __slots__ = ("_names",)

    def __init__(self, one: Name, other: Name) -> None:
        self._names = (one, other)

    def __call__(self, held: tuple[object, ...]) -> Judgement:
        mine, its = held
        assert isinstance(mine, frozenset) and isinstance(its, frozenset), "views give the keys held"
        if not mine or not its:
            return False
        one, other = self._names
        keys = {found.key: found for found in its}
        for found in mine:
            same = keys.get(found.key)
            if same is None:
                continue
            if (found.peer, same.peer, found.theirs, same.theirs) != (other, one, same.mine, found.mine):
                return f"{one} holds a key with {found.peer}, and {other} holds the same key with {same.peer}"
        return True
