"""Disclosure: once both of a pair have left, the intruder is given all that they still hold, their static keys first.

What is promised of the two ends there, but for one thing: what they said before stays secret. So the step is the last
of a behaviour. (What somebody can do to others who has the keys of members, an insider does.)
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Final, cast

from lockedroom.model.segment.intruder import SEEN, SPENT
from lockedroom.model.segment.knowledge import INTRUDER, Record
from lockedroom.reference.machine import Action, Name, Outcome, Slot
from lockedroom.reference.segment.effects import life, member
from lockedroom.reference.segment.records import Announcement, Entry
from lockedroom.reference.segment.state import Member

DISCLOSE: Final = "disclose"


def disclose(one: Name, other: Name, budget: int, last: Mapping[Slot, Hashable]) -> Action:
    """The intruder learns what two members hold that have left, having said something to each other; `last` is where
    that ends."""

    def run(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
        spent, seen, here, there = cast(int, values[0]), values[1], values[4], values[5]
        if here or there or spent >= budget:
            return ()
        if not any(between(record, one, other) for record in cast(frozenset[Record], seen)):
            return ()
        return (Outcome(tuple(last.values())),)

    reads = (SPENT, SEEN, member(one), member(other), life(one), life(other))
    return Action(DISCLOSE, INTRUDER, (("one", one), ("other", other)), reads, tuple(last), run)


def disclosed(action: Action, values: tuple[Hashable, ...]) -> tuple[tuple[Member, Member], frozenset[Record]]:
    """Whose secrets a disclosure gives away, and what was seen until then."""
    before = dict(zip(action.reads, values, strict=True))
    one, other = (cast(Member, before[member(cast(Name, name))]) for _, name in action.arguments)
    return (one, other), cast(frozenset[Record], before[SEEN])


def between(record: Record, one: Name, other: Name) -> bool:
    """Whether one of the two made a record for the other."""
    if isinstance(record, Announcement | Entry):
        return False
    return {record.sender, record.recipient} == {one, other}
