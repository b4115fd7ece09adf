"""What partial-order reduction would leave out of the segment: states with stubborn sets, transitions with sleep sets.

    python benchmarks/reduction.py [--json] [BOUNDS …]        BOUNDS: 2,1,1 or 2,1,1,crashes=1

Two actions are independent when neither writes what the other reads or writes, by their declared footprints; additions
to monotone slots commute. At each state a stubborn set is closed under two rules: with an enabled action, all that it
depends on; with a disabled one, all that write what it reads, for nothing else can enable it. Of the sets that grow
from each enabled action, the one with the fewest enabled actions is expanded.

What that keeps. Each finite run of the full graph is, but for the order of independent steps, the beginning of a run of
the reduced one, unless a cycle of the reduced graph puts an action off for ever: it is looked whether there is one. A
rule on steps sees the contents of one action's reads and nothing else, and independent steps do not change those: rules
on steps are kept, and so are deadlocks. An invariant reads several slots at once. It is kept if it counts as one more
action, that reads them, writes nothing and is always enabled: a step that changes one of its views depends on it, and
it depends on whatever writes what it reads. Ways to count, from the sound to the most that could be hoped for:

    properties  everything that `lockedroom check` judges is kept
    steps       rules on steps and deadlocks are kept, invariants are not
    no destroy  the same, of the segment that nobody destroys (destroying conflicts with everything at any time)
    oracle      the same, and told by the full graph which actions can still be taken: no footprint could say more
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Final, cast

from lockedroom.cli.tables import plain
from lockedroom.cli.terminal import console, count, print_json
from lockedroom.model.report import Invariant, StepJudge
from lockedroom.model.segment.bounds import Bounds, Setting
from lockedroom.model.segment.engine import REFERENCE, Engine, Logic
from lockedroom.model.segment.machine import bind
from lockedroom.model.segment.mutants import BY_NAME
from lockedroom.model.segment.properties import Store, invariants_of, judge_of
from lockedroom.reference.machine import Action, Machine

BOUNDS: Final = ("2,1,1", "2,1,1,crashes=1", "2,1,1,rotations=1", "2,2,1", "2,1,2", "3,0,1", "3,0,1,crashes=1")
MUTANTS: Final = (
    "one master key for all peers",
    "the living are reaped",
    "leaving withdraws nothing",
    "the last exchange wins",
    "both sides publish under the same nonces",
)
WAYS: Final = ("properties", "steps", "no destroy", "oracle")

State = tuple[int, ...]
Entry = tuple[int, tuple[int, ...]]
"""An action's number and the numbers of what it reads: what rules on steps judge."""


@dataclass(slots=True)
class Graph:
    """What an exploration came to: the states with their numbers, the edges from each, the actions that can change
    something there, the properties that are violated with the entry or the views that show it."""

    states: dict[State, int] = field(default_factory=dict)
    transitions: int = 0
    edges: list[list[int]] = field(default_factory=list)
    enabled: list[int] = field(default_factory=list)
    broken: set[tuple[str, object]] = field(default_factory=set)

    def deadlocks(self) -> set[State]:
        """States where nothing can change any more."""
        return {state for state, number in self.states.items() if not self.edges[number]}

    def cyclic(self) -> bool:
        """Whether it has a cycle. (Steps that change nothing are no edges.)"""
        into = [0] * len(self.edges)
        for after in self.edges:
            for number in after:
                into[number] += 1
        ready = [number for number, count in enumerate(into) if not count]
        done = 0
        while ready:
            done += 1
            for number in self.edges[ready.pop()]:
                into[number] -= 1
                if not into[number]:
                    ready.append(number)
        return done < len(self.edges)


