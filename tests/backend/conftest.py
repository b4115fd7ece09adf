"""Rooms with names that no other run has, and the check that nothing of them is left in /dev/shm."""

import itertools
import os
from collections.abc import Iterator

import pytest

from lockedroom.backend import rooms, shm, wakeup
from lockedroom.backend.journal import Journals
from lockedroom.backend.life import Lives
from lockedroom.backend.locks import Locks
from lockedroom.backend.process import this_process
from lockedroom.backend.shm import Store
from tests.backend.harness import SMALL

NUMBERS = itertools.count()


def ours() -> list[str]:
    return [name for name in wakeup.listed() if f"lockedroom.t{os.getpid()}-" in name]


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Fails a test that leaves anything of its rooms in /dev/shm, and clears it away for the next one."""
    yield
    left = ours()
    for room in rooms.rooms():
        if room.startswith(f"t{os.getpid()}-"):
            rooms.remove(room)
    assert left == []


@pytest.fixture
def room() -> str:
    """The name of a room that nobody has."""
    return f"t{os.getpid()}-{next(NUMBERS)}"


@pytest.fixture
def store(room: str) -> Iterator[Store]:
    """A new room, attached."""
    with shm.create(room, SMALL) as made:
        yield made
    rooms.remove(room)


@pytest.fixture
def locks(store: Store) -> Locks:
    return Locks(store)


@pytest.fixture
def journals(store: Store, locks: Locks) -> Journals:
    return Journals(store, locks)


@pytest.fixture
def lives(store: Store, journals: Journals) -> Lives:
    return Lives(store, journals, this_process())
