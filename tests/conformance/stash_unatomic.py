"""Adapters with one mistake each in the stash that nothing but a crash shows."""

import os
import sys
from dataclasses import replace
from typing import Final

from lockedroom.backend.crashpoints import point
from lockedroom.backend.stash import shared
from lockedroom.backend.stash.keyring import Keyring
from lockedroom.conformance.adapter import ABOUT
from lockedroom.conformance.serving import serve
from lockedroom.conformance.stash_real import StashActor


def in_place(self: shared._Mapped, data: bytes) -> None:
    """Overwrite the half that counts."""
    word = self.load(8)
    self.store(8, word)
    self.write(16 + (word >> 32 & 1) * (1 << 15), data)
    self.store(0, int.from_bytes(b"LKDSTSH1", "little"))
    self.store(8, word >> 32 << 32 | len(data))


def in_pieces(self: Keyring, locator: str, data: bytes) -> None:
    """Add the key with its beginning, and then whole."""
    name = ("lockedroom-stash:" + locator).encode()
    for piece in (data[:40], data):
        with point(self._hook):
            self._call(self._add, b"user", name, piece, len(piece), self._ring)


MISTAKES: Final = {
    "memory": lambda: setattr(shared._Mapped, "replace", in_place),
    "keyring": lambda: setattr(Keyring, "write", in_pieces),
}

if __name__ == "__main__":
    MISTAKES[sys.argv[1]]()
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        sys.exit(serve(replace(ABOUT, implementation="in pieces"), StashActor, sys.stdin.buffer, out))
