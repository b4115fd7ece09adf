"""The demonstration, by real processes: what is drawn, what is left behind, what a trace of it is good for."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.run import BIN, environment, left_of_replay, lockedroom


@pytest.mark.parametrize("members", [2, 4])
def test_it_draws_every_step_of_real_processes(members: int) -> None:
    ran = lockedroom("demo", "segment", "--members", str(members), env={"COLUMNS": "100"})
    assert ran.code == 0, ran
    assert "each went as the specification's engine had said" in ran.out
    for words in ("create the segment", "exchange: a key for bob", "“hello, everybody”", "rotation 1", "killed"):
        assert words in ran.out, words
    for words in ("╳", "inject", "refused, SEG-RECEIVE-6", "refused, SEG-SEND-3"):
        assert words in " ".join(ran.out.replace("│", " ").replace("┊", " ").split()), words
    assert "\x1b" not in ran.out, "colours where there is no terminal"
    assert not left_of_replay(ran.pid)


def test_it_is_a_trace_that_replays_on_both(tmp_path: Path) -> None:
    trace = tmp_path / "demo.json"
    trace.write_text(lockedroom("demo", "segment", "--members", "3", "--json").out)
    for on in ("engine", "backend"):
        ran = lockedroom("replay", trace, "--on", on)
        assert ran.code == 0 and "steps agree with the trace" in ran.out, ran


def test_ctrl_c_ends_it_and_leaves_nothing() -> None:
    command = [BIN / "lockedroom", "demo", "segment", "--pace", "0.3"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    ) as demo:
        assert demo.stdout
        while "join" not in (line := demo.stdout.readline()):
            assert line, "it ended before anybody joined"
        demo.send_signal(signal.SIGINT)
        _, err = demo.communicate(timeout=300)
    assert demo.returncode == 130, err
    assert "Traceback" not in err
    assert not left_of_replay(demo.pid)
