"""Create, grant, join, leave, die, be reaped, destroy: by example, under every suite."""

from dataclasses import replace

import pytest

from lockedroom.reference.machine import Step
from lockedroom.reference.segment import effects, events
from lockedroom.reference.segment.records import (
    ALL_RIGHTS,
    EXCHANGE,
    JOIN,
    SEND,
    Capacity,
    Destroyed,
    Malformed,
    header_transcript,
)
from lockedroom.reference.segment.store import Cell
from lockedroom.reference.segment.table import BY_OPERATION
from tests.reference.segment.house import House

ORIGIN = (7, 7, "boot")


def create(house: House) -> dict[str, object]:
    return {"capacity": house.capacity, "profile": "hardened", "origin": ORIGIN}


def test_a_segment_begins_with_its_creators_entry(empty: House) -> None:
    empty.created()
    (entry,) = empty.acl()
    assert not isinstance(entry, Malformed)
    assert (entry.serial, entry.subject, entry.rights) == (1, "alice", ALL_RIGHTS)


def test_the_segment_id_depends_on_everything_that_it_is_made_of(empty: House) -> None:
    ids = set()
    for origin in ((7, 7, "boot"), (8, 7, "boot"), (7, 8, "boot"), (7, 7, "other")):
        result = empty.room.take("alice", "create", empty.fresh("alice"), **{**create(empty), "origin": origin})[1]
        assert isinstance(result, Step)
        (event,) = result.events
        assert isinstance(event, events.Created)
        ids.add(event.segment)
    assert len(ids) == 4


def test_a_name_in_use_is_refused(empty: House) -> None:
    empty.created()
    empty.refused("SEG-CREATE-1", "alice", "create", **create(empty))


def test_nobody_creates_under_a_foreign_key(empty: House) -> None:
    empty.refused("SEG-CREATE-2", "bob", "create", **create(empty))


def test_nothing_happens_where_there_is_no_segment(empty: House) -> None:
    empty.refused("SEG-HEADER-1", "bob", "join")


def test_only_the_creator_grants_revokes_and_destroys(empty: House) -> None:
    empty.created("bob")
    empty.refused("SEG-WHO-1", "bob", "grant", subject="carol", key=empty.key("carol"), rights=JOIN)
    empty.refused("SEG-WHO-1", "bob", "revoke", subject="alice")
    empty.refused("SEG-WHO-1", "bob", "destroy")


def test_the_creators_key_without_its_last_serial_grants_nothing(empty: House) -> None:
    empty.created()
    empty.room = empty.room.having(effects.member("alice"), empty.newcomer("alice"))
    empty.refused("SEG-WHO-1", "alice", "grant", subject="bob", key=empty.key("bob"), rights=JOIN)


def test_a_grant_that_states_nothing_new_is_refused(empty: House) -> None:
    empty.created("bob")
    empty.refused("SEG-GRANT-2", "alice", "grant", subject="bob", key=empty.key("bob"), rights=ALL_RIGHTS)
    empty.grant("bob", JOIN | SEND)


@pytest.mark.parametrize("rights", [0, ALL_RIGHTS + 1, -1])
def test_a_grant_states_a_right_and_nothing_else(empty: House, rights: int) -> None:
    empty.created("bob")
    for name in ("bob", "carol"):
        empty.refused("SEG-GRANT-4", "alice", "grant", subject=name, key=empty.key(name), rights=rights)


def test_only_rights_can_be_revoked(empty: House) -> None:
    empty.created("bob")
    empty.refused("SEG-REVOKE-1", "alice", "revoke", subject="carol")
    empty.do("alice", "revoke", subject="bob")
    empty.refused("SEG-REVOKE-1", "alice", "revoke", subject="bob")


def test_the_list_and_the_room_have_their_capacity() -> None:
    house = House("symbolic", ("alice", "bob", "carol"), Capacity(members=2, quota=1, posts=1, entries=3, record=512))
    house.created("bob")
    house.refused("SEG-FULL-4", "alice", "grant", subject="carol", key=house.key("carol"), rights=JOIN)
    house.grant("bob", JOIN)
    house.refused("SEG-FULL-6", "alice", "grant", subject="bob", key=house.key("bob"), rights=JOIN | SEND)
    house.refused("SEG-FULL-6", "alice", "revoke", subject="bob")


