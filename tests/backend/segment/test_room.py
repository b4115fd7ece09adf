"""The Python API: rooms made, attached to, granted, ended, and everything hostile or wrong that stands in the way."""

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

import lockedroom
from lockedroom import Identity, Room
from lockedroom.backend import shm, wakeup
from lockedroom.backend.errors import BackendError, ExitCode
from lockedroom.backend.regions import LIVE
from lockedroom.backend.segment.room import smallest_record
from tests.backend.segment.people import SMALL, enter, person


@pytest.fixture
def alices(room: str) -> Iterator[Room]:
    """A room of alice's."""
    with lockedroom.create(room, person("alice"), capacity=SMALL, suite="LR0") as made:
        yield made


def clause_of(use: object) -> tuple[str, ExitCode]:
    """The clause and the exit code of the error that a call must raise."""
    assert callable(use)
    with pytest.raises(BackendError) as raised:
        use()
    assert str(raised.value).endswith(f"[{raised.value.clause}]")
    return raised.value.clause, raised.value.exit_code


# ---- making one --------------------------------------------------------------------------------------


@pytest.mark.parametrize("suite", ["LR0", "LR1"])
def test_a_room_lists_whom_its_creator_grants(room: str, suite: str) -> None:
    with lockedroom.create(room, person("alice"), suite=suite) as made:
        made.grant(person("bob"))
        made.grant(person("bob").public, rights=lockedroom.JOIN)
        made.grant(person("carol"))
        made.revoke("carol")
        listed = [(one.name, one.key, one.rights, one.announced, one.alive, one.pending) for one in made.members()]
        assert listed == [
            ("alice", person("alice").public.key, 7, False, False, 0),
            ("bob", person("bob").public.key, 1, False, False, 0),
            ("carol", person("carol").public.key, 0, False, False, 0),
        ]
        assert room in lockedroom.rooms() and made.name == room


def test_a_taken_name_is_refused_whatever_has_it(room: str, alices: Room) -> None:
    for name in ("alice", "bob"):
        assert clause_of(lambda name=name: lockedroom.create(room, person(name))) == ("SEG-STORE-3", ExitCode.USAGE)
    alices.destroy()
    (shm.SHARED_MEMORY / f"lockedroom.{room}").write_bytes(b"not a segment")
    assert clause_of(lambda: lockedroom.create(room, person("alice"))) == ("SEG-STORE-3", ExitCode.USAGE)


@pytest.mark.parametrize(
    "change",
    [
        {"members": 0},
        {"members": 65},
        {"quota": 0},
        {"quota": 1 << 40},
        {"posts": -1},
        {"entries": 0},
        {"record": 0},
        {"record": 2049},
        {"record": 1 << 30},
        {"record": 256},
        {"members": 64, "quota": 4096, "record": 1 << 20},
    ],
)
def test_an_absurd_capacity_is_refused_and_leaves_nothing(room: str, tmp_path: Path, change: dict[str, int]) -> None:
    alice = Identity.new("alice").save(tmp_path / "alice")
    capacity = replace(SMALL, **change)
    assert clause_of(lambda: lockedroom.create(room, alice, capacity=capacity)) == ("SEG-STORE-5", ExitCode.USAGE)
    assert room not in lockedroom.rooms() and os.listdir(tmp_path) == ["alice"]


@pytest.mark.parametrize("suite", ["LR0", "LR1"])
def test_the_smallest_record_carries_an_exchange(room: str, suite: str) -> None:
    capacity = replace(SMALL, record=max(256, smallest_record(suite)))
    with lockedroom.create(room, person("alice"), capacity=capacity, suite=suite) as made:
        made.grant(person("bob"))
        with enter(room, "bob") as there, there.join() as bob, made.join() as alice:
            assert alice.exchange("bob") == ("bob",)
            assert bob.receive(timeout=0) is None and bob.peers() == ("alice",)


def test_an_unknown_suite_is_refused(room: str) -> None:
    """LR-SUITE-7."""
    with pytest.raises(ValueError, match="no such suite"):
        lockedroom.create(room, person("alice"), suite="LR9")


