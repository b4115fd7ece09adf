"""What an exploration leaves to the cycle collector: nothing. Of tens of millions of states that would be minutes of
work, after the verdict was told."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from types import MethodType

import pytest

from benchmarks.b1 import invariants
from benchmarks.b1 import machine as b1
from lockedroom.model.clock import no_collector
from lockedroom.model.explore import Explorer
from lockedroom.model.report import Exploration
from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.tabulated.explorer import Tabulated
from lockedroom.model.verdict import check


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """Without the collector."""
    gc.disable()
    yield
    gc.enable()


def held(found: Exploration) -> weakref.ref[object]:
    """The explorer behind what was found, as long as somebody holds it."""
    assert isinstance(found.behaviours, MethodType)
    return weakref.ref(found.behaviours.__self__)


@pytest.mark.parametrize("intruder", [0, 1])
@pytest.mark.parametrize("direct", [False, True])
def test_a_check_goes_with_its_report(direct: bool, intruder: int) -> None:
    report = check(bounds=Bounds(2, 1, 1, intruder=intruder), direct=direct)
    explorers = [held(phase.exploration) for phase in report.phases]
    assert all(explorer() for explorer in explorers)
    del report
    assert not any(explorer() for explorer in explorers)


@pytest.mark.parametrize("symmetry", [False, True])
def test_an_explorer_goes_with_what_it_found(symmetry: bool) -> None:
    found = Tabulated(b1(3, 1, 1), invariants=invariants(3), symmetry=symmetry).run()
    explorer = held(found)
    assert found.behaviours()
    del found
    assert explorer() is None


def test_a_direct_explorer_goes_with_what_it_found() -> None:
    found = Explorer(b1(2, 2, 2)).run()
    explorer = held(found)
    assert found.behaviours()
    del found
    assert explorer() is None


def test_what_was_made_without_the_collector_is_old_to_it() -> None:
    with no_collector():
        made: list[object] = [[]]
    young = [id(one) for generation in (0, 1) for one in gc.get_objects(generation)]
    assert id(made[0]) not in young
    assert id(made[0]) in [id(one) for one in gc.get_objects(2)]


def test_what_somebody_has_frozen_stays_so() -> None:
    gc.freeze()
    try:
        with no_collector():
            pass
        assert gc.get_freeze_count()
    finally:
        gc.unfreeze()
