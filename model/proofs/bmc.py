"""Bounded checking: the shortest run, within bounds, at the end of which a promise fails.

The runs of one more step are asked for whenever there is none of fewer. The solver is given clauses alone; what it
finds is gone through again without it (`taken`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import z3

from lockedroom.model.proofs.bounded import Bounded, Unrolled
from lockedroom.model.proofs.ground import Value
from lockedroom.model.proofs.structure import Structure
from lockedroom.model.proofs.system import Claim, System
from lockedroom.model.proofs.taken import Decoded, Fallen, fallen


def shortest(system: System, bounded: Bounded, steps: int, claim: Claim) -> Iterator[int | Fallen]:
    """Each number of steps, up to this, once it is known that no run of so many breaks the promise; at the end a
    shortest run that does. Raises Unsound where the solver's run is none."""
    unrolled = Unrolled(system, bounded)
    asked = _Asked(unrolled)
    for number in range(steps + 1):
        if number:
            unrolled.step()
        fails = unrolled.fails(claim)
        true = asked.true(fails)
        if true is not None:
            yield fallen(system, bounded, claim, decoded(unrolled, true))
            return
        unrolled.circuit.add(-fails)
        yield number


class _Asked:
    """A solver that is told the clauses of a run as they come."""

    def __init__(self, unrolled: Unrolled) -> None:
        self.circuit = unrolled.circuit
        self.solver = z3.SolverFor("QF_FD")
        self.told = 0

    def true(self, literal: int) -> frozenset[int] | None:
        """The variables that are true where this literal is; None when it cannot be."""
        self.solver.from_string(self.circuit.dimacs(self.told))
        self.told = len(self.circuit.clauses)
        found = self.solver.check(z3.Bool(literal))
        if found == z3.unknown:
            raise TimeoutError(self.solver.reason_unknown())
        if found == z3.unsat:
            return None
        model = self.solver.model()
        return frozenset(int(one.name().removeprefix("k!")) for one in model.decls() if z3.is_true(model[one]))


def decoded(unrolled: Unrolled, true: frozenset[int]) -> Decoded:
    """The run that an answer of the solver stands for."""
    bounded, ground = unrolled.bounded, unrolled.ground

    def holds(literal: int) -> bool:
        return literal in true if literal > 0 else -literal not in true

    def named(sort: str, value: Value) -> str:
        return bounded.values[sort][[holds(literal) for literal in value].index(True)]

    def names(sorts: Sequence[str], place: Sequence[int]) -> tuple[str, ...]:
        return tuple(bounded.values[sort][index] for sort, index in zip(sorts, place, strict=True))

    def table(relation: str, of: Mapping[tuple[int, ...], int]) -> frozenset[tuple[str, ...]]:
        sorts = sorts_of[relation]
        return frozenset(names(sorts, place) for place, literal in of.items() if holds(literal))

    sorts_of = {relation.name: relation.arguments for relation in unrolled.system.relations}
    functions = {
        function.name: {
            names(function.arguments, place): named(function.sort, value)
            for place, value in ground.functions[function.name].items()
        }
        for function in unrolled.system.functions
    }
    start = Structure(bounded.values, functions, {name: table(name, held) for name, held in unrolled.origin.items()})
    first = {name: table(name, held) for name, held in unrolled.first.items()}
    drawn = frozenset((name, one) for name, held in first.items() for one in held - start.relations[name])
    lies = {unrolled.system.action(name).updates[0].relation for name in bounded.moved}
    steps = []
    for (acts, parameters), before in zip(unrolled.taken, unrolled.befores, strict=False):
        [name] = [one for one, literal in acts.items() if holds(literal)]
        sorts = unrolled.system.action(name).parameters
        arguments = {one: named(sort, parameters[name][one]) for one, sort in sorts.items()}
        steps.append((name, arguments, {one: table(one, before[one]) for one in lies}))
    return Decoded(start, drawn, tuple(steps))
