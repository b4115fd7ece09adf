"""Random walks through a machine that a user wrote: each process loads it for itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lockedroom.cli.counterexample import confirmed
from lockedroom.cli.exits import Exit, Problem
from lockedroom.cli.modules import user_subject
from lockedroom.cli.progress import Live
from lockedroom.cli.terminal import console
from lockedroom.cli.walks import show_user_walks, walk_user
from lockedroom.conformance.model_trace import Named
from lockedroom.model.walked import MachineWalks
from tests.cli.run import lockedroom
from tests.cli.test_modules import MODULE


@pytest.fixture
def light(tmp_path: Path) -> str:
    path = tmp_path / "light.py"
    path.write_text(MODULE)
    return f"{path}:machine"


def walked(target: str, **arguments: int) -> MachineWalks:
    with Live(quiet=True) as live:
        return walk_user(target, arguments, live, walks=120, steps=None, seed=None, jobs=2, time_limit=None)


def test_a_violation_is_found_by_other_processes_and_drawn_by_this_one(
    light: str, capsys: pytest.CaptureFixture[str]
) -> None:
    report = walked(light, most=2)
    assert (report.verdict, report.exit_code) == ("violated", 1)
    assert report.found.violation is not None
    found = confirmed(user_subject(light, {"most": 2}), Named(light, {"most": 2}), report.found.violation)
    show_user_walks(console(), report, found)
    shown = capsys.readouterr().out
    assert "dim is violated: 2 is bright" in shown and "found by random walk 0, 2 steps" in shown
    answer = json.loads(json.dumps(report.to_json()))
    assert (answer["target"], answer["arguments"], answer["title"]) == (light, {"most": 2}, "a light")
    assert answer["violation"]["path"] == [": flip()", ": flip()"]
    assert (answer["complete"], answer["violation"]["shortest"]) == (False, False)


def test_nothing_found_is_no_proof(light: str, capsys: pytest.CaptureFixture[str]) -> None:
    report = walked(light, most=9)
    assert (report.verdict, report.exit_code, report.found.states) == ("no violation found", 4, 4)
    assert report.properties == {"dim": ("no violation found", 4)}
    show_user_walks(console(), report, None)
    assert "which is no proof" in capsys.readouterr().out


def test_the_command_walks_through_it_and_its_trace_replays(light: str, tmp_path: Path) -> None:
    trace = tmp_path / "trace.json"
    ran = lockedroom("check", light, "--set", "most=2", "--walks", "60", "--trace", trace, env={"COLUMNS": "120"})
    assert (ran.code, ran.err) == (Exit.REFUSED, "")
    assert "dim is violated: 2 is bright" in ran.out and "not the shortest way" in ran.out
    again = lockedroom("replay", trace)
    assert again.code == 0 and "reproduced: dim is violated" in again.out
    ran = lockedroom("check", light, "--set", "most=9", "--walks", "60", "--jobs", "2", "--json")
    assert (ran.code, json.loads(ran.out)["verdict"]) == (Exit.INCOMPLETE, "no violation found")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("def flip(values): raise OSError('no bulb')", "raised OSError: no bulb"),
        ("def flip(values): return Outcome((1,))", "returns a tuple of Outcome"),
        ("def flip(values): return (Outcome((1, 2)),)", "flip"),
        (
            "calls = []\ndef flip(values):\n    calls.append(1)\n    return (Outcome((9,)),) if len(calls) < 2 else ()",
            "something else when it was run again",
        ),
    ],
)
def test_a_machine_that_is_wrong_is_told_to_be(light: str, body: str, words: str) -> None:
    file = Path(light.rpartition(":")[0])
    whole = file.read_text()
    old = whole[whole.index("def flip") : whole.index("def machine")]
    file.write_text(whole.replace(old, body + "\n\n"))
    ran = lockedroom("check", light, "--walks", "5")
    assert (ran.code, ran.out) == (Exit.MALFORMED, "")
    assert words in ran.err and "fault of lockedroom" not in ran.err


def test_a_machine_that_is_not_there_is_told_before_any_process_starts(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="there is no file"):
        walked(f"{tmp_path}/none.py:machine")
