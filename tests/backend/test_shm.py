"""The object: made exclusively and whole, checked before any use, and gone afterwards."""

import errno
import os
import signal
import stat
import struct
import time
from collections.abc import Callable
from dataclasses import astuple, replace
from pathlib import Path

import pytest

from lockedroom.backend import clauses, errors, regions, rooms, shm, wakeup
from lockedroom.backend.crashpoints import VARIABLE, Count, Moment
from lockedroom.backend.errors import ExitCode, Malformed
from lockedroom.backend.layout import Layout
from lockedroom.backend.shm import Store
from lockedroom.reference.segment.records import MAGIC, Capacity
from tests.backend.harness import SMALL, Actor, soon

DIRECTORY = shm.SHARED_MEMORY


def test_what_one_stores_the_other_loads(room: str, store: Store) -> None:
    with shm.attach(room) as other:
        assert other.layout.capacity == SMALL
        assert other.load(store.layout.state()) == regions.ABSENT
        for value in (1, 2**64 - 1, 0):
            store.store(store.layout.state(), value)
            assert other.load(store.layout.state()) == value
        cell = store.layout.record(2, 1, 5)
        other.write_cell(cell, b"a record")
        assert store.read_cell(cell) == b"a record"
        assert store.read(cell.offset, 6) == b"\x08\0\0\0a "


def test_a_cell_takes_its_room_and_no_more(store: Store) -> None:
    cell = store.layout.post(0, 0)
    store.write_cell(cell, b"x" * 252)
    assert store.read_cell(cell) == b"x" * 252
    with pytest.raises(ValueError, match="do not fit"):
        store.write_cell(cell, b"x" * 253)


@pytest.mark.parametrize("length", [253, 2**31, 2**32 - 1])
def test_a_length_beyond_the_cell_is_malformed(store: Store, length: int) -> None:
    cell = store.layout.post(0, 0)
    store.write(cell.offset, length.to_bytes(4, "little"))
    found = store.read_cell(cell)
    assert isinstance(found, Malformed)
    assert found.clause == clauses.CELL
    assert str(length) in found.detail


def test_a_word_that_is_no_word_is_a_fault(store: Store) -> None:
    with pytest.raises(ValueError, match="Q"):
        store.store(64, -1)


def test_a_name_is_taken_once(room: str, store: Store) -> None:
    with pytest.raises(errors.Taken) as caught:
        shm.create(room, SMALL)
    assert caught.value.clause == clauses.TAKEN
    assert store.load(0) == int.from_bytes(MAGIC, "little")
    shm.attach(room).close()


@pytest.mark.parametrize("mode", [0o600, 0o660, 0o666])
def test_the_mode_is_exact(room: str, mode: int) -> None:
    before = os.umask(0o077)
    try:
        shm.create(room, SMALL, mode=mode).close()
        wakeup.create_semaphores(room, 1, mode)
    finally:
        os.umask(before)
    for name in (f"lockedroom.{room}", f"sem.lockedroom.{room}.0"):
        assert stat.S_IMODE((DIRECTORY / name).stat().st_mode) == mode
    rooms.remove(room)


def test_the_whole_object_is_allocated(room: str, store: Store) -> None:
    status = (DIRECTORY / f"lockedroom.{room}").stat()
    assert status.st_size == store.layout.total
    assert status.st_blocks * 512 >= status.st_size


@pytest.mark.parametrize("name", ["", "A", "a/b", "../x", "-a", ".a", "a" * 32, "ä", "a\n", "a\0"])
def test_a_bad_name_is_refused(name: str) -> None:
    for use in (shm.attach, shm.unlink, lambda n: shm.create(n, SMALL)):
        with pytest.raises(errors.BadName) as caught:
            use(name)
        assert caught.value.exit_code is ExitCode.USAGE


def test_an_absurd_capacity_is_refused(room: str) -> None:
    with pytest.raises(errors.BadCapacity) as caught:
        shm.create(room, replace(SMALL, quota=0))
    assert "quota is 0" in str(caught.value)


@pytest.mark.parametrize("use", [shm.attach, shm.unlink, shm.open_object])
def test_what_is_not_there_is_said_to_be_absent(room: str, use: Callable[[str], object]) -> None:
    with pytest.raises(errors.Absent) as caught:
        use(room)
    assert (caught.value.clause, caught.value.exit_code) == (clauses.ABSENT, ExitCode.USAGE)


def test_memory_that_does_not_suffice_is_refused_and_left_as_it_was(room: str) -> None:
    with Actor("create_limited", room, *astuple(SMALL)) as actor:
        assert actor.end() == (0, "NoSpace")
    with pytest.raises(errors.Absent):
        shm.attach(room)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.ENOMEM])
