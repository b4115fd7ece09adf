"""The records of a segment, their one canonical encoding as tables, and the transcripts that are signed.

Every record is a frozen value. `LAYOUTS` gives the byte table of each; the codec, the chapter's tables and
the second decoder in the tests all read it. Nothing here decides anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from lockedroom.reference.crypto.suite import Transcript
from lockedroom.reference.crypto.terms import Bits, Field
from lockedroom.reference.machine import Name
from lockedroom.reference.segment import profile as switch
from lockedroom.reference.segment.profile import HARDENED, Profile

MAGIC: Final = b"LKDROOM1"
LAYOUT_VERSION: Final = 1
JOIN: Final = 1
EXCHANGE: Final = 2
SEND: Final = 4
ALL_RIGHTS: Final = JOIN | EXCHANGE | SEND

MESSAGE: Final = 0
ROTATE: Final = 1
ACKNOWLEDGE: Final = 2


@dataclass(frozen=True, slots=True)
class Capacity:
    """How much a segment holds: members, ordinary records of one sender in one inbox (`quota`), replicas of
    non-consumables of one sender on the board (`posts`), entries of the access control list, and the size in
    bytes of a record's cell (`record`)."""

    members: int
    quota: int
    posts: int
    entries: int
    record: int

    @property
    def payload(self) -> int:
        """The longest body in bytes that a message or a post can carry (SEG-RECORD-4)."""
        return self.record - OVERHEAD


@dataclass(frozen=True, slots=True)
class Epoch:
    """A key epoch of a pair: its number and who proposed it (SEG-EPOCH-1). Epoch 0 is an exchange's."""

    number: int
    proposer: Name

    def outranks(self, other: Epoch) -> bool:
        """Whether this one wins over `other`: the higher number; on equal numbers the proposer whose name comes
        first in byte order (SEG-EPOCH-2, SEG-NAME-2)."""
        if self.number != other.number:
            return self.number > other.number
        return self.proposer < other.proposer


@dataclass(frozen=True, slots=True)
class Header:
    """What the creator signs when it lays the segment out (SEG-HEADER)."""

    version: int
    suite: str
    profile: str
    capacity: Capacity
    creator: Name
    key: Bits
    segment: Bits
    signature: Bits


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What stands in the header's slot once the creator has destroyed the segment (SEG-DESTROY-1)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the access control list: the complete rights of its subject (SEG-ACL-1)."""

    serial: int
    previous: Bits
    subject: Name
    key: Bits
    rights: int
    signature: Bits


@dataclass(frozen=True, slots=True)
class Announcement:
    """A joined member's signed ephemeral key, on the board until it leaves (SEG-JOIN-4)."""

    name: Name
    incarnation: Bits
    ephemeral: Bits
    serial: int
    head: Bits
    signature: Bits


@dataclass(frozen=True, slots=True)
class Exchange:
    """An encapsulated master key for one peer: consumable, addressed (SEG-EXCHANGE-5)."""

    sender: Name
    recipient: Name
    sender_incarnation: Bits
    recipient_incarnation: Bits
    ciphertext: Bits
    wrapped: Bits
    serial: int
    head: Bits
    signature: Bits


@dataclass(frozen=True, slots=True)
class Message:
    """A sealed consumable record: a message, a rotation or its acknowledgement, told apart by `flags`.
    `rotation` is the number of the epoch proposed or acknowledged, 0 in a message (SEG-SEND-6)."""

    sender: Name
    recipient: Name
    sender_incarnation: Bits
    recipient_incarnation: Bits
    epoch: Epoch
    sequence: int
    flags: int
    rotation: int
    sealed: Bits


@dataclass(frozen=True, slots=True)
class Post:
    """One peer's sealed replica of a non-consumable message, on the board (SEG-PUBLISH-2)."""

    sender: Name
    recipient: Name
    sender_incarnation: Bits
    recipient_incarnation: Bits
    epoch: Epoch
    number: int
    sealed: Bits


@dataclass(frozen=True, slots=True)
class Malformed:
    """What a view gives in place of bytes that are no record: why (SEG-RECORD-1)."""

    reason: str


