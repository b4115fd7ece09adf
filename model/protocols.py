"""What is explored of each protocol: its bounds, its machine in a profile or with a mistake, its mistakes. Commands go
by this, as they go by `proofs.protocols` for what is proved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Final, Generic, TypeAlias, TypeVar

from lockedroom.model import stash, stash_mutants
from lockedroom.model.mutant import Mutant
from lockedroom.model.segment import bounds as segment
from lockedroom.model.segment import engine
from lockedroom.model.segment import mutants as segment_mutants
from lockedroom.model.segment.subject import segment_subject
from lockedroom.model.validator import Subject
from lockedroom.reference.profile import Profile, Switches
from lockedroom.reference.segment.profile import SWITCHES as SEGMENT_SWITCHES
from lockedroom.reference.stash.profile import SWITCHES as STASH_SWITCHES

Bounds: TypeAlias = segment.Bounds | stash.Bounds
Mistake: TypeAlias = Mutant[segment.Bounds, engine.Logic] | Mutant[stash.Bounds, stash.Logic]
_Bounds = TypeVar("_Bounds", segment.Bounds, stash.Bounds)
_Logic = TypeVar("_Logic")


@dataclass(frozen=True, slots=True)
class Explored(Generic[_Bounds, _Logic]):
    """What is explored of one protocol. `bounds` are meant where none are named, `verified` those of `lockedroom
    verify`; `machine`: what is explored within bounds, run by some logic in a profile; `reference` is its logic without
    a mistake."""

    name: str
    bounds: _Bounds
    verified: _Bounds
    machine: Callable[[_Bounds, _Logic, Profile], Subject]
    reference: _Logic
    switches: Switches
    mutants: Mapping[str, Mutant[_Bounds, _Logic]]

    def within(self, given: Mapping[str, int], others: _Bounds | None = None) -> _Bounds:
        """Its bounds by their names, `others` where none is given. Raises ValueError, with a text for people."""
        known = [one.name for one in fields(self.bounds)]
        if unknown := [name for name in given if name not in known]:
            raise ValueError(f"the {self.name} has no {', '.join(unknown)}, but {', '.join(known)}")
        return replace(others or self.bounds, **given)

    def subject(self, given: Mapping[str, int], profile: str | None = None, mutant: str | None = None) -> Subject:
        """The machine that these words name. Raises ValueError, with a text for people: NotApplicable for a mistake
        that does not match the source."""
        bounds, spoken = self.within(given), self.switches.profile_of(profile or "hardened")
        if mutant is not None and mutant not in self.mutants:
            raise ValueError("no mistake of that name is known")
        logic = self.mutants[mutant].logic() if mutant else self.reference
        return self.machine(bounds, logic, spoken)


SEGMENT: Final = Explored(
    "segment",
    segment.Bounds(),
    segment.VERIFY,
    lambda bounds, logic, profile: segment_subject(bounds, logic.under(profile)),
    engine.REFERENCE,
    SEGMENT_SWITCHES,
    segment_mutants.BY_NAME,
)
STASH: Final = Explored(
    "stash",
    stash.VERIFY,
    stash.VERIFY,
    lambda bounds, logic, profile: stash.stash_subject(bounds, profile, logic=logic),
    stash.REFERENCE,
    STASH_SWITCHES,
    stash_mutants.BY_NAME,
)


_Known: TypeAlias = Explored[segment.Bounds, engine.Logic] | Explored[stash.Bounds, stash.Logic]
PROTOCOLS: Final[Mapping[str, _Known]] = {one.name: one for one in (SEGMENT, STASH)}
"""Every protocol by its name."""
