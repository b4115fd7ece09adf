"""`lockedroom check stash`: its verdict, its counterexamples, and what it refuses."""

import json
from pathlib import Path

from tests.cli.run import inside


def test_it_holds() -> None:
    ran = inside("check", "stash", "--set", "writes=1", "--json")
    told = json.loads(ran.out)
    assert (ran.code, told["verdict"], told["complete"]) == (0, "holds", True)
    assert "10 properties hold" in inside("check", "stash", "--set", "writes=2").out


def test_a_counterexample_replays(tmp_path: Path) -> None:
    trace = tmp_path / "trace.json"
    ran = inside("check", "stash", "--profile", "as-written", "--trace", trace)
    assert ran.code == 1 and "is violated" in ran.out
    assert inside("replay", trace).code == 0


def test_a_mistake_is_found() -> None:
    ran = inside("check", "stash", "--set", "writes=1", "--mutant", "nothing is there is believed")
    assert ran.code == 1 and "removals are noticed is violated" in ran.out


def test_who_is_locked_out_is_shown_and_the_trace_replays(tmp_path: Path) -> None:
    """STASH-WRITE-7. The real engine takes the steps, and has no such mistake."""
    trace, mistake = tmp_path / "trace.json", "who compares nothing is refused too where the store was rolled back"
    ran = inside("check", "stash", "--set", "holders=1", "--set", "writes=2", "--mutant", mistake, "--trace", trace)
    assert ran.code == 1 and "progress is violated: from here nothing leads to it any more" in ran.out
    ran = inside("replay", trace)
    assert ran.code == 0 and "reproduced: progress is violated" in ran.out
    ran = inside("replay", trace, "--on", "backend")
    assert ran.code == 0 and "2 of 2 steps agree with the trace" in ran.out


def test_walks_see_no_violation() -> None:
    assert inside("check", "stash", "--walks", "2", "--steps", "20").code == 4


def test_what_it_refuses() -> None:
    for arguments, said in (
        (("--set", "foo=1"), "the stash has no foo"),
        (("--mutant", "foo"), "no mistake 'foo' is known"),
        (("--walks", "1", "--mutant", "nothing is compared"), "--mutant with --walks"),
        (("--set", "writes=99"), "writes: 1 to 8"),
        (("--profile", "hardened -tie-break"), "no defence tie-break"),
        (("--members", "3"), "mean something to the segment"),
        (("--walks", "1", "--profile", "as-written"), "--profile with --walks"),
    ):
        ran = inside("check", "stash", *arguments)
        assert ran.code == 2 and said in ran.err, ran


def test_both_profiles_of_the_stash_are_replayed_unless_one_is_chosen() -> None:
    """Some refusals are the description's alone."""
    for choice, profiles in ((), 2), (("--profile", "hardened"), 1), (("--smoke",), 1):
        listed = inside("conform", "stash", "--list", "--json", *choice)
        ids = [one["id"] for one in json.loads(listed.out)["cases"]]
        assert any(one.startswith("trace/as-written-01") for one in ids) is (profiles == 2), choice
        assert ids and listed.code == 0
    assert inside("conform", "segment", "--profile", "as-written").code == 2
