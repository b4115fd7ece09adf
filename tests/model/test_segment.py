"""The segment within small bounds: counts that are pinned, what they exercise, and that two runs are the same. The
bounds that take minutes are in `pinned.json`, beside the model; they are compared by `make full`."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import resources

import pytest

from lockedroom.model.explore import Explorer
from lockedroom.model.segment.bounds import NAMES, Bounds, Setting
from lockedroom.model.segment.machine import segment_machine
from lockedroom.model.segment.properties import PROPERTIES
from lockedroom.model.verdict import CheckReport, check
from lockedroom.reference.segment.table import BY_OPERATION
from lockedroom.spec import registry

SMALL = {
    Bounds(2, 1, 1): (374, 1_682, 12),
    Bounds(2, 1, 1, intruder=1): (8_095, 17_069, 14),
    Bounds(2, 1, 1, intruder=2): (60_545, 118_736, 15),
    Bounds(2, 1, 1, rotations=1): (13_438, 63_731, 21),
    Bounds(2, 1, 1, revocations=1): (8_511, 44_665, 17),
    Bounds(2, 1, 1, crashes=1): (1_041, 4_768, 13),
    Bounds(2, 1, 2): (11_460, 52_588, 20),
    Bounds(2, 2, 1): (2_744, 15_469, 16),
}
"""States, transitions and depth."""

LARGEST = {
    Bounds(3, 0, 1, intruder=1): (298_250, 528_993, 20),
    Bounds(3, 0, 1, intruder=2, insider=1): (126_178, 264_777, 18),
    Bounds(3, 0, 1, rotations=1): (1_967_283, 13_083_181, 31),
}
"""Three members with an intruder, or with rotations, as far as minutes go: with a message each there are over 85 and
over 70 million states, which do not fit. (Without messages nothing can be sent,
and where the list is complete before anybody joins there is nothing to review.)"""

PINNED: dict[str, dict[str, int]] = json.loads(
    resources.files("lockedroom.model.segment").joinpath("pinned.json").read_text(encoding="utf-8")
)
"""The same of the large bounds, by their budgets."""


def counts(report: CheckReport) -> tuple[int, int, int]:
    return report.states, report.transitions, report.depth


@pytest.mark.parametrize("bounds", SMALL, ids=str)
def test_small_bounds_hold_with_the_counts_that_are_pinned(bounds: Bounds) -> None:
    report = check("segment", bounds)
    assert report.verdict == "holds", report.counterexample
    assert counts(report) == SMALL[bounds]
    assert report.never_enabled == ()


@pytest.mark.parametrize("bounds", LARGEST, ids=str)
def test_the_largest_bounds_of_three_that_fit_do_not_shrink(bounds: Bounds) -> None:
    report = check("segment", bounds)
    assert report.verdict == "holds", report.counterexample
    assert counts(report) == LARGEST[bounds]
    assert set(report.never_enabled) <= {"send", "multicast", "publish", "receive", "read", "review", "post"}


@pytest.mark.full
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", PINNED)
def test_large_bounds_hold_and_do_not_shrink(name: str) -> None:
    report = check("segment", bounds_of(name))
    assert report.verdict == "holds", report.counterexample
    pinned = PINNED[name]
    assert counts(report) == (pinned["states"], pinned["transitions"], pinned["depth"])
    # Where the list is complete before anybody joins, there is nothing to review; without messages, nothing to read.
    silent = {"send", "multicast", "publish", "receive", "read", "post"} if not report.bounds.messages else set()
    unrevised = {"review"} if report.bounds.without_intruder().settled else set()
    # One honest member alone with an insider: there is nobody else whose board anybody looks at, and nobody to reap.
    alone = {"withdraw", "reap"} if len(report.bounds.honest) == 1 else set()
    assert set(report.never_enabled) <= silent | unrevised | alone


def bounds_of(name: str) -> Bounds:
    """The bounds that a pin's name gives: `members=2 messages=1 …`."""
    return Bounds(**{key: int(value) for key, _, value in (part.partition("=") for part in name.split())})


