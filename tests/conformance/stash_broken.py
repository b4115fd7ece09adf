"""Adapters with one mistake each in the stash: `python stash_broken.py MISTAKE`."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, cast

from lockedroom.backend.crashpoints import point
from lockedroom.backend.stash import shared
from lockedroom.backend.stash.keyring import Keyring
from lockedroom.conformance.adapter import ABOUT
from lockedroom.conformance.serving import serve
from lockedroom.conformance.stash_real import StashActor
from lockedroom.reference.crypto.suite import Suite, Transcript
from lockedroom.reference.crypto.terms import Bits
from lockedroom.reference.profile import Profile
from lockedroom.reference.stash import records, transitions
from lockedroom.reference.stash.keys import Key

MAGIC: Final = int.from_bytes(b"LKDSTSH1", "little")


def in_place(self: shared._Mapped, data: bytes) -> None:
    """Overwrite the half that counts."""
    word = self.load(8)
    self.store(8, word)
    self.write(16 + (word >> 32 & 1) * (1 << 15), data)
    self.store(0, MAGIC)
    self.store(8, word >> 32 << 32 | len(data))


def in_pieces(self: Keyring, locator: str, data: bytes) -> None:
    """Add the key with its beginning, and then whole."""
    name = ("lockedroom-stash:" + locator).encode()
    for piece in (data[:40], data):
        with point(self._hook):
            self._call(self._add, b"user", name, piece, len(piece), self._ring)


def any_magic(self: shared._Mapped) -> bytes | None:
    """Take every object for one of ours."""
    length = self.load(8) & 0xFFFFFFFF
    return self.read(16 + (self.load(8) >> 32 & 1) * (1 << 15), length) or None


def any_size(descriptor: int) -> os.stat_result:
    """Say of every object that it has the right size."""
    found = STATUS(descriptor)
    return os.stat_result((*found[:6], shared._TOTAL, *found[7:10])) if found.st_size > shared._TOTAL else found


def unopened(suite: Suite, profile: Profile, key: Key, record: records.Record) -> Bits | None:
    """Take what does not open for what it says."""
    found = OPENED(suite, profile, key, record)
    sealed = record.sealed
    return sealed[:-16] if found is None and isinstance(sealed, bytes) else found


def any_version(at: transitions.At, body: Bits, expected: int | None = None) -> transitions.Result:
    """Write, whatever version is expected."""
    return WRITE(at, body)


WRITE: Final = transitions.write
STATUS: Final = os.fstat
OPENED: Final = records.opened
MISTAKES: Final[Mapping[str, Callable[[], None]]] = {
    "in place": lambda: setattr(shared._Mapped, "replace", in_place),
    "in pieces": lambda: setattr(Keyring, "write", in_pieces),
    "any magic": lambda: setattr(shared._Mapped, "content", any_magic),
    "any size": lambda: setattr(os, "fstat", any_size),
    "unopened": lambda: setattr(records, "opened", unopened),
    "a version that nothing seals": lambda: setattr(
        records, "_header", lambda _profile, kind, _version: Transcript("LR-STASH-VALUE", (kind,))
    ),
    "a kind that nothing seals": lambda: setattr(
        records, "_header", lambda _profile, _kind, version: Transcript("LR-STASH-VALUE", (version,))
    ),
    "one key for all": lambda: setattr(
        records, "_key", lambda suite, profile, key, _fresh: records.encryption(suite, profile, key)
    ),
    "any version": lambda: cast("dict[str, object]", transitions.BY_OPERATION).update(
        write=replace(transitions.BY_OPERATION["write"], run=any_version)
    ),
    "nothing is older": lambda: setattr(transitions, "_older", lambda _at, _record: False),
}

if __name__ == "__main__":
    MISTAKES[sys.argv[1]]()
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        sys.exit(serve(replace(ABOUT, implementation="broken"), StashActor, sys.stdin.buffer, out))
