"""Counterexamples checked by hand, as it were: each step's action is run by itself on plain values, one after another.

Nothing of any explorer stands here, nothing is remembered or packed, and no outcome that somebody else found is
believed: a path says who did what, and what comes of it is found out anew. `confirm` checks the path of an exploration,
`retrace` the steps of a trace that was written down, and says where and why one does not replay.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias, cast

from lockedroom.model.itf import Difference, Itf, changes, differences, itf, state_itf, words
from lockedroom.model.report import ActionFault, Goal, Invariant, StepJudge, Taken, Violation
from lockedroom.reference.errors import EngineError
from lockedroom.reference.machine import Action, Machine, Name, Outcome, Slot

State: TypeAlias = Mapping[Slot, Hashable]
"""The value of every slot."""

StepTest: TypeAlias = Callable[[Action, tuple[Hashable, ...], Outcome], bool]
"""Whether a step shows something: asked with its action, the values that this read, and what came of it."""


def _unexplained(action: Action, state: State) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Subject:
    """A machine with what must hold of it: `judge` judges steps, `steps` names the properties that it judges;
    `sometimes` are things that some step must show, `witnesses` such that some state must (one that judges True).
    `promises` are the clauses of properties, `stores` against whom they are promised, `refusals` those by which
    operations are expected to be refused. A protocol of ours has `names`, its members, and `clauses`, those that each
    operation implements; `explain` says in words why an action was refused in a state, which no outcome does."""

    machine: Machine
    judge: StepJudge | None = None
    invariants: tuple[Invariant, ...] = ()
    goals: tuple[Goal, ...] = ()
    names: tuple[Name, ...] = ()
    clauses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    explain: Callable[[Action, State], str] = _unexplained
    steps: tuple[str, ...] = ()
    sometimes: Mapping[str, StepTest] = field(default_factory=dict)
    witnesses: tuple[Invariant, ...] = ()
    promises: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stores: Mapping[str, str] = field(default_factory=dict)
    refusals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """One step that was taken: what was done, what came of it, and the state afterwards."""

    action: Action
    outcome: Outcome
    after: State


@dataclass(frozen=True, slots=True)
class Run:
    """Steps that were taken from the first state, and what is violated at their end."""

    property: str
    message: str
    start: State
    steps: tuple[Done, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One step as a trace has it: whose, what, with which arguments and which choice; what came of it and the state
    afterwards, all as values of the trace format."""

    actor: Name
    operation: str
    arguments: Mapping[str, Itf]
    choice: str
    clause: str | None
    events: tuple[Itf, ...]
    after: Mapping[str, Itf]

    def __str__(self) -> str:
        inner = ", ".join(words(value) for value in self.arguments.values())
        return f"{self.actor}: {self.operation}({inner})" + (f" {self.choice}" if self.choice else "")


@dataclass(frozen=True, slots=True)
class Parting:
    """Where a trace does not replay. The `prefix` steps before do. `step` is the first that does not, empty when it is
    what holds at the end, or the first state, that differs.

    `problem` says what is the case, `guard` the first guard that is false, if it is one; `enabled` are the steps that
    can be taken there; `differences` are those in state, slot by slot: what the trace has, and what is found."""

    prefix: int
    step: str
    problem: str
    guard: str
    enabled: tuple[str, ...]
    differences: tuple[tuple[str, Difference], ...]

    def __str__(self) -> str:
        where = f"step {self.prefix + 1}, {self.step}" if self.step else "the whole"
        return f"{where}: {self.problem}"


@dataclass(frozen=True, slots=True)
class Retraced:
    """What became of a trace: the steps that replay, what is found at their end, and where it parts from the trace if
    it does. `undecided`: every step replays, but whether a progress property is violated there took too long to see."""

    run: Run
    parting: Parting | None
    undecided: bool = False

    @property
    def reproduced(self) -> bool:
        """Whether every step replays and the property is violated at the end, and not before."""
        return self.parting is None


