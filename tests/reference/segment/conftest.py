"""Rooms in three stages, under every suite unless a test says otherwise."""

import pytest

from tests.reference.segment.house import SUITES, House


@pytest.fixture(params=SUITES)
def empty(request: pytest.FixtureRequest) -> House:
    """Three processes; no segment yet."""
    return House(request.param)


@pytest.fixture
def room(empty: House) -> House:
    """alice has created a segment and granted bob and carol; all three have joined."""
    return empty.created("bob", "carol").joined("alice", "bob", "carol")


@pytest.fixture
def pair(room: House) -> House:
    """alice has exchanged with bob, who has accepted."""
    return room.shared("alice", "bob")
