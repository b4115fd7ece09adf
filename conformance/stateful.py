"""Hypothesis beside the explorer: what a hunt has found as a trace file, and runs taken for real.

A run is chosen on the model, every transition by a rule of its own; the engine says under symbols what every step of it
must show, and it is taken again elsewhere, compared after each step: on the engine under real crypto, or by real
processes on real shared memory, the built-in implementation's or anybody's. At its end, and somewhere on its
way, a run also tries what must be refused there, or changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from hypothesis.errors import Flaky

from lockedroom.conformance.derive import derive_path
from lockedroom.conformance.model_trace import Named, model_trace, write_model_trace
from lockedroom.conformance.process import Limits
from lockedroom.conformance.replay import replay_on_engine
from lockedroom.conformance.runner import BUILT_IN, Fleet, replay_for_real
from lockedroom.conformance.stage import Replayed, Status
from lockedroom.conformance.trace import FORMAT, Settings, Trace, operations
from lockedroom.model.course import Course, Coverage
from lockedroom.model.report import Path, Taken
from lockedroom.model.segment.bounds import Bounds, Setting
from lockedroom.model.segment.subject import segment_subject
from lockedroom.model.stateful import RUNS, SECONDS, Hunted, play
from lockedroom.model.validator import State, confirm, outcomes_of, taken

ROOMS: Final = (
    Bounds(2, 2, 1, rotations=1),
    Bounds(2, 1, 2, crashes=1),
    Bounds(2, 1, 1, revocations=1),
    Bounds(3, 1, 1, rotations=1, crashes=1),
)
"""The rooms in which runs for real are made, in turn."""
_STEPS: Final = 25
_IDLE: Final = 4
"""How many steps that change nothing are tried at the end of a run, and as many somewhere on its way."""
_SHRINKING: Final = 20.0
_ENTROPY: Final = "00" * 32

Taker: TypeAlias = Callable[[Trace], Replayed]
"""Takes a trace again, comparing every step."""


def trace_text(found: Hunted, target: str, mutant: str | None = None, profile: str | None = None) -> str:
    """The text of the model trace of a violation; `target` names the machine (`segment` or `PATH.py:ATTRIBUTE`). The
    validator takes every step anew first. Raises ValueError where nothing is violated, Unconfirmed."""
    if found.violation is None or found.ground is None:
        raise ValueError("nothing is violated: there is no trace")
    subject = found.ground.make()
    run = confirm(subject, found.violation)
    named = Named(target, dict(found.ground.arguments), mutant, profile)
    return write_model_trace(model_trace(subject, named, run))


class Diverged(AssertionError):
    """A run went another way than the engine says."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What runs beside the engine have come to: how many were taken, to which step they agreed; the shortest trace that
    does not agree, with what became of it. None: all agreed, which proves nothing. `unsupported`: runs that could not
    be taken to their end, each with the reason; they have not passed."""

    seed: int
    seconds: float
    runs: int
    coverage: Coverage
    trace: Trace | None
    replayed: Replayed | None
    unsupported: tuple[str, ...]


class _Runs:
    """The runs of one room while they are made: each is taken again as soon as it has ended."""

    def __init__(self, bounds: Bounds, take: Taker, until: float | None) -> None:
        self.bounds = bounds
        self.subject = replace(segment_subject(bounds), judge=None, invariants=(), goals=())
        self.course = Course(self.subject, until, self.lived)
        self.take = take
        self.until = until
        self.seen = Coverage()
        self.runs = 0
        self.unsupported: dict[str, None] = {}
        self.wrong: tuple[Path, Trace, Replayed] | None = None

    def lived(self, path: Path) -> None:
        """Take a run again. Raises Diverged where it goes another way, and from then on."""
        if self.wrong is not None:
            raise Diverged(self.wrong[2].reason)
        if self.course.over():
            return
        somewhere = self.runs * 7 % len(path)
        within = (*path[:somewhere], *self._idle(path[:somewhere]), *path[somewhere:-1])
        path = (*within, *self._idle(within), path[-1])
        trace, replayed = self.again(path)
        self.runs += 1
        if replayed.status is Status.UNSUPPORTED:
            self.unsupported[replayed.reason] = None
            return
        if replayed.status is not Status.PASSED:
            self.wrong = path, trace, replayed
            raise Diverged(replayed.reason)
        self.seen.runs += 1
        self.seen.steps += replayed.steps
        for one in path:
            operation, clause = one.action.operation, one.outcome.clause
            if clause is not None:
                self.seen.refused[operation, clause] += 1
                continue
            self.seen.taken[operation] += 1
            self.seen.accepted[operation] += 1

    def again(self, path: Path) -> tuple[Trace, Replayed]:
        """The trace of a path, and what becomes of it."""
        settings = Settings(
            FORMAT,
            "segment",
            "hardened",
            "LR0",
            Setting(self.bounds).capacity,
            self.bounds.names,
            _ENTROPY,
            "chosen by Hypothesis",
            f"within {self.bounds}",
            self.bounds.to_json(),
        )
        trace = derive_path(settings, ((one.action, one.outcome) for one in path))
        return trace, self.take(trace)

    def _idle(self, path: Path) -> tuple[Taken, ...]:
        """What changes nothing at the end of a path (refusals, readings), that first which was seldom tried."""
        state = self._after(path)
        found: dict[tuple[str, str], Taken] = {}
        for action in self.subject.machine.actions:
            for outcome in outcomes_of(action, state) if action.operation in operations() else ():
                if outcome.writes is None or (outcome.clause is None and taken(action, outcome, state) == state):
                    found.setdefault((action.operation, outcome.clause or ""), Taken(action, outcome))
        seldom = sorted(found, key=lambda key: (self.seen.refused[key] if key[1] else self.seen.taken[key[0]], key))
        return tuple(found[key] for key in seldom[:_IDLE])

    def _after(self, path: Path) -> State:
        state: State = self.subject.machine.initial
        for one in path:
            state = taken(one.action, one.outcome, state)
        return state

    def shortest(self) -> tuple[Trace, Replayed]:
        """The run that went wrong, without the steps that can be left out of it."""
        assert self.wrong is not None, "asked after a run that went wrong"
        best, trace, replayed = self.wrong
        until = time.monotonic() + _SHRINKING
        at = len(best) - 1
        while at >= 0 and time.monotonic() < until:
            fewer = self._followed((*best[:at], *best[at + 1 :]))
            if len(fewer) < len(best) and (tried := self.again(fewer))[1].status is Status.FAILED:
                best, (trace, replayed) = fewer, tried
            at = min(at, len(best)) - 1
        if replayed.divergence is not None and replayed.divergence.index:
            trace = replace(trace, steps=trace.steps[: replayed.divergence.index])
        return trace, replayed

    def _followed(self, path: Path) -> Path:
        """The steps of a path that can be taken one after another, each as it goes there."""
        state: State = self.subject.machine.initial
        gone: list[Taken] = []
        for one in path:
            outcomes = outcomes_of(one.action, state)
            found = next(
                (new for new in outcomes if (new.label, new.clause) == (one.outcome.label, one.outcome.clause)), None
            )
            if found is not None:
                gone.append(Taken(one.action, found))
                state = taken(one.action, found, state)
        return tuple(gone)


def _beside(
    taking: AbstractContextManager[Taker], seconds: float | None, rounds: int | None, number: int, runs: int
) -> Beside:
    began = time.monotonic()
    until = None if seconds is None else began + seconds
    rooms: dict[int, _Runs] = {}
    trace: Trace | None = None
    replayed: Replayed | None = None
    done = 0
    with taking as take:
        while trace is None and (rounds is None or done < rounds) and (until is None or time.monotonic() < until):
            at = done % len(ROOMS)
            if at not in rooms:
                rooms[at] = _Runs(ROOMS[at], take, until)
            try:
                play(rooms[at].course, number=number * 1_000_003 + done, runs=runs, steps=_STEPS)
            except (Diverged, Flaky):
                if rooms[at].wrong is None:
                    raise
                # What is tried on the way depends on what was tried before, and real processes on more than choices.
                trace, replayed = rooms[at].shortest()
            done += 1
    total = Coverage()
    for one in rooms.values():
        total.merge(one.seen)
    reasons = tuple(dict.fromkeys(reason for one in rooms.values() for reason in one.unsupported))
    tried = sum(one.runs for one in rooms.values())
    return Beside(number, time.monotonic() - began, tried, total, trace, replayed, reasons)


def beside_engine(
    suite: str = "LR0", *, seconds: float | None = SECONDS, rounds: int | None = None, number: int = 0, runs: int = RUNS
) -> Beside:
    """The engine under real crypto beside itself under symbols, until the seconds are over, so many rounds were made or
    a run goes another way. `number` is the seed."""

    def take(trace: Trace) -> Replayed:
        return replay_on_engine(trace, suite)

    return _beside(nullcontext(take), seconds, rounds, number, runs)


def beside_backend(
    command: Sequence[str] = BUILT_IN,
    *,
    limits: Limits | None = None,
    seconds: float | None = SECONDS,
    rounds: int | None = None,
    number: int = 0,
    runs: int = RUNS,
) -> Beside:
    """Real processes of an implementation on real shared memory beside the engine as their model; see `beside_engine`.
    `command` is the adapter's, the built-in one unless told. Raises Cancelled."""
    return _beside(_fleet(command, limits or Limits()), seconds, rounds, number, runs)


@contextmanager
def _fleet(command: Sequence[str], limits: Limits) -> Iterator[Taker]:
    with Fleet(command, limits) as fleet:

        def take(trace: Trace) -> Replayed:
            return replay_for_real(trace, fleet)

        yield take
