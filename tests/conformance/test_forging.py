"""Every operation of the intruder, every way to make a record, and a second room: the same on values and on real
memory, under terms and under real crypto."""

import json
from typing import Literal

import pytest

from lockedroom.conformance.derive import Act, derive
from lockedroom.conformance.entropy import Keys
from lockedroom.conformance.forging import KINDS, OPERATIONS, Forge, Impossible, signed_by
from lockedroom.conformance.process import Limits
from lockedroom.conformance.replay import Status, replay, replay_on_engine
from lockedroom.conformance.schemas import Json
from lockedroom.conformance.stage import Unsupported
from lockedroom.conformance.trace import MalformedTrace, Trace, parse_trace, write_trace
from lockedroom.reference.crypto.real import RealSuite
from lockedroom.reference.segment.records import Exchange
from tests.conformance import scripts

PATIENT = Limits(start=60.0, reply=60.0)
Profile = Literal["hardened", "as-written"]


def said(step: int, record: int = 0, **change: Json) -> dict[str, Json]:
    """A record that a step left, with fields changed."""
    return {"step": step, "record": record, **({"change": change} if change else {})}


def field(step: int, name: str, record: int = 0) -> Json:
    return {"field": [step, record, name]}


def elsewhere(room: str, *acts: Act) -> list[Act]:
    """The same in another room."""
    return [Act(act.actor, act.operation, act.arguments, room) for act in acts]


def everywhere_alike(trace: Trace) -> Trace:
    """The trace, after a replay on values under every suite and on real memory under LR0 and LR1."""
    trace = parse_trace(write_trace(trace))
    for suite in ("LR0", "LR1"):
        assert replay_on_engine(trace, suite).reason == ""
    for real in ("LR0", "LR1"):
        found = replay(trace, on="backend", suite=real, limits=PATIENT)
        assert (found.status, found.reason) == (Status.PASSED, "")
    return trace


def clauses(trace: Trace) -> list[str]:
    return [step.seen.clause or step.seen.outcome for step in trace.steps]


def test_the_board_the_list_and_the_header_are_changed() -> None:
    act = scripts.act
    opened = scripts.opened("alice", "bob")  # create 1, grant 2, join 3 and 4, exchange 5, accept 6
    acts = [
        *opened,
        act("alice", "publish", body="first"),
        act("intruder", "unpost", name="alice"),
        act("bob", "read", peer="alice"),
        act("intruder", "post", record=said(7), name="alice"),
        act("bob", "read", peer="alice"),
        act("intruder", "withdraw", name="alice"),
        act("bob", "send", peer="alice", body="x"),
        act("intruder", "announce", record=said(4), name="alice"),
        act("bob", "send", peer="alice", body="x"),
        act("intruder", "announce", record=said(3), name="alice"),
        act("bob", "send", peer="alice", body="x"),
        act("intruder", "relist", entries=[said(1, 1)]),
        act("bob", "review"),
        act("intruder", "relist", entries=[said(2), said(1, 1)]),
        act("bob", "review"),
        act("intruder", "relist", entries=[said(1, 1), said(2)]),
        act("bob", "review"),
        act("intruder", "rehead", record=said(1, 0, version=2)),
        act("alice", "receive", peer="bob"),
        act("intruder", "rehead", record=said(1)),
        act("alice", "receive", peer="bob"),
    ]
    trace = everywhere_alike(scripts.trace(acts))
    found = clauses(trace)[8:]
    assert [clause for clause in found if clause != "ok"] == [
        "SEG-READ-1",
        "SEG-SEND-3",
        "SEG-SEND-3",
        "SEG-ACL-4",
        "SEG-ACL-3",
        "SEG-REVIEW-1",
        "SEG-HEADER-5",
    ]


def resigned(by: str) -> list[Act]:
    """What alice made for bob, mallory claims for her own: signed by her, as the description has it signed."""
    act = scripts.act
    opened = scripts.opened("alice", "bob", "mallory")  # grants 2 and 3, joins 4 to 6, exchange with bob 7
    tag: Json = ["LR-SEG-EXCHANGE", field(1, "segment"), field(7, "ciphertext"), field(7, "wrapped")]
    theirs = {"sender": by, "sender_incarnation": field(6, "incarnation")}
    record = said(7, **theirs, signature={"sign": [{"static": [by]}, tag]})
    return [
        *opened,
        act("intruder", "inject", record=record, inbox="bob", sender=by),
        act("bob", "accept", peer=by),
        act("bob", "send", peer=by, body="for mallory"),
    ]