class Unconfirmed(EngineError):
    """A path that an explorer gave as a counterexample and that is none: a fault of the explorer."""

    def __init__(self, violation: Violation, step: int, problem: str) -> None:
        super().__init__(violation.property, step, problem)
        self.violation = violation
        self.step = step
        self.problem = problem

    def __str__(self) -> str:
        where = f"step {self.step} of {len(self.violation.path)}" if self.step else "the first state"
        return (
            f"the explorer holds {self.violation.property!r} to be violated, "
            f"but its counterexample does not validate: {where}: {self.problem}"
        )


# ---- taking steps ------------------------------------------------------------------------------------


def outcomes_of(action: Action, state: State) -> tuple[Outcome, ...]:
    """What an action gives in a state. Raises ActionFault when it raises."""
    values = tuple(state[slot] for slot in action.reads)
    try:
        return action.run(values)
    except Exception as fault:
        raise ActionFault(action, values, fault) from fault


def taken(action: Action, outcome: Outcome, state: State) -> State:
    """The state after an outcome of an action."""
    after = dict(state)
    if outcome.writes is not None:
        after.update(zip(action.writes, outcome.writes, strict=True))
    for slot, added in outcome.grows:
        after[slot] = cast("frozenset[Hashable]", after[slot]) | added
    return after


def violated(subject: Subject, state: State, step: tuple[Action, Outcome, State] | None) -> Iterator[tuple[str, str]]:
    """What is violated in a state, or by the step that has led to it from the state before: names and messages."""
    if step is not None and subject.judge is not None:
        action, outcome, before = step
        for name, judgement in subject.judge(action, tuple(before[slot] for slot in action.reads), outcome):
            if isinstance(judgement, str):
                yield name, judgement
    for rule in subject.invariants:
        seen = tuple(view(state[slot]) for slot, view in zip(rule.reads, rule.views, strict=True))
        judgement = rule.judge(seen)
        if isinstance(judgement, str):
            yield rule.property, judgement


def enabled(subject: Subject, state: State) -> Iterator[Taken]:
    """Every step that can be taken in a state; refusals that change nothing are left out."""
    for action in subject.machine.actions:
        for outcome in outcomes_of(action, state):
            if outcome.clause is None or outcome.writes is not None or outcome.grows:
                yield Taken(action, outcome)


# ---- the path of an exploration ----------------------------------------------------------------------


def confirm(subject: Subject, violation: Violation) -> Run:
    """The run that a violation's path is, every step of it taken anew. Raises Unconfirmed when a step is not enabled or
    gives something else, when the property is not violated at the end, or when it already was before."""
    names = {goal.property for goal in subject.goals}
    progress = violation.property in names
    start = dict(subject.machine.initial)
    found = _by_name(violated(subject, start, None))
    state: State = start
    steps: list[Done] = []
    for number, one in enumerate(violation.path, start=1):
        if violation.property in found and not progress:
            raise Unconfirmed(violation, number - 1, f"it is violated here already: {found[violation.property][0]}")
        mine = [action for action in subject.machine.actions if _same(action, one.action)]
        if not mine:
            raise Unconfirmed(violation, number, f"the machine has no action {one.action}")
        given = [(action, outcome) for action in mine for outcome in outcomes_of(action, state)]
        match = next(((action, outcome) for action, outcome in given if outcome == one.outcome), None)
        if match is None:
            gives = "; ".join(_said(outcome) for _, outcome in given) or "no outcome: it is not enabled"
            raise Unconfirmed(violation, number, f"{one.action} gives {gives}, not {_said(one.outcome)}")
        after = taken(*match, state)
        found = _by_name(violated(subject, after, (*match, state)))
        steps.append(Done(*match, after))
        state = after
    if progress:
        _confirm_stuck(subject, violation, state)
    elif violation.message not in found.get(violation.property, ()):
        says = "; ".join(found.get(violation.property, ("it holds there",)))
        raise Unconfirmed(violation, len(steps), f"at the end: {says}, not: {violation.message}")
    return Run(violation.property, violation.message, start, tuple(steps))


