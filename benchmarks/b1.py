"""B1, a machine with known counts: members that join, exchange, accept, send, receive and leave, each in one step.

    lockedroom check benchmarks/b1.py:machine --set members=4

Each member has two slots: what it knows itself, and its inbox. Whatever touches slots of several members falls into
parts that do not look at each other, so the explorer asks about each of them alone.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias, cast

from lockedroom.model.report import Invariant
from lockedroom.reference.machine import Action, Machine, Name, Outcome, Slot, Symmetry, factored

KNOWN: Final[Mapping[tuple[int, int, int], tuple[int, int, int, int | None]]] = {
    (2, 2, 2): (339, 952, 16, 180),
    (3, 1, 1): (3_757, 22_752, 21, 681),
    (3, 1, 2): (102_510, 708_387, 27, 17_381),
    (3, 2, 2): (1_576_439, 11_605_704, 39, None),
    (4, 1, 1): (8_353_349, 100_191_592, 40, None),
}
"""Distinct states, transitions, diameter and orbits by members, messages and joins."""


class Local(NamedTuple):
    """What a member knows: whether it is joined, how often it was, whose keys it has, what it has sent to whom."""

    joined: bool = False
    joins: int = 0
    keys: frozenset[Name] = frozenset()
    sent: tuple[tuple[Name, int], ...] = ()


Inbox: TypeAlias = frozenset[tuple[str, Name]]
"""Encapsulations (`enc`) and messages (`msg`) that lie there, with their senders."""

Taken: TypeAlias = Callable[..., Hashable | None]
"""What an action writes, given what it reads; None: not enabled."""


def machine(members: int = 3, messages: int = 1, joins: int = 1) -> Machine:
    """B1 with that many members, messages for each ordered pair and joins for each member."""
    names = tuple(f"m{number}" for number in range(members))
    initial: dict[Slot, Hashable] = {}
    actions: list[Action] = []
    for name in names:
        initial[_local(name)] = Local()
        initial[_inbox(name)] = frozenset()
        others = tuple(other for other in names if other != name)
        actions += [_join(name, joins), _leave(name, others)]
        for peer in others:
            actions += [_exchange(name, peer), _accept(name, peer), _send(name, peer, messages), _receive(name, peer)]
    bounds = {"members": members, "messages": messages, "joins": joins}
    title = f"B1, {members} members, {messages} messages, {joins} joins"
    return Machine(title, initial, tuple(actions), bounds=bounds, symmetry=Symmetry(names, _renamed))


def invariants(members: int = 3) -> tuple[Invariant, ...]:
    """What holds of B1: a message needs its sender's key; a key needs both joined; an encapsulation needs its sender's
    key and finds none at its addressee."""
    names = tuple(f"m{number}" for number in range(members))
    found = []
    for one in names:
        for other in names:
            if one != other:
                slots = (_local(one), _local(other), _inbox(other))
                views = (_as_it_is, _as_it_is, _as_it_is)
                found.append(Invariant("keys belong to the joined", slots, views, _sound(one, other)))
    return tuple(found)


# ---- actions ----------------------------------------------------------------------------------------


def _join(me: Name, joins: int) -> Action:
    def taken(mine: Local) -> Hashable | None:
        return None if mine.joined or mine.joins == joins else mine._replace(joined=True, joins=mine.joins + 1)

    return _action("join", me, (), (_local(me),), _local(me), taken)


def _exchange(me: Name, peer: Name) -> Action:
    def make(mine: Local, box: Inbox) -> Hashable | None:
        free = mine.joined and peer not in mine.keys and ("enc", peer) not in box
        return mine._replace(keys=mine.keys | {peer}) if free else None

    def leave(theirs: Local, box: Inbox) -> Hashable | None:
        free = theirs.joined and me not in theirs.keys and ("enc", me) not in box
        return box | {("enc", me)} if free else None

    to = (("peer", peer),)
    return factored(
        "exchange",
        me,
        to,
        (
            _action("exchange", me, to, (_local(me), _inbox(me)), _local(me), make),
            _action("exchange", me, to, (_local(peer), _inbox(peer)), _inbox(peer), leave),
        ),
    )


def _accept(me: Name, peer: Name) -> Action:
    def taken(mine: Local, box: Inbox) -> Hashable | None:
        if not mine.joined or ("enc", peer) not in box:
            return None
        return mine._replace(keys=mine.keys | {peer}), box - {("enc", peer)}

    slots = (_local(me), _inbox(me))
    return Action("accept", me, (("peer", peer),), slots, slots, _run(taken, several=True))


def _send(me: Name, peer: Name, messages: int) -> Action:
    def seal(mine: Local) -> Hashable | None:
        sent = dict(mine.sent)
        if not mine.joined or peer not in mine.keys or sent.get(peer, 0) == messages:
            return None
        return mine._replace(sent=tuple(sorted({**sent, peer: sent.get(peer, 0) + 1}.items())))

    def leave(box: Inbox) -> Hashable | None:
        return None if ("msg", me) in box else box | {("msg", me)}

    to = (("peer", peer),)
    return factored(
        "send",
        me,
        to,
        (
            _action("send", me, to, (_local(me),), _local(me), seal),
            _action("send", me, to, (_inbox(peer),), _inbox(peer), leave),
        ),
    )


def _receive(me: Name, peer: Name) -> Action:
    def taken(mine: Local, box: Inbox) -> Hashable | None:
        return box - {("msg", peer)} if mine.joined and peer in mine.keys and ("msg", peer) in box else None

    return _action("receive", me, (("peer", peer),), (_local(me), _inbox(me)), _inbox(me), taken)


def _leave(me: Name, others: tuple[Name, ...]) -> Action:
    def out(mine: Local) -> Hashable | None:
        return mine._replace(joined=False, keys=frozenset()) if mine.joined else None

    def forget(theirs: Local) -> Hashable:
        return theirs._replace(keys=theirs.keys - {me})

    def clear(box: Inbox) -> Hashable:
        return box - {("enc", me), ("msg", me)}

    parts = [
        _action("leave", me, (), (_local(me),), _local(me), out),
        _action("leave", me, (), (_inbox(me),), _inbox(me), lambda box: frozenset()),
    ]
    for other in others:
        parts.append(_action("leave", me, (), (_local(other),), _local(other), forget))
        parts.append(_action("leave", me, (), (_inbox(other),), _inbox(other), clear))
    return factored("leave", me, (), tuple(parts))


# ---- what they are made of --------------------------------------------------------------------------


def _local(name: Name) -> Slot:
    return Slot("local", name)


def _inbox(name: Name) -> Slot:
    return Slot("inbox", name)


def _action(
    operation: str,
    me: Name,
    arguments: tuple[tuple[str, object], ...],
    reads: tuple[Slot, ...],
    writes: Slot,
    taken: Taken,
) -> Action:
    return Action(operation, me, arguments, reads, (writes,), _run(taken))


def _run(taken: Taken, several: bool = False) -> Callable[[tuple[Hashable, ...]], tuple[Outcome, ...]]:
    def run(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
        written = taken(*values)
        if written is None:
            return ()
        return (Outcome(cast(tuple[Hashable, ...], written) if several else (written,)),)

    return run


def _renamed(slot: Slot, value: Hashable, names: Mapping[Name, Name]) -> Hashable:
    if isinstance(value, Local):
        sent = tuple(sorted((names[peer], count) for peer, count in value.sent))
        return value._replace(keys=frozenset(names[peer] for peer in value.keys), sent=sent)
    return frozenset((kind, names[sender]) for kind, sender in cast(Inbox, value))


def _sound(one: Name, other: Name) -> Callable[[tuple[Any, ...]], bool | str]:
    def judge(seen: tuple[Any, ...]) -> bool | str:
        mine, theirs, box = seen
        if other in mine.keys and not (mine.joined and theirs.joined):
            return f"{one} has the key of {other}, and not both are joined"
        if ("msg", one) in box and other not in mine.keys:
            return f"a message from {one} to {other} is there without a key"
        if ("enc", one) in box and (other not in mine.keys or one in theirs.keys):
            return f"an encapsulation from {one} to {other} is there, which nobody can have made"
        return ("msg", one) in box or ("enc", one) in box or other in mine.keys

    return judge


def _as_it_is(value: Hashable) -> Hashable:
    return value
