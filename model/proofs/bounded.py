"""A system over bounded sorts, unrolled step by step as clauses: is there a run to where a claim fails?

A *step* is one action, of an honest member or of the intruder, or none. Between two steps stand so many *rounds* in
which the intruder derives all that it can at once from what it has, and then moves: whatever it may place it places or
takes away, any of it. What it draws (keys and bodies of its own) it draws before the first step, for nobody can tell.
So a run of so many steps stands for every run of the system with no more steps beside derivations and moves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from lockedroom.model.proofs.circuit import NO, YES, Circuit
from lockedroom.model.proofs.formula import And, Atom, Formula, Not, Quantified, Var
from lockedroom.model.proofs.ground import At, Ground, State, Value
from lockedroom.model.proofs.parse import formula as read
from lockedroom.model.proofs.system import Action, Claim, System
from lockedroom.model.proofs.unroll import vocabulary

ROUNDS: Final = 3
"""Rounds of derivation between two steps."""


@dataclass(frozen=True, slots=True)
class Bounded:
    """Bounds, as they are `said`: of each sort its values by name; fixed functions and relations where they are given
    (else any that the axioms allow); what is `assumed` of them besides; what `never` holds; and which actions of the
    intruder are `drawn` beforehand, or `moved` between the steps, each with the one that undoes it. Those of its
    actions that are neither, nor `counted` as steps, are derivations: they only add to what is known. `settled` are the
    first steps, where these are given. Values that only their fields tell apart are taken in one order, but those of
    the sorts that are `unordered`; of an `ordered` relation, a partial order, the first is never after the second."""

    said: str
    values: Mapping[str, tuple[str, ...]]
    functions: Mapping[str, Mapping[tuple[str, ...], str]] = field(default_factory=dict)
    relations: Mapping[str, frozenset[tuple[str, ...]]] = field(default_factory=dict)
    assumed: tuple[str, ...] = ()
    never: Mapping[str, frozenset[tuple[str, ...]]] = field(default_factory=dict)
    drawn: frozenset[str] = frozenset()
    moved: Mapping[str, str] = field(default_factory=dict)
    counted: frozenset[str] = frozenset()
    unordered: frozenset[str] = frozenset()
    ordered: frozenset[str] = frozenset()
    settled: tuple[tuple[str, Mapping[str, str]], ...] = ()
    rounds: int = ROUNDS

    def steps(self, system: System) -> tuple[Action, ...]:
        """The actions that are steps."""
        moves = {*self.moved.values()}
        return tuple(
            one
            for one in system.actions
            if one.name in self.counted or not (one.intruder or one.name in self.drawn or one.name in moves)
        )

    def derivations(self, system: System) -> tuple[Action, ...]:
        """The actions of which all that can be taken are, in each round."""
        apart = {*self.drawn, *self.moved, *self.moved.values(), *self.counted}
        return tuple(one for one in system.actions if one.intruder and one.name not in apart)


class Unrolled:
    """The clauses of the runs of a system, one step longer whenever that is asked for."""

    def __init__(self, system: System, bounded: Bounded) -> None:
        self.system = system
        self.bounded = bounded
        self.circuit = Circuit()
        self.ground = Ground(self.circuit, {sort: len(values) for sort, values in bounded.values.items()})
        self.steps = bounded.steps(system)
        self.derivations = bounded.derivations(system)
        self.taken: list[tuple[Mapping[str, int], Mapping[str, Mapping[str, Value]]]] = []
        """For each step: whether it is that action, and each action's parameters."""
        self.fixed: dict[str, dict[At, int]] = {}
        self._functions()
        self._fixed()
        self._order()
        self.origin: State = {}
        """The first state, before the intruder draws anything."""
        self.first = self._initial()
        self.state: State = self._rest(self.first)
        self.befores: list[State] = [self.state]
        """The state before each step, and the last."""
        self._witnesses: dict[str, dict[str, Value]] = {}
        self._slots = _slots(self.steps)

    # ---- what never changes

    def _place(self, sort: str, value: str) -> int:
        return self.bounded.values[sort].index(value)

    def _functions(self) -> None:
        ground, circuit = self.ground, self.circuit
        for function in self.system.functions:
            given = self.bounded.functions.get(function.name)
            table = {}
            for place in ground.places(function.arguments):
                names = tuple(self._name(sort, at) for sort, at in zip(function.arguments, place, strict=True))
                if given is None or names not in given:
                    table[place] = circuit.choice(ground.sizes[function.sort])
                else:
                    table[place] = ground.constant(function.sort, self._place(function.sort, given[names]))
            ground.functions[function.name] = table

    def _name(self, sort: str, place: int) -> str:
        return self.bounded.values[sort][place]

    def _fixed(self) -> None:
        for relation in self.system.relations:
            if not relation.fixed:
                continue
            given = self.bounded.relations.get(relation.name)
            table = {}
            for place in self.ground.places(relation.arguments):
                names = tuple(self._name(sort, at) for sort, at in zip(relation.arguments, place, strict=True))
                if relation.name in self.bounded.ordered and place[0] >= place[1]:
                    table[place] = YES if place[0] == place[1] else NO
                else:
                    table[place] = self.circuit.fresh() if given is None else YES if names in given else NO
            self.fixed[relation.name] = table
        words = vocabulary(self.system)
        for formula in (
            *(one.formula for one in self.system.axioms),
            *(read(text, words) for text in self.bounded.assumed),
        ):
            self.circuit.add(self.ground.literal(formula, self.fixed, {}))

    def _order(self) -> None:
        """Values of a sort that only their fields tell apart stand in the order of their fields."""
        fields: dict[str, list[str]] = {}
        for function in self.system.functions:
            if len(function.arguments) == 1 and function.name not in self.bounded.functions:
                fields.setdefault(function.arguments[0], []).append(function.name)
        for sort in fields:
            if sort in self.bounded.unordered:
                continue
            rows = [
                [literal for name in fields[sort] for literal in self.ground.functions[name][(place,)]]
                for place in range(self.ground.sizes[sort])
            ]
            for one, other in pairwise(rows):
                self._no_later(one, other)

    def _no_later(self, one: Sequence[int], other: Sequence[int]) -> None:
        """Demand that the first row of literals is not after the second, where true comes first."""
        equal = YES
        for left, right in zip(one, other, strict=True):
            self.circuit.add(-equal, left, -right)
            equal = self.circuit.both(equal, self.circuit.same(left, right))

    def _names(self, relation: str, place: At) -> tuple[str, ...]:
        [sorts] = [one.arguments for one in self.system.relations if one.name == relation]
        return tuple(self.bounded.values[sort][at] for sort, at in zip(sorts, place, strict=True))

    # ---- states

    def _initial(self) -> State:
        """The first state: nothing of what holds nowhere initially, anything of the rest."""
        empty = {name for axiom in self.system.initial for name in _nowhere(axiom.formula)}
        state: dict[str, Mapping[At, int]] = dict(self.fixed)
        for relation in self.system.relations:
            if not relation.fixed:
                none = relation.name in empty
                places = self.ground.places(relation.arguments)
                state[relation.name] = {place: NO if none else self.circuit.fresh() for place in places}
        for name, never in self.bounded.never.items():
            table = dict(state[name])
            table |= {place: NO for place in table if self._names(name, place) in never}
            state[name] = table
        for axiom in self.system.initial:
            self.circuit.add(self.ground.literal(axiom.formula, state, {}))
        self.origin = state
        for name in sorted(self.bounded.drawn):
            action = self.system.action(name)
            state = self._derived(state, state, action, chosen=True)
        return state

    def _rest(self, state: State) -> State:
        """The state after what happens between two steps."""
        for _ in range(self.bounded.rounds):
            after = state
            for action in self.derivations:
                after = self._derived(state, after, action)
            state = after
        return self._moved(state)

    def _derived(
        self, state: State, after: State, action: Action, *, chosen: bool = False
    ) -> dict[str, Mapping[At, int]]:
        """What holds more after all that can be taken of an action, or `chosen` ones of it, is."""
        ground, circuit = self.ground, self.circuit
        more: dict[str, dict[At, list[int]]] = {}
        for place in ground.places(tuple(action.parameters.values())):
            at = {
                name: ground.constant(sort, index)
                for (name, sort), index in zip(action.parameters.items(), place, strict=True)
            }
            can = circuit.both(*(ground.literal(guard.formula, state, at) for guard in action.guards))
            if can == NO:
                continue
            if chosen:
                can = circuit.both(can, circuit.fresh())
            for update in action.updates:
                pattern = [ground.value(term, at) for term in update.pattern]
                for target, here in ground.selected(pattern):
                    more.setdefault(update.relation, {}).setdefault(target, []).append(circuit.both(can, here))
        found = dict(after)
        for relation, gained in more.items():
            table = dict(found[relation])
            for target, literals in gained.items():
                table[target] = circuit.either((table[target], *literals))
            found[relation] = table
        return found

    def _moved(self, state: State) -> State:
        """Any of what is there, or may be placed, is there afterwards."""
        found = dict(state)
        for name in self.bounded.moved:
            action = self.system.action(name)
            [update] = action.updates
            table = {}
            for place in self.ground.places(tuple(action.parameters.values())):
                at = {
                    one: self.ground.constant(sort, index)
                    for (one, sort), index in zip(action.parameters.items(), place, strict=True)
                }
                can = self.circuit.both(*(self.ground.literal(guard.formula, state, at) for guard in action.guards))
                there = self.circuit.fresh()
                self.circuit.add(-there, state[update.relation][place], can)
                table[place] = there
            found[update.relation] = table
        return found

    # ---- steps

    def step(self) -> None:
        """One more step, and what the intruder makes of it."""
        ground, circuit = self.ground, self.circuit
        slots = {slot: circuit.choice(ground.sizes[slot[0]]) for slot in sorted({*self._slots.values()})}
        acts = {action.name: circuit.fresh() for action in self.steps}
        if len(self.taken) < len(self.bounded.settled):
            act, pinned = self.bounded.settled[len(self.taken)]
            acts = {action.name: YES if action.name == act else NO for action in self.steps}
            for name, value in pinned.items():
                sort, number = self._slots[act, name]
                slots[sort, number] = ground.constant(sort, self._place(sort, value))
            for slot in slots:
                if slot not in {self._slots[act, name] for name in pinned}:
                    slots[slot] = ground.constant(slot[0], 0)
        circuit.one_of(tuple(acts.values()))
        parameters = {
            action.name: {name: slots[self._slots[action.name, name]] for name in action.parameters}
            for action in self.steps
        }
        changes: dict[str, list[Action]] = {}
        for action in self.steps:
            if acts[action.name] == NO:
                continue
            for guard in action.guards:
                holds = ground.literal(guard.formula, self.state, parameters[action.name])
                circuit.add(-acts[action.name], holds)
            for name in sorted(action.writes):
                changes.setdefault(name, []).append(action)
            used = {self._slots[action.name, name] for name in action.parameters}
            for slot in slots.keys() - used:
                circuit.add(-acts[action.name], slots[slot][0])
        after = dict(self.state)
        for name, actions in changes.items():
            after[name] = self._changed(name, actions, acts, parameters)
        self.taken.append((acts, parameters))
        for name, never in self.bounded.never.items():
            for place, literal in after[name].items():
                if self._names(name, place) in never:
                    circuit.add(-literal)
        self.state = self._rest(after)
        self.befores.append(self.state)

    def _changed(
        self,
        name: str,
        actions: Sequence[Action],
        acts: Mapping[str, int],
        parameters: Mapping[str, Mapping[str, Value]],
    ) -> Mapping[At, int]:
        """A relation after a step that is one of these actions, or none of them."""
        ground, circuit, before = self.ground, self.circuit, self.state[name]
        sorts = next(relation.arguments for relation in self.system.relations if relation.name == name)
        places = tuple(Var(f"P{index}", sort) for index, sort in enumerate(sorts))
        formulas = [(acts[one.name], parameters[one.name], one.before(Atom(name, places))) for one in actions]
        table = {}
        for place in ground.places(sorts):
            own = {
                f"P{index}": ground.constant(sort, at)
                for index, (sort, at) in enumerate(zip(sorts, place, strict=True))
            }
            new, touched = [], []
            for act, given, formula in formulas:
                then = ground.literal(formula, self.state, {**given, **own})
                if then != before[place]:
                    new.append(circuit.both(act, then))
                    touched.append(act)
            kept = circuit.both(before[place], *(-act for act in touched))
            table[place] = circuit.either((kept, *new))
        return table

    def fails(self, claim: Claim) -> int:
        """A literal under which the claim fails in the last state, for some values."""
        formula, bad = claim.formula, self.circuit.fresh()
        at: dict[str, Value] = {}
        if isinstance(formula, Quantified) and formula.universal:
            if claim.name not in self._witnesses:
                self._witnesses[claim.name] = {
                    var.name: self.circuit.choice(self.ground.sizes[var.sort]) for var in formula.variables
                }
            at, formula = self._witnesses[claim.name], formula.body
        self.circuit.add(-bad, -self.ground.literal(formula, self.state, at))
        return bad


def _slots(actions: Sequence[Action]) -> Mapping[tuple[str, str], tuple[str, int]]:
    """For each action and parameter the choice that stands for it: the actions of a step share theirs, sort by sort."""
    found = {}
    for action in actions:
        count: dict[str, int] = {}
        for name, sort in action.parameters.items():
            found[action.name, name] = (sort, count.get(sort, 0))
            count[sort] = count.get(sort, 0) + 1
    return found


def _nowhere(formula: Formula) -> Iterator[str]:
    """The relations of which the formula plainly says that they hold nowhere."""
    if isinstance(formula, Quantified) and formula.universal:
        formula = formula.body
    for part in formula.parts if isinstance(formula, And) else (formula,):
        if isinstance(part, Not) and isinstance(part.body, Atom):
            arguments = part.body.arguments
            if all(isinstance(one, Var) for one in arguments) and len({*arguments}) == len(arguments):
                yield part.body.relation
