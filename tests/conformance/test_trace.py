"""The trace format: what is written is read back, and everything else is refused at its place."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lockedroom.conformance import trace as traces
from lockedroom.conformance.observation import EVENT_FIELDS, event_kinds, event_schema
from lockedroom.conformance.trace import MalformedTrace, Trace, operations, parse_trace, read_trace, write_trace
from lockedroom.reference.segment.table import TABLE
from lockedroom.reference.stash import transitions as stash
from tests.conformance import scripts

Edit = Callable[[dict[str, Any]], object]


def example() -> Trace:
    return scripts.trace(scripts.conversation())


def edited(edit: Edit) -> str:
    value = json.loads(write_trace(example()))
    edit(value)
    return json.dumps(value)


def step(value: dict[str, Any], index: int) -> dict[str, Any]:
    found: dict[str, Any] = value["states"][index]["#meta"]["step"]
    return found


def test_what_is_written_is_read_back() -> None:
    text = write_trace(example())
    assert parse_trace(text) == example()
    assert write_trace(parse_trace(text)) == text


def test_a_file_is_read_with_its_name(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    file.write_text(write_trace(example()))
    assert read_trace(file) == example()
    file.write_text("[]")
    with pytest.raises(MalformedTrace, match=r"run\.json"):
        read_trace(file)


def test_a_file_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traces, "LARGEST", 100)
    file = tmp_path / "large.json"
    file.write_text(write_trace(example()))
    with pytest.raises(MalformedTrace, match="larger than 100 bytes"):
        read_trace(file)


def test_it_is_itf() -> None:
    """https://apalache-mc.org/docs/adr/015adr-trace.html: vars, states, each state every variable, #meta anywhere."""
    value = json.loads(write_trace(example()))
    assert all(isinstance(name, str) for name in value["vars"])
    for index, state in enumerate(value["states"]):
        assert state.keys() == {"#meta", *value["vars"]}
        assert state["#meta"]["index"] == index


def test_every_operation_and_every_event_has_a_place_in_the_format() -> None:
    values = {traces.STASH + row.operation for row in stash.TABLE}
    assert {row.operation for row in TABLE} | values | {"crash", *traces.INTRUSIONS} == set(operations())
    assert len(event_kinds()) >= 17
    event_schema()
    visible = {name for kind in event_kinds().values() for name in kind.__dataclass_fields__} - {"segment"}
    assert visible == set(EVENT_FIELDS)


def test_a_step_says_what_it_does() -> None:
    said = [str(one) for one in example().steps]
    assert said[1] == "alice: grant(bob, bob, [join, exchange, send])"
    assert said[-1] == "bob: join()"


