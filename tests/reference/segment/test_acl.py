"""The access control list under a hostile store: altered, foreign, reordered, truncated, rolled back, equivocal."""

from dataclasses import replace

import pytest

from lockedroom.reference.segment import effects
from lockedroom.reference.segment.records import (
    ALL_RIGHTS,
    JOIN,
    Entry,
    Malformed,
    announcement_transcript,
    entry_transcript,
)
from lockedroom.reference.segment.state import Pin
from tests.reference.segment.house import House


def entries(house: House) -> list[Entry]:
    found = [entry for entry in house.acl() if isinstance(entry, Entry)]
    assert len(found) == len(house.acl())
    return found


def forged(house: House, entry: Entry, signer: str) -> Entry:
    """The entry, signed by somebody."""
    transcript = entry_transcript(house.header().segment, entry)
    return replace(entry, signature=house.suite.sign(house.signing(signer), transcript))


def digest(house: House, entry: Entry) -> object:
    return house.suite.digest(entry_transcript(house.header().segment, entry))


@pytest.fixture
def listed(empty: House) -> House:
    """alice, bob and carol are granted; nobody has joined."""
    return empty.created("bob", "carol")


def test_rights_altered_in_the_store_are_refused(listed: House) -> None:
    first, second, third = entries(listed)
    listed.rewrite(first, second, replace(third, rights=JOIN))
    listed.refused("SEG-ACL-2", "carol", "join")


def test_an_entry_that_a_member_signs_for_itself_is_refused(listed: House) -> None:
    *kept, last = entries(listed)
    mine = forged(listed, replace(last, subject="dave", key=listed.key("bob")), "bob")
    listed.rewrite(*kept, mine)
    listed.refused("SEG-ACL-2", "bob", "join")


def test_an_entry_of_another_segment_is_refused(listed: House) -> None:
    other = House(listed.suite.name, ("alice", "bob", "carol"))
    other.do("alice", "create", capacity=other.capacity, profile="hardened", origin=(9, 9, "boot"))
    other.grant("bob")
    listed.rewrite(entries(listed)[0], entries(other)[1])
    listed.refused("SEG-ACL-3", "bob", "join")
    listed.rewrite(*entries(other))
    listed.refused("SEG-ACL-3", "bob", "join")


def test_a_foreign_entry_in_the_right_place_is_refused_by_its_signature(listed: House) -> None:
    first, second, _ = entries(listed)
    other = House(listed.suite.name, ("alice", "bob", "carol"))
    other.do("alice", "create", capacity=other.capacity, profile="hardened", origin=(9, 9, "boot"))
    other.grant("bob")
    listed.rewrite(first, replace(entries(other)[1], previous=second.previous))
    listed.refused("SEG-ACL-2", "bob", "join")


def test_a_reordered_list_is_refused(listed: House) -> None:
    first, second, third = entries(listed)
    listed.rewrite(first, third, second)
    listed.refused("SEG-ACL-3", "bob", "join")


def test_a_list_with_a_hole_or_a_senseless_entry_is_refused(listed: House) -> None:
    """SEG-ACL-8."""
    first, second, third = entries(listed)
    listed.rewrite(first, third)
    listed.refused("SEG-ACL-3", "carol", "join")
    listed.rewrite(first, Malformed("torn"), third)
    listed.refused("SEG-ACL-3", "carol", "join")
    listed.rewrite(first, second, replace(third, serial=4))
    listed.refused("SEG-ACL-3", "carol", "join")


def test_an_empty_list_is_refused(listed: House) -> None:
    listed.rewrite()
    listed.refused("SEG-ACL-4", "bob", "join")


def test_a_member_without_memory_accepts_any_authentic_prefix(listed: House) -> None:
    listed.rewrite(*entries(listed)[:2])
    listed.do("bob", "join")
    roster = listed.room.member("bob").roster
    assert roster is not None and roster.serial == 2


def test_a_member_that_remembers_refuses_what_is_rolled_back(listed: House) -> None:
    all_of_it = entries(listed)
    listed.joined("bob")
    listed.rewrite(*all_of_it[:2])
    for operation, arguments in (("review", {}), ("exchange", {"peer": "alice"}), ("accept", {"peer": "alice"})):
        listed.refused("SEG-ACL-4", "bob", operation, **arguments)
    listed.do("bob", "leave")
    listed.refused("SEG-ACL-4", "bob", "join")


