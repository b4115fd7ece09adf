"""`verify`, `defences` and `findings` of the stash: what they show, and that they notice what is not so."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from lockedroom.cli import demo, explored
from lockedroom.conformance import conform as runner
from lockedroom.conformance import corpus
from lockedroom.conformance.stash_real import stores
from lockedroom.conformance.trace import Trace
from lockedroom.model.protocols import PROTOCOLS, SEGMENT, STASH
from lockedroom.model.stash import FINDINGS, Bounds
from lockedroom.model.stash_mutants import BY_NAME
from lockedroom.reference.stash.profile import DEFENCES
from tests.cli.run import inside


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> list[Trace]:
    """The corpus of the stash, which is these few traces here; that of the segment is the demonstration. What is
    explored within larger bounds, others test."""
    found = list(corpus.corpus("stash")[:4])
    segment = demo.script_trace(("alice", "bob"))
    for module in (corpus, runner):
        monkeypatch.setattr(module, "corpus", lambda protocol: (segment,) if protocol == "segment" else tuple(found))
    monkeypatch.setitem(PROTOCOLS, "segment", replace(SEGMENT, verified=SEGMENT.bounds))
    monkeypatch.setitem(PROTOCOLS, "stash", replace(STASH, verified=Bounds(writes=1)))
    return found


def test_verify(few: list[Trace]) -> None:
    ran = inside("verify", "stash")
    assert ran.code == 0 and "STASH-READ-4" in ran.out and "stash: holds, in" in ran.out
    told = json.loads(inside("verify", "stash", "--json").out)
    assert told["verdict"] == "holds" and told["exploration"]["complete"]
    replayed = told["conformance"]["traces"]
    assert replayed["passed"] == replayed["all"] == len(few) * len(stores())


def test_verify_draws_a_counterexample(few: list[Trace], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explored, "STASH", replace(STASH, reference=BY_NAME["nothing is there is believed"].logic()))
    ran = inside("verify", "stash")
    assert ran.code == 1 and "removals are noticed is violated" in ran.out
    assert "stash: violated, in" in ran.out and f"{len(few) * len(stores())} agree" in ran.out


def test_without_a_protocol_both_are_verified_and_the_worse_counts(few: list[Trace]) -> None:
    told = json.loads(inside("verify", "--json").out)
    assert told["verdict"] == "holds" and set(told["protocols"]) == {"segment", "stash"}
    (step,) = few[0].steps
    few[0] = replace(few[0], steps=(replace(step, seen=replace(step.seen, events=())),))
    ran = inside("verify")
    assert ran.code == 1 and "segment: holds, in" in ran.out and "stash: violated, in" in ran.out
    assert "events differs" in ran.out and '"event": "Nothing"' in ran.out


def test_defences_and_findings() -> None:
    told = json.loads(inside("defences", "stash", "--json").out)
    assert [one["name"] for one in told["defences"]] == [one.name for one in DEFENCES]
    assert all(one["path"] and all(one["real"].values()) for one in told["defences"])
    ran = inside("findings", "stash")
    assert ran.code == 0 and all(name in ran.out for name in FINDINGS) and "not so" not in ran.out


def test_each_attack_is_drawn_and_written_for_replay(tmp_path: Path) -> None:
    traces, pictures = tmp_path / "traces", tmp_path / "pictures"
    ran = inside("defences", "stash", "--only", "tombstones", "--trace", traces, "--svg", pictures)
    assert ran.code == 0 and "removals are noticed is violated" in ran.out
    assert [file.name for file in pictures.iterdir()] == ["tombstones.svg"]
    ran = inside("replay", traces / "tombstones.json")
    assert ran.code == 0 and "reproduced: removals are noticed" in ran.out
    ran = inside("findings", "stash", "--trace", traces)
    assert ran.code == 2 and "is not empty" in ran.err
    assert inside("defences", "stash", "--only", "nonsense").code == 2


def test_options_of_the_segment_are_refused() -> None:
    for command in ("defences", "findings"):
        ran = inside(command, "stash", "--committed")
        assert ran.code == 2 and "--committed with stash" in ran.err


def test_conform(tmp_path: Path) -> None:
    """Few traces, with the reports that the segment has."""
    arguments = ("conform", "stash", "--smoke", "--jobs", "1")
    told = json.loads(inside(*arguments, "--json", "--report", tmp_path / "report.json").out)
    assert told["verdict"] == "passed" and told["protocol"] == "stash"
    ran = [one for one in told["cases"] if one["verdict"] == "pass"]
    assert len(ran) >= 3 and json.loads((tmp_path / "report.json").read_text())["cases"] == told["cases"]
    assert inside("conform", "stash", "--case", "*who-was-killed*", "--html", tmp_path / "report.html").code == 0
    written = inside("conform", "stash", "--profile", "as-written", "--case", "*its-version*", "--json")
    passed = [case["clauses"] for case in json.loads(written.out)["cases"] if case["verdict"] == "pass"]
    assert written.code == 0 and len(passed) == len(stores()) and all("STASH-WRITE-4" in one for one in passed)
    for wrong in (("--suite", "LR1"), ("--adequacy",)):
        assert inside("conform", "stash", *wrong).code == 2


def test_a_counterexample_happens_for_real(tmp_path: Path) -> None:
    trace = tmp_path / "trace.json"
    arguments = ("check", "stash", "--set", "writes=1", "--trace", trace)
    assert inside(*arguments, "--profile", "hardened -authenticated").code == 1
    ran = inside("replay", trace, "--on", "backend")
    assert ran.code == 2 and "STASH-PROFILE-3" in ran.err
    trace.unlink()
    assert inside(*arguments, "--profile", "as-written").code == 1
    ran = inside("replay", trace, "--on", "backend")
    assert ran.code == 0 and "steps agree with the trace" in ran.out
    trace.unlink()
    assert inside(*arguments, "--mutant", "nothing is there is believed").code == 1
    ran = inside("replay", trace, "--on", "backend")
    assert ran.code == 1 and "STASH-READ-4" in ran.err, "the real engine has no such mistake"
