"""Two machines are walked side by side until a step looks different, whatever they hold inside."""

from collections.abc import Hashable

import pytest

from lockedroom.model.apart import Eyes, partings
from lockedroom.reference.machine import Action, Machine, Outcome, Slot

HIDDEN, SHOWN = Slot("hidden"), Slot("shown")
EYES = Eyes(lambda outcome: outcome.clause, lambda slot, value: value if slot == SHOWN else None)


def counter(step: int, most: int = 9) -> Machine:
    """A number that grows by so much, which nobody sees, and a look at whether it is 4 or more, which all see."""

    def grow(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
        (number,) = values
        assert isinstance(number, int)
        return (Outcome((number + step,)),) if number < most else (Outcome(None, "FULL"),)

    def look(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
        (number, _) = values
        assert isinstance(number, int)
        return (Outcome((number >= 4,)),)

    return Machine(
        "counter",
        {HIDDEN: 0, SHOWN: False},
        (
            Action("grow", "a", (), (HIDDEN,), (HIDDEN,), grow),
            Action("look", "b", (), (HIDDEN, SHOWN), (SHOWN,), look),
        ),
        frozenset(),
        {},
    )


def said(machines: tuple[Machine, Machine], first: tuple[tuple[str, str], ...] = ()) -> list[str]:
    one = next(partings(*machines, EYES, first))
    return [action.operation for action, _ in one.path]


def test_the_nearest_parting_comes_first() -> None:
    assert said((counter(1), counter(2))) == ["grow", "grow", "look"]
    assert said((counter(1), counter(1, most=2))) == ["grow", "grow", "grow"]
    assert said((counter(1), counter(2)), (("look", "b"), ("grow", "a"))) == ["look", "grow", "grow", "look"]


def test_what_looks_alike_everywhere_never_parts() -> None:
    assert list(partings(counter(1, most=3), counter(1, most=3), EYES)) == []
    with pytest.raises(ValueError, match="other actions"):
        next(partings(counter(1), Machine("none", {HIDDEN: 0, SHOWN: False}, (), frozenset(), {}), EYES))
    with pytest.raises(ValueError, match="no leap"):
        next(partings(counter(1), counter(2), EYES, (("leap", "a"),)))