def test_two_entries_with_one_serial_are_equivocation(listed: House) -> None:
    first, second, third = entries(listed)
    listed.joined("bob")
    listed.rewrite(first, second, forged(listed, replace(third, rights=JOIN), "alice"))
    listed.refused("SEG-ACL-5", "bob", "review")


def test_the_creator_does_not_sign_on_a_rolled_back_list(listed: House) -> None:
    listed.rewrite(*entries(listed)[:2])
    listed.refused("SEG-ACL-4", "alice", "grant", subject="carol", key=listed.key("carol"), rights=JOIN)
    listed.refused("SEG-ACL-4", "alice", "revoke", subject="bob")


def test_a_creator_whose_file_is_one_behind_goes_on_from_the_list(listed: House) -> None:
    before = listed.room.member("alice")
    listed.do("alice", "revoke", subject="bob")
    listed.room = listed.room.having(effects.member("alice"), before)
    listed.grant("bob", JOIN)
    assert [entry.serial for entry in entries(listed)] == [1, 2, 3, 4, 5]
    listed.joined("bob")


@pytest.mark.parametrize(("serial", "clause"), [(4, "SEG-ACL-4"), (3, "SEG-ACL-5")])
def test_a_pin_demands_more_than_authenticity(listed: House, serial: int, clause: str) -> None:
    pin = Pin(serial, listed.altered(entries(listed)[2].previous))
    listed.room = listed.room.having(effects.member("bob"), replace(listed.newcomer("bob"), pin=pin))
    listed.refused(clause, "bob", "join")


def test_a_pin_that_the_list_meets_lets_it_grow(listed: House) -> None:
    pin = Pin(2, entries(listed)[2].previous)
    listed.room = listed.room.having(effects.member("bob"), replace(listed.newcomer("bob"), pin=pin))
    listed.do("bob", "join")


def test_the_head_covers_everything_but_the_signature(listed: House) -> None:
    third = entries(listed)[2]
    changed = [
        replace(third, serial=4),
        replace(third, previous=listed.altered(third.previous)),
        replace(third, subject="dave"),
        replace(third, key=listed.key("bob")),
        replace(third, rights=JOIN),
    ]
    assert len({digest(listed, entry) for entry in (third, *changed)}) == 6


def test_review_learns_what_is_new_and_refuses_what_is_not(room: House) -> None:
    room.refused("SEG-REVIEW-1", "bob", "review")
    room.grant("carol", JOIN)
    room.do("bob", "review")
    roster = room.room.member("bob").roster
    assert roster is not None and roster.rights("carol") == JOIN
    room.refused("SEG-REVIEW-1", "bob", "review")


def test_the_member_index_is_the_order_of_first_entries(listed: House) -> None:
    listed.do("alice", "revoke", subject="bob")
    listed.grant("bob", ALL_RIGHTS)
    listed.joined("carol")
    roster = listed.room.member("carol").roster
    assert roster is not None
    assert [subject.name for subject in roster.subjects] == ["alice", "bob", "carol"]


def test_an_announcement_that_names_a_state_that_the_store_lacks_is_refused(listed: House) -> None:
    all_of_it = entries(listed)
    listed.joined("alice")
    listed.rewrite(*all_of_it[:2])
    listed.joined("bob")
    listed.refused("SEG-ACL-7", "bob", "exchange", peer="alice")
    assert listed.board("alice").announcement is not None, "a reader removes no announcement"
    listed.rewrite(*all_of_it)
    listed.do("bob", "exchange", peer="alice")


def test_an_exchange_that_names_a_state_that_the_store_lacks_is_removed(listed: House) -> None:
    all_of_it = entries(listed)
    listed.rewrite(*all_of_it[:2])
    listed.joined("bob")
    listed.rewrite(*all_of_it)
    listed.joined("alice")
    listed.do("alice", "exchange", peer="bob")
    listed.rewrite(*all_of_it[:2])
    listed.removed("SEG-ACL-7", "bob", "accept", peer="alice")
    assert listed.lane("bob", "alice") == ()


def test_an_announcement_with_another_head_at_a_serial_that_there_is_is_refused(listed: House) -> None:
    listed.joined("alice", "bob")
    cell = listed.board("alice")
    assert cell.announcement is not None
    other = replace(cell.announcement, head=listed.altered(cell.announcement.head))
    transcript = announcement_transcript(listed.header().segment, other)
    signed = replace(other, signature=listed.suite.sign(listed.signing("alice"), transcript))
    listed.post(replace(cell, announcement=signed))
    listed.refused("SEG-ACL-7", "bob", "exchange", peer="alice")
