"""Findings as traces: the engine follows each, real processes on real memory do too, the hardened profile answers."""

from __future__ import annotations

import pytest

from lockedroom.conformance.findings import answered, trace_of
from lockedroom.conformance.process import Limits
from lockedroom.conformance.replay import Status, replay, replay_on_engine
from lockedroom.model.segment.findings import Finding, committed_findings
from lockedroom.reference.segment.profile import AS_WRITTEN

ON_THE_DESCRIPTION = [one for one in committed_findings().findings if one.attack.profile == AS_WRITTEN]
PATIENT = Limits(start=60.0, reply=60.0)


def on_real_memory(one: Finding) -> None:
    trace, (answer, _) = trace_of(one.attack), answered(one.attack)
    result = replay(trace, on="backend", limits=PATIENT)
    assert (result.status, result.reason) == (Status.PASSED, "")
    assert answer is not None
    hardened = replay(trace, on="backend", profile="hardened", limits=PATIENT)
    if answer.says == "same":
        assert hardened.status is Status.PASSED
    else:
        assert hardened.divergence is not None
        assert (hardened.divergence.index, hardened.divergence.refusal) == (answer.replayed, answer.clause)


@pytest.mark.parametrize("one", ON_THE_DESCRIPTION, ids=lambda one: one.name)
def test_the_engine_follows_each_and_the_hardened_profile_answers(one: Finding) -> None:
    assert replay_on_engine(trace_of(one.attack)).status is Status.PASSED
    answer, why = answered(one.attack, one.clauses)
    assert answer is not None, why
    assert answer.clause and answer.clause in str(answer), "each is refused, or answered by a rule, with its clause"
    assert answer.says == "same" or one.attack.moves[answer.step - 1].actor in ("alice", "bob")


def test_a_step_is_counted_as_the_attack_does_and_as_its_trace_does() -> None:
    """What is made in another segment takes steps of the trace, which are none of the attack."""
    (one,) = (one for one in ON_THE_DESCRIPTION if one.cause == ("unique-segment-id",))
    answer, _ = answered(one.attack, one.clauses)
    assert answer is not None
    assert (answer.says, answer.step, answer.replayed) == (
        "refused",
        one.attack.length,
        len(trace_of(one.attack).steps),
    )
    assert answer.replayed > answer.step


def test_one_succeeds_on_real_memory_and_is_refused_by_the_hardened_profile() -> None:
    on_real_memory(next(one for one in ON_THE_DESCRIPTION if one.cause == ("increasing-sequence",)))


@pytest.mark.full
@pytest.mark.parametrize("one", ON_THE_DESCRIPTION, ids=lambda one: one.name)
def test_all_succeed_on_real_memory_and_are_answered_there(one: Finding) -> None:
    on_real_memory(one)
