"""Dying at the n-th store, for tests: the seam through which a crash between any two stores is tried.

Every store into shared memory calls the hook of its `Store`, if there is one. Nothing else lives here,
and nothing here is active unless a test asks for it: by passing a hook, or by the environment.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Final, TypeAlias

VARIABLE: Final = "LOCKEDROOM_CRASH"
"""The environment variable that sets a `Crash`: `before:3`, `during:3` or `after:3`."""


class Moment(StrEnum):
    """When, relative to a store, the hook is called. `DURING` comes when half of the bytes of a store of
    more than one word are written; a store of one word has no such moment."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


Hook: TypeAlias = Callable[[Moment], None]


@contextmanager
def point(hook: Hook | None) -> Iterator[None]:
    """A store that the kernel makes, as a whole: one crash point, which has no moment during it."""
    if hook is not None:
        hook(Moment.BEFORE)
    yield
    if hook is not None:
        hook(Moment.AFTER)


class Count:
    """A hook that counts stores and does nothing else: it tells a test how many crash points there are."""

    __slots__ = ("stores",)

    def __init__(self) -> None:
        self.stores = 0

    def __call__(self, moment: Moment) -> None:
        if moment is Moment.BEFORE:
            self.stores += 1


class Crash:
    """A hook that kills its own process (SIGKILL: no handler, no clean-up) at the `at`-th store, from 1."""

    __slots__ = ("_at", "_count", "_moment")

    def __init__(self, at: int, moment: Moment) -> None:
        self._at = at
        self._moment = moment
        self._count = Count()

    def __call__(self, moment: Moment) -> None:
        self._count(moment)
        if moment is self._moment and self._count.stores == self._at:
            die()


def from_environment() -> Hook | None:
    """The crash that the environment asks for, if any. Raises ValueError for one that makes no sense."""
    wanted = os.environ.get(VARIABLE)
    if wanted is None:
        return None
    match = re.fullmatch(r"(before|during|after):([1-9][0-9]{0,8})", wanted)
    if match is None:
        raise ValueError(f"{VARIABLE} must be like before:3, not {wanted!r}")
    return Crash(int(match[2]), Moment(match[1]))


class Points:
    """A hook that does nothing until it is armed: then it counts stores, and at one of them it has something happen
    once. What that is, its caller says: `die`, `pause`, or anything else."""

    __slots__ = ("_at", "_count", "_happen", "_moment", "happened")

    def __init__(self) -> None:
        self.disarm()
        self.happened = False

    def arm(self, at: int, moment: Moment, happen: Callable[[], None]) -> None:
        """From now on, have it happen at that moment of the `at`-th store, from 1; `happened` says whether it has."""
        self._at, self._moment, self._happen, self._count = at, moment, happen, Count()
        self.happened = False

    def disarm(self) -> None:
        """Do nothing more."""
        self._at, self._moment, self._happen, self._count = 0, Moment.BEFORE, die, Count()

    def __call__(self, moment: Moment) -> None:
        if self._at:
            self._count(moment)
            if moment is self._moment and self._count.stores == self._at:
                self._at, self.happened = 0, True
                self._happen()


def die() -> None:
    """Kill this process: no handler, no clean-up."""
    os.kill(os.getpid(), signal.SIGKILL)


def pause() -> None:
    """Stop this process until somebody sends it SIGCONT."""
    os.kill(os.getpid(), signal.SIGSTOP)