Consumable: TypeAlias = Exchange | Message
Record: TypeAlias = Header | Entry | Announcement | Exchange | Message | Post


@dataclass(frozen=True, slots=True)
class FieldLayout:
    """One line of a byte table: the attribute, its wire type (spec/segment.md, Wire types) and its meaning."""

    name: str
    type: str
    meaning: str


_PAIR: Final = (
    FieldLayout("sender", "name", "who made it"),
    FieldLayout("recipient", "name", "whom it is for"),
    FieldLayout("sender_incarnation", "bits32", "the sender's incarnation"),
    FieldLayout("recipient_incarnation", "bits32", "the recipient's incarnation"),
)
_SEEN: Final = (
    FieldLayout("serial", "u32", "the ACL serial that the maker has verified"),
    FieldLayout("head", "bits32", "the ACL head at that serial"),
)
_SIGNATURE: Final = FieldLayout("signature", "bits64", "Ed25519 over the record's transcript")

LAYOUTS: Final[dict[type[Record], tuple[int, tuple[FieldLayout, ...]]]] = {
    Header: (
        1,
        (
            FieldLayout("version", "u16", "layout version, 1"),
            FieldLayout("suite", "label", "the suite's name"),
            FieldLayout("profile", "label", "the profile's name"),
            FieldLayout("capacity", "capacity", "members, quota, posts, entries, record"),
            FieldLayout("creator", "name", "the creator's name"),
            FieldLayout("key", "bits32", "the creator's static public key"),
            FieldLayout("segment", "bits32", "the segment id"),
            _SIGNATURE,
        ),
    ),
    Entry: (
        2,
        (
            FieldLayout("serial", "u32", "1, 2, 3, …"),
            FieldLayout("previous", "bits32", "the head before this entry"),
            FieldLayout("subject", "name", "whose rights it states"),
            FieldLayout("key", "bits32", "the subject's static public key"),
            FieldLayout("rights", "u8", "1 join, 2 exchange, 4 send, added up"),
            _SIGNATURE,
        ),
    ),
    Announcement: (
        3,
        (
            FieldLayout("name", "name", "who has joined"),
            FieldLayout("incarnation", "bits32", "fresh for each join"),
            FieldLayout("ephemeral", "var", "the ephemeral KEM public key"),
            *_SEEN,
            _SIGNATURE,
        ),
    ),
    Exchange: (
        4,
        (
            *_PAIR,
            FieldLayout("ciphertext", "var", "the KEM ciphertext"),
            FieldLayout("wrapped", "bits40", "the master key, wrapped under the key-encryption key"),
            *_SEEN,
            _SIGNATURE,
        ),
    ),
    Message: (
        5,
        (
            *_PAIR,
            FieldLayout("epoch", "epoch", "the key epoch under which it is sealed"),
            FieldLayout(
                "sequence",
                "u64",
                "strictly increasing from 1 for a pair of incarnations and a direction",
            ),
            FieldLayout("flags", "u8", "0 message, 1 rotation, 2 acknowledgement"),
            FieldLayout("rotation", "u32", "the epoch number proposed or acknowledged, else 0"),
            FieldLayout("sealed", "var", "AES-256-GCM ciphertext and tag"),
        ),
    ),
    Post: (
        6,
        (
            *_PAIR,
            FieldLayout("epoch", "epoch", "the epoch 0 under whose board key it is sealed"),
            FieldLayout(
                "number",
                "u64",
                "record id: strictly increasing from 1 for an incarnation of the sender",
            ),
            FieldLayout("sealed", "var", "AES-256-GCM ciphertext and tag"),
        ),
    ),
}

LARGEST_NAME: Final = 31
OVERHEAD: Final = 1 + 2 * (1 + LARGEST_NAME) + 2 * 32 + (4 + 1 + LARGEST_NAME) + 8 + 1 + 4 + 4 + 16 + 4
"""Bytes of a cell that are not body, at most: the length of the cell's content (4), a message's header with the
longest names, and the tag of the seal (16)."""


# ---- transcripts: what each signature, seal and key is bound to. Every one begins with the segment id; a profile
# leaves out what a defence that it lacks would have put there. ------------------------------------------------


