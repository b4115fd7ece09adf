"""The segment within small bounds: what they exercise, what a report says, and that two runs are the same. How many
states there are is pinned: `test_pins`."""

from __future__ import annotations

import json

import pytest

from lockedroom.model.explore import Explorer
from lockedroom.model.segment.bounds import NAMES, Bounds, Setting
from lockedroom.model.segment.machine import segment_machine
from lockedroom.model.segment.properties import PROPERTIES
from lockedroom.model.verdict import check
from lockedroom.reference.segment.table import BY_OPERATION
from lockedroom.spec import registry


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
