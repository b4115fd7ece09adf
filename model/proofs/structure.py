"""Finite structures: a universe for each sort, functions and relations as tables; formulas evaluated in them.

Independent of the solver: what it says of a counterexample is checked here, by looking at every value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product

from lockedroom.model.proofs.formula import (
    And,
    Atom,
    Equal,
    Formula,
    Iff,
    Implies,
    Not,
    Or,
    Quantified,
    Term,
    Var,
)
from lockedroom.model.proofs.system import Action, Relation


@dataclass(frozen=True, slots=True)
class Structure:
    """What there is of each sort, what each function gives, and of what each relation holds. Constants are functions
    of nothing."""

    universe: Mapping[str, tuple[str, ...]]
    functions: Mapping[str, Mapping[tuple[str, ...], str]]
    relations: Mapping[str, frozenset[tuple[str, ...]]]

    def value(self, term: Term, at: Mapping[Var, str]) -> str:
        """The value of a term. A function that the structure does not give is the first of its sort everywhere."""
        if isinstance(term, Var):
            return at[term]
        arguments = tuple(self.value(argument, at) for argument in term.arguments)
        table = self.functions.get(term.function)
        return table[arguments] if table is not None else self.universe[term.sort][0]

    def holds(self, formula: Formula, at: Mapping[Var, str] | None = None) -> bool:
        """Whether the formula holds, with its free variables valued by `at`. A relation that the structure does not
        give holds nowhere."""
        at = at or {}
        match formula:
            case Atom(relation, arguments):
                return tuple(self.value(term, at) for term in arguments) in self.relations.get(relation, frozenset())
            case Equal(left, right):
                return self.value(left, at) == self.value(right, at)
            case Not(body):
                return not self.holds(body, at)
            case And(parts):
                return all(self.holds(part, at) for part in parts)
            case Or(parts):
                return any(self.holds(part, at) for part in parts)
            case Implies(left, right):
                return not self.holds(left, at) or self.holds(right, at)
            case Iff(left, right):
                return self.holds(left, at) == self.holds(right, at)
            case Quantified(universal, variables, body):
                values = product(*(self.universe[var.sort] for var in variables))
                found = (self.holds(body, {**at, **dict(zip(variables, chosen, strict=True))}) for chosen in values)
                return all(found) if universal else any(found)

    def after(self, action: Action, relations: Mapping[str, Relation]) -> Structure:
        """The structure after the action's updates; its parameters are constants of the structure."""
        changed = {}
        for name in action.writes:
            places = tuple(Var(f"P{index}", sort) for index, sort in enumerate(relations[name].arguments))
            before = action.before(Atom(name, places))
            changed[name] = frozenset(
                values
                for values in product(*(self.universe[place.sort] for place in places))
                if self.holds(before, dict(zip(places, values, strict=True)))
            )
        return replace(self, relations={**self.relations, **changed})
