"""Mistakes in joining, leaving, reaping: what stands on the board, who lives."""

from __future__ import annotations

from typing import Final

from lockedroom.model.segment.mutants.mutant import ACCESS, ADDRESSEE, CRASHED, REVOKED, ROOM, STANDING, Mutant

MUTANTS: Final[tuple[Mutant, ...]] = (
    Mutant(
        "the revoked may join",
        "SEG-JOIN-1",
        (
            (
                "transitions",
                'if subject is None or not subject.rights & records.JOIN:\n        return Rejected("SEG-JOIN-1"',
                'if subject is None:\n        return Rejected("SEG-JOIN-1"',
            ),
        ),
        ACCESS,
        REVOKED,
    ),
    Mutant(
        "reaping empties the inbox of the living",
        "SEG-REAP-1",
        (
            ("transitions", "if at.alive(peer) and at.profile.has(switch.LIFE_LOCKS):", "if False:"),
            (
                "transitions",
                "(effects.Withdraw(BOARD, peer), effects.Purge(inbox(peer)))",
                "(effects.Purge(inbox(peer)),)",
            ),
        ),
        ADDRESSEE,
        CRASHED,
    ),
    Mutant(
        "the living are reaped",
        "SEG-REAP-1",
        (("transitions", "if at.alive(peer) and at.profile.has(switch.LIFE_LOCKS):", "if False:"),),
        STANDING,
        CRASHED,
    ),
    Mutant(
        "leaving withdraws nothing",
        "SEG-LEAVE-1",
        (("transitions", "done = (effects.Withdraw(BOARD, name), effects.Purge", "done = (effects.Purge"),),
        STANDING,
        ROOM,
    ),
)
