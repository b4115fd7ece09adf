"""A kiosk: a small machine with everything that a machine can have: choices, refusals, a set that grows, an action of
two parts. Coins come in; the clerk opens when there are three, and somebody should look at the weather first."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from lockedroom.model.report import Goal, Invariant, Judgement
from lockedroom.model.validator import Subject
from lockedroom.reference.machine import Action, Event, Machine, Outcome, Slot, factored

COINS, DOOR, SKY, SEEN = Slot("coins"), Slot("door", "clerk"), Slot("sky"), Slot("seen")


@dataclass(frozen=True, slots=True)
class Opened(Event):
    """The door is open."""

    coins: int


@dataclass(frozen=True, slots=True)
class Door:
    """The door and how often it was opened."""

    open: bool = False
    times: int = 0


def _insert(coin: int) -> Action:
    def run(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
        (coins,) = values
        assert isinstance(coins, int)
        return (Outcome((coins + coin,), grows=((SEEN, frozenset({coin})),)),) if coins < 5 else ()

    return Action("insert", "visitor", (("coin", coin),), (COINS,), (COINS,), run)


def _open(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
    coins, door, _ = values
    assert isinstance(coins, int) and isinstance(door, Door)
    if coins < 3:
        return (Outcome(None, "KIOSK-1"),)
    if door.open or door.times == 2:
        return ()
    return (Outcome((Door(True, door.times + 1),), events=(Opened(coins),)),)


def _turn(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
    return (Outcome(("sun",), label="brighter"), Outcome(("rain",), label="darker")) if values[0] == "grey" else ()


def _shut(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
    (door,) = values
    assert isinstance(door, Door)
    return (Outcome((Door(False, door.times),)),) if door.open else ()


def _emptied(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
    return (Outcome((0,)),) if values[0] else ()


def machine(most: int = 2) -> Machine:
    """The machine, with coins up to that worth."""
    shut = factored(
        "shut",
        "clerk",
        (),
        (Action("lock", "clerk", (), (DOOR,), (DOOR,), _shut), Action("empty", "", (), (COINS,), (COINS,), _emptied)),
    )
    return Machine(
        "a kiosk",
        {COINS: 0, DOOR: Door(), SKY: "grey", SEEN: frozenset()},
        (
            *(_insert(coin) for coin in range(1, most + 1)),
            Action("open", "clerk", (), (COINS, DOOR, SKY), (DOOR,), _open),
            Action("turn", "", (), (SKY,), (SKY,), _turn),
            shut,
        ),
        frozenset({SEEN}),
    )


def judge(action: Action, values: tuple[Hashable, ...], outcome: Outcome) -> Iterable[tuple[str, Judgement]]:
    """The door stays shut in the rain."""
    if action.operation == "open" and outcome.clause is None:
        yield "dry inside", "it is opened in the rain" if values[2] == "rain" else True


def _few(seen: tuple[Hashable, ...]) -> Judgement:
    coins, times = seen
    return f"{coins} coins with the door open twice" if times == 2 and isinstance(coins, int) and coins > 4 else True


def subject(most: int = 2) -> Subject:
    """The kiosk with its rules: `dry inside` is violated in 4 steps, `not too rich` in 8, `rain ends` in 1."""
    rule = Invariant("not too rich", (COINS, DOOR), (lambda coins: coins, lambda door: getattr(door, "times", 0)), _few)
    brighter = Goal("rain ends", lambda action, values, outcome: outcome.writes == ("sun",))
    return Subject(machine(most), judge, (rule,), (brighter,))
