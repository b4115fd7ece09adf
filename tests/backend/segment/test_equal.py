"""Random operations give the same on shared memory as on plain values: result, effects, and what then stands there."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from lockedroom.backend import rooms
from lockedroom.backend.segment import engine as engine_module
from lockedroom.backend.segment.memory import Memory
from lockedroom.backend.segment.views import names_of
from lockedroom.reference.crypto.real import RealSuite
from lockedroom.reference.crypto.suite import Encapsulated
from lockedroom.reference.machine import Name, Step
from lockedroom.reference.segment import effects, store
from lockedroom.reference.segment.profile import HARDENED
from lockedroom.reference.segment.records import ALL_RIGHTS, EXCHANGE, JOIN, Capacity
from lockedroom.reference.segment.room import Room
from lockedroom.reference.segment.table import BY_OPERATION
from tests.backend.segment.company import NAMES, ORIGIN, PATIENCE, Company, Fixed, company, key_of, person

THREE = NAMES[:3]
TIGHT = Capacity(members=3, quota=2, posts=3, entries=9, record=1536)
WEIGHTS: dict[str, float] = {
    "create": 1,
    "grant": 3,
    "revoke": 0.5,
    "destroy": 0,
    "join": 8,
    "leave": 1,
    "crash": 1,
    "reap": 4,
    "review": 4,
    "exchange": 12,
    "accept": 14,
    "send": 14,
    "multicast": 8,
    "receive": 40,
    "publish": 5,
    "read": 5,
    "rotate": 9,
    "acknowledge": 14,
}


def test_every_operation_has_a_weight() -> None:
    assert set(WEIGHTS) == set(BY_OPERATION) | {"crash"}


@pytest.fixture
def tape(monkeypatch: pytest.MonkeyPatch) -> dict[bytes, Encapsulated]:
    """What encapsulation under LR1 gives, the same on both sides: it takes no entropy from us."""
    common: dict[bytes, Encapsulated] = {}
    monkeypatch.setattr(engine_module, "RealSuite", lambda name, _=None: RealSuite(name, common))
    return common


def arguments(chance: random.Random, actor: Name, operation: str, capacity: Capacity = TIGHT) -> dict[str, object]:
    others = [name for name in THREE if name != actor]
    peer = chance.choice(THREE if chance.random() < 0.05 else others)
    body = chance.randbytes(chance.choice((0, 16, capacity.payload, capacity.payload + 1)))
    match operation:
        case "create":
            return {"capacity": capacity, "profile": HARDENED.label, "origin": ORIGIN}
        case "grant":
            rights = chance.choice((ALL_RIGHTS, ALL_RIGHTS, JOIN | EXCHANGE, JOIN))
            return {"subject": peer, "key": key_of(peer), "rights": rights}
        case "revoke":
            return {"subject": peer}
        case "multicast":
            peers = tuple(chance.sample(others, chance.randrange(1, 3)))
            return {"peers": peers if chance.random() < 0.95 else (), "body": body}
        case "send":
            return {"peer": peer, "body": body}
        case "publish":
            return {"body": body}
        case "exchange" | "accept" | "receive" | "read" | "rotate" | "acknowledge" | "reap":
            return {"peer": peer}
        case _:
            return {}


def script(seed: int, length: int) -> Iterator[tuple[int, Name, str, dict[str, object]]]:
    chance = random.Random(seed)
    yield 0, "alice", "create", arguments(chance, "alice", "create")
    for name in THREE[1:]:
        yield 0, "alice", "grant", {"subject": name, "key": key_of(name), "rights": ALL_RIGHTS}
    for name in THREE:
        yield 0, name, "join", {}
    for number in range(1, length):
        actor = chance.choice(THREE)
        (operation,) = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))
        if number > length - 5 and seed % 3 == 0:
            actor, operation = "alice", "destroy"
        yield number, actor, operation, arguments(chance, actor, operation)


def assert_same_slots(memory: Memory, plain: Room, where: str) -> None:
    """Every slot, record by record."""
    header, entries = plain.value(effects.HEADER), plain.value(effects.ACL)
    assert (memory.header(), memory.entries()) == (header, entries), where
    names = names_of(memory, None)
    board = store.BoardValue(plain.value(effects.BOARD), plain.capacity)
    for index, name in enumerate(names):
        assert memory.announcement(index) == board.announcement(name), f"{where}: {name} on the board"
        assert memory.posts(index) == board.posts(name), f"{where}: posts of {name}"
        box = store.InboxValue(plain.value(effects.inbox(name)), plain.capacity)
        for by, sender in enumerate(names):
            assert memory.lying(index, by) == box.lying(sender), f"{where}: {sender} in the inbox of {name}"


def walk(people: Company, tape: dict[bytes, Encapsulated], seed: int, length: int) -> dict[str, int]:
    """Both side by side; gives how often each outcome was seen."""
    members = {effects.member(name): person(name) for name in THREE}
    plain = Room(RealSuite(people.suite, tape), TIGHT, members)
    seen: dict[str, int] = {}
    for number, actor, operation, given in script(seed, length):
        where = f"seed {seed}, step {number}: {actor}: {operation} {given}"
        if operation == "crash":
            before = plain.member(actor)
            people.engines[actor].close()
            fresh = replace(person(actor), authority=before.authority)
            people.engines[actor] = engine_module.Engine(people.room, fresh, people.suite, patience=PATIENCE)
            plain = plain.having(effects.life(actor), False).having(effects.member(actor), fresh)
            continue
        fresh_values = Fixed(f"{seed} {number} {actor}")
        plain, expected = plain.take(actor, operation, fresh_values, **given)
        result = people.engines[actor].perform(operation, fresh=fresh_values, **given)
        assert result == expected, where
        assert people.engines[actor].me == plain.member(actor), where
        memory = people.engines[actor].attach()
        assert memory is not None
        assert_same_slots(memory, plain, where)
        outcome = operation if isinstance(result, Step) else result.clause
        seen[outcome] = seen.get(outcome, 0) + 1
    visible = people.engines["alice"].observe()
    assert visible.alive == tuple(name for name in THREE if plain.value(effects.life(name))), f"seed {seed}"
    return seen


@pytest.mark.usefixtures("mortal")
@pytest.mark.parametrize(("suite", "seeds", "length"), [("LR0", 30, 200), ("LR1", 2, 120)])
def test_memory_and_plain_values_agree(
    room: str, report: Callable[[str], None], tape: dict[bytes, Encapsulated], suite: str, seeds: int, length: int
) -> None:
    seen: dict[str, int] = {}
    for seed in range(seeds):
        with company(room, THREE, suite, TIGHT) as people:
            for outcome, count in walk(people, tape, seed, length).items():
                seen[outcome] = seen.get(outcome, 0) + count
        rooms.remove(room)
    if suite == "LR0":
        assert set(BY_OPERATION) <= set(seen), sorted(set(BY_OPERATION) - set(seen))
    report(f"side by side, {suite}: {sum(seen.values())} operations, {len(seen)} outcomes")
