"""What Hypothesis finds becomes a trace file that `lockedroom replay` reproduces."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockedroom.cli.main import run
from lockedroom.conformance.stateful import trace_text
from lockedroom.model.segment.mutants import BY_NAME
from lockedroom.model.segment.stateful import grounds
from lockedroom.model.stateful import hunt


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
