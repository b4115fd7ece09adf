"""The stash's hostile corpus: every field and word is in it, outcomes are what the chapter says, the stores pass it."""

import sys
from pathlib import Path

import pytest

from lockedroom.conformance import hostile, stash_hostile
from lockedroom.conformance.conform import TraceResult, conform
from lockedroom.conformance.process import Limits
from lockedroom.conformance.replay import replay_on_engine
from lockedroom.conformance.report import failed_at
from lockedroom.conformance.runner import Fleet, replay_for_real
from lockedroom.conformance.stage import Status
from lockedroom.conformance.stash import COMMIT, MAGIC, RECORD
from lockedroom.conformance.stash_real import stores
from lockedroom.spec.registry import clauses

VECTORS = hostile.vectors("stash")
TRACES = hostile.traces("stash")
BROKEN = (sys.executable, str(Path(__file__).with_name("stash_broken.py")))
PATIENT = Limits(start=60.0, reply=60.0)


def first(case: str) -> str:
    """The clause by which reading is refused then, or what is read."""
    step = VECTORS[f"hostile/{case}"].steps[0]
    assert step.operation == "stash.read"
    return step.clause or str(step.events[0]["body"])


def test_every_field_of_a_record_is_changed_in_every_way() -> None:
    """STASH-RECORD-2: what is no record does not open, nor does one of which anything is another."""
    for said in ("value", "tombstone"):
        for field in stash_hostile.FIELDS:
            ways = {"bit-flipped", "high-bit-flipped", "zeroed", "greatest", "truncated", "extended"}
            for way in ways - ({"truncated"} if field == "kind" else set()):
                assert first(f"{said}/{field}/{way}") == "STASH-READ-2", (said, field, way)


def test_words_are_read_as_the_chapter_says() -> None:
    """STASH-SHM-1, STASH-SHM-2, STASH-READ-3, STASH-READ-4; read out of the chapter, not out of the engine."""
    junk, older, gone, same = "STASH-READ-2", "STASH-READ-3", "STASH-READ-4", "again"
    for case, seen in {
        "magic/bit-flipped": junk,
        "magic/is-0": junk,
        "never-written": gone,
        "commit/zeroed": gone,
        "commit/length/a-byte-too-long": junk,
        "commit/length/one-less": junk,
        "commit/length/one-more": junk,
        "commit/count/one-less": older,
        "commit/count/two-more": same,
        "commit/count/the-last": older,
        "halves/other": same,
        "halves/behind": same,
        "halves/zeroed": junk,
        "size/a-byte-longer": junk,
        "size/only-the-magic": junk,
        "size/none": gone,
        "rolled-back/read": older,
        "rolled-back/unread": "first",
        "other-key": junk,
    }.items():
        assert first(case) == seen, case
    assert {edit.place for one in VECTORS.values() for edit in one.edits} == {
        RECORD, MAGIC, COMMIT, "halves/0", "halves/1", "object",
    }  # fmt: skip


def test_every_vector_ends_with_a_value_that_is_there_again() -> None:
    for case, one in VECTORS.items():
        trace = hostile.trace_of(one, hostile.scenes("stash"))
        last = one.steps[-1]
        if case == "hostile/rolled-back/unread":
            assert last.clause == "STASH-READ-3", "what was written over the older value is another second version"
        else:
            assert last.events[0]["event"] == "Found", case
        assert all(step in clauses() for step in one.clauses)
        if all(edit.place == RECORD for edit in one.edits):
            assert replay_on_engine(trace).status is Status.PASSED, case
        else:
            assert replay_on_engine(trace).status is Status.UNSUPPORTED, case


def test_each_is_tried_in_every_store_that_has_what_it_writes_to() -> None:
    """Words are shared memory's alone."""
    for case, one in VECTORS.items():
        ours = [name for name in TRACES if name.rpartition("/in-")[0] == case]
        words = any(edit.place != RECORD for edit in one.edits)
        assert ours == [f"{case}/in-{store}" for store in stores() if store == "memory" or not words]
        for name in ours:
            assert hostile.candidate(name, TRACES[name]).flags == one.flags


def test_the_stores_pass_a_sample() -> None:
    chosen = [trace for number, trace in enumerate(TRACES.values()) if number % 17 == 0]
    report = conform("stash", traces=chosen, limits=PATIENT)
    assert [(one.title, one.reason) for one in report.traces if one.status != "passed"] == []


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_the_stores_pass_all_of_it() -> None:
    report = conform("stash", traces=[*TRACES.values()], limits=PATIENT)
    assert [(one.title, one.reason) for one in report.traces if one.status != "passed"] == []


@pytest.mark.parametrize(
    ("mistake", "case", "clause"),
    [
        ("unopened", "value/sealed/bit-flipped", "STASH-READ-2"),
        ("a version that nothing seals", "value/version/bit-flipped", "STASH-READ-2"),
        ("a kind that nothing seals", "value/kind/2", "STASH-READ-2"),
        ("one key for all", "spliced/older-fresh", "STASH-READ-2"),
        ("nothing is older", "rolled-back/read", "STASH-READ-3"),
        ("any magic", "magic/bit-flipped", "STASH-SHM-1"),
        ("any size", "size/a-byte-longer", "STASH-SHM-1"),
    ],
)
def test_a_stash_with_a_mistake_fails_at_its_clause(mistake: str, case: str, clause: str) -> None:
    name = f"hostile/{case}/in-memory"
    trace = TRACES[name]
    with Fleet((*BROKEN, mistake), PATIENT) as fleet:
        found = replay_for_real(trace, fleet)
    assert found.status is Status.FAILED and found.divergence is not None, found.reason
    told = TraceResult(trace.title, found.status, found.steps, found.divergence, found.reason)
    assert clause in failed_at(hostile.candidate(name, trace), told)
