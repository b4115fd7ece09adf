"""Machines of users: loaded by path and attribute, with their rules; a trace that names one replays on it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from lockedroom.cli.counterexample import Confirmed, save
from lockedroom.cli.exits import Exit, Problem
from lockedroom.cli.modules import is_target, user_subject
from lockedroom.cli.subjects import subject_named
from lockedroom.conformance.model_trace import Named
from lockedroom.model.tabulated.explorer import Tabulated
from lockedroom.model.validator import confirm
from tests.cli.run import inside, lockedroom
from tests.tree import ROOT

MODULE = """
from lockedroom.model.report import Invariant
from lockedroom.reference.machine import Action, Machine, Outcome, Slot

LIGHT = Slot("light")

def flip(values):
    return (Outcome((values[0] + 1,)),) if values[0] < 3 else ()

def machine(most: int = 2) -> Machine:
    return Machine("a light", {LIGHT: 0}, (Action("flip", "", (), (LIGHT,), (LIGHT,), flip),))

def invariants(most: int = 2):
    return [Invariant("dim", (LIGHT,), (lambda light: light,), lambda seen: seen[0] < most or f"{seen[0]} is bright")]

MACHINE = machine()
NUMBER = 7

def failing(): raise RuntimeError("no bulb")
TWINS = Machine("twins", {Slot("a", "b"): 0, Slot("a:b"): 0}, ())
"""
SEEDED = Named("tests/model/seeded.py:subject", {"members": 3, "messages": 1, "joins": 2})


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "light.py"
    path.write_text(MODULE)
    return path


def found(named: Named, symmetry: bool = False) -> Confirmed:
    subject = subject_named(named)
    tabulated = Tabulated(subject.machine, subject.judge, subject.invariants, symmetry=symmetry)
    (violation, *_) = tabulated.run().violations
    return Confirmed(subject, named, confirm(subject, violation))


@pytest.mark.parametrize(("attribute", "arguments", "steps"), [("MACHINE", {}, 2), ("machine", {"most": 3}, 3)])
def test_a_counterexample_of_a_users_machine_is_reproduced(
    module: Path, tmp_path: Path, attribute: str, arguments: dict[str, int], steps: int
) -> None:
    named = Named(f"{module}:{attribute}", arguments)
    trace, picture = tmp_path / "trace.json", tmp_path / "chart.svg"
    confirmed = found(named)
    save(confirmed, trace, picture)
    assert len(confirmed.run.steps) == steps
    before = list(sys.path)
    ran = inside("replay", trace, "--on", "model")
    assert (ran.code, ran.err) == (0, "")
    assert f"reproduced: dim is violated: {steps} is bright" in ran.out
    assert "flip" in ran.out and "light: 0 " in ran.out
    assert sys.path == before
    assert inside("replay", trace, "--on", "engine").code == Exit.USAGE


def test_another_machine_may_stand_in_for_the_one_that_is_named(module: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace.json"
    save(found(Named(f"{module}:machine", {"most": 2})), trace, None)
    moved = module.rename(tmp_path / "lamp.py")
    ran = inside("replay", trace)
    assert ran.code == Exit.USAGE and "there is no file" in ran.err
    assert inside("replay", trace, "--machine", f"{moved}:machine").code == 0


def test_an_action_that_raises_is_named(module: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace.json"
    save(found(Named(f"{module}:MACHINE", {})), trace, None)
    module.write_text(MODULE.replace("def flip(values):", "def flip(values):\n    if values[0]: raise OSError('fuse')"))
    ran = inside("replay", trace)
    assert ran.code == Exit.MALFORMED
    assert "flip() raised OSError: fuse" in ran.err and "light = 1" in ran.err and "fault of the machine" in ran.err


@pytest.mark.parametrize(
    ("attribute", "arguments", "says"),
    [
        ("NOTHING", {}, "has no NOTHING"),
        ("NUMBER", {}, "is int, no Machine"),
        ("MACHINE", {"most": 2}, "takes no arguments"),
        ("machine", {"least": 2}, "least"),
        ("TWINS", {}, "'a:b'"),
        ("failing", {}, "raised RuntimeError: no bulb (line 19 of light.py)"),
    ],
)
def test_what_is_no_machine_is_told_plainly(module: Path, attribute: str, arguments: dict[str, int], says: str) -> None:
    with pytest.raises(Problem) as caught:
        user_subject(f"{module}:{attribute}", arguments)
    assert says in caught.value.problem and caught.value.code == Exit.USAGE


@pytest.mark.parametrize(
    ("text", "says"), [("1 / 0", "ZeroDivisionError"), ("def", "SyntaxError"), ("import no_such", "no_such")]
)
def test_a_module_that_fails_is_told_plainly(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "bad.py"
    path.write_text(text)
    with pytest.raises(Problem, match=says):
        user_subject(f"{path}:MACHINE", {})


def test_targets_are_told_from_protocols() -> None:
    assert is_target("a/b.py:MACHINE") and is_target("b.py:machine")
    assert not any(map(is_target, ("segment", "b.py", "b.py:", "b.txt:X", "b.py:1")))


def test_a_mistake_twenty_steps_deep_in_b1_is_drawn_written_and_reproduced(tmp_path: Path) -> None:
    """By the symmetric exploration, which is the quicker: the trace is concrete all the same."""
    trace, picture = tmp_path / "trace.json", tmp_path / "chart.svg"
    wide = {"COLUMNS": "100"}
    numbers = [word for name, number in SEEDED.arguments.items() for word in ("--set", f"{name}={number}")]
    options = (*numbers, "--symmetry", "--trace", trace, "--svg", picture)
    ran = lockedroom("check", SEEDED.target, *options, env=wide, cwd=ROOT)
    assert ran.code == Exit.REFUSED and "lockedroom:" not in ran.err, ran.err
    assert "whoever left a message has a key is violated" in ran.out
    chart = ran.out[ran.out.index("  1   ") :].strip()
    assert " 22 " in chart and "local:m0: joined no → yes, joins 0 → 1" in chart
    assert picture.read_text().count('class="number"') == 22
    again = lockedroom("replay", trace, env=wide, cwd=ROOT)
    assert (again.code, again.err) == (0, "")
    assert "reproduced: whoever left a message has a key is violated" in again.out and chart in again.out
    right = lockedroom("replay", trace, "--machine", "benchmarks/b1.py:machine", "--json", cwd=ROOT)
    assert right.code == Exit.REFUSED
    divergence = json.loads(right.out)["divergence"]
    assert divergence["prefix"] == 21 and divergence["step"].endswith("leave()")
    assert divergence["problem"] == "it leads to another state"
    assert {one["slot"].partition(":")[0] for one in divergence["differences"]} == {"inbox"}


@pytest.mark.full
def test_it_is_the_same_length_without_symmetry() -> None:
    assert len(found(SEEDED).run.steps) == 22
