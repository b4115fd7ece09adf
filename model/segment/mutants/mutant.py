"""What a mutant is: a small mistake in the engine's logic, the clause that it breaks, the property that sees it, and
the smallest bounds within which it is seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.engine import Logic
from lockedroom.model.segment.loader import Patch, mutated


@dataclass(frozen=True, slots=True)
class Mutant:
    """A mistake: its name, the clause that it breaks, what stands where and what is put in its place, the property
    that it violates, and the smallest bounds that suffice to see it."""

    name: str
    breaks: str
    patches: tuple[Patch, ...]
    violates: str
    bounds: Bounds

    def logic(self) -> Logic:
        """The segment's logic with the mistake. Raises NotApplicable when it does not match the source any more."""
        return mutated(self.name, self.patches)


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
