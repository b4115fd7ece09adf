"""`check segment --pinned`: what is committed is shown, explored anew and compared; what differs is told."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from lockedroom.cli.exits import Exit
from lockedroom.conformance.reports import pinned_schema
from lockedroom.conformance.schemas import check, validator_of
from lockedroom.model.segment import pins
from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.pins import Group, Pin
from tests.cli.run import inside

TINY = [pin for pin in pins.pins("small") if pin.states < 600]


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    committed(monkeypatch, TINY)


def committed(monkeypatch: pytest.MonkeyPatch, found: list[Pin]) -> None:
    def known(group: Group) -> tuple[Pin, ...]:
        return tuple(found) if group == "small" else ()

    monkeypatch.setattr(pins, "pins", known)


def test_what_is_committed_is_shown_by_bounds_and_by_what_it_witnesses() -> None:
    ran = inside("check", "segment", "--pinned", "listed")
    assert ran.code == Exit.HOLDS
    assert "374" in ran.out and "2/1/1" in ran.out and "nothing was explored now" in ran.out
    (join,) = [line for line in ran.out.splitlines() if line.split()[:1] == ["join"]]
    assert join.split()[2] == str(len(TINY)), join
    assert "not witnessed within these bounds: " in ran.out and "rotate" in ran.out


def test_what_was_written_down_without_its_cost_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    committed(monkeypatch, [TINY[0], replace(TINY[1], seconds=0.0, engine_calls=0, taken={}, shown={}, judged={})])
    ran = inside("check", "segment", "--pinned", "listed", env={"COLUMNS": "160"})
    (bare,) = [line for line in ran.out.splitlines() if "–" in line and "as committed" in line]
    assert "holds" not in ran.out and bare.split().count("–") == 2
    assert "as committed: explored earlier, when it was written down, and not now" in ran.out
    assert "of 1 of these bounds states alone are committed" in ran.out


def test_what_is_explored_anew_is_one_object_as_the_schema_says() -> None:
    ran = inside("check", "segment", "--pinned", "small", "--json")
    answer = json.loads(ran.out)
    check(validator_of(pinned_schema()), answer)
    assert (ran.code, answer["verdict"], answer["explored"]) == (Exit.HOLDS, "holds", True)
    assert [run["states"] for run in answer["runs"]] == [pin.states for pin in TINY]
    progress = next(one for one in answer["properties"] if one["name"] == "progress")
    assert progress["times"] and progress["mutants"]
    assert {"rotate", "acknowledge"} <= set(answer["missing"])


def test_bounds_that_have_shrunk_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    committed(monkeypatch, [replace(TINY[0], states=TINY[0].states + 1)])
    ran = inside("check", "segment", "--pinned", "small")
    assert ran.code == Exit.REFUSED
    assert f"states: pinned {TINY[0].states + 1}, counted {TINY[0].states}" in ran.out


def test_a_limit_leaves_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    committed(monkeypatch, [replace(TINY[0], bounds=Bounds(2, 2, 2))])
    ran = inside("check", "segment", "--pinned", "small", "--time-limit", "0.3")
    assert ran.code == Exit.INCOMPLETE and "the time limit" in ran.out


@pytest.mark.parametrize("more", [("--members", "3"), ("--mutant", "x"), ("--walks", "2"), ("--memory", "1MB")])
def test_it_is_asked_for_alone(more: tuple[str, ...]) -> None:
    ran = inside("check", "segment", "--pinned", "listed", *more)
    assert ran.code == Exit.USAGE and more[0] in ran.err
    assert inside("check", "stash", "--pinned", "listed").code == Exit.USAGE
