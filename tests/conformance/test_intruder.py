"""The intruder: what it does to values it does to real memory, and what the model's intruder does becomes a trace."""

from typing import Literal

import pytest

from lockedroom.conformance.conform import conform
from lockedroom.conformance.derive import Act, derive_path
from lockedroom.conformance.process import Limits
from lockedroom.conformance.replay import Status, replay, replay_on_engine
from lockedroom.conformance.trace import Trace
from lockedroom.model.explore import explore
from lockedroom.model.segment.bounds import Bounds, Setting
from lockedroom.model.segment.machine import segment_machine
from lockedroom.reference.segment.records import Capacity
from tests.conformance import scripts

PATIENT = Limits(start=60.0, reply=60.0)


def dropped_and_replayed() -> list[Act]:
    return [
        *scripts.opened("alice", "bob", "carol"),
        scripts.act("alice", "multicast", peers=["carol", "bob"], body="one"),
        scripts.act("alice", "send", peer="bob", body="two"),
        scripts.act("intruder", "drop", inbox="bob", sender="alice"),
        scripts.act("bob", "receive", peer="alice"),
        scripts.act("alice", "send", peer="bob", body="three"),
        scripts.act("intruder", "inject", record={"step": 11, "record": 1}, inbox="bob", sender="alice"),
        scripts.act("bob", "receive", peer="alice"),
        scripts.act("intruder", "inject", record={"step": 11, "record": 0}, inbox="bob", sender="alice"),
        scripts.act("bob", "receive", peer="alice"),
        scripts.act("intruder", "inject", record={"step": 7, "record": 0}, inbox="bob", sender="alice"),
        scripts.act("bob", "accept", peer="alice"),
        scripts.act("bob", "receive", peer="alice"),
    ]


@pytest.mark.parametrize("suite", ["LR0", "LR1"])
def test_real_memory_is_tampered_with_as_values_are(suite: Literal["LR0", "LR1"]) -> None:
    trace = scripts.trace(dropped_and_replayed(), "alice", "bob", "carol")
    clauses = [step.seen.clause for step in trace.steps if step.seen.clause]
    assert clauses == ["SEG-RECEIVE-6", "SEG-RECEIVE-2", "SEG-ACCEPT-5"]
    assert trace.steps[-1].seen.events[0] == {
        "event": "Delivered",
        "peer": "alice",
        "sequence": 3,
        "body": "three",
        "gap": 0,
    }
    assert replay_on_engine(trace, suite).status is Status.PASSED
    result = replay(trace, on="backend", suite=suite, limits=PATIENT)
    assert (result.status, result.reason) == (Status.PASSED, "")


def test_a_lane_that_is_full_takes_no_more() -> None:
    acts = [*scripts.opened("alice", "bob"), scripts.act("alice", "send", peer="bob", body="one")]
    again = scripts.act("intruder", "inject", record={"step": 7, "record": 0}, inbox="bob", sender="alice")
    result = replay(scripts.trace([*acts, again, again, again]), on="backend", limits=PATIENT)
    assert (result.status, result.steps) == (Status.UNSUPPORTED, 9)
    assert "no place for 4 records of alice in the inbox of bob" in result.reason


def test_what_the_models_intruder_does_is_a_trace_and_runs_on_real_memory() -> None:
    setting = Setting(Bounds(2, 1, 1, intruder=1), Capacity(2, 2, 2, 4, 2048))
    found = explore(segment_machine(setting), state_limit=30_000)
    derived: dict[tuple[tuple[str, ...], str | None], Trace] = {}
    for one in found.behaviours():
        if any(taken.action.actor == "intruder" for taken in one.path):
            pairs = [(taken.action, taken.outcome) for taken in one.path]
            trace = derive_path(scripts.settings(capacity=setting.capacity), pairs)
            assert trace.steps[-1].seen.clause == one.clause
            intrusions = tuple(step.operation for step in trace.steps if step.actor == "intruder")
            derived.setdefault((intrusions, one.clause), trace)
    operations = {operation for intrusions, _ in derived for operation in intrusions}
    assert operations == {"drop", "inject", "announce", "withdraw", "post", "relist", "rehead"}
    assert {"SEG-ACCEPT-4", "SEG-ACCEPT-5", "SEG-HEADER-4", "SEG-ACL-2", "SEG-RECEIVE-5"} <= {c for _, c in derived}
    for suite in ("symbolic", "LR0", "LR1"):
        assert {replay_on_engine(trace, suite).reason for trace in derived.values()} == {""}
    report = conform(traces=list(derived.values()), jobs=2, limits=PATIENT)
    assert [result.reason for result in report.traces if result.reason] == []
    assert report.verdict == "passed" and len(report.traces) > 10
