"""Clause coverage: every MUST is exercised or excused, what exercises one is really there; and a few clauses
that no other test is about."""

import ast
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from lockedroom.backend.entropy import SystemEntropy
from lockedroom.conformance import report_spec
from lockedroom.conformance.corpus import corpus
from lockedroom.conformance.engine import EngineRoom
from lockedroom.conformance.report_spec import ClauseCoverage, SpecCoverage, exercised_by, spec_coverage
from lockedroom.conformance.runner import BUILT_IN
from lockedroom.spec.registry import Exemption, clauses
from tests.conformance import scripts
from tests.reference.segment.vectors import load
from tests.tree import ROOT, files


@cache
def found() -> SpecCoverage:
    return spec_coverage((*corpus(), *corpus("stash")))


def test_every_must_is_exercised_or_excused() -> None:
    assert [one.clause for one in found().uncovered] == []
    assert found().needless == ()
    assert found().exit_code == 0


def test_nothing_is_listed_that_is_not_there() -> None:
    assert [one.clause for one in found().clauses] == list(clauses())
    for one in found().clauses:
        assert all((ROOT / path).is_file() for path in (*one.implemented, *one.tests)), one.clause
    by_id = {one.clause: one for one in found().clauses}
    send = by_id["SEG-SEND-2"]
    assert "reference/segment/transitions.py" in send.implemented
    assert "send" in send.transitions
    assert by_id["SEG-LOCK-1"].traces, "the backend runs too"
    assert by_id["LR-SUITE-13"].vectors == ("vectors/primitives/keywrap", "vectors/wraps/keywrap")
    assert by_id["SEG-LEAVE-2"].properties
    assert by_id["STASH-READ-3"].traces and by_id["STASH-READ-3"].transitions == ("stash.read",)
    assert by_id["STASH-READ-3"].properties == ("no way back",)


def test_a_trace_exercises_what_runs_and_what_refuses() -> None:
    few = exercised_by(scripts.trace([scripts.act("alice", "create")]))
    many = exercised_by(scripts.trace(scripts.conversation()))
    assert {"SEG-CREATE-3"} <= few < many
    assert "SEG-RECEIVE-1" in many - few
    assert "SEG-ROTATE-1" not in many, "that a function runs which could refuse is no refusal"


def test_what_nothing_exercises_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    nothing = spec_coverage([], tmp_path)
    uncovered = {one.clause for one in nothing.uncovered}
    assert {"SEG-SEND-2", "SEG-LOCK-1", "LR-EXIT-1"} <= uncovered
    assert "LR-SUITE-13" not in uncovered, "its known answers are there"
    assert (nothing.exit_code, nothing.tested) == (4, False)
    (tmp_path / "test_one.py").write_text('"""LR-EXIT-1 to 2."""')
    excused = (Exemption("SEG-SEND-2", "x", "because"), Exemption("LR-EXIT-1", "x", "because"))
    monkeypatch.setattr(report_spec, "exemptions", lambda: excused)
    few = spec_coverage([], tmp_path)
    assert (few.exit_code, few.tested) == (1, True)
    assert uncovered - {one.clause for one in few.uncovered} == {"SEG-SEND-2", "LR-EXIT-1", "LR-EXIT-2"}
    assert few.needless == ("LR-EXIT-1",)
    value = json.loads(json.dumps(few.to_json()))
    assert value["verdict"] == "not covered"
    assert {one["status"] for one in value["clauses"]} == {"exercised", "exempt", "not exercised"}


def test_only_what_binds_must_be_covered() -> None:
    bare = ClauseCoverage("X-Y-1", "SHOULD", (), (), (), (), (), (), ())
    assert SpecCoverage((bare,), True).exit_code == 0


# ---- conventions -------------------------------------------------------------------------------------


def test_a_refusal_changes_nothing_but_what_its_clause_says() -> None:
    """LR-STEP-2."""
    registered, refused, changing = clauses(), 0, set()
    for trace in corpus():
        room = EngineRoom(trace.settings, "symbolic")
        for index, step in enumerate(trace.steps, start=1):
            before = dict(room.slots)
            seen = room.act(index, step.actor, step.operation, step.arguments)
            if seen.clause is not None:
                refused += 1
                if dict(room.slots) != before:
                    changing.add(seen.clause)
    assert refused > 90
    assert {clause for clause in changing if "remove" not in registered[clause].text} == set()


def test_every_tag_has_one_use() -> None:
    """LR-SUITE-6: each tag is written in one function alone."""

    def tags() -> Iterator[tuple[str, str]]:
        for file in files(".py", under="reference"):
            for function in ast.walk(ast.parse(file.read_text())):
                if isinstance(function, ast.FunctionDef):
                    for node in ast.walk(function):
                        if isinstance(node, ast.Constant) and re.fullmatch(r"LR0?(-[A-Z]+)+", str(node.value)):
                            yield str(node.value), f"{file.name}:{function.name}"

    uses = Counter(tag for tag, _ in set(tags()))
    assert len(uses) >= 11
    assert {tag: count for tag, count in uses.items() if count != 1} == {}


def test_every_draw_is_of_its_own() -> None:
    """LR-SUITE-24, SEG-KEYS-5: 32 bytes for each use, in a whole conversation, and from the system."""
    for suite in ("LR0", "LR1"):
        steps = load(f"conversation-{suite}")["steps"]
        drawn = [draw["value"] for step in steps for draw in step["draws"]]
        assert len(drawn) == len(set(drawn)) > 10
        assert {len(value) for value in drawn} == {64}
    system = [SystemEntropy().draw("master", "bob") for _ in range(3)]
    assert len(set(system)) == 3
    assert {len(value) for value in system if isinstance(value, bytes)} == {32}


def test_an_adapter_ends_at_the_end_of_its_input() -> None:
    """ADAPTER-LINE-4."""
    for command in (BUILT_IN, [sys.executable, str(Path(__file__).with_name("toy.py"))]):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=False)
        assert (done.returncode, done.stdout) == (0, b"")
