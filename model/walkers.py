"""Random walks by several processes, put together: coverage, what is still new, and the first violation made short.

Walk number i depends on the seed and on i alone, and what is reported is put together in the order of the walks: the
same whatever the number of processes, unless a time limit or an interrupt ends it. States and entries of the tables are
counted by 64-bit fingerprints.
"""

from __future__ import annotations

import pickle
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from lockedroom.model.crew import started
from lockedroom.model.report import Violation
from lockedroom.model.shrink import shortened
from lockedroom.model.validator import Subject
from lockedroom.model.walks import Failure, Unsteady, Walker
from lockedroom.model.worker import Order, Part
from lockedroom.reference.errors import EngineError

LATE: Final = "the time limit"
"""Why walks ended that ended for it."""
RANGE: Final = 50
"""Walks that a process is given at a time."""
_POINTS: Final = 20
"""Of a curve that is reported."""
_PENDING: Final = 1 << 16
"""Fingerprints that are put in order at a time, at least."""


@dataclass(frozen=True, slots=True)
class Stride:
    """How far walking is: walks done, of how many, steps, table entries seen, and how many new ones a thousand steps
    have brought of late."""

    phase: str
    walks: int
    of: int
    steps: int
    entries: int
    fresh: float


@dataclass(frozen=True, slots=True)
class Found:
    """What walks have found. `growth`: after so many steps, so many table entries had been seen. `taken` counts the
    steps by operation (0: never drawn), `accepted` names the operations that could be done somewhere, `refusals` gives
    the clauses by which each was refused. `exercised`: on how many distinct steps and states each property was judged,
    `judged` names the properties that were to be judged, `sometimes` what was to happen somewhere. `violation` is that
    of walk number `walk`, which came to it after `length` steps, with what is left of its path."""

    title: str
    reason: str
    asked: int
    walks: int
    steps: int
    longest: int
    dead_ends: int
    seconds: float
    jobs: int
    states: int
    entries: int
    growth: tuple[tuple[int, int], ...]
    taken: Mapping[str, int]
    accepted: frozenset[str]
    refusals: Mapping[str, tuple[str, ...]]
    exercised: Mapping[str, int]
    judged: tuple[str, ...]
    sometimes: tuple[str, ...]
    violation: Violation | None = None
    walk: int | None = None
    length: int = 0

    @property
    def fresh(self) -> float:
        """New table entries in a thousand steps, towards the end (the last tenth, or what comes nearest to it)."""
        return _fresh(self.growth, 0.9)


