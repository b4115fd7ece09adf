"""Hypothesis plays machines: it finds mistakes and makes them short, says what it has covered, and does the same again
for the same seed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis.stateful import Bundle

from lockedroom.model.course import Course, Coverage
from lockedroom.model.explore import explore
from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.mutants import BY_NAME
from lockedroom.model.segment.stateful import grounds
from lockedroom.model.segment.subject import segment_subject
from lockedroom.model.stateful import Ground, Hunted, hunt, machine_for, play
from lockedroom.model.validator import confirm
from lockedroom.reference.segment.effects import ACL, HEADER
from lockedroom.reference.segment.parts import cell, lane
from lockedroom.reference.segment.table import TABLE
from lockedroom.spec.refusals import refusals
from tests.model import kiosk

SHORTEST = json.loads(Path(__file__).with_name("mutants.json").read_text(encoding="utf-8"))
QUICK = (
    "a message is not counted",
    "leaving withdraws nothing",
    "a list that was rolled back is taken",
    "a review does not remember the list",
    "a crossing begins the session anew",
)
"""Mutants that a few rounds find."""
ROUNDS = 160
"""Fit into a minute of one quiet core (0.2 to 0.4 s each)."""


def hunted(name: str, **limits: float | None) -> Hunted:
    return hunt(grounds(BY_NAME[name].logic()), **limits)  # seconds, rounds


@pytest.mark.parametrize("name", QUICK)
def test_it_finds_the_mutant_and_makes_the_way_there_short(name: str) -> None:
    found = hunted(name, seconds=None, rounds=40)
    assert found.violation is not None and found.ground is not None
    assert len(found.violation.path) <= 2 * SHORTEST[name]
    assert len(found.violation.path) <= found.length + 1
    confirm(found.ground.make(), found.violation)


def kiosks(most: int) -> tuple[Ground, ...]:
    return (Ground({"most": most}, lambda: kiosk.subject(most)),)


def test_any_machine_is_played_and_what_is_violated_is_made_short() -> None:
    found = hunt(kiosks(2), seconds=None, rounds=10)
    assert found.violation is not None
    assert str(found.violation.path[-1].action) == "clerk: open()" and len(found.violation.path) <= 11
    confirm(kiosk.subject(2), found.violation)


def test_a_small_room_is_played_until_nothing_in_it_is_new() -> None:
    course = Course(segment_subject(Bounds(2, 0, 1)))
    for number in range(40):
        play(course, number=number)
        if course.rests and not course.stands:
            break
    assert course.stands == []
    assert course.states == explore(course.subject.machine).states


def test_a_rule_for_each_transition_and_bundles_of_members_messages_and_segments() -> None:
    course = Course(segment_subject(Bounds(2, 1, 1)))
    machine = machine_for(course)
    rules = {rule.function.__name__: rule for rule in machine.setup_state().rules}
    assert set(rules) == {*course.walker.operations, "turn"}
    for name in course.walker.operations:
        drawn = {one.name for one in rules[name].arguments_strategies.values() if isinstance(one, Bundle)}
        assert (drawn, rules[name].targets) == ({"members", "messages"}, ("messages",))
    assert rules["turn"].targets == ("segments",)
    run = machine()
    create, grant, join, exchange = map(course.walker.operations.index, ("create", "grant", "join", "exchange"))
    assert run.take(create, "alice", None, 0) == [HEADER, ACL]
    stood = run.stand()
    assert run.take(grant, "alice", ACL, 0) == [ACL]
    for who in ("bob", "alice"):
        assert run.take(join, who, ACL, 0) == [cell(who)]
    assert run.take(exchange, "bob", cell("alice"), 0) == [lane("alice", "bob")]
    assert [choice.action for choice in run.trail] == [
        next(at for at, one in enumerate(course.walker.machine.actions) if str(one).startswith(begins))
        for begins in ("alice: create", "alice: grant(bob", "bob: join", "alice: join", "bob: exchange")
    ]
    run.go_on(stood)
    assert len(run.trail) == 1 and run.take(grant, "alice", ACL, 0) == [ACL]


def test_the_same_seed_does_the_same_and_another_does_not() -> None:
    def result(number: int) -> tuple[object, object]:
        found = hunt(grounds(), seconds=None, rounds=1, number=number, runs=10)
        return found.violation, found.coverage.to_json()

    assert result(7) == result(7)
    assert result(7) != result(8)


def test_the_engine_passes_and_the_report_says_what_was_covered_and_what_never() -> None:
    found = hunt(grounds(), seconds=None, rounds=8, runs=8)
    assert found.violation is None and found.subject is None
    covered = found.coverage
    assert covered.runs >= 8 * 8 and covered.steps > 2_000 and len(found.covered) == 8
    expected = {row.operation: [code.removesuffix("-") for code in refusals(row)] for row in TABLE}
    assert {row.operation for row in TABLE} <= set(covered.accepted)
    missed = covered.never(expected)
    assert "join refused by SEG-JOIN-1" not in missed
    assert len(missed) < sum(map(len, expected.values())) - 50
    assert all(refused in expected[name] for name, refused in covered.refused if name in expected)


def test_what_no_run_came_to_is_named() -> None:
    nothing = Coverage()
    assert nothing.never({"open": ("KIOSK-1",)}) == ["open accepted", "open refused by KIOSK-1"]


def test_time_that_is_over_ends_a_hunt_which_then_says_nothing_is_proved() -> None:
    found = hunt(grounds(), seconds=0.0)
    assert (found.violation, found.covered) == (None, ())


@pytest.mark.full
@pytest.mark.timeout(7200)
def test_it_finds_nine_mutants_of_ten_within_its_budget_and_makes_the_way_there_short() -> None:
    """As many rounds as fit into the seconds that a hunt has by itself, counted so that no load changes the result."""
    found = {name: hunted(name, seconds=None, rounds=ROUNDS).violation for name in BY_NAME}
    missed = [name for name, violation in found.items() if violation is None]
    long = [name for name, violation in found.items() if violation and len(violation.path) > 2 * SHORTEST[name]]
    assert len(missed) + len(long) <= len(BY_NAME) // 10, (missed, long)
