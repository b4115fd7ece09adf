"""Exchange and accept: who may, what they are bound to, at most once, and what becomes of two that cross."""

from dataclasses import replace

import pytest

from lockedroom.reference.crypto.terms import Term
from lockedroom.reference.segment import events
from lockedroom.reference.segment.records import (
    ALL_RIGHTS,
    EXCHANGE,
    JOIN,
    SEND,
    Announcement,
    Consumable,
    Epoch,
    Exchange,
    Malformed,
    announcement_transcript,
    exchange_transcript,
)
from lockedroom.reference.segment.store import Cell
from tests.reference.segment.house import House


def offered(house: House, maker: str, taker: str) -> Exchange:
    """The exchange that the maker leaves for the taker."""
    assert house.do(maker, "exchange", peer=taker) == (events.Exchanged(taker),)
    record = house.lane(taker, maker)[-1]
    assert isinstance(record, Exchange)
    return record


def announcement(house: House, name: str) -> Announcement:
    found = house.board(name).announcement
    assert found is not None
    return found


def test_an_exchange_shares_a_key_for_both_directions(pair: House) -> None:
    pair.says("alice", "bob", "hello")
    pair.says("bob", "alice", "hello yourself")


def test_accept_says_whose_key_it_shares(room: House) -> None:
    offered(room, "alice", "bob")
    assert room.do("bob", "accept", peer="alice") == (events.Accepted("alice", False),)


def test_every_peer_gets_a_key_of_its_own(room: House) -> None:
    room.shared("alice", "bob", "carol")
    keys = {
        key for peer in ("bob", "carol") for e in room.session("alice", peer).epochs for key in (e.sending, e.receiving)
    }
    assert len(keys) == 4
    assert offered(room, "bob", "carol").wrapped != offered(room, "carol", "bob").wrapped


def test_both_sides_derive_the_same_keys_and_none_twice(pair: House) -> None:
    (ours,), (theirs,) = pair.session("alice", "bob").epochs, pair.session("bob", "alice").epochs
    assert (ours.sending, ours.receiving, ours.rotation) == (theirs.receiving, theirs.sending, theirs.rotation)
    assert pair.session("alice", "bob").boards == pair.session("bob", "alice").boards
    assert len({ours.sending, ours.receiving, ours.rotation, pair.session("alice", "bob").boards[0].key}) == 4


# ---- who may --------------------------------------------------------------------------------------------


def test_without_the_right_to_exchange_nothing_is_exchanged(empty: House) -> None:
    empty.created("carol")
    empty.grant("bob", JOIN | SEND)
    empty.joined("bob", "carol")
    empty.refused("SEG-EXCHANGE-1", "bob", "exchange", peer="carol")
    offered(empty, "carol", "bob")
    empty.do("bob", "accept", peer="carol")


def test_only_announced_peers_are_exchanged_with(empty: House) -> None:
    empty.created("bob", "carol").joined("bob")
    empty.refused("SEG-EXCHANGE-2", "bob", "exchange", peer="carol")
    empty.refused("SEG-EXCHANGE-2", "bob", "exchange", peer="bob")


def test_a_peer_that_may_not_join_any_more_is_not_exchanged_with(empty: House) -> None:
    empty.created("bob", "carol").joined("bob", "carol")
    empty.grant("carol", EXCHANGE | SEND)
    empty.do("bob", "review")
    empty.refused("SEG-EXCHANGE-3", "bob", "exchange", peer="carol")


def test_an_exchange_waits_for_a_review_of_what_was_taken_away(room: House) -> None:
    room.do("alice", "revoke", subject="carol")
    room.refused("SEG-REVIEW-3", "bob", "exchange", peer="alice")
    room.do("bob", "review")
    room.do("bob", "exchange", peer="alice")


@pytest.mark.parametrize("field", ["ephemeral", "incarnation", "signature"])
def test_an_altered_announcement_is_refused_and_left(room: House, field: str) -> None:
    cell = room.board("carol")
    altered = replace(announcement(room, "carol"), **{field: room.altered(getattr(cell.announcement, field))})
    room.post(replace(cell, announcement=altered))
    room.refused("SEG-EXCHANGE-4", "bob", "exchange", peer="carol")
    assert room.board("carol").announcement == altered


