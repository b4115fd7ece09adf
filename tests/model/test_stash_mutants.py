"""Every mutant of the stash is found within the smallest bounds, and the engine without it passes there."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from lockedroom.model.loader import NotApplicable
from lockedroom.model.mutant import Mutant
from lockedroom.model.stash import PROPERTIES, Bounds, Logic, stash_subject
from lockedroom.model.stash_mutants import BY_NAME, MUTANTS
from lockedroom.model.subjects import SubjectReport, check_subject
from lockedroom.model.validator import confirm
from lockedroom.reference.stash.profile import HARDENED
from lockedroom.spec.registry import clauses


def explored(bounds: Bounds, logic: Logic) -> SubjectReport:
    return check_subject(stash_subject(bounds, HARDENED, PROPERTIES, logic), "stash", {})


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_mutant_is_found(mutant: Mutant[Bounds, Logic]) -> None:
    found = explored(mutant.bounds, mutant.logic()).shown(mutant.violates)
    assert found is not None and found.property == mutant.violates
    confirm(stash_subject(mutant.bounds, HARDENED, PROPERTIES, mutant.logic()), found)


@pytest.mark.parametrize("bounds", sorted({one.bounds for one in MUTANTS} - {Bounds(2, 3, 1)}, key=str), ids=str)
def test_the_engine_passes_where_mutants_fail(bounds: Bounds) -> None:
    """The largest of these bounds are those of `verify stash`."""
    assert check_subject(stash_subject(bounds), "stash", {}).verdict == "holds"


@pytest.mark.full
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_smaller_bounds_do_not_suffice(mutant: Mutant[Bounds, Logic]) -> None:
    for name, value in asdict(mutant.bounds).items():
        try:
            smaller = replace(mutant.bounds, **{name: value - 1})
        except ValueError:  # there are no such bounds
            continue
        report = explored(smaller, mutant.logic())
        assert mutant.violates not in {one.property for one in report.exploration.violations}, name


def test_each_has_a_name_and_a_clause_and_every_property_has_one() -> None:
    assert len(MUTANTS) >= 15 and len(BY_NAME) == len(MUTANTS) == len({one.patches for one in MUTANTS})
    assert {one.breaks for one in MUTANTS} <= set(clauses())
    assert {one.violates for one in MUTANTS} == set(PROPERTIES)


def test_a_mistake_in_a_class_is_an_error() -> None:
    """Classes are shared with the reference, so it would be lost."""
    patches = (("transitions", "return 0 if self.newest is None", "return 1 if self.newest is None"),)
    with pytest.raises(NotApplicable, match="a class of transitions"):
        replace(MUTANTS[0], patches=patches).logic()
