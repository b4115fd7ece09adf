"""A run that the solver gave, gone through again without it: each action taken on a structure, its guards looked at.

What the intruder can derive is worked out anew, and only that is kept which a later guard, or the failing claim, leans
on. Then the run is taken once more from the first state, one action after the other: it is a run of the system itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import TypeAlias

from lockedroom.model.proofs.bounded import Bounded
from lockedroom.model.proofs.counterexample import Unsound, witness
from lockedroom.model.proofs.formula import And, Atom, Equal, Formula, Iff, Implies, Not, Or, Quantified, Var
from lockedroom.model.proofs.structure import Structure
from lockedroom.model.proofs.system import Action, Claim, System, Update

Fact: TypeAlias = tuple[str, tuple[str, ...]]
"""A relation, and values of which it holds."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One action of a run, with its arguments. `counted`: it is a step, no derivation and no move of the store's."""

    action: Action
    arguments: Mapping[str, str]
    counted: bool

    def __str__(self) -> str:
        return f"{self.action.name}({', '.join(f'{name} = {value}' for name, value in self.arguments.items())})"


@dataclass(frozen=True, slots=True)
class Decoded:
    """What the solver says of a run: its first state, which of the intruder's own things there are, and each step's
    action and arguments, with what lies in the inboxes before it."""

    start: Structure
    drawn: frozenset[Fact]
    steps: tuple[tuple[str, Mapping[str, str], Mapping[str, frozenset[tuple[str, ...]]]], ...]


@dataclass(frozen=True, slots=True)
class Fallen:
    """A claim that fails at the end of a run: for which values, by which actions, and the last state."""

    claim: Claim
    witness: Mapping[str, str]
    taken: tuple[Taken, ...]
    last: Structure

    @property
    def length(self) -> int:
        """How many steps it takes."""
        return sum(one.counted for one in self.taken)


def fallen(system: System, bounded: Bounded, claim: Claim, decoded: Decoded) -> Fallen:
    """The run that was decoded, as actions of the system. Raises Unsound where it is none, or the claim holds."""
    walk = _Walk(system, bounded, decoded)
    taken = walk.needed(claim)
    state = decoded.start
    for axiom in (*system.axioms, *system.initial):
        if not state.holds(axiom.formula):
            raise Unsound(f"{axiom.name} does not hold in the solver's first state")
    for one in taken:
        state = _constants(state, one.arguments)
        for guard in one.action.guards:
            if not state.holds(guard.formula):
                raise Unsound(f"{one}: {guard.text} does not hold")
        state = state.after(one.action, walk.declared)
    if state.holds(claim.formula):
        raise Unsound(f"{claim.name} holds after all")
    return Fallen(claim, witness(claim.formula, state), taken, state)


def _constants(state: Structure, arguments: Mapping[str, str]) -> Structure:
    given: dict[str, Mapping[tuple[str, ...], str]] = {name: {(): value} for name, value in arguments.items()}
    return replace(state, functions={**state.functions, **given})


@dataclass(frozen=True, slots=True)
class _Grown:
    """What brought facts about: an action, what its guards leant on, and what each of the facts did besides."""

    taken: Taken
    guards: tuple[Fact, ...]
    facts: Mapping[Fact, tuple[Fact, ...]]


