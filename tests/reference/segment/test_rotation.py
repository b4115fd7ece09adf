"""Rotation: proposal, acknowledgement, crossing proposals with their tie-break, and what a hostile peer may try."""

from dataclasses import replace

import pytest

from lockedroom.reference.crypto.terms import Term
from lockedroom.reference.segment import events, sessions
from lockedroom.reference.segment.profile import HARDENED
from lockedroom.reference.segment.records import ACKNOWLEDGE, ROTATE, Epoch
from tests.reference.segment.house import CAPACITY, House


def test_a_rotation_moves_both_sides_to_a_new_key(pair: House) -> None:
    assert pair.do("bob", "rotate", peer="alice") == (events.RotationProposed("alice", 1),)
    assert pair.do("alice", "receive", peer="bob") == (events.RotationRead("bob", 1, True, 0),)
    assert pair.do("alice", "acknowledge", peer="bob") == (events.RotationAcknowledged("bob", 1),)
    assert pair.session("bob", "alice").sending == Epoch(0, "alice"), "the old one until the acknowledgement is read"
    assert pair.do("bob", "receive", peer="alice") == (events.Rotated("alice", 1, 0),)
    assert pair.session("bob", "alice").sending == pair.session("alice", "bob").sending == Epoch(1, "bob")
    pair.says("alice", "bob", "new")
    pair.says("bob", "alice", "new too")
    assert [keys.epoch for keys in pair.session("bob", "alice").epochs] == [Epoch(1, "bob")]


def test_the_proposer_sends_under_the_old_key_until_the_acknowledgement(pair: House) -> None:
    pair.do("alice", "rotate", peer="bob")
    pair.send("alice", "bob", "still old")
    pair.do("bob", "receive", peer="alice")
    pair.do("bob", "acknowledge", peer="alice")
    pair.send("alice", "bob", "old again")
    assert pair.delivered("bob", "alice").body == pair.body("still old")
    assert pair.delivered("bob", "alice").body == pair.body("old again")
    pair.do("alice", "receive", peer="bob")
    pair.says("alice", "bob", "new")


def test_one_rotation_at_a_time(pair: House) -> None:
    pair.do("alice", "rotate", peer="bob")
    pair.refused("SEG-ROTATE-1", "alice", "rotate", peer="bob")
    pair.do("bob", "receive", peer="alice")
    pair.refused("SEG-ROTATE-1", "bob", "rotate", peer="alice")
    pair.do("bob", "acknowledge", peer="alice")
    pair.do("bob", "rotate", peer="alice")


def test_a_message_under_the_old_key_settles_nothing(pair: House) -> None:
    pair.do("alice", "rotate", peer="bob")
    pair.send("bob", "alice", "old")
    pair.delivered("alice", "bob")
    pair.refused("SEG-ROTATE-1", "alice", "rotate", peer="bob")
    pair.do("bob", "receive", peer="alice")
    pair.send("alice", "bob", "old too")
    pair.delivered("bob", "alice")
    pair.do("bob", "acknowledge", peer="alice")


def test_nothing_is_acknowledged_that_is_not_owed(pair: House) -> None:
    pair.refused("SEG-ACK-1", "alice", "acknowledge", peer="bob")


def test_sequence_numbers_run_on_over_epochs(pair: House) -> None:
    assert pair.send("alice", "bob", "one") == 1
    pair.do("alice", "rotate", peer="bob")
    for _ in range(2):
        pair.do("bob", "receive", peer="alice")
    pair.do("bob", "acknowledge", peer="alice")
    pair.do("alice", "receive", peer="bob")
    assert pair.send("alice", "bob", "three") == 3
    assert pair.delivered("bob", "alice").gap == 0


def test_a_control_record_has_a_place_outside_the_quota(pair: House) -> None:
    for number in range(CAPACITY.quota):
        pair.send("alice", "bob", str(number))
    pair.do("alice", "rotate", peer="bob")
    pair.do("bob", "rotate", peer="alice")
    pair.do("alice", "receive", peer="bob")
    while pair.session("bob", "alice").owed is None:
        pair.do("bob", "receive", peer="alice")
    for number in range(CAPACITY.quota):
        pair.send("bob", "alice", str(number))
    pair.do("bob", "acknowledge", peer="alice")


def test_no_room_for_a_control_record_is_refused(pair: House) -> None:
    for number in range(CAPACITY.quota):
        pair.send("alice", "bob", str(number))
    pair.put("bob", "alice", *pair.lane("bob", "alice"), pair.lane("bob", "alice")[0])
    pair.refused("SEG-FULL-5", "alice", "rotate", peer="bob")
    pair.do("bob", "rotate", peer="alice")
    pair.do("alice", "receive", peer="bob")
    pair.refused("SEG-FULL-5", "alice", "acknowledge", peer="bob")


