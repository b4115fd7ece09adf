"""Findings as traces: the engine follows each, real processes on real memory do too, the hardened profile refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lockedroom.conformance.findings import Answer, answered, made_for, trace_of
from lockedroom.conformance.process import Limits
from lockedroom.conformance.replay import Status, replay, replay_on_engine
from lockedroom.conformance.sequels import answer_on, led_to, lengthened, trace_on
from lockedroom.conformance.trace import Trace
from lockedroom.model.segment.attacks import Attack
from lockedroom.model.segment.findings import Finding, committed_findings
from lockedroom.reference.segment import profile as switch
from lockedroom.reference.segment.profile import AS_WRITTEN, HARDENED

ON_THE_DESCRIPTION = [one for one in committed_findings().findings if one.attack.profile == AS_WRITTEN]
PATIENT = Limits(start=60.0, reply=60.0)


def whole(one: Finding) -> tuple[Attack, Trace, Answer]:
    """A finding with what it leads to: its moves, its trace, and what the hardened profile says to that."""
    answer, why = answered(one)
    assert answer is not None, why
    if answer.says != "same":
        return one.attack, trace_of(one.attack), answer
    sequel = led_to(one)
    assert sequel is not None, "the hardened profile refuses no step, and nothing that they lead to"
    return lengthened(one.attack, sequel), trace_on(one.attack, sequel), answer_on(one, sequel)


def on_real_memory(one: Finding) -> None:
    attack, trace, answer = whole(one)
    result = replay(trace, on="backend", limits=PATIENT)
    assert (result.status, result.reason) == (Status.PASSED, "")
    anew = made_for(trace, attack, HARDENED)
    hardened = replay(anew, on="backend", profile="hardened", limits=PATIENT)
    assert hardened.divergence is not None
    assert (hardened.divergence.index, hardened.divergence.refusal) == (answer.replayed, answer.clause)


@pytest.mark.parametrize("one", ON_THE_DESCRIPTION, ids=lambda one: one.name)
def test_the_engine_follows_each_and_the_hardened_profile_refuses_it_by_a_clause(one: Finding) -> None:
    attack, trace, answer = whole(one)
    assert replay_on_engine(trace).status is Status.PASSED
    anew = made_for(trace, attack, HARDENED)
    hardened = replay_on_engine(replace(anew, settings=replace(anew.settings, profile="hardened")), outcomes=True)
    assert hardened.divergence is not None
    assert (answer.says, answer.clause) == ("refused", hardened.divergence.refusal)
    assert answer.clause.startswith("SEG-") and answer.clause in str(answer)
    assert answer.step > attack.length or attack.moves[answer.step - 1].actor in ("alice", "bob")
    assert answer.by, "nothing that removes it, or has a part in what it leads to, refuses that step"


def test_what_the_intruder_makes_itself_is_made_for_the_profile_that_is_attacked() -> None:
    """As the description has it, the hardened profile would refuse the record for its form, whatever it is about."""
    (one,) = (one for one in ON_THE_DESCRIPTION if one.cause == (switch.BOUND_KEK,))
    trace = trace_of(one.attack)
    answer, _ = answered(one)
    assert answer is not None
    assert (answer.clause, answer.by) == ("SEG-ACCEPT-6", ((switch.BOUND_KEK, "SEG-ACCEPT-6"),))
    as_it_is = replay_on_engine(replace(trace, settings=replace(trace.settings, profile="hardened")), outcomes=True)
    assert as_it_is.divergence is not None and as_it_is.divergence.refusal == "SEG-ACCEPT-4"
    anew = made_for(trace, one.attack, HARDENED)
    changed = [old.operation for old, new in zip(trace.steps, anew.steps, strict=True) if old != new]
    assert set(changed) <= {"announce", "inject"} and "inject" in changed
    assert made_for(trace, one.attack, AS_WRITTEN) == trace


def test_a_step_is_counted_as_the_attack_does_and_as_its_trace_does() -> None:
    """What is made in another segment takes steps of the trace, which are none of the attack."""
    (one,) = (one for one in ON_THE_DESCRIPTION if one.cause == ("unique-segment-id",))
    answer, _ = answered(one)
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
