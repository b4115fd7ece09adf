"""The generated sections of the chapters are what the engine and the backend say now."""

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from lockedroom.backend.segment.room import smallest_record
from lockedroom.reference.segment.codec import encode
from lockedroom.reference.segment.records import LARGEST_NAME, Exchange
from lockedroom.reference.segment.table import BY_OPERATION, TABLE
from lockedroom.spec import diagram, generate, refusals
from tests.tree import ROOT, files

CHAPTER = "segment.md"
SECTIONS = {name: cache(make) for name, make in generate.SECTIONS[CHAPTER].items()}
"""The same functions, each run once."""


def test_no_chapter_has_drifted() -> None:
    assert set(generate.SECTIONS) == {CHAPTER, "profiles.md", "stash.md", "segment-formal.md", "stash-formal.md"}
    for name, sections in {**generate.SECTIONS, CHAPTER: SECTIONS}.items():
        text = (ROOT / "spec" / name).read_text()
        assert generate.generated(text, sections) == text, f"spec/{name} differs: python -m lockedroom.spec.generate"


def test_a_change_in_a_generated_section_is_noticed() -> None:
    sections = SECTIONS
    text = (ROOT / "spec" / "segment.md").read_text()
    altered = text.replace("| sequence | `u64` |", "| sequence | `u32` |")
    assert altered != text
    assert generate.generated(altered, sections) == text


def test_a_lost_or_doubled_section_is_refused() -> None:
    sections = SECTIONS
    text = (ROOT / "spec" / "segment.md").read_text()
    for broken in (text.replace("generated: locks", "generated: looks"), text + text):
        with pytest.raises(ValueError, match="has the sections"):
            generate.generated(broken, sections)


def test_the_command_checks_and_says_what_differs() -> None:
    command = [sys.executable, "-m", "lockedroom.spec.generate", "--check"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert (run.returncode, run.stdout) == (0, "")


def test_the_command_writes_nothing_when_it_checks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / "spec" / "segment.md").read_text().replace("| magic |", "| magick |")
    (tmp_path / "segment.md").write_text(text)
    monkeypatch.setattr(generate, "HERE", tmp_path)
    monkeypatch.setattr(generate, "SECTIONS", {CHAPTER: SECTIONS})
    assert generate.main(["--check"]) == 1
    assert "spec/segment.md: differs" in capsys.readouterr().out
    assert (tmp_path / "segment.md").read_text() == text
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0
    assert generate.main(["--nonsense"]) == 2


def test_the_diagram_reaches_every_state_that_it_explains() -> None:
    found = diagram.edges()
    assert {state for before, _, after in found for state in (before, after)} == set(diagram.PHASES)
    assert ("rotating", "receive", "owing") in found, "crossing rotations are drawn"
    assert ("owing", "acknowledge", "crossed") in found


def test_refusals_are_read_off_the_source_in_order() -> None:
    found = refusals.refusals(BY_OPERATION["receive"])
    assert found[:2] == ("SEG-WHO-3", "SEG-HEADER-1")
    assert found[-5:] == ("SEG-RECEIVE-4-", "SEG-RECEIVE-6-", "SEG-RECEIVE-5-", "SEG-RECEIVE-10", "SEG-RECEIVE-7-")
    assert refusals.refusals(BY_OPERATION["leave"]) == ("SEG-WHO-3",)


def test_no_code_of_the_engine_is_missing_from_the_refusals() -> None:
    written = {
        code.removesuffix("-")
        for file in files(".py", under="reference/segment")
        if file.name != "profile.py"
        for code in re.findall(r'"(SEG-[A-Z]+-[0-9]+)"', file.read_text())
    }
    found = {code.removesuffix("-") for row in TABLE for code in refusals.refusals(row)}
    assert written == found


def test_every_cell_of_an_exchange_fits_the_least_record_that_the_chapter_gives() -> None:
    text = (ROOT / "spec" / "segment.md").read_text()
    (small, large) = re.findall(r"\((\d+) bytes for `LR0`, (\d+) for `LR1`\)", text)[0]
    for size, ciphertext in ((small, 32), (large, 1120)):
        name = "a" * LARGEST_NAME
        record = Exchange(name, name, bytes(32), bytes(32), bytes(ciphertext), bytes(40), 1, bytes(32), bytes(64))
        need = 4 + len(encode(record))
        assert need <= int(size) < need + 8 and int(size) % 8 == 0
    assert (smallest_record("LR0"), smallest_record("LR1")) == (int(small), int(large))
