"""The chapter's tables of the object suffice: offsets made of them alone are the backend's, and a real room is read
by them, from the first byte to the last record."""

import hashlib
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockedroom.backend import layout, regions, rooms
from lockedroom.backend.layout import Layout
from lockedroom.backend.segment.engine import Engine
from lockedroom.reference.crypto.real import RealSuite
from lockedroom.reference.machine import Step
from lockedroom.reference.segment.records import Capacity
from lockedroom.reference.segment.state import Member
from tests.spec.mapped import Map, Object, number
from tests.spec.tabled import CHAPTER, rows, section, tables

NAMES = ("members", "quota", "posts", "entries", "record")
capacities = st.builds(
    Capacity,
    st.integers(1, 64),
    st.integers(1, 40),
    st.integers(0, 40),
    st.integers(1, 100),
    st.integers(32, 300).map(lambda n: 8 * n),
)


def mapping(capacity: Capacity) -> dict[str, int]:
    return {name: getattr(capacity, name) for name in NAMES}


@pytest.mark.parametrize(
    ("formula", "value"),
    [("7", 7), ("members × members", 9), ("⌈(quota + 1) × record + 128⌉64", 1728), ("entries × 512 + 64", 1088)],
)
def test_formulas_are_read(formula: str, value: int) -> None:
    assert number(formula, {"members": 3, "quota": 3, "posts": 1, "entries": 2, "record": 400}) == value


@given(capacities, st.data())
@settings(deadline=None)
def test_every_offset_is_the_backends(capacity: Capacity, data: st.DataObject) -> None:
    told, real = Map(mapping(capacity)), Layout(capacity)
    members = capacity.members
    one = data.draw(st.integers(0, members - 1))
    two = data.draw(st.integers(0, members - 1))
    some = data.draw(st.integers(0, 30))
    lane = one * members + two
    assert told.total == real.total
    assert told.at("header", "state") == real.state()
    assert told.at("header", "header cell") == real.header().offset
    assert told.at("acl", "count") == real.acl_count()
    assert told.at("acl", "entry cells", 0, some) == real.entry(some).offset
    assert told.at("board", "announced", one) == real.announced(one)
    assert [told.at("board", "halves", one, k) for k in (0, 1)] == [real.half(one, k).offset for k in (1, 2)]
    assert told.at("board", "count", one) == real.post_count(one)
    assert told.at("board", "post cells", one, some) == real.post(one, some).offset
    assert told.at("inboxes", "head", lane) == real.head(one, two)
    assert told.at("inboxes", "tail", lane) == real.tail(one, two)
    cell = real.record(one, two, some)
    assert told.at("inboxes", "record cells", lane, some % (capacity.quota + 1)) == cell.offset
    assert tuple(told.at("life", name, one) for name in ("pid", "start time", "namespace")) == real.life(one)
    assert told.at("commits", "commits", 0, one) == real.commit(one)
    assert told.at("journals", "slots", one) == real.journal_slots(one)
    assert told.at("journals", "entries", one) == real.journal_entries(one)
    assert told.places["acl", "entry cells"][2] == real.entry(0).size
    assert told.places["inboxes", "record cells"][2] == capacity.record


def test_the_words_that_flip_and_no_others_belong_to_slots() -> None:
    capacity = Capacity(3, 2, 2, 4, 400)
    told, real = Map(mapping(capacity)), Layout(capacity)
    for region, field in told.places:
        assert (real.slot_of(told.at(region, field)) is not None) == ((region, field) in told.flips)


def test_the_lock_bytes_are_the_backends() -> None:
    told = {name: byte for name, byte, _ in rows(section(CHAPTER.read_text("utf-8"), "Locks"))}
    assert told == {
        "header": str(regions.HEADER),
        "acl": str(regions.ACL),
        "board": str(regions.BOARD),
        "inbox": f"{layout.inbox(0)} + member index",
        "life": f"{layout.life(0)} + member index",
    }


# ---- a real room ----------------------------------------------------------------------------------------


def key(name: str) -> bytes:
    return hashlib.sha256(f"static {name}".encode()).digest()


@pytest.fixture
def members() -> Iterator[dict[str, Engine]]:
    """Two members of a new room, who share a key, in one process."""
    suite, name = RealSuite("LR0"), f"spec-{uuid.uuid4().hex[:12]}"
    creator = suite.signing_public(key("alice"))
    found = {who: Engine(name, Member(who, key(who), creator), "LR0") for who in ("alice", "bob")}

    def do(who: str, operation: str, **arguments: object) -> None:
        result = found[who].perform(operation, **arguments)
        assert isinstance(result, Step), result

    try:
        capacity = Capacity(members=3, quota=2, posts=2, entries=4, record=512)
        do("alice", "create", capacity=capacity, profile="hardened", origin=(1, 2, "boot"))
        do("alice", "grant", subject="bob", key=suite.signing_public(key("bob")), rights=7)
        do("alice", "join")
        do("bob", "join")
        do("alice", "exchange", peer="bob")
        do("alice", "send", peer="bob", body=b"hello")
        do("bob", "accept", peer="alice")
        do("bob", "publish", body=b"here")
        do("alice", "send", peer="bob", body=b"again")
        yield found
    finally:
        for engine in found.values():
            engine.close()
        rooms.remove(name)


def test_a_real_room_is_read_by_the_chapter_alone(members: dict[str, Engine]) -> None:
    """SEG-STORE-15 to 17."""
    room = Object((Path("/dev/shm") / f"lockedroom.{members['alice'].room}").read_bytes())
    records = tables()
    assert len(room.data) == room.map.total == room.word("header", "total")
    assert room.data[:8] == b"LKDROOM1" and room.word("header", "version") == 1
    assert room.word("header", "state") == 1
    kind, header = records.decode(room.cell("header", "header cell"))
    assert (kind, header["creator"], header["capacity"]) == ("Header", "alice", room.map.capacity)
    assert room.word("acl", "count") == 2
    listed = [records.decode(room.cell("acl", "entry cells", 0, n))[1] for n in range(2)]
    assert [(entry["serial"], entry["subject"], entry["rights"]) for entry in listed] == [
        (1, "alice", 7),
        (2, "bob", 7),
    ]
    for index, name in enumerate(("alice", "bob")):
        half = room.word("board", "announced", index)
        kind, announced = records.decode(room.cell("board", "halves", index, half - 1))
        assert (kind, announced["name"]) == ("Announcement", name)
        assert room.word("life", "pid", index) > 0
    assert [room.word("board", "count", index) for index in range(3)] == [0, 1, 0]
    kind, post = records.decode(room.cell("board", "post cells", 1, 0))
    assert (kind, post["sender"], post["recipient"], post["number"]) == ("Post", "bob", "alice", 1)
    lane = [records.decode(data) for data in room.lane(1, 0)]
    assert [(kind, record.get("sequence")) for kind, record in lane] == [("Message", 1), ("Message", 2)]
    assert room.lane(0, 1) == []
    assert [room.word("commits", "commits", 0, index) for index in range(3)] == [0, 0, 0]


def test_a_rooms_semaphores_have_the_names_that_the_chapter_gives(members: dict[str, Engine]) -> None:
    room = members["alice"].room
    assert {file.name for file in Path("/dev/shm").glob(f"sem.lockedroom.{room}.*")} == {
        f"sem.lockedroom.{room}.{index}" for index in range(3)
    }
