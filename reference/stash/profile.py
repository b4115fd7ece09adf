"""The stash's profiles: every defence of the hardened one, and the description without any (STASH-PROFILE-1 to 3)."""

from __future__ import annotations

from typing import Final

from lockedroom.reference.profile import Defence, Switches

SALTED: Final = "salted-keys"
SEPARATE: Final = "separate-keys"
AUTHENTICATED: Final = "authenticated"
FRESH: Final = "fresh-keys"
VERSIONED: Final = "versions"
SEALED_VERSION: Final = "sealed-version"
TOMBSTONES: Final = "tombstones"

DEFENCES: Final = (
    Defence(
        SALTED,
        ("STASH-KEY-5",),
        "a key made from a password is stretched by scrypt with a salt that only the key file tells",
        "whoever guesses the password has the key, and the locator tells that the guess was right",
    ),
    Defence(
        SEPARATE,
        ("STASH-KEY-6", "STASH-KEY-7"),
        "the locator and the encryption key are derived separately",
        "one key is digested for the locator, and encrypts",
    ),
    Defence(
        AUTHENTICATED,
        ("STASH-SEAL-2", "STASH-READ-2"),
        "values are sealed, and what does not open is refused",
        "they are encrypted by AES-256-CBC under the key file's IV: whatever lies there gives some value",
    ),
    Defence(
        FRESH,
        ("STASH-SEAL-1",),
        "each value is sealed under a key that 32 fresh bytes make its own",
        "equal values are equal in the store",
    ),
    Defence(
        VERSIONED,
        ("STASH-SEAL-3", "STASH-READ-3", "STASH-WRITE-3"),
        "each record says its version, and one older than was seen is refused",
        "an older value is as good as the newest",
    ),
    Defence(
        SEALED_VERSION,
        ("STASH-SEAL-4",),
        "the seal covers the record's kind and version",
        "they can be altered",
    ),
    Defence(
        TOMBSTONES,
        ("STASH-REMOVE-2", "STASH-READ-4"),
        "a removal is a version too, sealed like a value; nothing, where something was seen, is refused",
        "anybody's removal looks like a holder's",
    ),
)
"""In the order of the chapter."""

SWITCHES: Final = Switches(DEFENCES, frozenset())
HARDENED: Final = SWITCHES.hardened
AS_WRITTEN: Final = SWITCHES.as_written
