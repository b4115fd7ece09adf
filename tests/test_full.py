"""`make full`: what passed is not run again, what failed is, and everything that takes minutes is in it."""

import sys
from pathlib import Path

import pytest

from tests.full import COMMANDS, Check, run_all


def check(name: str, log: Path, code: int) -> Check:
    """A check that notes in `log` that it ran, and ends with `code`."""
    return Check(name, (sys.executable, "-c", f"open({str(log)!r}, 'a').write({name!r}); raise SystemExit({code})"))


def test_what_passed_is_kept_and_what_failed_is_run_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "log"
    assert run_all([check("a", log, 0), check("b", log, 1), check("c", log, 0)], tmp_path / "kept") == 1
    assert "FAILED" in capsys.readouterr().out
    assert run_all([check("a", log, 0), check("b", log, 0), check("c", log, 0)], tmp_path / "kept") == 0
    assert log.read_text() == "abcb"
    assert "3 passed, 0 failed" in capsys.readouterr().out


def test_with_local_changes_nothing_is_kept(tmp_path: Path) -> None:
    log = tmp_path / "log"
    for _ in range(2):
        assert run_all([check("a", log, 0)], None) == 0
    assert log.read_text() == "aa"


def test_an_interruption_is_no_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stop = Check("stop", (sys.executable, "-c", "import os, signal; os.kill(os.getppid(), signal.SIGINT)"))
    log = tmp_path / "log"
    assert run_all([check("a", log, 0), stop, check("c", log, 0)], tmp_path / "kept") == 130
    assert "not run  c" in capsys.readouterr().out
    assert log.read_text() == "a"


def test_the_mutants_of_the_segment_fail_when_they_take_more_than_ten_minutes() -> None:
    assert "mutants segment --time-limit 600" in COMMANDS
