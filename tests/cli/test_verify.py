"""`verify` and `conform`: what they print, as tables and as JSON, when all holds and when it does not.

The bounds and the corpus are small here; `make verify` runs the real ones.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pytest

from lockedroom.cli import demo
from lockedroom.cli.exits import Exit
from lockedroom.conformance import conform as runner
from lockedroom.conformance import corpus, crashes, endings, hostile
from lockedroom.conformance.reports import check_schema
from lockedroom.conformance.schemas import check, validator_of
from lockedroom.conformance.trace import Trace
from lockedroom.conformance.verify_report import verify_schema
from lockedroom.model.protocols import PROTOCOLS, SEGMENT
from lockedroom.model.segment.bounds import Bounds
from tests.cli.run import inside, left_of_replay

WIDE = {"COLUMNS": "160"}


def replaying(monkeypatch: pytest.MonkeyPatch, *traces: Trace) -> None:
    """Make these the whole corpus."""
    for module in (runner, corpus):
        monkeypatch.setattr(module, "corpus", lambda _: traces)
    monkeypatch.setattr(corpus, "collections", lambda _: ())
    monkeypatch.setattr(corpus, "telling", lambda _: {})
    monkeypatch.setattr(hostile, "traces", lambda _: {})
    monkeypatch.setattr(crashes, "SCENES", {})
    monkeypatch.setattr(endings, "cases", lambda *_: ())


@pytest.fixture
def trace(monkeypatch: pytest.MonkeyPatch) -> Trace:
    """The demonstration, which is the whole corpus here."""
    found = demo.script_trace(("alice", "bob"))
    replaying(monkeypatch, found)
    monkeypatch.setitem(PROTOCOLS, "segment", replace(SEGMENT, verified=Bounds(crashes=1)))
    return found


@pytest.fixture
def wrong(trace: Trace, monkeypatch: pytest.MonkeyPatch) -> Trace:
    """The same with one step that sees what cannot be."""
    step = trace.steps[3]
    bad = replace(trace, steps=(*trace.steps[:3], replace(step, seen=replace(step.seen, events=()))))
    replaying(monkeypatch, trace, bad)
    return bad


def test_one_table_of_evidence(trace: Trace) -> None:
    ran = inside("verify", "segment", env=WIDE)
    assert ran.code == 0 and not left_of_replay(os.getpid()), ran
    for words in (
        "segment binding",
        "crashes 1",
        "all there are",
        "1 of 1 agree",
        f"{len(trace.steps)}, by 2 processes",
    ):
        assert words in ran.out, words
    assert ran.out.splitlines()[-1].startswith("segment: holds, in ")


def test_one_object_of_evidence(trace: Trace) -> None:
    ran = inside("verify", "segment", "--json")
    assert (ran.code, ran.err) == (0, "")
    answer = json.loads(ran.out)
    check(validator_of(verify_schema()), answer)
    check(validator_of(check_schema()), answer["exploration"])
    assert (answer["verdict"], answer["reason"]) == ("holds", "")
    assert answer["exploration"]["complete"] is True and answer["exploration"]["bounds"]["crashes"] == 1
    assert answer["conformance"]["traces"] == {"all": 1, "passed": 1, "failed": 0, "unsupported": 0}
    assert answer["conformance"]["steps"] == len(trace.steps)


def test_interrupted_it_is_one_object_of_what_there_is_by_then(trace: Trace, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was explored is told, and of several protocols those that it came to."""

    def conform(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "conform", conform)
    for named in ((), ("segment",)):
        ran = inside("verify", *named, "--json")
        answer = json.loads(ran.out)
        check(validator_of(verify_schema()), answer)
        assert (ran.code, answer["verdict"], answer["reason"]) == (Exit.INTERRUPTED, "incomplete", "interrupted")
        one = answer if named else answer["protocols"].pop("segment")
        assert one["exploration"]["complete"] is True and one["conformance"] is None
        assert not answer.get("protocols")


def test_conform_says_what_was_covered(trace: Trace) -> None:
    ran = inside("conform", "segment", "--jobs", "1", env=WIDE)
    assert ran.code == 0
    assert "1 of 1 agree" in ran.out and "transitions" in ran.out and "clauses" in ran.out
    answer = json.loads(inside("conform", "segment", "--json").out)
    assert answer["verdict"] == "passed"
    assert set(answer) >= {"steps", "clauses", "run"} and set(answer["run"]) >= {"seconds", "processes"}


@pytest.mark.usefixtures("wrong")
def test_a_difference_is_shown_and_is_no_success() -> None:
    ran = inside("conform", "segment", env=WIDE)
    assert ran.code == Exit.REFUSED
    assert "1 of 2 agree, 1 differ" in ran.out
    assert "step 4" in ran.out and "expected []" in ran.out
    ran = inside("verify", "segment", env=WIDE)
    assert ran.code == Exit.REFUSED
    assert ran.out.splitlines()[-1].startswith("segment: violated, in ")


@pytest.mark.usefixtures("trace")
@pytest.mark.parametrize("command", ["false", "/nonexistent/adapter", "echo nonsense", "sleep 60 extra words"])
def test_an_implementation_that_is_none_is_told_of(command: str) -> None:
    ran = inside("conform", "segment", "--command", command, env=WIDE)
    assert ran.code in (Exit.REFUSED, Exit.INCOMPLETE), ran
    assert "before the first step" in ran.out + ran.err


@pytest.mark.usefixtures("trace")
@pytest.mark.parametrize("command", ['"', "a 'b"])
def test_a_command_that_cannot_be_split_is_usage(command: str) -> None:
    assert inside("conform", "segment", "--command", command).code == Exit.USAGE
