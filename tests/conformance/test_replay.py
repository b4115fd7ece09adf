"""Replay on the engine: a trace agrees under every suite, and whatever is altered in it is found where it stands."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from lockedroom.conformance.replay import Status, replay, replay_on_engine
from lockedroom.conformance.stage import StepSeen
from lockedroom.conformance.trace import Trace, TraceStep
from tests.conformance import scripts

SUITES = ("symbolic", "LR0", "LR1")


def conversation() -> Trace:
    return scripts.trace(scripts.conversation())


def trio() -> Trace:
    acts = [
        *scripts.opened("alice", "bob", "carol"),
        scripts.act("alice", "multicast", peers=["bob", "carol"], body="to both"),
        scripts.act("carol", "receive", peer="alice"),
        scripts.act("bob", "exchange", peer="carol"),
        scripts.act("carol", "exchange", peer="bob"),
        scripts.act("bob", "accept", peer="carol"),
        scripts.act("carol", "accept", peer="bob"),
        scripts.act("bob", "create"),
    ]
    return scripts.trace(acts, "alice", "bob", "carol")


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("trace", [conversation(), trio()], ids=["conversation", "trio"])
def test_a_trace_agrees_under_every_suite(trace: Trace, suite: str) -> None:
    result = replay_on_engine(trace, suite)
    assert result.reason == ""
    assert (result.status, result.steps) == (Status.PASSED, len(trace.steps))


def test_the_conversation_shows_what_it_is_meant_to() -> None:
    steps = conversation().steps
    assert {"event": "Delivered", "peer": "alice", "sequence": 1, "body": "grüße", "gap": 0} in steps[7].seen.events
    assert [step.seen.clause for step in steps if step.seen.clause] == ["SEG-RECEIVE-1", "SEG-JOIN-1", "SEG-DESTROY-2"]
    assert steps[16].operation == "crash"
    assert steps[16].observation.alive == ("alice",)
    assert steps[16].observation.announced == ("alice", "bob")
    assert steps[17].observation.announced == ("alice",)


def altered(trace: Trace, index: int, change: Callable[[TraceStep], TraceStep]) -> Trace:
    steps = list(trace.steps)
    steps[index - 1] = change(steps[index - 1])
    return replace(trace, steps=tuple(steps))


ALTERED: list[tuple[str, int, Callable[[TraceStep], TraceStep], str]] = [
    ("outcome", 8, lambda s: replace(s, seen=replace(s.seen, outcome="rejected", clause="SEG-WHO-3")), "outcome"),
    ("accepted", 9, lambda s: replace(s, seen=replace(s.seen, outcome="ok", clause=None)), "outcome"),
    ("clause", 9, lambda s: replace(s, seen=replace(s.seen, clause="SEG-RECEIVE-5")), "clause"),
    ("plaintext", 8, lambda s: replace(s, seen=replace(s.seen, events=({"event": "Delivered"},))), "events"),
    ("no event", 8, lambda s: replace(s, seen=replace(s.seen, events=())), "events"),
    ("other body", 7, lambda s: replace(s, arguments={"peer": "bob", "body": "other"}), "events"),
    ("header", 5, lambda s: replace(s, observation=replace(s.observation, header="destroyed")), "what is visible"),
    ("entries", 5, lambda s: replace(s, observation=replace(s.observation, acl=7)), "what is visible"),
    ("board", 5, lambda s: replace(s, observation=replace(s.observation, announced=())), "what is visible"),
    ("posts", 10, lambda s: replace(s, observation=replace(s.observation, posts={})), "what is visible"),
    ("inbox", 7, lambda s: replace(s, observation=replace(s.observation, pending={})), "what is visible"),
    ("life", 17, lambda s: replace(s, observation=replace(s.observation, alive=("alice", "bob"))), "what is visible"),
    ("other operation", 12, lambda s: replace(s, operation="acknowledge"), "outcome"),
]


@pytest.mark.parametrize(("index", "change", "what"), [row[1:] for row in ALTERED], ids=[row[0] for row in ALTERED])
def test_a_replay_finds_what_was_altered(index: int, change: Callable[[TraceStep], TraceStep], what: str) -> None:
    result = replay_on_engine(altered(conversation(), index, change))
    assert result.status is Status.FAILED
    assert result.divergence is not None
    # An altered body is sent without a difference; its receipt is the first that differs.
    assert result.divergence.index in (index, index + 1)
    assert result.divergence.what == what
    assert result.steps == result.divergence.prefix == result.divergence.index - 1
    assert result.divergence.expected != result.divergence.seen
    assert str(result.divergence) == result.reason


def test_a_replay_looks_before_the_first_step() -> None:
    trace = conversation()
    result = replay_on_engine(replace(trace, start=replace(trace.start, acl=3)))
    assert result.status is Status.FAILED
    assert result.divergence is not None
    assert (result.divergence.index, result.divergence.expected, result.divergence.seen) == (0, {"acl": 3}, {"acl": 0})
    assert "before the first step" in result.reason


def test_whoever_watches_sees_every_step() -> None:
    seen: list[StepSeen] = []
    trace = conversation()
    replay(trace, on="engine", watch=seen.append)
    assert [(one.index, one.step) for one in seen] == list(enumerate(trace.steps, start=1))
    assert seen[8].seen.detail != ""


def test_terms_stay_on_the_engine() -> None:
    with pytest.raises(ValueError, match="symbolic"):
        replay(conversation(), on="backend", suite="symbolic")


@pytest.mark.parametrize("suite", SUITES)
def test_an_intruder_drops_and_replays(suite: str) -> None:
    acts = [
        *scripts.opened("alice", "bob"),
        scripts.act("alice", "send", peer="bob", body="one"),
        scripts.act("alice", "send", peer="bob", body="two"),
        scripts.act("intruder", "drop", inbox="bob", sender="alice"),
        scripts.act("bob", "receive", peer="alice"),
        scripts.act("intruder", "inject", record={"step": 8, "record": 0}, inbox="bob", sender="alice"),
        scripts.act("bob", "receive", peer="alice"),
    ]
    trace = scripts.trace(acts)
    assert trace.steps[-3].seen.events == (
        {"event": "Delivered", "peer": "alice", "sequence": 2, "body": "two", "gap": 1},
    )
    assert trace.steps[-1].seen.clause == "SEG-RECEIVE-6"
    assert replay_on_engine(trace, suite).status is Status.PASSED