@pytest.mark.parametrize("name", ["", "Den", "../den", "a" * 32, "a/b", "-a"])
def test_what_is_no_name_of_a_room_is_refused(name: str) -> None:
    for use in (
        lambda: lockedroom.create(name, person("alice")),
        lambda: lockedroom.attach(name, person("bob"), creator=person("alice")),
        lambda: lockedroom.gc(name),
    ):
        assert clause_of(use) == ("SEG-STORE-1", ExitCode.USAGE)


def test_the_mode_is_that_of_object_and_semaphores(room: str) -> None:
    with lockedroom.create(room, person("alice"), capacity=SMALL, suite="LR0", mode=0o660):
        modes = {
            path.stat().st_mode & 0o777 for path in shm.SHARED_MEMORY.iterdir() if f"lockedroom.{room}" in path.name
        }
        assert modes == {0o660}


# ---- the creator -------------------------------------------------------------------------------------


def test_only_the_creator_grants_revokes_and_destroys(room: str, alices: Room) -> None:
    alices.grant(person("bob"))
    with enter(room, "bob") as there:
        for use in (lambda: there.grant(person("carol")), lambda: there.revoke("alice"), there.destroy):
            assert clause_of(use) == ("SEG-WHO-1", ExitCode.REFUSED)


def test_the_creator_goes_on_from_its_file_and_not_without(room: str, tmp_path: Path) -> None:
    alice = Identity.new("alice").save(tmp_path / "alice")
    lockedroom.create(room, alice, capacity=SMALL, suite="LR0").close()
    for number, name in enumerate(("bob", "carol"), start=2):
        with lockedroom.attach(room, Identity.load(tmp_path / "alice"), creator=alice) as again:
            again.grant(person(name))
            assert again.pin().serial == number
    (kept,) = [path for path in tmp_path.iterdir() if path.name != "alice"]
    assert kept.name == f"alice.{room}.authority" and kept.stat().st_mode & 0o777 == 0o600
    kept.unlink()
    with lockedroom.attach(room, alice, creator=alice) as again:
        assert clause_of(lambda: again.grant(person("dave"))) == ("SEG-WHO-1", ExitCode.REFUSED)
        assert [one.name for one in again.members()] == ["alice", "bob", "carol"]


def test_two_processes_of_the_creator_never_sign_one_serial_twice(room: str, tmp_path: Path) -> None:
    """SEG-GRANT-3."""
    alice = Identity.new("alice").save(tmp_path / "alice")
    with (
        lockedroom.create(room, alice, capacity=SMALL, suite="LR0") as first,
        lockedroom.attach(room, alice, creator=alice) as second,
    ):
        for number in range(1, 5):
            first.grant(person("bob"), rights=number)
            second.grant(person("carol"), rights=number)
        # A hostile store shows one of them the list as it was: the other's file forbids to go on from there.
        memory = second.engine.attach()
        assert memory is not None
        memory.store.store(memory.layout.acl_count(), memory.entry_count() - 1)
        assert clause_of(lambda: first.grant(person("dave"))) == ("SEG-ACL-4", ExitCode.REFUSED)


def test_rights_that_are_none_are_refused(alices: Room) -> None:
    for rights in (0, 8, -1):
        assert clause_of(lambda rights=rights: alices.grant(person("bob"), rights=rights))[0] == "SEG-GRANT-4"


def test_a_room_that_is_full_of_names_or_entries_says_so(room: str) -> None:
    with lockedroom.create(room, person("alice"), capacity=replace(SMALL, members=2, entries=4), suite="LR0") as made:
        made.grant(person("bob"))
        assert clause_of(lambda: made.grant(person("carol")))[0] == "SEG-FULL-4"
        made.revoke("bob")
        assert clause_of(lambda: made.revoke("bob"))[0] == "SEG-REVOKE-1"
        made.grant(person("bob"))
        assert clause_of(lambda: made.revoke("bob"))[0] == "SEG-FULL-6"


# ---- attaching ---------------------------------------------------------------------------------------


def test_another_creator_is_not_believed(room: str, alices: Room) -> None:
    """LR-IDENTITY-1."""
    assert alices.name == room
    wrong = partial(lockedroom.attach, room, person("bob"), creator=person("mallory"))
    assert clause_of(wrong) == ("SEG-HEADER-3", ExitCode.REFUSED)


