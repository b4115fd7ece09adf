"""What a report says: seven verdicts, clauses, the same bytes for the same run, and an exit code of what ran."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from lockedroom.conformance.conform import conform
from lockedroom.conformance.corpus import corpus
from lockedroom.conformance.known_failures import Known, KnownFailures
from lockedroom.conformance.process import Limits
from lockedroom.conformance.report import EXECUTED, SCHEMA, VERDICTS, Case, Report, build, canonical, lasting
from lockedroom.conformance.report_cases import FLAGS, Candidate, Selection, candidate, named, not_run, smoke
from lockedroom.conformance.schemas import committed
from lockedroom.conformance.trace import Trace
from lockedroom.reference.segment.table import BY_OPERATION
from tests.conformance import scripts

TOY = [sys.executable, str(Path(__file__).with_name("toy.py"))]
OPENED = "trace/opened"
CONVERSATION = "trace/conversation"


def two() -> dict[str, Trace]:
    """A short trace and a long one."""
    return {
        case: replace(trace, settings=replace(trace.settings, title=case.removeprefix("trace/")))
        for case, trace in (
            (OPENED, scripts.trace(scripts.opened("alice", "bob"))),
            (CONVERSATION, scripts.trace(scripts.conversation())),
        )
    }


def run(
    *mistake: str,
    traces: dict[str, Trace] | None = None,
    known: KnownFailures | None = None,
    selection: Selection | None = None,
    command: list[str] | None = None,
) -> Report:
    traces, known = traces or two(), known or KnownFailures()
    candidates = [candidate(name, trace) for name, trace in traces.items()]
    left_out = not_run(candidates, traces, selection or Selection(), known)
    chosen = [trace for name, trace in traces.items() if name not in left_out]
    limits = Limits(start=60, reply=60)
    ran = conform(command=command or [*TOY, *mistake], traces=chosen, jobs=1, limits=limits)
    return build(ran, candidates, left_out, known)


def verdicts(report: Report) -> dict[str, str]:
    return {case.id: case.verdict for case in report.cases}


def test_what_passes() -> None:
    report = run()
    assert verdicts(report) == {OPENED: "pass", CONVERSATION: "pass"}
    assert (report.verdict, report.exit_code) == ("passed", 0)
    assert report.counts["pass"] == 2
    assert report.steps == sum(len(trace.steps) for trace in two().values())
    rows = {row.clause: row for row in report.clauses}
    assert rows["SEG-JOIN-1"].cases == {"pass": 1}
    assert rows["SEG-SEND-6"].verdict == "pass"
    assert (rows["SEG-STORE-1"].verdict, dict(rows["SEG-STORE-1"].cases)) == ("not exercised", {})
    assert report.implementation is not None
    assert report.implementation.name == "toy"


def test_a_failure_is_told_where_it_is_and_no_further() -> None:
    report = run("other clause")
    assert verdicts(report) == {CONVERSATION: "fail", OPENED: "pass"}
    assert [case.id for case in report.cases] == [CONVERSATION, OPENED], "failures come first"
    assert (report.verdict, report.exit_code) == ("failed", 1)
    failed = report.cases[0]
    assert failed.broken == ("SEG-LEAVE-2", "SEG-RECEIVE-1", "SEG-WHO-3"), "WHO-3 names LEAVE-2"
    assert failed.difference is not None
    assert (failed.difference.operation, failed.difference.what) == ("receive", "clause")
    rows = {row.clause: row for row in report.clauses}
    assert dict(rows["SEG-RECEIVE-1"].cases) == {"fail": 1}
    assert dict(rows["SEG-SEND-6"].cases) == {"pass": 1}, "the steps before it agreed"
    assert dict(rows["SEG-ROTATE-2"].cases) == {}, "the steps after it did not run"


def test_no_proper_answer_breaks_a_clause_of_the_adapter_protocol() -> None:
    report = run("dies")
    assert report.cases[0].broken == ("ADAPTER-LINE-1",)
    rows = {row.clause: row for row in report.clauses}
    assert rows["ADAPTER-LINE-1"].verdict == "fail"
    for command, clause in (("cat", "ADAPTER-LINE-2"), ("yes", "ADAPTER-LINE-2"), ("false", "ADAPTER-LINE-1")):
        report = run(command=[command])
        assert {case.broken for case in report.cases} == {(clause,)}, command
        assert report.implementation is None


def test_known_failures() -> None:
    known = KnownFailures((Known("trace/conv*", "receives by another clause"),))
    report = run("other clause", known=known)
    assert verdicts(report) == {CONVERSATION: "expected fail", OPENED: "pass"}
    assert (report.verdict, report.exit_code) == ("passed", 0)
    assert report.cases[0].known == "receives by another clause"
    report = run(known=known)
    assert verdicts(report) == {CONVERSATION: "unexpected pass", OPENED: "pass"}
    assert (report.verdict, report.exit_code) == ("failed", 1)
    report = run("other clause", known=KnownFailures((Known("trace/conv*", "hangs here", exclude=True),)))
    assert verdicts(report) == {OPENED: "pass", CONVERSATION: "excluded"}
    assert (report.exit_code, report.cases[1].reason, report.cases[1].agreed) == (0, "hangs here", 0)


def test_what_does_not_run_does_not_count() -> None:
    tampered = scripts.trace(
        [*scripts.opened("alice", "bob"), scripts.act("intruder", "drop", inbox="bob", sender="alice")]
    )
    report = run(traces={"trace/tampered": tampered})
    assert verdicts(report) == {"trace/tampered": "unsupported"}
    assert (report.verdict, report.exit_code) == ("nothing executed", 4)
    # Known or not: what did not run has neither failed as expected nor passed unexpectedly.
    known = KnownFailures((Known("*", "no object"),))
    assert run(traces={"trace/tampered": tampered}, known=known).cases[0].verdict == "unsupported"
    rows = {row.clause: row for row in report.clauses}
    assert dict(rows["SEG-JOIN-2"].cases) in ({}, {"unsupported": 1})
    assert all("pass" not in row.cases for row in report.clauses)


def test_the_same_run_gives_the_same_bytes_and_a_valid_object() -> None:
    first, second = canonical(run("dies")), canonical(run("dies"))
    assert first == second
    value = json.loads(first)
    Draft202012Validator(json.loads(committed(SCHEMA).read_text("utf-8"))).validate(value)
    assert set(value["counts"]) == set(VERDICTS) - {"not exercised"}
    assert str(Path.cwd()) not in first


def test_what_differs_from_run_to_run_is_left_out() -> None:
    text = "errored: /usr/lib/python3/x.py, room replay-17-3-abc123\nits standard error ends:\n/tmp/secret 4711"
    assert lasting(text) == "errored: …/x.py, room the room"
    assert lasting("sent 3/4 of and/or to bob") == "sent 3/4 of and/or to bob"


@pytest.mark.parametrize(
    ("selection", "left"),
    [
        (Selection(), {OPENED, CONVERSATION}),
        (Selection(cases=("*/opened",)), {OPENED}),
        (Selection(cases=("no*", "*conv*")), {CONVERSATION}),
        (Selection(clauses=("SEG-ROTATE-*",)), {CONVERSATION}),
        (Selection(flags=("crash",)), {CONVERSATION}),
        (Selection(flags=("crash",), cases=("*opened",)), set()),
        (Selection(smoke=True), {OPENED, CONVERSATION}),
    ],
)
def test_selection(selection: Selection, left: set[str]) -> None:
    traces = two()
    candidates = [candidate(name, trace) for name, trace in traces.items()]
    out = selection.left_out(candidates, traces)
    assert traces.keys() - out.keys() == left
    assert all(reason for reason in out.values())


def test_the_smoke_test_performs_every_operation_and_is_short() -> None:
    traces = named(corpus())
    chosen = smoke(traces)
    steps = [step for case in chosen for step in traces[case].steps]
    assert {step.operation for step in steps if step.seen.outcome == "ok"} >= BY_OPERATION.keys()
    assert len(steps) < 120


def test_every_flag_is_explained_and_told_apart() -> None:
    found = {flag for name, trace in two().items() for flag in candidate(name, trace).flags}
    assert found == set(FLAGS) - {"crowded", "inspected", "intruder", "three members"}
    assert all("Catches" in meaning for meaning in FLAGS.values())


def test_ids_are_unique() -> None:
    traces = [scripts.trace(scripts.opened("alice", "bob"))] * 3
    assert list(named(traces)) == ["trace/scripted", "trace/scripted-2", "trace/scripted-3"]


def test_what_is_executed() -> None:
    assert {"excluded", "unsupported", "not exercised"} == set(VERDICTS) - EXECUTED
    assert Case.__dataclass_fields__.keys() >= Candidate.__dataclass_fields__.keys() - {"steps"}
