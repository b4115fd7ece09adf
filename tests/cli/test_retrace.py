"""`replay` of model traces: it knows one by its content, repeats it on the machine that it names, and says why not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from lockedroom.cli.exits import Exit
from lockedroom.conformance.corpus import FOLDER
from lockedroom.conformance.model_trace import Named, model_trace, write_model_trace
from lockedroom.conformance.trace import read_trace
from lockedroom.model.explore import explore
from lockedroom.model.segment.bounds import Bounds, Setting
from lockedroom.model.segment.machine import segment_machine
from lockedroom.model.segment.mutants import BY_NAME
from lockedroom.model.segment.subject import segment_subject
from lockedroom.model.validator import Done, Run, confirm, taken
from tests.cli.run import inside, lockedroom

WIDE = {"COLUMNS": "110", "LC_ALL": "C.UTF-8"}
REPLAYED = BY_NAME["a sequence number may come again"]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trace of a mutant's counterexample."""
    subject = segment_subject(REPLAYED.bounds, REPLAYED.logic())
    (violation, *_) = explore(subject.machine, judge=subject.judge, invariants=subject.invariants).violations
    trace = model_trace(subject, Named("segment", asdict(REPLAYED.bounds), REPLAYED.name), confirm(subject, violation))
    path = tmp_path_factory.mktemp("traces") / "mutant.json"
    path.write_text(write_model_trace(trace))
    return path


def edited(file: Path, into: Path, edit: Callable[[dict[str, Any]], object]) -> Path:
    value = json.loads(file.read_text())
    edit(value)
    into.write_text(json.dumps(value))
    return into


def test_it_is_reproduced_drawn_and_every_step_says_what_changed(file: Path) -> None:
    ran = lockedroom("replay", file, env=WIDE)
    assert (ran.code, ran.err) == (0, "")
    lines = [line.rstrip() for line in ran.out.splitlines()]
    assert (
        "reproduced: at most once and in order is violated: body 1 of alice is delivered to bob after body 1" in lines
    )
    assert lines[2].split() == ["alice", "bob", "intruder"]
    assert "  6       ├─────────▶│          ┊      send bob “alice>bob#1.....”" in lines
    assert "          │          │          ┊        member:alice: presence.sessions[0].sent 0 → 1" in lines
    steps = [number for number, line in enumerate(lines) if line[:3].strip().isdigit()]
    assert len(steps) == 10
    for first, following in zip(steps, [*steps[1:], len(lines)], strict=True):
        assert any(": " in line and ("→" in line or " + " in line or " - " in line) for line in lines[first:following])
    assert all(len(line) <= 110 for line in lines[2:-2])


def test_the_answer_is_one_object(file: Path) -> None:
    ran = inside("replay", file, "--json")
    answer = json.loads(ran.out)
    assert ran.code == 0
    assert (answer["verdict"], answer["on"], answer["agreed"], answer["steps"]) == ("reproduced", "model", 10, 10)
    assert answer["divergence"] is None and answer["property"] == REPLAYED.violates


def test_on_the_right_machine_it_says_where_and_why_it_does_not_replay(file: Path, tmp_path: Path) -> None:
    right = edited(file, tmp_path / "right.json", lambda value: value["#meta"]["machine"].pop("mutant"))
    ran = inside("replay", right)
    assert ran.code == Exit.REFUSED
    assert "does not replay: step 10, bob: receive(alice): in the trace it is taken, here it is refused" in ran.out
    assert "the guard that is false: SEG-RECEIVE-6: a record from alice that was read before" in ran.out
    assert "what can be done there:\n    bob: receive(alice)  refused [SEG-RECEIVE-6]" in ran.out
    assert "9 of 10 steps replay" in ran.out and "reproduced" not in ran.out
    divergence = json.loads(inside("replay", right, "--json").out)["divergence"]
    assert divergence["prefix"] == 9 and divergence["enabled"] == ["bob: receive(alice)  refused [SEG-RECEIVE-6]"]
    assert divergence["guard"].startswith("SEG-RECEIVE-6")


def test_what_does_not_replay_on_the_model_is_no_trace_for_others(file: Path, tmp_path: Path) -> None:
    right = edited(file, tmp_path / "right.json", lambda value: value["#meta"]["machine"].pop("mutant"))
    ran = inside("replay", right, "--on", "engine")
    assert ran.code == Exit.REFUSED and "does not replay on the model (step 10" in ran.err


def test_what_was_replayed_can_be_drawn_as_far_as_it_goes(file: Path, tmp_path: Path) -> None:
    picture, part = tmp_path / "whole.svg", tmp_path / "part.svg"
    assert inside("replay", file, "--svg", picture).code == 0
    assert picture.read_text().count('class="number"') == 10
    assert "body 1 of alice is delivered to bob after body 1" in picture.read_text()
    right = edited(file, tmp_path / "right.json", lambda value: value["#meta"]["machine"].pop("mutant"))
    assert inside("replay", right, "--svg", part, "--json").code == Exit.REFUSED
    assert part.read_text().count('class="number"') == 9 and "does not replay" in part.read_text()
    assert inside("replay", file, "--svg", picture).code == Exit.USAGE


