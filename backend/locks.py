"""Locks on slots: a set of them at once, in a fixed order, with a deadline.

Two lockers that each take what they need in ascending order of lock bytes cannot wait for each other in
a circle (SEG-LOCK-3). Nobody waits inside the kernel: a lock that is taken is tried again after a back-off
(SEG-LOCK-4), so that every wait ends at its deadline, also on a holder that was stopped. Life locks are in `life`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import IntEnum
from typing import Final

from lockedroom.backend import clauses, interrupts, ofd, regions
from lockedroom.backend.errors import LockTimeout
from lockedroom.backend.shm import Store

SHORTEST: Final = 50e-6
LONGEST: Final = 5e-3
"""The first and the longest back-off, in seconds; it doubles in between."""


def attempts(deadline: float) -> Iterator[None]:
    """At once, and again after each back-off (SEG-LOCK-4), until the deadline has passed (of time.monotonic())."""
    pause = SHORTEST
    while True:
        yield
        interrupts.look()
        left = deadline - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(pause, left))
        pause = min(2 * pause, LONGEST)


class Mode(IntEnum):
    """SHARED for a slot that is only read, EXCLUSIVE for one that is written (SEG-LOCK-2)."""

    SHARED = ofd.SHARED
    EXCLUSIVE = ofd.EXCLUSIVE


class Locks:
    """The slot locks of one store. Threads that share it take turns, since a lock of an open file
    description does not keep out other users of that description (SEG-LOCK-5)."""

    __slots__ = ("_held", "_owner", "_store", "_turn")

    def __init__(self, store: Store) -> None:
        self._store = store
        self._turn = threading.Lock()
        self._owner: int | None = None
        self._held: Mapping[int, Mode] = {}

    @contextmanager
    def holding(self, wanted: Mapping[int, Mode], deadline: float) -> Iterator[None]:
        """Hold the slots with these lock bytes while the block runs; `deadline` is in time.monotonic().

        Raises LockTimeout (SEG-LOCK-1), holding nothing then. Not reentrant: RuntimeError.
        """
        if self._owner == threading.get_ident():
            raise RuntimeError("this thread holds slots already: take all that is needed at once")
        if not interrupts.acquired(self._turn, deadline):
            raise _timeout(self._store.room, "another thread of this process holds its slots")
        try:
            self._owner = threading.get_ident()
            self._take(wanted, deadline)
            self._held = wanted
            yield
        finally:
            self._held = {}
            self._owner = None
            # A child that was forked inside the block, or a store closed there, has nothing to unlock.
            if self._store.usable:
                ofd.unlock(self._store.descriptor, 0, regions.SLOT_BYTES)
            self._turn.release()

    def check(self, deadline: float) -> None:
        """Raise LockTimeout when the deadline has passed: for what is tried again without waiting."""
        if time.monotonic() >= deadline:
            raise _timeout(self._store.room, "what its locks guard kept changing")

    def may_write(self, slot: int) -> bool:
        """Whether the calling thread holds the slot exclusively."""
        return self._owner == threading.get_ident() and self._held.get(slot) is Mode.EXCLUSIVE

    def _take(self, wanted: Mapping[int, Mode], deadline: float) -> None:
        descriptor = self._store.descriptor
        for slot in sorted(wanted):
            if not 0 <= slot < regions.SLOT_BYTES:
                raise ValueError(f"{slot} is no slot's lock byte")
            for _ in attempts(deadline):
                if ofd.try_lock(descriptor, slot, wanted[slot]):
                    break
            else:
                raise _timeout(self._store.room, f"{regions.lock_name(slot)} is locked")


def _timeout(room: str, problem: str) -> LockTimeout:
    return LockTimeout(
        clauses.LOCK,
        f"in the room {room}, {problem}, and was until the deadline",
        "try again; if it lasts, a member is stopped: continue or kill it",
    )
