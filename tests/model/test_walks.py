"""Random walks: they find mutants, cover small machines whole, give the same by any number of processes, and never say
that something holds."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Hashable
from functools import partial
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from benchmarks.b1 import machine as b1
from lockedroom.model import walkers, worker
from lockedroom.model.explore import Explorer, explore
from lockedroom.model.fingerprint import Fingerprints
from lockedroom.model.report import ActionFault, Invariant, Judgement, Violation
from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.mutants import BY_NAME, MUTANTS
from lockedroom.model.segment.progress import PROGRESS
from lockedroom.model.shrink import shortened
from lockedroom.model.validator import Subject, confirm
from lockedroom.model.walked import walk_segment, walked_subject
from lockedroom.model.walkers import Found, Stride, walk
from lockedroom.model.walks import Choice, Failure, Unsteady, Walker, random_of
from lockedroom.reference.errors import EngineError
from lockedroom.reference.machine import Action, Machine, Outcome, Slot
from tests.model.test_explore import counter
from tests.samples import one_of

WALKS = 4_000
STEPS = 100
LUCK = {
    "any header of the creator will do",
    "accept takes an exchange a second time",
    "what the revoked send later is read",
    "a sequence number may come again",
    "a right that came and went between two reviews was none",
    "the keys of an epoch name nobody",
    "what is past is forgotten",
    "a receiver counts records, not numbers",
    "a sealed record's fields are not authenticated",
}
"""Mutants that so few walks find with some seeds only."""
FOUND = [mutant.name for mutant in MUTANTS if mutant.name not in LUCK and mutant.violates != PROGRESS]


@pytest.mark.parametrize("name", one_of(8, FOUND))
def test_walks_find_the_mutant_and_the_way_there_is_made_short(name: str) -> None:
    mutant = BY_NAME[name]
    subject = walked_subject(mutant.bounds, name)
    walker = Walker(subject)
    failure = next(found for number in range(WALKS) if (found := walker.walk(random_of(1, number), STEPS)))
    best = shortened(walker, failure, math.inf)
    assert failure.broken is not None and best.broken is not None
    assert best.broken.property == failure.broken.property
    assert len(best.trail) <= len(failure.trail)
    confirm(subject, Violation(best.broken.property, best.broken.message, walker.path(best)))
    for index in range(len(best.trail)):
        fewer = walker.follow((*best.trail[:index], *best.trail[index + 1 :]), best.broken.property)
        assert fewer is None or len(fewer.trail) >= len(best.trail)


@pytest.mark.parametrize("walks", [60, pytest.param(300, marks=pytest.mark.full)])
def test_the_reference_is_not_found_wrong_where_its_mutants_are(walks: int) -> None:
    for bounds in {mutant.bounds for mutant in MUTANTS}:
        walker = Walker(walked_subject(bounds))
        assert all(walker.walk(random_of(1, number), STEPS) is None for number in range(walks))


def test_enough_walks_see_all_of_a_small_machine_and_nothing_else() -> None:
    machine = b1(2, 2, 1)
    all_there_is = Explorer(machine).run()
    walker = Walker(Subject(machine))
    for number in range(6_000):
        assert walker.walk(random_of(1, number), STEPS) is None
    seen = walker.drain()
    assert len(set(seen.states)) == all_there_is.states
    assert sum(map(len, seen.entries.values())) == all_there_is.fills
    assert seen.taken.keys() == all_there_is.operations.keys()


def plain(found: Found) -> dict[str, object]:
    return {name: value for name, value in vars_of(found).items() if name not in ("seconds", "jobs", "violation")}


def vars_of(found: Found) -> dict[str, object]:
    return {name: getattr(found, name) for name in found.__slots__}


def test_walkers_that_are_replaced_change_nothing() -> None:
    make = partial(walked_subject, Bounds(2, 1, 1))
    whole = walk(make, walks=300, steps=STEPS, seed=7)
    assert plain(walk(partial(forgetful, make), walks=300, steps=STEPS, seed=7)) == plain(whole)


def forgetful(make: Callable[[], Subject]) -> Subject:
    """The subject of a worker that keeps nothing from one range of walks to the next."""
    vars(worker)["_ENTRIES"] = 0
    return make()


def test_distinct_numbers_are_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walkers, "_PENDING", 5)
    numbers, seen = walkers._Distinct(), set[int]()
    for low in (0, 3, 3, 100, 90, 2**64 - 9, 50, 0):
        some = {number % 2**64 for number in range(low, low + 9)}
        assert numbers.add(np.array(sorted(some), np.uint64)) == len(some - seen)
        seen |= some
        assert len(numbers) == len(seen)


def test_the_number_of_processes_changes_nothing() -> None:
    make = partial(walked_subject, Bounds(2, 1, 1, intruder=1))
    one, three = (walk(make, walks=220, steps=STEPS, seed=7, jobs=jobs) for jobs in (1, 3))
    assert plain(one) == plain(three)
    assert (one.reason, one.walks, one.growth[-1]) == ("", 220, (one.steps, one.entries))
    assert one.steps == sum(one.taken.values())
    assert (one.jobs, three.jobs, walk(make, walks=60, steps=1, jobs=9).jobs) == (1, 3, 2)
    other = walk(make, walks=220, steps=STEPS, seed=8, jobs=2)
    assert plain(other) != plain(one)


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_violation_of_the_lowest_number_is_told(jobs: int) -> None:
    name = "an acknowledgement goes out under the old epoch"
    report = walk_segment(BY_NAME[name].bounds, walks=WALKS, steps=STEPS, seed=1, jobs=jobs, mutant=name)
    assert (report.verdict, report.exit_code) == ("violated", 1)
    walker = Walker(walked_subject(BY_NAME[name].bounds, name))
    first = next(n for n in range(WALKS) if walker.walk(random_of(1, n), STEPS))
    (found,) = [phase.found for phase in report.phases]
    assert (found.walk, found.walks) == (first, first + 1)
    answer = json.loads(json.dumps(report.to_json()))
    assert answer["complete"] is False
    assert answer["counterexample"]["shortest"] is False
    assert answer["counterexample"]["found_by_walk"] == first
    assert len(answer["counterexample"]["path"]) <= answer["counterexample"]["length_as_found"]
    assert [p["name"] for p in answer["properties"] if p["verdict"] == "violated"] == [BY_NAME[name].violates]


def test_walks_never_say_that_something_holds() -> None:
    report = walk_segment(Bounds(2, 1, 1, intruder=1), walks=60, jobs=2)
    assert (report.verdict, report.exit_code) == ("no violation found", 4)
    assert [phase.store for phase in report.phases] == ["honest store", "hostile store"]
    assert report.reason == "random walks see what they come to, not all there is"
    late = walk_segment(Bounds(3, 2, 2, intruder=1), walks=10_000, jobs=2, time_limit=1)
    assert late.reason == "the time limit of 1 s" and [phase.store for phase in late.phases] == ["honest store"]
    assert {found.verdict for found in report.properties} == {"no violation found", "not exercised"}
    (progress,) = (found for found in report.properties if found.name == PROGRESS)
    assert progress.verdict == "not exercised" and "whole graph" in progress.says


# ---- small machines ------------------------------------------------------------------------------------

COUNT = Slot("count")


def counting(top: int, end: bool = False) -> Machine:
    """Counts up to `top`; with an `end`, an operation that ends it at once may come at any time."""

    def up(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
        value = cast(int, values[0])
        return (Outcome((value + 1,)),) if 0 <= value < top else (Outcome(None, "FULL"),)

    def stop(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
        return (Outcome((-1,)),) if values[0] != -1 else ()

    actions = [Action("up", "a", (), (COUNT,), (COUNT,), up)]
    if end:
        actions.append(Action("stop", "a", (), (COUNT,), (COUNT,), stop))
    return Machine("counting", {COUNT: 0}, tuple(actions))


def below(top: int) -> Invariant:
    def judge(seen: tuple[Hashable, ...]) -> Judgement:
        return True if cast(int, seen[0]) < top else f"it is {seen[0]}"

    return Invariant(f"below {top}", (COUNT,), (lambda value: value,), judge)


def test_a_walk_comes_back_from_a_dead_end() -> None:
    walker = Walker(Subject(counting(30, end=True)))
    for number in range(20):
        assert walker.walk(random_of(1, number), 200) is None
    seen = walker.drain()
    assert seen.longest == 30 and seen.taken["up"] == 20 * 30
    assert 20 <= seen.dead_ends < 20 * 10


def rolling(ways: int) -> Machine:
    """Two operations that are always possible: one way to do the rare one, so many to do the other."""

    def roll(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
        return (Outcome((cast(int, values[0]) + 1,)),)

    actions = [Action("often", f"a{way}", (), (COUNT,), (COUNT,), roll) for way in range(ways)]
    return Machine("rolling", {COUNT: 0}, (Action("rare", "b", (), (COUNT,), (COUNT,), roll), *actions))


def test_an_operation_with_one_way_is_as_likely_as_one_with_many() -> None:
    walker = Walker(Subject(rolling(60)))
    for number in range(600):
        walker.walk(random_of(1, number), 1)
    assert 240 < walker.drain().taken["rare"] < 360


def test_walks_differ_in_what_they_like() -> None:
    walker = Walker(Subject(rolling(1)))
    rare = []
    for number in range(60):
        walker.walk(random_of(1, number), 100)
        rare.append(walker.drain().taken.get("rare", 0))
    assert sum(count < 5 for count in rare) > 10 and sum(count > 95 for count in rare) > 10


def test_a_machine_that_names_no_slot_of_its_own_is_refused() -> None:
    lost = Action("lose", "a", (), (Slot("nowhere"),), (), lambda values: ())
    with pytest.raises(KeyError, match="no slot nowhere"):
        Walker(Subject(Machine("lost", {COUNT: 0}, (lost,))))


def test_a_walk_ends_with_its_steps() -> None:
    walker = Walker(Subject(counting(30)))
    walker.walk(random_of(1, 1), 7)
    assert walker.drain().steps == 7


def test_an_invariant_that_a_state_violates_ends_the_walk_there() -> None:
    walker = Walker(Subject(counting(30), None, (below(12),)))
    failure = walker.walk(random_of(1, 1), 200)
    assert failure is not None and failure.broken is not None
    assert (failure.broken.message, len(failure.trail)) == ("it is 12", 12)
    assert len(walker.path(failure)) == 12
    assert len(explore(counting(30), invariants=[below(12)]).violations[0].path) == 12


def test_what_is_followed_is_one_property() -> None:
    walker = Walker(Subject(counting(30), None, (below(5), below(12))))
    ups = Walker(Subject(counting(30), None, (below(20),))).walk(random_of(1, 1), 200)
    assert ups is not None
    for name, message, steps in (("below 5", "it is 5", 5), ("below 12", "it is 12", 12)):
        failure = walker.follow(ups.trail, name)
        assert failure is not None and failure.broken is not None
        assert (failure.broken.property, failure.broken.message, len(failure.trail)) == (name, message, steps)
    assert walker.follow(ups.trail, "below 99") is None


def test_what_only_grows_has_grown() -> None:
    few = Invariant("few", (Slot("seen"),), (lambda seen: len(cast(frozenset[int], seen)),), lambda n: n[0] != 3 or "3")
    subject = Subject(counter(20), None, (few,))
    walker = Walker(subject)
    failure = walker.walk(random_of(1, 1), 20)
    assert failure is not None and len(failure.trail) == 3
    assert confirm(subject, Violation("few", "3", walker.path(failure))).steps[-1].after[Slot("seen")] == {0, 1, 2}


def wrong_at_once() -> Subject:
    return Subject(counting(30), None, (below(3),))


def test_a_violation_ends_all_processes() -> None:
    found = walk(wrong_at_once, walks=10**9, steps=20, jobs=2)
    assert (found.walk, found.walks, found.reason) == (0, 1, "a property is violated")


def raising() -> Subject:
    def boom(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
        if values[0] == 5:
            raise KeyError("gone")
        return ()

    machine = counting(9)
    broken = Action("boom", "b", (), (COUNT,), (), boom)
    return Subject(Machine("raising", machine.initial, (*machine.actions, broken)))


def test_an_action_that_raises_is_told_with_what_it_read() -> None:
    with pytest.raises(ActionFault, match=r"(?s)b: boom\(\) raised KeyError.*count = 5"):
        walk(raising, walks=10, steps=20, jobs=2)


def vanishing(here: int) -> Subject:
    if os.getpid() != here:
        os._exit(3)
    return Subject(counting(3))


def test_a_process_that_is_lost_is_an_error() -> None:
    with pytest.raises(EngineError, match="was lost"):
        walk(partial(vanishing, os.getpid()), walks=10, steps=20, jobs=2)


def talkative() -> Subject:
    print("what a machine prints is no answer")
    return Subject(counting(40))


def test_what_a_machine_prints_disturbs_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    assert walk(talkative, walks=5, steps=20).steps == 100
    assert "no answer" in capfd.readouterr().out


def test_an_interrupt_gives_what_was_found() -> None:
    told: list[Stride] = []

    def interrupting(at: Stride) -> None:
        told.append(at)
        if at.walks >= 100:
            raise KeyboardInterrupt

    make = partial(walked_subject, Bounds(2, 1, 1))
    found = walk(make, walks=100_000, steps=STEPS, jobs=2, progress=interrupting, phase="honest store")
    assert found.reason == "interrupted"
    assert 100 <= found.walks < 100_000 and found.states > 50
    assert (told[-1].phase, told[-1].of) == ("honest store", 100_000)


def test_a_time_limit_ends_it_with_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock that stands until something was, however long that takes."""
    passed = [0.0]

    def work(at: Stride) -> None:
        passed[0] += 1000 * bool(at.walks)

    monkeypatch.setattr(walkers, "time", SimpleNamespace(monotonic=lambda: passed[0]))
    make = partial(walked_subject, Bounds(3, 2, 2))
    found = walk(make, walks=1_000_000, steps=STEPS, jobs=2, time_limit=1000, progress=work)
    assert found.reason == "the time limit"
    assert 0 < found.walks < 1_000_000 and found.seconds >= 1000


