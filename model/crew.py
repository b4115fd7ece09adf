"""Several processes that do one thing each: the same function, called with other arguments. Nothing of any protocol."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from multiprocessing import resource_tracker
from types import TracebackType
from typing import Final, TypeVar, TypeVarTuple

Result = TypeVar("Result")
Given = TypeVarTuple("Given")

_LOOK: Final = 0.2
"""Seconds between two looks at whether somebody interrupts."""


INTERRUPTED: Final = "interrupted"
"""Why something is not complete that Ctrl-C ended."""


class Crew:
    """So many processes; with one, all is done in this process. To be used in a `with`."""

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Crew:
        if self._jobs > 1:
            self._pool = ProcessPoolExecutor(self._jobs, multiprocessing.get_context("spawn"), _deaf)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is None:
            return
        processes = list((self._pool._processes or {}).values())
        if kind is not None:
            for process in processes:
                process.kill()
        self._pool.shutdown(cancel_futures=True)

    def each(
        self,
        function: Callable[[*Given], Result],
        given: Sequence[tuple[*Given]],
        done: Callable[[int, int], None] = lambda done, of: None,
        take: Callable[[int, Result], None] = lambda number, result: None,
    ) -> list[Result]:
        """What the function gives for each of these arguments, in their order. `done` is told, now and then, how many
        are done, and `take` each result with its place among them, as soon as it is there. With several processes the
        function and all that it is given and gives are pickled. Raises what the function raises, for the first of the
        arguments for which it does; KeyboardInterrupt at once."""
        if self._pool is None:
            found: list[Result] = []
            for number, one in enumerate(given):
                done(number, len(given))
                found.append(function(*one))
                take(number, found[-1])
            done(len(given), len(given))
            return found
        with unheard():
            futures: list[Future[Result]] = [self._pool.submit(function, *one) for one in given]
        left = set(futures)
        while left:
            done(len(futures) - len(left), len(futures))
            come, left = wait(left, _LOOK, FIRST_COMPLETED)
            for future in come:
                if future.exception() is None:
                    take(futures.index(future), future.result())
        done(len(futures), len(futures))
        return [future.result() for future in futures]


@contextmanager
def unheard() -> Iterator[None]:
    """Processes that are started meanwhile hear no Ctrl-C: it is for the one that asks, which ends them."""
    # The first process brings a tracker of resources along, and starting that ends the blocking.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def started(module: str) -> subprocess.Popen[bytes]:
    """A process that runs `main` of this module and is asked and answers through pipes. It has a session of its own, so
    that a Ctrl-C in the terminal reaches this one alone."""
    return subprocess.Popen(
        [sys.executable, "-P", "-c", f"from {module} import main; main()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        start_new_session=True,
    )


def _deaf() -> None:
    """Ctrl-C goes to every process of a terminal; the one that leads ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0))
