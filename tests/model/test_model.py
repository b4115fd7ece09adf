"""Models as users write them: properties by names of slots, what is found of them, and what is wrong with them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lockedroom.checking import (
    Action,
    Always,
    CanStill,
    EachStep,
    Machine,
    Model,
    ModelError,
    Outcome,
    Slot,
    Sometimes,
    SometimesStep,
    SubjectReport,
    Symmetry,
    action,
    check,
    refused,
)

LAMP, HANDS = Slot("lamp"), Slot("hands", "ann")


def turn(lamp: int, hands: int) -> object:
    if hands == 3:
        return refused("LAMP-2")
    return ((lamp + 1) % 3, hands + 1)


TURN = action("turn", "ann", reads=(LAMP, HANDS), writes=(LAMP, HANDS), taken=turn, way="up")
REST = action("rest", "ann", reads=(HANDS,), writes=(HANDS,), taken=lambda hands: 0 if hands == 3 else None)
MACHINE = Machine("a lamp", {LAMP: 0, HANDS: 0}, (TURN, REST))
HOLDING = (
    Always("no more than three", ("hands:ann",), lambda hands: hands <= 3, clauses=("LAMP-1", "LAMP-3")),
    EachStep("one more", lambda step: step.after["lamp"] != step.before["lamp"], operations=("turn",)),
    Sometimes("bright", ("lamp",), lambda lamp: lamp == 2),
    SometimesStep("a rest", lambda step: step.after["hands:ann"] == 0, operations=("rest",)),
    CanStill("put out", lambda step: step.after.get("lamp") == 0, ("lamp",), lambda lamp: lamp > 0),
)


def found(report: SubjectReport) -> set[tuple[str, str]]:
    return {(one.kind, one.name) for one in report.findings}


@pytest.mark.parametrize("direct", [False, True])
def test_a_model_that_holds_is_judged_by_all_its_properties(direct: bool) -> None:
    report = check(Model(MACHINE, HOLDING, {"turn": ("LAMP-2",)}), direct=direct)
    assert (report.verdict, found(report)) == ("holds", set())
    assert {one.name: (one.verdict, one.clauses) for one in report.properties} == {
        "no more than three": ("holds", ("LAMP-1", "LAMP-3")),
        "one more": ("holds", ()),
        "put out": ("holds", ()),
    }
    assert report.exploration.operations == {"turn": 3, "rest": 1}


@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.parametrize(
    ("wrong", "says", "steps"),
    [
        (Always("dim", ("lamp", HANDS), lambda lamp, hands: lamp < 2), "lamp is 2, hands:ann is 2", 2),
        (Always("dim", (LAMP,), lambda lamp: lamp < 2 or "too bright"), "too bright", 2),
        (EachStep("lazy", lambda step: step.before["hands:ann"] < 2, ("turn",)), "turn where lamp is 2", 3),
        (CanStill("a second rest", lambda step: step.operation == "rest", by=lambda a: a.operation == "turn"), "", 0),
    ],
)
def test_what_is_violated_says_how(wrong: Always | EachStep | CanStill, says: str, steps: int, direct: bool) -> None:
    report = check(Model(MACHINE, (wrong,)), direct=direct)
    assert report.verdict == "violated" and report.violation is not None
    assert report.violation.property == wrong.name
    assert says in report.violation.message
    assert len(report.violation.path) == steps


@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.parametrize(
    ("before", "after", "finding"),
    [
        (
            Model(MACHINE, (Always("late", ("lamp",), lambda lamp: False, when=lambda lamp: lamp > 5),)),
            Model(MACHINE, (Always("late", ("lamp",), lambda lamp: True, when=lambda lamp: lamp > 1),)),
            ("vacuous property", "late"),
        ),
        (
            Model(MACHINE, (EachStep("late", lambda step: False, when=lambda step: step.before.get("lamp") == 5),)),
            Model(MACHINE, (EachStep("late", lambda step: True, when=lambda step: step.before.get("lamp") == 2),)),
            ("vacuous property", "late"),
        ),
        (
            Model(MACHINE, (Sometimes("bright", ("lamp",), lambda lamp: lamp == 3),)),
            Model(MACHINE, (Sometimes("bright", ("lamp",), lambda lamp: lamp == 2),)),
            ("never happened", "bright"),
        ),
        (
            Model(MACHINE, (SometimesStep("by hand", lambda step: step.actor == "bob"),)),
            Model(MACHINE, (SometimesStep("by hand", lambda step: step.arguments == {"way": "up"}),)),
            ("never happened", "by hand"),
        ),
        (
            Model(MACHINE, refusals={"rest": ("LAMP-2",)}),
            Model(MACHINE, refusals={"turn": ("LAMP-2",)}),
            ("guard never false", "rest, LAMP-2"),
        ),
        (
            Model(replace(MACHINE, actions=(TURN, action("rest", taken=lambda: None)))),
            Model(MACHINE),
            ("never enabled", "rest"),
        ),
        (
            Model(replace(MACHINE, actions=(TURN, action("rest", taken=lambda: refused("LAMP-9"))))),
            Model(MACHINE),
            ("always refused", "rest"),
        ),
    ],
)
def test_a_finding_appears_and_goes(before: Model, after: Model, finding: tuple[str, str], direct: bool) -> None:
    assert found(check(before, direct=direct)) == {finding}
    assert found(check(after, direct=direct)) == set()


def test_nothing_is_found_of_what_was_not_explored() -> None:
    report = check(Model(MACHINE, (Sometimes("bright", ("lamp",), lambda lamp: lamp == 3),)), state_limit=2)
    assert (report.verdict, report.reason, report.findings) == ("incomplete", "the limit of 2 states", ())


def made(name: str, run: object, **more: object) -> Model:
    bad = Action(name, "", (), (LAMP,), (LAMP,), run)  # what a user could write
    return Model(replace(MACHINE, actions=(bad,), **more))


@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.parametrize(
    ("model", "says"),
    [
        (
            made("mess", lambda held: (Outcome(([],)),)),
            "what : mess() writes into lamp is list, which cannot be hashed",
        ),
        (made("more", lambda held: (Outcome((1, 2)),)), ": more() gives 2 values, and writes lamp"),
        (made("none", lambda held: None), ": none() gives None"),
        (made("bare", lambda held: Outcome((1,))), "returns a tuple of Outcome"),
        (made("grow", lambda held: (), monotone=frozenset({LAMP})), "the monotone slot lamp holds no frozenset"),
        (made("set", lambda held: (), initial={LAMP: []}), "the first value of lamp is list"),
        (Model(replace(MACHINE, actions=())), "has no actions"),
        (Model(replace(MACHINE, actions=(7,))), "7 is no action"),
        (Model(replace(MACHINE, initial=[LAMP])), "map each slot to one"),
        (Model(replace(MACHINE, initial={"lamp": 0})), "'lamp' is no slot"),
        (Model(MACHINE, HOLDING[0]), "give a tuple of them"),
        (Model(Machine("bare", {HANDS: 0}, (TURN,))), "ann: turn(up) names the slot lamp, which the machine has not"),
        (Model(replace(MACHINE, actions=(replace(REST, writes=(HANDS, HANDS)),))), "writes a slot twice"),
        (Model(MACHINE, (Always("x", ("attic",), lambda attic: True),)), "x: the machine has no slot attic"),
        (Model(MACHINE, (Always("x", "lamp", lambda *seen: True),)), "give a tuple of names"),
        (Model(MACHINE, (EachStep("x", lambda step: True, ("fly",)),)), "x: the machine has no operation fly"),
        (Model(MACHINE, refusals={"fly": ()}), "the machine has no operation fly"),
        (Model(MACHINE, (HOLDING[0], HOLDING[0])), "two properties are called"),
        (Model(MACHINE, (7,)), "7 is no property"),
        (Model(MACHINE, (Always("x", ("lamp",), lambda lamp: 1 / lamp > 0),)), "'x' raised ZeroDivisionError"),
        (Model(MACHINE, (EachStep("x", lambda step: step.after["y"] == 1),)), "'x' raised KeyError"),
        (Model(MACHINE, (SometimesStep("x", lambda step: step.after["y"] == 1),)), "'x' raised KeyError"),
        (Model(MACHINE, (CanStill("x", lambda step: step.after["y"] == 1),)), "'x' raised KeyError"),
        (Model(MACHINE, (CanStill("x", lambda step: False, ("lamp",), lambda lamp: 1 / lamp > 0),)), "ZeroDivision"),
    ],
)
def test_what_is_no_model_is_told_in_words(model: Model, says: str, direct: bool) -> None:
    with pytest.raises(ModelError) as caught:
        check(model, direct=direct)
    assert says in str(caught.value)


def test_a_symmetry_folds_what_it_may() -> None:
    cups = tuple(Slot("cup", name) for name in ("a", "b"))
    fill = [action("fill", cup.owner, reads=(cup,), writes=(cup,), taken=lambda full: full or True) for cup in cups]
    symmetry = Symmetry(("a", "b"), lambda slot, value, names: value)
    model = Model(
        Machine("cups", dict.fromkeys(cups, False), tuple(fill), symmetry=symmetry),
        (Sometimes("only b", ("cup:a", "cup:b"), lambda a, b: b and not a),),
    )
    assert check(model).exploration.states == 3
    assert check(model, symmetry=False).exploration.states == 4
    assert found(check(model)) == set()
