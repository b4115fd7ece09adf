"""Whether an engine refines what is proved, within bounds: once for each memo entry of an exploration, or edge by edge
on whole states. What a step is, a judge of the protocol's says."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Generic, Literal, Protocol, TypeVar

from lockedroom.model.crew import INTERRUPTED
from lockedroom.model.proofs.system import System
from lockedroom.model.report import Judgement, Path, Progress, StepJudge, Taken
from lockedroom.model.tabulated.explorer import Tabulated
from lockedroom.reference.machine import Action, Machine, Outcome, Slot

REFINES: Final = "every step is a step of what is proved"
"""The property, as reports name it."""

STUTTER: Final = "nothing"
"""What a step is that changes nothing abstract."""

REFUSED: Final = "refused"
"""What a step is that is refused and changes nothing at all."""

BEYOND: Final = "the end"
"""What a step is that ends the room: no abstract action, since every other step is possible without it."""

Word = Literal["refines", "does not refine", "incomplete"]
Judged = Literal["memo entries", "edges", "ways to answer"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a step: the actions that it is (none: it changes nothing), or why it is none."""

    actions: tuple[str, ...] = ()
    fault: str = ""


def said(verdict: Verdict) -> str:
    """What a step is, in words: the actions, or nothing."""
    return ", ".join(verdict.actions) or STUTTER


def judging(judge: Judge) -> StepJudge:
    """A judge of steps, for an explorer, which counts the names that it gives: what the step is, or that it is none."""

    def judged(action: Action, values: tuple[Hashable, ...], outcome: Outcome) -> Iterable[tuple[str, Judgement]]:
        verdict = judge.verdict(action, values, outcome)
        return [(REFINES, verdict.fault) if verdict.fault else (f"{action.operation}: {said(verdict)}", True)]

    return judged


class Judge(Protocol):
    """Says what steps are."""

    system: System

    def verdict(
        self,
        action: Action,
        values: tuple[Hashable, ...],
        outcome: Outcome,
        state: Mapping[Slot, Hashable] | None = None,
    ) -> Verdict:
        """What one step is; where `state` is given, with all its slots."""
        ...


class Limits(Protocol):
    """Within which bounds."""

    def to_json(self) -> dict[str, int]:
        """By their names."""
        ...


_Bounds = TypeVar("_Bounds", bound=Limits)
_Logic = TypeVar("_Logic")
_Made = TypeVar("_Made", covariant=True)


class Mistaken(Protocol[_Made]):
    """A mutant of an engine."""

    def logic(self) -> _Made:
        """The engine's logic with the mistake. Raises NotApplicable."""
        ...


@dataclass(frozen=True, slots=True)
class Mistakes:
    """The mutants of a protocol's engine: those that must refine nothing, those that need not (name, what they violate,
    why), and what becomes of one, by its name and within so many seconds."""

    caught: tuple[str, ...]
    outside: tuple[tuple[str, str, str], ...]
    refined: Callable[[str, float | None], Refined]


@dataclass(frozen=True, slots=True)
class Refined:
    """What became of it. `judged`: memo entries, or edges between whole states; `counts`: for each operation, how many
    of them were which abstract actions; `depth`: the steps to the farthest states that were found; `fault`: what the
    last step of `path` is instead; `answers`: of a cover, how many the store can give, by what is asked."""

    bounds: Limits
    judged: Judged
    counts: Mapping[str, Mapping[str, int]]
    actions: tuple[str, ...]
    complete: bool
    reason: str
    states: int
    transitions: int
    seconds: float
    depth: int
    fault: str = ""
    path: Path = field(default=(), repr=False)
    answers: Mapping[str, int] = field(default_factory=dict)

    @property
    def verdict(self) -> Word:
        """What it comes to."""
        if self.fault:
            return "does not refine"
        return "refines" if self.complete else "incomplete"

    @property
    def exit_code(self) -> int:
        """0 it refines, 1 it does not, 4 incomplete."""
        return {"refines": 0, "does not refine": 1, "incomplete": 4}[self.verdict]

    @property
    def total(self) -> int:
        """How many were judged."""
        return sum(sum(those.values()) for those in self.counts.values())

    @property
    def stutters(self) -> int:
        """How many change nothing abstract: what was refused among them."""
        return sum(those.get(STUTTER, 0) + those.get(REFUSED, 0) for those in self.counts.values())

    @property
    def ends(self) -> int:
        """How many end the room."""
        return sum(those.get(BEYOND, 0) for those in self.counts.values())

    @property
    def never(self) -> tuple[str, ...]:
        """The abstract actions that no step was."""
        taken = {name for those in self.counts.values() for told in those for name in told.split(", ")}
        return tuple(name for name in self.actions if name not in taken)

    def to_json(self) -> dict[str, object]:
        """All of it."""
        return {
            "verdict": self.verdict,
            "bounds": self.bounds.to_json(),
            "judged": self.judged,
            "total": self.total,
            "steps": self.total - self.stutters - self.ends,
            "stutters": self.stutters,
            "ends": self.ends,
            "by_operation": {operation: dict(those) for operation, those in self.counts.items()},
            "never_taken": list(self.never),
            "complete": self.complete,
            "reason": self.reason,
            "states": self.states,
            "transitions": self.transitions,
            "depth": self.depth,
            "seconds": round(self.seconds, 3),
            "fault": self.fault,
            "path": [str(taken) for taken in self.path],
        }