def test_full_memory_is_told(room: str, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: int) -> None:
        raise OSError(number, "full")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(errors.NoSpace, match=str(Layout(SMALL).total)):
        shm.create(room, SMALL)


@pytest.mark.parametrize("action", ["attach", "in_use"])
def test_the_kernels_permissions_come_first(room: str, action: str) -> None:
    shm.create(room, SMALL, mode=0).close()
    with Actor("stranger", room, action) as actor:
        assert actor.end() == (0, "NotPermitted REFUSED")
    rooms.remove(room)


def test_only_its_owner_removes_it(room: str, store: Store) -> None:
    with Actor("stranger", room, "unlink") as actor:
        # Without being root, this test cannot become a stranger: then the owner it is removes it.
        said = "NotPermitted REFUSED" if os.geteuid() == 0 else "done"
        assert actor.end() == (0, said)


# ---- hostile objects -------------------------------------------------------------------------------------------


def header(magic: bytes = MAGIC, version: int = 1, total: int | None = None, **fields: int) -> bytes:
    """The first words of an object, as somebody else may have written them."""
    numbers = {name: getattr(SMALL, name) for name in SMALL.__slots__} | fields
    size = Layout(SMALL).total if total is None else total
    return struct.pack("<8s7Q", magic, version, *numbers.values(), size)


