"""Mistakes in exchanging and accepting keys, and in what is derived from them."""

from __future__ import annotations

from typing import Final

from lockedroom.model.segment.mutants.mutant import AGREED, AUTHENTIC, INTRUDED, ROOM, SECRET, Mutant
from lockedroom.model.segment.progress import PROGRESS

MUTANTS: Final[tuple[Mutant, ...]] = (
    Mutant(
        "accept does not verify the signature",
        "SEG-ACCEPT-4",
        (("transitions", "if not suite.verify(subject.key, transcript, record.signature):", "if False:"),),
        AUTHENTIC,
        INTRUDED,
    ),
    Mutant(
        "accept takes an exchange a second time",
        "SEG-ACCEPT-5",
        (
            (
                "transitions",
                "once = profile.has(switch.ONE_EXCHANGE)",
                "once = False",
            ),
        ),
        AUTHENTIC,
        INTRUDED,
    ),
    Mutant(
        "one master key for all peers",
        "SEG-EXCHANGE-8",
        (("transitions", 'master = at.fresh.draw("master", peer, theirs)', 'master = at.fresh.draw("master")'),),
        AUTHENTIC,
        ROOM,
    ),
    Mutant(
        "the key-encryption key comes from the ciphertext",
        "SEG-KEYS-1",
        (("transitions", "suite.derive(encapsulated.secret,", "suite.derive(encapsulated.ciphertext,"),),
        SECRET,
        ROOM,
    ),
    Mutant(
        "the last exchange wins",
        "SEG-ACCEPT-7",
        (
            (
                "sessions",
                "sending=epoch if not tied or epoch.outranks(session.sending) else session.sending,",
                "sending=epoch,",
            ),
        ),
        AGREED,
        ROOM,
    ),
    Mutant(
        "an exchange that crosses one's own is put off",
        "SEG-EXCHANGE-9",
        (
            (
                "transitions",
                "    once = profile.has(switch.ONE_EXCHANGE)\n",
                '    if session and session.offered:\n        return Rejected("SEG-ACCEPT-5", "mine first")\n'
                "    once = profile.has(switch.ONE_EXCHANGE)\n",
            ),
        ),
        PROGRESS,
        ROOM,
    ),
)
