"""Every step of the explorer is a step of what is proved, or changes nothing that it speaks of: checked step by step.

`Refinement` is a judge of steps, so an explorer asks it once for each memo entry: it maps what the step read and wrote
slot by slot (`slots`), reads the step as abstract actions (`steps`, and `Insight` for the intruder's), and takes those
(`partial`). What holds in every abstract state that the slots leave open, holds: so one entry stands for all states
in which it was used. `whole_states` does the same with all slots of whole states, edge by edge.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, cast

from lockedroom.model.proofs.partial import ANY, Checker, Element, Facts, NoStep, Reader, Taken
from lockedroom.model.proofs.segment.insight import Insight
from lockedroom.model.proofs.segment.slots import MAPPED, Unmapped, fresh, part_of, slot_facts, vouched, world
from lockedroom.model.proofs.segment.steps import Matcher
from lockedroom.model.proofs.segment.terms import Other, Terms, founder
from lockedroom.model.proofs.segment.whole import segment
from lockedroom.model.proofs.system import System
from lockedroom.model.report import Judgement
from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.disclosure import DISCLOSE
from lockedroom.model.segment.facts import facts_of
from lockedroom.model.segment.intruder import CHANGED, SPENT
from lockedroom.model.segment.knowledge import INTRUDER
from lockedroom.model.segment.ledger import Ledger
from lockedroom.model.segment.machine import ROOM
from lockedroom.reference.machine import Action, Name, Outcome, Slot
from lockedroom.reference.segment import events
from lockedroom.reference.segment.effects import HEADER
from lockedroom.reference.segment.records import Header
from lockedroom.reference.segment.state import Member

REFINES: Final = "every step is a step of what is proved"
"""The property, as reports name it."""

STUTTER: Final = "nothing"
"""What a step is that changes nothing abstract."""

REFUSED: Final = "refused"
"""What a step is that is refused and changes nothing at all."""

BEYOND: Final = "the end"
"""What a step is that ends the room: no abstract action, since every other step is possible without it."""

_UNMAPPED: Final = frozenset({SPENT, CHANGED, ROOM})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a step: the actions that it is (none: it changes nothing), or why it is none."""

    actions: tuple[str, ...] = ()
    fault: str = ""


