"""What lies at a locator: its bytes, and how a value is sealed in them and opened (STASH-RECORD, STASH-SEAL)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lockedroom.reference.crypto.suite import Suite, Transcript
from lockedroom.reference.crypto.terms import Bits
from lockedroom.reference.profile import Profile
from lockedroom.reference.stash.keys import Key, encryption
from lockedroom.reference.stash.profile import AUTHENTICATED, FRESH, SEALED_VERSION, VERSIONED

NONSENSE: Final = 0
VALUE: Final = 1
TOMBSTONE: Final = 2
LARGEST: Final = 32_000
"""Bytes of a value, at most: what a key of the kernel's keyring holds, less what seals it."""
NEWEST: Final = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Record:
    """A sealed value (or a removal): its kind, its version, its fresh bytes, and the sealed body. Where a profile has
    no versions or no fresh bytes, 0 and nothing stand there. Bytes that are no record are of the kind NONSENSE."""

    kind: int
    version: int
    fresh: Bits
    sealed: Bits


def encode(profile: Profile, record: Record) -> bytes:
    """The bytes of a record (STASH-RECORD-1, STASH-RECORD-3). Raises TypeError for one of terms."""
    if not (isinstance(record.fresh, bytes) and isinstance(record.sealed, bytes)):
        raise TypeError("terms have no bytes: this record was made under the symbolic suite")
    head = bytes([record.kind]) + record.version.to_bytes(8, "big") if profile.has(VERSIONED) else b""
    return head + record.fresh + record.sealed


def decode(profile: Profile, data: bytes) -> Record:
    """The record that these bytes are; any bytes may be given (STASH-RECORD-2)."""
    head, fresh = (9 if profile.has(VERSIONED) else 0), (32 if profile.has(FRESH) else 0)
    kind, version = (data[0], int.from_bytes(data[1:head], "big")) if head and data else (VALUE, 0)
    if len(data) <= head + fresh or kind not in (VALUE, TOMBSTONE):
        return Record(NONSENSE, 0, b"", b"")
    return Record(kind, version, data[head : head + fresh], data[head + fresh :])


def seal(suite: Suite, profile: Profile, key: Key, kind: int, version: int, fresh: Bits, body: Bits) -> Record:
    """The record of a body (STASH-SEAL-1 to 4)."""
    fresh = fresh if profile.has(FRESH) else b""
    under = _key(suite, profile, key, fresh)
    if profile.has(AUTHENTICATED):
        return Record(kind, version, fresh, suite.seal(under, (0, 0), _header(profile, kind, version), body))
    return Record(kind, version, fresh, suite.encrypt(under, key.iv, body))


def opened(suite: Suite, profile: Profile, key: Key, record: Record) -> Bits | None:
    """The body of a record, None where it does not open (STASH-SEAL-2)."""
    if record.kind == NONSENSE:
        return None
    under = _key(suite, profile, key, record.fresh)
    if profile.has(AUTHENTICATED):
        return suite.open(under, (0, 0), _header(profile, record.kind, record.version), record.sealed)
    return suite.decrypt(under, key.iv, record.sealed)


def _key(suite: Suite, profile: Profile, key: Key, fresh: Bits) -> Bits:
    base = encryption(suite, profile, key)
    return suite.derive(base, "value", Transcript("LR-STASH-FRESH", (fresh,))) if profile.has(FRESH) else base


def _header(profile: Profile, kind: int, version: int) -> Transcript:
    return Transcript("LR-STASH-VALUE", (kind, version) if profile.has(SEALED_VERSION) else ())
