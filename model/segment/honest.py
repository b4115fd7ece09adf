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
from lockedroom.reference.segment.effects import HEADER, life, member
from lockedroom.reference.segment.parts import lane
from lockedroom.reference.segment.records import MESSAGE, Epoch, Exchange, Header, Message
from lockedroom.reference.segment.state import BoardKey, Member, Session
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
            left = [now[-1] for slot, was, now in step.lanes() if slot.owner == event.peer and _one_more(was, now)]
            if not left:
                return f"{type(event).__name__}, but nothing was left for {event.peer}"
            if isinstance(left[0], Exchange | Message) and not _there(step, event.peer, left[0].recipient_incarnation):
                return f"{type(event).__name__}, but for an incarnation of {event.peer} that is not there"
        elif isinstance(event, events.Published):
            judged = True
            if not any(len(now.posts) - len(was.posts) == len(event.peers) for _, was, now in step.cells()):
                return "Published, but the posts do not stand on the board"
        elif isinstance(event, events.Unreadable) and _has_key(step, event):
            return f"post {event.number} of {event.peer} does not open at {step.actor}, which has its key"
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


def _there(step: Facts, peer: Name, incarnation: Bits) -> bool:
    announced = step.cell(peer).announcement
    return announced is not None and announced.incarnation == incarnation


def _has_key(step: Facts, seen: events.Unreadable) -> bool:
    """Whether the reader has the key of a post that it was shown."""
    mine = step.old.presence
    assert mine is not None, "only the joined read"
    for post in step.cell(seen.peer).posts:
        if post.number == seen.number and post.recipient == step.actor:
            session = mine.session(seen.peer, post.sender_incarnation)
            return session is not None and session.board(post.epoch) is not None
    return False


def _one_more(was: tuple[object, ...], now: tuple[object, ...]) -> bool:
    return len(now) == len(was) + 1 and now[:-1] == was


def standing(step: Facts) -> Judgement:
    """What a member has on the board is there from joining to leaving, posts behind it as they come, and nobody takes
    it away but who reaps the dead. Whoever comes holds its life lock, whoever goes lets go of it; both, and reaping,
    leave an empty inbox behind."""
    judged = step.operation in ("join", "leave", "reap") and step.clause is None
    if judged and (wrong := _untidy(step)):
        return wrong
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


def _untidy(step: Facts) -> str:
    """What a step of coming or going leaves undone beside the board."""
    who = str(step.arguments.get("peer", step.actor))
    if step.operation == "reap" and step.before[life(who)]:
        return ""
    if step.operation != "reap" and bool(step.after[life(who)]) != (step.operation == "join"):
        return f"{who} {'joins without' if step.operation == 'join' else 'leaves with'} its life lock"
    full = next((slot for slot, _, now in step.lanes() if now), None)
    if full is not None:
        return f"{step.operation} of {step.actor} leaves what {full.part} left for {full.owner}"
    if step.operation == "reap":
        stay = next((now for name, _, now in step.cells() if now != Cell(name)), None)
        if stay is not None:
            return f"{step.actor} reaps {stay.name}, and {_count(stay)} stay under its name"
    return ""


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


def quotas(step: Facts) -> Judgement:
    """Nobody leaves more for anybody than its quota, one control record above it excepted, and
    nobody is refused for want of room where there is some."""
    header = step.before.get(HEADER)
    if not isinstance(header, Header):
        return False
    judged, quota = False, header.capacity.quota
    for slot, was, now in step.lanes():
        if _one_more(was, now):
            judged = True
            control = isinstance(now[-1], Message) and now[-1].flags != MESSAGE
            if len(was) >= quota + control:
                return (
                    f"{step.actor} leaves a record where {len(was)} of its lie for {slot.owner}; its quota is {quota}"
                )
    room = {"SEG-FULL-1": quota, "SEG-FULL-2": quota, "SEG-FULL-5": quota + 1}.get(step.clause or "")
    if room is not None:
        judged = True
        lying = max((len(was) for slot, was, _ in step.lanes() if slot.owner != step.actor), default=0)
        if lying < room:
            return f"{step.actor} is refused for want of room ({step.clause}) where {lying} of {room} lie"
    return judged


# ---- agreement ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shared:
    """What matters of a member for its agreement with one peer: its incarnation, its sessions with the peer, and with
    which of the peer's incarnations it is done, since the peer was revoked."""

    incarnation: Bits
    sessions: tuple[Session, ...]
    closed: frozenset[Bits]


def agreement(names: tuple[Name, ...], property_name: str) -> tuple[Invariant, ...]:
    """For each pair of members, neither of whom has closed its session with the other: where nothing lies unread
    between them, each can read what the other sends and publishes next, and once no rotation is under way both send
    under one epoch."""
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
        if presence is None:
            return None
        closed = frozenset(one.incarnation for one in presence.closed if one.peer == self._peer)
        return Shared(presence.incarnation, presence.with_peer(self._peer), closed)


def _towards(peer: Name) -> _Towards:
    return _Towards(peer)


def _agree(seen: tuple[object, ...]) -> Judgement:
    one, other, unread, unread_too = seen
    if not isinstance(one, Shared) or not isinstance(other, Shared) or unread or unread_too:
        return False
    if other.incarnation in one.closed or one.incarnation in other.closed:
        return False
    here = next((s for s in one.sessions if s.theirs == other.incarnation), None)
    there = next((s for s in other.sessions if s.theirs == one.incarnation), None)
    if here is None or there is None:
        return False
    for sender, receiver in ((here, there), (there, here)):
        out, keys = sender.keys(sender.sending), receiver.keys(sender.sending)
        if out is None or keys is None or out.sending != keys.receiving:
            return f"{sender.peer} cannot read what is sent to it under {_epoch(sender.sending)}"
        board = _board(sender)
        if receiver.board(board.epoch) != board.key:
            return f"{sender.peer} cannot read what is published for it under {_epoch(board.epoch)}"
    for session, other in ((here, there), (there, here)):
        if session.pending is not None and other.owed != session.pending:
            return f"{_epoch(session.pending)} awaits an acknowledgement that {session.peer} does not owe"
    settled = not (here.pending or here.owed or there.pending or there.owed)
    if settled and here.sending != there.sending:
        mine, yours = _epoch(here.sending), _epoch(there.sending)
        return f"nothing is under way, but {there.peer} sends under {mine}, {here.peer} under {yours}"
    return True


def _epoch(epoch: Epoch) -> str:
    return f"epoch {epoch.number} of {epoch.proposer}"


def _board(session: Session) -> BoardKey:
    """The key that takes precedence among those that a session has for posts."""
    return next(one for one in session.boards if not any(other.epoch.outranks(one.epoch) for other in session.boards))
