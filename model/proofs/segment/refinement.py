"""Every step of the explorer is a step of what is proved, or changes nothing that it speaks of: checked step by step.

`Refinement` is asked once for each memo entry: it maps what the step read and wrote
slot by slot (`slots`), reads the step as abstract actions (`steps`, and `Insight` for the intruder's), and takes those
(`partial`). What holds in every abstract state that the slots leave open, holds: so one entry stands for all states
in which it was used. `whole_states` does the same with all slots of whole states, edge by edge.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Final, cast

from lockedroom.model.proofs.partial import Checker, Element, Facts, NoStep, Reader, Taken, Tuple
from lockedroom.model.proofs.refined import BEYOND, REFUSED, Verdict
from lockedroom.model.proofs.segment.elements import Elements, Said, Sorted
from lockedroom.model.proofs.segment.insight import Insight
from lockedroom.model.proofs.segment.slots import MAPPED, Unmapped, fresh, part_of, slot_facts, vouched, world
from lockedroom.model.proofs.segment.steps import Matcher
from lockedroom.model.proofs.segment.terms import Other, Terms, founder
from lockedroom.model.proofs.segment.whole import segment
from lockedroom.model.proofs.system import System
from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.disclosure import DISCLOSE
from lockedroom.model.segment.facts import facts_of
from lockedroom.model.segment.intruder import CHANGED, SPENT
from lockedroom.model.segment.knowledge import INTRUDER
from lockedroom.model.segment.ledger import Ledger
from lockedroom.model.segment.machine import ROOM
from lockedroom.reference.machine import Action, Name, Outcome, Slot
from lockedroom.reference.segment.effects import HEADER
from lockedroom.reference.segment.events import Unreadable
from lockedroom.reference.segment.records import Header
from lockedroom.reference.segment.state import Member

_UNMAPPED: Final = frozenset({SPENT, CHANGED, ROOM})


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
        self.checker = Checker(self.system, reader, part_of, signatures, MAPPED, vouched)
        self._matcher = Matcher(self.system)
        self._insight = Insight(self.checker, self._matcher)
        self.elements = Elements(self.system, self.terms)
        self._world = self.elements.said(world(bounds.honest, bounds.foe))
        self._mapped: dict[tuple[Slot, Hashable], Said] = {}
        self._known: dict[Hashable, Verdict] = {}

    def verdict(
        self,
        action: Action,
        values: tuple[Hashable, ...],
        outcome: Outcome,
        state: Mapping[Slot, Hashable] | None = None,
    ) -> Verdict:
        """What one step is; where `state` is given, with all its slots, not only what the step reads and writes."""
        if outcome.writes is None and not outcome.events:
            return Verdict((REFUSED,) if outcome.clause else ())
        if action.operation == "destroy":
            return Verdict((BEYOND,))
        if idle(action, values, outcome):
            return Verdict()
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
            return Verdict(tuple(taken.action.name for taken in self.steps(action, values, outcome, before, after)))
        except (NoStep, Unmapped) as no:
            return Verdict(fault=f"{action}: {no}")

    def steps(
        self,
        action: Action,
        values: tuple[Hashable, ...],
        outcome: Outcome,
        before: Mapping[Slot, Hashable],
        after: Mapping[Slot, Hashable],
    ) -> list[Taken]:
        """The actions that a step is. Raises NoStep or Unmapped when it is none."""
        self.terms.settle(room_of(before, after))
        was, now = self.mapped(before, True), self.mapped(after, False)
        for slot, grown in outcome.grows:
            now |= self._slot(slot, grown)
        if action.actor == INTRUDER:
            if action.operation == DISCLOSE:
                now = self.elements.said(Facts())
            elements = was.elements | now.elements
            steps = self._insight.steps(
                action, before, after, was.facts, now.facts, lambda: self.elements.universe(elements, ())
            )
        else:
            facts = facts_of(action, values, outcome, foe=self._bounds.foe)
            steps = self._matcher.steps(facts)
            over = action.operation in ("leave", "crash") and self._over(before, action.actor)
            lost = facts.old.roster is not None and facts.new.roster is None
            if lost and not over and action.operation != "crash":
                raise NoStep(f"{action.actor} forgets what it has verified of the list")
        universe = self.elements.universe(was.elements | now.elements, steps)
        self.checker.step(was.facts, steps, now.facts, universe)
        return steps

    def _over(self, before: Mapping[Slot, Hashable], name: Name) -> bool:
        """Whether a member that is out cannot join again."""
        return cast(Ledger, before[Slot("ledger", name)]).joins >= self._bounds.joins

    # ---- the map ------------------------------------------------------------------------------------

    def mapped(self, slots: Mapping[Slot, Hashable], before: bool) -> Said:
        """What slots say together. A member without a list is about to become a process that has verified nothing."""
        found = [self._world]
        for slot, value in slots.items():
            if slot not in _UNMAPPED:
                found.append(self._slot(slot, value))
                if before and isinstance(value, Member) and value.roster is None:
                    found.append(self.elements.said(fresh(value.name)))
        true = frozenset[tuple[str, Tuple]]().union(*(one.facts.true for one in found))
        bounds = tuple(bound for one in found for bound in one.facts.bounds)
        return Said(Facts(true, bounds), frozenset[Sorted]().union(*(one.elements for one in found)))

    def _slot(self, slot: Slot, value: Hashable) -> Said:
        key = (slot, value)
        found = self._mapped.get(key)
        if found is None:
            found = self._mapped[key] = self.elements.said(slot_facts(slot, value, self._honest))
        return found


def idle(action: Action, values: tuple[Hashable, ...], outcome: Outcome) -> bool:
    """Whether a member's step does nothing but read what does not open, or take a record away that nobody can use: its
    memory is as it was, and nothing can be had that could not be before. Most memo entries are such, and there is
    nothing to check of them."""
    if action.actor == INTRUDER or outcome.grows or not all(isinstance(one, Unreadable) for one in outcome.events):
        return False
    before = dict(zip(action.reads, values, strict=True))
    for slot, now in zip(action.writes, outcome.writes or (), strict=bool(outcome.writes)):
        was = before.get(slot)
        shrinks = slot.kind == "inbox" and isinstance(was, tuple) and isinstance(now, tuple) and was[1:] == now
        if slot not in _UNMAPPED and was is not now and not shrinks and was != now:
            return False
    return True


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
