"""Messages and posts: order, gaps, replays, redirection, quotas, all or none."""

from dataclasses import replace

import pytest

from lockedroom.reference.segment import events
from lockedroom.reference.segment.records import EXCHANGE, JOIN, SEND, Capacity, Epoch, Malformed, Message, Post
from lockedroom.reference.segment.store import Cell
from tests.reference.segment.house import CAPACITY, House


def sealed(house: House, sender: str, addressee: str, text: str) -> Message:
    """The message that the sender leaves for the addressee."""
    house.send(sender, addressee, text)
    record = house.lane(addressee, sender)[-1]
    assert isinstance(record, Message)
    return record


# ---- who may, and whom ------------------------------------------------------------------------------------


def test_without_the_right_to_send_nothing_is_sent(empty: House) -> None:
    empty.created("carol")
    empty.grant("bob", JOIN | EXCHANGE)
    empty.joined("bob", "carol").shared("bob", "carol")
    body = empty.body("no")
    empty.refused("SEG-SEND-1", "bob", "send", peer="carol", body=body)
    empty.refused("SEG-SEND-1", "bob", "multicast", peers=("carol",), body=body)
    empty.refused("SEG-SEND-1", "bob", "publish", body=body)
    empty.refused("SEG-SEND-1", "bob", "rotate", peer="carol")
    empty.refused("SEG-SEND-1", "bob", "acknowledge", peer="carol")


def test_readers_hold_a_peer_to_its_right_to_send(empty: House) -> None:
    empty.created("carol")
    empty.grant("bob", JOIN | EXCHANGE)
    empty.joined("bob", "carol").shared("bob", "carol")
    empty.grant("bob", JOIN | EXCHANGE | SEND)
    empty.do("bob", "review")
    empty.send("bob", "carol", "too early for carol")
    empty.do("bob", "publish", body=empty.body("and this"))
    empty.refused("SEG-RECEIVE-10", "carol", "receive", peer="bob")
    empty.refused("SEG-READ-2", "carol", "read", peer="bob")
    empty.do("carol", "review")
    assert empty.delivered("carol", "bob").body == empty.body("too early for carol")
    assert empty.do("carol", "read", peer="bob") == (events.Read("bob", 1, empty.body("and this")),)


def test_no_key_no_message(room: House) -> None:
    room.refused("SEG-SEND-2", "alice", "send", peer="bob", body=room.body("no"))
    room.refused("SEG-SEND-2", "alice", "read", peer="bob")
    room.refused("SEG-PUBLISH-1", "alice", "publish", body=room.body("no"))


def test_a_body_must_fit_a_cell(pair: House) -> None:
    limit = CAPACITY.payload
    pair.says("alice", "bob", "x" * limit)
    for operation, whom in (("send", {"peer": "bob"}), ("multicast", {"peers": ("bob",)}), ("publish", {})):
        pair.refused("SEG-SEND-5", "alice", operation, body=pair.body("x" * (limit + 1)), **whom)


# ---- order, gaps, replays -----------------------------------------------------------------------------------


def test_records_of_one_sender_come_in_order(pair: House) -> None:
    for text in ("one", "two", "three"):
        pair.send("alice", "bob", text)
    assert [pair.delivered("bob", "alice").body for _ in range(3)] == [pair.body(t) for t in ("one", "two", "three")]
    pair.refused("SEG-RECEIVE-1", "bob", "receive", peer="alice")


def test_an_unaccepted_exchange_comes_first(room: House) -> None:
    room.do("alice", "exchange", peer="bob")
    room.send("alice", "bob", "hello")
    room.refused("SEG-RECEIVE-1", "bob", "receive", peer="alice")


def test_a_gap_is_told_and_a_lost_tail_is_not(pair: House) -> None:
    pair.send("alice", "bob", "one")
    pair.send("alice", "bob", "two")
    third = sealed(pair, "alice", "bob", "three")
    pair.put("bob", "alice", third)
    event = pair.delivered("bob", "alice")
    assert (event.sequence, event.gap) == (3, 2)
    pair.send("alice", "bob", "the tail")
    pair.put("bob", "alice")
    pair.refused("SEG-RECEIVE-1", "bob", "receive", peer="alice")


def test_what_was_read_before_is_removed(pair: House) -> None:
    first = sealed(pair, "alice", "bob", "one")
    second = sealed(pair, "alice", "bob", "two")
    pair.delivered("bob", "alice")
    pair.delivered("bob", "alice")
    for replayed in (first, second):
        pair.put("bob", "alice", replayed)
        pair.removed("SEG-RECEIVE-6", "bob", "receive", peer="alice")
        assert pair.lane("bob", "alice") == ()
    pair.says("alice", "bob", "three")


