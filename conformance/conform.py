"""Running the whole corpus on the real machine, several traces at a time, and reporting what came of it.

The report's object has a part that is the same in every run and a part, `run`, that is this run's alone.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from lockedroom.conformance.corpus import corpus
from lockedroom.conformance.coverage import Coverage, clauses_covered, rejections_covered, transitions_covered
from lockedroom.conformance.process import Limits
from lockedroom.conformance.protocol import Implementation
from lockedroom.conformance.runner import BUILT_IN, Cancelled, Fleet, replay_for_real
from lockedroom.conformance.schemas import Json
from lockedroom.conformance.stage import Divergence, Replayed, Status
from lockedroom.conformance.trace import Trace


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: traces and steps done of all, how many traces failed, and the one that ended last."""

    traces_done: int
    traces: int
    steps_done: int
    steps: int
    failed: int
    title: str


@dataclass(frozen=True, slots=True)
class TraceResult:
    """What became of one trace. `steps` agreed; `reason` says in words why it did not pass, and `fault` of which kind
    it was when the implementation did not even answer."""

    title: str
    status: Status
    steps: int
    divergence: Divergence | None
    reason: str
    fault: str = ""

    def to_json(self) -> dict[str, Json]:
        """For a report."""
        return {
            "title": self.title,
            "status": str(self.status),
            "steps": self.steps,
            "reason": self.reason,
            "divergence": self.divergence.to_json() if self.divergence else None,
        }


@dataclass(frozen=True, slots=True)
class ConformReport:
    """What became of a corpus. Steps count those that ran and agreed; coverage counts traces that passed and no
    other. `implementation` is what the one under test said of itself, if it said anything."""

    protocol: str
    traces: tuple[TraceResult, ...]
    clauses: Coverage
    rejections: Coverage
    transitions: Coverage
    processes: int
    seconds: float
    jobs: int
    implementation: Implementation | None = None

    @property
    def steps(self) -> int:
        """How many steps ran and agreed."""
        return sum(result.steps for result in self.traces)

    def count(self, status: Status) -> int:
        """How many traces have that status."""
        return sum(result.status is status for result in self.traces)

    @property
    def passed(self) -> int:
        """How many traces passed."""
        return self.count(Status.PASSED)

    @property
    def failed(self) -> int:
        """How many traces failed."""
        return self.count(Status.FAILED)

    @property
    def unsupported(self) -> int:
        """How many traces the implementation cannot run; they are not counted as passed."""
        return self.count(Status.UNSUPPORTED)

    @property
    def verdict(self) -> Literal["passed", "failed", "unsupported"]:
        """Passed when every trace that was executed agrees and one was at least."""
        if self.failed:
            return "failed"
        return "passed" if self.passed else "unsupported"

    @property
    def exit_code(self) -> int:
        """0 when passed, 1 when a trace failed, 4 when none could be executed."""
        return {"passed": 0, "failed": 1, "unsupported": 4}[self.verdict]

    def to_json(self) -> dict[str, Json]:
        """The report as one object; what differs from run to run is under `run`."""
        return {
            "protocol": self.protocol,
            "verdict": self.verdict,
            "traces": {
                "all": len(self.traces),
                "passed": self.passed,
                "failed": self.failed,
                "unsupported": self.unsupported,
            },
            "steps": self.steps,
            "clauses": self.clauses.to_json(),
            "rejections": self.rejections.to_json(),
            "transitions": self.transitions.to_json(),
            "results": [result.to_json() for result in self.traces],
            "run": {"seconds": round(self.seconds, 3), "processes": self.processes, "jobs": self.jobs},
        }


def conform(
    protocol: Literal["segment"] = "segment",
    *,
    command: Sequence[str] | None = None,
    jobs: int | None = None,
    limits: Limits | None = None,
    select: Callable[[Trace], bool] | None = None,
    progress: Callable[[Progress], None] | None = None,
    traces: Sequence[Trace] | None = None,
    suite: Literal["LR0", "LR1"] | None = None,
) -> ConformReport:
    """Replay the corpus (or `traces`) with real processes on real shared memory, under each trace's own suite unless
    told. `command` is the adapter, the built-in one unless told. Ctrl-C ends every process and removes every room
    before it is passed on."""
    begun = time.monotonic()
    chosen = [trace for trace in (corpus(protocol) if traces is None else traces) if select is None or select(trace)]
    if suite is not None:
        chosen = [replace(trace, settings=replace(trace.settings, suite=suite)) for trace in chosen]
    several = max(1, min(jobs or os.cpu_count() or 1, len(chosen)))
    crew = _Crew(chosen, [Fleet(command or BUILT_IN, limits or Limits()) for _ in range(several)])
    results = crew.run(progress)
    passed = [trace for trace, result in zip(chosen, results, strict=True) if result.status is Status.PASSED]
    return ConformReport(
        protocol,
        tuple(
            TraceResult(trace.title, result.status, result.steps, result.divergence, result.reason, result.fault)
            for trace, result in zip(chosen, results, strict=True)
        ),
        clauses_covered(passed),
        rejections_covered(passed),
        transitions_covered(passed),
        sum(fleet.started for fleet in crew.fleets),
        time.monotonic() - begun,
        several,
        next((about for fleet in crew.fleets if (about := fleet.greeting) is not None), None),
    )


_TICK: Final = 0.2
"""Seconds between two looks for a signal, while nothing comes."""


class _Crew:
    """Workers, each with a fleet of its own, that share the traces among them."""

    def __init__(self, traces: Sequence[Trace], fleets: Sequence[Fleet]) -> None:
        self.fleets = fleets
        self._traces = traces
        self._waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[int, Replayed] | BaseException] = queue.SimpleQueue()
        # The longest first, so that no worker is left with one at the end.
        for index in sorted(range(len(traces)), key=lambda index: -len(traces[index].steps)):
            self._waiting.put(index)

    def run(self, progress: Callable[[Progress], None] | None) -> list[Replayed]:
        """The results in the order of the traces."""
        workers = [threading.Thread(target=self._work, args=(fleet,)) for fleet in self.fleets]
        found: dict[int, Replayed] = {}
        try:
            for worker in workers:
                worker.start()
            while len(found) < len(self._traces):
                index, result = self._next()
                found[index] = result
                if progress is not None:
                    progress(self._progress(found, index))
        except BaseException:
            for fleet in self.fleets:
                fleet.cancel()
            raise
        finally:
            for worker in workers:
                if worker.ident is not None:
                    worker.join()
        return [found[index] for index in range(len(self._traces))]

    def _next(self) -> tuple[int, Replayed]:
        while True:
            try:
                item = self._done.get(timeout=_TICK)
            except queue.Empty:
                continue
            if isinstance(item, BaseException):
                raise item
            return item

    def _work(self, fleet: Fleet) -> None:
        try:
            with fleet:
                while True:
                    try:
                        index = self._waiting.get_nowait()
                    except queue.Empty:
                        return
                    self._done.put((index, replay_for_real(self._traces[index], fleet)))
        except Cancelled:
            return
        except BaseException as fault:  # noqa: BLE001 (handed to the thread that waits, which raises it)
            self._done.put(fault)

    def _progress(self, found: dict[int, Replayed], last: int) -> Progress:
        return Progress(
            len(found),
            len(self._traces),
            sum(len(self._traces[index].steps) for index in found),
            sum(len(trace.steps) for trace in self._traces),
            sum(result.status is Status.FAILED for result in found.values()),
            self._traces[last].title,
        )
