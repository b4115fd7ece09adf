"""`lockedroom refine`: what it prints, as tables and as JSON, and its exit codes."""

from __future__ import annotations

import json

from lockedroom.cli.exits import Exit
from lockedroom.model.segment.mutants import MUTANTS
from tests.cli.run import inside, lockedroom

WIDE = {"COLUMNS": "160"}
SMALL = ("refine", "segment", "--messages", "0")


def test_every_transition_is_told_with_what_it_is() -> None:
    ran = lockedroom(*SMALL, env=WIDE)
    assert (ran.code, ran.err) == (Exit.HOLDS, "")
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


def test_every_mistake_that_must_not_refine_is_told() -> None:
    ran = inside("refine", "segment", "--mutants", "--time-limit", "1", "--json")
    found = json.loads(ran.out)
    assert (ran.code, 0 < found["caught"] < found["to_be_caught"]) == (Exit.INCOMPLETE, True)
    assert found["mutants"][0]["fault"] and found["outside"][0]["reason"]
    assert len(found["outside"]) + found["to_be_caught"] == len(MUTANTS)
    beside = inside("refine", "segment", "--mutants", "--members", "3")
    assert beside.code == Exit.USAGE and "--members with --mutants" in beside.err


def test_bounds_that_there_are_not_are_refused() -> None:
    assert inside("refine", "segment", "--members", "8").code == Exit.USAGE
    unknown = inside("refine", "segment", "--mutant", "none such")
    assert unknown.code == Exit.USAGE and "no mistake 'none such' is known" in unknown.err