class Space:
    """A machine's states as numbers of slot values, its actions by memo, and its static dependencies as bit masks."""

    def __init__(self, machine: Machine, judge: StepJudge, invariants: Sequence[Invariant]) -> None:
        self.machine = machine
        self._judge = judge
        self.slots = tuple(machine.initial)
        place = {slot: at for at, slot in enumerate(self.slots)}
        self._values: list[list[Hashable]] = [[] for _ in self.slots]
        self._numbers: list[dict[Hashable, int]] = [{} for _ in self.slots]
        self._memo: list[dict[State, tuple[State, ...]]] = [{} for _ in machine.actions]
        self.broken: dict[Entry, tuple[str, ...]] = {}
        if machine.monotone:
            raise ValueError("an intruder's machine: every action depends on every other, there is nothing to measure")
        self.reads = [tuple(place[slot] for slot in action.reads) for action in machine.actions]
        self.writes = [tuple(place[slot] for slot in action.writes) for action in machine.actions]
        self.observers = [tuple(place[slot] for slot in rule.reads) for rule in invariants]
        self._rules = tuple(invariants)
        self._views: list[list[dict[int, Hashable]]] = [[{} for _ in rule.reads] for rule in invariants]
        everyone = range(len(machine.actions))
        self.writers = [_mask(b for b in everyone if place_ in self.writes[b]) for place_ in range(len(self.slots))]
        self.enabling = [_mask_of(self.writers[p] for p in self.reads[a]) for a in everyone]
        self.depends = [
            _mask(b for b in everyone if a != b and dependent(machine.actions[a], machine.actions[b])) for a in everyone
        ]
        self.watching = [_mask_of(self.writers[p] for p in reads) for reads in self.observers]

    def start(self) -> State:
        return tuple(self._number(at, self.machine.initial[slot]) for at, slot in enumerate(self.slots))

    def _number(self, at: int, value: Hashable) -> int:
        numbers = self._numbers[at]
        if value not in numbers:
            numbers[value] = len(numbers)
            self._values[at].append(value)
        return numbers[value]

    def moves(self, number: int, state: State) -> tuple[State, ...]:
        """The states that an action leads to, itself left out: nothing else can tell that it was done."""
        key = tuple([state[at] for at in self.reads[number]])
        memo = self._memo[number]
        if key not in memo:
            memo[key] = self._run(number, key)
        writes = self.writes[number]
        found: list[State] = []
        for new in memo[key]:
            after = list(state)
            for at, value in zip(writes, new, strict=True):
                after[at] = value
            if tuple(after) != state:
                found.append(tuple(after))
        return tuple(found)

    def _run(self, number: int, key: State) -> tuple[State, ...]:
        action = self.machine.actions[number]
        values = tuple(self._values[at][value] for at, value in zip(self.reads[number], key, strict=True))
        found: list[State] = []
        broken: list[str] = []
        for outcome in action.run(values):
            broken += [name for name, said in self._judge(action, values, outcome) if isinstance(said, str)]
            if outcome.writes is not None:
                pairs = zip(self.writes[number], outcome.writes, strict=True)
                found.append(tuple(self._number(at, value) for at, value in pairs))
        if broken:
            self.broken[number, key] = tuple(broken)
        return tuple(found)

    def broken_by(self, number: int, state: State) -> tuple[str, ...]:
        """What an action violates in a state."""
        return self.broken.get((number, tuple([state[at] for at in self.reads[number]])), ())

    def seen(self, rule: int, state: State) -> tuple[Hashable, ...]:
        """What an invariant sees of a state."""
        found: list[Hashable] = []
        for at, view, known in zip(self.observers[rule], self._rules[rule].views, self._views[rule], strict=True):
            if state[at] not in known:
                known[state[at]] = view(self._values[at][state[at]])
            found.append(known[state[at]])
        return tuple(found)

    def violated(self, rule: int, state: State) -> tuple[str, object] | None:
        """What an invariant says against a state."""
        seen = self.seen(rule, state)
        said = self._rules[rule].judge(seen)
        return (self._rules[rule].property, seen) if isinstance(said, str) else None


def dependent(a: Action, b: Action) -> bool:
    """Whether one writes what the other reads or writes."""
    return bool({*a.writes} & {*b.reads, *b.writes} or {*b.writes} & {*a.reads})


# ---- explorations --------------------------------------------------------------------------------------


def explored(space: Space, expand: Callable[[State, list[tuple[State, ...]]], int]) -> Graph:
    """Breadth first from the start; `expand` picks, given the moves of every action, the actions that are followed."""
    graph = Graph()
    start = space.start()
    graph.states[start] = 0
    queue = [start]
    for state in queue:
        moves = [space.moves(number, state) for number in range(len(space.reads))]
        for number in range(len(space.reads)):
            graph.broken |= {
                (name, (number, tuple([state[at] for at in space.reads[number]])))
                for name in space.broken_by(number, state)
            }
        for rule in range(len(space.observers)):
            if violated := space.violated(rule, state):
                graph.broken.add(violated)
        chosen = expand(state, moves)
        edges: list[int] = []
        for number, found in enumerate(moves):
            for after in found if chosen >> number & 1 else ():
                if after not in graph.states:
                    graph.states[after] = len(queue)
                    queue.append(after)
                edges.append(graph.states[after])
        graph.transitions += len(edges)
        graph.edges.append(edges)
        graph.enabled.append(_mask(number for number, found in enumerate(moves) if found))
    return graph