PAIRS = (
    Bounds(2, 1, 1, rotations=1, revocations=1),
    Bounds(2, 1, 1, rotations=1, crashes=1),
    Bounds(2, 1, 2, rotations=1),
    Bounds(2, 1, 1, revocations=1, crashes=1),
    Bounds(2, 1, 2, revocations=1),
    Bounds(2, 1, 2, crashes=1),
)
"""Each two of a rotation, a revocation, a crash and a second join."""


def test_every_bound_that_is_asked_for_is_pinned() -> None:
    assert {bounds_of(name) for name in PINNED} == {
        Bounds(2, 1, 1, rotations=1, crashes=1, intruder=1),
        Bounds(2, 1, 2, crashes=1, intruder=1),
        Bounds(2, 2, 2),
        Bounds(2, 1, 1, revocations=1, intruder=1),
        Bounds(2, 2, 1, rotations=1, intruder=1),
        Bounds(3, 1, 1),
        Bounds(3, 1, 1, intruder=1, insider=1),
        Bounds(3, 0, 1, revocations=1, intruder=1, insider=1),
        Bounds(2, 1, 1, crashes=1, intruder=2),
        *(replace(two, intruder=2, insider=1) for two in PAIRS),
    }


def test_the_small_bounds_exercise_every_property_but_multicast() -> None:
    exercised = {
        found.name
        for bounds in (Bounds(2, 1, 1, crashes=1), Bounds(2, 1, 1, intruder=1))
        for found in check("segment", bounds).properties
        if found.verdict == "holds" and found.exercised
    }
    assert {found.name for found in PROPERTIES} - exercised == {"multicast all or nothing"}


def test_properties_name_clauses_that_there_are() -> None:
    named = {clause for found in PROPERTIES for clause in found.clauses}
    assert named <= set(registry.clauses())


def test_two_runs_are_the_same() -> None:
    def run() -> tuple[object, ...]:
        explorer = Explorer(segment_machine(Setting(Bounds(2, 1, 1, crashes=1))))
        found = explorer.run()
        steps = [(str(b.path[-1]), len(b.path)) for b in found.behaviours()]
        return found.states, found.transitions, found.entries, steps, explorer.state(found.states - 1)

    assert run() == run()


def test_every_operation_of_the_table_is_bound() -> None:
    bounds = Bounds(2, 1, 1, rotations=1, revocations=1, crashes=1)
    bound = {action.operation for action in segment_machine(Setting(bounds)).actions}
    assert set(BY_OPERATION) | {"crash"} == bound


@pytest.mark.parametrize("wrong", [{"members": 0}, {"members": len(NAMES) + 1}, {"messages": -1}, {"joins": 17}])
def test_absurd_bounds_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="not"):
        Bounds(**wrong)


def test_the_report_is_one_object_of_plain_values() -> None:
    report = json.loads(json.dumps(check("segment", Bounds(2, 1, 1)).to_json()))
    assert report["verdict"] == "holds" and report["complete"] is True
    assert {"bounds", "states", "transitions", "depth", "seconds", "engine_calls", "entries"} <= set(report)
    assert all({"name", "class", "clauses", "verdict"} <= set(found) for found in report["properties"])
    waiting = {found["name"] for found in report["properties"] if found["verdict"] == "not exercised"}
    assert "forward secrecy after leave" in waiting, "without an intruder nobody is told anything"
    assert "progress" not in waiting


def test_what_nothing_could_have_shown_is_a_typed_finding() -> None:
    report = check("segment", Bounds(2, 1, 1, crashes=1))
    found = {(finding.kind, finding.name) for finding in report.findings}
    assert ("vacuous property", "forward secrecy after leave") in found
    assert ("never happened", "two rotations cross") in found
    assert ("guard never false", "accept, SEG-ACCEPT-4") in found, "nobody forges where no intruder is"
    assert ("guard never false", "reap, SEG-REAP-1") not in found, "the living are there to be spared"
    assert not {kind for kind, _ in found} & {"never enabled", "always refused"}
    hostile = check("segment", Bounds(2, 1, 1, intruder=1))
    assert ("guard never false", "accept, SEG-ACCEPT-4") not in {(f.kind, f.name) for f in hostile.findings}
    assert report.to_json()["findings"] == [finding.to_json() for finding in report.findings]


def test_nothing_is_found_missing_of_what_was_not_seen_whole() -> None:
    assert check("segment", Bounds(2, 1, 1), state_limit=100).findings == ()
