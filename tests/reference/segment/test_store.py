"""The slots as plain values, whole and by parts: what a view answers, what an effect makes of them, and that every
question outside a footprint is a fault."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from lockedroom.reference.errors import FootprintError, UsageError
from lockedroom.reference.machine import Effect, Rejected, Slot
from lockedroom.reference.segment import effects, parts, store
from lockedroom.reference.segment.room import Room
from tests.reference.segment import test_properties as walks
from tests.reference.segment.house import CAPACITY, NAMES, House

NOWHERE = store.OutOfBounds(Slot("board"))
QUESTIONS: dict[str, Callable[[], object]] = {
    "record": NOWHERE.record,
    "entries": NOWHERE.entries,
    "announcement": lambda: NOWHERE.announcement("bob"),
    "announces": lambda: NOWHERE.announces("bob", b""),
    "holds": lambda: NOWHERE.holds("bob"),
    "posts": lambda: NOWHERE.posts("bob"),
    "lying": lambda: NOWHERE.lying("bob"),
    "first": lambda: NOWHERE.first("bob"),
    "room": lambda: NOWHERE.room("bob", control=True),
    "part of the board": lambda: parts.PartsBoard({}, CAPACITY).announces("bob", b""),
    "lane": lambda: parts.PartsInbox("bob", {}, CAPACITY).first("alice"),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_question_outside_the_footprint_is_a_fault(question: str) -> None:
    with pytest.raises(FootprintError, match="outside the footprint"):
        QUESTIONS[question]()


@pytest.mark.parametrize("at", [store.at, parts.at])
def test_who_lives_is_asked_only_in_the_footprint(at: Callable[..., Any]) -> None:
    house = House("symbolic")
    view = at(house.room.member("bob"), house.suite, house.fresh("bob"), CAPACITY, {effects.life("bob"): True})
    assert view.alive("bob")
    with pytest.raises(FootprintError, match="life:alice"):
        view.alive("alice")


@dataclass(frozen=True, slots=True)
class Strange(Effect):
    """An effect of no protocol here."""


def test_an_effect_of_another_protocol_is_refused() -> None:
    with pytest.raises(UsageError):
        store.apply(Strange(Slot("acl")), ())


def test_a_room_knows_its_members_and_its_empty_slots() -> None:
    room = Room(House("symbolic").suite, CAPACITY, {})
    assert [room.value(Slot(kind)) for kind in ("header", "acl", "board", "inbox", "life")] == [None, (), (), (), False]
    with pytest.raises(KeyError, match="nobody is called dave"):
        room.member("dave")


def test_a_room_demands_a_step_when_asked_to() -> None:
    house = House("symbolic")
    with pytest.raises(ValueError, match=r"bob: join was refused: .* \[SEG-HEADER-1\]"):
        house.room.ok("bob", "join", house.fresh("bob"))


@pytest.mark.parametrize("seed", range(8))
def test_effects_on_parts_are_effects_on_whole_slots(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[bool] = []

    def compared(house: House, actor: str, operation: str, /, **arguments: object) -> object:
        before = {parts.cell(name): house.board(name) for name in NAMES}
        before |= {parts.lane(to, by): house.lane(to, by) for to in NAMES for by in NAMES if to != by}
        result = original(house, actor, operation, **arguments)
        after: dict[Slot, Any] = dict(before)
        for effect in result.effects:
            if effect.slot.kind in ("board", "inbox") and arguments.get("peer") != actor:
                after |= dict(parts.apply(effect, after, NAMES))
        assert after == {
            slot: house.board(slot.part) if slot.kind == "board" else house.lane(slot.owner, slot.part)
            for slot in after
        }
        taken.append(isinstance(result, Rejected))
        return result

    original = House.take
    monkeypatch.setattr(House, "take", compared)
    walks.walked(seed)
    assert not all(taken) and len(taken) > 200


def test_effects_that_have_no_parts_are_those_on_whole_slots() -> None:
    house = House("symbolic").created("bob")
    entry = house.acl()[0]
    ((slot, value),) = parts.apply(effects.Extend(effects.ACL, entry), {effects.ACL: ()}, NAMES)
    assert (slot, value) == (effects.ACL, (entry,))
