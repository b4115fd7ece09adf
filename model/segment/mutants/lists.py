"""Mistakes with the header, the access control list and its review."""

from __future__ import annotations

from typing import Final

from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.mutants.mutant import ACCESS, BINDING, LOST, Mutant, mistake

MUTANTS: Final[tuple[Mutant, ...]] = (
    mistake(
        "any header of the creator will do",
        "SEG-HEADER-4",
        (("acl", "if header.segment != known:", "if False:"),),
        BINDING,
        Bounds(2, 1, 1, intruder=1),
    ),
    mistake(
        "entries need no signature",
        "SEG-ACL-2",
        (("acl", "if not suite.verify(me.creator, transcript, entry.signature):", "if False:"),),
        ACCESS,
        Bounds(2, 0, 0, intruder=1),
    ),
    mistake(
        "what was seen of the list is not remembered",
        "SEG-ACL-6",
        (("acl", "seen = Pin(me.roster.serial, me.roster.head) if me.roster else None", "seen = None"),),
        ACCESS,
        Bounds(2, 0, 1, intruder=1),
    ),
    mistake(
        "a review forgets what lies there",
        "SEG-REVIEW-2",
        (("guards", "set()).add(record.sealed)", "set())"),),
        LOST,
        Bounds(2, 1, 1, revocations=1),
    ),
    mistake(
        "a right that came and went between two reviews was none",
        "SEG-REVIEW-2",
        (("guards", "held |= entry.rights if entry.subject == peer else 0", "held |= 0"),),
        LOST,
        Bounds(2, 0, 1, revocations=1),
    ),
    mistake(
        "a list that was rolled back is taken",
        "SEG-ACL-4",
        (("acl", "if short and profile.has(switch.NO_ROLLBACK):", "if False:"),),
        ACCESS,
        Bounds(2, 0, 0, intruder=1),
    ),
    mistake(
        "the last entry that was seen may be missing",
        "SEG-ACL-4",
        (
            ("acl", "short = len(heads) <= memory.serial", "short = len(heads) < memory.serial"),
            (
                "acl",
                "if not short and heads[memory.serial] != memory.head",
                "if heads[memory.serial :] and heads[memory.serial] != memory.head",
            ),
        ),
        ACCESS,
        Bounds(2, 0, 0, intruder=1),
    ),
    mistake(
        "another list of the same length is taken",
        "SEG-ACL-5",
        (
            (
                "acl",
                "if not short and heads[memory.serial] != memory.head and profile.has(switch.NO_EQUIVOCATION):",
                "if False:",
            ),
        ),
        ACCESS,
        Bounds(2, 0, 1, intruder=2),
    ),
    mistake(
        "the creator goes by the list that it finds",
        "SEG-GRANT-1",
        (
            (
                "acl",
                "signed = me.authority.last if me.authority and profile.has(switch.CREATOR_MEMORY) else None",
                "signed = None",
            ),
        ),
        ACCESS,
        Bounds(2, 0, 0, intruder=1),
    ),
    mistake(
        "the creator does not note what it signed last",
        "SEG-GRANT-1",
        (("guards", "me = replace(at.me, authority=Authority(roster.segment, last))", "me = at.me"),),
        ACCESS,
        Bounds(2, 0, 0),
    ),
    mistake(
        "the first new entry is not verified",
        "SEG-ACL-2",
        (
            (
                "acl",
                "            if not suite.verify(me.creator, transcript, entry.signature):",
                "            if serial > seen + 1 and not suite.verify(me.creator, transcript, entry.signature):",
            ),
        ),
        ACCESS,
        Bounds(2, 0, 1, intruder=1),
    ),
    mistake(
        "the first entry of a name counts",
        "SEG-ACL-1",
        (("acl", "            subjects[index] = stated\n", ""),),
        ACCESS,
        Bounds(2, 0, 1, revocations=1),
    ),
    mistake(
        "a right that is taken away is not noticed",
        "SEG-REVIEW-2",
        (("acl", "                reduced.append(entry.subject)", "                pass"),),
        LOST,
        Bounds(2, 0, 1, revocations=1),
    ),
    mistake(
        "entries are signed for no segment",
        "SEG-HEADER-7",
        (
            (
                "acl",
                "transcript = entry_transcript(header.segment, entry, profile)",
                'transcript = entry_transcript(b"", entry, profile)',
            ),
            (
                "guards",
                "transcript = entry_transcript(segment, entry, at.profile)",
                'transcript = entry_transcript(b"", entry, at.profile)',
            ),
        ),
        BINDING,
        Bounds(1, 0, 0),
    ),
    mistake(
        "a revocation leaves rights",
        "SEG-REVOKE-2",
        (("creator", "known.key, 0)", "known.key, known.rights & ~records.SEND)"),),
        ACCESS,
        Bounds(2, 0, 0, revocations=1),
    ),
    mistake(
        "a grant states the creator's key",
        "SEG-ACL-1",
        (
            (
                "creator",
                "return extend_list(at, verified, subject, key, rights)",
                "return extend_list(at, verified, subject, at.me.creator, rights)",
            ),
        ),
        ACCESS,
        Bounds(2, 0, 0),
    ),
    mistake(
        "an entry has the number of the one before it",
        "SEG-ACL-3",
        (("guards", "entry = Entry(roster.serial + 1, roster.head", "entry = Entry(roster.serial, roster.head"),),
        ACCESS,
        Bounds(2, 0, 0),
    ),
    mistake(
        "a segment is laid over another",
        "SEG-CREATE-1",
        (("creator", "if at.header.record() is not None:", "if False:"),),
        ACCESS,
        Bounds(1, 0, 0),
    ),
    mistake(
        "a review closes sessions with everybody",
        "SEG-REVIEW-2",
        (
            (
                "guards",
                "for peer in dict.fromkeys(name for name in verified.reduced if name != at.me.name):",
                "for peer in (subject.name for subject in verified.roster.subjects if subject.name != at.me.name):",
            ),
        ),
        LOST,
        Bounds(2, 1, 1),
    ),
    mistake(
        "a review forgets an exchange that lies there",
        "SEG-REVIEW-2",
        (
            (
                "guards",
                "lying.setdefault(record.sender_incarnation, set()).add(record.signature)",
                "lying.setdefault(record.sender_incarnation, set())",
            ),
        ),
        LOST,
        Bounds(2, 0, 1, revocations=1),
    ),
    mistake(
        "a review does not remember the list",
        "SEG-REVIEW-4",
        (
            (
                "guards",
                "return replace(at.me, roster=verified.roster, presence=replace(",
                "return replace(at.me, presence=replace(",
            ),
        ),
        ACCESS,
        Bounds(2, 0, 1, revocations=1),
    ),
    mistake(
        "a review closes nothing",
        "SEG-REVIEW-2",
        (("guards", "presence=replace(presence, closed=tuple(closed)))", "presence=presence)"),),
        ACCESS,
        Bounds(2, 0, 1, revocations=1),
    ),
    mistake(
        "an exchange takes the place of the review",
        "SEG-REVIEW-3",
        (
            (
                "transitions",
                (
                    "    if verified.reduced and at.profile.has(switch.CLOSING):\n"
                    '        return Rejected("SEG-REVIEW-3", '
                    '"rights were taken away since the list was last verified: review first")\n'
                    "    if not roster.rights"
                ),
                "    if not roster.rights",
            ),
        ),
        ACCESS,
        Bounds(3, 0, 1, revocations=1, intruder=1, insider=1),
    ),
    mistake(
        "accepting takes the place of the review",
        "SEG-REVIEW-3",
        (
            (
                "transitions",
                (
                    "    if verified.reduced and at.profile.has(switch.CLOSING):\n"
                    '        return Rejected("SEG-REVIEW-3", '
                    '"rights were taken away since the list was last verified: review first")\n'
                    "    record ="
                ),
                "    record =",
            ),
        ),
        LOST,
        Bounds(2, 0, 1, revocations=1),
    ),
    mistake(
        "only sessions are closed, not what lies there",
        "SEG-REVIEW-2",
        (
            (
                "guards",
                ("            if presence.closing(peer, incarnation) is None:\n                closed"),
                ("            if presence.session(peer, incarnation) is not None:\n                closed"),
            ),
        ),
        LOST,
        Bounds(2, 0, 1, revocations=1),
    ),
    mistake(
        "an entry need not follow the one before it",
        "SEG-ACL-3",
        (("acl", "if out_of_turn or (entry.previous != head and profile.has(switch.CHAINED)):", "if False:"),),
        ACCESS,
        Bounds(2, 0, 1, revocations=1, intruder=1),
    ),
)
