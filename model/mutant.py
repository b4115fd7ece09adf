"""What a mutant is: a small mistake in an engine's logic, the clause that it breaks, the property that sees it, and the
smallest bounds within which it is seen. Each protocol has a library of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from lockedroom.model.loader import Patch

Patches: TypeAlias = tuple[Patch, ...]
_Bounds = TypeVar("_Bounds")
_Logic = TypeVar("_Logic")


@dataclass(frozen=True, slots=True)
class Mutant(Generic[_Bounds, _Logic]):
    """A mistake: what makes it (`mutated`: its protocol's logic with these substitutions), its name, the clause that it
    breaks, what stands where and what is put in its place, the property that it violates, and the smallest bounds that
    suffice to see it."""

    mutated: Callable[[str, Patches], _Logic]
    name: str
    breaks: str
    patches: Patches
    violates: str
    bounds: _Bounds

    def logic(self) -> _Logic:
        """Its protocol's logic with the mistake. Raises NotApplicable when it does not match the source any more."""
        return self.mutated(self.name, self.patches)
