"""The segment's mutants, as `mistake` makes them, and the properties that see them."""

from __future__ import annotations

from functools import partial
from typing import Final, TypeAlias

from lockedroom.model import mutant
from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.engine import Logic
from lockedroom.model.segment.loader import mutated

Mutant: TypeAlias = mutant.Mutant[Bounds, Logic]
"""A mistake in the segment's logic."""

mistake: Final = partial(mutant.Mutant, mutated)

BINDING: Final = "segment binding"
AUTHENTIC: Final = "authentication and injective agreement"
SECRET: Final = "secrecy of keys and plaintexts"
KNOWN: Final = "no unknown key share"
FORWARD: Final = "forward secrecy after leave"
ACCESS: Final = "access control, authentic and not escalated"
ONCE: Final = "at most once and in order"
NONCES: Final = "no nonce twice under a key"
ADDRESSEE: Final = "only the addressee consumes"
LOST: Final = "nothing committed is lost"
STANDING: Final = "non-consumables live as long as their sender"
QUOTAS: Final = "quotas kept, and room not refused"
MULTICAST: Final = "multicast all or nothing"
AGREED: Final = "agreement after concurrent exchange or rotation"
