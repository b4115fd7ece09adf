"""The tables of a segment's object: its regions, their fields, its lock bytes, and its limits.

The chapter's byte tables are printed from `REGIONS` and `LOCKS`, and `layout` computes every offset from
the same rows. All numbers are little-endian u64 words at multiples of 8, but for the u32 length at the
start of a cell; what a cell holds is encoded elsewhere (`reference.segment`). Nothing here computes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lockedroom.backend.formula import (
    ENTRIES,
    MEMBERS,
    POSTS,
    QUOTA,
    RECORD,
    Formula,
    Number,
    constant,
)

WORD: Final = 8
LINE: Final = 64
"""Regions begin at multiples of this, and words that different members store often are so far apart."""

HEADER_SIZE: Final = 1024
ENTRY_CELL: Final = 512
ANNOUNCEMENT_CELL: Final = 2048

LIMITS: Final = {
    "members": (1, 64),
    "quota": (1, 4096),
    "posts": (0, 4096),
    "entries": (1, 65536),
    "record": (256, 1 << 20),
}
"""The least and the greatest of each number of a capacity; `record` is also a multiple of 8."""

LARGEST: Final = 1 << 32
"""The largest object, in bytes (4 GiB)."""

ABSENT: Final = 0
LIVE: Final = 1
DESTROYED: Final = 2
"""The values of the state word."""

NO_HALF: Final = 0
FIRST_HALF: Final = 1
SECOND_HALF: Final = 2
"""The values of a member's `announced` word."""


@dataclass(frozen=True, slots=True)
class LockRow:
    """One kind of lock: the byte of the object that stands for it, and what it guards. One for each member
    stands at `byte` + member index."""

    name: str
    byte: int
    per_member: bool
    meaning: str


HEADER: Final = 0
ACL: Final = 1
BOARD: Final = 2
INBOX: Final = 64
LIFE: Final = 128
SLOT_BYTES: Final = LIFE
"""Slots have the lock bytes below this one; a locker takes slots in ascending order of their bytes."""

LOCKS: Final = (
    LockRow("header", HEADER, False, "the region header"),
    LockRow("acl", ACL, False, "the region acl"),
    LockRow("board", BOARD, False, "the region board, every member's item"),
    LockRow("inbox", INBOX, True, "the region inboxes, the addressee's items"),
    LockRow("life", LIFE, True, "the member lives; its holder alone uses the member's journal"),
)


@dataclass(frozen=True, slots=True)
class Field:
    """`count` equal things of `size` bytes, the first at `offset` in each item of a region. `flips`: it is a
    word that a transition changes, so a journal may name it."""

    name: str
    offset: Number
    size: Number
    meaning: str
    count: Number = 1
    flips: bool = False


@dataclass(frozen=True, slots=True)
class Region:
    """`count` equal items of `size` bytes, item `index`; it begins where the region before it ends."""

    name: str
    count: Formula
    size: Formula
    index: str
    meaning: str
    fields: tuple[Field, ...]


REGIONS: Final = (
    Region(
        "header",
        constant(1),
        constant(HEADER_SIZE),
        "0",
        "what the object is, and whether the segment in it lives",
        (
            Field("magic", 0, 8, "`LKDROOM1`; stored last at the creation, 0 before"),
            Field("version", 8, 8, "of this layout: 1"),
            Field("members", 16, 8, "the capacity's"),
            Field("quota", 24, 8, "the capacity's"),
            Field("posts", 32, 8, "the capacity's"),
            Field("entries", 40, 8, "the capacity's"),
            Field("record", 48, 8, "the capacity's"),
            Field("total", 56, 8, "the size of the whole object"),
            Field("state", LINE, 8, "0 absent, 1 live, 2 destroyed", flips=True),
            Field("header cell", 2 * LINE, HEADER_SIZE - 2 * LINE, "the signed header"),
        ),
    ),
    Region(
        "acl",
        constant(1),
        ENTRIES * ENTRY_CELL + LINE,
        "0",
        "the access control list",
        (
            Field("count", 0, 8, "how many entries there are", flips=True),
            Field("entry cells", LINE, ENTRY_CELL, "the entries, first to last", count=ENTRIES),
        ),
    ),
    Region(
        "board",
        MEMBERS,
        (POSTS * RECORD + (LINE + 2 * ANNOUNCEMENT_CELL)).rounded(LINE),
        "member",
        "a member's announcement and its posts",
        (
            Field("announced", 0, 8, "the half that is valid: 0 none, 1 first, 2 second", flips=True),
            Field("count", 8, 8, "how many posts there are", flips=True),
            Field("halves", LINE, ANNOUNCEMENT_CELL, "the announcement is in one of them", count=2),
            Field(
                "post cells",
                LINE + 2 * ANNOUNCEMENT_CELL,
                RECORD,
                "the posts, first to last",
                count=POSTS,
            ),
        ),
    ),
    Region(
        "inboxes",
        MEMBERS * MEMBERS,
        ((QUOTA + 1) * RECORD + 2 * LINE).rounded(LINE),
        "addressee × members + sender",
        "a ring: what one sender left for one addressee",
        (
            Field("head", 0, 8, "how many records were ever taken", flips=True),
            Field("tail", LINE, 8, "how many records were ever appended", flips=True),
            Field(
                "record cells",
                2 * LINE,
                RECORD,
                "record n, from 0, is in cell n mod (quota + 1)",
                count=QUOTA + 1,
            ),
        ),
    ),
    Region(
        "life",
        MEMBERS,
        constant(LINE),
        "member",
        "who took the member's life lock last (information: the lock decides)",
        (
            Field("pid", 0, 8, "its pid; stored last, 0 while the others change"),
            Field("start time", 8, 8, "its start time, in clock ticks since boot"),
            Field("namespace", 16, 8, "the inode of its pid namespace"),
        ),
    ),
    Region(
        "commits",
        constant(1),
        (MEMBERS * WORD).rounded(LINE),
        "0",
        "the commit words of all journals, side by side: one read shows that all are clear",
        (
            Field(
                "commits",
                0,
                8,
                "0 clear; else transaction number × 65536 + number of entries",
                count=MEMBERS,
            ),
        ),
    ),
    Region(
        "journals",
        MEMBERS,
        ((MEMBERS + 2) * (2 * WORD) + LINE).rounded(LINE),
        "member",
        "what the member's transition flips, until that is done",
        (
            Field("slots", 0, 8, "bit b of word w: the slot of lock byte 64 w + b is touched", 2),
            Field(
                "entries",
                LINE,
                2 * WORD,
                "the offset of a word, then its new value",
                count=MEMBERS + 2,
            ),
        ),
    ),
)
"""The regions, in their order in the object."""


def offsets() -> tuple[Formula, ...]:
    """Where each region begins, and last the size of the whole object."""
    found = [constant(0)]
    for region in REGIONS:
        found.append(found[-1] + region.count * region.size)
    return tuple(found)


def lock_name(byte: int) -> str:
    """What a lock byte stands for, in words for a message."""
    row = max((row for row in LOCKS if row.byte <= byte), key=lambda row: row.byte)
    return f"{row.name} of member {byte - row.byte}" if row.per_member else row.name
