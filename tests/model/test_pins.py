"""The committed bounds: those of a few seconds are explored anew, all of them by `make full`; together they witness
every transition, leave no property vacuous, and reach as far as is asked for, or as far as ten minutes go."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest

from lockedroom.model.segment import pins
from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.pins import (
    ENOUGH,
    Beyond,
    Pin,
    beyond,
    bounds_of,
    instead,
    named,
    pin_of,
    text,
    too_large,
    union,
    written,
)
from lockedroom.model.segment.properties import PROPERTIES
from lockedroom.model.verdict import check
from lockedroom.reference.segment.table import BY_OPERATION

SMALL = {named(pin.bounds): pin for pin in pins.pins("small")}
LARGE = {named(pin.bounds): pin for pin in pins.pins("large")}
ALL = {**SMALL, **LARGE}

ITSELF = (
    *(Bounds(2, 1, 1, intruder=1), Bounds(2, 1, 1, rotations=1, crashes=1, intruder=1)),
    *(Bounds(2, 1, 2, crashes=1, intruder=1), Bounds(2, 2, 2), Bounds(2, 1, 1, revocations=1, intruder=1)),
    Bounds(3, 1, 1),
)
"""What the segment by itself is to be explored within."""

BUDGETS = ({"rotations": 1}, {"revocations": 1}, {"crashes": 1}, {"joins": 2})
ADVERSARY = (
    Bounds(3, 1, 1, intruder=2),
    *(replace(Bounds(3, 1, 1, intruder=1), **one) for one in BUDGETS),
    *(replace(Bounds(2, 1, 1, intruder=2), **one, **other) for one, other in combinations(BUDGETS, 2)),
)
"""What it is to withstand the adversary within: one who is nobody, and one with the keys of a member."""

FULL = {"multicast all or nothing"}
"""What only bounds that take minutes witness: three honest members who all have sessions."""


@cache
def explored(name: str) -> Pin:
    report = check("segment", bounds_of(name))
    assert report.verdict == "holds", report.counterexample
    return pin_of(report.to_json())


@pytest.mark.parametrize("name", SMALL)
def test_small_bounds_hold_and_do_not_shrink(name: str) -> None:
    assert SMALL[name].differences(explored(name)) == []


@pytest.mark.full
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", LARGE)
def test_large_bounds_hold_and_do_not_shrink(name: str) -> None:
    assert LARGE[name].differences(explored(name)) == []


def test_small_bounds_witness_every_transition_and_leave_no_property_vacuous_but_of_three() -> None:
    found = union(map(explored, SMALL))
    assert set(found.missing) == FULL
    assert {one.name for one in found.transitions} == set(BY_OPERATION)
    assert {one.name for one in found.properties} == {one.name for one in PROPERTIES}


def test_what_small_bounds_leave_is_witnessed_on_the_way_to_the_end_of_larger_ones() -> None:
    report = check("segment", Bounds(3, 1, 1), state_limit=20_000)
    judged = {found.name: found.exercised for found in report.properties}
    assert all(judged[name] for name in FULL)


@pytest.mark.parametrize(
    "asked",
    [ITSELF, ADVERSARY, tuple(replace(bounds, insider=1) for bounds in ADVERSARY)],
    ids=["itself", "outsider", "insider"],
)
def test_what_is_asked_for_witnesses_every_transition_together(asked: tuple[Bounds, ...]) -> None:
    found = union({pin.bounds: pin for bounds in asked for pin in instead(bounds)}.values())
    assert all(one.times for one in found.transitions)
    # With one message for each pair, none is there to be missed.
    assert {one.name for one in found.sometimes if not one.times} <= {"a gap is seen"}
    assert {one.name for one in found.properties if not one.times} <= FULL


@pytest.mark.parametrize("bounds", [*ITSELF, *ADVERSARY], ids=str)
def test_what_is_asked_for_is_pinned_or_the_largest_within_are(bounds: Bounds) -> None:
    for asked in (bounds, *([replace(bounds, insider=1)] if bounds in ADVERSARY else [])):
        if asked in {one.bounds for one in beyond()}:
            assert instead(asked), asked
        else:
            assert [pin.bounds for pin in instead(asked)] == [asked]


@pytest.mark.parametrize("asked", beyond(), ids=lambda one: named(one.bounds))
def test_what_was_not_exhausted_does_not_fit(asked: Beyond) -> None:
    shown = too_large(asked.bounds)
    assert shown is not None and shown.seconds >= ENOUGH >= 600, (
        "tried for less than ten minutes, as was what it contains"
    )


LARGEST = (
    *(replace(bounds, insider=1) for bounds in ADVERSARY[5:]),
    Bounds(3, 1, 1, intruder=2, insider=1),
    Bounds(3, 1, 1, crashes=1, intruder=1, insider=1),
    Bounds(3, 1, 1, intruder=1, insider=1),
    Bounds(3, 0, 1, intruder=2, insider=1),
    Bounds(3, 0, 1, rotations=1, intruder=1, insider=1),
    Bounds(3, 0, 1, revocations=1, intruder=1, insider=1),
    Bounds(3, 0, 2, intruder=1, insider=1),
    Bounds(3, 0, 1, intruder=2),
    Bounds(3, 0, 1, crashes=1, intruder=1),
    Bounds(3, 0, 1, rotations=1),
    Bounds(2, 1, 1, crashes=1, intruder=2),
    Bounds(2, 1, 1, rotations=1, intruder=2),
    Bounds(2, 1, 1, revocations=1, intruder=2),
    Bounds(2, 1, 1, rotations=1, crashes=1, intruder=2),
    Bounds(2, 1, 1, revocations=1, crashes=1, intruder=2),
    Bounds(2, 1, 2, crashes=1, intruder=2),
    Bounds(2, 2, 1, rotations=1, intruder=1),
    Bounds(2, 0, 1, rotations=1, revocations=1, intruder=1),
    Bounds(2, 0, 1, rotations=1, crashes=1, intruder=2),
    Bounds(2, 0, 1, revocations=1, crashes=1, intruder=2),
    Bounds(2, 0, 2, crashes=1, intruder=2),
)
"""What has been explored to the end of what is asked for with an adversary, or on the way there."""


def test_the_largest_bounds_that_were_exhausted_stay_pinned() -> None:
    assert {*ITSELF, *LARGEST} <= {pin.bounds for pin in ALL.values()}


def test_no_bounds_are_pinned_twice_or_both_pinned_and_beyond() -> None:
    names = [*SMALL, *LARGE, *(named(one.bounds) for one in beyond())]
    assert len(names) == len(set(names)) == len({bounds_of(name) for name in names})


def test_whatever_shrinks_is_seen() -> None:
    pin = SMALL["members=2 messages=1 joins=1"]
    assert pin.differences(replace(pin, seconds=9.0, engine_calls=1)) == []
    assert pin.differences(replace(pin, states=373)) == ["states: pinned 374, counted 373"]
    less = {name: count for name, count in pin.taken.items() if name != "leave"}
    (said,) = pin.differences(replace(pin, taken=less))
    assert said.startswith("taken leave: pinned") and said.endswith("counted 0")
    without = [replace(one, judged={}, taken={}) for one in SMALL.values()]
    assert {"progress", "join"} <= set(union(without).missing)


def test_a_check_is_put_into_the_file_by_its_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = check("segment", Bounds(2, 0, 1)).to_json()
    assert text(written(report, "small", None)) != pins.FILE.read_text(encoding="utf-8")
    file = tmp_path / "pinned.json"
    file.write_text(pins.FILE.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(pins, "FILE", file)
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(report)))
    assert pins.main(["large", "1.5"]) == 0
    content = json.loads(file.read_text(encoding="utf-8"))
    assert content["large"]["members=2 messages=0 joins=1"]["seconds"] == 1.5
    assert content["small"] == json.loads(text(written(report, "large", None)))["small"]
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps({**report, "verdict": "incomplete", "reason": "time"})))
    assert pins.main(["large"]) == 1
    assert pins.main([]) == pins.main(["huge"]) == 2
    report = check("segment", Bounds(2, 1, 1, intruder=1), state_limit=500).to_json()
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(report)))
    assert pins.main(["beyond", "2"]) == 0
    one = json.loads(file.read_text(encoding="utf-8"))["beyond"]["members=2 messages=1 joins=1 intruder=1"]
    assert (one["states"], one["depth"]) == (report["phases"][1]["states"], report["phases"][1]["depth"])