def test_an_announcement_under_another_name_is_refused(room: House) -> None:
    room.post(replace(room.board("carol"), announcement=announcement(room, "alice")))
    room.refused("SEG-EXCHANGE-4", "bob", "exchange", peer="carol")


def test_an_announcement_signed_for_another_segment_is_refused(room: House) -> None:
    foreign = replace(announcement(room, "carol"), signature=b"")
    transcript = announcement_transcript(room.altered(room.header().segment), foreign)
    signed = replace(foreign, signature=room.suite.sign(room.signing("carol"), transcript))
    room.post(replace(room.board("carol"), announcement=signed))
    room.refused("SEG-EXCHANGE-4", "bob", "exchange", peer="carol")


def test_an_announcement_that_makes_no_sense_is_refused(room: House) -> None:
    room.post(replace(room.board("carol"), announcement=Malformed("torn")))
    room.refused("SEG-RECORD-2", "bob", "exchange", peer="carol")


def test_an_ephemeral_key_that_is_none_is_refused(room: House) -> None:
    key = Term("junk") if room.suite.name == "symbolic" else b"short"
    bad = replace(announcement(room, "carol"), ephemeral=key, signature=b"")
    transcript = announcement_transcript(room.header().segment, bad)
    signed = replace(bad, signature=room.suite.sign(room.signing("carol"), transcript))
    room.post(replace(room.board("carol"), announcement=signed))
    room.refused("SEG-EXCHANGE-7", "bob", "exchange", peer="carol")


# ---- at most once -----------------------------------------------------------------------------------------


def test_a_second_exchange_is_refused_to_its_maker_and_to_who_has_accepted(pair: House) -> None:
    pair.refused("SEG-EXCHANGE-6", "alice", "exchange", peer="bob")
    pair.refused("SEG-EXCHANGE-6", "bob", "exchange", peer="alice")


def test_a_replayed_exchange_is_removed_and_resets_nothing(room: House) -> None:
    record = offered(room, "alice", "bob")
    room.do("bob", "accept", peer="alice")
    room.says("alice", "bob", "one")
    before = room.session("bob", "alice")
    room.put("bob", "alice", record)
    room.removed("SEG-ACCEPT-5", "bob", "accept", peer="alice")
    assert room.session("bob", "alice") == before
    room.says("alice", "bob", "two")


def test_a_replayed_exchange_of_an_incarnation_that_is_over_is_removed(room: House) -> None:
    record = offered(room, "alice", "bob")
    room.do("bob", "accept", peer="alice")
    room.do("alice", "leave")
    room.joined("alice").shared("alice", "bob")
    room.put("bob", "alice", record)
    room.removed("SEG-ACCEPT-5", "bob", "accept", peer="alice")
    room.says("alice", "bob", "still here")


def test_a_rejoined_taker_removes_what_was_meant_for_its_former_self(room: House) -> None:
    record = offered(room, "alice", "bob")
    room.do("bob", "leave")
    room.joined("bob")
    room.put("bob", "alice", record)
    room.removed("SEG-ACCEPT-2", "bob", "accept", peer="alice")
    room.shared("alice", "bob").says("alice", "bob", "hello again")


# ---- what it is bound to ------------------------------------------------------------------------------------


def test_there_must_be_an_exchange_to_accept(room: House) -> None:
    room.refused("SEG-ACCEPT-1", "bob", "accept", peer="alice")
    room.shared("alice", "bob").send("alice", "bob", "hello")
    room.refused("SEG-ACCEPT-1", "bob", "accept", peer="alice")


def test_a_record_that_makes_no_sense_is_removed(room: House) -> None:
    room.put("bob", "alice", Malformed("torn"))
    room.removed("SEG-RECORD-1", "bob", "accept", peer="alice")
    assert room.lane("bob", "alice") == ()


def test_an_exchange_in_anothers_lane_or_for_another_is_removed(room: House) -> None:
    record = offered(room, "alice", "bob")
    room.put("bob", "carol", record)
    room.removed("SEG-ACCEPT-2", "bob", "accept", peer="carol")
    room.put("carol", "alice", record)
    room.removed("SEG-ACCEPT-2", "carol", "accept", peer="alice")
    redirected = replace(record, recipient="carol", recipient_incarnation=room.presence("carol").incarnation)
    room.put("carol", "alice", redirected)
    room.removed("SEG-ACCEPT-4", "carol", "accept", peer="alice")


