"""The model's stash and the real one do the same: every behaviour, every attack, on every store."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path as File

import pytest

from lockedroom.backend.stash.engine import store_of
from lockedroom.conformance.conform import conform
from lockedroom.conformance.corpus import corpus
from lockedroom.conformance.coverage import pairs, rejections_covered, transitions_covered
from lockedroom.conformance.known_failures import KnownFailures
from lockedroom.conformance.observation import Seen
from lockedroom.conformance.replay import replay_on_engine
from lockedroom.conformance.report import build
from lockedroom.conformance.report_cases import candidate
from lockedroom.conformance.schemas import Json
from lockedroom.conformance.stage import Status
from lockedroom.conformance.stash import derived, settings_of
from lockedroom.conformance.stash_attacks import replay
from lockedroom.conformance.stash_real import Ground, on_every_store, stores
from lockedroom.conformance.trace import STASH, MalformedTrace, Trace, parse_trace, write_trace
from lockedroom.model.report import Behaviour, Path
from lockedroom.model.stash import FINDINGS, HONEST, JUDGES, SAID, SECRECY, Bounds, stash_subject
from lockedroom.model.subjects import check_subject
from lockedroom.reference.profile import Profile
from lockedroom.reference.stash.profile import AS_WRITTEN, DEFENCES, HARDENED

SMALL = Bounds(writes=2)
both = pytest.mark.parametrize("store", ["auto", "memory"])


@cache
def behaviours(profile: Profile) -> tuple[Behaviour, ...]:
    return check_subject(stash_subject(SMALL, profile, ()), "stash", {}).exploration.behaviours()


def attack(profile: Profile, only: tuple[str, ...] = (*JUDGES, SECRECY), by: str = "") -> tuple[str, Path]:
    found = check_subject(stash_subject(SMALL, profile, only, by=by), "stash", {}).violation
    assert found is not None
    return found.property, found.path


@both
@pytest.mark.parametrize("profile", [HARDENED, AS_WRITTEN], ids=str)
def test_every_behaviour(profile: Profile, store: str, record_property: Callable[[str, object], None]) -> None:
    """STASH-STORE-1: each operation with each of its outcomes, by the shortest way there."""
    there = store_of(store)
    record_property("store", there.name)
    found = behaviours(profile)
    assert {behaviour.operation for behaviour in found} == {"read", "write", "remove", "put"}
    assert len(found) >= (9 if profile == HARDENED else 6)
    assert {str(one.path): replay(one.path, profile, there) for one in found} == {str(one.path): "" for one in found}


@both
@pytest.mark.parametrize("defence", [one.name for one in DEFENCES])
def test_what_the_loss_of_a_defence_admits_happens_for_real(defence: str, store: str) -> None:
    broken, path = attack(HARDENED.without(defence))
    assert replay(path, HARDENED.without(defence), store_of(store), broken) == ""
    assert replay(path, HARDENED, store_of(store), broken) != "" or broken == "one key, one use"


@both
@pytest.mark.parametrize("name", FINDINGS)
def test_every_finding_on_the_description_happens_for_real(name: str, store: str) -> None:
    """STASH-PROFILE-2."""
    broken, by = FINDINGS[name]
    _, path = attack(AS_WRITTEN, (broken,), by)
    assert by in str(path[-2]) if by else len(path) < 5
    assert replay(path, AS_WRITTEN, store_of(store), broken) == ""


def test_all_that_the_description_does_not_keep_is_looked_for() -> None:
    assert {broken for broken, _ in FINDINGS.values()} == {SECRECY, *JUDGES} - {*HONEST, SAID}


def test_blocks_of_two_values_are_read_as_one() -> None:
    """As bytes: the first block of the one, one that is neither's, and the end of the other; hardened refuses that."""
    _, path = attack(AS_WRITTEN, ("authenticity",), "spliced")
    trace = derived(settings_of(AS_WRITTEN, "spliced", "a test", SMALL), path)
    (event,) = trace.steps[-1].seen.events
    assert isinstance(event, dict)
    body = str(event["body"])
    assert body.startswith("value 1, two blo") and body.endswith("cks") and body.strip() != "value 1, two blocks"
    hardened = replace(trace, settings=replace(trace.settings, profile="hardened"))
    parted = replay_on_engine(hardened, outcomes=True).divergence
    assert parted is not None and parted.refusal == "STASH-READ-2"


def test_the_corpus_holds_every_outcome_of_every_operation() -> None:
    """Also what the explorer tells apart least: the operation with the clause of its refusal, or its events."""
    traces = corpus("stash")
    for profile, name in ((HARDENED, "hardened"), (AS_WRITTEN, "as-written")):
        found = behaviours(profile)
        known = {(STASH + one.operation, one.clause or "+".join(one.events) or "ok") for one in found}
        assert known <= pairs([trace for trace in traces if trace.settings.profile == name]), name
    assert rejections_covered(traces, "stash").missing == ()
    assert transitions_covered(traces, "stash").missing == ()
    assert {actor for trace in traces for actor in (step.actor for step in trace.steps)} == {"anna", "ben", "intruder"}