# ---- crossing ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "second"), [("alice", "bob"), ("bob", "alice")])
def test_of_two_that_cross_the_first_name_wins(pair: House, first: str, second: str) -> None:
    pair.do("alice", "rotate", peer="bob")
    pair.do("bob", "rotate", peer="alice")
    read = {
        "alice": events.RotationRead("bob", 1, False, 0),
        "bob": events.RotationRead("alice", 1, True, 0),
    }
    for reader, other in ((first, second), (second, first)):
        assert pair.do(reader, "receive", peer=other) == (read[reader],)
    pair.refused("SEG-ACK-1", "alice", "acknowledge", peer="bob")
    loser = pair.session("bob", "alice")
    assert (loser.pending, loser.owed) == (None, Epoch(1, "alice"))
    assert Epoch(1, "bob") not in [keys.epoch for keys in loser.epochs]
    pair.do("bob", "acknowledge", peer="alice")
    pair.do("alice", "receive", peer="bob")
    assert pair.session("alice", "bob").sending == pair.session("bob", "alice").sending == Epoch(1, "alice")
    pair.says("alice", "bob", "new")
    pair.says("bob", "alice", "new")
    pair.do("bob", "rotate", peer="alice")
    assert pair.session("bob", "alice").pending == Epoch(2, "bob")


def test_messages_around_a_crossing_all_arrive(pair: House) -> None:
    pair.do("alice", "rotate", peer="bob")
    pair.do("bob", "rotate", peer="alice")
    pair.send("alice", "bob", "a")
    pair.send("bob", "alice", "b")
    pair.do("bob", "receive", peer="alice")
    pair.do("bob", "acknowledge", peer="alice")
    pair.do("alice", "receive", peer="bob")
    pair.send("bob", "alice", "after the acknowledgement")
    assert pair.delivered("alice", "bob").body == pair.body("b")
    assert pair.do("alice", "receive", peer="bob") == (events.Rotated("bob", 1, 0),)
    assert pair.delivered("alice", "bob").body == pair.body("after the acknowledgement")
    assert pair.delivered("bob", "alice").body == pair.body("a")


# ---- what a store or a peer may try -------------------------------------------------------------------------


def test_a_message_under_the_new_key_acknowledges_it(pair: House) -> None:
    pair.do("alice", "rotate", peer="bob")
    pair.do("bob", "receive", peer="alice")
    pair.do("bob", "acknowledge", peer="alice")
    pair.send("bob", "alice", "new")
    pair.put("alice", "bob", pair.lane("alice", "bob")[1])
    assert pair.delivered("alice", "bob").gap == 1
    assert pair.session("alice", "bob").sending == Epoch(1, "alice")
    assert pair.session("alice", "bob").pending is None
    pair.says("alice", "bob", "new")


def test_a_record_under_a_closed_epoch_is_removed(pair: House) -> None:
    pair.send("bob", "alice", "old")
    (old,) = pair.lane("alice", "bob")
    pair.delivered("alice", "bob")
    pair.do("alice", "rotate", peer="bob")
    pair.do("bob", "receive", peer="alice")
    pair.do("bob", "acknowledge", peer="alice")
    pair.do("alice", "receive", peer="bob")
    pair.put("alice", "bob", replace(old, sequence=9))
    pair.removed("SEG-RECEIVE-5", "alice", "receive", peer="bob")


def control(house: House, flags: int, rotation: int, body: object, under: Epoch | None = None) -> None:
    """What alice, with her own keys, leaves for bob instead of what an honest member would; sealed under an epoch that
    she knows, else the one under which she sends."""
    session, presence = house.session("alice", "bob"), house.presence("alice")
    session = replace(session, sending=under or session.sending)
    segment = house.header().segment
    _, record = sessions.seal(
        house.suite,
        HARDENED,
        segment,
        "alice",
        presence.incarnation,
        session,
        body,
        flags,
        rotation,
    )
    house.put("bob", "alice", record)


def secret(house: House) -> object:
    return Term("evil") if house.suite.name == "symbolic" else bytes(32)


@pytest.mark.parametrize("rotation", [0, 2, 3, 2**32 - 1])
def test_a_number_that_leaps_or_is_an_exchanges_is_removed(pair: House, rotation: int) -> None:
    keys = pair.session("alice", "bob").epochs[0]
    control(pair, ROTATE, rotation, pair.suite.wrap(keys.rotation, secret(pair)))
    before = pair.session("bob", "alice")
    pair.removed("SEG-RECEIVE-7", "bob", "receive", peer="alice")
    assert pair.session("bob", "alice") == before
    pair.do("bob", "rotate", peer="alice")


