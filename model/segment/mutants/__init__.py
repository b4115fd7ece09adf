"""Mistakes that an engine could have, each with the property that it violates and bounds that suffice to see it.

They show that the properties mean something: each is found, by the shortest path, and the engine without it passes
within the same bounds. A mistake is a substitution in the source of the logic; one that no longer matches its module is
an error, not a pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lockedroom.model.segment.mutants import comings, lists, messages, rotations, sharing
from lockedroom.model.segment.mutants.mutant import Mutant

__all__ = ["BY_NAME", "MUTANTS", "Mutant"]

MUTANTS: Final[tuple[Mutant, ...]] = (
    *lists.MUTANTS,
    *comings.MUTANTS,
    *sharing.MUTANTS,
    *messages.MUTANTS,
    *rotations.MUTANTS,
)
"""Every mutant; at least one for each property that is exercised."""

BY_NAME: Final[Mapping[str, Mutant]] = {mutant.name: mutant for mutant in MUTANTS}