@pytest.mark.parametrize("trace", corpus("stash"), ids=lambda trace: trace.title)
def test_the_corpus_on_the_engine(trace: Trace) -> None:
    found = replay_on_engine(trace)
    assert found.status is Status.PASSED, found.reason


def test_a_sample_of_the_corpus_by_real_processes_on_every_store() -> None:
    """STASH-ADAPTER-1 to 3. All of it is replayed by `lockedroom verify`."""
    several = on_every_store([trace for trace in corpus("stash") if len(trace.steps) > 4])
    assert {trace.settings.store for trace in several} == set(stores())
    report = conform("stash", traces=several, jobs=1)
    assert report.passed == len(several)
    assert report.processes == 2 + len(stores()), "one was killed in between, in each store"


def test_hardened_refuses_an_attack_on_the_description_by_its_clause() -> None:
    for broken, clause in (("no way back", "STASH-READ-3"), ("removals are noticed", "STASH-READ-4")):
        _, path = attack(AS_WRITTEN, (broken,))
        trace = derived(settings_of(AS_WRITTEN, broken, "a test", SMALL), path)
        assert replay_on_engine(trace).status is Status.PASSED
        hardened = replace(trace, settings=replace(trace.settings, profile="hardened"))
        parted = replay_on_engine(hardened, outcomes=True).divergence
        assert parted is not None and (parted.index, parted.refusal) == (len(path), clause)


@pytest.mark.parametrize(
    "put", [{"what": "record"}, {"what": "record", "step": 0}, {"what": "record", "step": 1, "spliced": 0}], ids=str
)
def test_a_step_that_left_nothing_is_not_supported(put: dict[str, Json]) -> None:
    """In a trace of anybody's."""
    found = replay_on_engine(putting(put))
    assert found.status is Status.UNSUPPORTED and "no record was left by" in found.reason


@pytest.mark.parametrize("wrong", [{"kind": 256}, {"version": 1 << 64}, {"step": 3}, {"spliced": 3}], ids=str)
def test_a_put_that_cannot_be_is_no_trace(wrong: dict[str, Json]) -> None:
    with pytest.raises(MalformedTrace):
        parse_trace(write_trace(putting({"what": "record", "step": 1, **wrong})), "a test")


def putting(put: dict[str, Json]) -> Trace:
    """A trace in which the intruder does that."""
    (trace,) = [one for one in corpus("stash") if one.title == "who was killed remembers nothing"]
    steps = (*trace.steps[:2], replace(trace.steps[2], arguments=put), *trace.steps[3:])
    return replace(trace, steps=steps)


def test_what_writes_over_any_version_where_none_is_said_fails() -> None:
    """STASH-WRITE-4, which the description's own traces alone can show."""
    (trace,) = [one for one in corpus("stash") if one.title == "nothing says its version"]
    broken = (sys.executable, str(File(__file__).with_name("stash_broken.py")), "any version")
    report = conform("stash", traces=[trace], command=broken, jobs=1)
    (failed,) = report.traces
    assert failed.divergence is not None and failed.divergence.expected == "rejected STASH-WRITE-4"
    shown = build(report, [candidate("trace/x", trace)], {}, KnownFailures())
    assert "STASH-WRITE-4" in shown.cases[0].broken


def test_a_holder_that_takes_what_does_not_open_fails() -> None:
    """An implementation that answers a refusal with something else, as STASH-READ-2 forbids."""
    (trace,) = [one for one in corpus("stash") if one.title.startswith("07:")]
    wrong = replace(trace.steps[-1], seen=Seen("ok", None, ({"event": "Nothing", "version": 0},)))
    report = conform("stash", traces=[replace(trace, steps=(*trace.steps[:-1], wrong))], jobs=1)
    (failed,) = report.traces
    assert failed.divergence is not None and failed.divergence.seen == "rejected STASH-READ-2"
    shown = build(report, [candidate("trace/07", trace)], {}, KnownFailures())
    assert shown.verdict == "failed" and shown.cases[0].broken


def test_a_replay_leaves_nothing_and_waits_for_another_one_of_its_trace() -> None:
    (trace,) = on_every_store(corpus("stash")[3:4])[-1:]
    trace = replace(trace, settings=replace(trace.settings, entropy=os.urandom(32).hex()))
    store = store_of("memory")
    with Ground(trace.settings, store) as first:
        with store.locked(first.place, time.monotonic() + 300):
            store.write(first.place, b"of the first")
        late = threading.Thread(target=lambda: conform("stash", traces=[trace], jobs=1))
        late.start()
        late.join(1)
        assert late.is_alive() and store.read(first.place) == b"of the first"
    late.join(300)
    assert not late.is_alive() and first.place not in store.locators()