class Refinement:
    """Maps and checks steps of the segment within bounds. As a judge of steps it says of each what it is: that name is
    counted by the explorer; or that it is none."""

    def __init__(self, bounds: Bounds, system: System | None = None) -> None:
        self.system = system or segment()
        self._bounds = bounds
        self._honest = frozenset(bounds.honest)
        sorts = {function.name: function.sort for function in self.system.functions}
        self.terms = Terms(sorts, bounds.honest, bounds.foe, bounds.names[0])
        reader = Reader(self.terms, self.system.relations)
        signatures = {relation.name: relation.arguments for relation in self.system.relations}
        self._signatures = signatures
        self.checker = Checker(self.system, reader, part_of, signatures, MAPPED, vouched)
        self._matcher = Matcher(self.system)
        self._insight = Insight(self.checker, self._matcher)
        self._fields: dict[str, list[tuple[str, str]]] = {sort: [] for sort in self.system.sorts}
        for function in self.system.functions:
            if len(function.arguments) == 1:
                self._fields[function.arguments[0]].append((function.name, function.sort))
        self._world = world(bounds.honest, bounds.foe)
        self._mapped: dict[tuple[Slot, Hashable], Facts] = {}
        self._closed: dict[tuple[str, Element], frozenset[tuple[str, Element]]] = {}
        self._spoke: dict[tuple[str, tuple[Element, ...]], frozenset[tuple[str, Element]]] = {}
        self._known: dict[Hashable, Verdict] = {}

    # ---- as a judge ---------------------------------------------------------------------------------

    def __call__(
        self, action: Action, values: tuple[Hashable, ...], outcome: Outcome
    ) -> Iterable[tuple[str, Judgement]]:
        """See `StepJudge`."""
        verdict = self.verdict(action, values, outcome)
        return [(REFINES, verdict.fault) if verdict.fault else (f"{action.operation}: {said(verdict)}", True)]

    def verdict(
        self,
        action: Action,
        values: tuple[Hashable, ...],
        outcome: Outcome,
        state: Mapping[Slot, Hashable] | None = None,
    ) -> Verdict:
        """What one step is; where `state` is given, with all its slots, not only what the step reads and writes."""
        if outcome.writes is None and not any(isinstance(event, events.Read) for event in outcome.events):
            return Verdict((REFUSED,) if outcome.clause else ())
        if action.operation == "destroy":
            return Verdict((BEYOND,))
        if state is not None:
            return self.check(action, values, outcome, state)
        own = tuple(value.joins if isinstance(value, Ledger) else value for value in values)
        key: Hashable = (str(action), own, (outcome.label, outcome.writes) if action.actor == INTRUDER else ())
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self.check(action, values, outcome, dict(zip(action.reads, values, strict=True)))
        return found

    # ---- one step -----------------------------------------------------------------------------------

    def check(
        self, action: Action, values: tuple[Hashable, ...], outcome: Outcome, before: Mapping[Slot, Hashable]
    ) -> Verdict:
        """What a step is, where slots held `before` (what it read, or more)."""
        after = dict(before)
        if outcome.writes is not None:
            after.update(zip(action.writes, outcome.writes, strict=True))
        try:
            return Verdict(tuple(taken.action.name for taken in self._taken(action, values, outcome, before, after)))
        except (NoStep, Unmapped) as no:
            return Verdict(fault=f"{action}: {no}")

    def _taken(
        self,
        action: Action,
        values: tuple[Hashable, ...],
        outcome: Outcome,
        before: Mapping[Slot, Hashable],
        after: Mapping[Slot, Hashable],
    ) -> list[Taken]:
        self.terms.settle(room_of(before, after))
        was, now = self.facts(before, True), self.facts(after, False)
        for slot, grown in outcome.grows:
            now |= self._slot(slot, grown)
        if action.actor == INTRUDER:
            if action.operation == DISCLOSE:
                now = Facts()
            steps = self._insight.steps(action, before, after, was, now, lambda: self.universe((was, now), ()))
        else:
            facts = facts_of(action, values, outcome, foe=self._bounds.foe)
            steps = self._matcher.steps(facts)
            over = action.operation in ("leave", "crash") and self._over(before, action.actor)
            lost = facts.old.roster is not None and facts.new.roster is None
            if lost and not over and action.operation != "crash":
                raise NoStep(f"{action.actor} forgets what it has verified of the list")
        self.checker.step(was, steps, now, self.universe((was, now), steps))
        return steps

    def _over(self, before: Mapping[Slot, Hashable], name: Name) -> bool:
        """Whether a member that is out cannot join again."""
        return cast(Ledger, before[Slot("ledger", name)]).joins >= self._bounds.joins

    # ---- the map ------------------------------------------------------------------------------------

    def facts(self, slots: Mapping[Slot, Hashable], before: bool) -> Facts:
        """What slots say together. A member without a list is about to become a process that has verified nothing."""
        true: set[tuple[str, tuple[Element, ...]]] = set(self._world.true)
        bounds = list(self._world.bounds)
        for slot, value in slots.items():
            if slot in _UNMAPPED:
                continue
            said = self._slot(slot, value)
            true |= said.true
            bounds += said.bounds
            if before and isinstance(value, Member) and value.roster is None:
                bounds += fresh(value.name).bounds
        return Facts(frozenset(true), tuple(bounds))

    def _slot(self, slot: Slot, value: Hashable) -> Facts:
        key = (slot, value)
        found = self._mapped.get(key)
        if found is None:
            found = self._mapped[key] = slot_facts(slot, value, self._honest)
        return found

    # ---- elements -----------------------------------------------------------------------------------

    def universe(self, known: Iterable[Facts], steps: Iterable[Taken]) -> Mapping[str, frozenset[Element]]:
        """The elements that facts and steps speak of, with all that formulas lead to from them, and of each sort one
        that nothing is known of."""
        found: set[tuple[str, Element]] = {(sort, Other(sort)) for sort in self.system.sorts} | {("number", 0)}
        for facts in known:
            for fact in facts.true:
                found |= self._spoken(fact)
            for bound in facts.bounds:
                for values in bound.may:
                    found |= self._spoken((bound.relation, values))
        for taken in steps:
            for name, element in taken.values.items():
                found |= self._closure(taken.action.parameters[name], element)
        sorts: dict[str, set[Element]] = {sort: set() for sort in self.system.sorts}
        for sort, element in found:
            sorts[sort].add(element)
        return {sort: frozenset(those) for sort, those in sorts.items()}

    def _spoken(self, fact: tuple[str, tuple[Element, ...]]) -> frozenset[tuple[str, Element]]:
        """The elements that one fact speaks of."""
        found = self._spoke.get(fact)
        if found is None:
            places = zip(self._signatures[fact[0]], fact[1], strict=True)
            closed = (self._closure(sort, element) for sort, element in places if element != ANY)
            found = self._spoke[fact] = frozenset[tuple[str, Element]]().union(*closed)
        return found

    def _closure(self, sort: str, element: Element) -> frozenset[tuple[str, Element]]:
        key = (sort, element)
        found = self._closed.get(key)
        if found is None:
            reached = {key}
            left = [key]
            while left:
                of, one = left.pop()
                for more in self.terms.related(of, one, self._fields[of]):
                    if more not in reached:
                        reached.add(more)
                        left.append(more)
            found = self._closed[key] = frozenset(reached)
        return found


def said(verdict: Verdict) -> str:
    """What a step is, in words: the actions, or nothing."""
    return ", ".join(verdict.actions) or STUTTER


def room_of(before: Mapping[Slot, Hashable], after: Mapping[Slot, Hashable]) -> Element:
    """The id of the room that a step is in: what a member holds for it, or else what the header says."""
    for slots in (before, after):
        for value in slots.values():
            if isinstance(value, Member) and value.roster is not None:
                return cast(Element, value.roster.segment)
    for slots in (before, after):
        header = slots.get(HEADER)
        if isinstance(header, Header) and founder(header.segment):
            return cast(Element, header.segment)
    return Other("segment")