def walk(
    make: Callable[[], Subject],
    *,
    walks: int,
    steps: int,
    seed: int = 1,
    jobs: int = 1,
    progress: Callable[[Stride], None] | None = None,
    phase: str = "",
    time_limit: float | None = None,
) -> Found:
    """Walk at random through what `make` makes, in so many processes at most: each is given `RANGE` walks at a time.
    `make` is pickled: a function of a module, or a partial of one. Ends after so many walks, at the first violation
    (that of the lowest number), at the time limit (seconds) or on KeyboardInterrupt. Raises ActionFault when an action
    raises, KeyError when one names a slot that there is not, Unsteady when an action is no function of what it reads,
    EngineError when a process of ours is lost."""
    subject = make()
    walker = Walker(subject)
    sums = _Sums(walks)
    started = time.monotonic()
    reason = ""
    jobs = min(jobs, -(-walks // RANGE))
    with _Crew(Order(make, seed, steps), walks, jobs) as crew:
        try:
            deadline = None if time_limit is None else started + time_limit
            for part in crew.parts(deadline):
                sums.add(part)
                if progress is not None:
                    progress(Stride(phase, sums.walks, walks, sums.steps, len(sums.entries), _fresh(sums.growth, 0.8)))
            if crew.late:
                reason = LATE
        except KeyboardInterrupt:
            reason = "interrupted"
    sums.add_rest()
    seconds = time.monotonic() - started
    violation, length = None, 0
    if sums.failure is not None:
        if sums.failure.broken is None:
            walker.follow(sums.failure.trail, "")
            raise Unsteady("something was raised in another process, and not in this one: an action is no function")
        length = len(sums.failure.trail) + (sums.failure.broken.choice is not None)
        violation = _violation(walker, sums.failure)
        reason = "a property is violated"
    return sums.found(subject, reason, seconds, jobs, violation, length)


def _violation(walker: Walker, failure: Failure) -> Violation:
    best = shortened(walker, failure)
    assert best.broken is not None, "it is shortened because it is broken"
    return Violation(best.broken.property, best.broken.message, walker.path(best))


# ---- what the parts add up to --------------------------------------------------------------------------


class _Sums:
    """The parts in the order of the walks."""

    def __init__(self, asked: int) -> None:
        self.asked = asked
        self.walks = self.steps = self.longest = self.dead_ends = 0
        self.entries = _Distinct()
        self.growth: list[tuple[int, int]] = [(0, 0)]
        self.failure: Failure | None = None
        self.states = _Distinct()
        self._taken: dict[str, int] = {}
        self._accepted: set[str] = set()
        self._refusals: dict[str, set[str]] = {}
        self._exercised: dict[str, int] = {}
        self._waiting: dict[int, Part] = {}
        self._next = 0

    def add(self, part: Part) -> None:
        """Add a part once all before it are there."""
        self._waiting[part.first] = part
        while self._next in self._waiting and self.failure is None:
            self._absorb(self._waiting.pop(self._next))

    def add_rest(self) -> None:
        """Add what was left waiting for what never came."""
        for first in sorted(self._waiting):
            if self.failure is None:
                self._absorb(self._waiting[first])

    def _absorb(self, part: Part) -> None:
        seen = part.seen
        self._next = part.end
        self.walks += seen.walks
        self.steps += seen.steps
        self.longest = max(self.longest, seen.longest)
        self.dead_ends += seen.dead_ends
        for operation, count in seen.taken.items():
            self._taken[operation] = self._taken.get(operation, 0) + count
        for fact, marks in seen.entries.items():
            new = self.entries.add(np.array(marks, np.uint64))
            for name in fact.exercised:
                self._exercised[name] = self._exercised.get(name, 0) + new
            if fact.accepted:
                self._accepted.add(fact.operation)
            if fact.clauses:
                self._refusals.setdefault(fact.operation, set()).update(fact.clauses)
        self.states.add(np.array(seen.states, np.uint64))
        self.failure = part.failure
        if not part.end % RANGE or part.end == self.asked or part.failure:
            self.growth.append((self.steps, len(self.entries)))

    def found(
        self, subject: Subject, reason: str, seconds: float, jobs: int, violation: Violation | None, length: int
    ) -> Found:
        """All of it."""
        sometimes = (*subject.sometimes, *(rule.property for rule in subject.witnesses))
        judged = (*(rule.property for rule in subject.invariants), *subject.steps)
        return Found(
            subject.machine.title,
            reason,
            self.asked,
            self.walks,
            self.steps,
            self.longest,
            self.dead_ends,
            seconds,
            jobs,
            len(self.states),
            len(self.entries),
            _thinned(self.growth),
            {
                name: self._taken.get(name, 0)
                for name in sorted({action.operation for action in subject.machine.actions})
            },
            frozenset(self._accepted),
            {operation: tuple(sorted(clauses)) for operation, clauses in sorted(self._refusals.items())},
            dict(sorted(self._exercised.items())),
            tuple(name for name in dict.fromkeys(judged) if name not in sometimes),
            sometimes,
            violation,
            self._next - 1 if violation else None,
            length,
        )


class _Distinct:
    """Distinct numbers, eight bytes each: a sorted array, and what has come since it was last put in order."""

    def __init__(self) -> None:
        self._known: npt.NDArray[np.uint64] = np.zeros(0, np.uint64)
        self._recent: set[int] = set()

    def __len__(self) -> int:
        return len(self._known) + len(self._recent)

    def add(self, numbers: npt.NDArray[np.uint64]) -> int:
        """Add some; how many of them are new."""
        before = len(self)
        at = np.searchsorted(self._known, numbers)
        if len(self._known):
            at[at == len(self._known)] = 0
            numbers = numbers[self._known[at] != numbers]
        self._recent.update(numbers.tolist())
        if len(self._recent) > max(_PENDING, len(self._known) // 8):
            self._known = np.concatenate([self._known, np.fromiter(self._recent, np.uint64, len(self._recent))])
            self._known.sort()
            self._recent.clear()
        return len(self) - before


def _fresh(growth: Sequence[tuple[int, int]], since: float) -> float:
    """Entries in a thousand steps, from the last point of the curve before that share of all steps."""
    steps, entries = growth[-1]
    before = [point for point in growth[:-1] if point[0] <= since * steps] or [(0, 0)]
    return 1000 * (entries - before[-1][1]) / max(1, steps - before[-1][0])


def _thinned(growth: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """A curve with fewer points, the last among them."""
    last = len(growth) - 1
    return tuple(growth[index] for index in sorted({last * point // _POINTS for point in range(1, _POINTS + 1)}))


# ---- processes -----------------------------------------------------------------------------------------

_Answer: TypeAlias = "Part | EngineError | None"
"""Part of a range; a process that is lost; or the end of one that has done its share."""


class _Crew:
    """The processes. Leaving the context ends them."""

    def __init__(self, order: Order, walks: int, jobs: int) -> None:
        self.late = False
        self._walks = walks
        self._next = 0
        self._end = walks
        self._lock = threading.Lock()
        self._answers: queue.SimpleQueue[_Answer] = queue.SimpleQueue()
        whole = pickle.dumps(sys.path) + pickle.dumps(order)
        self._processes = [started("lockedroom.model.worker") for _ in range(jobs)]
        self._threads = [
            threading.Thread(target=self._serve, args=(process, whole), daemon=True) for process in self._processes
        ]

    def __enter__(self) -> _Crew:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.kill()
        for process, thread in zip(self._processes, self._threads, strict=True):
            process.wait()
            thread.join()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()

    def parts(self, deadline: float | None) -> Iterator[Part]:
        """The parts as they come, until all are there, one of the processes is lost, or the deadline has passed."""
        working = len(self._processes)
        while working:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            try:
                answer = self._answers.get(timeout=left)
            except queue.Empty:
                self.late = True
                return
            if isinstance(answer, EngineError):
                raise answer
            if answer is None:
                working -= 1
                continue
            yield answer

    def _serve(self, process: subprocess.Popen[bytes], order: bytes) -> None:
        """Give one process ranges and pass its answers on, until there are no more."""
        assert process.stdin is not None and process.stdout is not None, "they are pipes"
        end: _Answer = EngineError("a process that walks was lost")
        try:
            process.stdin.write(order)
            while (given := self._range()) is not None:
                pickle.dump(given, process.stdin)
                process.stdin.flush()
                self._answered(*given, process.stdout)
            end = None
        except (OSError, EOFError, ValueError):
            pass
        finally:
            self._answers.put(end)

    def _answered(self, first: int, end: int, answers: IO[bytes]) -> None:
        """Pass on what comes of a range."""
        while first < end:
            part: Part = pickle.load(answers)
            self._answers.put(part)
            first = part.end
            if part.failure is not None:
                with self._lock:
                    self._end = min(self._end, part.first)
                return

    def _range(self) -> tuple[int, int] | None:
        """The next range, up to the first violation that is known."""
        with self._lock:
            first = self._next
            if first >= self._end:
                return None
            self._next = min(self._walks, first + RANGE)
            return first, self._next
