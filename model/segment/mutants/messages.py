"""Mistakes in sending, multicasting, publishing, reading and receiving."""

from __future__ import annotations

from typing import Final

from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.mutants.mutant import (
    ACCESS,
    INTRUDED,
    MULTICAST,
    NONCES,
    ONCE,
    REVOKED,
    ROOM,
    TALKING,
    Mutant,
)

MUTANTS: Final[tuple[Mutant, ...]] = (
    Mutant(
        "what the revoked send later is read",
        "SEG-RECEIVE-4",
        (("transitions", "if closing is not None and record.sealed not in closing.lying:", "if False:"),),
        ACCESS,
        REVOKED,
    ),
    Mutant(
        "a sequence number may come again",
        "SEG-RECEIVE-6",
        (("transitions", "if record.sequence <= session.received and", "if record.sequence < session.received and"),),
        ONCE,
        INTRUDED,
    ),
    Mutant(
        "the sequence goes by what was received",
        "SEG-SEND-8",
        (("sessions", "sequence = session.sent + 1", "sequence = session.received + 1"),),
        NONCES,
        TALKING,
    ),
    Mutant(
        "both sides publish under the same nonces",
        "SEG-PUBLISH-2",
        (("sessions", "nonce = (1 if board.epoch.proposer == me else 2, number)", "nonce = (1, number)"),),
        NONCES,
        ROOM,
    ),
    Mutant(
        "a multicast stops after its first replica",
        "SEG-MULTICAST-2",
        (("transitions", "    for session in pairs:\n", "    for session in pairs[:1]:\n"),),
        MULTICAST,
        Bounds(3, 1, 1),
    ),
)
