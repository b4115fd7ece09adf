"""Mistakes in sending, multicasting, publishing, reading and receiving."""

from __future__ import annotations

from typing import Final

from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.mutants.mutant import (
    ACCESS,
    AUTHENTIC,
    BINDING,
    LOST,
    MULTICAST,
    NONCES,
    ONCE,
    QUOTAS,
    Mutant,
    mistake,
)

MUTANTS: Final[tuple[Mutant, ...]] = (
    mistake(
        "what the revoked send later is read",
        "SEG-RECEIVE-4",
        (("transitions", "if closing is not None and record.sealed not in closing.lying:", "if False:"),),
        ACCESS,
        Bounds(2, 1, 1, revocations=1),
    ),
    mistake(
        "a sequence number may come again",
        "SEG-RECEIVE-6",
        (("transitions", "if record.sequence <= session.received and", "if record.sequence < session.received and"),),
        ONCE,
        Bounds(2, 1, 1, intruder=1),
    ),
    mistake(
        "the sequence goes by what was received",
        "SEG-SEND-8",
        (("sessions", "sequence = session.sent + 1", "sequence = session.received + 1"),),
        NONCES,
        Bounds(2, 2, 1),
    ),
    mistake(
        "both sides publish under the same nonces",
        "SEG-PUBLISH-2",
        (
            ("sessions", "nonce = (1 if board.epoch.proposer == me else 2, number)", "nonce = (1, number)"),
            (
                "sessions",
                "nonce = (1 if record.epoch.proposer == record.sender else 2, record.number)",
                "nonce = (1, record.number)",
            ),
        ),
        NONCES,
        Bounds(2, 1, 1),
    ),
    mistake(
        "a multicast stops after its first replica",
        "SEG-MULTICAST-2",
        (("transitions", "    for session in pairs:\n", "    for session in pairs[:1]:\n"),),
        MULTICAST,
        Bounds(3, 1, 1),
    ),
    mistake(
        "who has no right sends",
        "SEG-SEND-1",
        (("guards", "if not may_send(me, me.name):", "if False:"),),
        ACCESS,
        Bounds(2, 1, 1, revocations=1),
    ),
    mistake(
        "who has left is sent to",
        "SEG-SEND-3",
        (("guards", "if at.board.announces(peer, session.theirs):", "if True:"),),
        LOST,
        Bounds(2, 1, 1),
    ),
    mistake(
        "the incarnation that is announced is not compared",
        "SEG-SEND-3",
        (("guards", "if at.board.announces(peer, session.theirs):", "if at.board.announcement(peer) is not None:"),),
        LOST,
        Bounds(2, 1, 2),
    ),
    mistake(
        "the revoked are sent to",
        "SEG-SEND-4",
        (("guards", "if session.ended or presence.closing(peer, session.theirs) is not None:", "if session.ended:"),),
        ACCESS,
        Bounds(2, 1, 1, revocations=1),
    ),
    mistake(
        "sending does not ask for room",
        "SEG-FULL-1",
        (
            (
                "transitions",
                (
                    "    if not at.inbox(peer).room(at.me.name, control=False):\n"
                    '        return Rejected("SEG-FULL-1", f"no room in the inbox of {peer}: it must read first")\n'
                    "    presence"
                ),
                "    presence",
            ),
        ),
        QUOTAS,
        Bounds(2, 2, 1),
    ),
    mistake(
        "a message takes the place kept for control records",
        "SEG-FULL-1",
        (
            (
                "transitions",
                (
                    "    if not at.inbox(peer).room(at.me.name, control=False):\n"
                    '        return Rejected("SEG-FULL-1", f"no room in the inbox of {peer}: it must read first")\n'
                    "    presence"
                ),
                (
                    "    if not at.inbox(peer).room(at.me.name, control=True):\n"
                    '        return Rejected("SEG-FULL-1", f"no room in the inbox of {peer}: it must read first")\n'
                    "    presence"
                ),
            ),
        ),
        QUOTAS,
        Bounds(2, 2, 1),
    ),
    mistake(
        "a message is not counted",
        "SEG-SEND-8",
        (
            (
                "transitions",
                (
                    "    me = replace(at.me, presence=presence.having(session))\n"
                    "    return Step(me, (effects.Append(inbox(peer), record),), (events.Sent("
                ),
                ("    me = at.me\n    return Step(me, (effects.Append(inbox(peer), record),), (events.Sent("),
            ),
        ),
        NONCES,
        Bounds(2, 2, 1),
    ),
    mistake(
        "the nonce is one behind the sequence number",
        "SEG-RECEIVE-8",
        (("sessions", "(0, record.sequence), message", "(0, record.sequence - 1), message"),),
        LOST,
        Bounds(2, 1, 1),
    ),
    mistake(
        "the nonce is always zero",
        "SEG-SEND-7",
        (
            ("sessions", "(0, sequence), message", "(0, 0), message"),
            ("sessions", "(0, record.sequence), message", "(0, 0), message"),
        ),
        NONCES,
        Bounds(2, 2, 1),
    ),
    mistake(
        "messages are opened with the sending key",
        "SEG-RECEIVE-8",
        (("sessions", "suite.open(keys.receiving, (0, rec", "suite.open(keys.sending, (0, rec"),),
        LOST,
        Bounds(2, 1, 1),
    ),
    mistake(
        "messages are sealed under the first epoch",
        "SEG-SEND-6",
        (
            (
                "sessions",
                (
                    "    keys = session.keys(session.sending)\n"
                    '    assert keys is not None, "a session always keeps the keys that it sends under"\n'
                    "    sequence"
                ),
                "    keys = session.epochs[0]\n    sequence",
            ),
        ),
        LOST,
        Bounds(2, 1, 1),
    ),
    mistake(
        "messages are sealed for no segment",
        "SEG-SEND-6",
        (
            (
                "sessions",
                "message_transcript(segment, record, profile), body)",
                'message_transcript(b"", record, profile), body)',
            ),
            (
                "sessions",
                "message_transcript(segment, record, profile), record.sealed)",
                'message_transcript(b"", record, profile), record.sealed)',
            ),
        ),
        BINDING,
        Bounds(2, 1, 1),
    ),
    mistake(
        "a multicast is not counted",
        "SEG-SEND-8",
        (("transitions", "        presence = presence.having(moved)\n", ""),),
        NONCES,
        Bounds(2, 2, 1),
    ),
    mistake(
        "a multicast does not ask for room",
        "SEG-FULL-2",
        (
            (
                "transitions",
                (
                    "        if not at.inbox(peer).room(at.me.name, control=False):\n"
                    '            return Rejected("SEG-FULL-2"'
                ),
                '        if False:\n            return Rejected("SEG-FULL-2"',
            ),
        ),
        QUOTAS,
        Bounds(2, 2, 1),
    ),
    mistake(
        "a publication is not counted",
        "SEG-PUBLISH-3",
        (("transitions", "presence=replace(presence, posts=number)", "presence=presence"),),
        NONCES,
        Bounds(2, 2, 1),
    ),
    mistake(
        "posts are sealed for no segment",
        "SEG-PUBLISH-2",
        (
            (
                "sessions",
                "post_transcript(segment, record, profile), body)",
                'post_transcript(b"", record, profile), body)',
            ),
            (
                "sessions",
                "post_transcript(segment, record, profile), record.sealed)",
                'post_transcript(b"", record, profile), record.sealed)',
            ),
        ),
        BINDING,
        Bounds(2, 1, 1),
    ),
    mistake(
        "the reader takes its own side's nonce",
        "SEG-READ-3",
        (
            (
                "sessions",
                "nonce = (1 if record.epoch.proposer == record.sender else 2, record.number)",
                "nonce = (2 if record.epoch.proposer == record.sender else 1, record.number)",
            ),
        ),
        LOST,
        Bounds(2, 1, 1),
    ),
    mistake(
        "posts are read under the last key",
        "SEG-READ-3",
        (("sessions", "    key = session.board(record.epoch)\n", "    key = session.boards[-1].key\n"),),
        LOST,
        Bounds(2, 1, 1),
    ),
    mistake(
        "posts for another stay are read",
        "SEG-READ-4",
        (
            (
                "transitions",
                (
                    "if at.profile.has(switch.IN_PLACE) and said != (peer, at.me.name, session.theirs, "
                    "presence.incarnation):"
                ),
                "if said[:3] != (peer, at.me.name, session.theirs):",
            ),
        ),
        LOST,
        Bounds(2, 1, 2),
    ),
    mistake(
        "receive leaves the record where it lies",
        "SEG-RECEIVE-8",
        (
            (
                "transitions",
                (
                    "    me = replace(me, presence=passed(presence.having(after), after))\n"
                    "    return Step(me, (effects.Take(inbox(me.name), peer),), (event,))"
                ),
                (
                    "    me = replace(me, presence=passed(presence.having(after), after))\n"
                    "    return Step(me, (), (event,))"
                ),
            ),
        ),
        LOST,
        Bounds(2, 1, 1),
    ),
    mistake(
        "the gap is one too wide",
        "SEG-RECEIVE-12",
        (
            (
                "transitions",
                "gap = max(0, record.sequence - session.received - 1)",
                "gap = max(0, record.sequence - session.received)",
            ),
        ),
        LOST,
        Bounds(2, 1, 1),
    ),
    mistake(
        "the next sequence number is refused",
        "SEG-RECEIVE-6",
        (
            (
                "transitions",
                "if record.sequence <= session.received and",
                "if record.sequence <= session.received + 1 and",
            ),
        ),
        LOST,
        Bounds(2, 1, 1),
    ),
    mistake(
        "a receiver counts records, not numbers",
        "SEG-RECEIVE-6",
        (
            (
                "sessions",
                "return replace(session, received=record.sequence, sending=",
                "return replace(session, received=session.received + 1, sending=",
            ),
        ),
        ONCE,
        Bounds(2, 2, 1, intruder=1),
    ),
    mistake(
        "what was received is not noted",
        "SEG-RECEIVE-6",
        (
            (
                "transitions",
                "me = replace(me, presence=passed(presence.having(after), after))",
                "me = replace(me, presence=presence)",
            ),
        ),
        LOST,
        Bounds(2, 2, 1),
    ),
    mistake(
        "a sealed record's fields are not authenticated",
        "SEG-SEND-6",
        (
            (
                "sessions",
                "message_transcript(segment, record, profile), body)",
                "message_transcript(segment, record, profile.without(switch.SEALED_HEADER)), body)",
            ),
            (
                "sessions",
                "message_transcript(segment, record, profile), record.sealed)",
                "message_transcript(segment, record, profile.without(switch.SEALED_HEADER)), record.sealed)",
            ),
        ),
        AUTHENTIC,
        Bounds(2, 0, 1, rotations=1, intruder=1),
    ),
)
