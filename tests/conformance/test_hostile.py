"""The hostile corpus: every field is in it, each outcome is what the chapters say, and the backend passes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lockedroom.backend.layout import Layout
from lockedroom.backend.regions import REGIONS
from lockedroom.conformance import hostile, hostile_make
from lockedroom.conformance.conform import conform
from lockedroom.conformance.edits import Edit, Unplaceable, edited, rewritten, spans, spot
from lockedroom.conformance.placed import Placed
from lockedroom.conformance.replay import replay_on_engine
from lockedroom.conformance.stage import Status
from lockedroom.reference.segment.codec import decode, encode
from lockedroom.reference.segment.records import LAYOUTS, Capacity, Entry, Malformed
from lockedroom.spec.registry import clauses

FLIPPED = {
    "header": "version 5, suite 5, profile 5, capacity 2, creator 3, key 3, segment 3, signature 3",
    "entry": "serial 3, previous 3, subject 2, key 2, rights 2, signature 2",
    "announcement": "name EXCHANGE-4, incarnation EXCHANGE-4, ephemeral EXCHANGE-4, serial ACL-7, head ACL-7, "
    "signature EXCHANGE-4",
    "exchange": "sender ACCEPT-2, recipient ACCEPT-2, sender-incarnation ACCEPT-4, recipient-incarnation ACCEPT-2, "
    "ciphertext ACCEPT-4, wrapped ACCEPT-4, serial ACL-7, head ACL-7, signature ACCEPT-4",
    "message": "sender 2, recipient 2, sender-incarnation 3, recipient-incarnation 3, epoch 5, sequence 6, flags 5, "
    "rotation 5, sealed 5",
    "post": "sender READ-1, recipient READ-1, sender-incarnation READ-1, recipient-incarnation READ-1, epoch -, "
    "number -, sealed -",
}
"""What the chapters say of a record with one bit of a field changed, read out of them and not out of the engine; a post
that does not open is reported (SEG-READ-3), not refused."""

AREAS = {"header": "HEADER", "entry": "ACL", "message": "RECEIVE"}


def expected() -> Iterator[tuple[str, str, str | None]]:
    for record, said in FLIPPED.items():
        for field, clause in (pair.split(" ") for pair in said.split(", ")):
            known = f"{AREAS[record]}-{clause}" if record in AREAS else clause
            yield record, field, None if clause == "-" else f"SEG-{known}"


@pytest.mark.parametrize(("record", "field", "clause"), list(expected()))
def test_one_bit_of_a_field_is_refused_as_the_chapters_say(record: str, field: str, clause: str | None) -> None:
    (step,) = hostile.vectors()[f"hostile/{record}/{field}/bit-flipped"].steps
    assert step.clause == clause
    assert clause or step.events[0]["event"] == "Unreadable"


def test_every_field_of_every_record_is_changed_in_every_way() -> None:
    for target in hostile_make.TARGETS:
        ids = [case.split("/")[2:] for case in hostile.vectors() if case.startswith(f"hostile/{target.name}/")]
        for field in LAYOUTS[target.record][1]:
            made = {way for name, way in ids if name == field.name.replace("_", "-")}
            assert "bit-flipped" in made, (target.name, field.name)
            if not target.few:
                assert made >= {"truncated", "extended", "greatest"}, (target.name, field.name)
            if not target.few and field.type in ("var", "name", "label", "epoch"):
                assert made >= {"length-greatest", "length-zero", "length-other"}, (target.name, field.name)
        if not target.few:
            kinds = {way for name, way in ids if name == "kind"}
            assert kinds >= {str(kind) for kind, _ in LAYOUTS.values() if kind != LAYOUTS[target.record][0]}
    assert {target.record for target in hostile_make.TARGETS if not target.few} == set(LAYOUTS)


def test_every_field_of_the_layout_is_written_to() -> None:
    index = {"alice": 0, "bob": 1, "carol": 2}
    places = {edit.place for one in hostile.vectors().values() for edit in one.edits} - {"object"}
    layout = Layout(hostile_make.CAPACITY)
    written = {spot(layout, place, lambda name: index.get(name, 2)).cell.offset for place in places}
    assert {
        (region.name, field.name)
        for region in REGIONS
        for field in region.fields
        if not any(f"{region.name}/" in place and f"/{field.name}" in f"{place}/" for place in places)
    } == set()
    assert len(written) >= 20


def test_every_vector_has_a_meaning_and_every_flag_is_used() -> None:
    found = hostile.vectors()
    several = (*found.values(), *hostile.vectors("stash").values())
    assert {flag for one in several for flag in one.flags} == set(hostile.FLAGS)
    assert all("Catches" in meaning for meaning in hostile.FLAGS.values())
    assert len({(one.scene, one.edits, tuple(s.operation for s in one.steps)) for one in found.values()}) == len(found)
    for case, one in found.items():
        trace = hostile.trace_of(one, hostile.scenes())
        steps = hostile.candidate(case, trace).steps
        assert len(steps) == len(trace.steps)
        assert all(steps[len(steps) - len(one.steps) :]), case
        assert set().union(*steps) <= clauses().keys(), case


def test_the_page_tells_every_flag() -> None:
    page = (Path(__file__).parents[2] / "spec" / "hostile.md").read_text(encoding="utf-8")
    for flag, meaning in hostile.FLAGS.items():
        assert f"| `{flag}` | {meaning} |" in page


def test_the_backend_passes_a_sample() -> None:
    """SEG-STORE-9, SEG-STORE-15, SEG-JOURNAL-1: what lies there is copied, checked, and refused."""
    chosen = [trace for number, trace in enumerate(hostile.traces().values()) if number % 31 == 0]
    report = conform(traces=chosen)
    assert [(one.title, one.reason) for one in report.traces if one.status != "passed"] == []
    assert len(report.traces) >= 20


@pytest.mark.full
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("suite", ["LR0", "LR1"])
def test_the_backend_passes_all(suite: str) -> None:
    report = conform(traces=tuple(hostile.traces().values()), suite="LR0" if suite == "LR0" else "LR1")
    assert [(one.title, one.reason) for one in report.traces if one.status != "passed"] == []


def test_another_outcome_fails_at_the_clause() -> None:
    trace = hostile.traces()["hostile/exchange/sender/bit-flipped"]
    last = trace.steps[-1]
    wrong = replace(trace, steps=(*trace.steps[:-1], replace(last, seen=replace(last.seen, clause="SEG-ACCEPT-4"))))
    (result,) = conform(traces=[wrong]).traces
    assert result.divergence is not None
    assert (result.divergence.what, result.divergence.seen) == ("clause", "SEG-ACCEPT-2")


def test_an_engine_has_no_object() -> None:
    replayed = replay_on_engine(hostile.traces()["hostile/rings/tail/one-more"], "symbolic")
    assert replayed.status is Status.UNSUPPORTED


def test_another_segment_of_the_same_members_differs() -> None:
    scene = hostile.scenes()["sent"]
    here = Placed(scene.settings, "LR0", scene.steps)
    there = Placed(scene.settings, "LR0", scene.steps, elsewhere=True)
    for place in (
        "header/header cell",
        "acl/entry cells/1",
        "board/alice/halves/0",
        "inboxes/bob/alice/record cells/1",
    ):
        assert here.held(place) != there.held(place)
        assert not isinstance(decode(there.held(place)), Malformed)


def test_what_is_nowhere_is_refused() -> None:
    layout, index = Layout(Capacity(2, 2, 2, 4, 512)), lambda _: 0
    for place in (
        "",
        "header",
        "header/none",
        "inboxes/alice/tail",
        "acl/entry cells/x",
        "board/a/halves/0/1",
        "none/x",
    ):
        with pytest.raises(Unplaceable):
            spot(layout, place, index)
    entry = encode(Entry(1, bytes(32), "bob", bytes(32), 7, bytes(64)))
    assert spans(entry)["subject"] == (37, 41)
    for edit in (
        Edit("x", "xor", "none", "01"),
        Edit("x", "length", "rights", number=1),
        Edit("x", "xor", "rights", "0101"),
        Edit("x", "put", "rights", "no"),
        Edit("x", "grow"),
    ):
        with pytest.raises(Unplaceable):
            edited(edit, entry)
    with pytest.raises(Unplaceable):
        rewritten(Edit("x", "put", bytes="01"), bytes(8))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"flags": ["no such flag"]}, "no flag"),
        ({"more": 1}, "more"),
        ({"edits": [{"place": "acl/count", "change": "guess"}]}, "guess"),
    ],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, change: dict[str, object], problem: str) -> None:
    value = json.loads((hostile.FOLDER / "unread.json").read_text())
    value["vectors"][0] |= change
    file = tmp_path / "x.json"
    file.write_text(json.dumps(value))
    with pytest.raises(hostile.MalformedHostile, match=problem):
        hostile.read_hostile(file)


def test_a_scene_that_is_not_there_is_told() -> None:
    one = next(iter(hostile.vectors().values()))
    with pytest.raises(hostile.MalformedHostile, match="no scene"):
        hostile.trace_of(replace(one, scene="none"), {})
