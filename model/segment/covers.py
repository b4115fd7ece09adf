"""Defences that nobody misses because another one covers for them, which is missed by itself: what both losses admit.

Within bounds in which the other's loss alone admits an attack, that attack would be found first and would say nothing
of the two. So bounds are searched in which the other's loss alone admits none; where there are none that fit, the
intruder is denied what that attack is made of. Both are searched: with the other lost nothing may fall, with both
something must.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from lockedroom.model.segment.attacks import Searched, follow, search, segment_of
from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.knowledge import INTRUDER
from lockedroom.model.validator import Subject
from lockedroom.reference.machine import Action, Outcome
from lockedroom.reference.segment import profile as switch
from lockedroom.reference.segment.profile import HARDENED, Profile


@dataclass(frozen=True, slots=True)
class Cover:
    """What covers for a defence: the other defence, the bounds to search within, and what the intruder is denied there:
    operations with what their choices end in, and the same in words."""

    by: str
    bounds: Bounds
    denied: tuple[tuple[str, str], ...] = ()
    said: str = ""

    def __str__(self) -> str:
        without = f", as long as {self.said}" if self.said else ""
        return f"the loss of {self.by} alone admits nothing within these bounds{without}"


COVERS: Final[Mapping[str, Cover]] = {
    switch.SIGNED_STAYS: Cover(switch.BOUND_KEK, Bounds(2, 0, 2, intruder=1)),
    switch.SIGNED_NAMES: Cover(
        switch.BOUND_KEK,
        Bounds(3, 0, 1, intruder=2, insider=1),
        (("inject", "signed anew"),),
        "the insider signs nobody's exchange anew",
    ),
}
"""What covers for which defence."""


@dataclass(frozen=True, slots=True)
class Uncovered:
    """What was searched: with the defence and what covers for it lost, and with what covers for it lost alone."""

    both: Searched
    alone: Searched

    @property
    def shown(self) -> bool:
        """Whether both losses admit an attack and the other's alone none."""
        return self.both.attack is not None and self.alone.attack is None and self.alone.complete


def uncovered(name: str, deadline: float | None = None) -> Uncovered:
    """Search for what is admitted without a defence and what covers for it, until the deadline. Raises KeyError for one
    that nothing covers for; KeyboardInterrupt when interrupted; Stale for a fault of ours."""
    cover = COVERS[name]

    def make(bounds: Bounds, profile: Profile) -> Subject:
        return denying(segment_of(bounds, profile), cover.denied)

    both = search(cover.bounds, HARDENED.without(name, cover.by), make, deadline=deadline)
    alone = search(cover.bounds, HARDENED.without(cover.by), make, deadline=deadline)
    if both.attack is not None:
        follow(segment_of(cover.bounds, both.attack.profile), both.attack)
    return Uncovered(both, alone)


def denying(subject: Subject, denied: tuple[tuple[str, str], ...]) -> Subject:
    """The subject with an intruder that has these choices no more."""
    return replace(
        subject,
        machine=replace(subject.machine, actions=tuple(_denied(action, denied) for action in subject.machine.actions)),
    )


def _denied(action: Action, denied: tuple[tuple[str, str], ...]) -> Action:
    ends = tuple(end for operation, end in denied if operation == action.operation)
    if action.actor != INTRUDER or not ends:
        return action

    def run(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in action.run(values) if not outcome.label.endswith(ends))

    return replace(action, run=run)
