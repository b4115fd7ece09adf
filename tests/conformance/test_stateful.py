"""What Hypothesis finds becomes a trace file that `lockedroom replay` reproduces."""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path

import pytest

from lockedroom.backend import wakeup
from lockedroom.cli.main import run
from lockedroom.conformance import stateful
from lockedroom.conformance.replay import Replayed, Status, replay
from lockedroom.conformance.stateful import beside_backend, beside_engine, trace_text
from lockedroom.conformance.trace import Trace
from lockedroom.model.segment.mutants import BY_NAME
from lockedroom.model.segment.stateful import grounds
from lockedroom.model.stateful import hunt
from lockedroom.reference.segment.table import TABLE


def test_what_is_found_is_reproduced_by_replay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mutant = BY_NAME["leaving withdraws nothing"]
    found = hunt(grounds(mutant.logic()), seconds=None, rounds=1)
    assert found.violation is not None
    file = tmp_path / "found.json"
    file.write_text(trace_text(found, "segment", mutant.name), encoding="utf-8")
    assert run(["replay", str(file)]) == 0
    assert f"reproduced: {found.violation.property} is violated" in capsys.readouterr().out


def test_where_nothing_is_violated_there_is_no_trace() -> None:
    with pytest.raises(ValueError, match="no trace"):
        trace_text(hunt(grounds(), seconds=0.0), "segment")


def test_real_crypto_does_what_symbols_do_transition_by_transition() -> None:
    found = beside_engine(seconds=None, rounds=4, runs=8)
    assert found.trace is None and found.unsupported == () and found.runs >= 32
    assert {row.operation for row in TABLE} - {"reap", "acknowledge"} <= set(found.coverage.accepted)
    assert sum(found.coverage.refused.values()) > 50
    once, again = (beside_engine(seconds=None, rounds=1, runs=4).coverage.to_json() for _ in range(2))
    assert once == again


def test_real_processes_do_what_the_engine_does() -> None:
    found = beside_backend(seconds=None, rounds=2, runs=2)
    assert found.trace is None and found.unsupported == () and found.coverage.steps > 20
    assert [name for name in wakeup.listed() if f"replay-{os.getpid()}-" in name] == []


def test_what_goes_wrong_only_once_is_told_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    took: list[int] = []

    def once(trace: Trace, suite: str) -> Replayed:
        took.append(len(trace.steps))
        return Replayed(Status.FAILED, 0, None, "a hiccup") if len(took) == 5 else replay(trace, on="engine")

    monkeypatch.setattr(stateful, "replay_on_engine", once)
    found = beside_engine(seconds=None, rounds=4, runs=8)
    assert found.replayed is not None and found.replayed.reason == "a hiccup"
    assert found.trace is not None and len(found.trace.steps) == took[4]


@pytest.mark.parametrize("mistake", ["other clause", "forgets", "dies"])
def test_an_implementation_that_errs_is_found_out_and_the_trace_is_short(
    monkeypatch: pytest.MonkeyPatch, mistake: str
) -> None:
    monkeypatch.setattr(stateful, "_SHRINKING", math.inf)
    command = [sys.executable, str(Path(__file__).with_name("toy.py")), mistake]
    found = beside_backend(command, seconds=None, rounds=4, runs=20)
    assert found.trace is not None and found.replayed is not None, mistake
    assert len(found.trace.steps) <= 10
    assert replay(found.trace, on="backend", command=command).status is Status.FAILED
    assert replay(found.trace, on="engine").status is Status.PASSED
