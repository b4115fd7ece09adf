"""The progress line where there is no terminal: now and then a whole line on standard error, or nothing at all."""

from __future__ import annotations

import pytest

from lockedroom.cli import progress
from lockedroom.cli.progress import Live


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which a test sets."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_a_line_now_and_then_says_how_much_how_fast_and_what_is_left(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with Live() as live:
        live.show("replaying, steps", 1, 1000)
        clock[0] += 1
        live.show("replaying, steps", 50, 1000)
        clock[0] += 9
        live.show("replaying, steps", 500, 1000, "all agree")
        live.show("replaying, steps", 501, 1000)
    seen = capsys.readouterr()
    assert seen.out == ""
    assert seen.err == "replaying, steps: 500 of 1 000 · 50 a second · 10 s left · all agree · 10 s\n"


def test_a_new_phase_starts_its_own_clock(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    with Live() as live:
        live.show("one", 1)
        clock[0] += 100
        live.show("two", 0)
        clock[0] += 10
        live.show("two", 70)
    assert capsys.readouterr().err.splitlines()[-1] == "two: 70 · 7 a second · 10 s"


def test_quiet_is_quiet(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    with Live(quiet=True) as live:
        clock[0] += 100
        live.show("one", 1)
    assert capsys.readouterr() == ("", "")