def test_who_is_not_granted_does_not_join(empty: House) -> None:
    empty.created()
    empty.refused("SEG-JOIN-1", "bob", "join")
    empty.grant("bob", EXCHANGE | SEND)
    empty.refused("SEG-JOIN-1", "bob", "join")


def test_a_grant_binds_the_name_to_a_key(empty: House) -> None:
    empty.created()
    empty.do("alice", "grant", subject="bob", key=empty.key("carol"), rights=ALL_RIGHTS)
    empty.refused("SEG-JOIN-2", "bob", "join")


def test_a_living_name_is_taken(empty: House) -> None:
    empty.created("bob").joined("bob")
    empty.room = empty.room.having(effects.member("bob"), empty.newcomer("bob"))
    empty.refused("SEG-JOIN-3", "bob", "join")


def test_joining_twice_is_refused(room: House) -> None:
    room.refused("SEG-WHO-2", "bob", "join")


def test_only_the_joined_act(empty: House) -> None:
    empty.created("bob")
    for operation in ("review", "leave"):
        empty.refused("SEG-WHO-3", "bob", operation)
    for operation in ("exchange", "accept", "receive", "read", "rotate", "acknowledge", "reap"):
        empty.refused("SEG-WHO-3", "bob", operation, peer="alice")


def test_every_join_is_another_incarnation(room: House) -> None:
    first = room.presence("bob")
    room.do("bob", "leave")
    room.joined("bob")
    assert room.presence("bob").incarnation != first.incarnation
    assert room.presence("bob").public != first.public


def test_joining_purges_the_inbox_and_replaces_what_the_dead_left(pair: House) -> None:
    pair.shared("bob", "carol")
    pair.do("bob", "publish", body=pair.body("here"))
    pair.send("alice", "bob", "unread")
    pair.crash("bob")
    pair.joined("bob")
    assert pair.lane("bob", "alice") == ()
    announced = pair.board("bob").announcement
    assert announced is not None and announced.incarnation == pair.presence("bob").incarnation
    assert pair.board("bob").posts == ()


def test_leaving_withdraws_everything_of_ones_own(pair: House) -> None:
    pair.do("bob", "publish", body=pair.body("here"))
    pair.send("alice", "bob", "unread")
    assert pair.do("bob", "leave") == (events.Left(),)
    assert pair.board("bob") == Cell("bob")
    assert pair.lane("bob", "alice") == ()
    assert pair.room.member("bob").presence is None
    pair.refused("SEG-SEND-3", "alice", "send", peer="bob", body=pair.body("too late"))


def test_what_a_leaver_sent_is_drained_receive_only(room: House) -> None:
    room.do("alice", "exchange", peer="bob")
    room.send("alice", "bob", "one")
    room.send("alice", "bob", "two")
    room.do("alice", "leave")
    room.do("bob", "accept", peer="alice")
    assert [room.delivered("bob", "alice").body for _ in range(2)] == [room.body("one"), room.body("two")]
    room.refused("SEG-SEND-3", "bob", "send", peer="alice", body=room.body("back"))


def test_the_living_are_not_reaped_and_the_dead_only_once(pair: House) -> None:
    pair.refused("SEG-REAP-1", "alice", "reap", peer="bob")
    pair.send("alice", "bob", "unread")
    pair.send("bob", "alice", "last words")
    pair.crash("bob")
    assert pair.do("carol", "reap", peer="bob") == (events.Reaped("bob"),)
    assert pair.board("bob") == Cell("bob") and pair.lane("bob", "alice") == ()
    pair.refused("SEG-REAP-2", "alice", "reap", peer="bob")
    assert pair.delivered("alice", "bob").body == pair.body("last words")


def test_a_reaped_session_is_over_even_if_its_announcement_comes_back(pair: House) -> None:
    old = pair.board("bob")
    pair.crash("bob")
    pair.do("alice", "reap", peer="bob")
    pair.post(old)
    pair.refused("SEG-SEND-4", "alice", "send", peer="bob", body=pair.body("to the dead"))


def test_reaping_ends_no_session_with_the_living(pair: House) -> None:
    pair.shared("alice", "carol").crash("bob")
    pair.do("alice", "reap", peer="bob")
    pair.says("alice", "carol", "just us two")


