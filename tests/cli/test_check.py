"""`check`: the JSON object, limits, interruption, and a counterexample drawn and written as a trace that replays."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import pytest

from lockedroom.cli import check as command
from lockedroom.cli import main as entry
from lockedroom.cli.exits import Exit
from lockedroom.cli.terminal import console
from lockedroom.conformance.trace import read_trace
from lockedroom.model.explore import Explorer
from lockedroom.model.segment.bounds import Bounds, Setting
from lockedroom.model.segment.engine import Engine
from lockedroom.model.segment.machine import bind
from lockedroom.model.verdict import Counterexample
from tests.cli.run import BIN, environment, lockedroom

FIELDS = {"verdict", "bounds", "complete", "states", "transitions", "depth", "seconds", "properties"}


def test_the_answer_is_one_object_on_standard_output() -> None:
    ran = lockedroom("check", "segment", "--members", "2", "--messages", "1", "--joins", "1", "--json")
    assert (ran.code, ran.err) == (0, "")
    answer = json.loads(ran.out)
    assert answer.keys() >= FIELDS
    assert answer["verdict"] == "holds" and answer["complete"] is True
    assert answer["bounds"]["members"] == 2 and answer["bounds"]["intruder"] == 0
    for found in answer["properties"]:
        assert {"name", "class", "clauses", "verdict"} <= found.keys()
        assert found["clauses"]


def test_the_tables_say_what_was_explored_and_what_holds() -> None:
    ran = lockedroom("check", "segment", env={"COLUMNS": "200"})
    assert ran.code == 0
    assert "all there are" in ran.out and "segment binding" in ran.out and "SEG-" in ran.out
    assert "\x1b" not in ran.out


def test_a_time_limit_ends_it_without_an_answer() -> None:
    ran = lockedroom("check", "segment", "--members", "3", "--messages", "3", "--joins", "3", "--time-limit", "2")
    assert ran.code == Exit.INCOMPLETE
    assert "time limit" in ran.out and "not all" in ran.out


def test_ctrl_c_ends_it_with_what_it_has() -> None:
    arguments = ["check", "segment", "--members", "3", "--messages", "3", "--joins", "3", "--json"]
    command = [BIN / "lockedroom", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()) as run:
        try:
            run.communicate(timeout=3)
        except subprocess.TimeoutExpired:
            run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=30)
    assert run.returncode == Exit.INTERRUPTED, err
    answer = json.loads(out)
    assert answer["verdict"] == "incomplete" and answer["complete"] is False
    assert "Traceback" not in err


def test_a_trace_is_not_written_over_another(tmp_path: Path) -> None:
    file = tmp_path / "trace.json"
    file.write_text("mine")
    ran = lockedroom("check", "segment", "--trace-out", file)
    assert ran.code == Exit.USAGE and "exists already" in ran.err
    assert file.read_text() == "mine"


@pytest.fixture
def found() -> Counterexample:
    """A path of the model with a message in it, as if that were a violation."""
    setting = Setting(Bounds())
    explorer = Explorer(bind(setting, Engine(setting.capacity, Bounds().names)))
    behaviours = explorer.run().behaviours()
    (path,) = (one.path for one in behaviours if one.operation == "receive" and one.events == ("Delivered",))
    return Counterexample("no message arrives", "one does", path)


def test_a_counterexample_is_drawn_and_its_trace_replays(
    found: Counterexample, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    command.show_counterexample(console(), found, Bounds())
    drawn = capsys.readouterr().out
    assert "no message arrives is violated: one does" in drawn
    assert "├" in drawn or "┤" in drawn
    assert "message 1" in drawn and "receive from" in drawn

    file = tmp_path / "trace.json"
    command._write(file, Bounds(), found)
    assert len(read_trace(file).steps) == len(found.path)
    assert entry.run(["replay", str(file), "--on", "engine"]) == 0
    assert "steps agree with the trace" in capsys.readouterr().out
