"""`defences`: the table, the charts, the JSON object and its schema, traces that replay, Ctrl-C."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from lockedroom.cli.exits import Exit
from lockedroom.conformance.reports import defences_schema
from lockedroom.model.segment import attacks, defences
from lockedroom.model.segment.attacks import Searched
from lockedroom.model.segment.bounds import Bounds
from lockedroom.reference.segment import profile as switch
from tests.cli.run import inside, interrupted, lockedroom

ONE = ("defences", "segment", "--only", switch.TIE_BREAK, "--jobs", "1")


def test_a_row_names_the_property_the_steps_and_the_bounds_and_draws_the_attack() -> None:
    ran = inside(*ONE, env={"COLUMNS": "160"})
    assert ran.code == 0, ran.err
    assert "agreement after concurrent exchange or rotation" in ran.out and "2 members, 1 message, 1 join" in ran.out
    assert "without tie-break, within 2 members, 1 message, 1 join:" in ran.out
    assert "accept from bob: crossed with ours" in ran.out
    assert "accounted: of 1 defences the loss of 1 alone admits an attack, that of 0 with another's, in" in ran.out
    assert "\x1b" not in ran.out


def test_the_answer_is_one_object_as_its_schema_says() -> None:
    ran = inside(*ONE, "--only", switch.LIFE_LOCKS, "--json")
    assert (ran.code, ran.err) == (0, "")
    answer = json.loads(ran.out)
    Draft202012Validator(dict(defences_schema())).validate(answer)
    assert answer["verdict"] == "accounted"
    rows = {row["name"]: row for row in answer["defences"]}
    assert set(rows) == {switch.TIE_BREAK, switch.LIFE_LOCKS}
    row = rows[switch.TIE_BREAK]
    assert (row["verdict"], row["off"], row["length"]) == ("attack", [switch.TIE_BREAK], 8)
    assert [found["complete"] for found in row["searched"]] == [False]
    assert len(row["attack"]["moves"]) == row["length"]


def test_traces_replay_on_the_machine_that_lacks_the_defence(tmp_path: Path) -> None:
    traces, pictures = tmp_path / "traces", tmp_path / "pictures"
    ran = inside(*ONE, "--trace", traces, "--svg", pictures, "--json")
    assert ran.code == 0
    (row,) = json.loads(ran.out)["defences"]
    assert (row["trace"], row["svg"]) == ("tie-break.json", "tie-break.svg")
    about = json.loads((traces / "tie-break.json").read_text())["#meta"]["machine"]
    assert about["profile"] == "hardened -tie-break"
    assert (pictures / "tie-break.svg").read_text().startswith("<svg ")
    again = inside("replay", traces / "tie-break.json")
    assert (again.code, again.err) == (0, "")
    assert "segment, hardened -tie-break" in again.out and "reproduced" in again.out


def test_a_committed_attack_that_is_none_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {row.defence.name: row for row in defences.committed_rows()}
    row = known[switch.TIE_BREAK]
    assert row.attack is not None
    for cut, code in ((row.attack.moves, Exit.HOLDS), (row.attack.moves[:-1], Exit.INCOMPLETE)):
        rows = (replace(row, attack=replace(row.attack, moves=cut)),)
        monkeypatch.setattr(defences, "committed_rows", lambda rows=rows: rows)
        ran = inside("defences", "segment", "--committed", "--json")
        assert ran.code == code and (code or json.loads(ran.out)["committed"] is True), ran


def test_it_says_what_is_missed_together_with_another_alone_and_what_stays_for_a_reason() -> None:
    ran = inside("defences", "segment", "--committed", env={"COLUMNS": "200"})
    said = " ".join(ran.out.split())
    together = (
        "its loss alone admits no attack within the 16 bounds searched; that of acl-chaining and segment-in-signa"
    )
    assert ran.code == 0 and together in said
    for row in defences.committed_rows():
        if row.attack is None:
            assert f"{row.defence.name}: {row.defence.gives} no attack without it within" in said, row.defence.name
            assert f"it stays: {row.reason}" in said


def test_one_that_is_missed_together_with_another_alone_is_accounted_for_by_itself_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ladder = tuple(one for one in attacks.LADDER if one == Bounds(2, 0, 1, intruder=1))
    monkeypatch.setattr(attacks, "LADDER", ladder)
    ran = inside("defences", "segment", "--only", switch.CHAINED, "--jobs", "1", "--json")
    (row,) = json.loads(ran.out)["defences"]
    assert (ran.code, row["verdict"], row["off"]) == (0, "attack together", [switch.CHAINED, switch.SIGNED_SEGMENT])


def test_nothing_is_written_into_a_folder_that_is_not_empty(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    ran = inside(*ONE, "--trace", tmp_path)
    assert ran.code == Exit.USAGE and "is not empty" in ran.err
    assert [file.name for file in tmp_path.iterdir()] == ["mine"]


def test_a_defence_that_there_is_not_is_a_usage_error() -> None:
    ran = inside("defences", "segment", "--only", "moat")
    assert ran.code == Exit.USAGE and "there is no defence 'moat'" in ran.err and switch.TIE_BREAK in ran.err


def test_what_was_not_searched_whole_is_said_to_be_so() -> None:
    ran = inside("defences", "segment", "--only", switch.NUMBERED, "--jobs", "1", "--time-limit", "0.3")
    assert ran.code == Exit.INCOMPLETE, ran.out
    assert "not searched whole: the time limit" in ran.out and "it stays" not in ran.out
    assert "1 not searched whole" in ran.out
    told = json.loads(inside("defences", "segment", "--only", switch.NUMBERED, "--time-limit", "0.3", "--json").out)
    assert (told["verdict"], told["reason"]) == ("incomplete", "the time limit")
    Draft202012Validator(dict(defences_schema())).validate(told)


def test_ctrl_c_ends_it_and_every_process_of_it() -> None:
    ran = interrupted("defences", "segment", "--jobs", "2")
    assert ran.code == Exit.INTERRUPTED and "not searched whole: interrupted" in ran.out, ran


def test_interrupted_it_is_one_object_of_what_there_is_by_then(monkeypatch: pytest.MonkeyPatch) -> None:
    def climbed(loss: frozenset[str], ladder: tuple[Bounds, ...], deadline: float | None = None) -> list[Searched]:
        if loss == {switch.LIFE_LOCKS}:
            raise KeyboardInterrupt
        return whole(loss, ladder, deadline)

    whole = defences.climbed
    monkeypatch.setattr(defences, "climbed", climbed)
    ran = inside(*ONE, "--only", switch.LIFE_LOCKS, "--json")
    told = json.loads(ran.out)
    Draft202012Validator(dict(defences_schema())).validate(told)
    assert (ran.code, told["verdict"], told["reason"]) == (Exit.INTERRUPTED, "incomplete", "interrupted")
    assert [(row["verdict"], row["reason"]) for row in told["defences"]] == [
        ("attack", ""),
        ("incomplete", "interrupted"),
    ]


def test_the_help_says_what_it_does() -> None:
    ran = lockedroom("defences", "--help")
    assert ran.code == 0 and "--only" in ran.out
