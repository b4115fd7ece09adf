"""The segment's logic with a mistake in it. The modules that hold data (records, state, effects, events, views, store)
stay shared."""

from __future__ import annotations

from typing import Final

from lockedroom.model.loader import NotApplicable, Patch, copies
from lockedroom.model.segment.engine import Logic

__all__ = ["LOGIC", "NotApplicable", "Patch", "mutated"]

LOGIC: Final = ("acl", "sessions", "guards", "creator", "transitions", "table")
"""The modules of logic, each after those that it imports."""


def mutated(name: str, patches: tuple[Patch, ...]) -> Logic:
    """The segment's logic with these substitutions. Raises NotApplicable."""
    table = copies("lockedroom.reference.segment", LOGIC, name, patches)["table"]
    return Logic(table.BY_OPERATION, table.perform)
