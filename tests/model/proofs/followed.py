"""The abstract state itself, beside the engine's: what the refinement check says of one step, along whole runs.

Every relation is a set of tuples, nothing is left open. The actions that a step of the engine is are taken in it, each
of their guards being looked at, and the state must be among those that the slots' map allows.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from itertools import product

from lockedroom.model.proofs.formula import Var
from lockedroom.model.proofs.partial import Bound, Element, Taken, Tuple, matches
from lockedroom.model.proofs.segment.refinement import Refinement
from lockedroom.model.proofs.segment.slots import part_of
from lockedroom.model.proofs.segment.terms import Other
from lockedroom.model.proofs.system import Axiom, Claim
from lockedroom.reference.machine import Action, Outcome, Slot


class Followed:
    """An abstract run that follows one of the engine."""

    def __init__(self, judge: Refinement, state: Mapping[Slot, Hashable]) -> None:
        self.judge = judge
        self.reader = judge.checker.reader
        self.signatures = judge.checker.sorts
        first = judge.mapped(state, True)
        self.elements = first.elements
        self.holding: dict[str, set[Tuple]] = {}
        for relation, values in first.facts.true:
            self.holding.setdefault(relation, set()).add(values)

    def holds(self, relation: str, values: Tuple) -> bool:
        """Whether it is so; there is nothing that is not known."""
        return values in self.holding.get(relation, ())

    def step(
        self, action: Action, outcome: Outcome, before: Mapping[Slot, Hashable], after: Mapping[Slot, Hashable]
    ) -> None:
        """Follow one step; fails where the abstract system cannot, or leaves what the slots' map allows."""
        values = tuple(before[slot] for slot in action.reads)
        taken = self.judge.steps(action, values, outcome, before, after)
        self.elements |= self.judge.mapped(after, False).elements
        for one in taken:
            self.elements |= frozenset(
                found
                for name, element in one.values.items()
                for found in self.judge.elements.closure(one.action.parameters[name], element)
            )
        for one in taken:
            self.take(one)
        self.allowed(after)

    def take(self, taken: Taken) -> None:
        """Take one action."""
        universe = self.universe()
        for guard in taken.action.guards:
            assert self.reader.truth(guard.formula, self, dict(taken.values), universe), f"{taken}: {guard.text}"
        changes: list[tuple[str, Tuple, bool]] = []
        for update in taken.action.updates:
            places = [
                [*universe[sort]] if isinstance(place, Var) else [self.reader.element(place, dict(taken.values))]
                for place, sort in zip(update.pattern, self.signatures[update.relation], strict=True)
            ]
            for chosen in product(*places):
                bound = {
                    place.name: one for place, one in zip(update.pattern, chosen, strict=True) if isinstance(place, Var)
                }
                so = self.reader.truth(update.value, self, {**taken.values, **bound}, universe)
                changes.append((update.relation, chosen, so is True))
        for relation, chosen, so in changes:
            held = self.holding.setdefault(relation, set())
            held.add(chosen) if so else held.discard(chosen)

    def allowed(self, state: Mapping[Slot, Hashable]) -> None:
        """The abstract state is one of those that the map of whole states leaves open."""
        facts = self.judge.mapped(state, False).facts
        for relation, values in facts.true:
            assert self.holds(relation, values), (relation, values)
        for bound in facts.bounds:
            for values in self.holding.get(bound.relation, ()):
                assert _within(bound, values), (bound, values)

    def broken(self, claims: Iterable[Claim | Axiom]) -> list[str]:
        """What does not hold now."""
        universe = self.universe()
        return [claim.name for claim in claims if self.reader.truth(claim.formula, self, {}, universe) is not True]

    def universe(self) -> Mapping[str, Collection[Element]]:
        """The elements that there are."""
        found = self.judge.elements.universe(self.elements, ())
        return {sort: [one for one in those if not isinstance(one, Other)] for sort, those in found.items()}


def _within(bound: Bound, values: Tuple) -> bool:
    inside = bound.owns(part_of(bound.relation, values))
    return not inside or any(matches(pattern, values) for pattern in bound.may)
