"""What the intruder of the explorer does, as what the abstract one does: by looking for how it can come to know it.

What it puts into the store and was not there before it must know; for that an action of the abstract intruder is
looked for whose update says so, and then for what that requires, and so on. Nothing here says which action makes what:
that is read off the system.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from itertools import product

from lockedroom.model.proofs.formula import TRUE, And, Atom, Formula, Implies, Not, Or
from lockedroom.model.proofs.partial import Checker, Element, Facts, NoStep, Seen, Taken, Tuple, Universe, Values
from lockedroom.model.proofs.segment.steps import Matcher
from lockedroom.model.proofs.system import Action as Abstract
from lockedroom.model.segment.disclosure import DISCLOSE
from lockedroom.model.segment.engine import static_key
from lockedroom.reference.machine import Action, Slot
from lockedroom.reference.segment.store import Cell

_DEEP = 8
"""Steps of derivation, one requiring the next: more than any record needs."""


class Insight:
    """Finds abstract steps of the intruder."""

    def __init__(self, checker: Checker, matcher: Matcher) -> None:
        self._checker = checker
        self._matcher = matcher
        self._makes: dict[str, list[Abstract]] = {}
        for action in checker.system.actions:
            # What is altered is what was there, with every defence on: nothing is learnt by that.
            if action.intruder and not action.name.startswith("alter_"):
                for update in action.updates:
                    if update.value == TRUE:
                        self._makes.setdefault(update.relation, []).append(action)

    def steps(
        self,
        action: Action,
        before: Mapping[Slot, Hashable],
        after: Mapping[Slot, Hashable],
        was: Facts,
        now: Facts,
        universe: Callable[[], Universe],
    ) -> list[Taken]:
        """The actions that a step of the intruder is. Raises NoStep for what it cannot come to know."""
        if action.operation == DISCLOSE:
            return [self._matcher.take("disclose", k=static_key(str(name))) for _, name in action.arguments]
        found: list[Taken] = []
        news = sorted(now.true - was.true, key=repr)
        for goal in news:
            if not any(goal == self._result(taken) for taken in found):
                found += self.derive(goal, Seen(was, self._checker.owner), universe())
        return [*found, *self._placed(action, before, after)]

    def _placed(
        self, action: Action, before: Mapping[Slot, Hashable], after: Mapping[Slot, Hashable]
    ) -> Iterator[Taken]:
        """The record that it puts into the inbox of a stay."""
        if action.operation == "inject":
            for slot in action.writes:
                lying = after[slot]
                stands = before.get(Slot("board", "", slot.owner))
                announced = stands.announcement if isinstance(stands, Cell) else None
                if isinstance(lying, tuple) and announced is not None:
                    yield from self._matcher.place(lying[0], announced.incarnation)

    def _result(self, taken: Taken) -> tuple[str, Tuple] | None:
        for update in taken.action.updates:
            values = dict(taken.values)
            return update.relation, tuple(self._checker.reader.element(place, values) for place in update.pattern)
        return None

    # ---- how it can come to know something ----------------------------------------------------------

    def derive(self, goal: tuple[str, Tuple], state: Seen, universe: Universe) -> list[Taken]:
        """Actions that lead to this. Raises NoStep when there are none."""
        found = self._derived(goal, state, universe, ())
        if found is None:
            relation, values = goal
            raise NoStep(f"the intruder has no way to {relation}({', '.join(map(str, values))})")
        return found

    def _derived(
        self, goal: tuple[str, Tuple], state: Seen, universe: Universe, above: tuple[tuple[str, Tuple], ...]
    ) -> list[Taken] | None:
        relation, wanted = goal
        if state.holds(relation, wanted) is True:
            return []
        if goal in above or len(above) > _DEEP:
            return None
        for action in self._makes.get(relation, ()):
            for values in self._fitting(action, relation, wanted, universe):
                found: list[Taken] | None = []
                for guard in action.guards:
                    more = self._shown(guard.formula, values, state, universe, (*above, goal))
                    if more is None:
                        found = None
                        break
                    assert found is not None, "no guard has failed"
                    found += more
                if found is not None:
                    return [*found, Taken(action, values)]
        return None

    def _fitting(self, action: Abstract, relation: str, wanted: Tuple, universe: Universe) -> Iterator[Values]:
        """The values of an action's parameters for which it makes the relation hold of what is wanted."""
        update = next(update for update in action.updates if update.relation == relation and update.value == TRUE)
        given: Values = {}
        for place, value in zip(update.pattern, wanted, strict=True):
            name = getattr(place, "function", "")
            if name in action.parameters:
                given[name] = value
        left = [name for name in action.parameters if name not in given]
        for chosen in product(*(sorted(universe[action.parameters[name]], key=repr) for name in left)):
            values = {**given, **dict(zip(left, chosen, strict=True))}
            if tuple(self._checker.reader.element(place, values) for place in update.pattern) == wanted:
                yield values

    def _shown(
        self,
        formula: Formula,
        values: Values,
        state: Seen,
        universe: Universe,
        above: tuple[tuple[str, Tuple], ...],
    ) -> list[Taken] | None:
        """What leads to a formula: nothing more, where it holds."""
        if self._checker.reader.truth(formula, state, dict(values), universe) is True:
            return []
        match formula:
            case And(parts):
                found: list[Taken] = []
                for part in parts:
                    more = self._shown(part, values, state, universe, above)
                    if more is None:
                        return None
                    found += more
                return found
            case Implies(left, right):
                return self._shown(Or((Not(left), right)), values, state, universe, above)
            case Or(parts):
                for part in parts:
                    more = self._shown(part, values, state, universe, above)
                    if more is not None:
                        return more
                return None
            case Atom(relation, arguments):
                wanted: tuple[Element, ...] = tuple(
                    self._checker.reader.element(argument, values) for argument in arguments
                )
                return self._derived((relation, wanted), state, universe, above)
        return None
