"""`lockedroom spec coverage`: what it prints for people and for programs, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from lockedroom.cli.exits import Exit
from lockedroom.conformance import report_spec
from lockedroom.conformance.report_spec import SpecCoverage, spec_coverage
from lockedroom.conformance.trace import Trace
from tests.cli.run import inside

WIDE = {"COLUMNS": "160"}


def test_a_table_of_areas_and_the_sum() -> None:
    ran = inside("spec", "coverage", env={"COLUMNS": "80"})
    assert (ran.code, ran.err) == (Exit.HOLDS, "")
    assert "ADAPTER-COMMAND" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80
    assert "clauses with MUST are exercised, " in ran.out.splitlines()[-1]


def test_what_is_known_of_one_clause() -> None:
    ran = inside("spec", "coverage", "--clause", "SEG-ROTATE-2", env=WIDE)
    assert ran.code == Exit.HOLDS
    assert ran.out.startswith("SEG-ROTATE-2 (MUST): exercised\n")
    for words in ("implemented: reference/segment/", "transitions: rotate", "traces: trace/"):
        assert words in ran.out, words


def test_one_object() -> None:
    ran = inside("spec", "coverage", "--json", "--clause", "SEG-SEND-*")
    value = json.loads(ran.out)
    assert (value["verdict"], value["uncovered"]) == ("covered", [])
    assert [one["clause"] for one in value["clauses"]] == [f"SEG-SEND-{n}" for n in range(1, 11)]


def test_no_such_clause_is_usage() -> None:
    ran = inside("spec", "coverage", "--clause", "SEG-NONE-*")
    assert (ran.code, "no clause matches SEG-NONE-*" in ran.err) == (Exit.USAGE, True)


def test_an_uncovered_must_ends_it_with_1_and_without_tests_with_4(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def few(traces: Iterable[Trace]) -> SpecCoverage:
        return spec_coverage((), tmp_path)

    monkeypatch.setattr(report_spec, "spec_coverage", few)
    ran = inside("spec", "coverage", env=WIDE)
    assert (ran.code, "no test was looked at" in ran.out) == (Exit.INCOMPLETE, True)
    (tmp_path / "test_one.py").write_text('"""LR-EXIT-1"""')
    ran = inside("spec", "coverage", env=WIDE)
    assert (ran.code, "not exercised: LR-EXIT-2" in ran.out) == (Exit.REFUSED, True)
    assert "not exercised: LR-EXIT-1\n" not in ran.out