def _by_name(found: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Messages by the property that is violated: one may be in several ways."""
    messages: dict[str, list[str]] = {}
    for name, message in found:
        messages.setdefault(name, []).append(message)
    return messages


def _same(one: Action, other: Action) -> bool:
    return one is other or (
        (one.operation, one.actor, one.arguments, one.reads, one.writes)
        == (other.operation, other.actor, other.arguments, other.reads, other.writes)
    )


def _said(outcome: Outcome) -> str:
    """An outcome for people."""
    label = f" ({outcome.label})" if outcome.label else ""
    if outcome.clause is not None:
        return f"the refusal {outcome.clause}{label}"
    kinds = ", ".join(type(event).__name__ for event in outcome.events)
    written = "" if outcome.writes is None else " " + words(itf(outcome.writes), 2)
    return f"{kinds or 'an outcome'}{label}{written}"


def _confirm_stuck(subject: Subject, violation: Violation, state: State) -> None:
    reached = goal_reached(subject, violation.property, state)
    if reached is True:
        raise Unconfirmed(violation, len(violation.path), "at the end: the goal can still be reached")


def goal_reached(subject: Subject, name: str, state: State, most: int = 20_000) -> bool | None:
    """Whether a progress property's goal can be reached from a state by the steps that may be taken towards it; also
    True where it is not owed there. None: not found among so many states."""
    (goal,) = (goal for goal in subject.goals if goal.property == name)
    if not goal.owed(tuple(view(state[slot]) for slot, view in zip(goal.reads, goal.views, strict=True))):
        return True
    slots = tuple(subject.machine.initial)
    seen = {tuple(state[slot] for slot in slots)}
    waiting = list(seen)
    while waiting:
        here = dict(zip(slots, waiting.pop(), strict=True))
        for action in filter(goal.by, subject.machine.actions):
            values = tuple(here[slot] for slot in action.reads)
            for outcome in outcomes_of(action, here):
                if outcome.clause is not None and outcome.writes is None and not outcome.grows:
                    continue
                if goal.step(action, values, outcome):
                    return True
                after = tuple(taken(action, outcome, here)[slot] for slot in slots)
                if after not in seen:
                    if len(seen) >= most:
                        return None
                    seen.add(after)
                    waiting.append(after)
    return False


# ---- a trace that was written down -------------------------------------------------------------------


def retrace(
    subject: Subject,
    start: Mapping[str, Itf],
    steps: Sequence[Wanted],
    name: str,
    message: str = "",
    *,
    fell: int | None = None,
    watch: Callable[[int, Wanted, Done], None] | None = None,
) -> Retraced:
    """Take the steps of a trace in order, compare each with what the trace says, and see whether the property is
    violated at the end and not before, or after step `fell` and not before; of several ways in which it is, `message`
    is told if it is one. `watch` is called after each step that agrees."""
    last = len(steps) if fell is None else fell

    def broken(state: State, step: tuple[Action, Outcome, State] | None) -> dict[str, str]:
        messages = _by_name(violated(subject, state, step))
        return {rule: message if message in says else says[0] for rule, says in messages.items()}

    first = dict(subject.machine.initial)
    found = broken(first, None)
    done: list[Done] = []

    def parted(step: str, problem: str, guard: str = "", *, want: Mapping[str, Itf], have: State) -> Retraced:
        here = done[-1].after if done else first
        can = tuple(dict.fromkeys(map(str, enabled(subject, here))))
        unlike = tuple(changes(want, state_itf(have)))
        parting = Parting(len(done), step, problem, guard, can, unlike)
        return Retraced(Run(name, found.get(name, ""), first, tuple(done)), parting)

    if state_itf(first) != start:
        return parted("", "the first state of the machine is another", want=start, have=first)
    state: State = first
    progress = any(goal.property == name for goal in subject.goals)
    for number, one in enumerate(steps, start=1):
        if name in found and not progress and number <= last:
            problem = f"{name} is violated already before this step: {found[name]}"
            return parted(str(one), problem, want=state_itf(state), have=state)
        chosen, problem, guard = _choose(subject, one, state)
        if chosen is None or problem:
            have = taken(*chosen, state) if chosen else state
            return parted(str(one), problem, guard, want=one.after, have=have)
        after = taken(*chosen, state)
        if number <= last:
            found = broken(after, (*chosen, state))
        done.append(Done(*chosen, after))
        if watch is not None:
            watch(number, one, done[-1])
        state = after
    if progress:
        reached = goal_reached(subject, name, state)
        if reached is not False:
            why = (
                "the goal can still be reached"
                if reached
                else "it takes too long to see whether the goal can be reached"
            )
            result = parted("", f"every step replays, but at the end {why}", want=state_itf(state), have=state)
            return replace(result, undecided=reached is None)
        found[name] = "from here nothing leads to it any more"
    if name not in found:
        others = "".join(f"; violated is {other}: {says}" for other, says in found.items())
        end = "at the end" if fell is None else f"after step {fell}"
        problem = f"every step replays, but {end} {name} holds{others}"
        return parted("", problem, want=state_itf(state), have=state)
    return Retraced(Run(name, found[name], first, tuple(done)), None)


def _choose(subject: Subject, one: Wanted, state: State) -> tuple[tuple[Action, Outcome] | None, str, str]:
    """The action and outcome that a step of a trace means; what is wrong, if something is; and the guard that is false
    if one is."""
    named = [
        action
        for action in subject.machine.actions
        if (action.operation, action.actor) == (one.operation, one.actor)
        and {name: itf(value) for name, value in action.arguments} == one.arguments
    ]
    if not named:
        others = [str(action) for action in subject.machine.actions if action.actor == one.actor]
        return None, "the machine has no such action", f"of {one.actor} it has {', '.join(others) or 'none'}"
    given = [(action, outcome) for action in named for outcome in outcomes_of(action, state)]
    if not given:
        return None, "it is not enabled: it gives no outcome", _guard(named[0], state)
    labelled = [pair for pair in given if pair[1].label == one.choice]
    if not labelled:
        labels = ", ".join(repr(outcome.label) for _, outcome in given)
        return None, f"it has no choice {one.choice!r}", f"its choices there are {labels}"
    for action, outcome in labelled:
        if not _unlike(one, outcome) and state_itf(taken(action, outcome, state)) == one.after:
            return (action, outcome), "", ""
    action, outcome = min(labelled, key=lambda pair: bool(_unlike(one, pair[1])))
    problem = _unlike(one, outcome) or "it leads to another state"
    guard = ""
    if outcome.clause is not None and outcome.clause != one.clause:
        why = subject.explain(action, state)
        guard = f"{outcome.clause}: {why}" if why else outcome.clause
    return (action, outcome), problem, guard


def _unlike(one: Wanted, outcome: Outcome) -> str:
    """What of an outcome is not as the trace has it."""
    if outcome.clause != one.clause:
        was = f"is refused by {one.clause}" if one.clause else "is taken"
        now = f"is refused by {outcome.clause}" if outcome.clause else "is taken"
        return f"in the trace it {was}, here it {now}"
    events = tuple(itf(event) for event in outcome.events)
    if events != one.events:
        unlike = ", ".join(str(found) for found in differences(list(one.events), list(events)))
        return f"other events: {unlike}"
    return ""


def _guard(action: Action, state: State) -> str:
    """Which part of an action gives no outcome, and what it looks at."""
    part = next((part for part in action.parts if not outcomes_of(part, state)), action)
    seen = "; ".join(f"{slot} = {words(itf(state[slot]), 1)}" for slot in part.reads)
    which = f"{part.operation} of {part.actor}" if part.actor else part.operation
    return f"{which}, which looks at {seen}" if seen else which
