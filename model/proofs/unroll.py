"""Runs of a system, step after step, as one query: satisfiable when there is a run of these actions.

Each step has constants of its own for the action's parameters (`j` of the third step is `j_3`) and, for each relation
that it changes, a new relation defined by the update.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lockedroom.model.proofs.formula import Apply, Atom, Formula, Iff, Quantified, Term, Var, rewritten
from lockedroom.model.proofs.parse import Vocabulary, formula
from lockedroom.model.proofs.query import Query
from lockedroom.model.proofs.system import Action, Relation, System


@dataclass(frozen=True, slots=True)
class Run:
    """The query that asks for a run, and what each relation is called after each step (the first: initially)."""

    query: Query
    states: tuple[Mapping[str, str], ...]


def unrolled(system: System, actions: Sequence[Action], conditions: Iterable[str] = ()) -> Run:
    """A run of these actions from an initial state. `conditions` hold in the last state; they may speak of every step's
    constants."""
    state = {relation.name: relation.name for relation in system.relations}
    states = [state]
    assertions = {f"axiom {axiom.name}": axiom.formula for axiom in system.axioms}
    assertions |= {f"initially {one.name}": one.formula for one in system.initial}
    declared = {relation.name: relation for relation in system.relations}
    constants: dict[str, str] = {}
    further: list[Relation] = []
    for number, action in enumerate(actions, start=1):
        own = {name: f"{name}_{number}" for name in action.parameters}
        constants |= {own[name]: sort for name, sort in action.parameters.items()}
        for index, guard in enumerate(action.guards):
            assertions[f"guard {index} of step {number}"] = renamed(guard.formula, state, own)
        after = dict(state)
        for name in sorted(action.writes):
            relation = declared[name]
            after[name] = f"{name}@{number}"
            further.append(Relation(after[name], relation.arguments, relation.about))
            places = tuple(Var(f"P{index}", sort) for index, sort in enumerate(relation.arguments))
            before = renamed(action.before(Atom(name, places)), state, own)
            defined = Iff(Atom(after[name], places), before)
            assertions[f"{name} after step {number}"] = Quantified(True, places, defined) if places else defined
        state = after
        states.append(state)
    words = vocabulary(system).with_constants(constants)
    for condition in conditions:
        assertions[f"finally {condition}"] = renamed(formula(condition, words), state, {})
    return Run(Query(system, constants, assertions, tuple(further)), tuple(states))


def vocabulary(system: System) -> Vocabulary:
    """What formulas about a system may speak of."""
    return Vocabulary(
        tuple(system.sorts),
        {relation.name: relation.arguments for relation in system.relations},
        {function.name: (function.arguments, function.sort) for function in system.functions},
    )


def renamed(of: Formula, relations: Mapping[str, str], constants: Mapping[str, str]) -> Formula:
    """The formula with its relations and constants called otherwise."""

    def term(old: Term) -> Term:
        if isinstance(old, Var):
            return old
        arguments = tuple(term(argument) for argument in old.arguments)
        return Apply(constants.get(old.function, old.function), arguments, old.sort)

    return rewritten(of, term, lambda name: relations.get(name, name))
