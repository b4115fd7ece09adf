"""`lockedroom refine`: what it prints, as tables and as JSON, and its exit codes."""

from __future__ import annotations

import json
from dataclasses import replace
from types import ModuleType, SimpleNamespace

import pytest

from lockedroom.cli import refine
from lockedroom.cli.exits import Exit
from lockedroom.model.proofs.refined import Refined
from lockedroom.model.proofs.segment import mistakes as of_segment
from lockedroom.model.proofs.stash import refined as of_stash
from lockedroom.model.segment.mutants import MUTANTS
from lockedroom.model.stash_mutants import MUTANTS as STASH_MUTANTS
from tests.cli.run import inside, lockedroom

WIDE = {"COLUMNS": "160"}
SMALL = ("refine", "segment", "--messages", "0")


def test_every_transition_is_told_with_what_it_is() -> None:
    ran = lockedroom(*SMALL, env=WIDE)
    assert ran.code == Exit.HOLDS, ran
    for words in ("place_exchange, accept", "verify, join", "refused", "steps of what is proved", "memo entries"):
        assert words in ran.out
    assert "segment: refines within 2 members, 0 messages, 1 join, intruder 1" in ran.out


def test_one_object() -> None:
    ran = inside(*SMALL, "--json", "--edges")
    found = json.loads(ran.out)
    assert (ran.code, found["verdict"], found["judged"], found["complete"]) == (0, "refines", "edges", True)
    assert found["total"] == found["transitions"] == sum(sum(of.values()) for of in found["by_operation"].values())
    assert found["total"] == found["steps"] + found["stutters"] + found["ends"]


def test_a_mistake_is_shown_with_the_way_there() -> None:
    ran = inside(*SMALL, "--mutant", "accept does not verify the signature", env=WIDE)
    assert ran.code == Exit.REFUSED
    assert "no step of what is proved: alice: accept(bob): accept requires known_exchange(h_key(f), x)" in ran.out
    assert "alice: accept(bob)" in ran.out.split("known to hold", 1)[1]
    assert "segment: does not refine within 2 members" in ran.out


def test_a_limit_is_no_verdict() -> None:
    ran = inside("refine", "segment", "--members", "3", "--time-limit", "0.1", env=WIDE)
    assert ran.code == Exit.INCOMPLETE
    assert "segment: incomplete within 3 members" in ran.out


def time_is_over_after_the_first(monkeypatch: pytest.MonkeyPatch, module: ModuleType) -> None:
    """A clock that stands while the first mistake is looked at, however long that takes."""
    passed = [0.0]

    def refined(name: str, _: float | None) -> Refined:
        found: Refined = known.refined(name, None)
        passed[0] += 3600
        return found

    known = module.MISTAKES
    monkeypatch.setattr(module, "MISTAKES", replace(known, refined=refined))
    monkeypatch.setattr(refine, "time", SimpleNamespace(monotonic=lambda: passed[0]))


def test_every_mistake_that_must_not_refine_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    time_is_over_after_the_first(monkeypatch, of_segment)
    ran = inside("refine", "segment", "--mutants", "--time-limit", "1", "--json")
    found = json.loads(ran.out)
    assert (ran.code, found["caught"]) == (Exit.INCOMPLETE, 1) and found["to_be_caught"] > 1
    assert found["mutants"][0]["fault"] and found["outside"][0]["reason"]
    assert len(found["outside"]) + found["to_be_caught"] == len(MUTANTS)
    beside = inside("refine", "segment", "--mutants", "--members", "3")
    assert beside.code == Exit.USAGE and "--members with --mutants" in beside.err


def test_mistakes_that_are_interrupted_are_told_as_far_as_they_came(monkeypatch: pytest.MonkeyPatch) -> None:
    def refined(name: str, _: float | None) -> Refined:
        found: Refined = known.refined(name, None)
        return replace(found, fault="", path=(), reason="interrupted") if name == known.caught[1] else found

    known = of_segment.MISTAKES
    monkeypatch.setattr(of_segment, "MISTAKES", replace(known, refined=refined))
    ran = inside("refine", "segment", "--mutants", env=WIDE)
    assert ran.code == Exit.INTERRUPTED
    assert f"{len(known.caught) - 1} not looked at to the end" in ran.out
    assert f"segment: 1 of {len(known.caught)} mutants refine nothing" in ran.out


