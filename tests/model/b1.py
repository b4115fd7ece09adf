"""B1, a machine with known counts: members that join, exchange, accept, send, receive and leave."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeAlias, cast

from lockedroom.reference.machine import Action, Machine, Outcome, Slot

Local: TypeAlias = tuple[int, int, frozenset[int], tuple[int, ...]]
Inbox: TypeAlias = frozenset[tuple[str, int]]


def machine(members: int, messages: int, joins: int) -> Machine:
    """B1 with that many members, messages for each ordered pair and joins for each member."""
    local = [Slot("local", f"m{p}") for p in range(members)]
    inbox = [Slot("inbox", f"m{p}") for p in range(members)]
    initial: dict[Slot, Hashable] = {}
    for p in range(members):
        initial[local[p]] = (0, 0, frozenset(), (0,) * members)
        initial[inbox[p]] = frozenset()
    actions: list[Action] = []

    def add(name: str, p: int, reads: list[Slot], writes: list[Slot], taken: Callable[..., Any]) -> None:
        def run(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
            written = taken(*values)
            return () if written is None else (Outcome(tuple(written)),)

        actions.append(Action(name, f"m{p}", (), tuple(reads), tuple(writes), run))

    for p in range(members):

        def join(me: Local) -> list[Any] | None:
            return None if me[0] or me[1] == joins else [(1, me[1] + 1, me[2], me[3])]

        add("join", p, [local[p]], [local[p]], join)
        for q in range(members):
            if q == p:
                continue

            def exchange(
                me: Local, peer: Local, mine: Inbox, theirs: Inbox, p: int = p, q: int = q
            ) -> list[Any] | None:
                fresh = q not in me[2] and p not in peer[2] and ("e", p) not in theirs and ("e", q) not in mine
                return [(1, me[1], me[2] | {q}, me[3]), theirs | {("e", p)}] if me[0] and peer[0] and fresh else None

            def accept(me: Local, mine: Inbox, q: int = q) -> list[Any] | None:
                return [(1, me[1], me[2] | {q}, me[3]), mine - {("e", q)}] if me[0] and ("e", q) in mine else None

            def send(me: Local, theirs: Inbox, p: int = p, q: int = q) -> list[Any] | None:
                if not me[0] or q not in me[2] or ("m", p) in theirs or me[3][q] == messages:
                    return None
                sent = tuple(count + (index == q) for index, count in enumerate(me[3]))
                return [(*me[:3], sent), theirs | {("m", p)}]

            def receive(me: Local, mine: Inbox, q: int = q) -> list[Any] | None:
                return [mine - {("m", q)}] if me[0] and q in me[2] and ("m", q) in mine else None

            add("exchange", p, [local[p], local[q], inbox[p], inbox[q]], [local[p], inbox[q]], exchange)
            add("accept", p, [local[p], inbox[p]], [local[p], inbox[p]], accept)
            add("send", p, [local[p], inbox[q]], [local[p], inbox[q]], send)
            add("receive", p, [local[p], inbox[p]], [inbox[p]], receive)

        def leave(*values: Hashable, p: int = p) -> list[Any] | None:
            people, boxes = cast(tuple[Local, ...], values[:members]), cast(tuple[Inbox, ...], values[members:])
            if not people[p][0]:
                return None
            out: list[Any] = [
                (0, one[1], frozenset(), one[3]) if r == p else (one[0], one[1], one[2] - {p}, one[3])
                for r, one in enumerate(people)
            ]
            out += [frozenset() if r == p else frozenset(x for x in box if x[1] != p) for r, box in enumerate(boxes)]
            return out

        add("leave", p, [*local, *inbox], [*local, *inbox], leave)
    return Machine("B1", initial, tuple(actions))
