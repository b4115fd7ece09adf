"""Makes the walk to a violation shorter. What comes out is a walk that violates the same property and from which no
single step can be left out, unless time or patience ran out; there may be a shorter one that does other things."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Final

from lockedroom.model.report import ActionFault
from lockedroom.model.walks import Failure, Unsteady, Walker

SECONDS: Final = 20.0
"""How long it tries."""


def shortened(walker: Walker, failure: Failure, seconds: float = SECONDS) -> Failure:
    """The failure by fewer steps: parts of its trail are left out, halves first, then less and less, single steps last.
    On KeyboardInterrupt it is as short as it is by then. Raises Unsteady when the trail does not lead to it."""
    assert failure.broken is not None, "what an action raised is no violation"
    name, deadline = failure.broken.property, time.monotonic() + seconds
    best = walker.follow(failure.trail, name)
    if best is None:
        raise Unsteady(f"a walk that violated {name} does not when it is gone again: an action is no function")
    size = max(1, len(best.trail) // 2)
    with suppress(KeyboardInterrupt):
        while time.monotonic() < deadline:
            fewer = _without(walker, best, name, size, deadline)
            if fewer is best and size == 1:
                break
            best, size = fewer, max(1, size // 2)
    return best


def _without(walker: Walker, best: Failure, name: str, size: int, deadline: float) -> Failure:
    """The failure without any part of that size that it does not need."""
    low = 0
    while low < len(best.trail) and time.monotonic() < deadline:
        found = None
        with suppress(ActionFault):  # a way to where an action raises is another failure
            found = walker.follow((*best.trail[:low], *best.trail[low + size :]), name)
        if found is not None and len(found.trail) < len(best.trail):
            best = found
        else:
            low += size
    return best
