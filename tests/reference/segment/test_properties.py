"""Random walks, a hostile store included: whatever happens, every operation gives a step or a registered clause,
looks at nothing outside its footprint, and keeps the promises that need no model to check.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from lockedroom.reference.crypto.terms import Term
from lockedroom.reference.errors import FootprintError
from lockedroom.reference.machine import Rejected, Step
from lockedroom.reference.segment import effects, events, parts, store
from lockedroom.reference.segment.records import ALL_RIGHTS, JOIN, SEND, Consumable, Malformed, Message
from lockedroom.reference.segment.table import BY_OPERATION, TABLE, perform
from lockedroom.spec.registry import clauses
from tests.reference.segment.house import CAPACITY, NAMES, House

REGISTERED = frozenset(clauses())
OPERATIONS = [row.operation for row in TABLE if row.operation not in ("create", "destroy")]
FREQUENT = ["send", "send", "receive", "receive", "receive", "accept", "accept", "exchange", "rotate", "acknowledge"]
RIGHTS = (ALL_RIGHTS, ALL_RIGHTS, JOIN | SEND, 0)
OFTEN = ["join", "review", "multicast", "publish", "read", "reap"]
WALKS = 60
HOSTILE = ("replay", "replay", "drop", "redirect", "junk", "reorder", "crash")


@dataclass
class Walk:
    """A house in which alice and bob share a key, what was ever seen in its inboxes, and what was promised of it."""

    house: House = field(default_factory=lambda: House("symbolic").created("bob", "carol"))
    seen: list[Consumable] = field(default_factory=list)
    said: int = 0
    delivered: set[tuple[Any, ...]] = field(default_factory=set)
    sealed: dict[tuple[Any, ...], Any] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    sent: int = 0
    gaps: int = 0

    def __post_init__(self) -> None:
        for name in NAMES:
            self.step(name, "join", name, 0)
        self.step("alice", "exchange", "bob", 0)
        self.step("bob", "accept", "alice", 0)

    def arguments(self, operation: str, peer: str, rights: int) -> dict[str, object]:
        self.said += 1
        body = Term("body", self.said, 16)
        wanted = BY_OPERATION[operation].arguments
        values: dict[str, object] = {
            "peer": peer,
            "peers": tuple(name for name in NAMES if name <= peer),
            "body": body,
            "subject": peer,
            "key": self.house.key(peer),
            "rights": rights,
        }
        return {name: values[name] for name in wanted}

    def step(self, actor: str, operation: str, peer: str, rights: int) -> None:
        house, arguments = self.house, self.arguments(operation, peer, rights)
        before = house.room
        house.joins[actor] += operation == "join"
        result = self.by_parts(actor, operation, arguments)
        house.joins[actor] -= operation == "join"
        assert house.take(actor, operation, **arguments) == result, "whole slots and parts give the same"
        if isinstance(result, Rejected):
            self.refused.add(result.clause)
            self.removed += [result.clause] if result.effects else []
            assert result.clause in REGISTERED
            assert result.detail
            if not result.effects:
                assert house.room == before, "a rejection that removes nothing changes nothing"
            return
        assert isinstance(result, Step)
        assert result.events
        for effect in result.effects:
            if isinstance(effect, effects.Append):
                self.seen.append(effect.record)
                self.sealed_once(effect.record)
            if isinstance(effect, effects.Publish):
                for post in effect.posts:
                    self.sealed_once(post)
        for one in result.events:
            self.gaps += getattr(one, "gap", 0)
            self.sent += isinstance(one, events.Sent)
            if isinstance(one, events.Delivered):
                self.once_and_in_order(actor, one)

    def by_parts(self, actor: str, operation: str, arguments: dict[str, Any]) -> object:
        """The transition on nothing but the parts of its footprint: all else raises FootprintError."""
        house, row = self.house, BY_OPERATION[operation]
        peers = arguments.get("peers", (arguments["peer"],) if "peer" in arguments else ())
        reads, writes = row.parts(actor, peers)
        values: dict[Any, Any] = {}
        for slot in (part for whole in reads for part in parts.cut(whole, NAMES)):
            if slot.kind == "board":
                values[slot] = house.board(slot.part)
            elif slot.kind == "inbox":
                values[slot] = house.lane(slot.owner, slot.part)
            else:
                values[slot] = house.room.value(slot)
        if actor in peers:  # nobody is its own peer: there is no such lane to cut out
            values[parts.lane(actor, actor)] = house.lane(actor, actor)
        at = parts.at(house.room.member(actor), house.suite, house.fresh(actor), house.capacity, values)
        result = perform(row, at, **arguments)
        allowed = {slot.kind for slot in writes}
        assert {effect.slot.kind for effect in result.effects} <= allowed
        return result

    def sealed_once(self, record: object) -> None:
        term = getattr(record, "sealed", None)
        if isinstance(term, Term):
            key, nonce, *rest = term.args
            assert self.sealed.setdefault((key, nonce), rest) == rest, "a nonce was used twice under a key"

    def once_and_in_order(self, actor: str, got: events.Delivered) -> None:
        assert (actor, got.body) not in self.delivered, "delivered twice"
        self.delivered.add((actor, got.body))

    def store(self, what: str, addressee: str, sender: str, index: int) -> None:
        house = self.house
        lane = list(house.lane(addressee, sender))
        match what:
            case "replay" if self.seen:
                lane.insert(index % (len(lane) + 1), self.seen[index % len(self.seen)])
            case "drop" if lane:
                lane.pop(index % len(lane))
            case "redirect" if self.seen:
                record = self.seen[index % len(self.seen)]
                lane.append(replace(record, sender=sender, recipient=addressee))
            case "junk":
                lane.append(Malformed("junk"))
            case "reorder":
                lane.reverse()
            case "crash":
                house.crash(sender)
                return
        house.put(addressee, sender, *lane[: CAPACITY.quota + 1])


def walked(seed: int) -> Walk:
    """A long walk with a hostile store; the checks are made on the way."""
    dice = random.Random(seed)
    walk = Walk()
    for _ in range(300):
        chance = dice.random()
        if chance < 0.15:
            walk.store(dice.choice(HOSTILE), dice.choice(NAMES), dice.choice(NAMES), dice.randrange(1000))
        elif chance < 0.16:
            walk.step("alice", dice.choice(("grant", "revoke")), dice.choice(NAMES), dice.choice(RIGHTS))
        else:
            usual = FREQUENT if chance < 0.8 else OFTEN if chance < 0.98 else OPERATIONS
            walk.step(dice.choice(NAMES), dice.choice(usual), dice.choice(NAMES), ALL_RIGHTS)
    return walk


@pytest.mark.parametrize("seed", range(40))
def test_among_honest_members_nothing_is_lost(seed: int) -> None:
    dice = random.Random(seed)
    walk = Walk()
    staying = [name for name in OPERATIONS if name not in ("grant", "revoke", "leave", "join", "reap")]
    for _ in range(200):
        walk.step(dice.choice(NAMES), dice.choice(staying + FREQUENT), dice.choice(NAMES), 0)
    # What was left in an inbox is there still, or was read; what is there is read now: nothing is missing.
    for addressee in NAMES:
        for sender in NAMES:
            for record in walk.house.lane(addressee, sender):
                operation = "receive" if isinstance(record, Message) else "accept"
                walk.step(addressee, operation, sender, 0)
    assert walk.gaps == 0 and not walk.removed
    assert len(walk.delivered) == walk.sent > 0


@pytest.mark.parametrize("seed", range(WALKS))
def test_whatever_happens_the_promises_of_a_hostile_store_are_kept(seed: int) -> None:
    walked(seed)


@pytest.mark.parametrize("seed", range(4))
def test_every_operation_in_every_state_on_the_way_is_a_step_or_a_clause(seed: int) -> None:
    dice = random.Random(1000 + seed)
    walk = Walk()
    for _ in range(60):
        if dice.random() < 0.2:
            walk.store(dice.choice(HOSTILE), dice.choice(NAMES), dice.choice(NAMES), dice.randrange(1000))
        else:
            walk.step(dice.choice(NAMES), dice.choice(OPERATIONS + FREQUENT), dice.choice(NAMES), dice.choice(RIGHTS))
        house = walk.house
        for actor, operation, peer in itertools.product(NAMES, OPERATIONS, (*NAMES, "nobody")):
            arguments = walk.arguments(operation, peer, ALL_RIGHTS)
            _, result = house.room.take(actor, operation, house.fresh(actor), **arguments)
            assert isinstance(result, Step) or result.clause in REGISTERED


def test_the_walks_reach_nearly_everything() -> None:
    """Which clauses refuse on the walks: if this set shrinks, the walks above have become shallow."""
    reached = {clause for seed in range(WALKS) for clause in walked(seed).refused}
    assert {f"SEG-RECEIVE-{n}" for n in range(1, 7)} <= reached
    assert {f"SEG-ACCEPT-{n}" for n in (1, 2, 4, 5)} <= reached
    assert {"SEG-REVIEW-3", "SEG-FULL-1", "SEG-FULL-2", "SEG-SEND-4", "SEG-EXCHANGE-6", "SEG-ROTATE-1"} <= reached
    assert len(reached) >= 36


def test_a_question_outside_the_footprint_is_a_fault() -> None:
    house = House("symbolic").created("bob").joined("alice")
    for operation, missing in (
        ("exchange", effects.BOARD),
        ("accept", effects.inbox("alice")),
        ("send", effects.HEADER),
    ):
        reads, _ = BY_OPERATION[operation].footprint("alice", ("bob",))
        values = {slot: house.room.value(slot) for slot in reads if slot != missing}
        at = store.at(house.room.member("alice"), house.suite, house.fresh("alice"), house.capacity, values)
        arguments = {"peer": "bob"} | ({"body": house.body("x")} if operation == "send" else {})
        with pytest.raises(FootprintError):
            perform(BY_OPERATION[operation], at, **arguments)