def test_what_was_reordered_is_removed_after_what_overtook_it(pair: House) -> None:
    first = sealed(pair, "alice", "bob", "one")
    second = sealed(pair, "alice", "bob", "two")
    pair.put("bob", "alice", second, first)
    assert pair.delivered("bob", "alice").gap == 1
    pair.removed("SEG-RECEIVE-6", "bob", "receive", peer="alice")


# ---- altered, redirected, senseless -------------------------------------------------------------------------


def test_a_record_that_makes_no_sense_is_removed(pair: House) -> None:
    pair.put("bob", "alice", Malformed("torn"))
    pair.removed("SEG-RECORD-1", "bob", "receive", peer="alice")
    assert pair.lane("bob", "alice") == ()


@pytest.mark.parametrize("field", ["sequence", "flags", "rotation", "sealed", "epoch"])
def test_every_altered_field_of_a_message_is_noticed(pair: House, field: str) -> None:
    record = sealed(pair, "alice", "bob", "one")
    other = {
        "sequence": 9,
        "flags": 2,
        "rotation": 1,
        "sealed": pair.altered(record.sealed),
        "epoch": Epoch(0, "bob"),
    }[field]
    pair.put("bob", "alice", replace(record, **{field: other}))
    before = pair.session("bob", "alice")
    pair.removed("SEG-RECEIVE-5", "bob", "receive", peer="alice")
    assert pair.session("bob", "alice") == before, "a removed record changes nothing of the session"
    assert pair.lane("bob", "alice") == ()


def test_a_message_in_anothers_lane_or_for_another_is_removed(pair: House) -> None:
    pair.shared("carol", "bob")
    record = sealed(pair, "alice", "bob", "one")
    pair.put("bob", "carol", record)
    pair.removed("SEG-RECEIVE-2", "bob", "receive", peer="carol")
    pair.put("bob", "carol", replace(record, sender="carol"))
    pair.removed("SEG-RECEIVE-3", "bob", "receive", peer="carol")
    mine = replace(record, sender="carol", sender_incarnation=pair.presence("carol").incarnation)
    pair.put("bob", "carol", replace(mine, epoch=Epoch(0, "carol")))
    pair.removed("SEG-RECEIVE-5", "bob", "receive", peer="carol")


def test_a_message_for_a_former_self_is_removed(pair: House) -> None:
    record = sealed(pair, "alice", "bob", "one")
    pair.do("bob", "leave")
    pair.joined("bob").shared("alice", "bob")
    pair.put("bob", "alice", record)
    pair.removed("SEG-RECEIVE-3", "bob", "receive", peer="alice")


def test_a_message_of_a_former_self_is_removed_once_its_successor_was_heard(pair: House) -> None:
    record = sealed(pair, "alice", "bob", "one")
    pair.put("bob", "alice")
    pair.do("alice", "leave")
    pair.joined("alice").shared("alice", "bob").says("alice", "bob", "anew")
    pair.put("bob", "alice", record)
    pair.removed("SEG-RECEIVE-3", "bob", "receive", peer="alice")


# ---- full -------------------------------------------------------------------------------------------------


def test_a_full_lane_refuses_and_starves_nobody_else(pair: House) -> None:
    """SEG-FULL-7."""
    pair.shared("carol", "bob")
    for number in range(CAPACITY.quota):
        pair.send("alice", "bob", str(number))
    pair.refused("SEG-FULL-1", "alice", "send", peer="bob", body=pair.body("one too many"))
    pair.says("carol", "bob", "still room for me")
    pair.delivered("bob", "alice")
    pair.send("alice", "bob", "room again")


def test_an_exchange_needs_room_too(room: House) -> None:
    room.put("bob", "alice", *[Malformed("junk")] * CAPACITY.quota)
    room.refused("SEG-FULL-1", "alice", "exchange", peer="bob")


# ---- multicast --------------------------------------------------------------------------------------------


def test_a_multicast_reaches_each_under_its_own_key(room: House) -> None:
    room.shared("alice", "bob", "carol")
    room.send("alice", "bob", "before")
    seen = room.do("alice", "multicast", peers=("bob", "carol"), body=room.body("all"))
    assert seen == (events.Sent("bob", 2), events.Sent("carol", 1))
    assert room.delivered("bob", "alice").body == room.body("before")
    assert room.delivered("bob", "alice").body == room.delivered("carol", "alice").body == room.body("all")


def test_a_multicast_is_left_for_all_or_for_none(room: House) -> None:
    room.shared("alice", "bob", "carol")
    for number in range(CAPACITY.quota):
        room.send("alice", "carol", str(number))
    room.refused("SEG-FULL-2", "alice", "multicast", peers=("bob", "carol"), body=room.body("all"))
    assert room.lane("bob", "alice") == ()
    room.do("carol", "leave")
    room.refused("SEG-SEND-3", "alice", "multicast", peers=("bob", "carol"), body=room.body("all"))
    assert room.lane("bob", "alice") == ()


