"""What every protocol is made of: slots, places, footprints, rows."""

import pytest

from lockedroom.reference.machine import Place, Role, Slot
from lockedroom.reference.segment.table import BY_OPERATION, TABLE


def test_a_slot_says_whose_it_is() -> None:
    assert str(Slot("acl")) == "acl"
    assert str(Slot("inbox", "bob")) == "inbox:bob"
    assert str(Slot("inbox", "bob", "alice")) == "inbox:bob/alice"


@pytest.mark.parametrize(
    ("place", "text", "slots", "parts"),
    [
        (Place("acl"), "acl", "acl", "acl"),
        (Place("member", Role.SELF), "member(self)", "member:me", "member:me"),
        (Place("inbox", Role.PEERS), "inbox(peers)", "inbox:a inbox:b", "inbox:a inbox:b"),
        (Place("inbox", Role.PEERS, Role.SELF), "inbox(peers)/self", "inbox:a inbox:b", "inbox:a/me inbox:b/me"),
        (Place("inbox", Role.SELF, Role.PEER), "inbox(self)/peer", "inbox:me", "inbox:me/a inbox:me/b"),
        (Place("board", part=Role.SELF), "board/self", "board", "board/me"),
    ],
)
def test_a_place_means_slots_and_parts(place: Place, text: str, slots: str, parts: str) -> None:
    assert str(place) == text
    assert " ".join(map(str, place.slots("me", ("a", "b")))) == slots
    assert " ".join(map(str, place.parts("me", ("a", "b")))).replace("board:", "board") == parts


def test_a_footprint_names_every_slot_once() -> None:
    for row in TABLE:
        for slots in (*row.footprint("me", ("a", "b")), *row.parts("me", ("a", "b"))):
            assert len(set(slots)) == len(slots)


def test_the_whole_footprint_covers_its_parts() -> None:
    for row in TABLE:
        for whole, cut in zip(row.footprint("me", ("a",)), row.parts("me", ("a",)), strict=True):
            assert {(slot.kind, slot.owner) for slot in cut} == {(slot.kind, slot.owner) for slot in whole}


def test_no_transition_touches_another_members_private_state() -> None:
    for row in TABLE:
        for slot in (s for slots in row.footprint("me", ("a", "b")) for s in slots):
            assert slot.kind != "member" or slot.owner == "me"


def test_a_row_is_named_after_its_function_and_knows_its_arguments() -> None:
    assert BY_OPERATION["send"].arguments == ("peer", "body")
    assert BY_OPERATION["multicast"].arguments == ("peers", "body")
    assert BY_OPERATION["leave"].arguments == ()
    assert len(BY_OPERATION) == len(TABLE)
