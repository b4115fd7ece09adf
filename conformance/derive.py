"""From a path to a trace: what was done becomes concrete, what is seen is computed by the engine.

A path comes from the explorer (actions with their outcomes) or from a script. The trace that comes out is checked
against the path: the engine must say what the explorer said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from lockedroom.conformance.elsewhere import Act as Act
from lockedroom.conformance.elsewhere import owner
from lockedroom.conformance.engine import EngineRoom
from lockedroom.conformance.observation import Observation, Seen, rights_named
from lockedroom.conformance.recipes import Recipes, Unsayable, body_text, taken_at_once
from lockedroom.conformance.schemas import Json
from lockedroom.conformance.trace import INTRUDER, Settings, Trace, TraceStep, operations
from lockedroom.reference.crypto.terms import Term
from lockedroom.reference.machine import Action, Name, Outcome


class Underivable(Exception):
    """A path that the trace format cannot say, or that the engine does not follow: a fault of ours."""


def derive(settings: Settings, acts: Iterable[Act], suite: str = "symbolic") -> Trace:
    """The trace of doing this: every outcome and observation as the engine has it."""
    return acted(EngineRoom(settings, suite), settings, acts)


class Values(Protocol):
    """A stage of nothing but values; see `Stage`. Everybody sees the same there."""

    def act(self, index: int, actor: Name, operation: str, arguments: Mapping[str, Json], room: Name = "") -> Seen:
        """Take a step."""
        ...

    def observe(self, room: Name = "") -> Observation:
        """What is visible of a room."""
        ...


def acted(stage: Values, settings: Settings, acts: Iterable[Act]) -> Trace:
    """The trace of doing this on a stage where nothing was done."""
    start = stage.observe()
    steps: list[TraceStep] = []
    for index, act in enumerate(acts, start=1):
        seen = stage.act(index, act.actor, act.operation, act.arguments, act.room)
        steps.append(TraceStep(act.actor, act.operation, act.arguments, seen, stage.observe(act.room), act.room))
    return Trace(settings, start, tuple(steps))


def derive_path(settings: Settings, path: Iterable[tuple[Action, Outcome]]) -> Trace:
    """The trace of a path of the explorer. Raises Underivable when it cannot be said or the engine disagrees."""
    taken = tuple(path)
    acts, ends, _ = acts_along(taken)
    return followed(derive(settings, acts), taken, ends)


def followed(trace: Trace, path: Iterable[tuple[Action, Outcome]], ends: Iterable[int]) -> Trace:
    """The trace, which says of each action of the path at the step of that number what the explorer says. Raises
    Underivable when it does not."""
    for end, (action, outcome) in zip(ends, path, strict=True):
        seen = trace.steps[end - 1].seen
        kinds = [type(event).__name__ for event in outcome.events]
        found = [event["event"] for event in seen.events if isinstance(event, dict)]
        if action.actor != INTRUDER and (seen.clause != outcome.clause or found != kinds):
            raise Underivable(
                f"{action}: the explorer has {outcome.clause or kinds}, the replay {seen.clause or found}"
            )
    return trace


def acts_along(path: Iterable[tuple[Action, Outcome]]) -> tuple[list[Act], list[int], Recipes]:
    """What is done along a path in the words of a trace, for each of its actions the number of the step that it is, and
    the words for what has been left. Raises Underivable."""
    taken = tuple(path)
    acts: list[Act] = []
    ends: list[int] = []
    recipes = Recipes(frozenset(action.actor for action, _ in taken) - {INTRUDER})
    for action, outcome in taken:
        try:
            if action.actor == INTRUDER:
                ends.append(len(acts))
                acts += recipes.intrusions(len(acts), action, outcome)
            else:
                acts.append(act_of(action))
                ends.append(len(acts))
                recipes.see(len(acts), action, outcome)
                acts += taken_at_once(action, outcome)
        except Unsayable as what:
            raise Underivable(f"{action}: traces cannot say {what}") from None
    return acts, ends, recipes


def act_of(action: Action) -> Act:
    """An action of the explorer in the words of a trace."""
    wanted = operations().get(action.operation)
    if wanted is None:
        raise Underivable(f"{action}: traces have no such operation")
    given = dict(action.arguments)
    missing = [name for name in wanted if name not in given]
    if missing:
        raise Underivable(f"{action}: no argument {', '.join(missing)}")
    return Act(action.actor, action.operation, {name: _concrete(name, given[name]) for name in wanted})


def _concrete(name: str, value: object) -> Json:
    if name == "rights" and isinstance(value, int):
        return rights_named(value)
    if name == "body" and isinstance(value, Term):
        return body_text(value)
    if name == "key" and isinstance(value, Term) and owner(value):
        return owner(value)
    if isinstance(value, tuple):
        return [str(item) for item in value]
    if isinstance(value, str | int):
        return value
    raise Underivable(f"{name}={value!r}: traces cannot say that")
