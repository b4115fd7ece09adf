"""Two machines with the same actions, walked side by side: the shortest ways to a step at which they can be told apart.

One is right, the other has a mistake. As long as every step has looked alike, nobody has seen the mistake, whatever the
two hold inside; a pair of states is walked once. Small machines alone. Nothing of any protocol stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from lockedroom.reference.machine import Action, Machine, Outcome, Slot

State: TypeAlias = tuple[int, ...]
Path: TypeAlias = tuple[tuple[Action, Outcome], ...]


@dataclass(frozen=True, slots=True)
class Eyes:
    """What can be seen: of an outcome, by its caller; and of the value of a slot, by anybody. `free` are the actors
    whose steps are choices and no answers: the two take the same one, or neither."""

    of: Callable[[Outcome], Hashable]
    lying: Callable[[Slot, Hashable], Hashable]
    free: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Parting:
    """A path of the right machine, at whose last step the wrong one is seen to do something else; and what is seen of
    that step on both sides."""

    path: Path
    right: Hashable
    wrong: Hashable


def partings(
    right: Machine, wrong: Machine, eyes: Eyes, first: Sequence[tuple[str, str]] = (), limit: int = 400_000
) -> Iterator[Parting]:
    """Every way in which the two part, breadth first, the nearest first; after `first`, operations and who takes them.
    At most `limit` pairs of states are looked at. Raises ValueError when the two have not the same actions."""
    walk = _Walk(right, wrong, eyes)
    before: dict[tuple[State, State], tuple[tuple[State, State], int, Outcome] | None] = {}
    here, led = (walk.start, walk.start), list[tuple[Action, Outcome]]()
    for operation, actor in first:
        here, number, outcome = walk.led(here, operation, actor)
        led.append((right.actions[number], outcome))
    before[here] = None
    order = [here]
    for pair in order:
        for number, outcome, after, seen in walk.steps(pair):
            if seen is not None:
                yield Parting((*led, *walk.path(before, pair, number, outcome)), *seen)
            elif after not in before and len(before) < limit:
                before[after] = (pair, number, outcome)
                order.append(after)


class _Side:
    """One of the two: its actions with what each gave for which content."""

    def __init__(self, machine: Machine, walk: _Walk) -> None:
        place = {slot: index for index, slot in enumerate(machine.initial)}
        self.actions = machine.actions
        self.reads = [tuple(place[slot] for slot in action.reads) for action in machine.actions]
        self.writes = [tuple(place[slot] for slot in action.writes) for action in machine.actions]
        self.place = place
        self.memos: list[dict[State, list[tuple[Outcome, Hashable, tuple[tuple[int, int], ...]]]]] = [
            {} for _ in machine.actions
        ]
        self.walk = walk

    def outcomes(self, number: int, state: State) -> list[tuple[Outcome, Hashable, State]]:
        """What an action gives in a state: the outcome, what its caller sees, and the state after it."""
        content = tuple([state[index] for index in self.reads[number]])
        known = self.memos[number].get(content)
        if known is None:
            walk, action = self.walk, self.actions[number]
            try:
                given = action.run(tuple([walk.values[index] for index in content]))
            except AssertionError:  # where the wrong one ends altogether there is nothing to be compared
                given = ()
            known = self.memos[number][content] = [
                (one, walk.eyes.of(one), self._change(number, one, state)) for one in given
            ]
        found = []
        for outcome, seen, written in known:
            change = self._change(number, outcome, state) if outcome.grows else written
            after = state
            if change:
                fields = list(state)
                for index, value in change:
                    fields[index] = value
                after = tuple(fields)
            found.append((outcome, seen, after))
        return found

    def _change(self, number: int, outcome: Outcome, state: State) -> tuple[tuple[int, int], ...]:
        found = dict(zip(self.writes[number], map(self.walk.number, outcome.writes or ()), strict=False))
        for slot, added in outcome.grows:
            index = self.place[slot]
            old = self.walk.values[found.get(index, state[index])]
            assert isinstance(old, frozenset), "only sets grow"
            found[index] = self.walk.number(old | added)
        return tuple(found.items())


class _Walk:
    def __init__(self, right: Machine, wrong: Machine, eyes: Eyes) -> None:
        same = [(a.operation, a.actor, a.arguments) for a in right.actions]
        if same != [(a.operation, a.actor, a.arguments) for a in wrong.actions] or [*right.initial] != [*wrong.initial]:
            raise ValueError("the two machines have other actions, or other slots")
        self.eyes = eyes
        self.values: list[Hashable] = []
        self._numbers: dict[Hashable, int] = {}
        self._shown: dict[tuple[int, int], Hashable] = {}
        self._slots = tuple(right.initial)
        self.start = tuple(self.number(value) for value in right.initial.values())
        self.sides = _Side(right, self), _Side(wrong, self)

    def number(self, value: Hashable) -> int:
        """The number of a value."""
        found = self._numbers.setdefault(value, len(self.values))
        if found == len(self.values):
            self.values.append(value)
        return found

    def led(self, pair: tuple[State, State], operation: str, actor: str) -> tuple[tuple[State, State], int, Outcome]:
        """One step that both take alike. Raises ValueError where there is none."""
        for number, outcome, after, seen in self.steps(pair):
            action = self.sides[0].actions[number]
            if (action.operation, action.actor) == (operation, actor) and seen is None and outcome.clause is None:
                return after, number, outcome
        raise ValueError(f"no {operation} of {actor} there that both take alike")

    def steps(
        self, pair: tuple[State, State]
    ) -> Iterator[tuple[int, Outcome, tuple[State, State], tuple[Hashable, Hashable] | None]]:
        """Every step of the right one with that of the wrong one: its action, outcome, where the two are then, and what
        each shows when that differs."""
        right, wrong = self.sides
        for number, action in enumerate(right.actions):
            ours, theirs = right.outcomes(number, pair[0]), wrong.outcomes(number, pair[1])
            if action.actor in self.eyes.free:
                for outcome, _, after in ours:
                    for other, _, there in theirs:
                        if other == outcome:
                            yield number, outcome, (after, there), None
            elif len(ours) == len(theirs) == 1:
                (outcome, said, after), (_, answered, there) = ours[0], theirs[0]
                seen: tuple[Hashable, Hashable] | None = None
                if said != answered:
                    seen = said, answered
                elif after != pair[0] or there != pair[1]:
                    for index in {*right.writes[number]}:
                        lying, found = self._lying(index, after[index]), self._lying(index, there[index])
                        if lying != found:
                            seen = (said, self._slots[index], lying), (answered, self._slots[index], found)
                            break
                yield number, outcome, (after, there), seen

    def _lying(self, index: int, value: int) -> Hashable:
        key = (index, value)
        if key not in self._shown:
            self._shown[key] = self.eyes.lying(self._slots[index], self.values[value])
        return self._shown[key]

    def path(
        self,
        before: dict[tuple[State, State], tuple[tuple[State, State], int, Outcome] | None],
        pair: tuple[State, State],
        number: int,
        outcome: Outcome,
    ) -> Path:
        """The steps to a pair of states, and a last one."""
        actions = self.sides[0].actions
        found = [(actions[number], outcome)]
        while (step := before[pair]) is not None:
            pair, number, outcome = step
            found.append((actions[number], outcome))
        found.reverse()
        return tuple(found)
