"""Progress of the segment: while rights, stays and messages are left, honest steps lead to a delivered message."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final, cast

from lockedroom.model.report import Goal
from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.ledger import Ledger
from lockedroom.reference.machine import Action, Name, Outcome, Slot
from lockedroom.reference.segment import events
from lockedroom.reference.segment.effects import ACL, HEADER, life, member
from lockedroom.reference.segment.records import ALL_RIGHTS, Destroyed, Entry
from lockedroom.reference.segment.state import Member
from lockedroom.reference.segment.table import BY_OPERATION

PROGRESS: Final = "progress"


def progress_of(bounds: Bounds) -> Goal:
    """The goal: a message is delivered. Steps of the protocol's table lead to it, but not destroying, revoking, dying.
    It is owed while the segment is there and, for some pair, nobody was ever revoked, a message is left, and each of
    the two is joined and alive or may join once more."""
    names = bounds.names
    reads: list[Slot] = [HEADER, ACL]
    views: list[Callable[[Hashable], Hashable]] = [_standing, _revoked]
    for name in names:
        reads += [Slot("ledger", name), member(name), life(name)]
        views += [_budget, _present, _as_it_is]

    def owed(seen: tuple[Hashable, ...]) -> bool:
        standing, revoked = seen[0], cast(frozenset[Name], seen[1])
        able: list[tuple[Name, dict[Name, int]]] = []
        for index, name in enumerate(names):
            budget, present, alive = seen[2 + 3 * index : 5 + 3 * index]
            joins, made = cast(tuple[int, tuple[tuple[Name, int], ...]], budget)
            if name not in revoked and ((present and alive) or joins < bounds.joins):
                able.append((name, dict(made)))
        left = any(made.get(peer, 0) < bounds.messages for name, made in able for peer, _ in able if peer != name)
        return bool(standing) and left

    return Goal(PROGRESS, _delivers, _honest, tuple(reads), tuple(views), owed)


def _delivers(action: Action, values: tuple[Hashable, ...], outcome: Outcome) -> bool:
    return any(isinstance(event, events.Delivered) for event in outcome.events)


def _honest(action: Action) -> bool:
    return action.operation in BY_OPERATION and action.operation not in ("destroy", "revoke")


def _standing(header: Hashable) -> Hashable:
    return header is not None and not isinstance(header, Destroyed)


def _revoked(entries: Hashable) -> Hashable:
    # Once revoked, a member has to join anew, whatever it is granted later.
    found = cast(tuple[object, ...], entries)
    return frozenset(entry.subject for entry in found if isinstance(entry, Entry) and entry.rights != ALL_RIGHTS)


def _budget(books: Hashable) -> Hashable:
    assert isinstance(books, Ledger), "a ledger's slot holds a ledger"
    return books.joins, tuple((pair.peer, pair.made) for pair in books.pairs)


def _present(me: Hashable) -> Hashable:
    assert isinstance(me, Member), "a member's slot holds a member"
    return me.presence is not None


def _as_it_is(value: Hashable) -> Hashable:
    return value
