"""Formulas over bounded sorts, as literals of a circuit: quantifiers become conjunctions, terms become choices.

A term's value is a tuple of literals, one for each value of its sort, of which exactly one holds. A state gives a
literal for each relation at each tuple of values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import TypeAlias

from lockedroom.model.proofs.circuit import NO, YES, Circuit
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

Value: TypeAlias = tuple[int, ...]
"""For each value of a sort whether it is that one."""
At: TypeAlias = tuple[int, ...]
"""Values by their places in their sorts."""
State: TypeAlias = Mapping[str, Mapping[At, int]]
"""For each relation and each tuple of values whether it holds."""


class Ground:
    """The bounded sorts, and the fixed functions over them; `functions` may be filled in later."""

    def __init__(self, circuit: Circuit, sizes: Mapping[str, int]) -> None:
        self.circuit = circuit
        self.sizes = sizes
        self.functions: dict[str, dict[At, Value]] = {}
        self._known = {sort: [self._constant(place, size) for place in range(size)] for sort, size in sizes.items()}

    @staticmethod
    def _constant(place: int, size: int) -> Value:
        return tuple(YES if other == place else NO for other in range(size))

    def constant(self, sort: str, place: int) -> Value:
        """That value itself."""
        return self._known[sort][place]

    def places(self, sorts: Sequence[str]) -> Iterator[At]:
        """Every tuple of values of these sorts."""
        return product(*(range(self.sizes[sort]) for sort in sorts))

    def value(self, term: Term, at: Mapping[str, Value]) -> Value:
        """The value of a term; variables and constants by their names."""
        if isinstance(term, Var):
            return at[term.name]
        if not term.arguments and term.function in at:
            return at[term.function]
        table = self.functions[term.function]
        chosen = list(self.selected([self.value(argument, at) for argument in term.arguments]))
        if len(chosen) == 1:
            return table[chosen[0][0]]
        circuit = self.circuit
        return tuple(
            circuit.either(circuit.both(here, table[place][index]) for place, here in chosen)
            for index in range(self.sizes[term.sort])
        )

    def selected(self, values: Sequence[Value]) -> Iterator[tuple[At, int]]:
        """The tuples that these values can be, each with the literal that they are."""
        found: list[tuple[At, int]] = [((), YES)]
        for value in values:
            found = [
                ((*place, index), self.circuit.both(here, literal))
                for place, here in found
                for index, literal in enumerate(value)
                if literal != NO
            ]
        return iter(found)

    def literal(self, formula: Formula, state: State, at: Mapping[str, Value]) -> int:
        """A literal that holds exactly when the formula does in the state, with its free variables valued by `at`."""
        circuit = self.circuit
        match formula:
            case Atom(relation, arguments):
                table = state[relation]
                chosen = self.selected([self.value(argument, at) for argument in arguments])
                return circuit.either(circuit.both(here, table[place]) for place, here in chosen if table[place] != NO)
            case Equal(left, right):
                pairs = zip(self.value(left, at), self.value(right, at), strict=True)
                return circuit.either(circuit.both(one, other) for one, other in pairs)
            case Not(body):
                return -self.literal(body, state, at)
            case And(parts):
                return self._all((self.literal(part, state, at) for part in parts), True)
            case Or(parts):
                return self._all((self.literal(part, state, at) for part in parts), False)
            case Implies(left, right):
                premise = self.literal(left, state, at)
                if premise == NO:
                    return YES
                return circuit.either((-premise, self.literal(right, state, at)))
            case Iff(left, right):
                return circuit.same(self.literal(left, state, at), self.literal(right, state, at))
            case Quantified(universal, variables, body):
                names = [var.name for var in variables]
                values = product(*(self._known[var.sort] for var in variables))
                found = (
                    self.literal(body, state, {**at, **dict(zip(names, chosen, strict=True))}) for chosen in values
                )
                return self._all(found, universal)

    def _all(self, literals: Iterator[int], universal: bool) -> int:
        """All of them, or one of them; it stops where that is plain."""
        kept = []
        for literal in literals:
            if literal == (NO if universal else YES):
                return literal
            kept.append(literal)
        return self.circuit.both(*kept) if universal else self.circuit.either(kept)
