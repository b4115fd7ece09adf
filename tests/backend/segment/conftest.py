"""Removes the rooms that a test's companies have made, before the check that nothing is left."""

import os
from collections.abc import Iterator

import pytest

from lockedroom.backend import rooms
from tests.backend.conftest import NUMBERS


@pytest.fixture
def room() -> Iterator[str]:
    """The name of a room that nobody has; removed afterwards."""
    name = f"t{os.getpid()}-{next(NUMBERS)}"
    yield name
    rooms.remove(name)
