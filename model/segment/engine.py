"""Calls of the reference engine, each made once: what a transition of the table does to the parts of its footprint.

The explorer's actions read more than the engine does (budgets, ghosts); this is the second memo, keyed by what the
engine itself sees. Values are told apart by identity: the explorer interns them, and whatever was asked about is kept
alive here, so an identity never comes to mean something else.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias, cast

from lockedroom.reference.crypto.suite import Suite
from lockedroom.reference.crypto.symbolic import SymbolicEntropy, SymbolicSuite
from lockedroom.reference.crypto.terms import Term
from lockedroom.reference.errors import FootprintError
from lockedroom.reference.machine import Effect, Event, Name, Rejected, Slot, Step, Transition
from lockedroom.reference.segment import effects, parts, table
from lockedroom.reference.segment.profile import HARDENED, Profile
from lockedroom.reference.segment.records import Announcement, Capacity, Consumable, Entry, Post
from lockedroom.reference.segment.state import Member

Result: TypeAlias = "Step[Member] | Rejected[Member]"
Left: TypeAlias = "Consumable | Announcement | Post | Entry"

SUITE: Final[Suite] = SymbolicSuite()


@dataclass(frozen=True, slots=True)
class Logic:
    """The protocol's logic: its rows by operation, what takes one (the reference's, or a mutant's), and in which
    profile."""

    rows: Mapping[str, Transition]
    perform: Callable[..., Result]
    profile: Profile = HARDENED

    def under(self, profile: Profile) -> Logic:
        """The same in another profile."""
        return replace(self, profile=profile)


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

    __slots__ = ("calls", "capacity", "logic", "names")

    def __init__(self, capacity: Capacity, names: tuple[Name, ...], logic: Logic = REFERENCE) -> None:
        self.capacity = capacity
        self.names = names
        self.logic = logic
        self.calls = 0

    def count(self) -> int:
        """How often it has run."""
        return self.calls

    def call(self, operation: str, actor: Name, arguments: tuple[tuple[str, object], ...] = ()) -> Call:
        """A transition bound to its actor and arguments."""
        return Call(self, operation, actor, arguments)


class Call:
    """A transition bound to its actor and arguments, with its footprint by parts and its memo. `reads` are the
    slots that it reads, `writes` those that it writes, `slots` both; each in a fixed order."""

    __slots__ = ("_actor", "_arguments", "_deeds", "_engine", "_own", "_row", "reads", "slots", "writes")

    def __init__(self, engine: Engine, operation: str, actor: Name, arguments: tuple[tuple[str, object], ...]) -> None:
        self._engine = engine
        self._actor = actor
        self._arguments = dict(arguments)
        self._row = engine.logic.rows[operation]
        reads, writes = self._row.parts(actor, peers_of(self._arguments))
        self.reads = tuple(part for slot in reads for part in parts.cut(slot, engine.names))
        self.writes = tuple(part for slot in writes for part in parts.cut(slot, engine.names))
        self.slots = tuple(dict.fromkeys((*self.reads, *self.writes)))
        self._own = effects.member(actor)
        self._deeds: dict[tuple[int, ...], tuple[tuple[Hashable, ...], Deed]] = {}

    def deed(self, join: int, values: tuple[Hashable, ...]) -> Deed:
        """What is done, `join` being the number of the actor's stay, where `slots` have these values. Raises
        FootprintError when the row's footprint is not kept to."""
        key = (join, *map(id, values))
        found = self._deeds.get(key)
        if found is None:
            found = self._deeds[key] = (values, self.run(join, dict(zip(self.slots, values, strict=True))))
        return found[1]

    def run(self, join: int, before: Mapping[Slot, Hashable]) -> Deed:
        """The same, without a memo."""
        self._engine.calls += 1
        me = cast(Member, before[self._own])
        seen = {slot: before[slot] for slot in self.reads}
        logic = self._engine.logic
        view = parts.at(me, SUITE, SymbolicEntropy(self._actor, join), self._engine.capacity, seen, logic.profile)
        result = logic.perform(self._row, view, **self._arguments)
        clause = result.clause if isinstance(result, Rejected) else None
        happened = () if isinstance(result, Rejected) else result.events
        if not result.effects and (result.state is None or result.state == me):
            return Deed(clause, happened, None, ())
        after = dict(before)
        if result.state is not None and result.state != me:
            self._change(after, self._own, result.state)
        for effect in result.effects:
            for slot, value in parts.apply(effect, after, self._engine.names):
                self._change(after, slot, value)
        new = tuple(after[slot] for slot in self.writes)
        left = tuple(record for effect in result.effects for record in _left(effect))
        return Deed(clause, happened, new, left)

    def _change(self, after: dict[Slot, Hashable], slot: Slot, value: Hashable) -> None:
        if slot not in self.writes:
            raise FootprintError(f"{self._row.operation} changes {slot}, which its footprint does not write")
        after[slot] = value


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
