"""Taking a trace step by step over a stage, and saying where what is seen first differs from what must be seen.

`Stage` is whatever a trace can be replayed on: a room of values (`engine`) or real processes on real
shared memory (`runner`). Nothing here knows which.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from lockedroom.conformance.observation import Observation, Seen
from lockedroom.conformance.schemas import Json, json_of, line_of
from lockedroom.conformance.trace import Trace, TraceStep
from lockedroom.reference.machine import Name


class Status(StrEnum):
    """What became of a replay. Only what ran to its end and agreed everywhere has passed."""

    PASSED = "passed"
    FAILED = "failed"
    UNSUPPORTED = "unsupported"


class Unsupported(Exception):
    """A step that this stage cannot take: why. The replay ends there and counts as not passed."""


class Broken(Exception):
    """The implementation under test is at fault without seeing anything wrong: it hangs, dies, or talks nonsense.
    `kind` names the fault, `stderr` is what the process wrote there last."""

    def __init__(self, kind: str, detail: str, stderr: str = "") -> None:
        super().__init__(kind, detail)
        self.kind = kind
        self.detail = detail
        self.stderr = stderr

    def __str__(self) -> str:
        last = f"\nits standard error ends:\n{self.stderr}" if self.stderr else ""
        return f"{self.kind}: {self.detail}{last}"


class Stage(Protocol):
    """Where a trace is replayed."""

    def act(self, index: int, actor: Name, operation: str, arguments: Mapping[str, Json], room: Name = "") -> Seen:
        """Take a step, in the run's own room or another. Raises Unsupported, Broken."""
        ...

    def observe(self, room: Name = "") -> Observation | Mapping[Name, Observation]:
        """What is visible of a room: to anybody, or to each of several observers. Raises Unsupported, Broken."""
        ...


@dataclass(frozen=True, slots=True)
class Divergence:
    """Where a replay left its trace: the step (from 1), what differs, what was expected and seen. The steps before it,
    `prefix` many, agreed."""

    index: int
    actor: Name
    operation: str
    step: str
    what: str
    expected: Json
    seen: Json
    detail: str = ""

    @property
    def prefix(self) -> int:
        """How many steps agreed."""
        return max(0, self.index - 1)

    @property
    def refusal(self) -> str | None:
        """The clause by which the step was refused that the trace has taken, if that is the difference."""
        taken, seen = self.what == "outcome" and self.expected == "ok", str(self.seen)
        return seen.removeprefix("rejected ") if taken and seen.startswith("rejected ") else None

    def to_json(self) -> Json:
        """All of it, for a report."""
        return {"prefix": self.prefix, **{name: getattr(self, name) for name in self.__dataclass_fields__}}

    def __str__(self) -> str:
        why = f" ({self.detail})" if self.detail else ""
        where = f"step {self.index}, {self.step}" if self.index else self.step
        return (
            f"{where}: {self.what} differs; {self.prefix} steps before it agree\n"
            f"  expected {line_of(self.expected)}\n"
            f"  seen     {line_of(self.seen)}{why}"
        )


@dataclass(frozen=True, slots=True)
class StepSeen:
    """One step as it was seen, for whoever watches."""

    index: int
    step: TraceStep
    seen: Seen
    observation: Observation | Mapping[Name, Observation]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of one replay: its status, how many steps agreed, and why it ended before the last if it did. `fault`
    is the kind of a `Broken`, if that is why."""

    status: Status
    steps: int
    divergence: Divergence | None = None
    reason: str = ""
    fault: str = ""

    def to_json(self) -> dict[str, Json]:
        """All of it, for a report."""
        return {
            "status": str(self.status),
            "steps": self.steps,
            "reason": self.reason,
            "divergence": self.divergence.to_json() if self.divergence else None,
        }


def replay_on(
    stage: Stage, trace: Trace, watch: Callable[[StepSeen], None] | None = None, *, outcomes: bool = False
) -> Replayed:
    """Replay a trace on a stage that is as before its first step. `outcomes`: compare which steps are taken and which
    refused, and nothing else, as another profile than the trace's own must be."""
    try:
        before = stage.observe()
    except Unsupported as why:
        return Replayed(Status.UNSUPPORTED, 0, None, f"before the first step: {why}")
    except Broken as why:
        return Replayed(Status.FAILED, 0, None, f"before the first step: {why}", why.kind)
    if (unlike := _unlike(trace.start, before)) is not None:
        by, expected, found = unlike
        what = f"what is visible{by}"
        difference: Divergence | None = Divergence(0, "", "", "before the first step", what, expected, found)
        return Replayed(Status.FAILED, 0, difference, str(difference))
    for index, step in enumerate(trace.steps, start=1):
        try:
            seen = stage.act(index, step.actor, step.operation, step.arguments, step.room)
            observation = stage.observe(step.room)
        except Unsupported as why:
            return Replayed(Status.UNSUPPORTED, index - 1, None, f"step {index}, {step}: {why}")
        except Broken as why:
            return Replayed(Status.FAILED, index - 1, None, f"step {index}, {step}: {why}", why.kind)
        if watch is not None:
            watch(StepSeen(index, step, seen, observation))
        difference = differs(index, step, seen, observation, outcomes=outcomes)
        if difference is not None:
            return Replayed(Status.FAILED, index - 1, difference, str(difference))
    return Replayed(Status.PASSED, len(trace.steps))


def differs(
    index: int,
    step: TraceStep,
    seen: Seen,
    observation: Observation | Mapping[Name, Observation],
    *,
    outcomes: bool = False,
) -> Divergence | None:
    """The first difference between a step of a trace and what was seen of it, if there is one; `outcomes`: in whether
    it was taken or refused."""

    def divergence(what: str, expected: object, found: object) -> Divergence:
        return Divergence(
            index, step.actor, step.operation, str(step), what, json_of(expected), json_of(found), seen.detail
        )

    wanted = step.seen
    if seen.outcome != wanted.outcome:
        return divergence("outcome", _outcome(wanted), _outcome(seen))
    if outcomes:
        return None
    if seen.clause != wanted.clause:
        return divergence("clause", wanted.clause, seen.clause)
    if json_of(seen.events) != json_of(wanted.events):
        return divergence("events", wanted.events, seen.events)
    if (unlike := _unlike(step.observation, observation)) is not None:
        by, expected, found = unlike
        return divergence(f"what is visible{by}", expected, found)
    return None


def _outcome(seen: Seen) -> str:
    return seen.outcome if seen.clause is None else f"{seen.outcome} {seen.clause}"


def _unlike(expected: Observation, observed: Observation | Mapping[Name, Observation]) -> tuple[str, Json, Json] | None:
    """Who sees something else than expected, if anybody does, and the fields that differ, on both sides."""
    if isinstance(observed, Observation):
        observed = {"": observed}
    for observer, found in observed.items():
        if found != expected:
            names = [name for name in expected.__dataclass_fields__ if getattr(expected, name) != getattr(found, name)]
            sides = ({name: getattr(side, name) for name in names} for side in (expected, found))
            wanted, seen = map(json_of, sides)
            return f" by {observer}" if observer else "", wanted, seen
    return None
