"""Random walks through any `Machine`: for bounds too large to exhaust. One process, one walk at a time.

Every walk starts at the initial state. At each state that it comes to, everything that could happen there is judged,
not only what the walk takes: actions are asked through a memo, as in the explorer, once for each distinct content of
what they read. Then one step is drawn: first an operation, then one of its actions, then one of the action's outcomes,
the last two evenly, so that an operation with one rare way is as likely as one with hundreds. How likely an operation
is, each walk draws for itself, up to ten thousandfold apart, and once more for all that the same actors do (swarm
testing): in some walks hardly anybody leaves, in others the intruder waits. What changes nothing is judged, not drawn.
A state where nothing more can change is a dead end: the walk comes back from it (it has been judged) and goes another
way, and for the rest of the walk that operation is half as likely; else the operation that ends a protocol would end
most walks before they have gone anywhere.
"""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final, NamedTuple, cast

from lockedroom.model.fingerprint import MASK, Fingerprints, combined
from lockedroom.model.report import ActionFault, Invariant, Judgement, Path, Taken
from lockedroom.model.validator import State, Subject, outcomes_of, taken
from lockedroom.reference.errors import EngineError
from lockedroom.reference.machine import Action, Outcome


class Unsteady(EngineError):
    """An action did something else when it was run again on the same values: a fault of the machine."""


class Choice(NamedTuple):
    """A step of a walk that means the same in any state: an action by its number in the machine, and which of its
    outcomes with that label."""

    action: int
    label: str
    which: int


class Fact(NamedTuple):
    """What one entry of the memo, or one judgement of a state, shows: the operation, whether it can be accepted there,
    the clauses by which it is refused, and the properties that could have been violated."""

    operation: str
    accepted: bool
    clauses: tuple[str, ...]
    exercised: tuple[str, ...]


class Broken(NamedTuple):
    """A property that is violated, how, and the choice that violates it (None: the state itself does)."""

    property: str
    message: str
    choice: Choice | None


@dataclass(slots=True)
class Seen:
    """What walks have seen: how often each operation was taken, dead ends, the longest walk; fingerprints of the states
    that they came to (with repetitions), and of memo entries and judgements, each once, by what they show."""

    walks: int = 0
    steps: int = 0
    longest: int = 0
    dead_ends: int = 0
    taken: dict[str, int] = field(default_factory=dict)
    entries: dict[Fact, list[int]] = field(default_factory=dict)
    states: array[int] = field(default_factory=lambda: array("Q"))


@dataclass(frozen=True, slots=True)
class Failure:
    """How a walk ended badly: its choices up to there and what is violated, or None when something was raised there."""

    trail: tuple[Choice, ...]
    broken: Broken | None


class Move(NamedTuple):
    """An outcome that changes the state."""

    choice: Choice
    writes: tuple[tuple[int, int], ...]
    grows: tuple[tuple[int, int], ...]


class Row(NamedTuple):
    """What a group of actions can do for one content of what they read: a bit for each operation that can change
    something, its moves by action, and what is violated."""

    operations: int
    moves: dict[int, tuple[tuple[Move, ...], ...]]
    broken: tuple[Broken, ...]


class _Group:
    """The actions that read the same slots, with their numbers, and their common memo."""

    __slots__ = ("actions", "memo", "reads")

    def __init__(self, reads: tuple[int, ...]) -> None:
        self.reads = reads
        self.actions: list[tuple[int, Action]] = []
        self.memo: dict[tuple[int, ...], Row] = {}


class _Check:
    """One invariant with what its views have given, and what it said of that."""

    __slots__ = ("places", "rule", "verdicts", "viewed")

    def __init__(self, rule: Invariant, places: tuple[int, ...]) -> None:
        self.rule = rule
        self.places = places
        self.viewed: list[dict[int, Hashable]] = [{} for _ in places]
        self.verdicts: dict[tuple[Hashable, ...], Judgement] = {}


@dataclass(slots=True)
class Here:
    """Where a walk is: the number of each slot's value, each group's row, and the state's fingerprint."""

    values: list[int]
    rows: list[Row]
    mark: int

    def copy(self) -> Here:
        return Here(self.values.copy(), self.rows.copy(), self.mark)


