"""`lockedroom prove`: what it prints, as tables and as JSON, when everything is proved and when it is not."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lockedroom.cli.exits import Exit
from lockedroom.model.proofs import prove as proving
from lockedroom.model.proofs.query import Answered
from lockedroom.model.proofs.segment import agreement, small, whole
from lockedroom.model.proofs.segment import scope as segment_scope
from lockedroom.model.stash import HONEST, HOSTILE
from lockedroom.reference.segment.profile import HARDENED
from tests.cli.run import inside, interrupted, lockedroom
from tests.model.proofs.toy import lock

WIDE = {"COLUMNS": "160"}


@pytest.fixture(scope="module")
def remembered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder in which every answer is."""
    folder = tmp_path_factory.mktemp("cache")
    ran = lockedroom("prove", "segment", "--no-vacuity", env={**WIDE, "XDG_CACHE_HOME": str(folder)})
    assert ran.code == Exit.HOLDS, ran
    words = ("masters are secret", "agreement", "bounds", "none", "not covered by these proofs", "hardened: proved")
    assert [word for word in words if word not in ran.out] == []
    return folder / "lockedroom" / "proofs"


def test_one_object_with_every_obligation(remembered: Path) -> None:
    ran = inside("prove", "segment", "--json", "--no-vacuity", "--cache", remembered)
    found = json.loads(ran.out)
    assert (ran.code, ran.err, found["verdict"], found["unbounded"]) == (Exit.HOLDS, "", "proved", True)
    counts = found["counts"]
    assert counts["proved"] == counts["obligations"] == len(found["obligations"])
    assert counts["failed"] == counts["unknown"] == 0
    assert counts["remembered"] == counts["asked"] > 300
    for promise in found["promises"]:
        assert promise["clauses"] and promise["sha256"] == hashlib.sha256(promise["text"].encode()).hexdigest()


@pytest.mark.full
def test_the_whole_of_it_is_proved_and_shown_to_say_something() -> None:
    ran = lockedroom("prove", "segment", "--no-cache", "--json")
    found = json.loads(ran.out)
    vacuity = found["vacuity"]
    assert (ran.code, found["verdict"], found["counts"]["unknown"]) == (Exit.HOLDS, "proved", 0)
    assert (vacuity["clean"], vacuity["missing"]) == (True, [])
    assert [*vacuity["actions that only a mistake allows"]] == ["seize"]
    assert "seconds" in found and all("seconds" in one for one in found["obligations"])


def test_the_stash_is_proved_with_all_that_shows_it_to_say_something(tmp_path: Path) -> None:
    ran = inside("prove", "stash", "--json", "--cache", tmp_path)
    found = json.loads(ran.out)
    assert (ran.code, ran.err, found["system"], found["verdict"]) == (Exit.HOLDS, "", "stash", "proved")
    assert found["vacuity"]["clean"] and found["counts"]["promises"] > 10


def test_the_stash_has_defences_of_its_own_and_findings_elsewhere() -> None:
    unknown = inside("prove", "stash", "--without", "one-exchange")
    assert unknown.code == Exit.USAGE and "no defence one-exchange" in unknown.err and "tombstones" in unknown.err
    ran = inside("prove", "stash", "--bmc", "2", "--findings")
    assert (ran.code, ran.out) == (Exit.USAGE, "") and "--findings with stash" in ran.err


def test_unrolled_the_stash_as_written_falls_where_the_explorer_breaks_it() -> None:
    found = json.loads(inside("prove", "stash", "--bmc", "3", "--profile", "as-written", "--json").out)
    verdicts = {one["name"]: one["verdict"] for one in found["promises"]}
    assert {name: verdicts[name] for name in HOSTILE} == dict.fromkeys(HOSTILE, "violated")
    assert {name: verdicts[name] for name in HONEST} == dict.fromkeys(HONEST, "none")


@pytest.mark.full
def test_unrolled_the_hardened_stash_does_not_fall() -> None:
    found = json.loads(inside("prove", "stash", "--bmc", "4", "--json").out)
    assert (found["verdict"], found["ended"]) == ("none", "")