def test_who_died_joins_anew_and_shares_anew(pair: House) -> None:
    pair.crash("bob")
    pair.joined("bob")
    pair.refused("SEG-SEND-3", "alice", "send", peer="bob", body=pair.body("to the dead"))
    pair.shared("alice", "bob").says("alice", "bob", "welcome back")
    pair.says("bob", "alice", "thanks")


def test_a_destroyed_segment_refuses_everything_but_leaving(pair: House) -> None:
    pair.do("alice", "destroy")
    assert pair.room.value(effects.HEADER) == Destroyed()
    body, tried = pair.body("too late"), {"join", "leave", "create"}
    for actor, operation, arguments in (
        ("alice", "grant", {"subject": "bob", "key": pair.key("bob"), "rights": JOIN}),
        ("alice", "grant", {"subject": "bob", "key": pair.key("bob"), "rights": 0}),
        ("alice", "revoke", {"subject": "bob"}),
        ("alice", "destroy", {}),
        ("bob", "review", {}),
        ("bob", "exchange", {"peer": "carol"}),
        ("bob", "accept", {"peer": "alice"}),
        ("bob", "send", {"peer": "alice", "body": body}),
        ("bob", "send", {"peer": "nobody", "body": body}),
        ("bob", "multicast", {"peers": ("alice",), "body": body}),
        ("bob", "multicast", {"peers": (), "body": body}),
        ("bob", "multicast", {"peers": ("alice", "alice"), "body": body}),
        ("carol", "publish", {"body": body}),
        ("bob", "read", {"peer": "alice"}),
        ("bob", "receive", {"peer": "alice"}),
        ("bob", "rotate", {"peer": "alice"}),
        ("bob", "acknowledge", {"peer": "alice"}),
        ("bob", "reap", {"peer": "alice"}),
    ):
        pair.refused("SEG-DESTROY-2", actor, operation, **arguments)
        tried.add(operation)
    assert tried == set(BY_OPERATION), "every transition looks at the header first"
    pair.do("bob", "leave")
    pair.refused("SEG-DESTROY-2", "bob", "join")
    pair.refused("SEG-CREATE-1", "alice", "create", **create(pair))


# ---- the header ---------------------------------------------------------------------------------------


def test_a_header_that_makes_no_sense_is_refused(empty: House) -> None:
    empty.created("bob")
    empty.room = empty.room.having(effects.HEADER, Malformed("torn"))
    empty.refused("SEG-HEADER-2", "bob", "join")


@pytest.mark.parametrize("field", ["capacity", "creator", "segment", "key", "signature"])
def test_every_altered_field_of_the_header_is_noticed(empty: House, field: str) -> None:
    empty.created("bob")
    header = empty.header()
    other = {
        "capacity": replace(header.capacity, members=3),
        "creator": "carol",
        "segment": empty.altered(header.segment),
        "key": empty.key("bob"),
        "signature": empty.altered(header.signature),
    }[field]
    empty.room = empty.room.having(effects.HEADER, replace(header, **{field: other}))
    empty.refused("SEG-HEADER-3", "bob", "join")


def test_a_header_that_names_another_key_is_refused_though_the_creator_signed_it(empty: House) -> None:
    empty.created("bob")
    other = replace(empty.header(), key=empty.key("bob"))
    signature = empty.suite.sign(empty.signing("alice"), header_transcript(other))
    empty.room = empty.room.having(effects.HEADER, replace(other, signature=signature))
    empty.refused("SEG-HEADER-3", "bob", "join")


@pytest.mark.parametrize(("field", "other"), [("suite", "LR9"), ("version", 2), ("profile", "as-written")])
def test_what_a_member_does_not_speak_is_refused(empty: House, field: str, other: object) -> None:
    empty.created("bob")
    empty.room = empty.room.having(effects.HEADER, replace(empty.header(), **{field: other}))
    empty.refused("SEG-HEADER-5", "bob", "join")


def test_another_segment_of_the_same_creator_is_not_this_one(room: House) -> None:
    suite = "symbolic" if room.suite.name == "symbolic" else room.suite.name
    other = House(suite)
    other.do("alice", "create", capacity=other.capacity, profile="hardened", origin=(9, 9, "boot"))
    room.room = room.room.having(effects.HEADER, other.header())
    room.refused("SEG-HEADER-4", "bob", "exchange", peer="alice")
