"""What an exploration says and how it says it: steps, violations, behaviours, counts. Nothing here explores."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from lockedroom.reference.errors import EngineError
from lockedroom.reference.machine import Action, Outcome, Slot

Judgement: TypeAlias = "bool | str"
"""What a rule says of a step or a state: True, it could have been violated here and was not; False, there was nothing
to judge; a text: it is violated, and how."""

StepJudge: TypeAlias = Callable[[Action, tuple[Hashable, ...], Outcome], Iterable[tuple[str, Judgement]]]
"""Judges one distinct outcome of an action, given the values that the action read: the names of properties with
what each says. It is asked once for each memo entry, so it sees nothing but the footprint."""


@dataclass(frozen=True, slots=True)
class Invariant:
    """A rule on states. It looks at some slots, and of each at no more than the view that is given for it: the fewer
    values the views have, the fewer judgements."""

    property: str
    reads: tuple[Slot, ...]
    views: tuple[Callable[[Hashable], Hashable], ...]
    judge: Callable[[tuple[Hashable, ...]], Judgement]


@dataclass(frozen=True, slots=True)
class Goal:
    """A progress property: from every reachable state where it is `owed`, some steps of actions that may be `by`-taken
    lead to a step that is the goal (`step`, asked with what a StepJudge is asked with). `owed` looks at the slots
    `reads` through the `views`, as an invariant does; by default it is owed everywhere."""

    property: str
    step: Callable[[Action, tuple[Hashable, ...], Outcome], bool]
    by: Callable[[Action], bool] = lambda action: True
    reads: tuple[Slot, ...] = ()
    views: tuple[Callable[[Hashable], Hashable], ...] = ()
    owed: Callable[[tuple[Hashable, ...]], bool] = lambda seen: True


@dataclass(frozen=True, slots=True)
class Taken:
    """One step of a path: what was done and what came of it."""

    action: Action
    outcome: Outcome

    def __str__(self) -> str:
        label = f" {self.outcome.label}" if self.outcome.label else ""
        refused = f"  refused [{self.outcome.clause}]" if self.outcome.clause else ""
        return f"{self.action}{label}{refused}"


Path: TypeAlias = tuple[Taken, ...]


@dataclass(frozen=True, slots=True)
class Violation:
    """A property that does not hold, how, and a shortest path to where it does not (its last step included)."""

    property: str
    message: str
    path: Path


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One thing that can happen: an operation with the clause of its rejection, or the classes of its events; and a
    shortest path to its first occurrence, which is the last step of the path."""

    operation: str
    clause: str | None
    events: tuple[str, ...]
    path: Path


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an exploration is: states found, states still to expand, depth, states a second, seconds."""

    phase: str
    states: int
    frontier: int
    depth: int
    rate: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Exploration:
    """The result of an exploration.

    `complete`: every reachable state was expanded; else `reason` says what stopped it. `fills` counts the calls of
    actions, `entries` the memo's entries. `operations` counts the transitions by operation, `exercised` how many
    distinct steps and states each property was judged on, `engine_calls` the calls of the engine under the actions,
    `levels` the states of each level with the transitions from them, `reductions` names what was left out, and why it
    may be, `kinds` are the (operation, clause, classes of events) that occurred.
    """

    title: str
    complete: bool
    reason: str
    states: int
    transitions: int
    depth: int
    seconds: float
    fills: int
    entries: int
    operations: Mapping[str, int]
    exercised: Mapping[str, int]
    violations: tuple[Violation, ...]
    behaviours: Callable[[], tuple[Behaviour, ...]] = field(compare=False, repr=False)
    engine_calls: int = 0
    levels: tuple[tuple[int, int], ...] = ()
    reductions: tuple[str, ...] = ()
    kinds: tuple[tuple[str, str | None, tuple[str, ...]], ...] = ()


class ActionFault(EngineError):
    """An action raised an exception: a fault of the engine or of the model. Says which action, on which values."""

    def __init__(self, action: Action, values: tuple[Hashable, ...], fault: Exception) -> None:
        super().__init__(action, values, fault)
        self.action = action
        self.values = values
        self.fault = fault

    def __str__(self) -> str:
        seen = "\n".join(f"  {slot} = {value!r}" for slot, value in zip(self.action.reads, self.values, strict=True))
        return f"{self.action} raised {type(self.fault).__name__}: {self.fault}\n{seen}"
