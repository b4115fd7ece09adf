"""Whether the stash's engine refines what is proved, within bounds, and which of its mutants must not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lockedroom.model.proofs.refined import Mistakes, Refined, Refining
from lockedroom.model.proofs.stash.refinement import Refinement
from lockedroom.model.stash import REFERENCE, Bounds, Logic, stash_subject
from lockedroom.model.stash_mutants import BY_NAME, MUTANTS

BOUNDS: Final = Bounds(holders=2, writes=2, intruder=1)
"""Without others."""

_FREE: Final = "no action has to happen: a refusal is free"

OUTSIDE: Final[Mapping[str, str]] = {
    "what was seen is refused too": _FREE,
    "whoever compares is refused": _FREE,
    "who compares nothing is refused too where the store was rolled back": _FREE,
    "what does not open is not written over": _FREE,
    "what was removed is not written again": _FREE,
    "a version is left out": "versions are an order without numbers: a later one is as good as the next",
}
"""The mutants that are steps of the abstract system all the same, and why."""


REFINING: Final[Refining[Bounds, Logic]] = Refining(
    lambda bounds, logic: stash_subject(bounds, logic=logic).machine,
    lambda _, logic: Refinement(logic),
    REFERENCE,
    BY_NAME,
)
by_entries, by_edges = REFINING.by_entries, REFINING.by_edges


def _mistaken(name: str, time_limit: float | None) -> Refined:
    return by_entries(BY_NAME[name].bounds, BY_NAME[name].logic(), jobs=1, time_limit=time_limit)


MISTAKES: Final = Mistakes(
    tuple(mutant.name for mutant in MUTANTS if mutant.name not in OUTSIDE),
    tuple((name, BY_NAME[name].violates, reason) for name, reason in OUTSIDE.items()),
    _mistaken,
)
"""The library's mutants under this check."""
