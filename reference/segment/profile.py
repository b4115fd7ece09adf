"""Profiles as switches: what the hardened protocol adds to the description that it comes from, each by name.

A profile is a set of defences. `HARDENED` has all of them and is the default everywhere; `AS_WRITTEN` has the one that
the description itself asks for, and what nothing works without. Transitions ask `at.profile.has(...)`; nothing else of
them depends on a profile, and records look the same in every one (SEG-PROFILE-1 to 3). The chapter is spec/profiles.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lockedroom.reference.profile import Defence as Defence
from lockedroom.reference.profile import Profile as Profile
from lockedroom.reference.profile import Switches

UNIQUE_ID: Final = "unique-segment-id"
SIGNED_SEGMENT: Final = "segment-in-signatures"
ONE_SEGMENT: Final = "one-segment"
NUMBERED: Final = "acl-numbering"
CHAINED: Final = "acl-chaining"
NO_ROLLBACK: Final = "acl-rollback-refusal"
NO_EQUIVOCATION: Final = "acl-equivocation-refusal"
CREATOR_MEMORY: Final = "creator-memory"
NAMED_STATE: Final = "acl-state-in-records"
CLOSING: Final = "revocation-closes"
PEER_RIGHTS: Final = "rights-checked-by-peers"
LIFE_LOCKS: Final = "life-locks"
PURGED: Final = "purge-at-join"
SIGNED_STAY: Final = "announcement-binds-incarnation"
SIGNED_NAMES: Final = "exchange-binds-names"
SIGNED_STAYS: Final = "exchange-binds-incarnations"
SIGNED_EPHEMERAL: Final = "exchange-binds-ephemeral-key"
IN_PLACE: Final = "records-in-place"
ONE_EXCHANGE: Final = "one-exchange"
BOUND_KEK: Final = "key-encryption-key-bound"
BOUND_KEYS: Final = "session-keys-bound"
DIRECTIONS: Final = "keys-by-direction"
SEALED_HEADER: Final = "sealed-header"
SEQUENCE: Final = "increasing-sequence"
BOARD_NONCES: Final = "nonces-by-side"
TIE_BREAK: Final = "tie-break"
ACKNOWLEDGED: Final = "acknowledged-rotation"
ALL_OR_NOTHING: Final = "multicast-all-or-nothing"

DEFENCES: Final[tuple[Defence, ...]] = (
    Defence(
        UNIQUE_ID,
        ("SEG-CREATE-3",),
        "the segment id is a digest of fresh bytes, the creator's key, its pid, start time and boot id",
        "it is a digest of the creator's pid alone",
    ),
    Defence(
        SIGNED_SEGMENT,
        ("SEG-HEADER-7",),
        "every signature covers the segment id",
        "no signature but the header's covers it",
    ),
    Defence(
        ONE_SEGMENT,
        ("SEG-HEADER-4",),
        "who has accepted a header refuses every other segment id",
        "every header that the creator signed is accepted, at any time",
    ),
    Defence(
        NUMBERED,
        ("SEG-ACL-3",),
        "entries of the list are numbered, and the number is signed",
        "numbers are neither signed nor looked at",
    ),
    Defence(
        CHAINED,
        ("SEG-ACL-3",),
        "each entry carries the digest of the list before it, and signs it",
        "what is before an entry is neither signed nor looked at",
    ),
    Defence(
        NO_ROLLBACK,
        ("SEG-ACL-4",),
        "a list that ends before what was seen of it is refused",
        "a shorter list is believed",
    ),
    Defence(
        NO_EQUIVOCATION,
        ("SEG-ACL-5",),
        "a list that differs from what was seen of it is refused",
        "another list of the same length is believed",
    ),
    Defence(
        CREATOR_MEMORY,
        ("SEG-GRANT-1",),
        "the creator extends only a list that has all it ever signed",
        "it extends whatever authentic list it finds",
    ),
    Defence(
        NAMED_STATE,
        ("SEG-ACL-7",),
        "announcements and exchanges sign the list's serial and head, and are refused where the list lacks them",
        "the two are neither signed nor looked at",
    ),
    Defence(
        CLOSING,
        ("SEG-REVIEW-2", "SEG-REVIEW-3"),
        "a verified revocation closes sessions with the revoked, and no key is shared before it was looked at",
        "sessions stay as they are",
    ),
    Defence(
        PEER_RIGHTS,
        ("SEG-EXCHANGE-3", "SEG-ACCEPT-3", "SEG-RECEIVE-10", "SEG-READ-2"),
        "members refuse what a peer had no right to do",
        "each checks its own rights alone",
    ),
    Defence(
        LIFE_LOCKS,
        ("SEG-JOIN-3", "SEG-REAP-1"),
        "nobody joins under the name of the living, and only the dead are reaped",
        "nobody is asked whether the other lives",
    ),
    Defence(
        PURGED,
        ("SEG-JOIN-5",),
        "joining empties the own inbox",
        "what lay there before stays",
    ),
    Defence(
        SIGNED_STAY,
        ("SEG-JOIN-4",),
        "the announcement's signature covers name and incarnation",
        "it covers the ephemeral key, not whose and of which stay",
    ),
    Defence(
        SIGNED_NAMES,
        ("SEG-EXCHANGE-5",),
        "the exchange's signature covers who made it and for whom",
        "it covers neither",
    ),
    Defence(
        SIGNED_STAYS,
        ("SEG-EXCHANGE-5",),
        "the exchange's signature covers both incarnations",
        "it covers neither",
    ),
    Defence(
        SIGNED_EPHEMERAL,
        ("SEG-EXCHANGE-5",),
        "the exchange's signature covers the ephemeral key that it encapsulates to",
        "it does not",
    ),
    Defence(
        IN_PLACE,
        ("SEG-ACCEPT-2", "SEG-RECEIVE-2", "SEG-RECEIVE-3", "SEG-READ-1"),
        "a record that names other members or another stay of this one than those where it lies is refused",
        "the place alone says from whom and for whom it is",
    ),
    Defence(
        ONE_EXCHANGE,
        ("SEG-EXCHANGE-6", "SEG-ACCEPT-5"),
        "of a pair of incarnations each side accepts one exchange",
        "each that comes is accepted, and begins a session anew",
    ),
    Defence(
        BOUND_KEK,
        ("SEG-KEYS-1",),
        "the key-encryption key is derived for segment, pair, incarnations and ephemeral key",
        "it is derived from the encapsulated secret alone",
    ),
    Defence(
        BOUND_KEYS,
        ("SEG-KEYS-2",),
        "the keys of an epoch are derived for segment, epoch, pair and incarnations",
        "they are derived from the master key alone",
    ),
    Defence(
        DIRECTIONS,
        ("SEG-KEYS-2",),
        "each direction of a pair has a key of its own",
        "both use the same",
    ),
    Defence(
        SEALED_HEADER,
        ("SEG-SEND-6", "SEG-PUBLISH-2"),
        "a sealed record's fields are authenticated with it",
        "they are not",
    ),
    Defence(
        SEQUENCE,
        ("SEG-RECEIVE-6",),
        "sequence numbers only increase: what was read is refused",
        "a number may come again",
    ),
    Defence(
        BOARD_NONCES,
        ("SEG-PUBLISH-2",),
        "the two sides of a pair publish under nonces of their own",
        "both count from 1 under the one board key",
    ),
    Defence(
        TIE_BREAK,
        ("SEG-EPOCH-2", "SEG-ACCEPT-7", "SEG-ROTATE-5"),
        "of two exchanges or rotations that cross, both sides take the same one",
        "each takes the one that it saw last",
    ),
    Defence(
        ACKNOWLEDGED,
        ("SEG-ROTATE-6", "SEG-ROTATE-7"),
        "a new key is used once the peer is known to have it",
        "who proposes uses it at once, and so does who reads the proposal",
    ),
    Defence(
        ALL_OR_NOTHING,
        ("SEG-MULTICAST-2", "SEG-FULL-2"),
        "a multicast that has no room in one inbox reaches nobody",
        "it reaches whoever has room",
    ),
)
"""Every switch of the hardened profile, in the order of the chapter."""

SWITCHES: Final = Switches(DEFENCES, frozenset({SIGNED_SEGMENT, LIFE_LOCKS}))

HARDENED: Final = SWITCHES.hardened
"""Every defence: what spec/segment.md describes."""

AS_WRITTEN: Final = SWITCHES.as_written
"""The description, read literally (SEG-PROFILE-5): signatures cover the segment id and what they sign, no more.
Who lives is looked up all the same: the description says nothing of the dead, and without it nobody could clean up."""

PROFILES: Final[Mapping[str, Profile]] = SWITCHES.profiles
"""Every profile by its label."""

profile_of: Final = SWITCHES.profile_of
"""The profile of a text, as in `hardened -tie-break` (SEG-PROFILE-4)."""

defence: Final = SWITCHES.defence
"""The defence of a name."""
