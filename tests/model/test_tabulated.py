"""The tabulated explorer against the direct one, on machines with known counts and on the segment itself."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

import pytest

from benchmarks.b1 import KNOWN, invariants
from benchmarks.b1 import machine as b1
from lockedroom.model.explore import Explorer
from lockedroom.model.report import ActionFault, Exploration, Goal, Invariant, Judgement
from lockedroom.model.segment.bounds import Bounds, Setting
from lockedroom.model.segment.machine import segment_machine
from lockedroom.model.segment.progress import progress_of
from lockedroom.model.tabulated.explorer import Tabulated
from lockedroom.reference.machine import Action, Machine, Outcome, Slot


def counts(found: Exploration) -> tuple[object, ...]:
    """All that two explorations of one machine must agree on."""
    kinds = sorted((b.operation, b.clause or "", b.events, len(b.path)) for b in found.behaviours())
    return (
        found.complete,
        found.states,
        found.transitions,
        found.depth,
        dict(found.operations),
        dict(found.exercised),
        kinds,
    )


SMALL = [(2, 2, 2), (3, 1, 1), (3, 1, 2)]
LARGE = [pytest.param(size, marks=pytest.mark.full) for size in KNOWN if size not in SMALL]


@pytest.mark.parametrize("size", [*SMALL, *LARGE])
def test_b1_has_its_known_counts(size: tuple[int, int, int]) -> None:
    found = Tabulated(b1(*size)).run()
    assert (found.states, found.transitions, found.depth) == KNOWN[size][:3]
    orbits = KNOWN[size][3]
    reduced = Tabulated(b1(*size), symmetry=True).run()
    assert reduced.depth == found.depth
    assert reduced.states == orbits or (orbits is None and reduced.states < found.states / 4)


@pytest.mark.parametrize("size", SMALL[:2])
def test_b1_has_its_known_counts_when_it_is_explored_directly(size: tuple[int, int, int]) -> None:
    found = Explorer(b1(*size)).run()
    assert (found.states, found.transitions, found.depth) == KNOWN[size][:3]


@pytest.mark.parametrize("size", SMALL[:2])
def test_what_holds_of_b1(size: tuple[int, int, int]) -> None:
    for symmetry in (False, True):
        found = Tabulated(b1(*size), invariants=invariants(size[0]), symmetry=symmetry).run()
        assert found.complete and found.exercised["keys belong to the joined"] > 10


@pytest.mark.parametrize("bounds", [Bounds(2, 1, 1), Bounds(2, 1, 1, crashes=1), Bounds(2, 1, 1, intruder=1)], ids=str)
def test_both_explorers_agree_on_the_segment(bounds: Bounds) -> None:
    direct = Explorer(segment_machine(Setting(bounds))).run()
    tabulated = Tabulated(segment_machine(Setting(bounds))).run()
    assert direct.complete and direct.states > 100
    assert counts(tabulated) == counts(direct)


def test_behind_a_gate_that_is_shut_nobody_is_asked() -> None:
    asked: list[tuple[Hashable, ...]] = []

    def run(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
        asked.append(values)
        return (Outcome((not values[1],)),)

    whole = counter(4)
    (slot,) = whole.initial.keys() - whole.monotone
    lamp = Slot("lamp")
    gates = ((slot, lambda value: value == 3),)
    toggle = Action("toggle", "somebody", (), (slot, lamp), (lamp,), run, gates=gates)
    machine = replace(whole, initial={**whole.initial, lamp: False}, actions=(*whole.actions, toggle))
    found = Tabulated(machine, jobs=1).run()
    assert found.operations["toggle"] == len(asked) == 2
    assert {values[0] for values in asked} == {3}


def counter(top: int, slots: int = 1) -> Machine:
    """Counters that go up to `top`, one after the other, and a set that remembers every third value."""
    places = [Slot("count", f"c{index}") for index in range(slots)]
    seen = Slot("seen")

    def up(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
        (value,) = values
        assert isinstance(value, int)
        if value == top:
            return (Outcome(None, "FULL"),)
        grows = ((seen, frozenset[Hashable]({value})),) if value % 3 == 0 else ()
        return (Outcome((value + 1,), grows=grows),)

    actions = tuple(Action("up", place.owner, (), (place,), (place,), up) for place in places)
    initial: dict[Slot, Hashable] = dict.fromkeys(places, 0)
    return Machine("counter", {**initial, seen: frozenset()}, actions, frozenset({seen}))


@pytest.mark.parametrize(("top", "slots"), [(5, 1), (40, 2), (3, 5), (1, 12), (700, 1)])
def test_sets_that_grow_and_states_that_outgrow_their_words(top: int, slots: int) -> None:
    direct, tabulated = Explorer(counter(top, slots)).run(), Tabulated(counter(top, slots)).run()
    assert direct.states == (top + 1) ** slots
    assert counts(tabulated) == counts(direct)


def test_states_wider_than_a_word_are_told_apart() -> None:
    # Each slot takes 300 values, one in each of 300 steps: ten slots need 90 bits.
    places = tuple(Slot("wide", f"w{index}") for index in range(10))

    def step(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
        first = values[0]
        assert isinstance(first, int)
        return (Outcome(tuple(first + 1 for _ in values)),) if first < 299 else ()

    one = Action("step", "all", (), places, places, step)
    found = Tabulated(Machine("wide", dict.fromkeys(places, 0), (one,))).run()
    assert (found.states, found.depth) == (300, 299)


def test_a_rule_on_steps_and_a_rule_on_states_give_shortest_paths() -> None:
    def never_seven(action: Action, values: tuple[Hashable, ...], outcome: Outcome) -> list[tuple[str, Judgement]]:
        return [("below seven", "it reached seven" if outcome.writes == (7,) else True)]

    unequal = Invariant(
        "not both five",
        (Slot("count", "c0"), Slot("count", "c1")),
        (lambda value: value == 5, lambda value: value == 5),
        lambda seen: "both are five" if seen == (True, True) else True,
    )
    stepwise = Tabulated(counter(9, 2), judge=never_seven).run()
    assert [(v.property, len(v.path)) for v in stepwise.violations] == [("below seven", 7)]
    statewise = Tabulated(counter(9, 2), invariants=[unequal]).run()
    assert [(v.property, len(v.path)) for v in statewise.violations] == [("not both five", 10)]
    assert not statewise.complete and statewise.reason == "a property is violated"


@pytest.mark.parametrize(
    ("step", "by", "below", "steps"),
    [(9, "c0", 9, None), (5, "c1", 5, None), (5, "c1", 6, 5), (5, "c0", 8, 5)],
)
def test_what_stays_in_reach_is_the_same_for_both(step: int, by: str, below: int, steps: int | None) -> None:
    # While the counter of `by` is below a number, it can still get to `step`: not if that lies behind it.
    goal = Goal(
        "stays in reach",
        lambda action, values, outcome: outcome.writes == (step,),
        lambda action: action.actor == by,
        (Slot("count", by),),
        (lambda value: value,),
        lambda seen: isinstance(seen[0], int) and seen[0] < below,
    )
    for explorer in (Explorer, Tabulated):
        found = explorer(counter(9, 2), goals=[goal]).run()
        assert found.exercised == {"stays in reach": 10 * below}
        assert [len(v.path) for v in found.violations] == ([] if steps is None else [steps])
        assert found.complete == (steps is None)


@pytest.mark.parametrize(("alone", "steps"), [(True, 0), (False, None)])
def test_steps_that_may_not_be_taken_do_not_lead_to_a_goal(alone: bool, steps: int | None) -> None:
    door, place = Slot("door"), Slot("place")

    def opens(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
        return (Outcome(("open",)),)

    def goes(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
        return (Outcome(("inside",)),) if values[0] == "open" else ()

    actions = (
        Action("open", "porter", (), (door,), (door,), opens),
        Action("go", "guest", (), (door, place), (place,), goes),
    )
    goal = Goal(
        "gets in",
        lambda action, values, outcome: action.operation == "go",
        lambda action: action.actor == "guest" or not alone,
    )
    for explorer in (Explorer, Tabulated):
        found = explorer(Machine("door", {door: "shut", place: "outside"}, actions), goals=[goal]).run()
        assert [len(v.path) for v in found.violations] == ([] if steps is None else [steps])


@pytest.mark.parametrize("bounds", [Bounds(2, 1, 1, crashes=1), Bounds(2, 1, 1, revocations=1)], ids=str)
def test_progress_of_the_segment_is_the_same_for_both(bounds: Bounds) -> None:
    goals = [progress_of(bounds)]
    direct = Explorer(segment_machine(Setting(bounds)), goals=goals).run()
    tabulated = Tabulated(segment_machine(Setting(bounds)), goals=goals).run()
    assert direct.complete and direct.exercised["progress"] > 100
    assert counts(tabulated) == counts(direct)


def test_limits_and_faults_are_told() -> None:
    assert not Tabulated(counter(100, 2)).run(state_limit=50).complete
    assert not Tabulated(counter(100, 2)).run(time_limit=0).complete

    def broken(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
        raise KeyError("gone")

    slot = Slot("x")
    with pytest.raises(ActionFault, match="gone"):
        Tabulated(Machine("broken", {slot: 0}, (Action("go", "a", (), (slot,), (slot,), broken),))).run()