def test_a_multicast_names_each_peer_once_and_not_oneself(pair: House) -> None:
    body = pair.body("all")
    pair.refused("SEG-MULTICAST-1", "alice", "multicast", peers=(), body=body)
    pair.refused("SEG-MULTICAST-1", "alice", "multicast", peers=("bob", "bob"), body=body)
    pair.refused("SEG-SEND-2", "alice", "multicast", peers=("bob", "alice"), body=body)
    pair.refused("SEG-SEND-2", "alice", "multicast", peers=("bob", "carol"), body=body)


# ---- posts ------------------------------------------------------------------------------------------------


def test_a_post_is_read_any_number_of_times_until_its_sender_leaves(room: House) -> None:
    room.shared("alice", "bob", "carol")
    assert room.do("alice", "publish", body=room.body("hear")) == (events.Published(1, ("bob", "carol")),)
    for reader in ("bob", "carol", "bob"):
        assert room.do(reader, "read", peer="alice") == (events.Read("alice", 1, room.body("hear")),)
    room.do("alice", "leave")
    room.refused("SEG-SEND-3", "bob", "read", peer="alice")


def test_later_joiners_cannot_read_a_post(pair: House) -> None:
    pair.do("alice", "publish", body=pair.body("hear"))
    pair.shared("carol", "alice")
    pair.refused("SEG-READ-1", "carol", "read", peer="alice")
    pair.do("bob", "leave")
    pair.joined("bob").shared("alice", "bob")
    pair.refused("SEG-READ-1", "bob", "read", peer="alice")


def test_posts_have_one_number_each_and_are_read_in_its_order(pair: House) -> None:
    for text in ("one", "two"):
        pair.do("alice", "publish", body=pair.body(text))
    pair.do("bob", "publish", body=pair.body("from the other side"))
    cell = pair.board("alice")
    pair.post(replace(cell, posts=tuple(reversed(cell.posts))))
    read = pair.do("bob", "read", peer="alice")
    assert read == (events.Read("alice", 1, pair.body("one")), events.Read("alice", 2, pair.body("two")))
    assert pair.do("alice", "read", peer="bob") == (events.Read("bob", 1, pair.body("from the other side")),)


def test_a_post_that_does_not_open_is_told_and_left(pair: House) -> None:
    pair.do("alice", "publish", body=pair.body("hear"))
    (post,) = pair.board("alice").posts
    broken = replace(post, sealed=pair.altered(post.sealed))
    pair.post(replace(pair.board("alice"), posts=(broken,)))
    assert pair.do("bob", "read", peer="alice") == (events.Unreadable("alice", 1),)
    for posts in ((broken, post, post), (post, broken)):
        pair.post(replace(pair.board("alice"), posts=posts))
        assert pair.do("bob", "read", peer="alice") == (events.Read("alice", 1, pair.body("hear")),)


@pytest.mark.parametrize("field", ["number", "epoch"])
def test_an_altered_post_does_not_open(pair: House, field: str) -> None:
    pair.do("alice", "publish", body=pair.body("hear"))
    (post,) = pair.board("alice").posts
    other = {"number": 9, "epoch": Epoch(0, "bob")}[field]
    pair.post(replace(pair.board("alice"), posts=(replace(post, **{field: other}),)))
    (event,) = pair.do("bob", "read", peer="alice")
    assert isinstance(event, events.Unreadable)


def test_posts_of_nobody_here_are_passed_over(pair: House) -> None:
    pair.do("alice", "publish", body=pair.body("hear"))
    (post,) = pair.board("alice").posts
    strays: list[Post] = [
        replace(post, sender="carol"),
        replace(post, recipient="carol"),
        replace(post, sender_incarnation=pair.altered(post.sender_incarnation)),
        replace(post, recipient_incarnation=pair.altered(post.recipient_incarnation)),
        Malformed("torn"),
    ]
    pair.post(replace(pair.board("alice"), posts=tuple(strays)))
    pair.refused("SEG-READ-1", "bob", "read", peer="alice")
    pair.post(Cell("carol", pair.board("carol").announcement, (post,)))
    pair.shared("carol", "bob")
    pair.refused("SEG-READ-1", "bob", "read", peer="carol")


def test_the_board_has_its_capacity() -> None:
    house = House("symbolic", capacity=Capacity(members=4, quota=3, posts=3, entries=8, record=512))
    house.created("bob", "carol").joined("alice", "bob", "carol").shared("alice", "bob", "carol")
    house.do("alice", "publish", body=house.body("hear"))
    house.refused("SEG-FULL-3", "alice", "publish", body=house.body("again"))
    house.shared("bob", "carol").do("bob", "publish", body=house.body("my own room"))
