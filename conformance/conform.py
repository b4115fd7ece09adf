"""Running the whole corpus on the real machine, several traces at a time, and reporting what came of it.

The report's object has a part that is the same in every run and a part, `run`, that is this run's alone.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from lockedroom.conformance import matrix
from lockedroom.conformance.corpus import corpus
from lockedroom.conformance.coverage import (
    Coverage,
    clauses_covered,
    coverage,
    implemented,
    rejections_covered,
    transitions_covered,
)
from lockedroom.conformance.matrix import Assignment, Cast, Team
from lockedroom.conformance.process import Limits
from lockedroom.conformance.protocol import Implementation
from lockedroom.conformance.runner import BUILT_IN, Cancelled, Fleet, Members, replay_for_real
from lockedroom.conformance.schemas import Json
from lockedroom.conformance.stage import Divergence, Replayed, Status
from lockedroom.conformance.trace import Trace
from lockedroom.reference.protocols import Protocol

Play: TypeAlias = Callable[[Trace, Members], Replayed]
"""What replays a trace with those who serve its members."""


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
    protocol: Protocol = "segment",
    *,
    command: Sequence[str] | None = None,
    jobs: int | None = None,
    limits: Limits | None = None,
    select: Callable[[Trace], bool] | None = None,
    progress: Callable[[Progress], None] | None = None,
    traces: Sequence[Trace] | None = None,
    suite: Literal["LR0", "LR1"] | None = None,
    others: Sequence[Sequence[str]] = (),
    assigned: Sequence[Assignment] | None = None,
    cited: Sequence[frozenset[str]] | None = None,
    plays: Sequence[Play] | None = None,
) -> ConformReport:
    """Replay the corpus (or `traces`) with real processes on real shared memory, under each trace's own suite unless
    told. `command` is the adapter, the built-in one unless told; with `others`, which are further adapters, each trace
    is replayed with each assignment of them to its members, or as `assigned`, one for each trace. For each replay
    `cited` has the clauses that it exercises, where they are known, and `plays` how it is done, if not step by step.
    Ctrl-C ends every process and removes every room before it is passed on."""
    begun = time.monotonic()
    found = corpus(protocol) if traces is None else traces
    chosen = matrix.under((trace for trace in found if select is None or select(trace)), suite)
    commands = (command or BUILT_IN, *others)
    cast = matrix.assigned(chosen, len(commands)) if assigned is None else list(zip(chosen, assigned, strict=True))
    chosen = [trace for trace, _ in cast]
    several = max(1, min(jobs or os.cpu_count() or 1, len(chosen)))
    teams = [Team([Fleet(one, limits or Limits()) for one in commands]) for _ in range(several)]
    crew = _Crew(chosen, [assignment for _, assignment in cast], teams, plays or [replay_for_real] * len(chosen))
    results = crew.run(progress)
    right = [index for index, result in enumerate(results) if result.status is Status.PASSED]
    passed = [chosen[index] for index in right]
    return ConformReport(
        protocol,
        tuple(
            TraceResult(trace.title, result.status, result.steps, result.divergence, result.reason, result.fault)
            for trace, result in zip(chosen, results, strict=True)
        ),
        clauses_covered(passed, protocol)
        if cited is None
        else coverage(frozenset().union(*(cited[i] for i in right)), implemented(protocol)),
        rejections_covered(passed, protocol),
        transitions_covered(passed, protocol),
        sum(team.started for team in teams),
        time.monotonic() - begun,
        several,
        next((about for team in teams if (about := team.greeting) is not None), None),
    )


_TICK: Final = 0.2
"""Seconds between two looks for a signal, while nothing comes."""


class _Crew:
    """Workers, each with a team of its own, that share the traces among them."""

    def __init__(
        self, traces: Sequence[Trace], cast: Sequence[Assignment], teams: Sequence[Team], plays: Sequence[Play]
    ) -> None:
        self._teams = teams
        self._plays = plays
        self._traces = traces
        self._cast = cast
        self._waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[int, Replayed] | BaseException] = queue.SimpleQueue()
        # The longest first, so that no worker is left with one at the end; what is played over and over is longest.
        for index in sorted(range(len(traces)), key=lambda at: (plays[at] is replay_for_real, -len(traces[at].steps))):
            self._waiting.put(index)

    def run(self, progress: Callable[[Progress], None] | None) -> list[Replayed]:
        """The results in the order of the traces."""
        workers = [threading.Thread(target=self._work, args=(team,)) for team in self._teams]
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
            for team in self._teams:
                team.cancel()
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

    def _work(self, team: Team) -> None:
        try:
            with team:
                while True:
                    try:
                        index = self._waiting.get_nowait()
                    except queue.Empty:
                        return
                    playing = Cast(team.fleets, self._cast[index])
                    self._done.put((index, self._plays[index](self._traces[index], playing)))
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
