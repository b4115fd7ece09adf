"""Model traces: what is written is read again, it is ITF, and what is no model trace is refused at its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import cache
from typing import Any

import pytest

from lockedroom.conformance.model_trace import (
    ModelTrace,
    Named,
    is_model_trace,
    model_trace,
    parse_model_trace,
    write_model_trace,
)
from lockedroom.conformance.trace import MalformedTrace
from lockedroom.model.explore import explore
from lockedroom.model.segment.mutants import BY_NAME
from lockedroom.model.segment.subject import segment_subject
from lockedroom.model.validator import Subject, confirm, retrace
from tests.model import kiosk

Edit = Callable[[Any], object]

REPLAYED = BY_NAME["a sequence number may come again"]
"""Its counterexample has an intruder's step, a choice and events."""
MUTANT = Named(
    "segment", {name: number for name, number in asdict(REPLAYED.bounds).items() if name != "settled"}, REPLAYED.name
)


def written(subject: Subject, machine: Named) -> ModelTrace:
    (violation, *_) = explore(subject.machine, judge=subject.judge, invariants=subject.invariants).violations
    return model_trace(subject, machine, confirm(subject, violation))


@cache
def of_the_kiosk() -> ModelTrace:
    return written(kiosk.subject(), Named("kiosk.py:machine", {"most": 2}))


@cache
def of_the_mutant() -> ModelTrace:
    return written(segment_subject(REPLAYED.bounds, REPLAYED.logic()), MUTANT)


@pytest.mark.parametrize("make", [of_the_kiosk, of_the_mutant])
def test_what_is_written_is_read_again_and_gives_the_same_bytes(make: Callable[[], ModelTrace]) -> None:
    text = write_model_trace(make())
    assert parse_model_trace(text) == make()
    assert write_model_trace(parse_model_trace(text)) == text
    assert text.isascii() and text.endswith("}\n")
    assert is_model_trace(text.encode())


def test_two_explorations_write_the_same_bytes() -> None:
    again = written(segment_subject(REPLAYED.bounds, REPLAYED.logic()), MUTANT)
    assert write_model_trace(again) == write_model_trace(of_the_mutant())


def test_it_replays_on_the_machine_with_the_mistake_and_not_on_the_right_one() -> None:
    trace = parse_model_trace(write_model_trace(of_the_mutant()))
    wrong = retrace(segment_subject(REPLAYED.bounds, REPLAYED.logic()), trace.start, trace.steps, trace.about.property)
    assert wrong.reproduced and wrong.run.message == trace.about.violation
    parting = retrace(segment_subject(REPLAYED.bounds), trace.start, trace.steps, trace.about.property).parting
    assert parting is not None
    assert (parting.prefix, parting.step) == (9, "bob: receive(alice)")
    assert parting.guard == "SEG-RECEIVE-6: a record from alice that was read before"


def test_a_run_of_no_step_and_a_long_message_have_their_place() -> None:
    (rule,) = kiosk.subject().invariants
    subject = replace(kiosk.subject(), judge=None, invariants=(replace(rule, judge=lambda seen: "long " * 5_000),))
    trace = written(subject, Named("kiosk.py:machine", {"most": -2}))
    assert trace.steps == () and parse_model_trace(write_model_trace(trace)) == trace


def test_every_step_says_who_did_what_what_came_of_it_and_what_changed() -> None:
    value = json.loads(write_model_trace(of_the_mutant()))
    assert value["#meta"]["machine"]["mutant"] == REPLAYED.name
    assert value["#meta"]["property"] == REPLAYED.violates
    steps = [state["#meta"]["step"] for state in value["states"][1:]]
    assert {"actor", "operation", "arguments", "choice", "outcome", "clauses", "events", "changes"} <= steps[0].keys()
    assert all(step["changes"] for step in steps)
    assert [step["operation"] for step in steps[-2:]] == ["inject", "receive"]
    assert steps[-2]["choice"].startswith("record 1 alice>bob")
    assert "SEG-RECEIVE" in steps[-1]["clauses"] and steps[-1]["events"][0]["tag"] == "Delivered"
    joined = next(step for step in steps if step["operation"] == "join")
    assert {"slot": "life:alice", "at": "", "before": "no", "after": "yes"} in joined["changes"]