def test_who_is_not_granted_does_not_join(room: str, alices: Room) -> None:
    with enter(room, "bob") as there:
        assert clause_of(there.join) == ("SEG-JOIN-1", ExitCode.REFUSED)
        alices.grant(replace(person("mallory"), name="bob"))
        assert clause_of(there.join) == ("SEG-JOIN-2", ExitCode.REFUSED)
        alices.grant(person("bob"))
        there.join().leave()


def test_a_name_is_joined_once_at_a_time(room: str, alices: Room) -> None:
    alices.grant(person("bob"))
    with enter(room, "bob") as first, enter(room, "bob") as second, first.join():
        assert clause_of(second.join) == ("SEG-JOIN-3", ExitCode.REFUSED)
        assert clause_of(first.join) == ("SEG-WHO-2", ExitCode.REFUSED)
        first.close()
        second.join().leave()


def test_a_pin_refuses_an_older_list(room: str, alices: Room) -> None:
    alices.grant(person("bob"))
    pin = alices.pin()
    lockedroom.attach(room, person("bob"), creator=person("alice"), pin=pin).close()
    memory = alices.engine.attach()
    assert memory is not None
    memory.store.store(memory.layout.acl_count(), 1)
    enter(room, "bob").close()
    rolled = partial(lockedroom.attach, room, person("bob"), creator=person("alice"), pin=pin)
    assert clause_of(rolled) == ("SEG-ACL-4", ExitCode.REFUSED)


def test_absent_unfinished_and_destroyed_rooms_are_refused(room: str, alices: Room) -> None:
    assert clause_of(lambda: enter(f"{room}-not", "bob")) == ("SEG-STORE-2", ExitCode.USAGE)
    memory = alices.engine.attach()
    assert memory is not None
    memory.store.store(memory.layout.state(), 0)
    assert clause_of(lambda: enter(room, "bob")) == ("SEG-HEADER-1", ExitCode.REFUSED)
    assert clause_of(lambda: lockedroom.create(room, person("bob")))[0] == "SEG-STORE-3"
    memory.store.store(memory.layout.state(), LIVE)
    with enter(room, "bob") as there:
        alices.destroy()
        assert clause_of(there.join) == ("SEG-DESTROY-2", ExitCode.REFUSED)
        assert clause_of(there.members) == ("SEG-DESTROY-2", ExitCode.REFUSED)
        assert clause_of(lambda: enter(room, "bob")) == ("SEG-STORE-2", ExitCode.USAGE)


def _named(room: str) -> list[str]:
    """This room's semaphores; other rooms come and go while others use the machine."""
    return [name for name in wakeup.listed() if room in name]


HOSTILE_WORDS = {
    "magic": (0, 0x4141414141414141, "SEG-STORE-8"),
    "version": (8, 2, "SEG-STORE-8"),
    "members": (16, 1 << 63, "SEG-STORE-8"),
    "quota": (24, 0, "SEG-STORE-8"),
    "entries": (40, 17, "SEG-STORE-8"),
    "record": (48, (1 << 64) - 8, "SEG-STORE-8"),
    "total": (56, 1 << 62, "SEG-STORE-8"),
    "state": (64, 77, "SEG-HEADER-2"),
}


@pytest.mark.parametrize("word", sorted(HOSTILE_WORDS))
def test_a_hostile_object_is_refused_with_its_clause(room: str, alices: Room, word: str) -> None:
    offset, value, clause = HOSTILE_WORDS[word]
    memory = alices.engine.attach()
    assert memory is not None
    good = memory.store.load(offset)
    memory.store.store(offset, value)
    before = _named(room), len(os.listdir("/proc/self/fd"))
    assert clause_of(lambda: enter(room, "bob"))[0] == clause
    assert before == (_named(room), len(os.listdir("/proc/self/fd")))
    memory.store.store(offset, good)
    enter(room, "bob").close()


