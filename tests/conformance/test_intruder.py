"""The intruder: what it does to values it does to real memory, and what the model's intruder does becomes a trace."""

from typing import Literal

import pytest

from lockedroom.conformance.conform import conform
from lockedroom.conformance.derive import Act, derive_path
from lockedroom.conformance.forging import signed_by
from lockedroom.conformance.process import Limits
from lockedroom.conformance.replay import Status, replay, replay_on_engine
from lockedroom.conformance.trace import Trace, parse_trace, write_trace
from lockedroom.model.explore import explore
from lockedroom.model.segment.bounds import Bounds, Setting
from lockedroom.model.segment.engine import REFERENCE
from lockedroom.model.segment.subject import segment_subject
from lockedroom.reference.segment.profile import PROFILES
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


def of_the_intruder(bounds: Bounds, profile: Literal["hardened", "as-written"]) -> dict[object, Trace]:
    """A trace for each kind of what follows on a step of the model's intruder; every path that has one is a trace."""
    subject = segment_subject(bounds, REFERENCE.under(PROFILES[profile]))
    found = explore(subject.machine, state_limit=8_000)
    derived: dict[object, Trace] = {}
    capacity = Setting(bounds).capacity
    for one in found.behaviours():
        if any(taken.action.actor == "intruder" for taken in one.path):
            settings = scripts.settings(*bounds.names, capacity=capacity, profile=profile)
            trace = derive_path(settings, [(taken.action, taken.outcome) for taken in one.path])
            assert parse_trace(write_trace(trace)) == trace
            intrusions = tuple((s.operation, s.room) for s in trace.steps if s.actor == "intruder")
            derived.setdefault((intrusions, one.clause), trace)
    return derived


@pytest.mark.parametrize("profile", ["hardened", "as-written"])
@pytest.mark.parametrize("insider", [0, 1])
def test_what_the_models_intruder_does_is_a_trace_and_runs_on_real_memory(
    insider: int, profile: Literal["hardened", "as-written"]
) -> None:
    derived = of_the_intruder(Bounds(2, 1, 1, intruder=1, insider=insider), profile)
    operations = {step.operation for trace in derived.values() for step in trace.steps if step.actor == "intruder"}
    # With the insider there is one other member, and nobody looks at a board from which that is gone.
    assert {"inject", "announce", "relist"} <= operations and ("withdraw" in operations) is not bool(insider)
    assert any(step.room for trace in derived.values() for step in trace.steps) is (profile == "as-written")
    # With one id for all segments nobody's key but the intruder's and the insider's is used to forge.
    keys = {name for trace in derived.values() for step in trace.steps for name in signed_by(dict(step.arguments))}
    assert profile == "hardened" or keys <= {"intruder", "bob" if insider else "intruder"}
    for suite in ("symbolic", "LR0", "LR1"):
        assert {replay_on_engine(trace, suite).reason for trace in derived.values()} == {""}
    report = conform(traces=list(derived.values())[::2], jobs=2, limits=PATIENT)
    assert [result.reason for result in report.traces if result.reason] == []
    assert report.verdict == "passed" and len(report.traces) > 5
