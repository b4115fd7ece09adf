"""Ctrl-C between operations instead of inside one.

The handler of SIGINT may raise at any call of any line. Inside an operation that would leave a state settled and not
stored, a record consumed that nobody was given, or a lock that nobody lets go of. So an operation runs `deferred`: what
the handler does, it does at the next place where nothing is half done, which is the end, or a wait (`look`).

Only the main thread ever runs handlers, so in others nothing happens here.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final, Protocol

_SLICE: Final = 0.05
"""How long is waited for a thread's lock between two looks, in seconds."""


class Lock(Protocol):
    """A lock of `threading`, reentrant or not."""

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """See `threading.Lock.acquire`."""
        ...


class _Deferral:
    """The handler that stands in for the own one while an operation runs: it only takes note."""

    __slots__ = ("handler", "noted")

    def __init__(self, handler: Callable[[int, FrameType | None], object]) -> None:
        self.handler: Final = handler
        self.noted: tuple[int, FrameType | None] | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.noted = (number, frame)

    def deliver(self) -> None:
        """Have the own handler do what it does, if there is reason: by default it raises KeyboardInterrupt."""
        noted, self.noted = self.noted, None
        if noted is not None:
            self.handler(*noted)


@contextmanager
def deferred() -> Iterator[None]:
    """Run the block with SIGINT deferred to its end, or to a `look` in it. May be nested: the outermost counts. What is
    ignored, or ends the process, is as before."""
    handler = signal.getsignal(signal.SIGINT) if threading.current_thread() is threading.main_thread() else None
    if not callable(handler) or isinstance(handler, _Deferral):
        yield
        return
    deferral = _Deferral(handler)
    try:
        signal.signal(signal.SIGINT, deferral)
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        deferral.deliver()


def look() -> None:
    """Deliver a deferred SIGINT now: for who waits inside an operation, where nothing is half done."""
    if threading.current_thread() is threading.main_thread():
        handler = signal.getsignal(signal.SIGINT)
        if isinstance(handler, _Deferral):
            handler.deliver()


def acquired(lock: Lock, deadline: float) -> bool:
    """Wait for a thread's lock until a deadline in time.monotonic(), looking meanwhile; whether it was to be had."""
    while not lock.acquire(timeout=max(0.0, min(_SLICE, deadline - time.monotonic()))):
        look()
        if time.monotonic() >= deadline:
            return False
    return True