@pytest.mark.parametrize("field", ["ciphertext", "wrapped", "signature", "sender_incarnation"])
def test_every_altered_field_of_an_exchange_is_noticed(room: House, field: str) -> None:
    record: Consumable = offered(room, "alice", "bob")
    room.put("bob", "alice", replace(record, **{field: room.altered(getattr(record, field))}))
    room.removed("SEG-ACCEPT-4", "bob", "accept", peer="alice")
    assert room.lane("bob", "alice") == ()


def test_an_exchange_signed_for_another_segment_is_removed(room: House) -> None:
    record = offered(room, "alice", "bob")
    transcript = exchange_transcript(room.altered(room.header().segment), record, room.presence("bob").public)
    room.put("bob", "alice", replace(record, signature=room.suite.sign(room.signing("alice"), transcript)))
    room.removed("SEG-ACCEPT-4", "bob", "accept", peer="alice")


def test_a_key_that_does_not_unwrap_is_removed_though_its_maker_signed_it(room: House) -> None:
    record = offered(room, "alice", "bob")
    bad = replace(record, wrapped=room.altered(record.wrapped))
    transcript = exchange_transcript(room.header().segment, bad, room.presence("bob").public)
    room.put("bob", "alice", replace(bad, signature=room.suite.sign(room.signing("alice"), transcript)))
    room.removed("SEG-ACCEPT-6", "bob", "accept", peer="alice")


def test_a_peer_that_never_might_exchange_is_not_accepted_from(room: House) -> None:
    record = offered(room, "carol", "bob")
    room.put("bob", "carol")
    room.grant("carol", JOIN | SEND)
    room.do("bob", "review")
    room.put("bob", "carol", record)
    room.removed("SEG-ACCEPT-3", "bob", "accept", peer="carol")


# ---- crossing ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "second"), [("alice", "bob"), ("bob", "alice")])
def test_two_that_cross_agree_on_the_first_name(room: House, first: str, second: str) -> None:
    offered(room, "alice", "bob")
    offered(room, "bob", "alice")
    assert room.do(first, "accept", peer=second) == (events.Accepted(second, True),)
    assert room.do(second, "accept", peer=first) == (events.Accepted(first, True),)
    assert room.session("alice", "bob").sending == room.session("bob", "alice").sending == Epoch(0, "alice")
    room.says("alice", "bob", "hello")
    room.says("bob", "alice", "hello")


def test_the_losing_key_is_receive_only_until_the_first_message_under_the_winner(room: House) -> None:
    offered(room, "alice", "bob")
    offered(room, "bob", "alice")
    room.send("bob", "alice", "under the loser")
    room.do("bob", "accept", peer="alice")
    room.send("bob", "alice", "under the winner")
    room.do("alice", "accept", peer="bob")
    assert room.delivered("alice", "bob").body == room.body("under the loser")
    assert len(room.session("alice", "bob").epochs) == 2
    assert room.delivered("alice", "bob").body == room.body("under the winner")
    assert [keys.epoch for keys in room.session("alice", "bob").epochs] == [Epoch(0, "alice")]


def test_a_crossing_resets_no_number(room: House) -> None:
    offered(room, "alice", "bob")
    assert room.send("alice", "bob", "one") == 1
    offered(room, "bob", "alice")
    room.do("alice", "accept", peer="bob")
    assert room.send("alice", "bob", "two") == 2
    room.do("bob", "accept", peer="alice")
    assert [room.delivered("bob", "alice").sequence for _ in range(2)] == [1, 2]


def test_after_a_crossing_each_has_been_accepted_once(room: House) -> None:
    first, second = offered(room, "alice", "bob"), offered(room, "bob", "alice")
    room.do("bob", "accept", peer="alice")
    room.do("alice", "accept", peer="bob")
    room.put("bob", "alice", first)
    room.put("alice", "bob", second)
    room.removed("SEG-ACCEPT-5", "bob", "accept", peer="alice")
    room.removed("SEG-ACCEPT-5", "alice", "accept", peer="bob")


