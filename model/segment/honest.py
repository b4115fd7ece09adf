"""What must hold as long as nobody but the members writes to the store, crashes allowed: judgements of steps and of
states. They are not asked of behaviours in which the intruder has acted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lockedroom.model.report import Invariant, Judgement
from lockedroom.model.segment.facts import Facts
from lockedroom.model.segment.ledger import number_of
from lockedroom.reference.crypto.terms import Bits, Term
from lockedroom.reference.machine import Name
from lockedroom.reference.segment import events
from lockedroom.reference.segment.effects import life, member
from lockedroom.reference.segment.parts import lane
from lockedroom.reference.segment.records import Message
from lockedroom.reference.segment.state import Member, Session
from lockedroom.reference.segment.store import Cell

_LEAVING: Final = (events.Sent, events.Exchanged, events.RotationProposed, events.RotationAcknowledged)


def consumed(step: Facts) -> Judgement:
    """Records leave a lane by its owner alone, or by the reaping of an owner that is dead."""
    judged = False
    for slot, was, now in step.lanes():
        if len(now) >= len(was) and now[: len(was)] == was:
            continue
        judged = True
        if slot.owner != step.actor and (step.operation != "reap" or step.before[life(slot.owner)]):
            return f"{step.actor} takes what {slot.part} left for {slot.owner}"
    return judged


def lost(step: Facts) -> Judgement:
    """What is left for a member that stays is there, and its owner removes it only by taking it for good. Of a revoked
    peer this is so for what lay there when the revocation was verified."""
    judged = False
    for event in step.events:
        if isinstance(event, _LEAVING):
            judged = True
            if not any(_one_more(was, now) for slot, was, now in step.lanes() if slot.owner == event.peer):
                return f"{type(event).__name__}, but nothing was left for {event.peer}"
        elif isinstance(event, events.Published):
            judged = True
            if not any(len(now.posts) - len(was.posts) == len(event.peers) for _, was, now in step.cells()):
                return "Published, but the posts do not stand on the board"
        elif isinstance(event, events.Delivered | events.RotationRead | events.Rotated) and event.gap:
            return f"{event.gap} records of {event.peer} before this one never came to {step.actor}"
        elif isinstance(event, events.Delivered):
            number, last = number_of(event.body), max((n for _, n in step.books.pair(event.peer).delivered), default=0)
            if number is not None and number <= last:
                return f"body {number} of {event.peer} is delivered to {step.actor} after body {last}, which came later"
    taken = step.taken()
    if taken is None:
        return judged
    slot, record = taken
    mine = step.old.presence
    if mine is None or record.recipient_incarnation != mine.incarnation:
        return judged
    owed = step.books.pair(slot.part).owed
    if step.clause is not None and (owed is None or record in owed):
        return f"{step.actor} removes what {slot.part} left for it, undelivered ({step.clause})"
    return True


def _one_more(was: tuple[object, ...], now: tuple[object, ...]) -> bool:
    return len(now) == len(was) + 1 and now[:-1] == was


def standing(step: Facts) -> Judgement:
    """What a member has on the board is there from joining to leaving, posts behind it as they come, and nobody takes
    it away but who reaps the dead."""
    judged = step.operation in ("join", "leave") and step.clause is None
    for name, was, now in step.cells():
        if name != step.actor:
            if was == now:
                continue
            judged = True
            if step.operation != "reap" or step.before[life(name)]:
                return f"{step.actor} changes what {name} has on the board"
        elif step.operation == "join" and step.clause is None:
            if now.announcement is None or now.posts:
                return f"{name} joins, and {_count(now)} stand under its name"
        elif step.operation == "leave" and step.clause is None:
            if now != Cell(name):
                return f"{name} leaves, and {_count(now)} stay under its name"
        elif was != now:
            judged = True
            if now.announcement != was.announcement or now.posts[: len(was.posts)] != was.posts:
                return f"{name} loses what it has on the board by {step.operation}"
    return judged


def _count(cell: Cell) -> str:
    return f"{'an' if cell.announcement else 'no'} announcement and {len(cell.posts)} posts"


def multicast(step: Facts) -> Judgement:
    """A multicast to several peers leaves one replica of one body for each of them, or nothing at all."""
    peers = step.arguments.get("peers")
    if step.operation != "multicast" or not isinstance(peers, tuple) or len(peers) < 2:
        return False
    if step.clause is not None:
        return True if step.before == step.after else f"a multicast that was refused ({step.clause}) leaves something"
    for slot, was, now in step.lanes():
        record = now[-1] if _one_more(was, now) else None
        if not isinstance(record, Message) or _inside(record.sealed) != step.arguments["body"]:
            return f"a multicast leaves no replica for {slot.owner}"
    return True


def _inside(sealed: Bits) -> object:
    return sealed.args[3] if isinstance(sealed, Term) and sealed.op == "seal" else None


# ---- agreement ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shared:
    """What matters of a member for its agreement with one peer: its incarnation and its sessions with the peer."""

    incarnation: Bits
    sessions: tuple[Session, ...]


def agreement(names: tuple[Name, ...], property_name: str) -> tuple[Invariant, ...]:
    """For each pair of members: where nothing lies unread between them, each can read what the other sends next, and
    once no rotation is under way both send under one epoch."""
    pairs = [(a, b) for index, a in enumerate(names) for b in names[index + 1 :]]
    return tuple(
        Invariant(
            property_name,
            (member(a), member(b), lane(a, b), lane(b, a)),
            (_towards(b), _towards(a), bool, bool),
            _agree,
        )
        for a, b in pairs
    )


class _Towards:
    """The view of a member that shows what it shares with one peer."""

    __slots__ = ("_peer",)

    def __init__(self, peer: Name) -> None:
        self._peer = peer

    def __call__(self, value: object) -> Shared | None:
        assert isinstance(value, Member), "a member's slot holds a member"
        presence = value.presence
        return None if presence is None else Shared(presence.incarnation, presence.with_peer(self._peer))


def _towards(peer: Name) -> _Towards:
    return _Towards(peer)


def _agree(seen: tuple[object, ...]) -> Judgement:
    one, other, unread, unread_too = seen
    if not isinstance(one, Shared) or not isinstance(other, Shared) or unread or unread_too:
        return False
    here = next((s for s in one.sessions if s.theirs == other.incarnation), None)
    there = next((s for s in other.sessions if s.theirs == one.incarnation), None)
    if here is None or there is None:
        return False
    for sender, receiver in ((here, there), (there, here)):
        out, keys = sender.keys(sender.sending), receiver.keys(sender.sending)
        if out is None or keys is None or out.sending != keys.receiving:
            return f"{sender.peer} cannot read what is sent to it under epoch {sender.sending}"
    settled = not (here.pending or here.owed or there.pending or there.owed)
    if settled and here.sending != there.sending:
        return f"nothing is under way, but {there.peer} sends under {here.sending}, {here.peer} under {there.sending}"
    return True
