"""Where a real operation's fresh values come from."""

from __future__ import annotations

import os

from lockedroom.reference.crypto.terms import Field


class SystemEntropy:
    """Fresh values from the system's source of randomness, new with every draw (SEG-KEYS-5)."""

    __slots__ = ()

    def draw(self, purpose: str, *context: Field) -> bytes:
        """See `Entropy`."""
        return os.urandom(32)
