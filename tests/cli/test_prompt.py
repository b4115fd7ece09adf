"""What somebody sees who gets it wrong at the prompt, or has little room on the screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockedroom.cli.exits import Exit
from tests.cli.run import inside


@pytest.mark.parametrize(
    "command",
    [
        ("report", "--out"),
        ("check", "--members", "3", "--messages", "9", "--trace"),
        ("check", "--members", "3", "--messages", "9", "--walks", "9", "--svg"),
        ("conform", "--html"),
        ("prove", "--svg"),
    ],
    ids=lambda command: f"{command[0]} {command[-1]}",
)
def test_a_folder_that_is_not_there_is_told_before_anything_is_computed(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    ran = inside(*command, tmp_path / "none" / "file")
    assert (ran.code, ran.out) == (Exit.USAGE, "")
    assert ran.err.count("\n") == 1 and f"there is no folder {tmp_path / 'none'}" in ran.err


@pytest.mark.parametrize("command", [("check", "--mutant"), ("mutants", "--only"), ("refine", "--mutant")])
def test_a_name_that_is_nearly_right_brings_those_that_are(command: tuple[str, ...]) -> None:
    near = inside(*command, "leaving withdraws")
    assert near.code == Exit.USAGE and "near it there are: leaving withdraws nothing" in near.err
    assert len(near.err) < 300
    assert inside(*command, "zzz").err.count(";") > 50, "nothing is near: all are told"


def test_a_module_that_is_no_python_is_blamed_at_its_own_line(tmp_path: Path) -> None:
    module = tmp_path / "wrong.py"
    module.write_text("def f(:\n")
    ran = inside("check", f"{module}:x")
    assert ran.code == Exit.USAGE
    assert "(wrong.py, line 1): this is a fault of the module" in ran.err and "importlib" not in ran.err


def test_a_choice_that_there_is_not_is_told_in_plain_words() -> None:
    assert "'nosuch' is not one of" in (err := inside("verify", "nosuch").err) and "Value error" not in err


def test_few_columns_break_no_word_of_a_table() -> None:
    """What is on no table is left to the terminal, which breaks lines itself."""
    narrow, wide = (inside("check", "segment", env={"COLUMNS": few}).out for few in ("40", "100"))
    table = narrow.split("explored")[0]
    assert max(map(len, table.splitlines())) <= 40
    words = {word for word in table.split() if not word.startswith("─")}
    assert words <= {*wide.split(), "hostile:", "honest:", "verdict,"}
