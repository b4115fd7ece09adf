"""A verified revocation closes sessions: what lay in the inbox then is still read, and nothing that comes later."""

from dataclasses import replace

import pytest

from lockedroom.reference.machine import Step
from lockedroom.reference.segment import events, parts
from lockedroom.reference.segment.profile import HARDENED
from lockedroom.reference.segment.records import ALL_RIGHTS, EXCHANGE, JOIN, SEND, Exchange, Message
from lockedroom.reference.segment.sessions import seal
from lockedroom.reference.segment.state import Closing
from lockedroom.reference.segment.table import BY_OPERATION, perform
from tests.reference.segment.house import House


def closings(house: House, name: str) -> tuple[Closing, ...]:
    return house.presence(name).closed


def test_a_review_closes_and_says_whom(pair: House) -> None:
    pair.do("alice", "revoke", subject="bob")
    assert pair.do("alice", "review") == (events.Reviewed(4, ("bob",)),)
    for operation, arguments in (
        ("send", {"body": pair.body("no")}),
        ("rotate", {}),
        ("acknowledge", {}),
        ("read", {}),
    ):
        pair.refused("SEG-SEND-4", "alice", operation, peer="bob", **arguments)
    pair.refused("SEG-PUBLISH-1", "alice", "publish", body=pair.body("no"))


def test_what_lay_in_the_inbox_is_still_read_and_nothing_later(pair: House) -> None:
    pair.send("bob", "alice", "one")
    pair.send("bob", "alice", "two")
    pair.do("alice", "revoke", subject="bob")
    pair.do("alice", "review")
    pair.send("bob", "alice", "too late")
    assert [pair.delivered("alice", "bob").body for _ in range(2)] == [pair.body("one"), pair.body("two")]
    pair.removed("SEG-RECEIVE-4", "alice", "receive", peer="bob")
    assert pair.lane("alice", "bob") == ()


def test_a_pending_exchange_is_still_accepted_to_read_what_follows_it(room: House) -> None:
    room.do("bob", "exchange", peer="alice")
    room.send("bob", "alice", "one")
    room.do("alice", "revoke", subject="bob")
    room.do("alice", "review")
    room.send("bob", "alice", "too late")
    room.do("alice", "accept", peer="bob")
    assert room.delivered("alice", "bob").body == room.body("one")
    room.removed("SEG-RECEIVE-4", "alice", "receive", peer="bob")


def test_accept_waits_for_a_review_of_what_was_taken_away(room: House) -> None:
    room.do("bob", "exchange", peer="carol")
    room.do("alice", "revoke", subject="bob")
    room.refused("SEG-REVIEW-3", "carol", "accept", peer="bob")
    room.do("carol", "review")
    room.do("carol", "accept", peer="bob")
    assert [len(closing.lying) for closing in closings(room, "carol")] == [1]
    room.refused("SEG-SEND-4", "carol", "send", peer="bob", body=room.body("no"))


def test_what_accept_verified_stays_verified_when_it_removes(room: House) -> None:
    room.do("carol", "exchange", peer="bob")
    (record,) = room.lane("bob", "carol")
    assert isinstance(record, Exchange)
    room.put("bob", "carol", replace(record, signature=room.altered(record.signature)))
    room.grant("dave")
    room.removed("SEG-ACCEPT-4", "bob", "accept", peer="carol")
    roster = room.room.member("bob").roster
    assert roster is not None and roster.serial == 4


def test_an_exchange_that_comes_after_the_review_is_removed(room: House) -> None:
    room.do("alice", "revoke", subject="bob")
    room.do("alice", "review")
    late = House(room.suite.name).created("bob", "carol")
    assert late.header().segment == room.header().segment
    late.joined("alice", "bob")
    late.do("bob", "exchange", peer="alice")
    (record,) = late.lane("alice", "bob")
    room.put("alice", "bob", record)
    room.removed("SEG-ACCEPT-3", "alice", "accept", peer="bob")


def test_a_high_number_in_the_inbox_does_not_keep_a_session_open(pair: House) -> None:
    pair.send("bob", "alice", "one")
    (record,) = pair.lane("alice", "bob")
    assert isinstance(record, Message)
    pair.put("alice", "bob", replace(record, sequence=2**64 - 1))
    pair.do("alice", "revoke", subject="bob")
    pair.do("alice", "review")
    assert [len(closing.lying) for closing in closings(pair, "alice")] == [1]
    pair.put("alice", "bob")
    pair.send("bob", "alice", "two")
    pair.removed("SEG-RECEIVE-4", "alice", "receive", peer="bob")


@pytest.mark.parametrize("rights", [JOIN, JOIN | EXCHANGE, JOIN | SEND, EXCHANGE | SEND, 0])
def test_every_reduction_of_rights_closes(pair: House, rights: int) -> None:
    if rights:
        pair.grant("bob", rights)
    else:
        pair.do("alice", "revoke", subject="bob")
    assert pair.do("alice", "review") == (events.Reviewed(4, ("bob",)),)
    pair.refused("SEG-SEND-4", "alice", "send", peer="bob", body=pair.body("no"))