class _Walk:
    """The run with all that can be derived in it, and what brought each fact about at which moment."""

    def __init__(self, system: System, bounded: Bounded, decoded: Decoded) -> None:
        self.system = system
        self.bounded = bounded
        self.declared = {relation.name: relation for relation in system.relations}
        self.grown: list[_Grown] = []
        self.known: dict[Fact, list[int]] = {}
        self.state = decoded.start
        for name, values in sorted(decoded.drawn):
            for action in sorted(bounded.drawn):
                self._draw(system.action(action), name, values)
        self._derive()
        self.steps: list[int] = []
        for name, arguments, lying in decoded.steps:
            self._lay(lying)
            self.steps.append(self._take(Taken(system.action(name), arguments, True)))
            self._derive()

    def needed(self, claim: Claim) -> tuple[Taken, ...]:
        """The actions of the run: its steps, and what these or the failing claim lean on."""
        found: set[int] = set()
        values = dict(_open(claim.formula, self.state))
        body = claim.formula.body if isinstance(claim.formula, Quantified) else claim.formula
        wanted = [(len(self.grown), fact) for fact in _leant(self.state, body, values, False)]

        def take(moment: int) -> None:
            if moment not in found:
                found.add(moment)
                wanted.extend((moment, fact) for fact in self.grown[moment].guards)

        for step in self.steps:
            take(step)
        seen: set[tuple[int, Fact]] = set()
        while wanted:
            moment, fact = wanted.pop()
            source = max((one for one in self.known.get(fact, ()) if one < moment), default=None)
            if source is not None and (source, fact) not in seen:
                seen.add((source, fact))
                take(source)
                wanted.extend((source, other) for other in self.grown[source].facts[fact])
        return tuple(self.grown[one].taken for one in sorted(found))

    def _draw(self, action: Action, relation: str, values: tuple[str, ...]) -> None:
        if all(update.relation == relation for update in action.updates):
            for taken in self._possible(action):
                after = _constants(self.state, taken.arguments).after(action, self.declared)
                if values in after.relations[relation] - self.state.relations.get(relation, frozenset()):
                    self._take(taken)
                    return

    def _possible(self, action: Action) -> Iterator[Taken]:
        """The action with every arguments with which it can be taken now."""
        for values in product(*(self.state.universe[sort] for sort in action.parameters.values())):
            arguments = dict(zip(action.parameters, values, strict=True))
            state = _constants(self.state, arguments)
            if all(state.holds(guard.formula) for guard in action.guards):
                yield Taken(action, arguments, False)

    def _derive(self) -> None:
        for _ in range(self.bounded.rounds):
            every = [one for action in self.bounded.derivations(self.system) for one in self._possible(action)]
            for one in every:
                self._take(one)

    def _lay(self, lying: Mapping[str, frozenset[tuple[str, ...]]]) -> None:
        """Place what is to lie there; what is not to is left away."""
        for name in self.bounded.moved:
            action = self.system.action(name)
            [update] = action.updates
            there = self.state.relations.get(update.relation, frozenset()) & lying[update.relation]
            self.state = replace(self.state, relations={**self.state.relations, update.relation: there})
            for values in sorted(lying[update.relation] - there):
                self._take(Taken(action, dict(zip(action.parameters, values, strict=True)), False))

    def _take(self, taken: Taken) -> int:
        """Take an action, and write down what it brings about. What brings nothing about is forgotten."""
        before = _constants(self.state, taken.arguments)
        after = before.after(taken.action, self.declared)
        new = [
            (name, values)
            for name in sorted(taken.action.writes)
            for values in sorted(after.relations[name] - before.relations.get(name, frozenset()))
        ]
        moment = len(self.grown)
        if not new and not taken.counted:
            return moment
        guards = tuple(fact for guard in taken.action.guards for fact in _leant(before, guard.formula, {}, True))
        facts: dict[Fact, tuple[Fact, ...]] = {}
        for fact in new:
            self.known.setdefault(fact, []).append(moment)
            updates = [update for update in taken.action.updates if update.relation == fact[0]]
            facts[fact] = tuple(one for update in updates for one in _matched(before, update, fact[1]))
        self.grown.append(_Grown(taken, guards, facts))
        self.state = after
        return moment


def _matched(state: Structure, update: Update, at: tuple[str, ...]) -> Iterable[Fact]:
    """What an update's value leans on where it makes its relation hold."""
    given = {place: one for place, one in zip(update.pattern, at, strict=True) if isinstance(place, Var)}
    return _leant(state, update.value, given, True)


def _open(formula: Formula, state: Structure) -> Iterator[tuple[Var, str]]:
    if isinstance(formula, Quantified):
        found = witness(formula, state)
        for var in formula.variables:
            yield var, found.get(var.name, state.universe[var.sort][0])


def _leant(state: Structure, formula: Formula, at: Mapping[Var, str], truth: bool) -> Iterator[Fact]:
    """Facts that hold in the state and because of which the formula has this truth; none where it has not."""
    if state.holds(formula, at) != truth:
        return
    match formula:
        case Atom(relation, arguments):
            if truth:
                yield relation, tuple(state.value(argument, at) for argument in arguments)
        case Equal():
            return
        case Not(body):
            yield from _leant(state, body, at, not truth)
        case And(parts) | Or(parts):
            every = isinstance(formula, And) == truth
            yield from _of_parts(((state, part, at, truth) for part in parts), every)
        case Implies(left, right):
            sides = ((state, left, at, not truth), (state, right, at, truth))
            yield from _of_parts(iter(sides), not truth)
        case Iff(left, right):
            for side in (left, right):
                yield from _leant(state, side, at, state.holds(side, at))
        case Quantified(universal, variables, body):
            values = product(*(state.universe[var.sort] for var in variables))
            inside = ((state, body, {**at, **dict(zip(variables, one, strict=True))}, truth) for one in values)
            yield from _of_parts(inside, universal == truth)


def _of_parts(parts: Iterator[tuple[Structure, Formula, Mapping[Var, str], bool]], every: bool) -> Iterator[Fact]:
    """What all parts lean on, or the first that has that truth."""
    for state, formula, at, truth in parts:
        if every:
            yield from _leant(state, formula, at, truth)
        elif state.holds(formula, at) == truth:
            yield from _leant(state, formula, at, truth)
            return
