"""The line that tells how far a long command is: on a terminal one line that is rewritten, elsewhere a line now and
then. Always on standard error, so that standard output holds the answer alone."""

from __future__ import annotations

import os
import sys
import time
from types import TracebackType
from typing import Final

from lockedroom.cli.terminal import count

_TERMINAL_PAUSE: Final = 0.1
_LOG_PAUSE: Final = 5.0


class Live:
    """The progress of one command. `quiet`: say nothing at all. Leaves no trace of itself on a terminal."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._terminal = sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._pause = _TERMINAL_PAUSE if self._terminal else _LOG_PAUSE
        self._what = ""
        self._began = self._shown = time.monotonic()
        self._drawn = False

    def __enter__(self) -> Live:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wipe()

    def show(self, what: str, done: int, of: int | None = None, words: str = "") -> None:
        """Tell that of `what`, `done` are done `of` so many (None: nobody knows yet)."""
        now = time.monotonic()
        if what != self._what:
            self._what, self._began = what, now
        if self._quiet or now - self._shown < self._pause:
            return
        self._shown = now
        elapsed = max(now - self._began, 1e-3)
        rate = done / elapsed
        parts = [f"{what}: {count(done)}" + (f" of {count(of)}" if of else "")]
        parts.append(f"{count(rate)} a second")
        if of and rate:
            parts.append(f"{max(0, of - done) / rate:.0f} s left")
        if words:
            parts.append(words)
        self._write(" · ".join([*parts, f"{elapsed:.0f} s"]))

    def _write(self, line: str) -> None:
        if not self._terminal:
            print(line, file=sys.stderr, flush=True)
            return
        width = _width()
        self._drawn = True
        sys.stderr.write(f"\r\x1b[K{line[: width - 1]}")
        sys.stderr.flush()

    def _wipe(self) -> None:
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._drawn = False


def _width() -> int:
    try:
        return max(20, os.get_terminal_size(sys.stderr.fileno()).columns)
    except OSError:
        return 80
