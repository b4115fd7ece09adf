"""The validator: it believes no path, finds every kind of fault in one, and says why a trace does not replay."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path as File
from types import ModuleType

import pytest

from lockedroom.model import itf, validator
from lockedroom.model.explore import explore
from lockedroom.model.itf import state_itf
from lockedroom.model.report import Path, Taken, Violation
from lockedroom.model.tabulated.explorer import Tabulated
from lockedroom.model.validator import Run, Subject, Unconfirmed, Wanted, confirm, retrace
from lockedroom.reference.machine import Outcome
from tests.model import kiosk

Edit = Callable[[Path], Path]


def found(subject: Subject, name: str) -> Violation:
    """What the explorer finds of one property."""
    judge = subject.judge if name == "dry inside" else None
    rules = [rule for rule in subject.invariants if rule.property == name]
    (violation, *_) = explore(subject.machine, judge=judge, invariants=rules).violations
    return violation


def wanted(run: Run) -> list[Wanted]:
    return [
        Wanted(
            done.action.actor,
            done.action.operation,
            {name: itf.itf(value) for name, value in done.action.arguments},
            done.outcome.label,
            done.outcome.clause,
            tuple(map(itf.itf, done.outcome.events)),
            state_itf(done.after),
        )
        for done in run.steps
    ]


@pytest.mark.parametrize(("name", "steps"), [("dry inside", 4), ("not too rich", 8)])
def test_what_explorers_find_is_confirmed(name: str, steps: int) -> None:
    subject = kiosk.subject()
    violation = found(subject, name)
    run = confirm(subject, violation)
    assert (run.property, run.message, len(run.steps)) == (name, violation.message, steps)
    judge = subject.judge if name == "dry inside" else None
    rules = [rule for rule in subject.invariants if rule.property == name]
    for other in Tabulated(subject.machine, judge, rules).run().violations:
        assert len(confirm(subject, other).steps) == steps


def swapped(path: Path) -> Path:
    return (*path[:-2], path[-1], path[-2])


def forged(path: Path) -> Path:
    """Its first step writes what the action does not."""
    first = path[0]
    assert first.outcome.writes is not None
    return (Taken(first.action, replace(first.outcome, writes=(5,))), *path[1:])


def without_growth(path: Path) -> Path:
    return (Taken(path[0].action, replace(path[0].outcome, grows=())), *path[1:])


def foreign(path: Path) -> Path:
    """Its first step is by an action that the machine does not have, though it gives the same."""
    return (Taken(replace(path[0].action, operation="steal"), path[0].outcome), *path[1:])


FAULTS: list[tuple[str, Edit, str]] = [
    ("a step is missing", lambda path: path[:1] + path[2:], "gives"),
    ("the last step is missing", lambda path: path[:-1], "it holds there"),
    ("no step at all", lambda path: (), "it holds there"),
    ("steps in another order", swapped, "gives"),
    ("a step that writes something else", forged, "not an outcome"),
    ("a step that does not add to a set", without_growth, "not an outcome"),
    ("a step of no action", foreign, "the machine has no action"),
    ("a step after the violation", lambda path: (*path, path[0]), "violated here already"),
]


@pytest.mark.parametrize(("edit", "says"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS])
def test_a_path_that_is_no_counterexample_is_not_confirmed(edit: Edit, says: str) -> None:
    subject = kiosk.subject()
    violation = found(subject, "not too rich")
    with pytest.raises(Unconfirmed, match=says) as caught:
        confirm(subject, replace(violation, path=edit(violation.path)))
    assert "its counterexample does not validate" in str(caught.value)


def test_another_message_or_property_is_not_confirmed() -> None:
    subject = kiosk.subject()
    violation = found(subject, "dry inside")
    with pytest.raises(Unconfirmed, match="not: it snows"):
        confirm(subject, replace(violation, message="it snows"))
    with pytest.raises(Unconfirmed, match="it holds there"):
        confirm(subject, replace(violation, property="not too rich"))


def test_a_state_may_violate_one_property_in_several_ways() -> None:
    subject = kiosk.subject()
    (rule,) = subject.invariants
    other = replace(rule, judge=lambda seen: "too rich" if isinstance(rule.judge(seen), str) else True)
    subject = replace(subject, invariants=(rule, other))
    violation = found(subject, rule.property)
    for message in ("too rich", violation.message):
        run = confirm(subject, replace(violation, message=message))
        start = state_itf(subject.machine.initial)
        assert retrace(subject, start, wanted(run), rule.property, message).run.message == message


def test_progress_is_checked_by_a_search_of_its_own() -> None:
    subject = kiosk.subject()
    turn = next(action for action in subject.machine.actions if action.operation == "turn")
    brighter, darker = turn.run(("grey",))
    stuck = Violation("rain ends", "it rains for ever", (Taken(turn, darker),))
    assert len(confirm(subject, stuck).steps) == 1
    assert retrace(subject, state_itf(subject.machine.initial), wanted(confirm(subject, stuck)), "rain ends").reproduced
    with pytest.raises(Unconfirmed, match="can still be reached"):
        confirm(subject, replace(stuck, path=()))
    with pytest.raises(Unconfirmed, match="not enabled"):
        confirm(subject, replace(stuck, path=(Taken(turn, brighter), Taken(turn, darker))))


def test_a_violation_in_the_first_state_has_an_empty_path() -> None:
    rule = replace(kiosk.subject().invariants[0], judge=lambda seen: "from the start")
    subject = replace(kiosk.subject(), invariants=(rule,))
    (violation,) = explore(subject.machine, invariants=subject.invariants).violations
    assert confirm(subject, violation).steps == ()
    assert retrace(subject, state_itf(subject.machine.initial), (), rule.property).reproduced


# ---- traces ------------------------------------------------------------------------------------------


def trace(name: str = "dry inside") -> tuple[Subject, list[Wanted]]:
    subject = kiosk.subject()
    return subject, wanted(confirm(subject, found(subject, name)))


@pytest.mark.parametrize("name", ["dry inside", "not too rich"])
def test_a_trace_is_reproduced(name: str) -> None:
    subject, steps = trace(name)
    seen: list[int] = []
    result = retrace(
        subject, state_itf(subject.machine.initial), steps, name, watch=lambda number, step, done: seen.append(number)
    )
    assert result.reproduced and result.run.property == name and result.run.message
    assert seen == list(range(1, len(steps) + 1))


def parting_of(subject: Subject, steps: list[Wanted], name: str = "dry inside") -> validator.Parting:
    result = retrace(subject, state_itf(subject.machine.initial), steps, name)
    assert result.parting is not None and not result.reproduced
    assert result.parting.prefix == len(result.run.steps)
    return result.parting


def test_a_refusal_names_its_clause_and_reason() -> None:
    subject, steps = trace()
    steps = [step for step in steps if step.operation != "insert"]
    steps = [replace(step, after={**step.after, "coins": 0, "seen": {"#set": []}}) for step in steps]
    parting = parting_of(replace(subject, explain=lambda action, state: "three coins are needed"), steps)
    assert (parting.prefix, parting.step) == (1, "clerk: open()")
    assert parting.problem == "in the trace it is taken, here it is refused by KIOSK-1"
    assert parting.guard == "KIOSK-1: three coins are needed"
    assert [(slot, str(one)) for slot, one in parting.differences] == [
        ("door:clerk", "open yes → no"),
        ("door:clerk", "times 1 → 0"),
    ]
    assert parting.enabled == ("visitor: insert(1)", "visitor: insert(2)")


def test_an_action_that_is_not_enabled_names_the_part_and_what_it_looks_at() -> None:
    subject, steps = trace()
    shut = replace(steps[0], actor="clerk", operation="shut", arguments={})
    parting = parting_of(subject, [shut])
    assert parting.problem == "it is not enabled: it gives no outcome"
    assert parting.guard == "lock of clerk, which looks at door:clerk = Door(open no, times 0)"
    assert parting.enabled == ("visitor: insert(1)", "visitor: insert(2)", ": turn() brighter", ": turn() darker")


def test_what_else_can_differ_is_told_apart() -> None:
    subject, steps = trace()
    (at,) = (number for number, step in enumerate(steps) if step.operation == "turn")
    first = steps[0]

    def altered(number: int, **change: object) -> validator.Parting:
        edited = [*steps[:number], replace(steps[number], **change), *steps[number + 1 :]]
        parting = parting_of(subject, edited)
        assert parting.prefix == number
        return parting

    assert "no choice 'colder'" in altered(at, choice="colder").problem
    assert altered(at, choice="colder").guard == "its choices there are 'brighter', 'darker'"
    other = altered(0, arguments={"coin": 9})
    assert other.problem == "the machine has no such action" and "insert(1)" in other.guard
    assert altered(0, actor="thief").guard == "of thief it has none"
    assert "other events" in altered(len(steps) - 1, events=()).problem
    state = altered(0, after={**first.after, "coins": 5})
    assert state.problem == "it leads to another state"
    assert [(slot, str(one)) for slot, one in state.differences] == [("coins", f"5 → {first.after['coins']}")]
    assert "here it is taken" in altered(0, clause="KIOSK-1").problem


def test_a_trace_whose_property_holds_or_was_violated_before_is_not_reproduced() -> None:
    subject, steps = trace()
    assert "at the end dry inside holds" in parting_of(subject, steps[:-1]).problem
    other = parting_of(subject, steps, "not too rich").problem
    assert "not too rich holds; violated is dry inside: it is opened in the rain" in other
    _, rich = trace("not too rich")
    again = Wanted("clerk", "open", {}, "", None, (), {})
    assert "violated already before this step" in parting_of(subject, [*rich, again], "not too rich").problem


def test_another_first_state_is_told() -> None:
    subject, steps = trace()
    result = retrace(subject, {**state_itf(subject.machine.initial), "coins": 1}, steps, "dry inside")
    assert result.parting is not None
    assert (result.parting.prefix, result.parting.step) == (0, "")
    assert "first state" in str(result.parting)
    assert [(slot, str(one)) for slot, one in result.parting.differences] == [("coins", "1 → 0")]


def test_of_several_outcomes_with_one_label_the_one_that_fits_is_taken() -> None:
    subject = kiosk.subject()

    def turn(values: tuple[object, ...]) -> tuple[Outcome, ...]:
        return (Outcome(("sun",)), Outcome(("rain",))) if values[0] == "grey" else ()

    actions = tuple(
        replace(action, run=turn) if action.operation == "turn" else action for action in subject.machine.actions
    )
    subject = replace(subject, machine=replace(subject.machine, actions=actions))
    steps = wanted(confirm(subject, found(subject, "dry inside")))
    assert retrace(subject, state_itf(subject.machine.initial), steps, "dry inside").reproduced


@pytest.mark.parametrize("module", [validator, itf])
def test_no_code_of_a_search_is_used(module: ModuleType) -> None:
    imported = {
        node.module
        for node in ast.walk(ast.parse(File(str(module.__file__)).read_text()))
        if isinstance(node, ast.ImportFrom) and node.module
    }
    ours = {name for name in imported if name.startswith("lockedroom.model")}
    assert ours <= {"lockedroom.model.itf", "lockedroom.model.report"}
