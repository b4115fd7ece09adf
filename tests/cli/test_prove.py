"""`lockedroom prove`: what it prints, as tables and as JSON, when everything is proved and when it is not."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from lockedroom.cli.exits import Exit
from lockedroom.model.proofs import prove as proving
from lockedroom.model.proofs.query import Answered
from lockedroom.model.proofs.segment import whole
from tests.cli.run import inside, lockedroom
from tests.model.proofs.toy import lock

WIDE = {"COLUMNS": "160"}


def test_everything_is_proved_as_a_user_runs_it(tmp_path: Path) -> None:
    ran = lockedroom("prove", "segment", env={**WIDE, "XDG_CACHE_HOME": str(tmp_path)}, seconds=100)
    assert ran.code == Exit.HOLDS, ran
    for words in (
        "masters are secret",
        "agreement",
        "bounds",
        "none",
        "not covered by these proofs",
        "hardened: proved",
    ):
        assert words in ran.out
    assert any((tmp_path / "lockedroom" / "proofs").rglob("*.json"))


def test_one_object_with_every_obligation(tmp_path: Path) -> None:
    ran = inside("prove", "segment", "--json", "--jobs", "1", "--cache", tmp_path)
    found = json.loads(ran.out)
    assert (ran.code, ran.err, found["verdict"], found["unbounded"]) == (Exit.HOLDS, "", "proved", True)
    assert found["counts"]["proved"] == found["counts"]["obligations"] == len(found["obligations"])
    assert found["counts"]["failed"] == found["counts"]["unknown"] == 0
    for promise in found["promises"]:
        assert promise["clauses"] and promise["sha256"] == hashlib.sha256(promise["text"].encode()).hexdigest()


def test_what_is_not_proved_is_shown_as_two_states(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole, "segment", lambda profile: lock(free=False))
    ran = inside("prove", "segment", "--no-cache", env=WIDE)
    assert ran.code == Exit.REFUSED, ran
    for words in ("not proved: take keeps one holder", "breaks “one holder”", "+ holds(client", "not proved, in"):
        assert words in ran.out
    found = json.loads(inside("prove", "segment", "--no-cache", "--json").out)
    assert (found["verdict"], found["counts"]["failed"]) == ("failed", 1)
    assert list(found["counterexamples"]) == ["take keeps one holder"]


def test_no_time_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "answer", lambda text, timeout: Answered("unknown", timeout, "timeout"))
    ran = inside("prove", "segment", "--no-cache", "--jobs", "1", "--time-limit", "0.1", env=WIDE)
    assert ran.code == Exit.INCOMPLETE
    assert "unknown: accept keeps trusted masters are secret: timeout" in ran.out


def test_a_defence_that_there_is_not_is_told() -> None:
    ran = inside("prove", "segment", "--without", "magic")
    assert (ran.code, ran.out) == (Exit.USAGE, "")
    assert "no defence magic" in ran.err and "one-exchange" in ran.err


def test_a_cache_and_none_contradict_each_other(tmp_path: Path) -> None:
    ran = inside("prove", "segment", "--cache", tmp_path, "--no-cache")
    assert (ran.code, ran.out) == (Exit.USAGE, "")
    assert "give one of the two" in ran.err


def test_a_cache_that_is_no_folder_is_told(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    ran = inside("prove", "segment", "--cache", file)
    assert ran.code == Exit.USAGE and str(file) in ran.err, ran
