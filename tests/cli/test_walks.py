"""`check --walks`: what is said, what is not said, exit codes, one JSON object, interruption, and a counterexample."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from lockedroom.cli import walks as command
from lockedroom.cli.exits import Exit
from lockedroom.model.walkers import Stride
from tests.cli.run import interrupted, lockedroom

WALKS = ("check", "segment", "--walks", "60", "--steps", "50")


def test_walks_find_nothing_and_do_not_say_that_it_holds() -> None:
    ran = lockedroom(*WALKS, "--intruder", "1", env={"COLUMNS": "160"})
    assert ran.code == Exit.INCOMPLETE
    assert "no violation found, which is no proof" in ran.out and "holds" not in ran.out
    assert "honest store" in ran.out and "hostile store" in ran.out
    assert "60, of up to 50 steps, seed 1" in ran.out
    assert "new in a thousand steps" in ran.out and re.search(r"transitions +13 of 13\n", re.sub(" +\n", "\n", ran.out))
    assert "\x1b" not in ran.out


def test_the_same_seed_gives_the_same_whatever_the_number_of_processes() -> None:
    def answer(*more: str) -> dict[str, object]:
        ran = lockedroom(*WALKS, "--json", *more)
        assert (ran.code, ran.err) == (Exit.INCOMPLETE, "")
        found = json.loads(ran.out)
        for phase in found["phases"]:
            del phase["seconds"], phase["jobs"]
        assert isinstance(found, dict)
        return found

    one = answer("--seed", "3", "--jobs", "1")
    assert one == answer("--seed", "3", "--jobs", "2")
    assert one["phases"] != answer("--seed", "4")["phases"]
    assert (one["verdict"], one["complete"], one["seed"], one["steps_limit"]) == ("no violation found", False, 3, 50)
    assert one["counterexample"] is None


@pytest.mark.parametrize(
    "wrong", [("--seed", "1"), ("--steps", "5"), ("--jobs", "2"), ("--walks", "0"), ("--walks", "1", "--steps", "0")]
)
def test_what_makes_no_sense_is_refused(wrong: tuple[str, ...]) -> None:
    ran = lockedroom("check", "segment", *wrong)
    assert (ran.code, ran.out) == (Exit.USAGE, "")
    assert "--" in ran.err


def test_ctrl_c_ends_walks_with_what_they_have_seen() -> None:
    ran = interrupted("check", "segment", "--members", "3", "--messages", "2", "--walks", "1000000", "--json")
    assert (ran.code, ran.err) == (Exit.INTERRUPTED, "")
    answer = json.loads(ran.out)
    assert (answer["verdict"], answer["reason"]) == ("no violation found", "interrupted")
    assert 0 < answer["phases"][0]["walks"] < 1_000_000


def test_a_violation_is_drawn_written_and_said_to_be_no_shortest(tmp_path: Path) -> None:
    trace = tmp_path / "trace.json"
    arguments = ("--walks", "3000", "--rotations", "1", "--mutant", "an acknowledgement goes out under the old epoch")
    ran = lockedroom("check", "segment", *arguments, "--trace", trace, env={"COLUMNS": "120"})
    assert (ran.code, ran.err) == (Exit.REFUSED, "")
    assert "nothing committed is lost is violated: " in ran.out
    assert "found by random walk " in ran.out and "not the shortest way" in ran.out
    again = lockedroom("replay", trace, env={"COLUMNS": "120"})
    assert again.code == 0 and "reproduced: nothing committed is lost is violated" in again.out
    as_json = lockedroom("check", "segment", *arguments, "--json")
    answer = json.loads(as_json.out)
    assert (as_json.code, answer["verdict"], answer["complete"]) == (Exit.REFUSED, "violated", False)
    assert answer["counterexample"]["shortest"] is False
    assert len(answer["counterexample"]["path"]) < answer["counterexample"]["length_as_found"]


def test_the_progress_line_says_what_is_left_and_what_is_still_new() -> None:
    told: list[tuple[object, ...]] = []

    class Line:
        def show(self, *given: object) -> None:
            told.append(given)

    command.walking(Line())(Stride("honest store", 10, 100, 400, 2_000, 12.4))
    assert told == [("walking, honest store, walks", 10, 100, "2 000 table entries, 12 new ones in a thousand steps")]
