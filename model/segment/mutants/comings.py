"""Mistakes in joining, leaving and reaping: what stands on the board, who lives."""

from __future__ import annotations

from typing import Final

from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.mutants.mutant import (
    ACCESS,
    ADDRESSEE,
    AGREED,
    AUTHENTIC,
    BINDING,
    FORWARD,
    STANDING,
    Mutant,
    mistake,
)

MUTANTS: Final[tuple[Mutant, ...]] = (
    mistake(
        "the revoked may join",
        "SEG-JOIN-1",
        (
            (
                "transitions",
                ('if subject is None or not subject.rights & records.JOIN:\n        return Rejected("SEG-JOIN-1"'),
                'if subject is None:\n        return Rejected("SEG-JOIN-1"',
            ),
        ),
        ACCESS,
        Bounds(2, 0, 1, revocations=1),
    ),
    mistake(
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
        Bounds(2, 0, 1, crashes=1),
    ),
    mistake(
        "the living are reaped",
        "SEG-REAP-1",
        (("transitions", "if at.alive(peer) and at.profile.has(switch.LIFE_LOCKS):", "if False:"),),
        STANDING,
        Bounds(2, 0, 1, crashes=1),
    ),
    mistake(
        "leaving withdraws nothing",
        "SEG-LEAVE-1",
        (("transitions", "done = (effects.Withdraw(BOARD, name), effects.Purge", "done = (effects.Purge"),),
        STANDING,
        Bounds(1, 0, 1),
    ),
    mistake(
        "joining takes no life lock",
        "SEG-JOIN-6",
        (("transitions", "(effects.Live(life(me.name)), announced)", "(announced,)"),),
        STANDING,
        Bounds(1, 0, 1),
    ),
    mistake(
        "joining empties no inbox",
        "SEG-JOIN-5",
        (("transitions", "done = (*done, effects.Purge(inbox(me.name)))", "pass"),),
        STANDING,
        Bounds(2, 0, 2, crashes=1),
    ),
    mistake(
        "joining does not remember the list",
        "SEG-REVIEW-4",
        (
            (
                "transitions",
                "return Step(replace(me, roster=roster, presence=presence), done",
                "return Step(replace(me, roster=me.roster or roster, presence=presence), done",
            ),
        ),
        ACCESS,
        Bounds(2, 0, 2),
    ),
    mistake(
        "the ephemeral key is the static one",
        "SEG-JOIN-4",
        (
            (
                "transitions",
                'pair = suite.kem_keypair(at.fresh.draw("ephemeral"))',
                "pair = suite.kem_keypair(me.signing)",
            ),
        ),
        FORWARD,
        Bounds(2, 0, 1, intruder=1),
    ),
    mistake(
        "announcements are signed for no segment",
        "SEG-HEADER-7",
        (
            (
                "transitions",
                "records.announcement_transcript(header.segment, announcement, at.profile)",
                'records.announcement_transcript(b"", announcement, at.profile)',
            ),
            (
                "transitions",
                "records.announcement_transcript(segment, announced, at.profile)",
                'records.announcement_transcript(b"", announced, at.profile)',
            ),
        ),
        BINDING,
        Bounds(1, 0, 1),
    ),
    mistake(
        "leaving empties no inbox",
        "SEG-LEAVE-1",
        (("transitions", "effects.Purge(inbox(name)), effects.Die", "effects.Die"),),
        STANDING,
        Bounds(2, 0, 1),
    ),
    mistake(
        "leaving keeps the life lock",
        "SEG-LEAVE-1",
        (("transitions", ", effects.Die(life(name)))", ")"),),
        STANDING,
        Bounds(1, 0, 1),
    ),
    mistake(
        "leaving forgets nothing",
        "SEG-LEAVE-2",
        (
            (
                "transitions",
                "return Step(replace(at.me, presence=None), done, (events.Left(),))",
                "return Step(at.me, done, (events.Left(),))",
            ),
        ),
        AGREED,
        Bounds(2, 0, 1),
    ),
    mistake(
        "reaping empties no inbox",
        "SEG-REAP-3",
        (
            (
                "transitions",
                "(effects.Withdraw(BOARD, peer), effects.Purge(inbox(peer)))",
                "(effects.Withdraw(BOARD, peer),)",
            ),
        ),
        STANDING,
        Bounds(2, 0, 1, crashes=1),
    ),
    mistake(
        "reaping withdraws nothing",
        "SEG-REAP-3",
        (
            (
                "transitions",
                "(effects.Withdraw(BOARD, peer), effects.Purge(inbox(peer)))",
                "(effects.Purge(inbox(peer)),)",
            ),
        ),
        STANDING,
        Bounds(2, 0, 1, crashes=1),
    ),
    mistake(
        "an announcement's signature leaves name and incarnation out",
        "SEG-JOIN-4",
        (
            (
                "transitions",
                "records.announcement_transcript(header.segment, announcement, at.profile)",
                (
                    "records.announcement_transcript(header.segment, announcement, "
                    "at.profile.without(switch.SIGNED_STAY))"
                ),
            ),
            (
                "transitions",
                "records.announcement_transcript(segment, announced, at.profile)",
                ("records.announcement_transcript(segment, announced, at.profile.without(switch.SIGNED_STAY))"),
            ),
        ),
        AUTHENTIC,
        Bounds(2, 0, 1, intruder=1),
    ),
)
