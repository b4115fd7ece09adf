"""Several processes at one thing each: results in order, faults told, interruption."""

from __future__ import annotations

import os

import pytest

from lockedroom.model.crew import Crew


def half(number: int) -> tuple[float, int]:
    return 12 / number, os.getpid()


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_the_order_of_what_was_given(jobs: int) -> None:
    told: list[tuple[int, int]] = []
    with Crew(jobs) as crew:
        found = crew.each(half, [(1,), (2,), (3,)], lambda done, of: told.append((done, of)))
    assert [value for value, _ in found] == [12, 6, 4]
    assert (os.getpid() in {process for _, process in found}) == (jobs == 1)
    assert told[0] == (0, 3) and told[-1] == (3, 3)


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_is_there_is_taken_at_once_and_stays_where_another_fails(jobs: int) -> None:
    taken: dict[int, tuple[float, int]] = {}
    with pytest.raises(ZeroDivisionError), Crew(jobs) as crew:
        crew.each(half, [(4,), (2,), (0,)], take=taken.__setitem__)
    assert {place: value for place, (value, _) in taken.items()} == {0: 3, 1: 6}


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_fault_is_raised_and_nobody_is_left(jobs: int) -> None:
    with pytest.raises(ZeroDivisionError), Crew(jobs) as crew:
        crew.each(half, [(1,), (0,), (3,)])
