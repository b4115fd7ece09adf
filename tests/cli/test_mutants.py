"""`mutants`: what it says of killed ones and of survivors, its JSON object, its traces, limits and interruption."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from lockedroom.cli.exits import Exit
from lockedroom.cli.hunters import Controlled, Hunted, hunt
from lockedroom.cli.mutants import INTERRUPTED, Hunts, file_of
from lockedroom.conformance.mutant_report import mutants_schema
from lockedroom.conformance.schemas import Json, check, validator_of
from lockedroom.model import stash_mutants as stash
from lockedroom.model.protocols import PROTOCOLS, SEGMENT
from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.mutants import BY_NAME, MUTANTS, Mutant
from lockedroom.model.segment.mutants.mutant import mistake
from tests.cli.run import Ran, inside, interrupted, lockedroom

LEAVING = "leaving withdraws nothing"
EQUIVALENT = mistake(
    "a mistake that is none",
    "SEG-LEAVE-1",
    (("transitions", "name = at.me.name\n", "name = at.me.name or at.me.name\n"),),
    "nothing committed is lost",
    Bounds(2, 0, 1),
)
STALE = replace(EQUIVALENT, name="a mistake in a line that is gone", patches=(("acl", "no such line", ""),))


def told(ran: Ran) -> dict[str, Json]:
    value = json.loads(ran.out)
    check(validator_of(mutants_schema()), value)
    assert isinstance(value, dict)
    return value


def known(monkeypatch: pytest.MonkeyPatch, *mutants: Mutant) -> None:
    """Make these the whole library of the segment."""
    monkeypatch.setitem(PROTOCOLS, "segment", replace(SEGMENT, mutants={one.name: one for one in mutants}))


def test_a_sample_is_killed_and_called_a_sample() -> None:
    ran = inside("mutants", "segment", "--only", "leaving*", "--jobs", "1", env={"COLUMNS": "120"})
    assert ran.code == Exit.HOLDS
    chosen = [one for one in MUTANTS if one.name.startswith("leaving")]
    assert f"{len(chosen)} of {len(chosen)} mutants killed, a sample of the {len(MUTANTS)} that are known" in ran.out
    assert "leaving withdraws nothing" in ran.out and "SEG-LEAVE-1" in ran.out and "1/0/1" in ran.out
    controls = len({one.bounds for one in chosen})
    assert f"every property holds within {controls} of these {controls} bounds" in ran.out


def test_the_object_is_valid_and_says_what_kills_each() -> None:
    answer = told(inside("mutants", "--only", LEAVING, "--only", "reaping *", "--json"))
    assert (answer["verdict"], answer["known"], answer["survivors"]) == ("all killed", len(MUTANTS), [])
    named = {one["name"]: one for one in answer["mutants"]}
    assert answer["chosen"] == answer["killed"] == len(named)
    leaving = named[LEAVING]
    assert leaving["property"] == "non-consumables live as long as their sender"
    assert (leaving["steps"], leaving["breaks"], leaving["trace"]) == (3, "SEG-LEAVE-1", None)


def test_those_of_the_stash_are_killed_and_their_traces_replayed(tmp_path: Path) -> None:
    name = "an older version is read"
    answer = told(inside("mutants", "stash", "--only", name, "--trace", tmp_path / "traces", "--json"))
    assert (answer["protocol"], answer["verdict"], answer["known"]) == ("stash", "all killed", len(stash.MUTANTS))
    (one,) = answer["mutants"]
    assert (one["property"], one["steps"], one["breaks"]) == ("no way back", 4, "STASH-READ-3")
    ran = inside("replay", tmp_path / "traces" / "an-older-version-is-read.json")
    assert ran.code == 0 and "reproduced: no way back" in ran.out
    ran = inside("mutants", "stash", "--only", name)
    assert ran.code == Exit.HOLDS and "1/2, intruder 1" in ran.out and "stash: 1 of 1" in ran.out


def test_one_that_nothing_sees_survives(monkeypatch: pytest.MonkeyPatch) -> None:
    known(monkeypatch, BY_NAME[LEAVING], EQUIVALENT)
    ran = inside("mutants", "--jobs", "2")
    assert ran.code == Exit.REFUSED
    assert "a mistake that is none: survives: nothing within 2 members, 0 messages, 1 join violates" in ran.out
    assert "1 of 2 mutants killed, in" in ran.out
    ran = inside("mutants", "--json")
    answer = told(ran)
    assert (ran.code, answer["verdict"], answer["survivors"]) == (Exit.REFUSED, "some survive", [EQUIVALENT.name])


def test_one_that_does_not_match_the_source_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    known(monkeypatch, STALE)
    ran = inside("mutants")
    assert ran.code == Exit.REFUSED
    assert "a mistake in a line that is gone: shows nothing: NotApplicable" in ran.out
    answer = told(inside("mutants", "--json"))
    assert answer["survivors"] == [STALE.name] and answer["killed"] == 0


def test_a_time_limit_leaves_some_without_an_answer() -> None:
    ran = inside("mutants", "--time-limit", "0.1", "--json")
    assert ran.code == Exit.INCOMPLETE
    answer = told(ran)
    assert (answer["verdict"], answer["reason"]) == ("incomplete", "the time limit")
    assert len(answer["not_judged"]) + len(answer["mutants"]) == len(MUTANTS)
    ran = inside("mutants", "--time-limit", "0.1", "--no-control")
    assert ran.code == Exit.INCOMPLETE and "not complete: the time limit" in ran.out


def test_ctrl_c_ends_it_with_what_is_established() -> None:
    ran = interrupted("mutants", "--json", "--no-control")
    assert (ran.code, ran.err) == (Exit.INTERRUPTED, "")
    answer = told(ran)
    assert (answer["verdict"], answer["reason"]) == ("incomplete", INTERRUPTED) and answer["killed"] > 0


def test_each_trace_is_written_and_can_be_replayed(tmp_path: Path) -> None:
    folder = tmp_path / "traces"
    answer = told(inside("mutants", "--only", LEAVING, "--trace", folder, "--json"))
    file = folder / "leaving-withdraws-nothing.json"
    assert list(folder.iterdir()) == [file] and file.name == file_of(BY_NAME[LEAVING])
    assert [one["trace"] for one in answer["mutants"]] == [str(file)]
    ran = inside("replay", file)
    assert ran.code == 0 and "reproduced: non-consumables live as long as their sender" in ran.out
    ran = inside("mutants", "--only", LEAVING, "--trace", folder)
    assert ran.code == Exit.USAGE and "is not empty" in ran.err
    assert inside("mutants", "--trace", file).code == Exit.USAGE


def test_files_have_names_of_their_own() -> None:
    assert len({file_of(mutant) for mutant in MUTANTS}) == len(MUTANTS)


def test_a_name_that_nobody_knows_is_a_usage_error() -> None:
    ran = lockedroom("mutants", "--only", "no such *")
    assert ran.code == Exit.USAGE and "no mistake 'no such *' is known" in ran.err


def test_a_reference_that_does_not_hold_is_no_success() -> None:
    mutant = BY_NAME[LEAVING]
    hunts = Hunts(1, [mutant], 1, controlled=1)
    hunts.add(hunt(mutant))
    assert hunts.verdict == "incomplete"
    hunts.add(Controlled(mutant.bounds, "holds"))
    assert (hunts.verdict, hunts.exit_code) == ("all killed", Exit.HOLDS)
    hunts.controls = [Controlled(mutant.bounds, "violated")]
    assert (hunts.verdict, hunts.exit_code) == ("some survive", Exit.REFUSED)


def test_the_shortest_trace_is_that_of_the_property_that_the_library_names() -> None:
    result = hunt(BY_NAME["reaping empties the inbox of the living"])
    assert isinstance(result, Hunted) and len(result.fallen) == 2
    assert result.property == result.mutant.violates == "only the addressee consumes"
