"""Every memo entry of a machine, as a graph: which content of what it reads each action was asked about, what came of
it, and which states that leads to. Explorers count these; whoever wants each of them shown needs to know where.

Small machines alone: everything is kept. Nothing of any protocol stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from lockedroom.reference.machine import Action, Machine, Outcome, Slot

NONE: Final = -1
"""The number of no entry: a step that nobody counts, an intruder's or a crash."""

State: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Edge:
    """What can be done in a state: the action, what comes of it, its entry, and the number of the state that it leads
    to (that of the state itself, when nothing changes)."""

    action: Action
    outcome: Outcome
    entry: int
    to: int


@dataclass(slots=True)
class Entries:
    """Numbers for entries. An entry is an action with the content of those of the slots that it reads which `counts`
    says matter to it. Several machines can share one such numbering: what is the same in both has one number."""

    counts: Callable[[Action, Slot], bool]
    numbers: dict[Hashable, int] = field(default_factory=dict)
    values: dict[Hashable, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.numbers)

    def value(self, value: Hashable) -> int:
        """The number of a value."""
        return self.values.setdefault(value, len(self.values))

    def places(self, action: Action) -> tuple[int, ...]:
        """Which of the slots that an action reads matter."""
        return tuple(index for index, slot in enumerate(action.reads) if self.counts(action, slot))

    def number(self, action: Action, content: tuple[int, ...]) -> int:
        """The number of an entry."""
        key = (action.operation, action.actor, self.value(action.arguments), content)
        return self.numbers.setdefault(key, len(self.numbers))


def graph(machine: Machine, entries: Entries, *, limit: int = 200_000) -> list[tuple[Edge, ...]]:
    """Every reachable state with all that can be done there, refusals included; the first state is number 0, the others
    are in the order of a search breadth first. Raises OverflowError for more than `limit` states."""
    slots = tuple(machine.initial)
    place = {slot: index for index, slot in enumerate(slots)}
    held: dict[int, Hashable] = {}

    def interned(value: Hashable) -> int:
        number = entries.value(value)
        held.setdefault(number, value)
        return number

    plans = [_Plan(action, place, entries) for action in machine.actions]
    first = tuple(interned(machine.initial[slot]) for slot in slots)
    order: list[State] = [first]
    found: dict[State, int] = {first: 0}
    edges: list[tuple[Edge, ...]] = []
    for state in order:
        here: list[Edge] = []
        for plan in plans:
            content = tuple([state[index] for index in plan.reads])
            known = plan.memo.get(content)
            if known is None:
                outcomes = plan.action.run(tuple(held[number] for number in content))
                known = plan.memo[content] = [(one, _change(plan, one, interned)) for one in outcomes]
            entry = plan.entry(content) if known else NONE
            for outcome, (written, grown) in known:
                after = state
                if written or grown:
                    fields = list(state)
                    for index, number in written:
                        fields[index] = number
                    for index, added in grown:
                        old, new = held[fields[index]], held[added]
                        assert isinstance(old, frozenset) and isinstance(new, frozenset), "only sets grow"
                        fields[index] = interned(old | new)
                    after = tuple(fields)
                if after not in found:
                    found[after] = len(order)
                    order.append(after)
                    if len(order) > limit:
                        raise OverflowError(f"more than {limit} states")
                here.append(Edge(plan.action, outcome, entry, found[after]))
        edges.append(tuple(here))
    return edges


class _Plan:
    """An action with its memo."""

    __slots__ = ("_counted", "_entries", "action", "memo", "place", "reads", "writes")

    def __init__(self, action: Action, place: dict[Slot, int], entries: Entries) -> None:
        self.action = action
        self.place = place
        self.reads = tuple(place[slot] for slot in action.reads)
        self.writes = tuple(place[slot] for slot in action.writes)
        self.memo: dict[tuple[int, ...], list[tuple[Outcome, _Changes]]] = {}
        self._entries = entries
        self._counted = entries.places(action)

    def entry(self, content: tuple[int, ...]) -> int:
        """The number of the entry for this content; NONE for an action of which nothing counts."""
        if not self._counted:
            return NONE
        return self._entries.number(self.action, tuple([content[index] for index in self._counted]))


_Changes: TypeAlias = "tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]"


def _change(plan: _Plan, outcome: Outcome, interned: Callable[[Hashable], int]) -> _Changes:
    written: Sequence[tuple[int, int]] = ()
    if outcome.writes is not None:
        written = [(index, interned(value)) for index, value in zip(plan.writes, outcome.writes, strict=True)]
    grown = tuple((plan.place[slot], interned(added)) for slot, added in outcome.grows)
    return tuple(written), grown
