"""The pytest plugin as a user has it: a project of its own, pytest in a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lockedroom.cli.main import run
from tests.tree import ROOT

TOY = ROOT / "tests" / "conformance" / "toy.py"
MODEL = """\
import pytest
from two_phase_commit import two_phase_commit

@pytest.mark.lockedroom(two_phase_commit, arguments={"managers": 3}, rounds=10)
def test_my_protocol(lockedroom):
    lockedroom.check()
"""
ALONE = """\
import pytest

@pytest.mark.lockedroom(seconds=0.5)
def test_alone(lockedroom):
    lockedroom.check()
"""
COUNTED = ALONE.replace("seconds=0.5", "rounds=40")
"""Ends after so many rounds, however long they take."""
BARE = """\
def test_bare(lockedroom):
    lockedroom.check()
"""


def played(project: Path, text: str, *options: str | Path) -> tuple[int, str]:
    """What pytest says of one test file, and its exit code."""
    shutil.copyfile(ROOT / "examples" / "two_phase_commit.py", project / "two_phase_commit.py")
    (project / "test_it.py").write_text(text, encoding="utf-8")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", *map(str, options)]
    ran = subprocess.run(command, cwd=project, env=clean, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout + ran.stderr


def test_a_protocol_that_holds_passes_and_what_was_covered_is_told(tmp_path: Path) -> None:
    code, said = played(tmp_path, MODEL)
    assert code == 0, said
    assert "test_my_protocol: 1" in said and "  decide to commit: taken" in said
    assert not list(tmp_path.glob("*.trace.json"))


def test_a_protocol_that_is_broken_fails_with_its_steps_and_a_trace_that_replays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = (ROOT / "examples" / "two_phase_commit.py").read_text(encoding="utf-8")
    broken = source.replace('"nothing yet" and all(read)', '"nothing yet" and any(read)')
    assert broken != source
    (tmp_path / "other").mkdir()
    other = tmp_path / "other" / "two_phase_commit.py"
    other.write_text(broken, encoding="utf-8")
    text = f"import sys\nsys.path.insert(0, {str(other.parent)!r})\n{MODEL}"
    code, said = played(tmp_path, text, "--lockedroom-seed", "3", "--lockedroom-traces", tmp_path / "traces")
    assert code == 1 and "all commit or none is violated" in said and "decide to commit()" in said, said
    (trace,) = (tmp_path / "traces").iterdir()
    assert f"seed 3; the trace: lockedroom replay {trace}" in said
    assert run(["replay", str(trace)]) == 0
    assert "reproduced: all commit or none is violated" in capsys.readouterr().out


def test_an_implementation_that_errs_fails_with_a_short_trace_that_replays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = f"{sys.executable} {TOY}"
    code, said = played(tmp_path, COUNTED, "--lockedroom-impl", f"{command} 'other clause'")
    assert code == 1 and "differs" in said, said
    (trace,) = tmp_path.glob("*.trace.json")
    assert run(["replay", str(trace), "--impl", f"{command} 'other clause'"]) == 1
    assert "differs" in capsys.readouterr().out
    assert run(["replay", str(trace)]) == 0
    assert run(["replay", str(trace), "--impl", "true", "--on", "engine"]) == 2


def test_without_a_model_it_is_the_segment_that_is_played(tmp_path: Path) -> None:
    code, said = played(tmp_path, COUNTED.replace("40", "1"))
    assert code == 0 and "  exchange: taken" in said, said


def test_nothing_tried_is_no_pass(tmp_path: Path) -> None:
    code, said = played(tmp_path, ALONE, "--lockedroom-seconds", "0")
    assert code == 1 and "nothing was tried" in said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (BARE, "needs the marker"),
        (ALONE.replace("seconds=0.5", "second=1"), "not ['second']"),
        (ALONE.replace("seconds=0.5", "42"), "int is no Model, Machine or Subject"),
        (MODEL.replace("rounds=10", "impl='x'"), "not both"),
    ],
    ids=["no marker", "unknown", "no model", "both"],
)
def test_wrong_use_is_told(tmp_path: Path, text: str, says: str) -> None:
    code, said = played(tmp_path, text)
    assert code == 1 and says in said, said
