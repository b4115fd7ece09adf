"""A whole room as plain values: every slot, and the taking of one transition by one member.

What tests, diagrams and replays on the engine stand on. It holds the footprints to what the table declares:
a transition sees the slots that it reads, and may change those that it writes. It decides nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import cast

from lockedroom.reference.crypto.suite import Entropy, Suite
from lockedroom.reference.errors import FootprintError
from lockedroom.reference.machine import Name, Slot, Step
from lockedroom.reference.segment import effects, store
from lockedroom.reference.segment.guards import Result
from lockedroom.reference.segment.profile import HARDENED, Profile
from lockedroom.reference.segment.records import Capacity
from lockedroom.reference.segment.state import Member
from lockedroom.reference.segment.table import BY_OPERATION, perform


@dataclass(frozen=True, slots=True)
class Room:
    """The suite and capacity of a room, the values of its slots (one that is not there is empty), and the profile that
    its members speak."""

    suite: Suite
    capacity: Capacity
    slots: Mapping[Slot, Hashable]
    profile: Profile = HARDENED

    def value(self, slot: Slot) -> Hashable:
        """What the slot holds."""
        if slot in self.slots:
            return self.slots[slot]
        match slot.kind:
            case "header":
                return None
            case "life":
                return False
            case "member":
                raise KeyError(f"nobody is called {slot.owner} here")
            case _:
                return store.EMPTY

    def member(self, name: Name) -> Member:
        """The private state of a member. Raises KeyError for a name that nobody has."""
        return cast(Member, self.value(effects.member(name)))

    def having(self, slot: Slot, value: Hashable) -> Room:
        """The room with another value in one slot: what a hostile store, or a crash, can do."""
        return replace(self, slots={**self.slots, slot: value})

    def take(self, actor: Name, operation: str, fresh: Entropy, **arguments: object) -> tuple[Room, Result]:
        """The room after `actor` has taken the transition, and what it gave.

        Raises KeyError for an operation that there is not, FootprintError when an effect touches a slot that
        the transition does not write.
        """
        transition = BY_OPERATION[operation]
        peers = arguments.get("peers", (arguments["peer"],) if "peer" in arguments else ())
        reads, writes = transition.footprint(actor, cast(tuple[Name, ...], peers))
        seen = {slot: self.value(slot) for slot in reads}
        at = store.at(self.member(actor), self.suite, fresh, self.capacity, seen, self.profile)
        result = perform(transition, at, **arguments)
        slots = dict(self.slots)
        state = result.state
        if state is not None and state != self.member(actor):
            if effects.member(actor) not in writes:
                raise FootprintError(f"{operation} changes its member's state, which its footprint does not write")
            slots[effects.member(actor)] = state
        for effect in result.effects:
            if effect.slot not in writes:
                raise FootprintError(f"{operation} changes {effect.slot}, which its footprint does not write")
            slots[effect.slot] = store.apply(effect, slots.get(effect.slot, self.value(effect.slot)))
        return replace(self, slots=slots), result

    def ok(self, actor: Name, operation: str, fresh: Entropy, **arguments: object) -> Room:
        """The room after a step that must be taken. Raises ValueError, with the rejection, when it is refused."""
        after, result = self.take(actor, operation, fresh, **arguments)
        if not isinstance(result, Step):
            raise ValueError(f"{actor}: {operation} was refused: {result.detail} [{result.clause}]")
        return after
