"""Traces of a profile: replayed in it, and in the other one, which says what it refuses."""

from typing import Literal

import pytest

from lockedroom.conformance.derive import Act
from lockedroom.conformance.process import Limits
from lockedroom.conformance.replay import Status, replay
from lockedroom.conformance.trace import Trace
from tests.conformance import scripts

PATIENT = Limits(start=60.0, reply=60.0)
ONS: tuple[Literal["engine", "backend"], ...] = ("engine", "backend")


def read_twice() -> list[Act]:
    """A message that was read is put back, and read again."""
    return [
        *scripts.opened("alice", "bob"),
        scripts.act("alice", "send", peer="bob", body="pay 10"),
        scripts.act("bob", "receive", peer="alice"),
        scripts.act("intruder", "inject", record={"step": 7, "record": 0}, inbox="bob", sender="alice"),
        scripts.act("bob", "receive", peer="alice"),
    ]


def attack() -> Trace:
    return scripts.trace(read_twice(), profile="as-written")


@pytest.mark.parametrize("on", ONS)
def test_a_whole_conversation_is_replayed_as_written(on: Literal["engine", "backend"]) -> None:
    trace = scripts.trace(scripts.conversation(), profile="as-written")
    assert (replay(trace, on=on, limits=PATIENT).status, trace.settings.profile) == (Status.PASSED, "as-written")


@pytest.mark.parametrize("on", ONS)
def test_an_attack_works_as_written_and_is_refused_hardened(on: Literal["engine", "backend"]) -> None:
    trace = attack()
    again = trace.steps[-1].seen
    assert (again.outcome, again.events) == (trace.steps[-3].seen.outcome, trace.steps[-3].seen.events)
    assert replay(trace, on=on, limits=PATIENT).status is Status.PASSED
    refused = replay(trace, on=on, profile="hardened", limits=PATIENT)
    assert refused.status is Status.FAILED and refused.divergence is not None
    assert (refused.divergence.index, refused.divergence.refusal) == (10, "SEG-RECEIVE-6")
    assert replay(trace, on=on, profile="as-written", limits=PATIENT).status is Status.PASSED


def test_in_another_profile_only_what_is_taken_and_refused_is_compared() -> None:
    # As written a rejoining member finds its inbox as it left it: seen, but no step of this trace depends on it.
    acts = [
        *scripts.opened("alice", "bob"),
        scripts.act("alice", "send", peer="bob", body="one"),
        scripts.act("bob", "crash"),
        scripts.act("bob", "join"),
    ]
    trace = scripts.trace(acts, profile="as-written")
    assert trace.steps[-1].observation.pending != {}
    assert replay(trace, profile="hardened").status is Status.PASSED