class Stubborn:
    """Picks a stubborn set. `watched`: invariants are kept. `future`: which actions can still be taken, by state."""

    def __init__(self, space: Space, *, watched: bool, future: dict[State, int] | None = None) -> None:
        self._space = space
        self._watched = watched
        self._future = future

    def __call__(self, state: State, moves: list[tuple[State, ...]]) -> int:
        enabled = _mask(number for number, found in enumerate(moves) if found)
        possible = -1 if self._future is None else self._future[state]
        best = enabled
        for seed in _bits(enabled):
            found = self._closed(state, moves, enabled, possible, seed, best.bit_count()) & enabled
            if found.bit_count() < best.bit_count():
                best = found
        return best

    def _closed(
        self, state: State, moves: list[tuple[State, ...]], enabled: int, possible: int, seed: int, limit: int
    ) -> int:
        space = self._space
        done, waiting = 0, 1 << seed
        while waiting:
            number = (waiting & -waiting).bit_length() - 1
            done |= 1 << number
            if enabled >> number & 1:
                more = space.depends[number]
                for rule in range(len(space.observers)) if self._watched else ():
                    if any(space.seen(rule, after) != space.seen(rule, state) for after in moves[number]):
                        more |= space.watching[rule]
            else:
                more = space.enabling[number]
            waiting = (waiting | more & possible) & ~done
            if (done | waiting) & enabled == enabled or ((done | waiting) & enabled).bit_count() >= limit:
                return enabled
        return done


def futures(graph: Graph) -> dict[State, int]:
    """For each state of a full graph without cycles, the actions that can be taken there or later."""
    states = list(graph.states)
    found = graph.enabled.copy()
    done = [False] * len(states)
    for root in range(len(states)):
        stack = [root]
        while stack:
            number = stack[-1]
            left = [] if done[number] else [after for after in graph.edges[number] if not done[after]]
            if left:
                stack += left
                continue
            if not done[number]:
                for after in graph.edges[number]:
                    found[number] |= found[after]
                done[number] = True
            stack.pop()
    return dict(zip(states, found, strict=True))


def slept(space: Space) -> tuple[int, int]:
    """States and transitions of a depth-first exploration with sleep sets: every state, fewer ways to it."""
    asleep: dict[State, int] = {}
    transitions = 0
    stack: list[tuple[State, int]] = [(space.start(), 0)]
    while stack:
        state, sleep = stack.pop()
        moves = [space.moves(number, state) for number in range(len(space.reads))]
        enabled = _mask(number for number, found in enumerate(moves) if found)
        if state not in asleep:
            fresh, asleep[state] = enabled & ~sleep, sleep & enabled
        else:
            fresh = asleep[state] & ~sleep
            sleep = asleep[state] = asleep[state] & sleep
        for number in _bits(fresh):
            for after in moves[number]:
                transitions += 1
                stack.append((after, sleep & ~space.depends[number] & ~(1 << number)))
            sleep |= 1 << number
    return len(asleep), transitions


# ---- measuring -----------------------------------------------------------------------------------------


def space_of(bounds: Bounds, logic: Logic = REFERENCE, destroy: bool = True) -> Space:
    """The segment within bounds, with all that judges it."""
    setting = Setting(bounds)
    machine = bind(setting, Engine(setting.capacity, bounds.names, logic))
    if not destroy:
        machine = replace(machine, actions=tuple(one for one in machine.actions if one.operation != "destroy"))
    both: frozenset[Store] = frozenset(("honest", "hostile"))
    return Space(machine, judge_of(both), invariants_of(bounds.names, both))


def reduced(space: Space, way: str, full: Graph) -> Graph:
    """The reduced graph, in one of the ways."""
    future = futures(full) if way == "oracle" else None
    graph = explored(space, Stubborn(space, watched=way == "properties", future=future))
    if graph.cyclic():
        raise AssertionError(f"{way}: the reduced graph has a cycle, on which an action could be put off for ever")
    return graph


