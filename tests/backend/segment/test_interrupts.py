"""An exception between any two stores (Ctrl-C, say): the step is there whole or not at all, the process goes on, and no
number is used for two messages."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lockedroom.backend import rooms
from lockedroom.backend.crashpoints import Moment
from lockedroom.backend.segment.engine import Engine
from lockedroom.reference.machine import Step
from lockedroom.reference.segment import events
from tests.backend.segment.company import PATIENCE, Company, company, person

THREE = ("alice", "bob", "carol")


class Tripwire:
    """A hook that raises at a moment of a store, once, when it is armed."""

    def __init__(self) -> None:
        self.at, self.seen = 0, 0

    def arm(self, at: int) -> None:
        """Raise at the `at`-th moment from now on; 0: only count."""
        self.at, self.seen = at, 0

    def __call__(self, moment: Moment) -> None:
        self.seen += 1
        if self.seen == self.at:
            raise KeyboardInterrupt


@contextmanager
def talking(room: str) -> Iterator[tuple[Company, Tripwire]]:
    """Three members that share keys, and alice has published; alice trips."""
    wire = Tripwire()
    with company(room, THREE) as people:
        people.founded()
        people.engines["alice"].close()
        people.engines["alice"] = Engine(room, person("alice"), "LR0", patience=PATIENCE, hook=wire)
        people.talking().ok("alice", "publish", body=b"here")
        people.ok("bob", "send", peer="alice", body=b"for you")
        try:
            yield people, wire
        finally:
            rooms.remove(room)


def moments(room: str, operation: str, arguments: dict[str, object]) -> int:
    """How many moments the operation's stores have."""
    with talking(room) as (people, wire):
        wire.arm(0)
        people.ok("alice", operation, **arguments)
        return wire.seen


def interrupted(room: str, operation: str, **arguments: object) -> Iterator[Company]:
    """A company in which alice was interrupted in the operation, for each moment of its stores."""
    for at in range(1, moments(f"{room}-0", operation, arguments) + 1):
        with talking(f"{room}-{at}") as (people, wire):
            wire.arm(at)
            with pytest.raises(KeyboardInterrupt):
                people.do("alice", operation, **arguments)
            wire.arm(0)
            yield people


def received(people: Company, name: str) -> list[tuple[int, object]]:
    """All messages of alice that wait for somebody: numbers and bodies."""
    found: list[tuple[int, object]] = []
    while isinstance(result := people.do(name, "receive", peer="alice"), Step):
        (event,) = result.events
        assert isinstance(event, events.Delivered)
        found.append((event.sequence, event.body))
    assert result.clause == "SEG-RECEIVE-1", result
    return found


def test_an_interrupted_multicast_reaches_all_or_none_and_its_numbers_are_not_used_again(room: str) -> None:
    seen = []
    for people in interrupted(room, "multicast", peers=("bob", "carol"), body=b"first"):
        people.ok("alice", "multicast", peers=("bob", "carol"), body=b"second")
        bobs, carols = received(people, "bob"), received(people, "carol")
        assert bobs == carols and bobs in ([(2, b"second")], [(1, b"first"), (2, b"second")])
        seen.append(len(bobs))
    assert len(seen) > 12 and seen == sorted(seen) and set(seen) == {1, 2}


def test_an_interrupted_send_is_there_or_not_and_its_number_is_not_used_again(room: str) -> None:
    """LR-SUITE-15."""
    seen = []
    for people in interrupted(room, "send", peer="bob", body=b"first"):
        people.ok("alice", "send", peer="bob", body=b"second")
        bobs = received(people, "bob")
        assert bobs in ([(2, b"second")], [(1, b"first"), (2, b"second")])
        seen.append(len(bobs))
    assert seen == [1, 1, 1, 1, 2]


def test_after_an_interrupted_leave_one_can_join_again(room: str) -> None:
    seen = []
    for people in interrupted(room, "leave"):
        visible = people.engines["bob"].observe()
        gone = "alice" not in visible.announced
        assert gone == ("alice" not in visible.posts) == ("alice" not in visible.pending)
        seen.append(gone)
        people.ok("alice", "join")
        people.ok("alice", "leave")
        assert people.engines["bob"].observe().alive == ("bob", "carol")
    assert len(seen) > 10 and seen == sorted(seen) and set(seen) == {False, True}


def test_after_an_interrupted_join_one_can_leave_or_join(room: str) -> None:
    def outside(people: Company) -> None:
        people.ok("alice", "leave")

    with talking(f"{room}-0") as (people, wire):
        outside(people)
        wire.arm(0)
        people.ok("alice", "join")
        total = wire.seen
    for at in range(1, total + 1):
        with talking(f"{room}-{at}") as (people, wire):
            outside(people)
            wire.arm(at)
            with pytest.raises(KeyboardInterrupt):
                people.do("alice", "join")
            wire.arm(0)
            if people.engines["alice"].me.presence is not None:
                people.ok("alice", "leave")
            people.ok("alice", "join")
            people.ok("bob", "exchange", peer="alice")
            people.ok("alice", "accept", peer="bob")
    assert total > 12