def test_a_difference_in_state_is_shown_slot_by_slot(file: Path, tmp_path: Path) -> None:
    other = edited(file, tmp_path / "other.json", lambda value: value["states"][3].update({"life:alice": False}))
    ran = inside("replay", other)
    assert ran.code == Exit.REFUSED
    assert "it leads to another state" in ran.out and "    life:alice: no → yes\n" in ran.out
    assert "2 of 10 steps replay" in ran.out


@pytest.mark.parametrize(
    ("machine", "says"),
    [
        ({"mutant": "no such mistake"}, "no mistake of that name"),
        ({"arguments": {"members": 99}}, "members: 1 to"),
        ({"arguments": {"colours": 2}}, "colours"),
        ({"target": "vault"}, "there is no machine vault"),
        ({"target": "stash"}, "the stash has no members"),
    ],
)
def test_a_machine_that_cannot_be_found_is_a_matter_of_set_up(
    file: Path, tmp_path: Path, machine: dict[str, object], says: str
) -> None:
    other = edited(file, tmp_path / "other.json", lambda value: value["#meta"]["machine"].update(machine))
    ran = inside("replay", other)
    assert ran.code == Exit.USAGE and says in ran.err


def test_no_text_of_a_trace_commands_the_terminal(file: Path, tmp_path: Path) -> None:
    bell = "\x1b]0;owned\x07"

    def everywhere(value: dict[str, Any]) -> None:
        value["#meta"].update(title=bell, property=bell, violation=bell)
        value["states"][4]["#meta"]["step"].update(actor=bell, choice=bell, operation=bell)
        value["states"][4]["life:bob"] = bell

    ran = inside("replay", edited(file, tmp_path / "bell.json", everywhere))
    assert ran.code == Exit.REFUSED
    assert not {"\x1b", "\x07"} & {*ran.out, *ran.err} and "owned" in ran.out


def test_a_malformed_model_trace_is_malformed(file: Path, tmp_path: Path) -> None:
    other = edited(file, tmp_path / "other.json", lambda value: value["states"][3]["#meta"].pop("step"))
    ran = inside("replay", other)
    assert ran.code == Exit.MALFORMED and "states[3].#meta" in ran.err


def test_a_trace_that_goes_on_says_after_which_step_its_property_falls(file: Path, tmp_path: Path) -> None:
    """One of 10 steps says that it was after the 10th: so it is. After the 9th, nothing is violated yet."""
    path = tmp_path / "on.json"
    ran = inside("replay", edited(file, path, lambda value: value["#meta"].update(fell=10)))
    assert ran.code == 0 and "reproduced: at most once and in order is violated after step 10: " in ran.out
    ran = inside("replay", edited(file, path, lambda value: value["#meta"].update(fell=9)))
    assert ran.code == Exit.REFUSED and "but after step 9 at most once and in order holds" in " ".join(ran.out.split())
    for wrong in (0, 11):
        ran = inside("replay", edited(file, path, lambda value, wrong=wrong: value["#meta"].update(fell=wrong)))
        assert ran.code == Exit.MALFORMED and f"#meta.fell: {wrong}: the trace has no such step" in ran.err


def test_of_a_mistake_the_real_engine_says_where_it_does_not_follow(file: Path) -> None:
    ran = inside("replay", file, "--on", "engine")
    assert ran.code == Exit.REFUSED
    assert "SEG-RECEIVE-6" in ran.err and "see --on model" in ran.err


@pytest.fixture
def delivery(tmp_path: Path) -> Path:
    """A run of the right machine, with a message in it, as if that were a violation."""
    bounds = Bounds()
    machine = segment_machine(Setting(bounds))
    behaviours = explore(machine).behaviours()
    (path,) = (one.path for one in behaviours if one.operation == "receive" and one.events == ("Delivered",))
    state = dict(machine.initial)
    steps: list[Done] = []
    for one in path:
        after = taken(one.action, one.outcome, state)
        steps.append(Done(one.action, one.outcome, after))
        state = dict(after)
    run = Run("no message arrives", "one does", dict(machine.initial), tuple(steps))
    file = tmp_path / "delivery.json"
    file.write_text(write_model_trace(model_trace(segment_subject(bounds), Named("segment", asdict(bounds)), run)))
    return file


def test_what_does_not_violate_anything_is_not_reproduced(delivery: Path) -> None:
    ran = inside("replay", delivery)
    assert ran.code == Exit.REFUSED
    assert "every step replays, but at the end no message arrives holds" in ran.out


@pytest.mark.parametrize("on", ["engine", "backend"])
def test_a_run_of_the_right_machine_runs_on_the_engine_and_for_real(delivery: Path, on: str) -> None:
    ran = inside("replay", delivery, "--on", on)
    assert (ran.code, ran.err) == (0, "")
    assert "8 of 8 steps agree with the trace" in ran.out


def test_another_trace_has_no_model() -> None:
    ran = inside("replay", FOLDER / "segment" / "01-receive.json", "--on", "model")
    assert ran.code == Exit.USAGE and "is no model trace" in ran.err


def test_an_exported_run_is_a_trace_for_any_implementation(delivery: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    assert inside("replay", delivery, "--export", other).code == Exit.REFUSED
    assert inside("replay", other, "--on", "engine").code == 0
    assert len(read_trace(other).steps) == 8
    assert inside("replay", delivery, "--export", other).code == Exit.USAGE
