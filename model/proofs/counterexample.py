"""Counterexamples to induction: two states, the step between them, and what differs, as small as they can be.

The solver's structure is made small, then looked at again without the solver: every axiom, invariant and guard must
hold in the first state, and the claim must fail in the second. Otherwise the solver or we are wrong, and that is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from lockedroom.model.proofs.formula import Formula, Quantified, Var
from lockedroom.model.proofs.obligations import Obligation
from lockedroom.model.proofs.query import smallest
from lockedroom.model.proofs.structure import Structure

Tuple = tuple[str, ...]


class Unsound(Exception):
    """The structure that the solver gave is no counterexample: a fault of the solver, or of ours."""


@dataclass(frozen=True, slots=True)
class Counterexample:
    """An obligation that fails: the state before, the state after (the same, where no action is taken), and for which
    values the claim fails then."""

    obligation: Obligation
    before: Structure
    after: Structure
    witness: Mapping[str, str]

    def gained(self) -> Mapping[str, frozenset[Tuple]]:
        """What each relation holds after, and not before."""
        return _differences(self.after, self.before)

    def lost(self) -> Mapping[str, frozenset[Tuple]]:
        """What each relation holds before, and not after."""
        return _differences(self.before, self.after)


def counterexample(obligation: Obligation, timeout: float) -> Counterexample | None:
    """The smallest counterexample to an obligation; None when the solver finds none in time. Raises Unsound when what
    the solver says does not hold."""
    before = smallest(obligation.query, timeout)
    if before is None:
        return None
    for name, assertion in obligation.query.assertions.items():
        if not before.holds(assertion):
            raise Unsound(f"{obligation.name}: {name} does not hold in the solver's structure")
    before = _bare(obligation, before)
    after = before
    if obligation.action is not None:
        declared = {relation.name: relation for relation in obligation.query.system.relations}
        after = before.after(obligation.action, declared)
    if after.holds(obligation.claim.formula):
        raise Unsound(f"{obligation.name}: the claim holds after all")
    return Counterexample(obligation, before, after, witness(obligation.claim.formula, after))


def _bare(obligation: Obligation, structure: Structure) -> Structure:
    """The structure without whatever of its state it can do without."""
    changing = {relation.name for relation in obligation.query.system.relations if not relation.fixed}
    for name in sorted(changing & structure.relations.keys()):
        for values in sorted(structure.relations[name]):
            fewer = replace(structure, relations={**structure.relations, name: structure.relations[name] - {values}})
            if all(fewer.holds(assertion) for assertion in obligation.query.assertions.values()):
                structure = fewer
    return structure


def witness(formula: Formula, structure: Structure) -> Mapping[str, str]:
    """Values of a claim's variables for which it fails in the structure; none where it has none, or holds."""
    if not isinstance(formula, Quantified) or not formula.universal:
        return {}
    for values in _valuations(formula.variables, structure):
        if not structure.holds(formula.body, values):
            return {var.name: value for var, value in values.items()}
    return {}


def _valuations(variables: tuple[Var, ...], structure: Structure) -> Iterator[Mapping[Var, str]]:
    if not variables:
        yield {}
        return
    for value in structure.universe[variables[0].sort]:
        for rest in _valuations(variables[1:], structure):
            yield {variables[0]: value, **rest}


def _differences(more: Structure, less: Structure) -> Mapping[str, frozenset[Tuple]]:
    found = {name: held - less.relations.get(name, frozenset()) for name, held in more.relations.items()}
    return {name: held for name, held in found.items() if held}


def rendered(found: Counterexample) -> str:
    """The counterexample as text: the step, the claim with the values for which it fails, what differs, the state
    before, and the fields of every value."""
    return "\n".join(_lines(found))


def step(found: Counterexample) -> str:
    """What is broken, and by what: the action with its arguments, or that no action is taken."""
    obligation, before = found.obligation, found.before
    action = obligation.action
    if action is None:
        return f"{obligation.kind} of “{obligation.claim.name}” fails in this state"
    arguments = ", ".join(f"{name} = {before.functions[name][()]}" for name in action.parameters if _has(before, name))
    return f"{action.name}({arguments}) breaks “{obligation.claim.name}”"


def values(found: Counterexample) -> str:
    """For which values the claim fails; "" where it has none."""
    return f"for {', '.join(f'{name} = {value}' for name, value in found.witness.items())}" if found.witness else ""


def changing(found: Counterexample) -> Iterator[str]:
    """The relations that are part of the state and hold somewhere before the step or after it."""
    declared = {relation.name for relation in found.obligation.query.system.relations if not relation.fixed}
    for name in sorted(declared):
        if found.before.relations.get(name) or found.after.relations.get(name):
            yield name


def _lines(found: Counterexample) -> Iterator[str]:
    yield f"{step(found)}:"
    yield f"  {found.obligation.claim.text}"
    if found.witness:
        yield f"  {values(found)}"
    if found.obligation.action is not None:
        yield "what differs:"
        for sign, changes in (("+", found.gained()), ("−", found.lost())):
            for name, held in sorted(changes.items()):
                yield from (f"  {sign} {name}({', '.join(one)})" for one in sorted(held))
    yield "before:"
    for name in changing(found):
        before = found.before.relations.get(name)
        if before:
            yield f"  {name}: {', '.join('(' + ', '.join(one) + ')' for one in sorted(before))}"
    yield "where:"
    yield from (f"  {line}" for line in fixed(found))


def fixed(found: Counterexample) -> Iterator[str]:
    """What never changes: the fields of every value, and of what the fixed relations hold."""
    before = found.before
    fields: dict[str, list[str]] = {}
    for function in found.obligation.query.system.functions:
        if len(function.arguments) == 1 and function.name in before.functions:
            for (argument,), value in before.functions[function.name].items():
                fields.setdefault(argument, []).append(f"{function.name} {value}")
    for of in before.universe.values():
        yield from (f"{value}: {', '.join(fields[value])}" for value in of if value in fields)
    never = {relation.name for relation in found.obligation.query.system.relations if relation.fixed}
    for name, held in sorted(before.relations.items()):
        if name in never and held:
            yield f"{name}: {', '.join('(' + ', '.join(one) + ')' for one in sorted(held))}"


def _has(structure: Structure, name: str) -> bool:
    return name in structure.functions