def test_another_key_closes(pair: House) -> None:
    pair.do("alice", "grant", subject="bob", key=pair.key("carol"), rights=ALL_RIGHTS)
    assert pair.do("alice", "review") == (events.Reviewed(4, ("bob",)),)


def test_more_rights_close_nothing(empty: House) -> None:
    empty.created("carol")
    empty.grant("bob", JOIN | EXCHANGE)
    empty.joined("bob", "carol").shared("bob", "carol")
    empty.grant("bob", ALL_RIGHTS)
    assert empty.do("carol", "review") == (events.Reviewed(4, ()),)
    assert closings(empty, "carol") == ()


def test_what_who_never_might_send_left_is_not_read_for_its_being_revoked(empty: House) -> None:
    empty.created("carol")
    empty.grant("bob", JOIN | EXCHANGE)
    empty.joined("bob", "carol").shared("bob", "carol")
    mine, session = empty.presence("bob").incarnation, empty.session("bob", "carol")
    _, record = seal(empty.suite, HARDENED, empty.header().segment, "bob", mine, session, empty.body("smuggled"))
    empty.put("carol", "bob", record)
    empty.refused("SEG-RECEIVE-10", "carol", "receive", peer="bob")
    empty.do("alice", "revoke", subject="bob")
    empty.do("carol", "review")
    empty.removed("SEG-RECEIVE-4", "carol", "receive", peer="bob")


def test_a_revocation_and_a_new_grant_between_two_reviews_still_close(pair: House) -> None:
    pair.do("alice", "revoke", subject="bob")
    pair.grant("bob")
    assert pair.do("alice", "review") == (events.Reviewed(5, ("bob",)),)
    pair.refused("SEG-SEND-4", "alice", "send", peer="bob", body=pair.body("no"))
    pair.do("bob", "leave")
    pair.joined("bob").shared("alice", "bob").says("bob", "alice", "back again")


def test_the_revoked_itself_learns_it_and_cannot_send(pair: House) -> None:
    pair.do("alice", "revoke", subject="bob")
    pair.send("bob", "alice", "bob does not know yet")
    pair.do("bob", "review")
    pair.refused("SEG-SEND-1", "bob", "send", peer="alice", body=pair.body("no"))
    pair.do("bob", "leave")
    pair.refused("SEG-JOIN-1", "bob", "join")


def test_ones_own_revocation_closes_nothing_and_looks_at_no_lane_of_ones_own(pair: House) -> None:
    pair.do("alice", "revoke", subject="bob")
    reads, _ = BY_OPERATION["review"].parts("bob", ())
    values = {slot: pair.room.value(slot) for slot in reads if slot.kind != "inbox"}
    values |= {parts.lane("bob", sender): pair.lane("bob", sender) for sender in ("alice", "carol")}
    at = parts.at(pair.room.member("bob"), pair.suite, pair.fresh("bob"), pair.capacity, values)
    result = perform(BY_OPERATION["review"], at)
    assert isinstance(result, Step) and result.state.presence is not None
    assert result.state.presence.closed == ()


def test_a_session_is_closed_once_with_the_limit_of_the_first_time(pair: House) -> None:
    pair.do("alice", "revoke", subject="bob")
    pair.do("alice", "review")
    pair.send("bob", "alice", "too late")
    pair.grant("bob")
    pair.do("alice", "revoke", subject="bob")
    pair.do("alice", "review")
    assert [closing.lying for closing in closings(pair, "alice")] == [frozenset()]
    pair.removed("SEG-RECEIVE-4", "alice", "receive", peer="bob")


def test_a_grant_and_its_revocation_reviewed_together_lose_nothing(empty: House) -> None:
    empty.created("carol")
    empty.grant("bob", JOIN | EXCHANGE)
    empty.joined("bob", "carol").shared("bob", "carol")
    empty.grant("bob", ALL_RIGHTS)
    empty.do("bob", "review")
    empty.send("bob", "carol", "while I may")
    empty.do("alice", "revoke", subject="bob")
    empty.do("carol", "review")
    assert empty.delivered("carol", "bob").body == empty.body("while I may")


def test_a_forged_record_makes_no_room_for_what_comes_too_late(pair: House) -> None:
    pair.send("bob", "alice", "one")
    (record,) = pair.lane("alice", "bob")
    assert isinstance(record, Message)
    forged = replace(record, sequence=2, sealed=pair.altered(record.sealed))
    pair.put("alice", "bob", record, forged)
    pair.do("alice", "revoke", subject="bob")
    pair.do("alice", "review")
    pair.put("alice", "bob", record)
    pair.send("bob", "alice", "too late")
    assert pair.delivered("alice", "bob").body == pair.body("one")
    pair.removed("SEG-RECEIVE-4", "alice", "receive", peer="bob")
