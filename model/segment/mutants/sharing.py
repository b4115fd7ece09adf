"""Mistakes in exchanging and accepting keys, and in what is derived from them."""

from __future__ import annotations

from typing import Final

from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.mutants.mutant import (
    ACCESS,
    AGREED,
    AUTHENTIC,
    BINDING,
    KNOWN,
    LOST,
    NONCES,
    QUOTAS,
    SECRET,
    Mutant,
    mistake,
)
from lockedroom.model.segment.progress import PROGRESS

MUTANTS: Final[tuple[Mutant, ...]] = (
    mistake(
        "accept does not verify the signature",
        "SEG-ACCEPT-4",
        (("transitions", "if not suite.verify(subject.key, transcript, record.signature):", "if False:"),),
        AUTHENTIC,
        Bounds(2, 0, 1, intruder=1),
    ),
    mistake(
        "accept takes an exchange a second time",
        "SEG-ACCEPT-5",
        (("transitions", "once = profile.has(switch.ONE_EXCHANGE)", "once = False"),),
        AUTHENTIC,
        Bounds(2, 0, 1, intruder=1),
    ),
    mistake(
        "one master key for all peers",
        "SEG-EXCHANGE-8",
        (("transitions", 'master = at.fresh.draw("master", peer, theirs)', 'master = at.fresh.draw("master")'),),
        AUTHENTIC,
        Bounds(2, 0, 1),
    ),
    mistake(
        "the key-encryption key comes from the ciphertext",
        "SEG-KEYS-1",
        (("transitions", "suite.derive(encapsulated.secret,", "suite.derive(encapsulated.ciphertext,"),),
        SECRET,
        Bounds(2, 0, 1),
    ),
    mistake(
        "the keys of an epoch name nobody",
        "SEG-KEYS-2",
        (
            (
                "sessions",
                'return Transcript("LR-SEG-KEYS", (segment, epoch.number, *first, *second))',
                'return Transcript("LR-SEG-KEYS", (segment, epoch.number))',
            ),
        ),
        KNOWN,
        Bounds(3, 0, 1, intruder=1, insider=1),
    ),
    mistake(
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
        Bounds(2, 0, 1),
    ),
    mistake(
        "an exchange that crosses one's own is put off",
        "SEG-ACCEPT-7",
        (
            (
                "transitions",
                "    once = profile.has(switch.ONE_EXCHANGE)\n",
                (
                    "    if session and session.offered:\n"
                    '        return Rejected("SEG-ACCEPT-5", "mine first")\n'
                    "    once = profile.has(switch.ONE_EXCHANGE)\n"
                ),
            ),
        ),
        PROGRESS,
        Bounds(2, 1, 1),
    ),
    mistake(
        "an announcement needs no signature",
        "SEG-EXCHANGE-4",
        (
            (
                "transitions",
                "if announced.name != peer or not suite.verify(subject.key, transcript, announced.signature):",
                "if announced.name != peer:",
            ),
        ),
        AUTHENTIC,
        Bounds(2, 0, 1, intruder=1),
    ),
    mistake(
        "who has no right exchanges",
        "SEG-EXCHANGE-1",
        (("transitions", "if not roster.rights(me.name) & records.EXCHANGE:", "if False:"),),
        ACCESS,
        Bounds(2, 0, 1, revocations=1),
    ),
    mistake(
        "a key is made for the revoked",
        "SEG-EXCHANGE-3",
        (
            (
                "transitions",
                "if subject is None or (strict and not subject.rights & records.JOIN):",
                "if subject is None:",
            ),
        ),
        ACCESS,
        Bounds(2, 0, 1, revocations=1),
    ),
    mistake(
        "a bit of the rights is read the wrong way round",
        "SEG-EXCHANGE-3",
        (
            (
                "transitions",
                "(strict and not subject.rights & records.JOIN)",
                "(strict and subject.rights & ~records.JOIN)",
            ),
        ),
        PROGRESS,
        Bounds(2, 1, 1),
    ),
    mistake(
        "a key is made twice for one incarnation",
        "SEG-EXCHANGE-6",
        (
            (
                "transitions",
                "(session.offered or (session.accepted and at.profile.has(switch.ONE_EXCHANGE)))",
                "(session.accepted and at.profile.has(switch.ONE_EXCHANGE))",
            ),
        ),
        AUTHENTIC,
        Bounds(2, 0, 1),
    ),
    mistake(
        "an exchange does not ask for room",
        "SEG-FULL-1",
        (
            (
                "transitions",
                ('    if not at.inbox(peer).room(me.name, control=False):\n        return Rejected("SEG-FULL-1"'),
                '    if False:\n        return Rejected("SEG-FULL-1"',
            ),
        ),
        QUOTAS,
        Bounds(2, 1, 2),
    ),
    mistake(
        "the master key is wrapped for everybody",
        "SEG-KEYS-1",
        (
            (
                "transitions",
                'suite.wrap(suite.derive(encapsulated.secret, "kek", context), master),',
                'suite.wrap(suite.derive(segment, "kek", context), master),',
            ),
            (
                "transitions",
                'suite.unwrap(suite.derive(secret, "kek", context), record.wrapped)',
                'suite.unwrap(suite.derive(segment, "kek", context), record.wrapped)',
            ),
        ),
        SECRET,
        Bounds(2, 0, 1),
    ),
    mistake(
        "the encapsulated secret is the master key",
        "SEG-EXCHANGE-8",
        (("transitions", 'master = at.fresh.draw("master", peer, theirs)\n', "master = encapsulated.secret\n"),),
        AUTHENTIC,
        Bounds(2, 0, 1),
    ),
    mistake(
        "one master key for all stays of a peer",
        "SEG-EXCHANGE-8",
        (("transitions", 'at.fresh.draw("master", peer, theirs)', 'at.fresh.draw("master", peer)'),),
        AUTHENTIC,
        Bounds(2, 0, 1),
    ),
    mistake(
        "maker and taker change places in the key's context",
        "SEG-KEYS-1",
        (
            (
                "transitions",
                "sessions.kek_context(segment, peer, me.name, theirs, presence.incarnation, presence.public, profile)",
                "sessions.kek_context(segment, me.name, peer, presence.incarnation, theirs, presence.public, profile)",
            ),
        ),
        LOST,
        Bounds(2, 0, 1),
    ),
    mistake(
        "exchanges are signed for no segment",
        "SEG-HEADER-7",
        (
            (
                "transitions",
                "records.exchange_transcript(segment, record, announced.ephemeral, at.profile)",
                'records.exchange_transcript(b"", record, announced.ephemeral, at.profile)',
            ),
            (
                "transitions",
                "records.exchange_transcript(segment, record, presence.public, profile)",
                'records.exchange_transcript(b"", record, presence.public, profile)',
            ),
        ),
        BINDING,
        Bounds(2, 0, 1),
    ),
    mistake(
        "accept leaves the exchange where it lies",
        "SEG-ACCEPT-8",
        (
            (
                "transitions",
                "return Step(me, (effects.Take(inbox(me.name), peer),), (events.Accepted(",
                "return Step(me, (), (events.Accepted(",
            ),
        ),
        LOST,
        Bounds(2, 0, 1),
    ),
    mistake(
        "what is past is forgotten",
        "SEG-RECEIVE-9",
        (("guards", "return replace(presence, sessions=kept, past=past)", "return replace(presence, sessions=kept)"),),
        AUTHENTIC,
        Bounds(2, 0, 2, intruder=1),
    ),
    mistake(
        "what is only offered is past",
        "SEG-RECEIVE-9",
        (
            (
                "guards",
                "if session.theirs != current.theirs and (session.accepted or session.received)",
                "if session.theirs != current.theirs",
            ),
        ),
        LOST,
        Bounds(2, 0, 2),
    ),
    mistake(
        "a crossing begins the session anew",
        "SEG-ACCEPT-7",
        (("sessions", "    if session is None or anew:", "    if session is None or maker == peer:"),),
        AGREED,
        Bounds(2, 0, 1),
    ),
    mistake(
        "a crossing drops the first key for posts",
        "SEG-ACCEPT-7",
        (("sessions", "        boards=(*session.boards, board),", "        boards=(board,),"),),
        AGREED,
        Bounds(2, 0, 1),
    ),
    mistake(
        "the first exchange wins",
        "SEG-ACCEPT-7",
        (
            (
                "sessions",
                "sending=epoch if not tied or epoch.outranks(session.sending) else session.sending,",
                "sending=session.sending,",
            ),
        ),
        AGREED,
        Bounds(2, 0, 1),
    ),
    mistake(
        "a tie goes to the lesser exchange",
        "SEG-EPOCH-2",
        (
            (
                "sessions",
                "sending=epoch if not tied or epoch.outranks(session.sending) else session.sending,",
                "sending=session.sending if epoch.outranks(session.sending) else epoch,",
            ),
        ),
        AGREED,
        Bounds(2, 1, 1),
    ),
    mistake(
        "both sides seal with the key forth",
        "SEG-KEYS-2",
        (
            (
                "sessions",
                "sending, receiving = (forth, back) if epoch.proposer == me else (back, forth)",
                "sending, receiving = forth, back",
            ),
        ),
        AGREED,
        Bounds(2, 0, 1),
    ),
    mistake(
        "both directions have one key",
        "SEG-KEYS-2",
        (("sessions", 'suite.derive(master, "back", context)', 'suite.derive(master, "forth", context)'),),
        NONCES,
        Bounds(2, 1, 1),
    ),
    mistake(
        "each side derives keys with its own name first",
        "SEG-KEYS-2",
        (
            (
                "sessions",
                (
                    "first, second = ((me, mine), (peer, theirs)) if epoch.proposer == me else ((peer, theirs), (me, "
                    "mine))"
                ),
                "first, second = (me, mine), (peer, theirs)",
            ),
        ),
        AGREED,
        Bounds(2, 0, 1),
    ),
    mistake(
        "any member may sign an announcement",
        "SEG-EXCHANGE-4",
        (
            (
                "transitions",
                "not suite.verify(subject.key, transcript, announced.signature)",
                "not any(suite.verify(one.key, transcript, announced.signature) for one in roster.subjects)",
            ),
        ),
        AUTHENTIC,
        Bounds(3, 0, 1, intruder=1, insider=1),
    ),
    mistake(
        "any member may sign an exchange",
        "SEG-ACCEPT-4",
        (
            (
                "transitions",
                "if not suite.verify(subject.key, transcript, record.signature):",
                (
                    "if not any(suite.verify(one.key, transcript, record.signature) for one in "
                    "verified.roster.subjects):"
                ),
            ),
        ),
        AUTHENTIC,
        Bounds(3, 0, 1, intruder=1, insider=1),
    ),
    mistake(
        "the key-encryption key names nobody",
        "SEG-KEYS-1",
        (("sessions", "(segment, maker, taker, made, taken, ephemeral)", "(segment,)"),),
        AUTHENTIC,
        Bounds(3, 0, 1, intruder=1, insider=1),
    ),
    mistake(
        "an exchange that came after the revocation is accepted",
        "SEG-ACCEPT-3",
        (
            (
                "transitions",
                (
                    "allowed = record.signature in closing.lying if closing else subject and subject.rights & "
                    "records.EXCHANGE"
                ),
                "allowed = closing or (subject and subject.rights & records.EXCHANGE)",
            ),
        ),
        ACCESS,
        Bounds(2, 0, 1, revocations=1, intruder=1, insider=1),
    ),
    mistake(
        "who has no right to exchange is accepted from",
        "SEG-ACCEPT-3",
        (
            (
                "transitions",
                ("if subject is None or not (allowed or (closing is None and not profile.has(switch.PEER_RIGHTS))):"),
                "if subject is None:",
            ),
        ),
        ACCESS,
        Bounds(2, 0, 1, revocations=1, intruder=1, insider=1),
    ),
    mistake(
        "the master key is derived from the static key",
        "SEG-EXCHANGE-8",
        (
            (
                "transitions",
                'master = at.fresh.draw("master", peer, theirs)\n',
                ('master = suite.derive(me.signing, "master", records.announcement_transcript(segment, announced))\n'),
            ),
        ),
        AUTHENTIC,
        Bounds(2, 0, 1),
    ),
)