REFUSED: list[tuple[str, Edit, str, str]] = [
    ("unknown field", lambda v: v.update(extra=1), "the whole", "extra"),
    ("unknown field of a state", lambda v: v["states"][3].update(color="red"), "states[3]", "color"),
    ("unknown field of a step", lambda v: step(v, 2).update(hint=1), "states[2].#meta.step", "hint"),
    ("unknown field of the settings", lambda v: v["#meta"].update(clock=1), "#meta", "clock"),
    ("missing variable", lambda v: v["states"][2].pop("acl"), "states[2]", "acl"),
    ("missing settings", lambda v: v.pop("#meta"), "the whole", "#meta"),
    ("missing step", lambda v: v["states"][2]["#meta"].pop("step"), "states[2].#meta", "step"),
    ("a step before the first state", lambda v: v["states"][0]["#meta"].update(step={}), "states[0].#meta", "step"),
    ("no states", lambda v: v.update(states=[]), "states", ""),
    ("wrong type", lambda v: v["states"][2].update(acl="2"), "states[2].acl", "'2'"),
    ("a truth for a number", lambda v: v["states"][2].update(acl=True), "states[2].acl", "True"),
    ("a negative count", lambda v: v["states"][2].update(acl=-1), "states[2].acl", "-1"),
    ("unknown operation", lambda v: step(v, 2).update(operation="fly"), "states[2].#meta.step.operation", "fly"),
    ("unknown argument", lambda v: step(v, 2)["arguments"].update(why=""), "states[2].#meta.step.arguments", "why"),
    ("missing argument", lambda v: step(v, 2)["arguments"].pop("key"), "states[2].#meta.step.arguments", "key"),
    ("unknown right", lambda v: step(v, 2)["arguments"].update(rights=["fly"]), "arguments.rights[0]", "fly"),
    ("unknown event", lambda v: step(v, 1)["events"][0].update(event="Eaten"), "events[0].event", "Eaten"),
    ("unknown field of an event", lambda v: step(v, 1)["events"][0].update(x=1), "events[0]", "x"),
    ("a rejection without clause", lambda v: step(v, 2).update(outcome="rejected", events=[]), "step", "clause"),
    ("a success with a clause", lambda v: step(v, 2).update(clause="SEG-WHO-1"), "states[2].#meta.step", ""),
    ("a clause that is none", lambda v: step(v, 9).update(clause="because"), "step.clause", "because"),
    ("unknown format", lambda v: v["#meta"].update(format="trace-9"), "#meta.format", "trace-9"),
    ("unknown suite", lambda v: v["#meta"].update(suite="LR9"), "#meta.suite", "LR9"),
    ("unknown profile", lambda v: v["#meta"].update(profile="soft"), "#meta.profile", "soft"),
    ("a seed too short", lambda v: v["#meta"].update(entropy="00"), "#meta.entropy", "00"),
    ("capacity 0", lambda v: v["#meta"]["capacity"].update(members=0), "#meta.capacity", "members is 0"),
    ("absurd capacity", lambda v: v["#meta"]["capacity"].update(quota=10**30), "#meta.capacity", "quota"),
    ("no members", lambda v: v["#meta"].update(members=[]), "#meta.members", ""),
    ("two members of one name", lambda v: v["#meta"].update(members=["bob", "bob"]), "#meta.members", ""),
    ("a name that is none", lambda v: v["#meta"].update(members=["alice", "Bob"]), "#meta.members[1]", "Bob"),
    ("a name with a line end", lambda v: v["#meta"].update(members=["alice", "bob\n"]), "#meta.members", "bob"),
    ("a member called intruder", lambda v: v["#meta"].update(members=["alice", "intruder"]), "#meta.members", ""),
    ("an actor who is nobody", lambda v: step(v, 2).update(actor="eve"), "states[2].#meta.step.actor", "eve"),
    ("a peer who is nobody", lambda v: step(v, 5)["arguments"].update(peer="eve"), "arguments.peer", "eve"),
    ("a member who intrudes", lambda v: step(v, 3).update(operation="drop"), "states[3].#meta.step", ""),
    ("states out of order", lambda v: v["states"][2]["#meta"].update(index=3), "states[2].#meta.index", "2"),
    ("half a surrogate", lambda v: step(v, 7)["arguments"].update(body="\ud800"), "arguments.body", "surrogate"),
    ("other variables", lambda v: v.update(vars=["acl"]), "vars", ""),
    ("a list", lambda v: v["states"].insert(1, []), "states[1]", "[]"),
]


@pytest.mark.parametrize(("edit", "place", "problem"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_file_that_is_no_trace_is_refused_at_its_place(edit: Edit, place: str, problem: str) -> None:
    with pytest.raises(MalformedTrace) as caught:
        parse_trace(edited(edit), "x.json")
    assert place in caught.value.args[1]
    assert problem in caught.value.args[2]
    assert str(caught.value).startswith("x.json: ")
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"null",
        b"[" * 100_000,
        b'{"a": 1, "a": 1}',
        b'{"#meta": 1.0}',
        b'{"#meta": NaN}',
        b'{"#meta": ' + b"9" * 5000 + b"}",
        write_trace(example()).encode()[:-40],
        write_trace(example()).replace('"acl": 2', '"acl": 2.0').encode(),
    ],
    ids=["empty", "open", "not UTF-8", "null", "deep", "twice", "fraction", "NaN", "huge", "truncated", "2.0"],
)
def test_what_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(MalformedTrace):
        parse_trace(text)


def test_any_truncation_is_refused() -> None:
    text = write_trace(scripts.trace(scripts.opened("alice", "bob")))
    for length in range(0, len(text) - 2, 97):
        with pytest.raises(MalformedTrace):
            parse_trace(text[:length])


def test_an_intruders_record_lies_in_the_past() -> None:
    acts = [
        *scripts.opened("alice", "bob"),
        scripts.act("alice", "send", peer="bob", body="one"),
        scripts.act("intruder", "drop", inbox="bob", sender="alice"),
        scripts.act("intruder", "inject", record={"step": 7, "record": 0}, inbox="bob", sender="alice"),
    ]
    text = write_trace(scripts.trace(acts))
    assert parse_trace(text).steps[-1].observation.pending == {"bob": {"alice": 1}}
    with pytest.raises(MalformedTrace, match="not a step before this one"):
        parse_trace(text.replace('{"step": 7, ', '{"step": 9, '))