def test_what_is_not_proved_is_shown_as_two_states(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole, "segment", lambda profile: lock(free=False))
    ran = inside("prove", "segment", "--no-cache", env=WIDE)
    assert ran.code == Exit.REFUSED, ran
    for words in ("not proved: take keeps one holder", "breaks “one holder”", "+ holds(client", "not proved, in"):
        assert words in ran.out
    found = json.loads(inside("prove", "segment", "--no-cache", "--json").out)
    assert (found["verdict"], found["counts"]["failed"]) == ("failed", 1)
    assert list(found["counterexamples"]) == ["take keeps one holder"]


def test_no_time_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "answer", lambda text, timeout: Answered("unknown", timeout, "timeout"))
    ran = inside("prove", "segment", "--no-cache", "--jobs", "1", "--time-limit", "0.1", env=WIDE)
    assert ran.code == Exit.INCOMPLETE
    assert "unknown: accept keeps trusted masters are secret: timeout" in ran.out


def test_a_defence_that_there_is_not_is_told() -> None:
    ran = inside("prove", "segment", "--without", "magic")
    assert (ran.code, ran.out) == (Exit.USAGE, "")
    assert "no defence magic" in ran.err and "one-exchange" in ran.err


def test_a_cache_and_none_contradict_each_other(tmp_path: Path) -> None:
    ran = inside("prove", "segment", "--cache", tmp_path, "--no-cache")
    assert (ran.code, ran.out) == (Exit.USAGE, "")
    assert "give one of the two" in ran.err