def test_bounds_that_there_are_not_are_refused() -> None:
    assert inside("refine", "segment", "--members", "8").code == Exit.USAGE
    unknown = inside("refine", "segment", "--mutant", "none such")
    assert unknown.code == Exit.USAGE and "no mistake 'none such' is known" in unknown.err


STASH = ("refine", "stash", "--set", "holders=1", "--set", "writes=1")


def test_the_stash_refines_what_is_proved() -> None:
    ran = inside(*STASH, env=WIDE)
    assert ran.code == Exit.HOLDS, ran
    for words in (
        "make_key, make_body, seal, put",
        "read_nothing",
        "stash: refines within 1 holder, 1 write, an intruder",
    ):
        assert words in ran.out
    found = json.loads(inside(*STASH, "--json", "--edges").out)
    assert (found["verdict"], found["judged"], found["bounds"]["holders"]) == ("refines", "edges", 1)


def test_a_mistake_of_the_stash_is_shown_with_the_way_there() -> None:
    ran = inside(*STASH, "--mutant", "a tombstone is believed without being opened", env=WIDE)
    assert ran.code == Exit.REFUSED
    assert "read requires opens(h, r) (STASH-READ-2, STASH-SEAL-2), which does not hold" in ran.out
    assert "anna: read()" in ran.out and "stash: does not refine within 1 holder" in ran.out


def test_every_mistake_of_the_stash_that_must_not_refine_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    time_is_over_after_the_first(monkeypatch, of_stash)
    found = json.loads(inside("refine", "stash", "--mutants", "--time-limit", "1", "--json").out)
    assert 1 == found["caught"] < found["to_be_caught"] == len(STASH_MUTANTS) - len(of_stash.OUTSIDE)
    outside = {one["name"]: one["reason"] for one in found["outside"]}
    assert outside == of_stash.OUTSIDE and "a refusal is free" in outside["what was seen is refused too"]


def test_options_of_the_other_protocol_are_refused() -> None:
    for options, words in (
        (("stash", "--members", "3"), "--members with stash"),
        (("stash", "--set", "members=3"), "the stash has no members"),
        (("stash", "--set", "holders=9"), "holders: 1 to 4"),
        (("stash", "--mutant", "none such"), "no mistake 'none such' is known"),
        (("segment", "--set", "holders=1"), "--set with segment"),
    ):
        ran = inside("refine", *options)
        assert ran.code == Exit.USAGE and words in ran.err, options


def test_a_cover_is_told_with_what_the_store_can_answer() -> None:
    ran = inside(*SMALL, "--cover", "--jobs", "1", env=WIDE)
    assert ran.code == Exit.HOLDS, ran
    for words in ("ways to answer", "private states of members", "answers: first records of lanes", "place_exchange"):
        assert words in ran.out
    assert "segment: refines within 2 members, 0 messages, 1 join, intruder 1" in ran.out
    found = json.loads(inside(*SMALL, "--cover", "--jobs", "1", "--json").out)
    assert (found["verdict"], found["judged"], found["complete"]) == ("refines", "ways to answer", True)
    assert found["total"] == found["steps"] + found["stutters"] + found["ends"] > 0
    assert set(found["answers"]) == {"headers", "lists", "announcements", "posts", "first records of lanes"}


def test_a_step_of_a_cover_that_is_none_shows_nothing() -> None:
    ran = inside(*SMALL, "--cover", "--jobs", "1", "--mutant", "accept does not verify the signature", env=WIDE)
    assert ran.code == Exit.INCOMPLETE
    assert "no step of what is proved: bob: accept(alice): accept requires" in ran.out
    assert "not complete: a step, to which perhaps no run leads, is none of what is proved" in ran.out


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (("--rotations", "1"), "a cover is not made with rotations"),
        (("--intruder", "2"), "a cover is not made with more than one step"),
        (("--edges",), "--edges with --cover"),
        (("--mutant", "no such"), "no such"),
    ],
    ids=str,
)
def test_what_a_cover_is_not_made_for_is_refused(given: tuple[str, ...], why: str) -> None:
    ran = inside(*SMALL, "--cover", *given, env=WIDE)
    assert ran.code == Exit.USAGE and why in ran.err
