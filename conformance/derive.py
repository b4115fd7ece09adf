"""From a path to a trace: what was done becomes concrete, what is seen is computed by the engine.

A path comes from the explorer (actions with their outcomes) or from a script. The trace that comes out is checked
against the path: the engine must say what the explorer said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lockedroom.conformance.engine import EngineRoom
from lockedroom.conformance.observation import rights_named
from lockedroom.conformance.schemas import Json
from lockedroom.conformance.trace import Settings, Trace, TraceStep, operations
from lockedroom.reference.crypto.terms import Term
from lockedroom.reference.machine import Action, Name, Outcome


@dataclass(frozen=True, slots=True)
class Act:
    """Who does what, in the words of a trace."""

    actor: Name
    operation: str
    arguments: Mapping[str, Json]


class Underivable(Exception):
    """A path that the trace format cannot say, or that the engine does not follow: a fault of ours."""


def derive(settings: Settings, acts: Iterable[Act], suite: str = "symbolic") -> Trace:
    """The trace of doing this: every outcome and observation as the engine has it."""
    room = EngineRoom(settings, suite)
    start = room.observe()
    steps: list[TraceStep] = []
    for index, act in enumerate(acts, start=1):
        seen = room.act(index, act.actor, act.operation, act.arguments)
        steps.append(TraceStep(act.actor, act.operation, act.arguments, seen, room.observe()))
    return Trace(settings, start, tuple(steps))


def derive_path(settings: Settings, path: Iterable[tuple[Action, Outcome]]) -> Trace:
    """The trace of a path of the explorer. Raises Underivable when it cannot be said or the engine disagrees."""
    taken = tuple(path)
    trace = derive(settings, [act_of(action) for action, _ in taken])
    for step, (action, outcome) in zip(trace.steps, taken, strict=True):
        kinds = [type(event).__name__ for event in outcome.events]
        found = [event["event"] for event in step.seen.events if isinstance(event, dict)]
        if step.seen.clause != outcome.clause or found != kinds:
            raise Underivable(
                f"{action}: the explorer has {outcome.clause or kinds}, the replay {step.seen.clause or found}"
            )
    return trace


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
    if name == "key" and isinstance(value, Term):
        return _owner(value)
    if isinstance(value, tuple):
        return [str(item) for item in value]
    if isinstance(value, str | int):
        return value
    raise Underivable(f"{name}={value!r}: traces cannot say that")


def body_text(body: Term) -> str:
    """The text of a body term `body(sender, recipient, n, length)`: that many characters which begin with who writes
    to whom and the number."""
    sender, recipient, number, length = body.args
    if not isinstance(length, int):
        raise Underivable(f"{body}: no length")
    label = f"{sender!s}>{recipient!s}#{number!s}"
    return label.ljust(length, ".")[: max(length, 0)]


def _owner(key: Term) -> str:
    """Whose static public key a term is."""
    found: object = key
    while isinstance(found, Term) and found.args:
        found = found.args[0]
    if not isinstance(found, str):
        raise Underivable(f"{key}: nobody's static key")
    return found
