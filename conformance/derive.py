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
from lockedroom.conformance.trace import INTRUDER, INTRUDERS, RecordOf, Settings, Trace, TraceStep, operations
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
    acts: list[Act] = []
    left: dict[object, RecordOf] = {}
    for index, (action, outcome) in enumerate(taken, start=1):
        acts.append(act_of(action) if action.actor != INTRUDER else intrusion_of(action, outcome, left))
        for number, record in enumerate(_left(action, outcome)):
            left.setdefault(record, RecordOf(index, number))
    trace = derive(settings, acts)
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


def intrusion_of(action: Action, outcome: Outcome, left: Mapping[object, RecordOf]) -> Act:
    """What the intruder does in the words of a trace, `left` being the records that the run has left in inboxes."""
    given = dict(action.arguments)
    if action.operation not in INTRUDERS:
        raise Underivable(f"{action}: traces have no such operation")
    arguments: dict[str, Json] = {name: str(given[name]) for name in ("inbox", "sender")}
    if action.operation == "inject":
        written = zip(action.writes, outcome.writes or (), strict=False)
        (records,) = (value for slot, value in written if slot.kind == "inbox")
        record = records[0] if isinstance(records, tuple) and records else None
        if record not in left:
            raise Underivable(f"{action}: a record that no step of this run left ({outcome.label})")
        origin = left[record]
        arguments = {"record": {"step": origin.step, "record": origin.record}, **arguments}
    return Act(INTRUDER, action.operation, arguments)


def _left(action: Action, outcome: Outcome) -> list[object]:
    """The records that a step left in inboxes, in the order of the peers that it names."""
    if action.actor == INTRUDER or outcome.clause is not None or outcome.writes is None:
        return []
    lanes = {
        slot.owner: value[-1]
        for slot, value in zip(action.writes, outcome.writes, strict=True)
        if slot.kind == "inbox" and slot.part == action.actor and isinstance(value, tuple) and value
    }
    given = dict(action.arguments)
    peers = given.get("peers", (given["peer"],) if "peer" in given else ())
    return [lanes[peer] for peer in peers if peer in lanes] if isinstance(peers, tuple) else []


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
