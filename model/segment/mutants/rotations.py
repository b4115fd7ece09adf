"""Mistakes in rotating keys and in moving from epoch to epoch."""

from __future__ import annotations

from typing import Final

from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.mutants.mutant import AGREED, LOST, ROTATING, Mutant

MUTANTS: Final[tuple[Mutant, ...]] = (
    Mutant(
        "an acknowledgement goes out under the old epoch",
        "SEG-ROTATE-6",
        (("sessions", "moved = replace(session, sending=owed, owed=None)", "moved = replace(session, owed=None)"),),
        LOST,
        ROTATING,
    ),
    Mutant(
        "the loser of two rotations sticks to its own",
        "SEG-ROTATE-5",
        (
            (
                "sessions",
                "session = replace(drop_epoch(session, session.pending), pending=None)",
                "session = replace(session, pending=None, sending=session.pending)",
            ),
        ),
        AGREED,
        ROTATING,
    ),
    Mutant(
        "no epoch is numbered above three",
        "SEG-EPOCH-4",
        (("sessions", "record.rotation > newest(session) + 1:", "record.rotation > 3:"),),
        LOST,
        Bounds(2, 0, 1, rotations=2),
    ),
)
