"""A stash on each store that there is. Where the kernel gives no keyring, what would use it uses what is chosen
then, and the test's report says so (`store`)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from lockedroom.backend.stash.engine import Stash, Store, store_of
from lockedroom.reference.profile import Profile
from lockedroom.reference.stash.keys import Key
from lockedroom.reference.stash.profile import HARDENED


@pytest.fixture(params=["auto", "memory"])
def store(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Store:
    """What is chosen where nobody chooses (the keyring, where there is one), and shared memory."""
    found = store_of(request.param)
    record_property("store", found.name)
    return found


Opened = Callable[..., Stash]


@pytest.fixture
def opened(store: Store) -> Iterator[Opened]:
    """Opens stashes on the store, of one key unless told, and leaves nothing there."""
    made: list[Stash] = []
    key = Key(os.urandom(32), os.urandom(16))

    def make(other: Key | None = None, profile: Profile = HARDENED) -> Stash:
        made.append(Stash(other or key, store, profile))
        return made[-1]

    yield make
    for one in made:
        one.perform("remove", purge=True)
        assert one.sealed() is None and one.locator not in store.locators()
