"""Profiles: no switch breaks what nobody attacks, and what each gives is missed without it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lockedroom.reference.crypto.terms import Bits
from lockedroom.reference.machine import Rejected
from lockedroom.reference.segment import events, sessions
from lockedroom.reference.segment.effects import HEADER
from lockedroom.reference.segment.profile import (
    AS_WRITTEN,
    DEFENCES,
    HARDENED,
    PROFILES,
    Profile,
    defence,
    profile_of,
)
from lockedroom.reference.segment.records import (
    ALL_RIGHTS,
    EXCHANGE,
    JOIN,
    Announcement,
    Capacity,
    Entry,
    Epoch,
    Exchange,
    Message,
    Post,
    announcement_transcript,
    entry_transcript,
    exchange_transcript,
    message_transcript,
    post_transcript,
)
from lockedroom.spec.registry import clauses as clauses_of_chapter
from tests.reference.segment.house import House

SWITCHES = [one.name for one in DEFENCES]


def without(*names: str, suite: str = "LR0", capacity: Capacity | None = None) -> House:
    """A house that speaks the hardened profile but for some defences."""
    return House(suite, profile=HARDENED.without(*names), **({"capacity": capacity} if capacity else {}))


def pair(house: House) -> House:
    """Alice and bob share a key, and carol is granted."""
    return house.created("bob", "carol").joined("alice", "bob").shared("alice", "bob")


# ---- profiles as values ------------------------------------------------------------------------------


def test_hardened_has_every_defence_and_as_written_almost_none() -> None:
    """SEG-PROFILE-5."""
    assert frozenset(SWITCHES) == HARDENED.defences
    assert frozenset({"segment-in-signatures", "life-locks"}) == AS_WRITTEN.defences
    assert list(PROFILES) == ["hardened", "as-written"]
    assert len(set(SWITCHES)) == len(SWITCHES)


def test_every_defence_names_clauses_of_the_chapter_and_says_what_is_done_without() -> None:
    known = set(clauses_of_chapter())
    for one in DEFENCES:
        assert one.clauses and set(one.clauses) <= known, one
        assert one.gives and one.without and one.gives != one.without


@pytest.mark.parametrize(
    "profile",
    [HARDENED, AS_WRITTEN, HARDENED.without("tie-break", "one-exchange"), AS_WRITTEN.having("tie-break")],
    ids=str,
)
def test_a_profile_is_read_from_what_it_is_called(profile: Profile) -> None:
    assert profile_of(str(profile)) == profile


@pytest.mark.parametrize("text", ["", "soft", "hardened tie-break", "hardened -no-such", "as-written +"])
def test_what_is_no_profile_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"there are|neither off"):
        profile_of(text)


def test_there_is_no_switching_off_of_what_there_is_not() -> None:
    for change in (HARDENED.without, AS_WRITTEN.having, defence):
        with pytest.raises(ValueError, match="no defence moat"):
            change("moat")


# ---- with nobody about who means harm ----------------------------------------------------------------


@pytest.mark.parametrize("profile", [AS_WRITTEN, *(HARDENED.without(name) for name in SWITCHES)], ids=str)
@pytest.mark.parametrize("suite", ["symbolic", "LR0"])
def test_honest_members_talk_in_every_profile(suite: str, profile: Profile) -> None:
    house = pair(House(suite, profile=profile))
    assert house.send("alice", "bob", "hello") == 1
    assert house.delivered("bob", "alice").body == house.body("hello")
    assert house.send("bob", "alice", "hello too") == 1
    assert house.delivered("alice", "bob").body == house.body("hello too")
    house.do("alice", "rotate", peer="bob")
    house.do("bob", "receive", peer="alice")
    if profile.has("acknowledged-rotation"):
        house.do("bob", "acknowledge", peer="alice")
        house.do("alice", "receive", peer="bob")
    house.send("bob", "alice", "under the new key")
    assert house.delivered("alice", "bob").body == house.body("under the new key")
    house.do("alice", "publish", body=house.body("to all"))
    (read,) = house.do("bob", "read", peer="alice")
    assert isinstance(read, events.Read) and read.body == house.body("to all")
    house.do("alice", "multicast", peers=("bob",), body=house.body("each"))
    assert house.delivered("bob", "alice").body == house.body("each")
    house.do("bob", "leave")
    house.joined("bob").shared("bob", "alice")
    house.send("bob", "alice", "back")
    assert house.delivered("alice", "bob").body == house.body("back")


# ---- what signatures and seals cover -----------------------------------------------------------------

_ENTRY = Entry(2, b"previous", "bob", b"key", ALL_RIGHTS, b"")
_ANNOUNCEMENT = Announcement("bob", b"stay", b"ephemeral", 2, b"head", b"")
_EXCHANGE = Exchange("alice", "bob", b"hers", b"his", b"ciphertext", b"wrapped", 2, b"head", b"")
_MESSAGE = Message("alice", "bob", b"hers", b"his", Epoch(0, "alice"), 1, 0, 0, b"")
_POST = Post("alice", "bob", b"hers", b"his", Epoch(0, "alice"), 1, b"")


def _covered(profile: Profile) -> dict[str, tuple[object, ...]]:
    return {
        "entry": entry_transcript(b"segment", _ENTRY, profile).fields,
        "announcement": announcement_transcript(b"segment", _ANNOUNCEMENT, profile).fields,
        "exchange": exchange_transcript(b"segment", _EXCHANGE, b"ephemeral", profile).fields,
        "message": message_transcript(b"segment", _MESSAGE, profile).fields,
        "post": post_transcript(b"segment", _POST, profile).fields,
        "kek": sessions.kek_context(b"segment", "alice", "bob", b"hers", b"his", b"ephemeral", profile).fields,
        "keys": sessions.keys_context(b"segment", "alice", b"hers", "bob", b"his", Epoch(0, "alice"), profile).fields,
    }


@pytest.mark.parametrize(
    ("switch", "gone"),
    [
        ("segment-in-signatures", {"entry": {b"segment"}, "announcement": {b"segment"}, "exchange": {b"segment"}}),
        ("acl-numbering", {"entry": {2}}),
        ("acl-chaining", {"entry": {b"previous"}}),
        ("acl-state-in-records", {"announcement": {2, b"head"}, "exchange": {2, b"head"}}),
        ("announcement-binds-incarnation", {"announcement": {"bob", b"stay"}}),
        ("exchange-binds-names", {"exchange": {"alice", "bob"}}),
        ("exchange-binds-incarnations", {"exchange": {b"hers", b"his"}}),
        ("exchange-binds-ephemeral-key", {"exchange": {b"ephemeral"}}),
    ],
)
def test_a_signature_covers_what_its_defences_put_there(switch: str, gone: dict[str, set[object]]) -> None:
    """SEG-PROFILE-3."""
    whole, less = _covered(HARDENED), _covered(HARDENED.without(switch))
    for record, fields in whole.items():
        assert less[record] == tuple(field for field in fields if field not in gone.get(record, set()))


def test_as_written_signs_the_segment_and_what_it_is_about() -> None:
    covered = _covered(AS_WRITTEN)
    assert covered["entry"] == (b"segment", "bob", b"key", ALL_RIGHTS)
    assert covered["announcement"] == (b"segment", b"ephemeral")
    assert covered["exchange"] == (b"segment", b"ciphertext", b"wrapped")
    assert covered["message"] == covered["post"] == covered["kek"] == covered["keys"] == ()


# ---- what is missed without ------------------------------------------------------------------------------


def test_without_a_unique_id_two_segments_of_one_process_are_one() -> None:
    ids: list[Bits] = []
    for profile in (HARDENED, HARDENED, HARDENED.without("unique-segment-id"), HARDENED.without("unique-segment-id")):
        house = House("LR0", profile=profile)
        house.joins["alice"] = len(ids)
        ids.append(house.created().header().segment)
    assert ids[0] != ids[1] and ids[2] == ids[3]


def test_a_profile_that_is_not_spoken_is_refused_at_creation_and_in_the_header() -> None:
    house = House("LR0")
    wrong = {"capacity": house.capacity, "profile": "as-written", "origin": (1, 1, "boot")}
    house.refused("SEG-HEADER-5", "alice", "create", **wrong)
    spoken = House("LR0", profile=AS_WRITTEN).created("bob")
    house.room = replace(spoken.room, profile=HARDENED)
    house.refused("SEG-HEADER-5", "bob", "join")


def _replayed(house: House) -> object:
    pair(house).send("alice", "bob", "once")
    record = house.lane("bob", "alice")[0]
    house.delivered("bob", "alice")
    house.put("bob", "alice", record)
    return house.take("bob", "receive", peer="alice")


def test_without_a_sequence_a_message_comes_twice() -> None:
    refused, taken = _replayed(House("LR0")), _replayed(without("increasing-sequence"))
    assert isinstance(refused, Rejected) and refused.clause == "SEG-RECEIVE-6"
    assert not isinstance(taken, Rejected)


def _again(house: House) -> object:
    house.created("bob").joined("alice", "bob")
    house.do("alice", "exchange", peer="bob")
    record = house.lane("bob", "alice")[0]
    house.do("bob", "accept", peer="alice")
    house.send("bob", "alice", "one")
    house.put("bob", "alice", record)
    result = house.take("bob", "accept", peer="alice")
    if not isinstance(result, Rejected):
        assert house.session("bob", "alice").sent == 0, "the session begins anew"
    return result


def test_without_one_exchange_a_session_begins_anew() -> None:
    refused, taken = _again(House("LR0")), _again(without("one-exchange"))
    assert isinstance(refused, Rejected) and refused.clause == "SEG-ACCEPT-5"
    assert not isinstance(taken, Rejected)


def _shortened(house: House) -> object:
    house.created("bob").joined("bob", "alice")
    house.do("alice", "revoke", subject="bob")
    house.do("alice", "review")
    house.rewrite(*house.acl()[:2])
    return house.take("alice", "exchange", peer="bob")


def test_without_refusal_of_rollbacks_the_revoked_come_back() -> None:
    refused, taken = _shortened(House("LR0")), _shortened(without("acl-rollback-refusal", "creator-memory"))
    assert isinstance(refused, Rejected) and refused.clause == "SEG-ACL-4"
    assert not isinstance(taken, Rejected)


def test_without_creator_memory_one_serial_is_signed_twice() -> None:
    for house, works in ((House("LR0"), False), (without("creator-memory"), True)):
        house.created("bob")
        house.rewrite(*house.acl()[:1])
        result = house.take("alice", "grant", subject="carol", key=house.key("carol"), rights=ALL_RIGHTS)
        assert isinstance(result, Rejected) != works


def test_without_order_the_list_is_a_bag() -> None:
    for names, clause in (((), "SEG-ACL-3"), (("acl-numbering", "acl-chaining"), None)):
        house = without(*names).created("bob", "carol")
        first, second, third = house.acl()
        house.rewrite(first, third, second)
        result = house.take("carol", "join")
        assert (result.clause if isinstance(result, Rejected) else None) == clause


def test_without_life_locks_the_living_are_reaped_and_replaced() -> None:
    house = pair(without("life-locks"))
    house.do("alice", "reap", peer="bob")
    strict = pair(House("LR0"))
    strict.refused("SEG-REAP-1", "alice", "reap", peer="bob")


def test_without_one_segment_any_header_of_the_creator_will_do() -> None:
    for names, clause in (((), "SEG-HEADER-4"), (("one-segment",), None)):
        house = pair(without(*names))
        other = House("LR0", profile=house.room.profile)
        other.joins["alice"] = 7
        other.created()
        house.room = house.room.having(HEADER, other.room.value(HEADER))
        result = house.take("alice", "send", peer="bob", body=b"where to?")
        assert (result.clause if isinstance(result, Rejected) else None) == clause


def test_without_rights_checked_by_peers_a_right_is_a_request() -> None:
    for names, clause in (((), "SEG-RECEIVE-10"), (("rights-checked-by-peers",), None)):
        house = without(*names)
        house.created("carol")
        house.grant("bob", JOIN | EXCHANGE)
        house.joined("bob", "carol").shared("bob", "carol")
        session, mine = house.session("bob", "carol"), house.presence("bob").incarnation
        _, record = sessions.seal(
            house.suite, house.room.profile, house.header().segment, "bob", mine, session, b"smuggled"
        )
        house.put("carol", "bob", record)
        result = house.take("carol", "receive", peer="bob")
        assert (result.clause if isinstance(result, Rejected) else None) == clause


def test_without_keys_by_direction_what_one_said_comes_back_to_it() -> None:
    free = ("keys-by-direction", "sealed-header", "records-in-place")
    for names, clause in ((free[1:], "SEG-RECEIVE-5"), (free, None)):
        house = pair(without(*names))
        house.send("alice", "bob", "an echo")
        record = house.lane("bob", "alice")[0]
        assert isinstance(record, Message)
        theirs = house.presence("bob").incarnation
        house.put("alice", "bob", replace(record, sender_incarnation=theirs))
        result = house.take("alice", "receive", peer="bob")
        assert (result.clause if isinstance(result, Rejected) else None) == clause


def test_without_all_or_nothing_a_multicast_reaches_whoever_has_room() -> None:
    small = Capacity(members=4, quota=1, posts=6, entries=16, record=512)
    for names, clause in (((), "SEG-FULL-2"), (("multicast-all-or-nothing",), None)):
        house = without(*names, capacity=small).created("bob", "carol").joined("alice", "bob", "carol")
        house.shared("alice", "bob", "carol").send("alice", "bob", "full")
        result = house.take("alice", "multicast", peers=("bob", "carol"), body=b"some")
        assert (result.clause if isinstance(result, Rejected) else None) == clause
        if clause is None:
            assert [len(house.lane(name, "alice")) for name in ("bob", "carol")] == [1, 1]
