"""The stash's engine takes steps of what is proved, and of nothing that is proved less."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lockedroom.model.explore import Explorer
from lockedroom.model.proofs import refined
from lockedroom.model.proofs.refined import REFUSED
from lockedroom.model.proofs.scope import Outside
from lockedroom.model.proofs.stash.refined import BOUNDS, MISTAKES, OUTSIDE, by_edges, by_entries
from lockedroom.model.proofs.stash.refinement import Refinement
from lockedroom.model.proofs.stash.scope import TRANSITIONS
from lockedroom.model.proofs.stash.whole import stash
from lockedroom.model.stash import Bounds, stash_subject
from lockedroom.model.stash_mutants import BY_NAME

SMALL = Bounds(2, 1, 1)


@pytest.mark.parametrize("bounds", [SMALL, pytest.param(BOUNDS, marks=pytest.mark.full)], ids=str)
def test_every_memo_entry_is_a_step(bounds: Bounds) -> None:
    found = by_entries(bounds, jobs=1)
    assert (found.verdict, found.fault) == ("refines", "")
    assert found.total == Explorer(stash_subject(bounds).machine).run().entries
    for operation, place in TRANSITIONS.items():
        assert not isinstance(place, Outside)
        assert set(found.counts[operation]) <= {*place, REFUSED}, operation
    assert set(found.never) <= {"replace", "purge", "alter", "open", "guess", "disclose"}


def test_every_edge_between_whole_states_is_a_step() -> None:
    edges, entries = by_edges(SMALL), by_entries(SMALL, jobs=1)
    assert (edges.verdict, edges.fault, edges.states) == ("refines", "", entries.states)
    assert {op: set(those) for op, those in edges.counts.items()} == {
        op: set(those) for op, those in entries.counts.items()
    }


@pytest.mark.parametrize(
    ("action", "update", "said"),
    [
        ("read", "newest(h, S) := S = r", "holds after it, and read does not say so"),
        ("write", "used(c_fresh(r_cipher(r))) := true", "holds after it, and write does not say so"),
        ("drop", "lies(l, S) := false", "does not hold after it, and drop leaves it"),
    ],
)
def test_a_system_that_does_less_than_the_engine_is_not_refined(action: str, update: str, said: str) -> None:
    system = stash()
    old = system.action(action)
    less = replace(old, updates=tuple(one for one in old.updates if one.text != update))
    assert less != old
    judge = Refinement(system=system.replacing(less))
    found = refined.by_entries(stash_subject(SMALL).machine, judge, SMALL, jobs=1)
    assert found.verdict == "does not refine" and said in found.fault


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if BY_NAME[name].bounds.writes == 1 else pytest.mark.full)
        for name in MISTAKES.caught
    ],
)
def test_a_mistake_is_no_step(name: str) -> None:
    found = MISTAKES.refined(name, None)
    assert (found.verdict, bool(found.fault), bool(found.path)) == ("does not refine", True, True)


@pytest.mark.parametrize("name", OUTSIDE)
def test_what_need_not_be_caught_is_not(name: str) -> None:
    assert by_entries(BY_NAME[name].bounds, BY_NAME[name].logic(), jobs=1).verdict == "refines"