def measured(bounds: Bounds) -> dict[str, object]:
    """The figures of one bound."""
    space = space_of(bounds)
    full = explored(space, _everything)
    row: dict[str, object] = {
        "bounds": brief(bounds),
        "states": len(full.states),
        "transitions": full.transitions,
        "independent": independent(bounds),
    }
    undestroyed = space_of(bounds, destroy=False)
    shorter = explored(undestroyed, _everything)
    for way in WAYS:
        over, base = (space, full) if way in ("properties", "steps") else (undestroyed, shorter)
        graph = reduced(over, way, base)
        if graph.deadlocks() != base.deadlocks():
            raise AssertionError(f"{bounds}, {way}: deadlocks are lost")
        row[way] = {
            "states": len(graph.states),
            "of": len(base.states),
            "share": round(len(graph.states) / len(base.states), 3),
            "transitions": graph.transitions,
        }
    states, transitions = slept(space)
    if states != len(full.states):
        raise AssertionError(f"{bounds}: sleep sets lose states")
    row["sleep sets"] = {"transitions": transitions, "share": round(transitions / full.transitions, 3)}
    return row


def independent(bounds: Bounds) -> float:
    """The share of pairs of actions that are independent."""
    setting = Setting(bounds)
    pairs = list(combinations(bind(setting, Engine(setting.capacity, bounds.names)).actions, 2))
    return round(sum(not dependent(a, b) for a, b in pairs) / len(pairs), 3)


def sound(name: str) -> dict[str, object]:
    """A mutant: what it violates in the full graph, and how much of that the reduced graphs still show."""
    mutant = BY_NAME[name]
    space = space_of(mutant.bounds, mutant.logic())
    full = explored(space, _everything)
    row: dict[str, object] = {"mutant": name, "violations": len(full.broken)}
    for way in ("properties", "steps"):
        graph = reduced(space, way, full)
        row[way] = len(graph.broken & full.broken)
    if row["properties"] != len(full.broken):
        raise AssertionError(f"{name}: a violation is lost")
    return row


def _everything(state: State, moves: list[tuple[State, ...]]) -> int:
    return -1


def _mask(numbers: Iterator[int]) -> int:
    return sum(1 << number for number in numbers)


def _mask_of(masks: Iterator[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def bounds_of(text: str) -> Bounds:
    """Bounds as they are given: `2,1,1,crashes=1`."""
    given = [part.partition("=") for part in text.split(",")]
    named = {name: int(value) for name, _, value in given if value}
    return Bounds(*(int(value) for value, _, more in given if not more), **named)


def brief(bounds: Bounds) -> str:
    """Bounds as `bounds_of` takes them."""
    rest = {name: getattr(bounds, name) for name in ("rotations", "revocations", "crashes", "intruder")}
    given = [f"{name}={value}" for name, value in rest.items() if value]
    return ",".join([f"{bounds.members},{bounds.messages},{bounds.joins}", *given])


def main() -> None:
    """Measure, check and print."""
    parser = argparse.ArgumentParser(description="What partial-order reduction would leave out of the segment.")
    parser.add_argument("bounds", nargs="*", default=BOUNDS, help="2,1,1 or 2,1,1,crashes=1")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    given = parser.parse_args()
    rows = [measured(bounds_of(text)) for text in given.bounds]
    mutants = [sound(name) for name in MUTANTS]
    hostile = {
        str(bounds): independent(bounds) for bounds in (Bounds(2, 1, 1, intruder=1), Bounds(3, 1, 1, intruder=1))
    }
    if given.json:
        print_json({"bounds": rows, "independent, with an intruder": hostile, "mutants": mutants})
    else:
        show(rows, hostile, mutants)


def show(
    rows: Sequence[Mapping[str, object]], hostile: Mapping[str, float], mutants: Sequence[Mapping[str, object]]
) -> None:
    """The tables."""
    out = console()
    table = plain("bounds", "states", "independent", *WAYS, "transitions", "with sleep sets")
    for row in rows:
        shares = [f"{cast(dict[str, float], row[way])['share']:.3f}" for way in (*WAYS, "sleep sets")]
        states, transitions = (count(cast(int, row[name])) for name in ("states", "transitions"))
        table.add_row(str(row["bounds"]), states, f"{row['independent']}", *shares[:-1], transitions, shares[-1])
    out.print("Share of the states that is left by stubborn sets, and of the transitions by sleep sets")
    out.print(table)
    table = plain("bounds", "independent pairs of actions")
    for name, share in hostile.items():
        table.add_row(name, f"{share}")
    out.print(table)
    table = plain("mutant", "violations", "properties", "steps")
    for row in mutants:
        table.add_row(*map(str, row.values()))
    out.print(table)


if __name__ == "__main__":
    main()