TOTAL = Layout(SMALL).total
HOSTILE = {
    "one byte": (b"x", 1, "1 bytes"),
    "short": (header()[:60], 60, "60 bytes"),
    "header alone": (header(), 64, "has 64 bytes"),
    "one byte short": (header(), TOTAL - 1, f"has {TOTAL - 1} bytes"),
    "one byte long": (header(), TOTAL + 1, f"has {TOTAL + 1} bytes"),
    "another size claimed": (header(total=TOTAL + 8), TOTAL, f"claims {TOTAL + 8}"),
    "another magic": (header(magic=b"LKDROOM2"), TOTAL, "magic"),
    "text": (b"#!/bin/sh\n" * 10, 100, "magic"),
    "version 0": (header(version=0), TOTAL, "version 0"),
    "version 2": (header(version=2), TOTAL, "version 2"),
    "no members": (header(members=0), TOTAL, "members is 0"),
    "absurd members": (header(members=2**64 - 1), TOTAL, "members"),
    "absurd quota": (header(quota=2**63), TOTAL, "quota"),
    "absurd posts": (header(posts=4097), TOTAL, "posts"),
    "absurd entries": (header(entries=2**32), TOTAL, "entries"),
    "absurd record": (header(record=2**40), TOTAL, "record"),
    "crooked record": (header(record=260), TOTAL, "multiple of 8"),
    "too large": (header(members=64, quota=4096, record=1 << 20), TOTAL, "more than"),
    "capacity beyond the end": (header(members=64), TOTAL, "bytes"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_object_is_refused_before_any_use(room: str, case: str) -> None:
    content, size, said = HOSTILE[case]
    path = DIRECTORY / f"lockedroom.{room}"
    path.write_bytes(content)
    os.truncate(path, size)
    before = os.listdir("/proc/self/fd")
    with pytest.raises(errors.MalformedObject) as caught:
        shm.attach(room)
    assert os.listdir("/proc/self/fd") == before
    assert (caught.value.clause, caught.value.exit_code) == (clauses.OBJECT, ExitCode.MALFORMED)
    assert said in str(caught.value)
    assert not rooms.in_use(room)
    rooms.remove(room)


def directory(path: Path) -> None:
    path.mkdir()


def pipe(path: Path) -> None:
    os.mkfifo(path)


def link(path: Path) -> None:
    path.symlink_to("/proc/self/stat")


@pytest.mark.parametrize("make", [directory, pipe, link])
def test_what_is_no_regular_file_is_refused(room: str, make: Callable[[Path], None]) -> None:
    path = DIRECTORY / f"lockedroom.{room}"
    make(path)
    try:
        with pytest.raises(errors.MalformedObject, match="regular file"):
            shm.attach(room)
        with pytest.raises(errors.Taken):
            shm.create(room, SMALL)
    finally:
        path.rmdir() if path.is_dir() else path.unlink()


# ---- creation is either done or unfinished ---------------------------------------------------------------------


def test_a_creator_killed_at_any_store_leaves_an_unfinished_object_or_a_whole_one(room: str) -> None:
    count = Count()
    shm.create(room, SMALL, hook=count).close()
    rooms.remove(room)
    outcomes = []
    for n in range(1, count.stores + 1):
        for moment in (Moment.BEFORE, Moment.AFTER):
            env = {VARIABLE: f"{moment}:{n}"}
            with Actor("create", room, *astuple(SMALL), env=env) as actor:
                assert actor.end() == (-signal.SIGKILL, "")
            assert not rooms.in_use(room)
            try:
                shm.attach(room).close()
                outcomes.append("whole")
            except errors.Unfinished as error:
                assert error.exit_code is ExitCode.INCOMPLETE
                outcomes.append("unfinished")
            rooms.remove(room)
    assert outcomes == ["unfinished"] * (2 * count.stores - 1) + ["whole"]


def test_while_it_is_made_an_object_is_unfinished_and_in_use(room: str) -> None:
    seen = set()

    def look(moment: Moment) -> None:
        with pytest.raises(errors.Unfinished):
            shm.attach(room)
        seen.add(rooms.in_use(room))
        if moment is Moment.AFTER:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        shm.create(room, SMALL, hook=look)
    assert seen == {True}
    with pytest.raises(errors.Absent):
        shm.attach(room)


# ---- the end of a handle ---------------------------------------------------------------------------------------


def test_a_closed_store_is_refused_and_holds_nothing(room: str, store: Store) -> None:
    before = os.listdir("/proc/self/fd")
    other = shm.attach(room)
    other.close()
    other.close()
    assert os.listdir("/proc/self/fd") == before
    assert not other.usable
    for use in (
        lambda: other.load(0),
        lambda: other.store(64, 1),
        lambda: other.read(0, 8),
        lambda: other.write(64, b"x"),
        lambda: other.descriptor,
    ):
        with pytest.raises(errors.Closed) as caught:
            use()
        assert caught.value.clause == clauses.HANDLE


def test_a_forgotten_store_is_told_and_closed(room: str, store: Store) -> None:
    before = os.listdir("/proc/self/fd")
    with pytest.warns(ResourceWarning, match=room):
        shm.attach(room)
    assert os.listdir("/proc/self/fd") == before


def test_who_is_attached_stays_so_when_the_name_goes(room: str) -> None:
    with shm.create(room, SMALL) as store:
        shm.unlink(room)
        store.store(64, 7)
        assert store.load(64) == 7


# ---- words -----------------------------------------------------------------------------------------------------


def test_no_reader_sees_half_of_a_word(room: str, store: Store) -> None:
    low, high, offset = 0x0123456789ABCDEF, 0xFEDCBA9876543210, store.layout.announced(1)
    store.store(offset, low)
    seen: dict[int, int] = {}
    with Actor("toggle", room, offset, low, high) as actor:
        assert actor.hear() == "toggling"
        least, latest = time.monotonic() + 1.0, soon()
        while time.monotonic() < least or (len(seen) < 2 and time.monotonic() < latest):
            for _ in range(1000):
                word = store.load(offset)
                seen[word] = seen.get(word, 0) + 1
    assert seen.keys() == {low, high}


def test_who_may_write_can_kill_by_truncating(room: str, store: Store) -> None:
    """Out of scope, as the threat model says; this shows that it is so."""
    with Actor("toggle", room, 64, 0, 1) as actor:
        assert actor.hear() == "toggling"
        os.truncate(DIRECTORY / f"lockedroom.{room}", 0)
        assert actor.process.wait() == -signal.SIGBUS


# ---- which rooms there are -------------------------------------------------------------------------------------


def test_rooms_are_listed_and_removed_with_their_semaphores(room: str) -> None:
    dotted = f"{room}.1"
    for name in (room, dotted):
        shm.create(name, Capacity(12, 1, 0, 1, 256)).close()
        wakeup.create_semaphores(name, 12)
    (DIRECTORY / f"lockedroom.{room}-UPPER").touch()
    try:
        assert {name for name in rooms.rooms() if name.startswith(room)} == {room, dotted}
        rooms.remove(room)
        assert {name for name in rooms.rooms() if name.startswith(room)} == {dotted}
        shm.unlink(dotted)
        assert dotted in rooms.rooms()
        rooms.remove(dotted)
        rooms.remove(dotted)
    finally:
        (DIRECTORY / f"lockedroom.{room}-UPPER").unlink()


def test_a_room_without_anybody_is_not_in_use(room: str, store: Store) -> None:
    assert not rooms.in_use(room)
    with Actor("live", room, 2, "close") as actor:
        assert actor.hear() == "living"
        assert rooms.in_use(room)
        actor.kill()
        assert not rooms.in_use(room)
    assert not rooms.in_use(room + "x")
