"""Mistakes with the header, the access control list and its review."""

from __future__ import annotations

from typing import Final

from lockedroom.model.segment.mutants.mutant import ACCESS, BINDING, INTRUDED, LOST, REVOKED, Mutant

MUTANTS: Final[tuple[Mutant, ...]] = (
    Mutant(
        "any header of the creator will do",
        "SEG-HEADER-4",
        (("acl", "if header.segment != known:", "if False:"),),
        BINDING,
        INTRUDED,
    ),
    Mutant(
        "entries need no signature",
        "SEG-ACL-2",
        (("acl", "if not suite.verify(me.creator, transcript, entry.signature):", "if False:"),),
        ACCESS,
        INTRUDED,
    ),
    Mutant(
        "what was seen of the list is not remembered",
        "SEG-ACL-6",
        (("acl", "seen = Pin(me.roster.serial, me.roster.head) if me.roster else None", "seen = None"),),
        ACCESS,
        INTRUDED,
    ),
    Mutant(
        "a review forgets what lies there",
        "SEG-REVIEW-2",
        (("guards", "set()).add(record.sealed)", "set())"),),
        LOST,
        REVOKED,
    ),
    Mutant(
        "a right that came and went between two reviews was none",
        "SEG-REVIEW-2",
        (("guards", "held |= entry.rights if entry.subject == peer else 0", "held |= 0"),),
        LOST,
        REVOKED,
    ),
)
