"""Where Hypothesis plays the segment: the grounds of a hunt, small rooms that differ in what can happen in them."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Final

from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.engine import REFERENCE, Logic
from lockedroom.model.segment.subject import segment_subject
from lockedroom.model.stateful import Ground

GROUNDS: Final = (
    Bounds(2, 1, 1, rotations=1),
    Bounds(2, 0, 1, intruder=1),
    Bounds(2, 1, 1, revocations=1),
    Bounds(2, 2, 1),
    Bounds(2, 1, 2, crashes=1),
    Bounds(2, 1, 1, intruder=1),
    Bounds(3, 0, 1, intruder=1, insider=1),
    Bounds(2, 0, 1, rotations=2),
    Bounds(2, 0, 1, intruder=2),
    Bounds(2, 0, 1, revocations=1, intruder=1, insider=1),
    Bounds(3, 1, 1, revocations=1),
    Bounds(2, 1, 2, intruder=1),
    Bounds(2, 2, 1, rotations=1, revocations=1, crashes=1, intruder=2),
)
"""In the order in which they take turns."""


def grounds(logic: Logic = REFERENCE) -> tuple[Ground, ...]:
    """The grounds of a hunt through the segment, by the reference's logic or a mutant's."""
    return tuple(Ground(asdict(bounds), partial(segment_subject, bounds, logic)) for bounds in GROUNDS)
