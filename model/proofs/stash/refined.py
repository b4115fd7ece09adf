"""Whether the stash's engine refines what is proved, within bounds, and which of its mutants must not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from lockedroom.model.proofs import refined
from lockedroom.model.proofs.refined import Mistakes, Refined
from lockedroom.model.proofs.stash.refinement import Refinement
from lockedroom.model.report import Progress
from lockedroom.model.stash import REFERENCE, Bounds, Logic, stash_subject
from lockedroom.model.stash_mutants import BY_NAME, MUTANTS

BOUNDS: Final = Bounds(holders=2, writes=2, intruder=1)
"""Without others."""

OUTSIDE: Final[Mapping[str, str]] = {
    "what was seen is refused too": "no action has to happen: a refusal is free",
}
"""The mutants that are steps of the abstract system all the same, and why."""


def by_entries(
    bounds: Bounds = BOUNDS,
    logic: Logic = REFERENCE,
    *,
    jobs: int | None = 1,
    time_limit: float | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Refined:
    """Check every memo entry of an exploration; the first that is no step ends it."""
    machine = stash_subject(bounds, logic=logic).machine
    return refined.by_entries(machine, Refinement(logic), bounds, jobs=jobs, time_limit=time_limit, progress=progress)


def by_edges(bounds: Bounds = BOUNDS, logic: Logic = REFERENCE, *, time_limit: float | None = None) -> Refined:
    """Check every edge between whole states; the first that is no step ends it."""
    machine = stash_subject(bounds, logic=logic).machine
    return refined.by_edges(machine, Refinement(logic), bounds, time_limit=time_limit)


def _mistaken(name: str, time_limit: float | None) -> Refined:
    return by_entries(BY_NAME[name].bounds, BY_NAME[name].logic(), time_limit=time_limit)


MISTAKES: Final = Mistakes(
    tuple(mutant.name for mutant in MUTANTS if mutant.name not in OUTSIDE),
    tuple((name, BY_NAME[name].violates, reason) for name, reason in OUTSIDE.items()),
    _mistaken,
)
"""The library's mutants under this check."""
