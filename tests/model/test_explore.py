"""The direct explorer against a brute-force oracle on small machines, its paths, limits and faults."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockedroom.model.explore import Explorer, explore
from lockedroom.model.report import ActionFault, Invariant, Judgement, Path, Progress
from lockedroom.reference.machine import Action, Machine, Outcome, Slot

Table = dict[tuple[int, ...], tuple[tuple[int, ...] | None, ...]]


def slots(count: int) -> tuple[Slot, ...]:
    return tuple(Slot("s", f"{index}") for index in range(count))


@st.composite
def machines(draw: st.DrawFn) -> Machine:
    """Machines of three slots with three values each, and actions given by tables: what they read, what they write."""
    places = slots(3)
    actions: list[Action] = []
    for number in range(draw(st.integers(1, 4))):
        reads = tuple(draw(st.lists(st.sampled_from(places), min_size=1, max_size=3, unique=True)))
        writes = tuple(draw(st.lists(st.sampled_from(places), min_size=1, max_size=2, unique=True)))
        write = st.tuples(*(st.integers(0, 2) for _ in writes))
        table: Table = draw(
            st.dictionaries(
                st.tuples(*(st.integers(0, 2) for _ in reads)),
                st.lists(st.one_of(st.none(), write), max_size=2).map(tuple),
                max_size=9,
            )
        )

        def run(values: tuple[Hashable, ...], table: Table = table) -> tuple[Outcome, ...]:
            key = tuple(value for value in values if isinstance(value, int))
            found = table.get(key, ())
            return tuple(Outcome(new, None if new is not None else "NO") for new in found)

        actions.append(Action(f"a{number}", "x", (), reads, writes, run))
    return Machine("drawn", dict.fromkeys(places, 0), tuple(actions))


def brute(machine: Machine) -> tuple[dict[tuple[Hashable, ...], int], int]:
    """Every reachable state with its distance, and the number of transitions: states as tuples, no memo."""
    places = tuple(machine.initial)
    start = tuple(machine.initial.values())
    far = {start: 0}
    queue, transitions = deque([start]), 0
    while queue:
        state = queue.popleft()
        held = dict(zip(places, state, strict=True))
        for action in machine.actions:
            for outcome in action.run(tuple(held[slot] for slot in action.reads)):
                if outcome.writes is None:
                    continue
                transitions += 1
                after = {**held, **dict(zip(action.writes, outcome.writes, strict=True))}
                following = tuple(after.values())
                if following not in far:
                    far[following] = far[state] + 1
                    queue.append(following)
    return far, transitions


def replayed(machine: Machine, path: Path) -> tuple[Hashable, ...]:
    """The state at the end of a path, every step of it checked."""
    held = dict(machine.initial)
    for taken in path:
        outcomes = taken.action.run(tuple(held[slot] for slot in taken.action.reads))
        assert taken.outcome in outcomes
        if taken.outcome.writes is not None:
            held.update(zip(taken.action.writes, taken.outcome.writes, strict=True))
    return tuple(held.values())


@given(machines())
def test_states_transitions_and_distances_are_those_of_brute_force(machine: Machine) -> None:
    far, transitions = brute(machine)
    explorer = Explorer(machine)
    found = explorer.run()
    assert (found.complete, found.states, found.transitions) == (True, len(far), transitions)
    assert found.depth == max(far.values())
    for number in range(found.states):
        state = tuple(explorer.state(number).values())
        path = explorer.path(number)
        assert replayed(machine, path) == state
        assert len(path) == far[state]


@given(machines(), st.tuples(*(st.integers(0, 2) for _ in range(3))))
def test_a_violation_has_a_shortest_path(machine: Machine, bad: tuple[int, ...]) -> None:
    far, _ = brute(machine)
    same = Invariant("not there", slots(3), (lambda value: value,) * 3, lambda seen: "there" if seen == bad else True)
    found = explore(machine, invariants=[same])
    assert bool(found.violations) == (bad in far)
    for violation in found.violations:
        assert len(violation.path) == far[bad]
        assert replayed(machine, violation.path) == bad


def counter(top: int) -> Machine:
    place, seen = Slot("count"), Slot("seen")

    def up(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
        value = values[0]
        assert isinstance(value, int)
        if value == top:
            return (Outcome(None, "FULL"),)
        return (Outcome((value + 1,), grows=((seen, frozenset[Hashable]({value % 3})),)),)

    initial: dict[Slot, Hashable] = {place: 0, seen: frozenset()}
    return Machine("counter", initial, (Action("up", "a", (), (place,), (place,), up),), frozenset({seen}))


def test_a_rule_on_steps_sees_each_distinct_outcome_once() -> None:
    asked: list[Hashable] = []

    def judge(action: Action, values: tuple[Hashable, ...], outcome: Outcome) -> list[tuple[str, Judgement]]:
        asked.append(values[0])
        return [("below seven", "it reached seven" if outcome.writes == (7,) else values[0] != 3)]

    found = explore(counter(20), judge=judge)
    assert asked == list(range(7))
    assert found.exercised == {"below seven": 6}
    assert [(violation.property, len(violation.path)) for violation in found.violations] == [("below seven", 7)]
    assert (found.complete, found.reason) == (False, "a property is violated")


def test_sets_that_grow_are_unions() -> None:
    explorer = Explorer(counter(5))
    assert explorer.run().states == 6
    assert explorer.state(5)[Slot("seen")] == frozenset({0, 1, 2})


def test_behaviours_have_their_first_occurrence() -> None:
    kinds = [(found.operation, found.clause, len(found.path)) for found in explore(counter(4)).behaviours()]
    assert kinds == [("up", None, 1), ("up", "FULL", 5)]


def test_behaviours_are_told_apart_as_asked() -> None:
    """By what a step reads: each second step up is another one; the kinds that are reported stay the same."""
    found = explore(counter(4), apart=lambda action, values, outcome: values[0] in (1, 3))
    assert [(one.operation, one.clause, len(one.path)) for one in found.behaviours()] == [
        ("up", None, 1),
        ("up", None, 2),
        ("up", "FULL", 5),
    ]
    assert found.kinds == explore(counter(4)).kinds


def test_limits_end_it_incomplete() -> None:
    found = explore(counter(5_000), state_limit=1_000)
    assert (found.complete, found.reason) == (False, "the limit of 1000 states")
    assert explore(counter(5_000), time_limit=0).reason == "the time limit of 0 s"


def test_an_interrupt_gives_what_was_found() -> None:
    def interrupting(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
        if values[0] == 3:
            raise KeyboardInterrupt
        return counter(9).actions[0].run(values)

    machine = counter(9)
    action = machine.actions[0]
    found = explore(
        Machine(
            "interrupted",
            machine.initial,
            (Action("up", "a", (), action.reads, action.writes, interrupting),),
            machine.monotone,
        )
    )
    assert (found.complete, found.reason, found.states) == (False, "interrupted", 4)


def test_a_fault_names_the_action_and_its_values() -> None:
    def broken(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
        raise KeyError("gone")

    slot = Slot("x")
    with pytest.raises(ActionFault, match=r"(?s)a: go\(\) raised KeyError.*x = 0"):
        explore(Machine("broken", {slot: 0}, (Action("go", "a", (), (slot,), (slot,), broken),)))
    with pytest.raises(KeyError, match="no slot y"):
        explore(Machine("lost", {slot: 0}, (Action("go", "a", (), (Slot("y"),), (), broken),)))


def test_progress_is_told_now_and_then() -> None:
    told: list[Progress] = []
    explore(counter(60_000), progress=told.append, phase="here")
    assert told and all(at.phase == "here" for at in told)
    assert [at.states for at in told] == sorted(at.states for at in told)