def test_the_trail_of_something_else_is_an_error() -> None:
    walker = Walker(Subject(counting(30), None, (below(12),)))
    failure = walker.walk(random_of(1, 1), 200)
    assert failure is not None
    with pytest.raises(Unsteady, match="is no function"):
        shortened(walker, Failure(failure.trail[:5], failure.broken))


def test_a_shorter_way_on_which_an_action_raises_is_none() -> None:
    ready, done = Slot("ready"), Slot("done")

    def prepare(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
        return () if values[0] else (Outcome((True,)),)

    def work(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
        return (Outcome((cast(int, values[0]) + 1,)),)

    def look(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
        assert values != (False, 2), "nobody was ready"
        return ()

    actions = (
        Action("prepare", "a", (), (ready,), (ready,), prepare),
        Action("work", "a", (), (done,), (done,), work),
        Action("look", "a", (), (ready, done), (), look),
    )
    machine = Machine("work", {ready: False, done: 0}, actions)
    once = Invariant("once", (done,), (lambda value: value,), lambda views: "twice" if views == (2,) else True)
    walker = Walker(Subject(machine, None, (once,)))
    failure = walker.follow([Choice(0, "", 0), Choice(1, "", 0), Choice(1, "", 0)], "once")
    assert failure is not None
    assert shortened(walker, failure).trail == failure.trail


# ---- fingerprints --------------------------------------------------------------------------------------


class Plain:
    """A value that says no more of itself than its repr."""

    def __init__(self, words: str) -> None:
        self.words = words

    def __repr__(self) -> str:
        return self.words


VALUES = (
    Plain("a"),
    Plain("b"),
    None,
    True,
    1,
    "1",
    b"1",
    (),
    (1,),
    ((1,),),
    frozenset({"a", "b"}),
    frozenset({"a"}),
    Slot("a", "b"),
)


def test_values_that_differ_have_different_fingerprints() -> None:
    prints = Fingerprints()
    initial = walked_subject(Bounds(2, 1, 1)).machine.initial
    values = [*VALUES, *(value for value in dict.fromkeys(initial.values()) if value not in VALUES)]
    found = [prints.of(value) for value in values]
    assert len(set(found)) == len(found)


def test_equal_values_have_one_fingerprint() -> None:
    assert Fingerprints().of((Slot("a"), frozenset({"x", "y"}))) == Fingerprints().of(
        (Slot("a"), frozenset({"y", "x"}))
    )


def test_fingerprints_are_the_same_in_every_process() -> None:
    code = "from tests.model.test_walks import fingerprints; print(fingerprints())"
    for seed in ("1", "2"):
        ran = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert ran.stdout == f"{fingerprints()}\n"


def fingerprints() -> list[int]:
    """Those of plain values and of values with names in sets."""
    found = Explorer(walked_subject(Bounds(2, 1, 1, intruder=1)).machine)
    found.run(state_limit=600)
    prints = Fingerprints()
    return [prints.of(value) for value in (*VALUES, *found.state(500).values())]
