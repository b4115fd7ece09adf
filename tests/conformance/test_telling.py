"""Traces that tell right from wrong: the engine passes each, the mutant of its name fails it at its clause."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import get_args

import pytest

from lockedroom.conformance import corpus, report_cases, telling
from lockedroom.conformance.conform import conform
from lockedroom.conformance.mistakes import Hands
from lockedroom.conformance.mistakes_store import of_the_engine
from lockedroom.conformance.protocol import Implementation
from lockedroom.conformance.replay import Status, replay_on_engine
from lockedroom.conformance.runner import Fleet, replay_for_real
from lockedroom.conformance.trace import INTRUDER, Trace, TraceStep
from lockedroom.model.segment.mutants import BY_NAME, MUTANTS

BY_FILE = {telling.slug(mutant): mutant for mutant in MUTANTS}


@cache
def committed() -> dict[str, Trace]:
    return dict(corpus.telling())


def sample(step: int) -> list[str]:
    return sorted(committed())[::step]


def lied(step: TraceStep) -> TraceStep:
    """The same look at a field, for a value that it never is."""
    return replace(step, arguments={**step.arguments, "value": {"bytes": ["00"]}})


def test_every_trace_is_named_for_a_mutant_and_is_its_case() -> None:
    assert committed().keys() <= BY_FILE.keys() and len(committed()) >= 15
    shown = {one.case.partition("/")[2]: one.name for one in of_the_engine() if one.case.startswith("telling/")}
    assert {name: BY_FILE[name].name for name in shown} == shown and shown.keys() <= committed().keys()


@pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.full)])
def test_the_mutant_fails_at_its_clause_and_the_engine_nowhere(step: int) -> None:
    for name in sample(step):
        trace, mutant = committed()[name], BY_FILE[name]
        for suite in ("symbolic", "LR0", "LR1"):
            assert replay_on_engine(trace, suite).status is Status.PASSED, (name, suite)
        assert any(mutant.breaks in telling.fails(trace, mutant, hands) for hands in get_args(Hands)), name


@pytest.mark.parametrize("step", [12, pytest.param(1, marks=pytest.mark.full)])
def test_real_processes_agree(step: int) -> None:
    chosen = [committed()[name] for name in sample(step)]
    report = conform(traces=chosen, jobs=2, cited=[frozenset()] * len(chosen))
    assert [result.reason for result in report.traces if result.status is not Status.PASSED] == []


@pytest.mark.parametrize("name", ["another list of the same length is taken", "one master key for all peers"])
def test_what_is_committed_is_what_is_found(name: str) -> None:
    """One whose step looks different, and one whose record does."""
    found = next(telling.told(BY_NAME[name]))
    assert found.trace == committed()[telling.slug(BY_NAME[name])] and BY_NAME[name].breaks in found.broken


def test_another_value_is_refused_by_the_clause_that_is_named() -> None:
    name = "one-master-key-for-all-peers"
    trace = committed()[name]
    *before, last = trace.steps
    assert (last.actor, last.operation, last.arguments["clause"]) == (INTRUDER, "inspect", BY_FILE[name].breaks)
    wrong = replace(trace, steps=(*before, lied(last)))
    with Fleet() as fleet:
        for found in (replay_on_engine(wrong, "symbolic"), replay_for_real(wrong, fleet)):
            assert found.divergence is not None and found.divergence.seen == f"rejected {BY_FILE[name].breaks}"
            assert found.divergence.detail == "its wrapped is another"


def test_who_draws_from_elsewhere_is_not_asked_what_was_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    about = Fleet.about

    def without(fleet: Fleet, number: int) -> Implementation:
        return replace(about(fleet, number), capabilities=("rooms",))

    monkeypatch.setattr(Fleet, "about", without)
    with Fleet() as fleet:
        looked = replay_for_real(committed()["one-master-key-for-all-peers"], fleet)
        other = replay_for_real(committed()["a-message-is-not-counted"], fleet)
    assert looked.status is Status.UNSUPPORTED and "has no entropy" in looked.reason
    assert other.status is Status.PASSED


def test_they_are_chosen_by_their_ids() -> None:
    assert {f"telling/{name}" for name in committed()} == report_cases.telling().keys()
    assert list(report_cases.telling(("telling/a-message-*",))) == ["telling/a-message-is-not-counted"]
    flagged = {name for name, one in committed().items() if "inspected" in report_cases.candidate(name, one).flags}
    assert "one-master-key-for-all-peers" in flagged and "a-message-is-not-counted" not in flagged
