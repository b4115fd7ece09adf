"""What a user writes: a machine and what is to hold of it, by names of slots and small functions. Nothing explores.

agree = Always("both agree", ("left", "right"), lambda left, right: left == right)
done = Sometimes("both are done", ("left", "right"), lambda left, right: left == right == "done")
MODEL = Model(machine, (agree, done))
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from lockedroom.model.report import Goal, Invariant, Judgement, StepJudge
from lockedroom.model.validator import StepTest, Subject
from lockedroom.reference.errors import EngineError
from lockedroom.reference.machine import Action, Machine, Name, Outcome, Slot

Named: TypeAlias = "Slot | str"
"""A slot, or its name as text: `kind` or `kind:owner`."""
Test: TypeAlias = Callable[..., "bool | str"]
"""Asked with the values of the slots in order: True, it holds; False, it does not; a text: it does not, and how."""


@dataclass(frozen=True, slots=True)
class Taking:
    """One step as properties see it: who did what, what its slots held before (those that it reads) and hold afterwards
    (those that it writes), by their names; the `clause` that refuses it, if it was refused."""

    operation: str
    actor: Name
    arguments: Mapping[str, object]
    before: Mapping[str, Hashable]
    after: Mapping[str, Hashable]
    clause: str | None
    label: str


StepHolds: TypeAlias = Callable[[Taking], "bool | str"]


def _everywhere(*seen: object) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Always:
    """What holds in every reachable state. It looks at `slots` and nothing else; `when` says where it could be violated
    at all, by default everywhere."""

    name: str
    slots: tuple[Named, ...]
    holds: Test
    when: Callable[..., bool] = _everywhere
    clauses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EachStep:
    """What every step of these operations does (of all, when none is named). `when` says which steps could violate it,
    by default all that are not refused."""

    name: str
    holds: StepHolds
    operations: tuple[str, ...] = ()
    when: Callable[[Taking], bool] = lambda step: step.clause is None
    clauses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sometimes:
    """What some reachable state must show; that none does is an error of the protocol, or of the model."""

    name: str
    slots: tuple[Named, ...]
    holds: Test
    clauses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SometimesStep:
    """What some step of these operations must show (of any, when none is named)."""

    name: str
    holds: StepHolds
    operations: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CanStill:
    """Progress: from every reachable state where it is `owed` (asked with the values of `slots`; by default
    everywhere), some steps lead to one for which `reached` is true. `by` says which actions may be taken towards it, by
    default all."""

    name: str
    reached: StepHolds
    slots: tuple[Named, ...] = ()
    owed: Callable[..., bool] = _everywhere
    by: Callable[[Action], bool] = lambda action: True
    clauses: tuple[str, ...] = ()


Property: TypeAlias = "Always | EachStep | Sometimes | SometimesStep | CanStill"


class ModelError(EngineError):
    """A model that is wrong in itself: what is the case, and what to do about it."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem}: {self.remedy}"


@dataclass(frozen=True, slots=True)
class Model:
    """A machine with its properties. `refusals` are the clauses by which each operation is expected to be refused: one
    that never refuses is reported."""

    machine: Machine
    properties: tuple[Property, ...] = ()
    refusals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def subject(self) -> Subject:
        """The machine with what explorers and validators ask. Raises ModelError for a machine that is none, for what is
        no property, for two of one name, and for one that names a slot or an operation which there is not."""
        proper(self.machine)
        slots = {str(slot): slot for slot in self.machine.initial}
        promises: dict[str, tuple[str, ...]] = {}
        invariants: list[Invariant] = []
        witnesses: list[Invariant] = []
        goals: list[Goal] = []
        steps: list[EachStep] = []
        sometimes: dict[str, StepTest] = {}
        if not isinstance(self.properties, tuple | list):
            raise ModelError(f"the properties are {self.properties!r}", "give a tuple of them")
        for one in self.properties:
            if not isinstance(one, Always | EachStep | Sometimes | SometimesStep | CanStill):
                raise ModelError(
                    f"{one!r} is no property", "write Always, EachStep, Sometimes, SometimesStep, CanStill"
                )
            if one.name in promises:
                raise ModelError(f"two properties are called {one.name!r}", "give each a name of its own")
            promises[one.name] = tuple(one.clauses)
            match one:
                case Always():
                    invariants.append(_invariant(one.name, _named(one, one.slots, slots), _always(one)))
                case Sometimes():
                    witnesses.append(_invariant(one.name, _named(one, one.slots, slots), _sometimes(one)))
                case CanStill():
                    goals.append(_goal(one, _named(one, one.slots, slots)))
                case EachStep():
                    _operations(one.name, one.operations, self.machine)
                    steps.append(one)
                case SometimesStep():
                    _operations(one.name, one.operations, self.machine)
                    sometimes[one.name] = _shows(one)
        for operation in self.refusals:
            _operations("refusals", (operation,), self.machine)
        return Subject(
            self.machine,
            _judge(steps) if steps else None,
            tuple(invariants),
            tuple(goals),
            steps=tuple(one.name for one in steps),
            sometimes=sometimes,
            witnesses=tuple(witnesses),
            promises=promises,
            refusals=dict(self.refusals),
        )


