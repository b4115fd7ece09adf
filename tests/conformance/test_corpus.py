"""The corpus: it shows what it must, and shows the same under every suite and on real shared memory."""

import random
from functools import cache
from typing import Literal

import pytest

from lockedroom.conformance import corpus
from lockedroom.conformance.conform import conform
from lockedroom.conformance.coverage import pairs, rejections_covered, transitions_covered
from lockedroom.conformance.engine import EngineRoom
from lockedroom.conformance.process import Limits
from lockedroom.conformance.replay import Status, replay_on_engine
from lockedroom.conformance.trace import Trace, operations, read_trace, write_trace
from lockedroom.reference.segment.records import Capacity
from tests.conformance import scripts

PATIENT = Limits(start=60.0, reply=60.0)

HOSTILE = {
    "SEG-ACCEPT-2": "joining purges the own inbox in the step that announces a new incarnation",
    "SEG-ACCEPT-4": "only a stranger signs for somebody else",
    "SEG-ACCEPT-5": "exchange refuses a second one",
    "SEG-ACCEPT-6": "an honest maker encapsulates to the announced key",
    "SEG-ACL-2": "only the creator extends the list",
    "SEG-ACL-3": "only the creator extends the list",
    "SEG-ACL-4": "an honest list only grows",
    "SEG-ACL-5": "an honest list has one entry for each serial",
    "SEG-ACL-7": "honest records name a state that the list has",
    "SEG-EXCHANGE-4": "an honest announcement is signed",
    "SEG-EXCHANGE-7": "an honest announcement holds a key",
    "SEG-HEADER-2": "an honest header is whole",
    "SEG-HEADER-3": "all members of a trace expect the same creator",
    "SEG-HEADER-4": "a trace has one segment",
    "SEG-HEADER-5": "all members of a trace speak one suite",
    "SEG-JOIN-3": "a member of a trace is one process",
    "SEG-RECEIVE-2": "honest records lie where they belong",
    "SEG-RECEIVE-3": "records of one pair are read in order, and the exchange comes first",
    "SEG-RECEIVE-5": "honest records open",
    "SEG-RECEIVE-6": "nothing honest comes twice",
    "SEG-RECEIVE-7": "an honest rotation unwraps",
    "SEG-RECORD-1": "honest records make sense",
    "SEG-RECORD-2": "honest announcements make sense",
}
"""The refusals that nothing but an intruder, a second segment or a second process of one name brings about, and why."""


@cache
def traces() -> tuple[Trace, ...]:
    return corpus.corpus()


def test_every_transition_and_every_refusal_that_honest_members_meet_is_shown() -> None:
    assert transitions_covered(traces()).missing == ()
    assert set(rejections_covered(traces()).missing) == set(HOSTILE)


OPERATIONS = {
    "grant": 3,
    "revoke": 1,
    "join": 4,
    "review": 3,
    "exchange": 5,
    "accept": 6,
    "send": 9,
    "receive": 12,
    "rotate": 3,
    "acknowledge": 4,
    "publish": 1,
    "read": 1,
    "leave": 1,
    "reap": 1,
    "crash": 1,
}


def stroll(dice: random.Random, steps: int) -> set[str]:
    """The refusals that members meet who do anything at all, in a room with rights that come and go."""
    members = ("alice", "bob", "carol")
    room = EngineRoom(scripts.settings(*members, capacity=Capacity(4, dice.randint(1, 3), 3, 60, 2048)), "symbolic")
    room.act(1, "alice", "create", {})
    met: set[str] = set()
    for index in range(2, steps):
        operation = dice.choices([*OPERATIONS], [*OPERATIONS.values()])[0]
        me = "alice" if operation in ("grant", "revoke") else dice.choice(members)
        other = dice.choice(members)
        rights = dice.choice([*[scripts.ALL] * 20, ["join"], ["join", "exchange"], ["join", "send"], ["exchange"], []])
        given = {"peer": other, "body": "x", "subject": other, "key": other, "rights": rights}
        arguments = {name: given[name] for name in operations()[operation]}
        met.add(room.act(index, me, operation, arguments).clause or "")
    return met


def test_honest_members_do_not_meet_the_others_by_chance_either() -> None:
    dice = random.Random(2)
    met = set().union(*(stroll(dice, 150) for _ in range(200)))
    assert met & set(HOSTILE) == set()
    assert len(met) > 27, sorted(met)


def test_the_corpus_is_few_short_and_rich() -> None:
    assert len(traces()) <= 40
    assert sum(len(trace.steps) for trace in traces()) <= 600
    assert len(pairs(traces())) >= 110
    operations = {step.operation for trace in traces() for step in trace.steps}
    assert "crash" in operations
    assert {len(trace.settings.members) for trace in traces()} == {2, 3}


def test_exchanges_and_rotations_cross() -> None:
    events = [event for trace in traces() for step in trace.steps for event in step.seen.events]
    assert any(isinstance(event, dict) and event.get("crossed") for event in events)
    assert {event["won"] for event in events if isinstance(event, dict) and "won" in event} == {True, False}


def test_each_file_that_is_not_checked_when_it_is_read_is_well_formed() -> None:
    paths = [*corpus.files(), *sorted((corpus.FOLDER / "segment" / "telling").glob("*.json"))]
    assert [read_trace(path) for path in paths] == [*traces(), *corpus.telling().values()]


def test_each_file_is_canonical_and_has_its_own_title() -> None:
    for path, trace in zip(corpus.files(), traces(), strict=True):
        assert path.read_text(encoding="utf-8") == write_trace(trace)
    assert len({trace.title for trace in traces()}) == len(traces())


@pytest.mark.parametrize("suite", ["symbolic", "LR0", "LR1"])
def test_every_trace_shows_the_same_under_every_suite(suite: str) -> None:
    for trace in traces():
        result = replay_on_engine(trace, suite)
        assert result.reason == ""
        assert (result.status, result.steps) == (Status.PASSED, len(trace.steps))


@pytest.mark.parametrize("suite", ["LR0", "LR1"])
def test_every_trace_shows_the_same_on_real_shared_memory(suite: Literal["LR0", "LR1"]) -> None:
    report = conform(jobs=2, limits=PATIENT, suite=suite)
    assert [result.reason for result in report.traces if result.reason] == []
    assert report.passed == len(traces())
    assert report.steps == sum(len(trace.steps) for trace in traces())


def test_what_passes_once_passes_again() -> None:
    """Five times, four at once: whatever depends on timing shows."""
    few = [trace for trace in traces() if len(trace.settings.members) == 2][:8] * 5
    assert conform(traces=few, jobs=4, limits=PATIENT).passed == len(few)