def test_a_key_that_does_not_unwrap_is_removed(pair: House) -> None:
    other = pair.suite.wrap(pair.session("alice", "bob").epochs[0].sending, secret(pair))
    for body in (other, pair.body("no key at all")):
        control(pair, ROTATE, 1, body)
        pair.removed("SEG-RECEIVE-7", "bob", "receive", peer="alice")


def test_flags_that_mean_nothing_are_removed(pair: House) -> None:
    keys = pair.session("alice", "bob").epochs[0]
    control(pair, 3, 1, pair.suite.wrap(keys.rotation, secret(pair)))
    pair.removed("SEG-RECEIVE-7", "bob", "receive", peer="alice")


def test_flags_that_mean_nothing_are_no_acknowledgement_either(room: House) -> None:
    room.shared("bob", "alice")
    assert room.session("alice", "bob").sending == Epoch(0, "bob")
    control(room, 3, 0, b"")
    room.removed("SEG-RECEIVE-7", "bob", "receive", peer="alice")


@pytest.mark.parametrize("rotation", [0, 1, 7])
def test_an_acknowledgement_of_nothing_is_removed(pair: House, rotation: int) -> None:
    control(pair, ACKNOWLEDGE, rotation, b"")
    pair.removed("SEG-RECEIVE-7", "bob", "receive", peer="alice")


def test_an_exchange_is_not_acknowledged(room: House) -> None:
    room.shared("bob", "alice")
    assert room.session("alice", "bob").sending == Epoch(0, "bob")
    control(room, ACKNOWLEDGE, 0, b"")
    room.removed("SEG-RECEIVE-7", "bob", "receive", peer="alice")


def test_a_rotation_is_acknowledged_once(pair: House) -> None:
    pair.do("bob", "rotate", peer="alice")
    pair.do("alice", "receive", peer="bob")
    pair.do("alice", "acknowledge", peer="bob")
    pair.do("bob", "receive", peer="alice")
    before = pair.session("bob", "alice")
    control(pair, ACKNOWLEDGE, 1, b"")
    pair.removed("SEG-RECEIVE-7", "bob", "receive", peer="alice")
    assert pair.session("bob", "alice") == before


def test_an_acknowledgement_says_nothing_else(pair: House) -> None:
    pair.do("bob", "rotate", peer="alice")
    pair.do("alice", "receive", peer="bob")
    control(pair, ACKNOWLEDGE, 1, pair.body("more"), under=Epoch(1, "bob"))
    pair.removed("SEG-RECEIVE-7", "bob", "receive", peer="alice")


def test_rotation_changes_no_board_key(pair: House) -> None:
    pair.do("alice", "publish", body=pair.body("before"))
    pair.do("alice", "rotate", peer="bob")
    pair.do("bob", "receive", peer="alice")
    pair.do("bob", "acknowledge", peer="alice")
    pair.do("alice", "receive", peer="bob")
    pair.do("alice", "publish", body=pair.body("after"))
    read = pair.do("bob", "read", peer="alice")
    assert [event.body for event in read if isinstance(event, events.Read)] == [pair.body("before"), pair.body("after")]


def test_a_proposer_that_does_not_wait_is_owed_nothing(pair: House) -> None:
    pair.do("alice", "rotate", peer="bob")
    pair.do("bob", "receive", peer="alice")
    hasty = replace(pair.session("alice", "bob"), sending=Epoch(1, "alice"))
    mine, segment = pair.presence("alice").incarnation, pair.header().segment
    _, record = sessions.seal(pair.suite, HARDENED, segment, "alice", mine, hasty, pair.body("now"))
    pair.put("bob", "alice", record)
    assert pair.delivered("bob", "alice").body == pair.body("now")
    assert pair.session("bob", "alice").sending == Epoch(1, "alice")
    pair.refused("SEG-ACK-1", "bob", "acknowledge", peer="alice")


def test_a_second_proposal_with_one_number_changes_no_key(pair: House) -> None:
    keys = pair.session("alice", "bob").epochs[0]
    pair.do("alice", "rotate", peer="bob")
    (first,) = pair.do("bob", "receive", peer="alice")
    before = pair.session("bob", "alice").epochs
    control(pair, ROTATE, 1, pair.suite.wrap(keys.rotation, secret(pair)))
    (second,) = pair.do("bob", "receive", peer="alice")
    assert pair.session("bob", "alice").epochs == before
    assert isinstance(first, events.RotationRead) and first.won
    assert isinstance(second, events.RotationRead) and not second.won