def test_a_cache_that_is_no_folder_is_told(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    ran = inside("prove", "segment", "--cache", file)
    assert ran.code == Exit.USAGE and str(file) in ran.err, ran


def test_what_a_defence_is_to_the_proof_is_told(remembered: Path) -> None:
    off = inside("prove", "segment", "--cache", remembered, "--without", "one-exchange", env=WIDE)
    assert off.code == Exit.REFUSED
    assert "not proved: accept keeps one acceptance for a pair" in off.out
    assert "one-exchange: what fails without it is “accept keeps one acceptance for a pair”" in off.out
    assert str(HARDENED.without("one-exchange")) + ": not proved" in off.out
    outside = inside("prove", "segment", "--cache", remembered, "--no-vacuity", "--without", "tie-break", env=WIDE)
    assert outside.code == Exit.HOLDS
    assert "tie-break: under which of two shared keys the sides send: it is about an honest store" in outside.out


def test_what_each_defence_is_to_the_proof_stands_in_one_table(tmp_path: Path) -> None:
    ran = inside("prove", "stash", "--defences", "--cache", tmp_path, env=WIDE)
    assert ran.code == Exit.HOLDS, ran
    assert re.search(r"sealed-version +authenticity: step 3 +fails: alter keeps records that open are left by", ran.out)
    assert "of 7 whose loss alone is an attack of the explorer's 7 fail, and 0 are outside" in ran.out
    found = json.loads(inside("prove", "stash", "--defences", "--json", "--cache", tmp_path).out)
    assert (found["system"], found["verdict"], len(found["defences"])) == ("stash", "shown", 7)
    assert found["defences"][0]["explorer"] == {"falls": "secrecy", "steps": 1, "off": ["salted-keys"]}


def test_a_defence_that_is_not_what_it_is_said_to_be_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    named = {**segment_scope.DEFENCES, "one-exchange": "send keeps one acceptance for a pair"}
    monkeypatch.setattr(segment_scope, "DEFENCES", {name: named[name] for name in ("one-exchange", "tie-break")})
    ran = inside("prove", "segment", "--defences", "--cache", tmp_path, env=WIDE)
    assert ran.code == Exit.REFUSED, ran
    assert "not shown: is proved without it: send keeps one acceptance for a pair" in ran.out
    assert "of 2 defences 1 not shown, 1 outside" in ran.out
    beside = inside("prove", "segment", "--defences", "--without", "one-exchange")
    assert (beside.code, beside.out) == (Exit.USAGE, "") and "--defences with" in beside.err


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupt_ends_it_and_its_processes(jobs: int) -> None:
    ran = interrupted("prove", "--no-cache", "--jobs", str(jobs), everybody=True)
    assert (ran.code, ran.out) == (Exit.INTERRUPTED, ""), ran


@pytest.fixture
def two_members(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first of the bounds alone, and the first promises."""
    every = whole.segment
    monkeypatch.setattr(whole, "segment", lambda profile: replace(every(profile), safety=every(profile).safety[:3]))
    monkeypatch.setattr(small, "ladder", lambda: (small.small(rounds=2),))
    monkeypatch.setattr(agreement, "ladder", lambda: (small.small(rounds=2),))


@pytest.mark.usefixtures("two_members")
def test_a_bounded_check_says_what_falls_and_by_what() -> None:
    ran = inside("prove", "segment", "--bmc", "2", "--profile", "as-written", env=WIDE)
    assert ran.code == Exit.REFUSED, ran
    for words in (
        "“the list is the creator's” falls at step 2",
        "alter_entry(k = key-alice",
        "violated at step 2",
        "none within 2 steps",
        "within 2 members, 1 join, each under its own key, any but the creator an insider; 2 number",
        "2 rounds of derivation between steps",
        "segment, as-written: violated",
    ):
        assert words in ran.out
    found = json.loads(inside("prove", "segment", "--bmc", "0", "--json").out)
    assert (found["verdict"], found["unbounded"], found["steps"], found["ended"]) == ("none", False, 0, "")
    assert {one["verdict"] for one in found["promises"]} == {"none"}


@pytest.mark.usefixtures("two_members")
def test_findings_that_are_not_found_within_so_few_steps_are_told() -> None:
    ran = inside("prove", "segment", "--bmc", "0", "--findings", env=WIDE)
    assert ran.code == Exit.REFUSED, ran
    for words in ("no nonce twice: none within 0 steps", "outside; tie-break: "):
        assert words in ran.out
    assert re.search(r"findings: 0 agreed, [1-9]\d* outside, [1-9]\d* not found, 0 unknown", ran.out)
    assert inside("prove", "segment", "--findings").code == Exit.USAGE


def test_two_states_are_drawn_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "states.svg"
    monkeypatch.setattr(whole, "segment", lambda profile: lock(free=False))
    assert inside("prove", "segment", "--no-cache", "--svg", file).code == Exit.REFUSED
    drawn = ElementTree.fromstring(file.read_text(encoding="utf-8"))
    kinds = [(one.get("class"), one.text) for one in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert ("heading", "before") in kinds and ("heading", "after") in kinds
    gained = [text for kind, text in kinds if kind == "gained"]
    assert gained[0] == "+" and gained[1].startswith("(client") and ("lost", "−") not in kinds
    assert ("bad", "holds(C) & holds(D) -> C = D") in kinds
    assert inside("prove", "segment", "--no-cache", "--svg", file).code == Exit.USAGE


def test_a_bounded_check_without_time_names_what_is_unknown() -> None:
    ran = inside("prove", "segment", "--bmc", "30", "--time-limit", "0.1", env=WIDE)
    assert ran.code == Exit.INCOMPLETE, ran
    assert "not all was looked at: the time is up" in ran.out
    assert re.search(r"masters are secret .* unknown: none within no, no steps", ran.out)


def test_a_profile_is_for_the_bounded_check() -> None:
    ran = inside("prove", "segment", "--profile", "as-written")
    assert (ran.code, ran.out) == (Exit.USAGE, "") and "--bmc" in ran.err


def test_an_interrupted_bounded_check_says_what_is_established() -> None:
    ran = interrupted("prove", "--bmc", "30", everybody=True)
    assert ran.code == Exit.INTERRUPTED, ran
    assert "not all was looked at: interrupted" in ran.out and "segment, hardened: unknown" in ran.out
