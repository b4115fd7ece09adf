"""One operation as one atomic step, whatever it is taken on: run it on a snapshot, remembering what it asked; lock; ask
again; commit, or run it again; after a few rounds, lock first (SEG-JOURNAL-6, STASH-STORE-3).

No cryptography runs under a lock, but in that last round.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager
from typing import Final, Protocol, TypeVar, cast

from lockedroom.backend import interrupts
from lockedroom.backend.errors import LockTimeout

ROUNDS: Final = 3
"""How often an operation is tried on a snapshot before it takes its locks first."""

_Answer = TypeVar("_Answer")


class Asked:
    """What one attempt has asked. A question that was asked before gives the answer that it gave then."""

    __slots__ = ("_asked",)

    def __init__(self) -> None:
        self._asked: dict[Hashable, tuple[Callable[[], object], object]] = {}

    def ask(self, question: Hashable, look: Callable[[], _Answer]) -> _Answer:
        """The answer to a question, as it was when it was asked first; `look` answers it."""
        if question not in self._asked:
            self._asked[question] = look, look()
        return cast(_Answer, self._asked[question][1])

    def unchanged(self) -> bool:
        """Whether every question has the same answer now. Under the locks of the footprint, that makes the attempt
        one atomic step."""
        return all(look() == answer for look, answer in self._asked.values())


class Attempt(Protocol):
    """What an attempt is decided on."""

    def unchanged(self) -> bool:
        """Whether it is as it was."""
        ...


_Attempt = TypeVar("_Attempt", bound=Attempt)
_Result = TypeVar("_Result")


def atomic(
    begin: Callable[[], _Attempt],
    run: Callable[[_Attempt], _Result],
    locked: Callable[[_Attempt], AbstractContextManager[object]],
    commit: Callable[[_Attempt, _Result], _Result],
    deadline: float,
    late: Callable[[], LockTimeout],
    needed: Callable[[_Result], bool] = lambda _: True,
) -> tuple[_Attempt, _Result]:
    """Run an operation until an attempt at it can be committed: that attempt, and what `commit` makes of its result.
    `locked` gives the locks of an attempt; a result for which they are not `needed`, since it was decided on a single
    look and changes nothing, is given as it is. Raises `late` at the deadline, in time.monotonic()."""
    tries = 0
    while True:
        interrupts.look()
        tries += 1
        attempt = begin()
        result = None if tries > ROUNDS else run(attempt)
        if result is not None and not needed(result):
            return attempt, result
        with locked(attempt):
            if attempt.unchanged():
                return attempt, commit(attempt, run(attempt) if result is None else result)
        if time.monotonic() >= deadline:
            raise late()
