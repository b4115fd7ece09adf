"""B1 in Promela is B1: Spin finds as many states and transitions as this project's explorer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.b1 import KNOWN
from benchmarks.checkers import Differs, Spin, compared, main
from benchmarks.promela import promela


@pytest.mark.parametrize("size", [(2, 2, 2), (3, 1, 1), (3, 1, 2)])
def test_spin_counts_what_we_count(tmp_path: Path, size: tuple[int, int, int]) -> None:
    for found in compared(size, 1, False, tmp_path / "spin"):
        assert (found.states, found.transitions) == KNOWN[size][:2]


def test_a_model_that_is_not_b1_is_seen(tmp_path: Path) -> None:
    right = promela(3, 1, 1)
    wrong = right.replace("< 1 ->", "< 2 ->", 1)
    assert wrong != right
    with pytest.raises(Differs):
        compared((3, 1, 1), 1, False, tmp_path / "spin", Spin((3, 1, 1), tmp_path / "wrong", wrong))


def test_the_whole_comparison(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plot = tmp_path / "plot.svg"
    assert main(["--bounds", "3,1,1", "--repeat", "1", "--symmetry", "--json", "--plot", str(plot)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["states"] for one in found["results"]] == [681, 3_757, 3_757]
    assert plot.read_text().startswith("<svg")
