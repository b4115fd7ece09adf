"""Which elements there are: those that facts and steps speak of, with all that formulas lead to from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lockedroom.model.proofs.partial import ANY, Bound, Element, Facts, Taken, Tuple
from lockedroom.model.proofs.segment.terms import Other, Terms
from lockedroom.model.proofs.system import System

Sorted = tuple[str, Element]
"""An element with its sort."""


@dataclass(frozen=True, slots=True)
class Said:
    """What slots say, and the elements that they speak of."""

    facts: Facts
    elements: frozenset[Sorted]

    def __or__(self, other: Said) -> Said:
        return Said(self.facts | other.facts, self.elements | other.elements)


class Elements:
    """The elements of a system's sorts. Of equal ones one stands for all: they are told apart by identity then, which
    takes no time."""

    def __init__(self, system: System, terms: Terms) -> None:
        self._terms = terms
        self._sorts = tuple(system.sorts)
        self._signatures = {relation.name: relation.arguments for relation in system.relations}
        self._fields: dict[str, list[tuple[str, str]]] = {sort: [] for sort in system.sorts}
        for function in system.functions:
            if len(function.arguments) == 1:
                self._fields[function.arguments[0]].append((function.name, function.sort))
        self._always = frozenset({*((sort, Other(sort)) for sort in system.sorts), ("number", 0)})
        self._same: dict[Element, Element] = {}
        self._facts: dict[tuple[str, Tuple], tuple[str, Tuple]] = {}
        self._bounds: dict[Bound, Bound] = {}
        self._closed: dict[Sorted, frozenset[Sorted]] = {}

    def said(self, facts: Facts) -> Said:
        """Facts with the elements that they speak of."""
        true = frozenset(self._fact(fact) for fact in facts.true)
        bounds = tuple(self._bound(bound) for bound in facts.bounds)
        spoken = [*true, *((bound.relation, values) for bound in bounds for values in bound.may)]
        found = {
            one
            for relation, values in spoken
            for sort, element in zip(self._signatures[relation], values, strict=True)
            if element != ANY
            for one in self.closure(sort, element)
        }
        return Said(Facts(true, bounds), frozenset(found))

    def _fact(self, fact: tuple[str, Tuple]) -> tuple[str, Tuple]:
        found = self._facts.get(fact)
        if found is None:
            same = (fact[0], tuple([self._same.setdefault(element, element) for element in fact[1]]))
            found = self._facts[fact] = same
        return found

    def _bound(self, bound: Bound) -> Bound:
        found = self._bounds.get(bound)
        if found is None:
            may = tuple(self._fact((bound.relation, values))[1] for values in bound.may)
            made = Bound(bound.relation, bound.owner, may, bound.low, bound.high)
            found = self._bounds[bound] = made
        return found

    def universe(self, spoken: frozenset[Sorted], steps: Iterable[Taken]) -> Mapping[str, frozenset[Element]]:
        """The elements of each sort: those spoken of, those of the steps, and one that nothing is known of."""
        found = self._always | spoken
        for taken in steps:
            for name, element in taken.values.items():
                found |= self.closure(taken.action.parameters[name], element)
        sorts: dict[str, set[Element]] = {sort: set() for sort in self._sorts}
        for sort, element in found:
            sorts[sort].add(element)
        return {sort: frozenset(those) for sort, those in sorts.items()}

    def closure(self, sort: str, element: Element) -> frozenset[Sorted]:
        """An element with all that formulas lead to from it."""
        key = (sort, element)
        found = self._closed.get(key)
        if found is None:
            reached = {key}
            left = [key]
            while left:
                of, one = left.pop()
                for to, other in self._terms.related(of, one, self._fields[of]):
                    more = (to, self._same.setdefault(other, other))
                    if more not in reached:
                        reached.add(more)
                        left.append(more)
            found = self._closed[key] = frozenset(reached)
        return found
