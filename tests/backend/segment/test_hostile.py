"""A writer of the memory who is nobody's friend: whatever it stores while the room is in use, operations end with a
step, a rejection or an error that names its clause; nobody hangs, nothing is believed that was not signed or sealed."""

import random
import time
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from lockedroom.backend import errors, rooms
from lockedroom.backend.segment.engine import Engine
from lockedroom.reference.machine import Rejected, Step
from lockedroom.reference.segment import events
from lockedroom.reference.segment.records import Capacity
from tests.backend.segment.company import Company, company
from tests.backend.segment.test_all_to_all import start
from tests.backend.segment.test_equal import THREE, WEIGHTS, arguments
from tests.backend.segment.vandal import spoil

CAPACITY = Capacity(members=3, quota=2, posts=3, entries=9, record=512)
BRIEF = 10.0
"""How long is waited for what keeps changing, in seconds; then the operation says so."""


class Told:
    """What each has really sent to each, so that nothing else may ever be delivered."""

    def __init__(self) -> None:
        self.sent: set[tuple[str, str, bytes]] = set()
        self.delivered: set[tuple[str, str, int, object]] = set()

    def hear(
        self, actor: str, given: dict[str, object], result: Step[object] | Rejected[object], engine: Engine
    ) -> None:
        if not isinstance(result, Step):
            assert result.clause
            return
        body = given.get("body")
        for event in result.events:
            match event:
                case events.Sent(peer) if isinstance(body, bytes):
                    self.sent.add((actor, peer, body))
                case events.Published(_, peers) if isinstance(body, bytes):
                    self.sent |= {(actor, peer, body) for peer in peers}
                case events.Delivered(peer, sequence, got):
                    assert (peer, actor, got) in self.sent, "a message that nobody sent was delivered"
                    presence = engine.me.presence
                    assert presence is not None
                    theirs = tuple(
                        session.theirs for session in presence.with_peer(peer) if session.received == sequence
                    )
                    once = (actor, peer, sequence, (presence.incarnation, theirs))
                    assert once not in self.delivered, "a message was delivered twice"
                    self.delivered.add(once)
                case events.Read(peer, _, got):
                    assert (peer, actor, got) in self.sent, "a post that nobody made was read"


def storm(people: Company, seed: int, steps: int, spoiled: float = 0.2) -> dict[str, int]:
    """Random operations, and between them random stores; gives how often each outcome was seen."""
    chance, told, seen = random.Random(seed), Told(), dict[str, int]()
    memory = people.engines["alice"].attach()
    assert memory is not None
    for _ in range(steps):
        if chance.random() < spoiled:
            spoil(chance, memory)
        actor = chance.choice(THREE)
        (operation,) = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))
        if operation in ("crash", "create"):
            continue
        given = arguments(chance, actor, operation, CAPACITY)
        try:
            result = people.do(actor, operation, **given)
        except errors.BackendError as error:
            outcome = f"{type(error).__name__} {error.clause}"
        else:
            told.hear(actor, given, result, people.engines[actor])
            outcome = operation if isinstance(result, Step) else result.clause
        seen[outcome] = seen.get(outcome, 0) + 1
        if chance.random() < 0.05:
            people.engines[actor].observe()
    return seen


@pytest.mark.parametrize("block", range(4))
def test_whatever_is_stored_is_refused_or_without_effect(
    room: str,
    report: Callable[[str], None],
    block: int,
) -> None:
    seen: dict[str, int] = {}
    started = time.monotonic()
    for seed in range(30 * block, 30 * block + 30):
        with company(room, THREE, "LR0", CAPACITY, BRIEF) as people:
            people.founded().talking()
            for outcome, count in storm(people, seed, 120).items():
                seen[outcome] = seen.get(outcome, 0) + count
        rooms.remove(room)
    seconds = time.monotonic() - started
    report(f"hostile stores: {sum(seen.values())} operations, {len(seen)} outcomes, {seconds:.0f} s")


def test_one_who_stores_without_rest_stops_nobody(
    room: str,
    report: Callable[[str], None],
) -> None:
    seen: dict[str, int] = {}
    for seed in range(8):
        with company(room, THREE, "LR0", CAPACITY, BRIEF) as people, ExitStack() as stack:
            people.founded().talking()
            vandal = start(stack, "vandal.py", room, seed)
            assert vandal.stdout is not None and vandal.stdout.readline() == "at work\n"
            for outcome, count in storm(people, seed, 200, spoiled=0).items():
                seen[outcome] = seen.get(outcome, 0) + count
        rooms.remove(room)
    report(f"hostile stores: {sum(seen.values())} operations, {len(seen)} outcomes")