# ---- machines that are none -------------------------------------------------------------------------


def proper(machine: Machine) -> None:
    """Whether explorers can run it. Raises ModelError: an action of slots that there are not, a first value that cannot
    be hashed, no action at all."""
    if not isinstance(machine.initial, Mapping):
        raise ModelError(f"the first values of {machine.title!r} are {machine.initial!r}", "map each slot to one")
    if not machine.actions:
        raise ModelError(f"the machine {machine.title!r} has no actions", "give it some")
    for slot, value in machine.initial.items():
        if not isinstance(slot, Slot):
            raise ModelError(f"{slot!r} is no slot", "name slots with Slot(kind) or Slot(kind, owner)")
        _hashable(f"the first value of {slot}", value)
    for action in machine.actions:
        if not isinstance(action, Action):
            raise ModelError(f"{action!r} is no action", "actions are made by Action, action or factored")
        for slot in (*action.reads, *action.writes):
            if slot not in machine.initial:
                known = ", ".join(map(str, machine.initial))
                raise ModelError(f"{action} names the slot {slot}, which the machine has not", f"there are {known}")
        if len(set(action.writes)) < len(action.writes):
            raise ModelError(f"{action} writes a slot twice", "name each once")
    for slot in machine.monotone:
        if not isinstance(machine.initial.get(slot), frozenset):
            raise ModelError(f"the monotone slot {slot} holds no frozenset", "only sets can grow")


def diagnosed(action: Action, values: tuple[Hashable, ...]) -> ModelError | None:
    """What is wrong with the outcomes of an action, if it gives any; None when nothing is, and when it raises."""
    try:
        outcomes = action.run(values)
    except Exception:  # noqa: BLE001 (whatever a user's action raises)
        return None
    if not isinstance(outcomes, tuple) or not all(isinstance(one, Outcome) for one in outcomes):
        return ModelError(
            f"{action} gives {outcomes!r}", "an action's run returns a tuple of Outcome, empty when it cannot"
        )
    for outcome in outcomes:
        if outcome.writes is not None and len(outcome.writes) != len(action.writes):
            names = ", ".join(map(str, action.writes)) or "nothing"
            written = f"{len(outcome.writes)} value" + ("" if len(outcome.writes) == 1 else "s")
            return ModelError(
                f"{action} gives {written}, and writes {names}", "give one value for each slot that it writes"
            )
        for slot, value in zip(action.writes, outcome.writes or (), strict=True):
            try:
                _hashable(f"what {action} writes into {slot}", value)
            except ModelError as error:
                return error
    return None


def _hashable(what: str, value: object) -> None:
    try:
        hash(value)
    except TypeError:
        raise ModelError(
            f"{what} is {type(value).__name__}, which cannot be hashed", "use tuples, frozensets, frozen dataclasses"
        ) from None


# ---- properties as explorers ask them ----------------------------------------------------------------


def _named(one: Property, named: Sequence[Named], slots: Mapping[str, Slot]) -> tuple[Slot, ...]:
    if isinstance(named, str):
        raise ModelError(f"{one.name}: its slots are the text {named!r}", "give a tuple of names")
    for slot in named:
        if str(slot) not in slots:
            raise ModelError(f"{one.name}: the machine has no slot {slot}", f"there are {', '.join(slots)}")
    return tuple(slots[str(slot)] for slot in named)


def _operations(name: str, operations: Sequence[str], machine: Machine) -> None:
    known = dict.fromkeys(action.operation for action in machine.actions)
    for operation in operations:
        if operation not in known:
            raise ModelError(f"{name}: the machine has no operation {operation}", f"there are {', '.join(known)}")


def _as_it_is(value: Hashable) -> Hashable:
    return value


def _invariant(name: str, slots: tuple[Slot, ...], judge: Callable[[tuple[Hashable, ...]], Judgement]) -> Invariant:
    def judged(seen: tuple[Hashable, ...]) -> Judgement:
        try:
            return judge(seen)
        except Exception as fault:
            raise _fault(name, _listed(dict(zip(map(str, slots), seen, strict=True))), fault) from fault

    return Invariant(name, slots, (_as_it_is,) * len(slots), judged)


