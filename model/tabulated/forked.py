"""Work done by a copy of this process, which has all that this one has, beside what this one does meanwhile."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pickle
import signal
from collections.abc import Callable
from types import TracebackType
from typing import Final, Generic, TypeVar, cast

Result = TypeVar("Result")

_SIZE: Final = 8
_PR_SET_PDEATHSIG: Final = 1


class Forked(Generic[Result]):
    """A call made by a fork of this process. `result` waits for what it gives; leaving the context ends the fork.

    Where the thread that asks ends before that, killed with its process, the fork is killed: it would go on for nobody,
    and whoever reads what this process writes would wait for it. The fork is for computing alone: what it has in common
    with this process stays this process's. Nothing of a backend may be open (DESIGN.md, *Forks*), and no other thread
    run.
    """

    def __init__(self, work: Callable[[], Result]) -> None:
        reader, writer = os.pipe()
        asking = os.getpid()
        self._process = os.fork()
        if not self._process:
            os.close(reader)
            _serve(work, writer, asking)
        os.close(writer)
        self._reader = reader

    def __enter__(self) -> Forked[Result]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._reader)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)

    def result(self) -> Result | None:
        """What the call gave; None where it raised or the fork died."""
        with os.fdopen(os.dup(self._reader), "rb") as stream:
            whole = stream.read()
        size, whole = whole[:_SIZE], whole[_SIZE:]
        if len(size) < _SIZE or int.from_bytes(size, "big") != len(whole):
            return None
        return cast(Result, pickle.loads(whole))


def _serve(work: Callable[[], Result], writer: int, asking: int) -> None:
    """Never returns."""
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != asking:  # it was killed before that
            return
        whole = pickle.dumps(work(), pickle.HIGHEST_PROTOCOL)
        with os.fdopen(writer, "wb") as stream:
            stream.write(len(whole).to_bytes(_SIZE, "big") + whole)
        code = 0
    finally:
        # Whatever was raised: this process asks again itself, and then raises it where it can be told.
        os._exit(code)
