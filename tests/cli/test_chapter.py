"""spec/findings.md is what the committed results say."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockedroom.cli import chapter
from tests.cli.run import inside
from tests.tree import ROOT


def test_the_committed_chapter_is_the_one_that_is_generated() -> None:
    """`make drift` says the same."""
    assert (ROOT / "spec" / "findings.md").read_text() == chapter.generated()


def test_a_difference_is_told_and_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(chapter, "generated", lambda: "new\n")
    monkeypatch.setattr(chapter, "home", lambda: tmp_path)
    assert chapter.main(["--check"]) == 1
    assert not (tmp_path / "findings.md").exists()
    assert chapter.main([]) == 0
    assert (tmp_path / "findings.md").read_text() == "new\n"
    assert chapter.main(["--check"]) == 0
    assert "findings.md: differs" in capsys.readouterr().out
    assert chapter.main(["--twice"]) == 2


@pytest.mark.parametrize("command", ["defences", "findings"])
def test_the_committed_results_are_shown_without_searching(command: str) -> None:
    ran = inside(command, "segment", "--committed")
    assert ran.code == 0 and "accounted: " in ran.out
