"""Where an exploration keeps what it finds: sizes, folders, what cannot be gone on with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.run import inside, interrupted

BOUNDS = ("--rotations", "1", "--crashes", "1")


def test_an_interrupted_check_goes_on_and_ends_with_the_same_counts(tmp_path: Path) -> None:
    folder = tmp_path / "here" / "and there"
    ran = interrupted("check", "segment", *BOUNDS, "--json", "--checkpoint", folder)
    assert ran.code == 130, ran
    first = json.loads(ran.out)
    assert first["verdict"] == "incomplete" and first["reason"] == "interrupted"
    assert [file.name for file in folder.iterdir()] == ["honest-store.checkpoint"]
    second = json.loads(inside("check", "segment", *BOUNDS, "--json", "--checkpoint", str(folder)).out)
    whole = json.loads(inside("check", "segment", *BOUNDS, "--json", "--memory", "1MB").out)
    assert second["verdict"] == "holds"
    for same in ("states", "transitions", "depth", "entries", "transitions_exercised", "witnesses", "properties"):
        assert second[same] == whole[same]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--memory", "much"), 2, "'much' is no size"),
        (("--memory", "10KB"), 2, "at least 1MB"),
        (("--walks", "3", "--memory", "1GB"), 2, "--memory with --walks"),
        (("--mutant", "the living are reaped", "--checkpoint", "x"), 2, "--checkpoint with --mutant"),
        (("--checkpoint", "/dev/null"), 2, "/dev/null is no folder"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: tuple[str, ...], code: int, said: str) -> None:
    result = inside("check", "segment", *arguments)
    assert result.code == code
    assert said in result.err


def test_what_another_check_left_is_not_gone_on_with(tmp_path: Path) -> None:
    assert inside("check", "segment", "--checkpoint", str(tmp_path)).code == 0
    result = inside("check", "segment", "--crashes", "1", "--checkpoint", str(tmp_path))
    assert result.code == 3
    assert "belongs to another machine" in result.err and "remove it" in result.err
    (tmp_path / "honest-store.checkpoint").write_bytes(b"")
    assert inside("check", "segment", "--checkpoint", str(tmp_path)).code == 3
