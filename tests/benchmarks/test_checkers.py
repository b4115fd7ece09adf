"""What is generated for other checkers, how their answers are read and compared, and what the comparison says."""

from __future__ import annotations

import xml.etree.ElementTree as Xml
from pathlib import Path

import pytest

from benchmarks import checkers
from benchmarks.checkers import Differs, Missing, Ours, Result, Run, Spin, Tlc, main, run, sizes_of
from benchmarks.plot import bars
from benchmarks.promela import promela
from benchmarks.tla import module

SAID = """
State-vector 20 byte, depth reached 41, errors: 0
  8353349 states, stored
1.0019159e+08 transitions (= stored+matched)
"""


def test_every_action_of_the_machine_has_a_line_of_promela() -> None:
    for members in (2, 3, 4):
        lines = [line for line in promela(members, 1, 1).splitlines() if "::" in line]
        assert len(lines) == 2 * members + 4 * members * (members - 1)
    assert "int w1;" not in promela(3, 1, 1)
    assert "int w2;" in promela(5, 1, 1)


def test_the_module_for_tlc_has_the_bounds() -> None:
    text = module(4, 2, 3)
    assert "P == 0 .. 3" in text
    assert "joins[p] < 3" in text
    assert "sent[p][q] < 2" in text
    assert "$" not in text


def test_what_spin_says_is_read() -> None:
    spin = Spin.__new__(Spin)
    assert spin.counted(SAID) == (8_353_349, 100_191_589)
    assert spin.counted(SAID.replace("1.0019159e+08", "708388")) == (8_353_349, 708_387)
    for wrong in (SAID.replace("errors: 0", "errors: 1"), "", "out of memory"):
        with pytest.raises(Missing):
            spin.counted(wrong)


def test_what_tlc_says_at_its_end_is_read() -> None:
    tlc = Tlc.__new__(Tlc)
    way = "Progress(9) at 2026-01-01: 9,100 states generated (9 s/min), 1,400 distinct states found, 300 states left.\n"
    assert tlc.counted(f"{way}22753 states generated, 3757 distinct states found, 0 states left on queue.\n") == (
        3_757,
        22_752,
    )
    for wrong in (way, "", "2 states generated, 2 distinct states found, 1 states left on queue.\n"):
        with pytest.raises(Missing):
            tlc.counted(wrong)


def test_a_jar_that_is_not_there_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tool = tmp_path / "java"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Missing, match="names no file"):
        Tlc((3, 1, 1), tmp_path / "tlc", str(tmp_path / "none.jar"))
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Missing, match="default-jre-headless"):
        Tlc((3, 1, 1), tmp_path / "tlc", str(tmp_path / "none.jar"))


def test_a_process_that_ends_before_its_limit_is_not_waited_for(tmp_path: Path) -> None:
    assert run(["true"], tmp_path, 60).seconds < 30
    assert run(["sleep", "60"], tmp_path, 0.2).seconds < 30


class Pretended(Spin):
    """A Spin that is not run."""

    def __init__(self, states: int, transitions: int) -> None:
        self.said = SAID.replace("8353349", str(states)).replace("1.0019159e+08", str(transitions + 1))

    def choose(self) -> None:
        """Nothing to choose."""

    def run(self, table: str | None = None, limit: float | None = None) -> Run:
        """What it would say."""
        return Run(1.0, 1.0, self.said)


@pytest.mark.parametrize(("states", "transitions"), [(3_757, 22_753), (3_756, 22_752)])
def test_counts_that_differ_are_an_error(tmp_path: Path, states: int, transitions: int) -> None:
    with pytest.raises(Differs, match="3757, 22752"):
        checkers.compared((3, 1, 1), 1, False, tmp_path, Pretended(states, transitions))


def test_counts_that_agree_are_given_with_times_and_memory(tmp_path: Path) -> None:
    found = checkers.compared((3, 1, 1), 2, True, tmp_path, Pretended(3_757, 22_752))
    assert [(one.checker, one.states) for one in found] == [
        ("lockedroom, symmetry", 681),
        ("lockedroom", 3_757),
        ("Spin", 3_757),
    ]
    assert all(len(one.seconds) == 2 and one.memory > 0 for one in found)


def test_large_numbers_are_compared_to_the_digits_that_spin_gives() -> None:
    ours = Result("lockedroom", (4, 1, 1), (1.0,), 1.0, 8_353_349, 100_191_592)
    checkers._agree([ours, Result("Spin", (4, 1, 1), (1.0,), 1.0, 8_353_349, 100_191_589)])
    with pytest.raises(Differs, match="100191569"):
        checkers._agree([ours, Result("Spin", (4, 1, 1), (1.0,), 1.0, 8_353_349, 100_191_569)])
    with pytest.raises(Differs, match="there are 100191592"):
        checkers._agree([Result("lockedroom", (4, 1, 1), (1.0,), 1.0, 8_353_349, 100_191_569)])


def test_orbits_that_differ_are_an_error() -> None:
    wrong = Result("lockedroom, symmetry", (3, 1, 1), (1.0,), 1.0, 680, 4_079)
    with pytest.raises(Differs, match="there are 681"):
        checkers._agree([wrong])


def test_ours_stops_when_it_is_told_to() -> None:
    run = Ours((4, 2, 2), False).run(2.0)
    assert Ours((4, 2, 2), False).counted(run.printed)[0] > 1_000


def test_what_is_missing_and_what_makes_no_sense_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert main(["--bounds", "3,1,1"]) == 2
    assert "apt-get install spin" in capsys.readouterr().err
    for wrong in (
        ["--bounds", "3,1"],
        ["--bounds", "9,1,1"],
        ["--bounds", "a,b,c"],
        ["--repeat", "0"],
        ["--plot", "/nowhere/a.svg"],
    ):
        with pytest.raises(SystemExit) as ended:
            main(wrong)
        assert ended.value.code == 2
    assert sizes_of(["3,1,1"]) == ((3, 1, 1),)


def test_the_plot_is_a_picture_whatever_the_names_are() -> None:
    root = Xml.fromstring(bars("a < b & c", [("one <script>", 2.0), ("two", 1.0)]))
    widths = [float(bar.attrib["width"]) for bar in root.iter("{http://www.w3.org/2000/svg}rect")]
    assert widths[0] == 2 * widths[1]
    assert not list(root.iter("{http://www.w3.org/2000/svg}script"))
