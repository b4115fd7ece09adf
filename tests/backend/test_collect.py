"""Removing the names of a room against others who attach, join or create at that moment: real processes, and at the
moments between what they look at and what they do."""

import os

import pytest

from lockedroom.backend import errors, ofd, regions, rooms, shm, wakeup
from lockedroom.backend.crashpoints import Hook, Moment
from lockedroom.backend.segment.engine import Engine
from lockedroom.backend.shm import Store
from lockedroom.reference.machine import Step
from lockedroom.reference.segment.profile import HARDENED
from lockedroom.reference.segment.records import Capacity
from tests.backend.harness import SMALL, Actor
from tests.backend.segment.company import ORIGIN, ROOMY, person


def test_who_attached_before_a_room_was_collected_does_not_live_in_it(room: str, store: Store) -> None:
    with Actor("come", room, 1) as late:
        assert late.hear() == "attached"
        assert rooms.collect(room) and room not in rooms.rooms()
        late.tell()
        assert late.hear() == "Removed SEG-LIFE-7"
    assert [store.load(offset) for offset in store.layout.life(1)] == [0, 0, 0]


def test_nobody_comes_to_live_between_the_look_at_the_locks_and_the_removal(
    room: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    removing = wakeup.unlink_semaphores
    heard = []
    with Actor("come", room, 1) as late:
        assert late.hear() == "attached"

        def interrupted(name: str) -> None:
            late.tell()
            heard.append(late.hear())
            removing(name)

        monkeypatch.setattr(wakeup, "unlink_semaphores", interrupted)
        assert rooms.collect(room)
        late.tell()
        heard.append(late.hear())
    assert heard == ["Occupied SEG-LIFE-1", "Removed SEG-LIFE-7"]


def test_of_one_who_comes_and_one_who_collects_one_succeeds(room: str) -> None:
    for number in range(12):
        with shm.create(f"{room}-{number}", SMALL):
            pass
        with Actor("come", f"{room}-{number}", 1) as late, Actor("collect", f"{room}-{number}") as collector:
            assert (late.hear(), collector.hear()) == ("attached", "ready")
            for actor in (late, collector) if number % 2 else (collector, late):
                actor.tell()
            came, collected = late.hear() == "living", collector.hear() == "True"
            assert came != collected
        rooms.remove(f"{room}-{number}")


def test_a_room_in_use_is_kept_whatever_is_held(room: str, store: Store) -> None:
    """SEG-LIFE-6."""
    for byte in (regions.HEADER, regions.BOARD, regions.INBOX + 2, regions.LIFE, regions.LIFE + 63):
        assert ofd.try_lock(store.descriptor, byte, ofd.SHARED)
        assert not rooms.collect(room) and store.named
        ofd.unlock(store.descriptor, byte)


def test_another_room_that_got_the_name_meanwhile_is_kept(
    room: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SEG-LIFE-8."""
    opening = shm.open_object
    others: list[Store] = []

    def replaced(name: str) -> int:
        descriptor = opening(name)
        if not others:
            shm.unlink(name)
            others.append(shm.create(name, SMALL, hold=True))
        return descriptor

    monkeypatch.setattr(shm, "open_object", replaced)
    with_other = rooms.collect(room)
    (other,) = others
    assert not with_other and other.named and not store.named
    other.close()


def test_only_its_own_names_are_withdrawn(room: str, store: Store) -> None:
    shm.unlink(room)
    assert not rooms.withdraw(store)
    with shm.create(room, SMALL) as other:
        assert not rooms.withdraw(store) and other.named
        assert rooms.withdraw(other) and not other.named


def test_a_creator_whose_new_object_is_collected_before_its_lock_begins_again(
    room: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    locking = ofd.try_lock
    collected = []

    def late(descriptor: int, byte: int, kind: int, count: int = 1) -> bool:
        if not collected:
            collected.append(True)
            assert rooms.collect(room)
        return locking(descriptor, byte, kind, count)

    monkeypatch.setattr(ofd, "try_lock", late)
    with shm.create(room, SMALL) as made:
        assert collected and made.named
    rooms.remove(room)


def test_a_room_is_not_collected_while_its_creator_is_at_work(room: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    create = shm.create

    def look(moment: Moment) -> None:
        seen.append(rooms.collect(room))

    def created(name: str, capacity: Capacity, *, mode: int, hook: Hook, hold: bool) -> Store:
        made = create(name, capacity, mode=mode, hook=hook, hold=hold)
        look(Moment.AFTER)
        return made

    monkeypatch.setattr(shm, "create", created)
    with Engine(room, person("alice"), "LR0", hook=look) as alice:
        made = alice.perform("create", capacity=ROOMY, profile=HARDENED.label, origin=ORIGIN)
        memory = alice.attach()
        assert isinstance(made, Step) and memory is not None and memory.store.named
    assert len(seen) > 20 and not any(seen)
    assert rooms.collect(room)


def test_the_name_is_not_free_while_semaphores_of_an_earlier_room_are_removed(
    room: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wakeup.create_semaphores(room, 2)
    removing = wakeup.unlink_semaphores

    def interrupted(name: str) -> None:
        with pytest.raises(errors.Taken):
            shm.create(name, SMALL)
        removing(name)

    monkeypatch.setattr(wakeup, "unlink_semaphores", interrupted)
    assert rooms.collect(room) and room not in rooms.rooms()


def test_what_is_not_the_callers_to_remove_leaves_no_descriptor(room: str, store: Store) -> None:
    before = os.listdir("/proc/self/fd")
    assert ofd.try_lock(store.descriptor, regions.LIFE, ofd.EXCLUSIVE)
    assert not rooms.collect(room)
    assert os.listdir("/proc/self/fd") == before