@pytest.mark.parametrize("make", [of_the_kiosk, of_the_mutant])
def test_it_is_itf(make: Callable[[], ModelTrace]) -> None:
    """https://apalache-mc.org/docs/adr/015adr-trace.html: vars, states, each state every variable, #meta anywhere."""
    value = json.loads(write_model_trace(make()))
    for index, state in enumerate(value["states"]):
        assert state.keys() == {"#meta", *value["vars"]}
        assert state["#meta"]["index"] == index
        assert all(expression(held) for name, held in state.items() if name != "#meta")


def expression(value: object) -> bool:
    """Whether a value is an expression of ITF, by the format's own list of forms."""
    match value:
        case bool() | str():
            return True
        case int():
            return abs(value) < 2**53
        case list():
            return all(map(expression, value))
        case {"#tup": [*items]} | {"#set": [*items]}:
            return len(value) == 1 and all(map(expression, items))
        case {"#map": [*pairs]}:
            return all(isinstance(pair, list) and len(pair) == 2 and expression(pair) for pair in pairs)
        case {"#bigint": str(digits)}:
            return digits.lstrip("-").isdigit()
        case dict():
            return all(not name.startswith("#") and expression(held) for name, held in value.items())
    return False


def edited(edit: Edit) -> str:
    value = json.loads(write_model_trace(of_the_kiosk()))
    edit(value)
    return json.dumps(value)


def step(value: dict[str, Any], index: int) -> dict[str, Any]:
    found: dict[str, Any] = value["states"][index]["#meta"]["step"]
    return found


REFUSED: list[tuple[str, Edit, str, str]] = [
    ("unknown field", lambda v: v.update(extra=1), "the whole", "extra"),
    ("unknown field of a step", lambda v: step(v, 2).update(hint=1), "states[2].#meta.step", "hint"),
    ("missing step", lambda v: v["states"][2]["#meta"].pop("step"), "states[2].#meta", "step"),
    ("missing operation", lambda v: step(v, 2).pop("operation"), "states[2].#meta.step", "operation"),
    ("no states", lambda v: v.update(states=[]), "states", ""),
    ("a rejection without clause", lambda v: step(v, 2).update(outcome="rejected"), "states[2].#meta.step", "clause"),
    ("a success with a clause", lambda v: step(v, 2).update(clause="X-1"), "states[2].#meta.step", ""),
    ("no machine", lambda v: v["#meta"].pop("machine"), "#meta", "machine"),
    ("an argument that is no number", lambda v: v["#meta"]["machine"]["arguments"].update(a="1"), "arguments", "'1'"),
    ("a huge argument", lambda v: v["#meta"]["machine"]["arguments"].update(a=2**40), "arguments.a", ""),
    ("a missing variable", lambda v: v["states"][2].pop("sky"), "states[2]", "sky"),
    ("a variable too many", lambda v: v["states"][2].update(moon=1), "states[2]", "moon"),
    ("states out of order", lambda v: v["states"][2]["#meta"].update(index=3), "states[2].#meta.index", "2"),
    ("a value that is none", lambda v: v["states"][1].update(sky=None), "states[1].sky", "None"),
    ("a form that is none", lambda v: v["states"][1].update(sky={"#list": []}), "states[1].sky", "#list"),
    ("a number too large", lambda v: v["states"][1].update(coins=2**53), "states[1].coins", ""),
    ("a pair of three", lambda v: v["states"][1].update(sky={"#map": [[1, 2, 3]]}), "states[1].sky.#map[0]", ""),
]


@pytest.mark.parametrize(("edit", "place", "problem"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_file_that_is_no_model_trace_is_refused_at_its_place(edit: Edit, place: str, problem: str) -> None:
    with pytest.raises(MalformedTrace) as caught:
        parse_model_trace(edited(edit), "x.json")
    assert place in caught.value.args[1]
    assert problem in caught.value.args[2]


@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe", b"null", b"[" * 100_000, b"[]", b'{"#meta": []}'])
def test_what_is_no_json_is_none(text: bytes) -> None:
    assert not is_model_trace(text)
    with pytest.raises(MalformedTrace):
        parse_model_trace(text)


def test_any_truncation_is_refused() -> None:
    text = write_model_trace(of_the_kiosk())
    for length in range(0, len(text) - 2, 97):
        with pytest.raises(MalformedTrace):
            parse_model_trace(text[:length])