def test_an_insider_signs_what_another_made_and_is_believed_as_written_alone() -> None:
    trace = everywhere_alike(scripts.trace(resigned("mallory"), "alice", "bob", "mallory", profile="as-written"))
    assert clauses(trace)[-3:] == ["ok", "ok", "ok"]
    for on in ("engine", "backend"):
        refused = replay(trace, on=on, profile="hardened", limits=PATIENT).divergence
        assert refused is not None and refused.refusal == "SEG-ACCEPT-4"
    assert signed_by(trace.steps[-3].arguments["record"]) == {"mallory"}


def carried() -> Trace:
    """Alice creates two segments. Her exchange with bob in the second is carried into the first."""
    act = scripts.act
    opened = scripts.opened("alice", "bob")[:4]
    acts = [
        *opened,  # 1 to 4
        *elsewhere("second", *opened),  # 5 to 8
        # Bob's announcement in the first is carried into the second, where alice exchanges with it.
        *elsewhere("second", act("intruder", "announce", record=said(4), name="bob")),
        *elsewhere("second", act("alice", "exchange", peer="bob")),  # 10
        act("intruder", "inject", record=said(10), inbox="bob", sender="alice"),
        act("bob", "accept", peer="alice"),
    ]
    return scripts.trace(acts, profile="as-written")


def test_what_was_made_in_another_segment_of_the_process_is_accepted_as_written_alone() -> None:
    """Two rooms, one process for each member (ADAPTER-COMMAND-8)."""
    trace = carried()
    everywhere_alike(trace)
    assert clauses(trace)[-3:] == ["ok", "ok", "ok"]
    assert trace.steps[9].room == "second" and trace.steps[9].observation.pending == {"bob": {"alice": 1}}
    assert trace.steps[-1].observation.pending == {}
    for on in ("engine", "backend"):
        refused = replay(trace, on=on, profile="hardened", limits=PATIENT).divergence
        assert refused is not None and (refused.index, refused.refusal) == (10, "SEG-ACL-7")


def test_a_crash_ends_a_member_in_every_room() -> None:
    """ADAPTER-COMMAND-8."""
    opened = scripts.opened("alice", "bob")
    acts = [*opened, *elsewhere("second", *opened), scripts.act("alice", "crash")]
    acts += [*elsewhere("second", scripts.act("bob", "reap", peer="alice")), scripts.act("bob", "reap", peer="alice")]
    acts += elsewhere("second", scripts.act("alice", "grant", subject="carol", key="carol", rights=["join"]))
    trace = everywhere_alike(scripts.trace(acts, "alice", "bob", "carol"))
    assert clauses(trace)[-4:] == ["ok", "ok", "ok", "ok"]


# ---- values --------------------------------------------------------------------------------------------


def forge(suite: str = "LR0") -> Forge:
    nothing = bytes(32)
    record = Exchange("alice", "bob", nothing, nothing, b"c" * 32, bytes(40), 1, nothing, bytes(64))
    return Forge(Keys(RealSuite(suite), bytes(32)), {7: (record,)})


