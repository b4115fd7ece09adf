"""Every mutant is found: it violates its property, and the engine without it passes where it fails."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.loader import LOGIC, NotApplicable, mutated
from lockedroom.model.segment.mutants import BY_NAME, MUTANTS, Mutant
from lockedroom.model.segment.mutants.unseen import UNSEEN, Unseen
from lockedroom.model.segment.properties import PROPERTIES
from lockedroom.model.verdict import CheckReport, check
from lockedroom.spec.registry import clauses
from tests.samples import one_of
from tests.tree import ROOT

STEPS = json.loads(Path(__file__).with_name("mutants.json").read_text(encoding="utf-8"))
"""How long the shortest counterexample of each is."""
LONG = {
    "a receiver counts records, not numbers",
    "what is past is forgotten",
}
"""Those that take seconds: by `make full`."""


def shortest(report: CheckReport) -> dict[str, int]:
    """The properties that are violated, each with the length of the shortest way there."""
    violations = [violation for phase in report.phases for violation in phase.exploration.violations]
    return {found.property: len(found.path) for found in violations}


def found(mutant: Mutant) -> None:
    report = check("segment", mutant.bounds, logic=mutant.logic())
    assert report.verdict == "violated" and report.counterexample is not None
    assert shortest(report).get(mutant.violates) == len(report.counterexample.path) == STEPS[mutant.name]


@pytest.mark.parametrize("mutant", [one for one in MUTANTS if one.name not in LONG], ids=lambda mutant: mutant.name)
def test_the_mutant_is_found(mutant: Mutant) -> None:
    found(mutant)


@pytest.mark.full
@pytest.mark.parametrize("name", sorted(LONG))
def test_the_mutant_is_found_in_many_states(name: str) -> None:
    found(BY_NAME[name])


def test_the_sample_that_ci_takes_is_stated() -> None:
    said = " ".join((ROOT / "spec" / "reports.md").read_text(encoding="utf-8").split())
    assert f"each of the {len(MUTANTS)} known mutants" in said
    assert f"{len(MUTANTS) - len(LONG)} of the {len(MUTANTS)} mutants" in said


SMALL = {one.bounds for one in MUTANTS if one.bounds.members < 3 and one.name not in LONG}
LARGE = {one.bounds for one in MUTANTS} - SMALL


@pytest.mark.parametrize("bounds", one_of(2, sorted(SMALL, key=str)))
def test_the_engine_passes_where_mutants_fail(bounds: Bounds) -> None:
    report = check("segment", bounds)
    assert report.verdict == "holds", report.counterexample


@pytest.mark.full
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("bounds", sorted(LARGE, key=str), ids=str)
def test_the_engine_passes_in_many_states(bounds: Bounds) -> None:
    test_the_engine_passes_where_mutants_fail(bounds)


@pytest.mark.full
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_smaller_bounds_do_not_suffice(mutant: Mutant) -> None:
    for name, value in asdict(mutant.bounds).items():
        try:
            smaller = replace(mutant.bounds, **{name: value - 1})
        except ValueError:  # there are no such bounds
            continue
        if mutant.bounds.settled and not smaller.settled and smaller.members == mutant.bounds.members:
            continue  # without an insider grants come at any time, which is more and not less
        report = check("segment", smaller, logic=mutant.logic(), time_limit=20)
        assert mutant.violates not in shortest(report), name


def test_there_are_many_and_each_has_a_name_and_a_clause_of_its_own() -> None:
    assert len(MUTANTS) >= 100 and len(BY_NAME) == len(MUTANTS) == len(STEPS)
    assert len({one.patches for one in MUTANTS}) == len(MUTANTS)
    assert {one.breaks for one in MUTANTS} <= set(clauses())


def test_every_property_has_a_mutant() -> None:
    assert {mutant.violates for mutant in MUTANTS} == {found.name for found in PROPERTIES}


def test_a_mutant_that_does_not_match_is_an_error() -> None:
    with pytest.raises(NotApplicable, match="0 times"):
        mutated("nowhere", (("acl", "no such line", ""),))
    with pytest.raises(NotApplicable, match="no module of logic"):
        mutated("data", (("records", "MAGIC", "MAGIC"),))


@pytest.mark.full
@pytest.mark.parametrize("change", UNSEEN, ids=lambda change: change.name)
def test_what_is_no_mutant_is_seen_by_nothing(change: Unseen) -> None:
    """A property that has come to see one makes it a mutant."""
    report = check("segment", change.bounds, logic=change.logic())
    assert report.verdict == "holds", report.counterexample
    assert change.touches in clauses() and change.name not in BY_NAME


def test_every_module_of_logic_is_a_private_copy() -> None:
    """A copy that imported the reference's own logic would run without the mistake there."""
    logic = mutated("nothing is changed", ())
    seen: set[str] = set()
    waiting = [logic.perform.__globals__]
    while waiting:
        for value in waiting.pop().values():
            if isinstance(value, FunctionType | ModuleType):
                home = value.__globals__ if isinstance(value, FunctionType) else vars(value)
                name = str(home["__name__"])
                if name not in seen and name.startswith(("lockedroom.reference.segment.", "lockedroom.model.")):
                    seen.add(name)
                    waiting.append(home)
    assert not {f"lockedroom.reference.segment.{part}" for part in LOGIC} & seen
    assert sum("nothing_is_changed" in name for name in seen) == len(LOGIC)
