"""The measurement of partial-order reduction: it reduces where there is something to reduce, keeps what it says it
keeps, and says of the segment what is committed beside it."""

from __future__ import annotations

from collections.abc import Hashable

import pytest
from hypothesis import given, settings

from benchmarks.reduction import (
    WAYS,
    Graph,
    Space,
    Stubborn,
    bounds_of,
    brief,
    dependent,
    explored,
    futures,
    independent,
    measured,
    slept,
    sound,
)
from lockedroom.model.report import Invariant, Judgement
from lockedroom.model.segment.bounds import Bounds
from lockedroom.reference.machine import Action, Machine, Outcome, Slot
from tests.model.test_explore import machines
from tests.tree import ROOT

TOP = 4


def counters(count: int) -> Machine:
    """So many counters that nothing connects."""

    def up(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
        value = values[0]
        assert isinstance(value, int)
        return (Outcome((value + 1,)),) if value < TOP else ()

    slots = [Slot("count", f"{number}") for number in range(count)]
    actions = tuple(Action("up", slot.owner, (), (slot,), (slot,), up) for slot in slots)
    return Machine("counters", dict.fromkeys(slots, 0), actions)


def nothing(action: Action, values: tuple[Hashable, ...], outcome: Outcome) -> list[tuple[str, Judgement]]:
    return []


def full(space: Space) -> Graph:
    return explored(space, lambda state, moves: -1)


def apart(machine: Machine) -> Invariant:
    """The first two counters are never apart by all there is."""
    first, second = list(machine.initial)[:2]
    views = (lambda value: value,) * 2
    return Invariant("apart", (first, second), views, lambda seen: f"{seen}" if seen in ((0, TOP), (TOP, 0)) else True)


def test_what_is_independent_is_reduced_to_one_order() -> None:
    space = Space(counters(3), nothing, ())
    whole, less = full(space), explored(space, Stubborn(space, watched=True))
    assert (len(whole.states), len(less.states)) == ((TOP + 1) ** 3, 3 * TOP + 1)
    assert less.deadlocks() == whole.deadlocks() and len(whole.deadlocks()) == 1
    assert slept(space) == (len(whole.states), len(whole.states) - 1)


def test_an_invariant_is_kept_only_if_it_is_watched() -> None:
    machine = counters(3)
    space = Space(machine, nothing, [apart(machine)])
    whole = full(space)
    assert len(whole.broken) == 2
    assert explored(space, Stubborn(space, watched=True)).broken == whole.broken
    assert explored(space, Stubborn(space, watched=False)).broken < whole.broken
    watched = explored(space, Stubborn(space, watched=True))
    assert len(watched.states) == (TOP + 1) ** 2 + TOP


@settings(max_examples=60, deadline=None)
@given(machines())
def test_deadlocks_and_rules_on_steps_are_kept(machine: Machine) -> None:
    def judge(action: Action, values: tuple[Hashable, ...], outcome: Outcome) -> list[tuple[str, Judgement]]:
        return [] if outcome.writes is None else [("taken", f"{values}")]

    space = Space(machine, judge, ())
    whole, less = full(space), explored(space, Stubborn(space, watched=False))
    assert slept(space)[0] == len(whole.states)
    assert less.states.keys() <= whole.states.keys()
    assert less.deadlocks() == whole.deadlocks()
    if not less.cyclic():
        assert moving(space, less) == moving(space, whole)
    if not whole.cyclic():
        oracle = explored(space, Stubborn(space, watched=False, future=futures(whole)))
        assert oracle.deadlocks() == whole.deadlocks()
        assert moving(space, oracle) == moving(space, whole)


def moving(space: Space, graph: Graph) -> set[tuple[int, tuple[int, ...]]]:
    """The contents on which actions change something."""
    return {
        (number, tuple([state[at] for at in space.reads[number]]))
        for state, enabled in zip(graph.states, graph.enabled, strict=True)
        for number in range(len(space.reads))
        if enabled >> number & 1
    }


def test_a_graph_with_a_cycle_is_seen_to_have_one() -> None:
    assert Graph(edges=[[1], [2], [0]]).cyclic()
    assert not Graph(edges=[[1, 2], [2], []]).cyclic()


def test_the_segment_is_not_reduced() -> None:
    row = measured(Bounds(2, 1, 1))
    shares = [row[way] for way in WAYS]
    assert [share["share"] for share in shares if isinstance(share, dict)] == [1.0, 1.0, 1.0, 0.941]
    committed = ROOT.joinpath("benchmarks/reduction.md").read_text(encoding="utf-8")
    assert "| 2,1,1 | 374 | 1.000 | 1.000 | 1.000 | 0.941 |" in committed


def test_with_an_intruder_everything_depends_on_everything() -> None:
    assert independent(Bounds(2, 1, 1, intruder=1)) == 0
    assert 0.2 < independent(Bounds(2, 1, 1)) < 0.3


def test_a_violation_that_is_lost_would_be_seen() -> None:
    row = sound("the last exchange wins")
    assert row["properties"] == row["violations"] == 1


def test_dependence_is_by_footprints() -> None:
    a, b = Slot("a"), Slot("b")

    def action(reads: tuple[Slot, ...], writes: tuple[Slot, ...]) -> Action:
        return Action("x", "y", (), reads, writes, lambda values: ())

    assert not dependent(action((a, b), ()), action((a, b), ()))
    assert not dependent(action((a,), (a,)), action((b,), (b,)))
    assert dependent(action((a,), ()), action((b,), (a,)))
    assert dependent(action((), (a,)), action((), (a,)))


@pytest.mark.parametrize("text", ["2,1,1", "3,0,1,crashes=1", "2,1,1,rotations=1,intruder=2"])
def test_bounds_are_read_and_written(text: str) -> None:
    assert brief(bounds_of(text)) == text
