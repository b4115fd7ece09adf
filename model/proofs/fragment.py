"""Whether a query stays in the decidable fragment: effectively propositional logic, with stratified functions.

After Skolemization a formula of this fragment has finitely many ground terms, so that a solver that instantiates
decides it. That is so when the sorts can be ordered: a function goes from its arguments' sorts up to its value's,
and so does an existential quantifier from the universal ones around it whose variables it depends on. `offences` builds
that graph and says which symbols and formulas close a circle in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lockedroom.model.proofs.formula import Formula, Quantified, Var, children, free, inward, once
from lockedroom.model.proofs.system import Function


@dataclass(frozen=True, slots=True)
class Edge:
    """From one sort to another, and whose doing it is: a function's, or a named formula's."""

    source: str
    target: str
    cause: str


def edges(functions: Sequence[Function], assertions: Mapping[str, Formula]) -> Iterator[Edge]:
    """Every edge of the sort graph of these assertions, by their names."""
    for function in functions:
        for sort in function.arguments:
            yield Edge(sort, function.sort, f"the function {function.name}")
    for name, assertion in assertions.items():
        yield from (Edge(source, target, name) for source, target in _upward(assertion))


@once
def _upward(assertion: Formula) -> tuple[tuple[str, str], ...]:
    return tuple(dict.fromkeys(_alternations(inward(assertion), ())))


def _alternations(formula: Formula, around: tuple[Var, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(formula, Quantified):
        if formula.universal:
            around = (*around, *formula.variables)
        else:
            needs = free(formula)
            for outer in around:
                if outer in needs:
                    for inner in formula.variables:
                        yield outer.sort, inner.sort
    for part in children(formula):
        yield from _alternations(part, around)


def offences(functions: Sequence[Function], assertions: Mapping[str, Formula]) -> tuple[Edge, ...]:
    """The edges on a circle: none when the assertions are in the fragment."""
    found = tuple(dict.fromkeys(edges(functions, assertions)))
    reach: dict[str, set[str]] = {}
    for edge in found:
        reach.setdefault(edge.source, set()).add(edge.target)
    changed = True
    while changed:
        changed = False
        for targets in reach.values():
            further = set().union(*(reach.get(target, set()) for target in targets)) - targets
            if further:
                targets.update(further)
                changed = True
    return tuple(edge for edge in found if edge.source in reach.get(edge.target, ()) or edge.source == edge.target)