def test_every_operation_makes_a_value() -> None:
    own: Json = {"fresh": ["intruder", 0, "ephemeral"]}
    key: Json = {"fresh": ["intruder", 0, "key", "peer", {"body": ["x"]}]}
    public: Json = {"kem-public": [own]}
    made: dict[str, Json] = {
        "field": field(7, "ciphertext"),
        "fresh": own,
        "static": {"static": ["bob"]},
        "public": {"public": [{"static": ["bob"]}]},
        "sign": {"sign": [{"static": ["bob"]}, ["TAG", 1, ["nested", {"bytes": ["00ff"]}]]]},
        "kem-public": public,
        "kem-private": {"kem-private": [own]},
        "kem": {"kem": [public, key]},
        "shared": {"shared": [public, key]},
        "decapsulate": {"decapsulate": [{"kem-private": [own]}, {"kem": [public, key]}]},
        "wrap": {"wrap": [key, own]},
        "unwrap": {"unwrap": [key, {"wrap": [key, own]}]},
        "seal": {"seal": [key, [0, 1], ["TAG"], {"body": ["text"]}]},
        "open": {"open": [key, [0, 1], ["TAG"], {"seal": [key, [0, 1], ["TAG"], {"body": ["text"]}]}]},
        "derive": {"derive": [key, "label", ["TAG", 1]]},
        "digest": {"digest": [["TAG"]]},
        "body": {"body": ["text"]},
        "bytes": {"bytes": ["00ff"]},
    }
    assert sorted(made) == sorted(OPERATIONS)
    found = {name: forge().value(value) for name, value in made.items()}
    assert found["decapsulate"] == found["shared"] and found["unwrap"] == found["fresh"]
    assert found["open"] == b"text" and found["bytes"] == b"\0\xff" and found["field"] == b"c" * 32
    assert len({value for value in found.values() if isinstance(value, bytes)}) == len(found) - 4


@pytest.mark.parametrize(
    "value",
    [
        None,
        field(8, "ciphertext"),
        field(7, "sealed"),
        {"field": [7]},
        {"sign": [{"static": ["bob"]}, "no transcript"]},
        {"sign": ["no key", ["TAG"]]},
        {"unwrap": [{"fresh": ["a", 0, "k"]}, {"fresh": ["a", 0, "k"]}]},
        {"kem": [{"bytes": ["00"]}, {"fresh": ["a", 0, "k"]}]},
        {"seal": [{"fresh": ["a", 0, "k"]}, [0, -1], ["TAG"], {"body": ["x"]}]},
        {"bytes": ["x"]},
        {"digest": []},
    ],
)
def test_what_makes_no_value_is_said_to_be_impossible(value: Json) -> None:
    with pytest.raises(Impossible):
        forge().value(value)


@pytest.mark.parametrize(
    "recipe",
    [
        {"step": 7, "record": 1},
        {"step": 7, "record": 0, "change": {"sealed": {"body": ["x"]}}},
        {"kind": "exchange", "change": {"sender": "alice"}},
        {"kind": "post", "change": {}},
        {"kind": "message", "change": {"epoch": 1}},
    ],
)
def test_what_makes_no_record_is_said_to_be_impossible(recipe: Json) -> None:
    with pytest.raises(Impossible):
        forge().record(recipe, *KINDS.values())


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("inject", {"record": said(4), "inbox": "bob", "sender": "alice"}),
        ("announce", {"record": said(5), "name": "bob"}),
        ("relist", {"entries": [said(1)]}),
        ("rehead", {"record": said(2)}),
        ("inject", {"record": said(5, serial=-1), "inbox": "bob", "sender": "alice"}),
        ("inject", {"record": said(5, signature={"bytes": ["00"]}), "inbox": "bob", "sender": "alice"}),
    ],
)
def test_a_record_that_has_no_place_there_ends_the_replay_as_not_supported(
    operation: str, arguments: dict[str, Json]
) -> None:
    acts = [*scripts.opened("alice", "bob"), Act("intruder", operation, arguments)]
    with pytest.raises(Unsupported):
        derive(scripts.settings(), acts, "LR0")
        raise Unsupported("values have no encoding")
    good = scripts.trace([*acts[:-1], scripts.act("intruder", "drop", inbox="bob", sender="alice")])
    text = write_trace(good).replace('"drop"', f'"{operation}"')
    last = '"arguments": {"inbox": "bob", "sender": "alice"}'
    assert last in text
    trace = parse_trace(text.replace(last, f'"arguments": {json.dumps(arguments)}'))
    found = replay(trace, on="backend", limits=PATIENT)
    assert (found.status, found.steps) == (Status.UNSUPPORTED, 6)


def test_records_of_steps_to_come_are_refused() -> None:
    trace = scripts.trace([*scripts.opened("alice", "bob"), scripts.act("intruder", "relist", entries=[said(1, 1)])])
    with pytest.raises(MalformedTrace, match="not a step before this one"):
        parse_trace(write_trace(trace).replace('"entries": [{"step": 1', '"entries": [{"step": 7'))
