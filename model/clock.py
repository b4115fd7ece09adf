"""What ends a long exploration, and what is told while it lasts."""

from __future__ import annotations

import gc
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from lockedroom.model.report import Progress

_PAUSE: Final = 0.3
"""Seconds between two reports of progress."""


class Clock:
    """Time, limits and progress of one exploration."""

    def __init__(
        self,
        progress: Callable[[Progress], None] | None,
        phase: str,
        state_limit: int | None,
        time_limit: float | None,
    ) -> None:
        self._started = time.monotonic()
        self._told = self._started
        self._progress = progress
        self._phase = phase
        self._states = state_limit
        self._seconds = time_limit
        self._interrupted = False

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self._started

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Ctrl-C ends the exploration at the next look, where nothing is half done; a second one at once."""

        def told(number: int, frame: FrameType | None) -> None:
            if self._interrupted:
                raise KeyboardInterrupt
            self._interrupted = True

        ours = threading.current_thread() is threading.main_thread()
        before = signal.signal(signal.SIGINT, told) if ours else None
        try:
            yield
        finally:
            if ours:
                signal.signal(signal.SIGINT, before)

    def look(self, states: int, left: int, depth: int) -> str:
        """Why to end, if there is a reason; tells how far it is now and then."""
        now = time.monotonic()
        seconds = now - self._started
        if self._interrupted:
            return "interrupted"
        if self._seconds is not None and seconds > self._seconds:
            return f"the time limit of {self._seconds:g} s"
        if self._states is not None and states >= self._states:
            return f"the limit of {self._states} states"
        if self._progress is not None and now - self._told > _PAUSE:
            self._told = now
            self._progress(Progress(self._phase, states, left, depth, states / max(seconds, 1e-9), seconds))
        return ""


@contextmanager
def no_collector() -> Iterator[None]:
    """Without the cycle collector: an exploration makes millions of lasting objects and no cycles. What was made
    meanwhile is old afterwards; else the collector would go through all of it at once, and then again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if not gc.get_freeze_count():  # else what somebody has frozen would thaw
            gc.freeze()
            gc.unfreeze()
        if enabled:
            gc.enable()
