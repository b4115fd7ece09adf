"""`check`: the JSON object, limits, interruption, and counterexamples: checked again, drawn, written, reproduced."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from lockedroom.cli import counterexample
from lockedroom.cli.exits import Exit
from lockedroom.cli.tables import exploration_table
from lockedroom.cli.terminal import console
from lockedroom.conformance.reports import check_schema
from lockedroom.conformance.schemas import Mismatch, check, validator_of
from lockedroom.model import verdict
from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.mutants import BY_NAME
from tests.cli.run import inside, interrupted, lockedroom

DEEP = ("--messages", "0", "--rotations", "2", "--mutant", "no epoch is numbered above three")
"""A check that fails after 20 steps, in less than a second."""


def test_the_answer_is_one_object_on_standard_output() -> None:
    ran = lockedroom("check", "segment", "--members", "2", "--messages", "1", "--joins", "1", "--json")
    assert (ran.code, ran.err) == (0, "")
    answer = json.loads(ran.out)
    check(validator_of(check_schema()), answer)
    assert answer["verdict"] == "holds" and answer["complete"] is True
    assert answer["bounds"]["members"] == 2 and answer["bounds"]["intruder"] == 0
    for found in answer["properties"]:
        assert {"name", "class", "clauses", "verdict"} <= found.keys()
        assert found["clauses"]


def test_a_violation_is_one_object_as_the_schema_says_too() -> None:
    ran = inside("check", "segment", *DEEP, "--json")
    answer = json.loads(ran.out)
    check(validator_of(check_schema()), answer)
    assert ran.code == Exit.REFUSED and answer["verdict"] == "violated"
    assert len(answer["counterexample"]["path"]) == 20
    with pytest.raises(Mismatch):
        check(validator_of(check_schema()), {**answer, "mood": "gloomy"})


def test_the_tables_say_what_was_explored_and_what_holds() -> None:
    ran = lockedroom("check", "segment", env={"COLUMNS": "200"})
    assert ran.code == 0
    assert "all there are" in ran.out and "segment binding" in ran.out and "SEG-" in ran.out
    assert "\x1b" not in ran.out


def test_an_insider_is_asked_for_and_said() -> None:
    room = ("check", "segment", "--members", "3", "--messages", "0", "--insider", "1")
    ran = inside(*room, "--intruder", "1", "--json")
    assert ran.code == Exit.HOLDS
    answer = json.loads(ran.out)
    assert answer["bounds"]["insider"] == 1 and answer["verdict"] == "holds"
    unknown = next(found for found in answer["properties"] if found["name"] == "no unknown key share")
    assert unknown["verdict"] == "holds"
    ran = inside(*room)
    assert ran.code == Exit.USAGE and "intruder 1 or more" in ran.err


def test_a_time_limit_ends_it_without_an_answer() -> None:
    ran = lockedroom("check", "segment", "--members", "3", "--messages", "3", "--joins", "3", "--time-limit", "2")
    assert ran.code == Exit.INCOMPLETE
    assert "time limit" in ran.out and "not all" in ran.out


def test_ctrl_c_ends_it_with_what_it_has() -> None:
    ran = interrupted("check", "segment", "--members", "3", "--messages", "3", "--joins", "3", "--json")
    assert ran.code == Exit.INTERRUPTED, ran
    answer = json.loads(ran.out)
    assert answer["verdict"] == "incomplete" and answer["complete"] is False and answer["states"] > 1


@pytest.mark.parametrize("option", ["--trace", "--svg"])
def test_nothing_is_written_over_another_file(option: str, tmp_path: Path) -> None:
    file = tmp_path / "mine"
    file.write_text("mine")
    ran = inside("check", "segment", option, file)
    assert ran.code == Exit.USAGE and "exists already" in ran.err
    assert file.read_text() == "mine"


def test_a_file_that_came_meanwhile_is_not_written_over_either(tmp_path: Path) -> None:
    file = tmp_path / "late"
    file.write_text("mine")
    with pytest.raises(FileExistsError):
        counterexample.write_new(file, "ours")
    assert file.read_text() == "mine" and [found.name for found in tmp_path.iterdir()] == ["late"]
    with pytest.raises(FileNotFoundError, match="nowhere"):
        counterexample.write_new(tmp_path / "nowhere" / "file", "ours")


def test_a_mistake_twenty_steps_deep_is_drawn_written_and_reproduced(tmp_path: Path) -> None:
    trace, picture = tmp_path / "trace.json", tmp_path / "chart.svg"
    ran = lockedroom("check", "segment", *DEEP, "--trace", trace, "--svg", picture, env={"COLUMNS": "110"})
    assert (ran.code, ran.err) == (Exit.REFUSED, "")
    assert "nothing committed is lost is violated: alice removes what bob left for it" in ran.out
    assert "20       ✗          │      receive from bob: refused, SEG-RECEIVE-7 (" in ran.out
    assert "member:alice: roster none → Roster(…), presence none → Presence(…)" in ran.out
    value = json.loads(trace.read_text())
    assert len(value["states"]) == 21
    assert value["#meta"]["machine"]["mutant"] == DEEP[-1]
    assert picture.read_text().startswith("<svg ") and ">20</text>" in picture.read_text()
    assert {found.name for found in tmp_path.iterdir()} == {"trace.json", "chart.svg"}
    again = lockedroom("replay", trace, env={"COLUMNS": "110"})
    assert (again.code, again.err) == (0, "")
    assert "reproduced: nothing committed is lost is violated" in again.out
    assert ran.out[ran.out.index("  1   ") : ran.out.index("not complete")].strip() in again.out


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("one.json", "two.json")]
    for file in files:
        assert inside("check", "segment", *DEEP, "--trace", file, "--json").code == Exit.REFUSED
    assert files[0].read_bytes() == files[1].read_bytes()


def test_a_mistake_that_nobody_knows_is_a_usage_error() -> None:
    ran = inside("check", "segment", "--mutant", "no such mistake")
    assert ran.code == Exit.USAGE and "there are: " in ran.err


def test_a_counterexample_that_does_not_validate_is_no_verdict(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def wrong(*arguments: object, **named: object) -> verdict.CheckReport:
        report = check(bounds=Bounds(2, 0, 1, rotations=2), logic=BY_NAME[DEEP[-1]].logic())
        assert report.counterexample is not None
        found = replace(report.counterexample, path=report.counterexample.path[:-2])
        return replace(report, counterexample=found)

    check = verdict.check
    monkeypatch.setattr(verdict, "check", wrong)
    file = tmp_path / "trace.json"
    ran = inside("check", "segment", *DEEP, "--trace", file)
    assert ran.code == Exit.INCOMPLETE and ran.out == ""
    assert "does not validate: step 18 of 18: at the end: it holds there" in ran.err
    assert "no pure function of what it reads, or this is a fault of lockedroom" in ran.err
    assert not file.exists()


def test_which_reductions_are_on_is_said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    report = verdict.check(bounds=Bounds(2, 0, 1))
    console().print(exploration_table(report))
    assert re.search(r"reductions +none", capsys.readouterr().out)
    assert report.to_json()["reductions"] == []
    (phase,) = report.phases
    named = replace(phase, exploration=replace(phase.exploration, reductions=("symmetry: of states that are alike",)))
    report = replace(report, phases=(named, named))
    console().print(exploration_table(report))
    assert re.search(r"reductions +symmetry: of states that are alike", capsys.readouterr().out)
    assert report.to_json()["reductions"] == ["symmetry: of states that are alike"]


def test_a_profile_without_a_defence_falls_and_its_trace_says_which(tmp_path: Path) -> None:
    file = tmp_path / "crossed.json"
    ran = lockedroom("check", "segment", "--profile", "hardened -tie-break", "--trace", file)
    assert (ran.code, ran.err) == (Exit.REFUSED, "")
    assert "agreement after concurrent exchange or rotation is violated" in ran.out
    assert "hardened -tie-break" in ran.out
    assert json.loads(file.read_text())["#meta"]["machine"]["profile"] == "hardened -tie-break"
    again = lockedroom("replay", file)
    assert (again.code, again.err) == (0, "")
    assert "reproduced: agreement after concurrent exchange or rotation is violated" in again.out


@pytest.mark.parametrize("profile", ["soft", "hardened -moat", "hardened tie-break", ""])
def test_what_is_no_profile_is_a_usage_error(profile: str) -> None:
    ran = lockedroom("check", "segment", "--profile", profile)
    assert (ran.code, ran.out) == (Exit.USAGE, "")
    assert ran.err.startswith("lockedroom: ")
