"""Which of many like cases `make test` takes; `make full` takes the others. No check lives here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

import pytest

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

One = TypeVar("One")


def one_of(
    every: int, cases: Sequence[One], called: Callable[[One], str] = str, *, first: int = 0
) -> list[ParameterSet]:
    """The cases as parameters of a test: one of `every` so many, from number `first` on, is taken by `make test`. The
    others are marked `full`."""
    return [
        pytest.param(one, id=called(one), marks=() if number % every == first else pytest.mark.full)
        for number, one in enumerate(cases)
    ]
