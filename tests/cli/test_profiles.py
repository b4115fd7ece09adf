"""Profiles from the command line: rooms that speak one, and traces replayed in another."""

import json
from pathlib import Path

import pytest

from lockedroom.cli.attacks import save
from lockedroom.conformance.sequels import led_to
from lockedroom.conformance.trace import write_trace
from lockedroom.model.segment.findings import committed_findings
from lockedroom.reference.segment import profile as switch
from tests.cli.conftest import User
from tests.cli.run import inside
from tests.conformance import scripts
from tests.conformance.test_forging import carried
from tests.conformance.test_profiles import attack


def test_a_room_speaks_one_profile_and_every_command_must_be_told_it(user: User) -> None:
    user.new("alice", "bob")
    made = user.segment("create", "--as", "alice", "--profile", "as-written")
    assert made.code == 0 and "profile is as-written, which is there to be attacked" in made.out
    told = ("--profile", "as-written")
    for command, words in (
        ("grant", ("bob", "--as", "alice")),
        ("show", ("--creator", "alice")),
        ("join", ("--as", "bob", "--creator", "alice")),
        ("revoke", ("bob", "--as", "alice")),
        ("destroy", ("--as", "alice")),
    ):
        refused = user.segment(command, *words)
        assert (refused.code, "SEG-HEADER-5" in refused.err) == (1, True), command
        taken = user.segment(command, *words, *told, stdin="leave\n")
        assert taken.code == 0, (command, taken)


def test_the_environment_can_say_the_profile(user: User) -> None:
    user.new("alice")
    user.env["LOCKEDROOM_PROFILE"] = "as-written"
    assert json.loads(user.segment("create", "--as", "alice", "--json").out)["profile"] == "as-written"
    assert user.segment("destroy", "--as", "alice").code == 0
    user.env["LOCKEDROOM_PROFILE"] = "softened"
    assert user.segment("create", "--as", "alice").code == 2


@pytest.mark.parametrize("on", ["engine", "backend"])
def test_the_command_says_which_step_is_refused_and_why(on: str, tmp_path: Path) -> None:
    file = tmp_path / "twice.json"
    file.write_text(write_trace(attack()), "utf-8")
    works = inside("replay", file, "--on", on)
    assert works.code == 0 and "profile as-written" in works.out
    refused = inside("replay", file, "--on", on, "--profile", "hardened")
    said = "hardened refuses step 10, bob: receive(alice), which as-written takes: SEG-RECEIVE-6"
    assert refused.code == 1 and said in " ".join(refused.out.split())
    found = inside("replay", file, "--on", on, "--profile", "hardened", "--json")
    told = json.loads(found.out)
    assert found.code == 1
    assert (told["profile"], told["refused"]["step"], told["refused"]["clause"]) == ("hardened", 10, "SEG-RECEIVE-6")
    assert inside("replay", file, "--on", on, "--profile", "softened").code == 2


def test_a_trace_that_both_profiles_take_is_said_to_be_so(tmp_path: Path) -> None:
    file = tmp_path / "same.json"
    file.write_text(write_trace(scripts.trace(scripts.opened("alice", "bob"))), "utf-8")
    same = inside("replay", file, "--on", "engine", "--profile", "as-written")
    assert same.code == 0
    assert "as-written takes and refuses the same steps as hardened" in " ".join(same.out.split())


def test_there_is_nothing_to_conform_to_as_written() -> None:
    refused = inside("conform", "--profile", "as-written")
    assert refused.code == 2 and "no corpus of the profile as-written" in refused.err


def test_a_trace_of_two_rooms_says_which_and_that_a_pid_comes_again(tmp_path: Path) -> None:
    file = tmp_path / "two.json"
    file.write_text(write_trace(carried()), "utf-8")
    for on in ("engine", "backend"):
        works = inside("replay", file, "--on", on)
        said = " ".join(works.out.split())
        assert works.code == 0 and "second: exchange: a key for bob" in said
        assert "(marked: every segment here says that a process of pid 1 created it)" in said
        refused = inside("replay", file, "--on", on, "--profile", "hardened", "--json")
        told = json.loads(refused.out)
        assert (refused.code, told["refused"]["clause"]) == (1, "SEG-ACL-7") and told["pids"].startswith("(marked")
    alone = tmp_path / "alone.json"
    alone.write_text(write_trace(attack()), "utf-8")
    assert "marked" not in inside("replay", alone, "--on", "engine").out


def test_an_attack_of_which_no_step_is_refused_is_judged_by_the_model(tmp_path: Path) -> None:
    """Crossing exchanges: as written the two sides send under different keys, hardened the tie is broken."""
    file = tmp_path / "crossed.json"
    found = inside("check", "segment", "--profile", "as-written", "--messages", "0", "--trace", file)
    assert found.code == 1
    assert inside("replay", file, "--on", "engine").code == 0
    other = inside("replay", file, "--on", "engine", "--profile", "hardened")
    said = " ".join(other.out.split())
    withstood = "hardened withstands it, by SEG-EPOCH-2, SEG-ACCEPT-7, SEG-ROTATE-5"
    assert other.code == 1 and f"{withstood}: on its model the property holds at the end" in said
    told = json.loads(inside("replay", file, "--on", "engine", "--profile", "hardened", "--json").out)
    assert (told["verdict"], told["refused"]) == ("withstood", None)
    assert told["withstood"] == "the property holds at the end"
    assert told["by"] == ["SEG-EPOCH-2", "SEG-ACCEPT-7", "SEG-ROTATE-5"]
    assert inside("replay", file, "--profile", "hardened").code == 2


def test_a_trace_of_a_finding_goes_on_to_where_the_defence_itself_refuses(tmp_path: Path) -> None:
    """One key for two: the record of one is received by the other, which no intruder of the model brings about."""
    (one,) = (one for one in committed_findings().findings if one.cause == (switch.BOUND_KEYS,))
    name = save(one.attack, one.name, tmp_path, None, led_to(one))["trace"]
    again = inside("replay", tmp_path / name, "--json")
    assert (again.code, json.loads(again.out)["verdict"]) == (0, "reproduced")
    works = inside("replay", tmp_path / name, "--on", "engine")
    assert works.code == 0 and "receive from carol: message 1" in " ".join(works.out.replace("│", "").split())
    said = f"every step is on the engine as on the model, where {one.attack.falls} is violated"
    assert said in " ".join(works.out.split())
    for on in ("engine", "backend"):
        refused = json.loads(inside("replay", tmp_path / name, "--on", on, "--profile", "hardened", "--json").out)
        assert refused["refused"]["clause"] == "SEG-RECEIVE-5" and "does not open" in refused["refused"]["detail"]
        assert refused["verdict"] == "refused"
        assert refused["reason"].startswith(f"hardened refuses step {refused['refused']['step']}, bob: receive(carol)")
