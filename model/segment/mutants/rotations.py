"""Mistakes in rotating keys and in moving from epoch to epoch."""

from __future__ import annotations

from typing import Final

from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.mutants.mutant import AGREED, AUTHENTIC, LOST, NONCES, QUOTAS, Mutant, mistake

MUTANTS: Final[tuple[Mutant, ...]] = (
    mistake(
        "an acknowledgement goes out under the old epoch",
        "SEG-ROTATE-6",
        (("sessions", "moved = replace(session, sending=owed, owed=None)", "moved = replace(session, owed=None)"),),
        LOST,
        Bounds(2, 0, 1, rotations=1),
    ),
    mistake(
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
        Bounds(2, 0, 1, rotations=1),
    ),
    mistake(
        "no epoch is numbered above three",
        "SEG-EPOCH-4",
        (("sessions", "record.rotation <= newest(session) + 1:", "record.rotation <= 3:"),),
        LOST,
        Bounds(2, 0, 1, rotations=2),
    ),
    mistake(
        "one rotates while owing an acknowledgement",
        "SEG-ROTATE-1",
        (
            (
                "transitions",
                "if session.pending is not None or session.owed is not None:",
                "if session.pending is not None:",
            ),
        ),
        LOST,
        Bounds(2, 0, 1, rotations=1),
    ),
    mistake(
        "a rotation leaves no place for control records",
        "SEG-FULL-5",
        (
            (
                "transitions",
                (
                    "control=True):\n"
                    '        return Rejected("SEG-FULL-5", f"no room for a control record in the inbox of {peer}")\n'
                    "    presence = presence_of(at)\n"
                    "    master"
                ),
                (
                    "control=False):\n"
                    '        return Rejected("SEG-FULL-5", f"no room for a control record in the inbox of {peer}")\n'
                    "    presence = presence_of(at)\n"
                    "    master"
                ),
            ),
        ),
        QUOTAS,
        Bounds(2, 0, 1, rotations=1),
    ),
    mistake(
        "an acknowledgement leaves no place for control records",
        "SEG-FULL-5",
        (
            (
                "transitions",
                (
                    "control=True):\n"
                    '        return Rejected("SEG-FULL-5", f"no room for a control record in the inbox of {peer}")\n'
                    "    presence = presence_of(at)\n"
                    "    number"
                ),
                (
                    "control=False):\n"
                    '        return Rejected("SEG-FULL-5", f"no room for a control record in the inbox of {peer}")\n'
                    "    presence = presence_of(at)\n"
                    "    number"
                ),
            ),
        ),
        QUOTAS,
        Bounds(2, 0, 1, rotations=1),
    ),
    mistake(
        "every rotation has one master key",
        "SEG-ROTATE-2",
        (
            (
                "transitions",
                'at.fresh.draw("rotation", peer, session.theirs, session.sent)',
                'at.fresh.draw("rotation", peer, session.theirs)',
            ),
        ),
        AUTHENTIC,
        Bounds(2, 0, 1, rotations=2),
    ),
    mistake(
        "the new master is wrapped under the sending key",
        "SEG-ROTATE-2",
        (("sessions", "wrapped = suite.wrap(keys.rotation, master)", "wrapped = suite.wrap(keys.sending, master)"),),
        LOST,
        Bounds(2, 0, 1, rotations=1),
    ),
    mistake(
        "a proposal is not counted",
        "SEG-SEND-8",
        (
            (
                "sessions",
                "session, record = seal(suite, profile, segment, me, mine, session, wrapped, ROTATE, epoch.number)",
                "_, record = seal(suite, profile, segment, me, mine, session, wrapped, ROTATE, epoch.number)",
            ),
        ),
        NONCES,
        Bounds(2, 1, 1, rotations=1),
    ),
    mistake(
        "the proposer moves at once",
        "SEG-ROTATE-3",
        (
            (
                "sessions",
                "    return replace(session, pending=epoch), record",
                "    return replace(session, pending=epoch, sending=epoch), record",
            ),
        ),
        AGREED,
        Bounds(2, 0, 1, rotations=1),
    ),
    mistake(
        "an acknowledgement is not counted",
        "SEG-SEND-8",
        (
            (
                "sessions",
                '    return seal(suite, profile, segment, me, mine, moved, b"", ACKNOWLEDGE, owed.number)',
                '    return moved, seal(suite, profile, segment, me, mine, moved, b"", ACKNOWLEDGE, owed.number)[1]',
            ),
        ),
        NONCES,
        Bounds(2, 0, 1, rotations=1),
    ),
    mistake(
        "no rotation may raise the number",
        "SEG-EPOCH-4",
        (("sessions", "record.rotation <= newest(session) + 1:", "record.rotation <= newest(session):"),),
        LOST,
        Bounds(2, 0, 1, rotations=1),
    ),
    mistake(
        "of two rotations both are adopted",
        "SEG-ROTATE-5",
        (
            (
                "sessions",
                "if any(rival == proposal or (tied and rival.outranks(proposal)) for rival in rivals):",
                "if False:",
            ),
        ),
        LOST,
        Bounds(2, 0, 1, rotations=1),
    ),
    mistake(
        "a proposal that is read is not counted",
        "SEG-RECEIVE-6",
        (("sessions", "    session = received(session, record)\n    rivals", "    rivals"),),
        LOST,
        Bounds(2, 0, 1, rotations=1),
    ),
    mistake(
        "a proposal stays pending when it is acknowledged",
        "SEG-ROTATE-7",
        (("sessions", "if pending is not None and not pending.outranks(sending):", "if False:"),),
        AGREED,
        Bounds(2, 0, 1, rotations=1),
    ),
    mistake(
        "reading under a new epoch does not move the sender",
        "SEG-EPOCH-3",
        (
            (
                "sessions",
                "sending = record.epoch if record.epoch.outranks(session.sending) else session.sending",
                "sending = session.sending",
            ),
        ),
        AGREED,
        Bounds(2, 0, 1, rotations=1),
    ),
    mistake(
        "the loser of two rotations still waits",
        "SEG-ROTATE-5",
        (
            (
                "sessions",
                "session = replace(drop_epoch(session, session.pending), pending=None)",
                "session = drop_epoch(session, session.pending)",
            ),
        ),
        AGREED,
        Bounds(2, 0, 1, rotations=1),
    ),
    mistake(
        "every rotation is number one",
        "SEG-ROTATE-2",
        (("sessions", "epoch = Epoch(newest(session) + 1, me)", "epoch = Epoch(1, me)"),),
        AGREED,
        Bounds(2, 0, 1, rotations=1),
    ),
    mistake(
        "an acknowledgement is looked for under the peer's name",
        "SEG-RECEIVE-7",
        (("sessions", "record.epoch == session.pending", "record.epoch == Epoch(record.rotation, session.peer)"),),
        LOST,
        Bounds(2, 0, 1, rotations=1),
    ),
)