def _fault(name: str, where: str, fault: Exception) -> ModelError:
    said = f"the property {name!r} raised {type(fault).__name__}: {fault}"
    return ModelError(said, f"it was asked of {where}")


def _always(one: Always) -> Callable[[tuple[Hashable, ...]], Judgement]:
    names = [str(slot) for slot in one.slots]

    def judge(seen: tuple[Hashable, ...]) -> Judgement:
        if not one.when(*seen):
            return False
        found = one.holds(*seen)
        if isinstance(found, str):
            return found
        return True if found else _listed(dict(zip(names, seen, strict=True)))

    return judge


def _sometimes(one: Sometimes) -> Callable[[tuple[Hashable, ...]], Judgement]:
    return lambda seen: one.holds(*seen) is True


def _goal(one: CanStill, slots: tuple[Slot, ...]) -> Goal:
    def reached(action: Action, values: tuple[Hashable, ...], outcome: Outcome) -> bool:
        seen = taking(action, values, outcome)
        try:
            return one.reached(seen) is True
        except Exception as fault:
            raise _fault(one.name, _step(seen), fault) from fault

    def owed(seen: tuple[Hashable, ...]) -> bool:
        try:
            return bool(one.owed(*seen))
        except Exception as fault:
            raise _fault(one.name, _listed(dict(zip(map(str, slots), seen, strict=True))), fault) from fault

    return Goal(one.name, reached, one.by, slots, (_as_it_is,) * len(slots), owed)


def taking(action: Action, values: tuple[Hashable, ...], outcome: Outcome) -> Taking:
    """An outcome of an action as properties see it."""
    before = {str(slot): value for slot, value in zip(action.reads, values, strict=True)}
    after = {str(slot): value for slot, value in zip(action.writes, outcome.writes or (), strict=False)}
    named = dict(action.arguments)
    return Taking(action.operation, action.actor, named, before, after, outcome.clause, outcome.label)


def _judge(steps: Sequence[EachStep]) -> StepJudge:
    def judge(action: Action, values: tuple[Hashable, ...], outcome: Outcome) -> Iterable[tuple[str, Judgement]]:
        seen = taking(action, values, outcome)
        return [(one.name, _said(one, seen)) for one in steps if not one.operations or seen.operation in one.operations]

    return judge


def _said(one: EachStep, seen: Taking) -> Judgement:
    try:
        if not one.when(seen):
            return False
        found = one.holds(seen)
    except Exception as fault:
        raise _fault(one.name, _step(seen), fault) from fault
    if isinstance(found, str):
        return found
    return True if found else f"{_step(seen)} becomes {_listed(seen.after)}"


def _shows(one: SometimesStep) -> Callable[[Action, tuple[Hashable, ...], Outcome], bool]:
    def shows(action: Action, values: tuple[Hashable, ...], outcome: Outcome) -> bool:
        seen = taking(action, values, outcome)
        try:
            return (not one.operations or seen.operation in one.operations) and one.holds(seen) is True
        except Exception as fault:
            raise _fault(one.name, _step(seen), fault) from fault

    return shows


def _step(seen: Taking) -> str:
    return f"{seen.operation} where {_listed(seen.before)}"


def _listed(held: Mapping[str, Hashable]) -> str:
    return ", ".join(f"{slot} is {value}" for slot, value in held.items()) or "nothing is read"


# ---- actions written shortly -------------------------------------------------------------------------


def action(
    operation: str,
    actor: Name = "",
    *,
    reads: Sequence[Slot] = (),
    writes: Sequence[Slot] = (),
    taken: Callable[..., object],
    **arguments: object,
) -> Action:
    """An action by one function: `taken` is given the values of `reads` in order and returns what it writes (a tuple
    when it writes several slots), None where it is not enabled, or what `refused` makes where it is refused."""
    several = len(writes) != 1

    def run(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
        found = taken(*values)
        if found is None:
            return ()
        if isinstance(found, Outcome):
            return (found,)
        if several and not isinstance(found, tuple):
            raise TypeError(f"it writes {len(writes)} slots and gives {found!r}, no tuple")
        return (Outcome(found if several else (found,)),)  # type: ignore[arg-type] # hashed by whoever runs it

    return Action(operation, actor, tuple(arguments.items()), tuple(reads), tuple(writes), run)


def refused(clause: str) -> Outcome:
    """What `taken` gives where an operation is refused: nothing changes, and the clause says why."""
    return Outcome(None, clause)
