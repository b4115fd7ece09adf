"""The library's mutants under the refinement check: which of them it is to catch, and why not the others.

What is proved is safety against an intruder who owns the store. So a mistake that breaks what is promised in a hostile
store must be caught as a step that is none; one that breaks what only an honest store adds, or that anything happens at
all, need not be, though many are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lockedroom.model.proofs.refined import Mistakes, Refined
from lockedroom.model.proofs.segment.refined import by_entries
from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.mutants import BY_NAME as NAMED
from lockedroom.model.segment.mutants import MUTANTS, Mutant
from lockedroom.model.segment.mutants import mutant as broken
from lockedroom.model.segment.progress import PROGRESS
from lockedroom.model.segment.properties import BY_NAME

OUTSIDE: Final[Mapping[str, str]] = {
    broken.LOST: "a record may be lost: the abstract intruder takes away what it likes",
    broken.ADDRESSEE: "anybody may empty an inbox: the abstract intruder does",
    broken.STANDING: "the board and the life locks are the intruder's: what stands there comes and goes",
    broken.QUOTAS: "there is no capacity: a refusal for want of room is free, and so is one record more",
    broken.MULTICAST: "a multicast is one send for each replica",
    broken.AGREED: "under which of the keys that they share two members send is for an honest store alone",
    PROGRESS: "no action has to happen",
}
"""Why a mistake that violates this property may be a step of the abstract system all the same."""

WITHIN: Final[Mapping[str, Bounds]] = {"the keys of an epoch name nobody": Bounds(2, 1, 1)}
"""Other bounds than the mutant's own, where a step shows the mistake that these do not have: something is sealed."""


def to_be_caught(mutant: Mutant) -> bool:
    """Whether the check is to catch it."""
    return BY_NAME[mutant.violates].store == "hostile"


CAUGHT: Final = tuple(mutant for mutant in MUTANTS if to_be_caught(mutant))
"""The mutants that it is to catch."""


def refined(mutant: Mutant, *, jobs: int | None = 1, time_limit: float | None = None) -> Refined:
    """What becomes of the engine with this mistake. Raises NotApplicable when it does not match the source."""
    bounds = WITHIN.get(mutant.name, mutant.bounds)
    return by_entries(bounds, mutant.logic(), jobs=jobs, time_limit=time_limit)


MISTAKES: Final = Mistakes(
    tuple(mutant.name for mutant in CAUGHT),
    tuple((one.name, one.violates, OUTSIDE[one.violates]) for one in MUTANTS if not to_be_caught(one)),
    lambda name, time_limit: refined(NAMED[name], time_limit=time_limit),
)
"""The library's mutants under this check."""