def test_posts_survive_a_crossing(room: House) -> None:
    offered(room, "alice", "bob")
    offered(room, "bob", "alice")
    room.do("bob", "publish", body=room.body("under the loser"))
    room.do("bob", "accept", peer="alice")
    room.do("bob", "publish", body=room.body("under the winner"))
    room.do("alice", "accept", peer="bob")
    read = room.do("alice", "read", peer="bob")
    bodies = (room.body("under the loser"), room.body("under the winner"))
    assert read == (events.Read("bob", 1, bodies[0]), events.Read("bob", 2, bodies[1]))


def test_a_closed_incarnation_is_not_exchanged_with_again(pair: House) -> None:
    pair.do("alice", "revoke", subject="bob")
    pair.do("carol", "review")
    pair.do("alice", "review")
    pair.grant("bob", ALL_RIGHTS)
    pair.do("alice", "review")
    pair.refused("SEG-EXCHANGE-6", "alice", "exchange", peer="bob")
    pair.do("bob", "leave")
    pair.joined("bob").shared("bob", "alice").says("alice", "bob", "welcome back")


def test_one_is_through_only_with_incarnations_of_which_one_has_heard(room: House) -> None:
    offered(room, "alice", "bob")
    unheard = room.presence("bob").incarnation
    room.do("bob", "leave")
    room.joined("bob").shared("bob", "alice")
    heard = room.presence("bob").incarnation
    assert [session.theirs for session in room.presence("alice").with_peer("bob")] == [unheard, heard]
    room.do("bob", "leave")
    room.joined("bob").shared("bob", "alice")
    assert room.presence("alice").past == {("bob", heard)}


def test_having_received_is_having_heard(room: House) -> None:
    offered(room, "alice", "bob")
    room.do("bob", "accept", peer="alice")
    room.says("bob", "alice", "hello")
    heard = room.presence("bob").incarnation
    room.do("bob", "leave")
    room.joined("bob").shared("bob", "alice")
    assert room.presence("alice").past == {("bob", heard)}


# ---- insiders and stores that try ---------------------------------------------------------------------------


def announced_as(house: House, record: Announcement, signer: str, under: str) -> None:
    """Put an announcement, signed by somebody, under a name."""
    transcript = announcement_transcript(house.header().segment, record)
    signed = replace(record, signature=house.suite.sign(house.signing(signer), transcript))
    house.post(Cell(under, signed))


def signed_by(house: House, record: Exchange, signer: str, taker: str) -> Exchange:
    """The exchange, signed by somebody for the taker's ephemeral key."""
    transcript = exchange_transcript(house.header().segment, record, house.presence(taker).public)
    return replace(record, signature=house.suite.sign(house.signing(signer), transcript))


def test_a_name_that_the_list_does_not_have_is_nobody(room: House) -> None:
    announced_as(room, replace(announcement(room, "carol"), name="dave"), "carol", "dave")
    room.refused("SEG-EXCHANGE-3", "bob", "exchange", peer="dave")
    record = signed_by(room, replace(offered(room, "carol", "bob"), sender="dave"), "carol", "bob")
    room.put("bob", "dave", record)
    room.removed("SEG-ACCEPT-3", "bob", "accept", peer="dave")


def test_an_insider_cannot_announce_itself_as_another_under_its_own_name(room: House) -> None:
    announced_as(room, replace(announcement(room, "carol"), name="alice"), "carol", "carol")
    room.refused("SEG-EXCHANGE-4", "bob", "exchange", peer="carol")


def test_a_former_announcement_that_comes_back_is_not_exchanged_with(pair: House) -> None:
    old = pair.board("alice")
    pair.do("alice", "leave")
    pair.joined("alice").shared("alice", "bob")
    pair.post(old)
    pair.refused("SEG-EXCHANGE-6", "bob", "exchange", peer="alice")


def test_who_was_revoked_with_its_exchange_pending_is_not_exchanged_with_after_a_new_grant(room: House) -> None:
    offered(room, "bob", "alice")
    room.do("alice", "revoke", subject="bob")
    room.do("alice", "review")
    room.grant("bob")
    room.refused("SEG-EXCHANGE-6", "alice", "exchange", peer="bob")


def test_a_ciphertext_that_is_none_is_removed_though_its_maker_signed_it(room: House) -> None:
    record = offered(room, "alice", "bob")
    junk = Term("junk") if room.suite.name == "symbolic" else b"short"
    room.put("bob", "alice", signed_by(room, replace(record, ciphertext=junk), "alice", "bob"))
    room.removed("SEG-ACCEPT-6", "bob", "accept", peer="alice")
