"""State diagrams drawn from the live engine: two members are run under the symbolic suite, and what becomes of
one side of their session is written down. Nothing here knows what a transition does.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Hashable, Iterable, Iterator
from typing import Final, cast

from lockedroom.reference.crypto.symbolic import SymbolicEntropy, SymbolicSuite
from lockedroom.reference.crypto.terms import Bits, Term
from lockedroom.reference.machine import Rejected, Slot
from lockedroom.reference.segment import effects
from lockedroom.reference.segment.records import ALL_RIGHTS, Capacity
from lockedroom.reference.segment.room import Room
from lockedroom.reference.segment.state import Member
from lockedroom.reference.segment.store import Acl, Board, Inbox, InboxValue
from lockedroom.reference.segment.table import TABLE, Who
from lockedroom.spec.tables import table

ALICE: Final = "alice"
BOB: Final = "bob"
_CAPACITY: Final = Capacity(members=2, quota=1, posts=2, entries=8, record=1024)
PHASES: Final = {
    "out": "not joined",
    "joined": "joined; no key is shared with that incarnation of the peer",
    "offered": "this side's exchange was made, and it may send",
    "accepted": "the peer's exchange was accepted, and it may send",
    "crossed": "both were; the tie-break says under which key both send",
    "rotating": "this side's proposal awaits its acknowledgement",
    "owing": "this side owes the peer's proposal an acknowledgement",
    "closed": "a revocation closed the session; what lay in the inbox is still read",
    "ended": "the peer was found dead; what it sent is still read",
    "past": "this side is through with that incarnation: it has consumed something of another since",
}
"""The states of one side of a session, and what they mean."""

_PAIRWISE: Final = ("exchange", "accept", "receive", "rotate", "acknowledge", "reap")


def _key(name: str) -> Term:
    return Term("static", name)


def start() -> Room:
    """A room of two members, both granted everything, nobody joined."""
    suite = SymbolicSuite()
    creator = suite.signing_public(_key(ALICE))
    slots: dict[Slot, Hashable] = {effects.member(name): Member(name, _key(name), creator) for name in (ALICE, BOB)}
    room = Room(suite, _CAPACITY, slots)
    fresh = SymbolicEntropy(ALICE, 0)
    room = room.ok(ALICE, "create", fresh, capacity=_CAPACITY, profile="hardened", origin=(1, 1, "boot"))
    return room.ok(ALICE, "grant", fresh, subject=BOB, key=suite.signing_public(_key(BOB)), rights=ALL_RIGHTS)


def phase(member: Member, peer: str, theirs: Bits) -> str:
    """One word for what a member shares with one incarnation of a peer."""
    presence = member.presence
    if presence is None:
        return "out"
    session = presence.session(peer, theirs)
    if presence.closing(peer, theirs) is not None:
        return "closed"
    if session is None:
        return "past" if (peer, theirs) in presence.past else "joined"
    if session.ended:
        return "ended"
    if session.pending is not None:
        return "rotating"
    if session.owed is not None:
        return "owing"
    if session.offered and session.accepted:
        return "crossed"
    return "offered" if session.offered else "accepted"


def _phases(member: Member, peer: str) -> dict[Bits, str]:
    incarnations = (SymbolicEntropy(peer, join).draw("incarnation") for join in (1, 2))
    return {theirs: phase(member, peer, theirs) for theirs in incarnations}


def edges() -> tuple[tuple[str, str, str], ...]:
    """Every (phase, operation, other phase) that one side of a pair was seen to go through, sorted."""
    first = (start(), (0, 0))
    seen, waiting = {_shape(*first)}, deque([first])
    found: set[tuple[str, str, str]] = set()
    while waiting:
        room, joins = waiting.popleft()
        for actor, operation, after, more in _steps(room, joins):
            peer = BOB if actor == ALICE else ALICE
            before, now = _phases(room.member(actor), peer), _phases(after.member(actor), peer)
            found |= {(before[theirs], operation, now[theirs]) for theirs in before if before[theirs] != now[theirs]}
            shape = _shape(after, more)
            if shape not in seen:
                seen.add(shape)
                waiting.append((after, more))
    return tuple(sorted(found))


def _steps(room: Room, joins: tuple[int, int]) -> Iterator[tuple[str, str, Room, tuple[int, int]]]:
    for index, (actor, peer) in enumerate(((ALICE, BOB), (BOB, ALICE))):
        member = room.member(actor)
        if member.presence is None:
            if joins[index] < 1 + index:
                more = (joins[0] + 1, joins[1]) if actor == ALICE else (joins[0], joins[1] + 1)
                after, result = room.take(actor, "join", SymbolicEntropy(actor, more[index]))
                if not isinstance(result, Rejected):
                    yield actor, "join", after, more
            continue
        fresh = SymbolicEntropy(actor, joins[index])
        session = member.presence.with_peer(peer)[-1:]
        for operation in _PAIRWISE:
            if operation == "rotate" and session and len(session[0].epochs) > 2:
                continue
            after, result = room.take(actor, operation, fresh, peer=peer)
            if result.state is not None or result.effects:
                yield actor, operation, after, joins
        for operation in ("review", "leave"):
            after, result = room.take(actor, operation, fresh)
            if not isinstance(result, Rejected):
                yield actor, operation, after, joins
        gone = Member(actor, member.signing, member.creator, member.authority)
        yield actor, "(crash)", room.having(effects.member(actor), gone).having(effects.life(actor), False), joins
    after, result = room.take(ALICE, "revoke", SymbolicEntropy(ALICE, joins[0]), subject=BOB)
    if not isinstance(result, Rejected):
        yield ALICE, "revoke", after, joins


def _shape(room: Room, joins: tuple[int, int]) -> Hashable:
    """What tells rooms apart here: everything but the numbers and terms inside."""
    seen: list[Hashable] = [joins]
    for name, peer in ((ALICE, BOB), (BOB, ALICE)):
        member = room.member(name)
        seen.append(
            (
                tuple(_phases(member, peer).values()),
                room.value(effects.life(name)),
                member.roster and member.roster.serial,
            )
        )
        lane = InboxValue(cast(Inbox, room.value(effects.inbox(name))), room.capacity).lying(peer)
        seen.append(tuple((type(record).__name__, getattr(record, "flags", -1)) for record in lane))
    board = cast(Board, room.value(effects.BOARD))
    return (*seen, tuple(cell.name for cell in board), len(cast(Acl, room.value(effects.ACL))))


# ---- mermaid ----------------------------------------------------------------------------------------


def life_diagram() -> str:
    """A member's life: who may what, from the table."""
    loops = ", ".join(row.operation for row in TABLE if row.who is Who.JOINED and row.operation != "leave")
    creator = ", ".join(row.operation for row in TABLE if row.who is Who.CREATOR)
    lines = [
        "[*] --> out",
        *(f"out --> joined: {row.operation}" for row in TABLE if row.who is Who.OUT),
        f"joined --> joined: {loops}",
        "joined --> out: leave, (crash)",
        f"state {json.dumps(f'the creator, in either: {creator}')} as creator",
    ]
    return _mermaid(lines)


def session_diagram() -> str:
    """One side of a session, as the engine was seen to move; what leads out of every state is left out."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for before, operation, after in edges():
        if after != "out":
            grouped.setdefault((before, after), []).append(operation)
    return _mermaid([f"{before} --> {after}: {', '.join(names)}" for (before, after), names in grouped.items()])


def diagrams() -> str:
    """Both diagrams, with what their states mean."""
    return (
        f"A member's life:\n\n{life_diagram()}\n\n"
        "One side of its session with one incarnation of a peer (from every state, leaving or dying leads out):\n\n"
        f"{session_diagram()}\n\n{table(('state', 'meaning'), PHASES.items())}"
    )


def _mermaid(lines: Iterable[str]) -> str:
    return "\n".join(("```mermaid", "stateDiagram-v2", *(f"    {line}" for line in lines), "```"))