@dataclass(frozen=True, slots=True)
class Refining(Generic[_Bounds, _Logic]):
    """How a protocol's engine is checked: its machine within bounds, run by some logic, and what says what its steps
    are; `mutants` are mistakes of it by their names, `reference` is its logic without any."""

    machine: Callable[[_Bounds, _Logic], Machine]
    judge: Callable[[_Bounds, _Logic], Judge]
    reference: _Logic
    mutants: Mapping[str, Mistaken[_Logic]]

    def by_entries(
        self,
        bounds: _Bounds,
        logic: _Logic | None = None,
        *,
        jobs: int | None = None,
        time_limit: float | None = None,
        memory: int | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Refined:
        """Check every memo entry of an exploration; the first that is no step ends it."""
        run = logic or self.reference
        return by_entries(
            self.machine(bounds, run),
            self.judge(bounds, run),
            bounds,
            jobs=jobs,
            time_limit=time_limit,
            memory=memory,
            progress=progress,
        )

    def by_edges(self, bounds: _Bounds, logic: _Logic | None = None, *, time_limit: float | None = None) -> Refined:
        """Check every edge between whole states, all their slots mapped; the first that is no step ends it."""
        run = logic or self.reference
        return by_edges(self.machine(bounds, run), self.judge(bounds, run), bounds, time_limit=time_limit)


def by_entries(
    machine: Machine,
    judge: Judge,
    bounds: Limits,
    *,
    jobs: int | None = None,
    time_limit: float | None = None,
    memory: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Refined:
    """Check every memo entry of an exploration; the first that is no step ends it."""
    explorer = Tabulated(machine, judging(judge), jobs=jobs, memory=memory)
    found = explorer.run(time_limit=time_limit, progress=progress, phase="refinement")
    wrong = next((one for one in found.violations if one.property == REFINES), None)
    counts: dict[str, dict[str, int]] = {}
    for name, times in sorted(found.exercised.items()):
        operation, apart, actions = name.partition(": ")
        if apart:
            counts.setdefault(operation, {})[actions] = times
    return Refined(
        bounds,
        "memo entries",
        counts,
        _names(judge),
        found.complete,
        found.reason,
        found.states,
        found.transitions,
        found.seconds,
        found.depth,
        wrong.message if wrong else "",
        wrong.path if wrong else (),
    )


def by_edges(machine: Machine, judge: Judge, bounds: Limits, *, time_limit: float | None = None) -> Refined:
    """Check every edge between whole states, all their slots mapped; the first that is no step ends it."""
    began = time.monotonic()
    counts: dict[str, Counter[str]] = {}
    first = dict(machine.initial)
    found: dict[_State, tuple[_State, Taken] | None] = {_frozen(first): None}
    waiting = deque([(first, 0)])
    edges, depth, reason, fault, path = 0, 0, "", "", Path()
    try:
        while waiting and not fault and not reason:
            state, depth = waiting.popleft()
            for taken, after in edges_of(machine, state):
                edges += 1
                values = tuple(state[slot] for slot in taken.action.reads)
                verdict = judge.verdict(taken.action, values, taken.outcome, state)
                if verdict.fault:
                    fault, path = verdict.fault, (*_path(found, _frozen(state)), taken)
                    break
                counts.setdefault(taken.action.operation, Counter())[said(verdict)] += 1
                key = _frozen(after)
                if key not in found:
                    found[key] = (_frozen(state), taken)
                    waiting.append((after, depth + 1))
            if time_limit is not None and time.monotonic() - began > time_limit:
                reason = f"the time limit of {time_limit:g} s"
    except KeyboardInterrupt:
        reason = INTERRUPTED
    return Refined(
        bounds,
        "edges",
        {operation: dict(those) for operation, those in sorted(counts.items())},
        _names(judge),
        not (waiting or fault or reason),
        reason,
        len(found),
        edges,
        time.monotonic() - began,
        waiting[-1][1] if waiting else depth,
        fault,
        path,
    )


_State = frozenset[tuple[Slot, Hashable]]


def _frozen(state: Mapping[Slot, Hashable]) -> _State:
    return frozenset(state.items())


def edges_of(machine: Machine, state: Mapping[Slot, Hashable]) -> Iterator[tuple[Taken, dict[Slot, Hashable]]]:
    """Every outcome that there is in a state, and the state after it; refusals, which change nothing, too."""
    for action in machine.actions:
        for outcome in action.run(tuple(state[slot] for slot in action.reads)):
            after = dict(state)
            if outcome.writes is not None:
                after.update(zip(action.writes, outcome.writes, strict=True))
            for slot, grown in outcome.grows:
                held = after[slot]
                assert isinstance(held, frozenset), "a monotone slot holds a set"
                after[slot] = held | grown
            yield Taken(action, outcome), after


def _path(found: Mapping[_State, tuple[_State, Taken] | None], state: _State) -> Path:
    steps: list[Taken] = []
    while (came := found[state]) is not None:
        state, taken = came
        steps.append(taken)
    return tuple(reversed(steps))


def _names(judge: Judge) -> tuple[str, ...]:
    return tuple(action.name for action in judge.system.actions)
