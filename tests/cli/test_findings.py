"""`findings`: the narration, the charts, the JSON object and its schema, traces that replay; within small bounds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from lockedroom.cli.exits import Exit
from lockedroom.conformance.reports import findings_schema
from lockedroom.model.segment import attacks, findings
from lockedroom.model.segment.attacks import Searched
from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.findings import Cause
from lockedroom.reference.segment import profile as switch
from tests.cli.run import inside

ONE = ("findings", "segment", "--jobs", "1")


@pytest.fixture(autouse=True)
def _short_ladder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attacks, "DESCRIBED", (Bounds(2, 1, 1),))


def test_each_finding_is_narrated_and_drawn() -> None:
    ran = inside(*ONE, env={"COLUMNS": "160"})
    assert ran.code == Exit.REFUSED, "not all that is expected is there within these bounds"
    assert "6. alice draws a key for bob and leaves it, encapsulated, in the inbox of bob." in ran.out
    assert "bob believes that it shares with alice the key that alice drew for bob, and sends under that." in ran.out
    assert "accept from bob: crossed with ours" in ran.out
    assert "Removed by tie-break alone." in ran.out
    assert "not found, and nothing says why" in ran.out
    assert "\x1b" not in ran.out


def test_what_was_not_searched_whole_is_said_to_be_so() -> None:
    ran = inside(*ONE, "--time-limit", "0.1")
    assert ran.code == Exit.INCOMPLETE
    assert "not found: not all was searched" in " ".join(ran.out.split()) and "incomplete: " in ran.out


def test_interrupted_it_is_one_object_of_what_there_is_by_then(monkeypatch: pytest.MonkeyPatch) -> None:
    def one_search(
        bounds: Bounds, on: tuple[str, ...], only: str | None, deadline: float | None = None
    ) -> tuple[Searched, Cause]:
        if on:
            raise KeyboardInterrupt
        return whole(bounds, on, only, deadline)

    whole = findings.one_search
    monkeypatch.setattr(findings, "one_search", one_search)
    ran = inside(*ONE, "--json")
    told = json.loads(ran.out)
    Draft202012Validator(dict(findings_schema())).validate(told)
    assert (ran.code, told["verdict"], told["reason"]) == (Exit.INTERRUPTED, "incomplete", "interrupted")
    assert [one["removed_by"] for one in told["findings"]], "what was found by then is there"


def test_the_answer_is_one_object_as_its_schema_says(tmp_path: Path) -> None:
    ran = inside(*ONE, "--json", "--trace", tmp_path / "traces", "--svg", tmp_path / "pictures")
    assert (ran.code, ran.err) == (Exit.REFUSED, "")
    answer = json.loads(ran.out)
    Draft202012Validator(dict(findings_schema())).validate(answer)
    assert answer["verdict"] == "unaccounted"
    (crossed,) = (one for one in answer["findings"] if one["removed_by"] == [switch.TIE_BREAK])
    assert crossed["length"] == 8 and len(crossed["story"]) == 8
    assert crossed["leads"]["story"][0].startswith("9. ") and crossed["hardened"]["says"] == "refused"
    for one in answer["findings"]:
        again = inside("replay", tmp_path / "traces" / one["trace"], "--json")
        assert (again.code, json.loads(again.out)["verdict"]) == (0, "reproduced")
        assert json.loads(again.out)["fell"] == (one["length"] if one["leads"] else None)
        refused = inside(
            "replay", tmp_path / "traces" / one["trace"], "--on", "engine", "--profile", "hardened", "--json"
        )
        assert refused.code == Exit.REFUSED
        assert json.loads(refused.out)["refused"]["clause"] == one["hardened"]["clause"]
        assert (tmp_path / "pictures" / one["svg"]).read_text().startswith("<svg ")
