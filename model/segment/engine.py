"""Calls of the reference engine, each made once: what a transition of the table does to the slots of its footprint.

The explorer's actions read more than the engine does (budgets, ghosts); this is the second memo, keyed by what the engine
itself sees. Values are told apart by identity: the explorer interns them, and whatever was asked about is kept alive
here, so an identity never comes to mean something else.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, cast

from lockedroom.reference.crypto.suite import Suite
from lockedroom.reference.crypto.symbolic import SymbolicEntropy, SymbolicSuite
from lockedroom.reference.crypto.terms import Term
from lockedroom.reference.errors import FootprintError
from lockedroom.reference.machine import Effect, Event, Name, Rejected, Slot, Step, Transition
from lockedroom.reference.segment import effects, store, table
from lockedroom.reference.segment.records import Announcement, Capacity, Consumable, Entry, Post
from lockedroom.reference.segment.state import Member
from lockedroom.reference.segment.views import At

Result: TypeAlias = "Step[Member] | Rejected[Member]"
Left: TypeAlias = "Consumable | Announcement | Post | Entry"

SUITE: Final[Suite] = SymbolicSuite()


@dataclass(frozen=True, slots=True)
class Logic:
    """The protocol's logic: its rows by operation, and what takes one. The reference's, or a mutant's."""

    rows: Mapping[str, Transition]
    perform: Callable[..., Result]


REFERENCE: Final = Logic(table.BY_OPERATION, table.perform)


@dataclass(frozen=True, slots=True)
class Deed:
    """What one transition did: the clause of its rejection or its events, the new values of the slots that its row
    writes (in the row's order; None when nothing changed), and the records that it left in the store."""

    clause: str | None
    events: tuple[Event, ...]
    writes: tuple[Hashable, ...] | None
    left: tuple[Left, ...]


class Engine:
    """The engine of one exploration. `calls` counts how often it really ran."""

    __slots__ = ("_capacity", "_deeds", "calls", "logic")

    def __init__(self, capacity: Capacity, logic: Logic = REFERENCE) -> None:
        self.logic = logic
        self.calls = 0
        self._capacity = capacity
        self._deeds: dict[tuple[object, ...], tuple[tuple[Hashable, ...], Deed]] = {}

    def deed(
        self,
        operation: str,
        actor: Name,
        arguments: tuple[tuple[str, object], ...],
        join: int,
        slots: Mapping[Slot, Hashable],
    ) -> Deed:
        """What `actor` does, `join` being the number of its stay, where the footprint's slots have these values (those
        that the row writes included). Raises FootprintError when the row's footprint is not kept to."""
        values = tuple(slots.values())
        key = (operation, actor, arguments, join, *map(id, values))
        found = self._deeds.get(key)
        if found is None:
            found = self._deeds[key] = (values, self._run(operation, actor, dict(arguments), join, slots))
        return found[1]

    def _run(
        self, operation: str, actor: Name, arguments: dict[str, object], join: int, slots: Mapping[Slot, Hashable]
    ) -> Deed:
        self.calls += 1
        row = self.logic.rows[operation]
        reads, writes = row.footprint(actor, peers_of(arguments))
        own = effects.member(actor)
        me = cast(Member, slots[own])
        seen = {slot: slots[slot] for slot in reads}
        view: At = store.at(me, SUITE, SymbolicEntropy(actor, join), self._capacity, seen)
        result = self.logic.perform(row, view, **arguments)
        after = dict(slots)
        if result.state is not None and result.state != me:
            if own not in writes:
                raise FootprintError(f"{operation} changes its member's state, which its footprint does not write")
            after[own] = result.state
        for effect in result.effects:
            if effect.slot not in writes:
                raise FootprintError(f"{operation} changes {effect.slot}, which its footprint does not write")
            after[effect.slot] = store.apply(effect, after[effect.slot])
        changed = any(after[slot] is not slots[slot] and after[slot] != slots[slot] for slot in writes)
        new = tuple(after[slot] for slot in writes) if changed else None
        left = tuple(record for effect in result.effects for record in _left(effect))
        if isinstance(result, Rejected):
            return Deed(result.clause, (), new, left)
        return Deed(None, result.events, new, left)


def peers_of(arguments: Mapping[str, object]) -> tuple[Name, ...]:
    """The names that a footprint speaks of."""
    if "peers" in arguments:
        return cast(tuple[Name, ...], arguments["peers"])
    return (cast(Name, arguments["peer"]),) if "peer" in arguments else ()


def _left(effect: Effect) -> tuple[Left, ...]:
    match effect:
        case effects.Append(_, record):
            return (record,)
        case effects.Announce(_, announcement):
            return (announcement,)
        case effects.Publish(_, posts):
            return posts
        case effects.Extend(_, entry):
            return (entry,)
    return ()


def signing(name: Name) -> Term:
    """The static private key of a name in the model."""
    return Term("signing", name)


def static_key(name: Name) -> Term:
    """The static public key of a name in the model."""
    return Term("public", signing(name))


def stay_of(me: Member) -> int:
    """The number of the stay that a member is in, read off its incarnation; 0 outside."""
    if me.presence is None:
        return 0
    incarnation = me.presence.incarnation
    assert isinstance(incarnation, Term), "the model runs on terms"
    return cast(int, incarnation.args[1])