@pytest.mark.parametrize(
    ("what", "data", "clause"),
    [
        ("header", b"", "SEG-HEADER-2"),
        ("header", b"\x01" * 100, "SEG-HEADER-2"),
        ("header", None, "SEG-HEADER-2"),
        ("entry", b"", "SEG-ACL-3"),
        ("entry", b"\x02" * 50, "SEG-ACL-3"),
        ("entry", None, "SEG-ACL-3"),
    ],
)
def test_records_without_sense_are_refused_with_their_clause(
    room: str, alices: Room, what: str, data: bytes | None, clause: str
) -> None:
    memory = alices.engine.attach()
    assert memory is not None
    cell = memory.layout.header() if what == "header" else memory.layout.entry(0)
    if data is None:  # a length beyond the cell
        memory.store.write(cell.offset, b"\xff\xff\xff\x7f")
    else:
        memory.store.write_cell(cell, data)
    assert clause_of(lambda: enter(room, "bob")) == (clause, ExitCode.REFUSED)


def test_a_header_of_another_segment_is_refused(room: str, alices: Room) -> None:
    other = f"{room}-o"
    with lockedroom.create(other, person("alice"), capacity=replace(SMALL, quota=5), suite="LR0") as strange:
        here, there = alices.engine.attach(), strange.engine.attach()
        assert here is not None and there is not None
        data = there.store.read_cell(there.layout.header())
        assert isinstance(data, bytes)
        here.store.write_cell(here.layout.header(), data)
        assert clause_of(lambda: enter(room, "bob")) == ("SEG-HEADER-2", ExitCode.REFUSED)
        strange.destroy()


# ---- the end -----------------------------------------------------------------------------------------


def test_destroying_removes_object_and_semaphores(room: str, alices: Room) -> None:
    """SEG-DESTROY-3."""
    assert any(room in name for name in wakeup.listed())
    alices.destroy()
    assert not any(f".{room}" in name for name in wakeup.listed())


def test_destroying_removes_what_made_its_creator(room: str, tmp_path: Path) -> None:
    alice = Identity.new("alice").save(tmp_path / "alice")
    for _ in range(2):
        with lockedroom.create(room, alice, capacity=SMALL, suite="LR0") as made:
            made.grant(person("bob"))
            assert len(os.listdir(tmp_path)) == 2
            made.destroy()
        assert os.listdir(tmp_path) == ["alice"]


def test_the_file_of_another_room_of_that_name_stays(room: str, tmp_path: Path) -> None:
    alice = Identity.new("alice").save(tmp_path / "alice")
    with lockedroom.create(room, alice, capacity=SMALL, suite="LR0") as old:
        shm.unlink(room)
        with lockedroom.create(room, alice, capacity=SMALL, suite="LR0") as new:
            old.destroy()
            new.grant(person("bob"))
            new.destroy()


def test_destroying_a_room_spares_another_of_its_name(room: str, alices: Room) -> None:
    shm.unlink(room)
    with lockedroom.create(room, person("bob"), capacity=SMALL, suite="LR0") as bobs:
        alices.destroy()
        assert room in lockedroom.rooms()
        bobs.destroy()


def test_gc_removes_what_nobody_is_in(room: str, alices: Room) -> None:
    with alices.join():
        assert lockedroom.gc(room) is False and room in lockedroom.rooms()
    assert lockedroom.gc(room) is True and room not in lockedroom.rooms()
    assert clause_of(lambda: lockedroom.gc(room)) == ("SEG-STORE-2", ExitCode.USAGE)


def test_the_public_names_are_there() -> None:
    for name in lockedroom.__all__:
        assert getattr(lockedroom, name) is not None and name in dir(lockedroom)
    assert not hasattr(lockedroom, "nothing_of_that_name")


def test_attaching_does_not_wait(room: str, alices: Room) -> None:
    began = time.monotonic()
    for _ in range(20):
        enter(room, "bob").close()
    assert time.monotonic() - began < 60 and alices.name == room


def test_who_attached_before_a_room_was_collected_does_not_join_it(room: str, alices: Room) -> None:
    alices.grant(person("bob"))
    with enter(room, "bob") as bobs:
        assert lockedroom.gc(room) is True
        assert clause_of(bobs.join) == ("SEG-LIFE-7", ExitCode.REFUSED)
        assert bobs.members()[1].alive is False
        alices.engine.perform("destroy")
        assert clause_of(bobs.join) == ("SEG-DESTROY-2", ExitCode.REFUSED)