class Walker:
    """Walks through one subject. Its memo grows with every walk, to so many `entries`; `drain` gives what it has seen
    since the last time."""

    def __init__(self, subject: Subject) -> None:
        self.machine = subject.machine
        self.entries = 0
        self._seen = Seen()
        self._judge = subject.judge
        self._slots = tuple(self.machine.initial)
        self._place = {slot: number for number, slot in enumerate(self._slots)}
        self._values: list[list[Hashable]] = [[] for _ in self._slots]
        self._numbers: list[dict[Hashable, int]] = [{} for _ in self._slots]
        self._marks: list[list[int]] = [[] for _ in self._slots]
        self._fingerprints = Fingerprints()
        self._unions: dict[tuple[int, int, int], int] = {}
        self.operations = tuple(dict.fromkeys(action.operation for action in self.machine.actions))
        self._bit = {operation: number for number, operation in enumerate(self.operations)}
        self._actors = tuple(
            tuple(dict.fromkeys(action.actor for action in self.machine.actions if action.operation == operation))
            for operation in self.operations
        )
        groups: dict[tuple[int, ...], _Group] = {}
        for number, action in enumerate(self.machine.actions):
            for slot in (*action.reads, *action.writes):
                if slot not in self._place:
                    raise KeyError(f"the machine has no slot {slot}")
            reads = tuple(self._place[slot] for slot in action.reads)
            groups.setdefault(reads, _Group(reads)).actions.append((number, action))
        self._groups = tuple(groups.values())
        self._group_of = {number: at for at, group in enumerate(self._groups) for number, _ in group.actions}
        self._checks = tuple(
            _Check(rule, tuple(self._place[slot] for slot in rule.reads)) for rule in subject.invariants
        )
        self._asking = _asking(len(self._slots), [group.reads for group in self._groups])
        self._judging = _asking(len(self._slots), [check.places for check in self._checks])

    def drain(self) -> Seen:
        """What was seen since the last time."""
        seen, self._seen = self._seen, Seen()
        return seen

    # ---- walking ------------------------------------------------------------------------------------

    def walk(self, random: Random, steps: int) -> Failure | None:
        """One walk of at most so many steps: how it failed, or None."""
        trail: list[Choice] = []
        seen = self._seen
        seen.walks += 1
        weights = self.odds(random)
        shut = 0
        try:
            here, broken = self.start()
            for _ in range(steps):
                options = self.open(here) & ~shut
                if broken or not options:
                    break
                operation = drawn(options, weights, random)
                move = self._move(here, operation, random)
                before = here.copy()
                trail.append(move.choice)
                seen.steps += 1
                seen.taken[self.operations[operation]] = seen.taken.get(self.operations[operation], 0) + 1
                broken = self.go(here, move)
                if self.open(here):
                    shut = 0
                elif not broken:
                    seen.dead_ends += 1
                    weights[operation] /= 2
                    shut |= 1 << operation
                    here = before
                    trail.pop()
        except Exception:  # noqa: BLE001 (whoever goes along the trail raises it again, and can tell it)
            return Failure(tuple(trail), None)
        seen.longest = max(seen.longest, len(trail))
        return Failure(tuple(trail), broken[0]) if broken else None

    def follow(self, trail: Iterable[Choice], property_name: str) -> Failure | None:
        """Go along a trail, leaving out what is not possible where it comes up, until the property is violated: what
        was gone along and how it is violated; None if it is not. Raises ActionFault when an action raises."""
        gone: list[Choice] = []
        here, broken = self.start()
        left = iter(trail)
        while True:
            for found in broken:
                if found.property == property_name:
                    return Failure(tuple(gone), found)
            choice = next(left, None)
            if choice is None:
                return None
            move = self._possible(here, choice)
            broken = () if move is None else self.go(here, move)
            if move is not None:
                gone.append(choice)

    def path(self, failure: Failure) -> Path:
        """The steps of a failure, the one that violates included, by running the actions on a state of their own: no
        memo is asked. Raises Unsteady when they do not do what they did."""
        state: State = self.machine.initial
        last = failure.broken.choice if failure.broken else None
        steps: list[Taken] = []
        for choice in (*failure.trail, *(() if last is None else (last,))):
            action = self.machine.actions[choice.action]
            alike = [outcome for outcome in outcomes_of(action, state) if outcome.label == choice.label]
            if choice.which >= len(alike):
                raise Unsteady(f"{action} did something else when it was run again: it is no function of its reads")
            steps.append(Taken(action, alike[choice.which]))
            state = taken(action, alike[choice.which], state)
        return tuple(steps)

    def odds(self, random: Random) -> list[float]:
        """How likely each operation is in one walk: each draws for itself, and those that the same actors do draw
        together as well."""
        shared = {actors: _SPREAD ** -random.random() for actors in dict.fromkeys(self._actors)}
        return [shared[actors] * _SPREAD ** -random.random() for actors in self._actors]

    def open(self, here: Here) -> int:
        """A bit for each operation that can change something."""
        options = 0
        for row in here.rows:
            options |= row.operations
        return options

    def _move(self, here: Here, operation: int, random: Random) -> Move:
        actions = self.ways(here, operation)
        moves = actions[_below(len(actions), random)]
        return moves[_below(len(moves), random)]

    def ways(self, here: Here, operation: int) -> list[tuple[Move, ...]]:
        """The moves of an operation, action by action."""
        return [moves for row in here.rows if row.operations >> operation & 1 for moves in row.moves[operation]]

    def _possible(self, here: Here, choice: Choice) -> Move | None:
        row = here.rows[self._group_of[choice.action]]
        operation = self._bit[self.machine.actions[choice.action].operation]
        for moves in row.moves.get(operation, ()):
            for move in moves:
                if move.choice == choice:
                    return move
        return None

    # ---- states -------------------------------------------------------------------------------------

    def start(self) -> tuple[Here, tuple[Broken, ...]]:
        """The first state, and what is violated there or by what can be done there."""
        values = [self._number(place, self.machine.initial[slot]) for place, slot in enumerate(self._slots)]
        mark = sum(marks[value] for marks, value in zip(self._marks, values, strict=True)) & MASK
        here = Here(values, [_NOTHING] * len(self._groups), mark)
        return here, self._arrive(here, range(len(self._slots)))

    def go(self, here: Here, move: Move) -> tuple[Broken, ...]:
        """Take `here` on by a move; gives what is violated there or by what can be done there."""
        values = here.values
        changed: list[int] = []
        for place, value in move.writes:
            if values[place] != value:
                here.mark += self._marks[place][value] - self._marks[place][values[place]]
                values[place] = value
                changed.append(place)
        for place, added in move.grows:
            value = self._union(place, values[place], added)
            if values[place] != value:
                here.mark += self._marks[place][value] - self._marks[place][values[place]]
                values[place] = value
                changed.append(place)
        return self._arrive(here, changed)

    def mark(self, here: Here, move: Move) -> int:
        """The fingerprint of the state to which a move leads."""
        values, mark = here.values, here.mark
        for place, value in move.writes:
            mark += self._marks[place][value] - self._marks[place][values[place]]
        for place, added in move.grows:
            mark += self._marks[place][self._union(place, values[place], added)] - self._marks[place][values[place]]
        return mark & MASK

    def _arrive(self, here: Here, changed: Sequence[int]) -> tuple[Broken, ...]:
        """Look at a state where these slots have changed: what can be done there, and what is violated."""
        self._seen.states.append(here.mark & MASK)
        broken: list[Broken] = []
        values = here.values
        for at in {check for place in changed for check in self._judging[place]}:
            broken += self._judged(at, values)
        for at in sorted({group for place in changed for group in self._asking[place]}):
            group = self._groups[at]
            key = tuple([values[place] for place in group.reads])
            row = group.memo.get(key)
            if row is None:
                row = group.memo[key] = self._filled(group, key)
            here.rows[at] = row
            broken += row.broken
        return tuple(broken)

    def _number(self, place: int, value: Hashable) -> int:
        numbers = self._numbers[place]
        number = numbers.get(value)
        if number is None:
            number = numbers[value] = len(numbers)
            self._values[place].append(value)
            self._marks[place].append(combined(place, self._fingerprints.of(value)))
        return number

    def _union(self, place: int, old: int, added: int) -> int:
        new = self._unions.get((place, old, added))
        if new is None:
            values = self._values[place]
            both = cast(frozenset[Hashable], values[old]) | cast(frozenset[Hashable], values[added])
            new = self._unions[place, old, added] = self._number(place, both)
        return new

    # ---- the memo -----------------------------------------------------------------------------------

    def _filled(self, group: _Group, key: tuple[int, ...]) -> Row:
        """Call the actions of a group on what they read, judge all that they can do, and note what that shows."""
        values = tuple([self._values[place][number] for place, number in zip(group.reads, key, strict=True)])
        held = dict(zip(group.reads, key, strict=True))
        mark = combined(*(self._marks[place][number] for place, number in zip(group.reads, key, strict=True)))
        found: dict[int, list[tuple[Move, ...]]] = {}
        broken: list[Broken] = []
        for number, action in group.actions:
            try:
                outcomes = action.run(values)
                bound = self._bound(number, action, outcomes)
            except Exception as fault:
                raise ActionFault(action, values, fault) from fault
            moves: list[Move] = []
            exercised: set[str] = set()
            for outcome, move in zip(outcomes, bound, strict=True):
                for name, judgement in self._judge(action, values, outcome) if self._judge is not None else ():
                    if judgement is not False:
                        exercised.add(name)
                    if isinstance(judgement, str):
                        broken.append(Broken(name, judgement, move.choice))
                if move.grows or any(held.get(place) != value for place, value in move.writes):
                    moves.append(move)
            clauses = tuple(sorted({outcome.clause for outcome in outcomes if outcome.clause is not None}))
            accepted = any(outcome.clause is None for outcome in outcomes)
            self.entries += 1
            fact = Fact(action.operation, accepted, clauses, tuple(sorted(exercised)))
            self._seen.entries.setdefault(fact, []).append(combined(number, mark))
            if moves:
                found.setdefault(self._bit[action.operation], []).append(tuple(moves))
        operations = sum(1 << operation for operation in found)
        return Row(operations, {operation: tuple(moves) for operation, moves in found.items()}, tuple(broken))

    def _bound(self, number: int, action: Action, outcomes: tuple[Outcome, ...]) -> list[Move]:
        """What each outcome of an action writes and adds."""
        bound: list[Move] = []
        labels: dict[str, int] = {}
        for outcome in outcomes:
            which = labels[outcome.label] = labels.get(outcome.label, -1) + 1
            written = zip(action.writes, outcome.writes, strict=True) if outcome.writes is not None else ()
            writes = tuple((self._place[slot], self._number(self._place[slot], value)) for slot, value in written)
            grows = tuple((self._place[slot], self._number(self._place[slot], added)) for slot, added in outcome.grows)
            bound.append(Move(Choice(number, outcome.label, which), writes, grows))
        return bound

    def _judged(self, at: int, values: list[int]) -> list[Broken]:
        """What an invariant says of a state."""
        check = self._checks[at]
        seen: list[Hashable] = []
        for place, view, viewed in zip(check.places, check.rule.views, check.viewed, strict=True):
            value = values[place]
            if value not in viewed:
                viewed[value] = view(self._values[place][value])
            seen.append(viewed[value])
        key = tuple(seen)
        if key not in check.verdicts:
            judgement = check.verdicts[key] = check.rule.judge(key)
            if judgement is not False:
                fact = Fact("", False, (), (check.rule.property,))
                mark = combined(len(self.machine.actions) + at, *map(self._fingerprints.of, key))
                self._seen.entries.setdefault(fact, []).append(mark)
        judgement = check.verdicts[key]
        return [Broken(check.rule.property, judgement, None)] if isinstance(judgement, str) else []


_NOTHING: Final = Row(0, {}, ())
_SPREAD: Final = 10000.0
"""How many times as likely one draw can make an operation as another. Of 88 searches for 22 mutants, 6 000 walks each,
1 000 with one draw found 80, 1 000 with two draws 82, 10 000 with two 83; the last sees three times as many entries as
the first of a hostile store with three members."""


def random_of(seed: int, walk: int) -> Random:
    """The random numbers of one walk: they depend on nothing else."""
    return Random(f"{seed}/{walk}")


def drawn(options: int, weights: Sequence[float], random: Random) -> int:
    """One of the operations whose bit is set, by weight."""
    numbers = [number for number in range(options.bit_length()) if options >> number & 1]
    left = random.random() * sum(weights[number] for number in numbers)
    for number in numbers:
        left -= weights[number]
        if left < 0:
            return number
    return numbers[-1]


def _below(count: int, random: Random) -> int:
    return int(random.random() * count)


def _asking(slots: int, reads: Sequence[Iterable[int]]) -> tuple[tuple[int, ...], ...]:
    """For each slot, the numbers of those that read it."""
    return tuple(tuple(at for at, places in enumerate(reads) if slot in places) for slot in range(slots))