ALWAYS: Final = ""
"""In place of a defence: the field is there in every profile."""


def _transcript(tag: str, profile: Profile, *fields: tuple[Field, str]) -> Transcript:
    return Transcript(tag, tuple(field for field, wanted in fields if not wanted or profile.has(wanted)))


def header_transcript(header: Header) -> Transcript:
    """What the creator signs at creation (SEG-HEADER-6)."""
    size = header.capacity
    return Transcript(
        "LR-SEG-HEADER",
        (
            header.segment,
            MAGIC,
            header.version,
            header.suite,
            header.profile,
            (size.members, size.quota, size.posts, size.entries, size.record),
            header.creator,
            header.key,
        ),
    )


def entry_transcript(segment: Bits, entry: Entry, profile: Profile = HARDENED) -> Transcript:
    """What the creator signs for one entry; its digest is the list's head after it (SEG-ACL-2)."""
    return _transcript(
        "LR-SEG-ENTRY",
        profile,
        (segment, switch.SIGNED_SEGMENT),
        (entry.serial, switch.NUMBERED),
        (entry.previous, switch.CHAINED),
        (entry.subject, ALWAYS),
        (entry.key, ALWAYS),
        (entry.rights, ALWAYS),
    )


def root_transcript(segment: Bits) -> Transcript:
    """What the head of the empty list is the digest of (SEG-ACL-2)."""
    return Transcript("LR-SEG-ROOT", (segment,))


def announcement_transcript(segment: Bits, record: Announcement, profile: Profile = HARDENED) -> Transcript:
    """What a joining member signs (SEG-JOIN-4)."""
    return _transcript(
        "LR-SEG-ANNOUNCE",
        profile,
        (segment, switch.SIGNED_SEGMENT),
        (record.name, switch.SIGNED_STAY),
        (record.incarnation, switch.SIGNED_STAY),
        (record.ephemeral, ALWAYS),
        (record.serial, switch.NAMED_STATE),
        (record.head, switch.NAMED_STATE),
    )


def exchange_transcript(segment: Bits, record: Exchange, ephemeral: Bits, profile: Profile = HARDENED) -> Transcript:
    """What the maker of an exchange signs: bound to both names, both incarnations and the ephemeral key that it
    encapsulated to (SEG-EXCHANGE-5)."""
    return _transcript(
        "LR-SEG-EXCHANGE",
        profile,
        (segment, switch.SIGNED_SEGMENT),
        (record.sender, switch.SIGNED_NAMES),
        (record.recipient, switch.SIGNED_NAMES),
        (record.sender_incarnation, switch.SIGNED_STAYS),
        (record.recipient_incarnation, switch.SIGNED_STAYS),
        (ephemeral, switch.SIGNED_EPHEMERAL),
        (record.ciphertext, ALWAYS),
        (record.wrapped, ALWAYS),
        (record.serial, switch.NAMED_STATE),
        (record.head, switch.NAMED_STATE),
    )


def message_transcript(segment: Bits, record: Message, profile: Profile = HARDENED) -> Transcript:
    """The authenticated header of a sealed record (SEG-SEND-6)."""
    if not profile.has(switch.SEALED_HEADER):
        return Transcript("LR-SEG-MESSAGE", ())
    return Transcript(
        "LR-SEG-MESSAGE",
        (
            segment,
            record.sender,
            record.recipient,
            record.sender_incarnation,
            record.recipient_incarnation,
            record.epoch.number,
            record.epoch.proposer,
            record.sequence,
            record.flags,
            record.rotation,
        ),
    )


def post_transcript(segment: Bits, record: Post, profile: Profile = HARDENED) -> Transcript:
    """The authenticated header of a post (SEG-PUBLISH-2)."""
    if not profile.has(switch.SEALED_HEADER):
        return Transcript("LR-SEG-POST", ())
    return Transcript(
        "LR-SEG-POST",
        (
            segment,
            record.sender,
            record.recipient,
            record.sender_incarnation,
            record.recipient_incarnation,
            record.epoch.number,
            record.epoch.proposer,
            record.number,
        ),
    )
