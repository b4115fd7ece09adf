"""Every mutant is found: it violates its property and no other, and the engine without it passes where it fails."""

from __future__ import annotations

from functools import cache

import pytest

from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.loader import NotApplicable, mutated
from lockedroom.model.segment.mutants import MUTANTS, Mutant
from lockedroom.model.segment.properties import PROPERTIES
from lockedroom.model.verdict import CheckReport, check

STEPS = {
    "any header of the creator will do": 7,
    "accept does not verify the signature": 6,
    "accept takes an exchange a second time": 8,
    "one master key for all peers": 5,
    "the key-encryption key comes from the ciphertext": 5,
    "entries need no signature": 3,
    "what was seen of the list is not remembered": 5,
    "the revoked may join": 4,
    "what the revoked send later is read": 10,
    "a sequence number may come again": 10,
    "the sequence goes by what was received": 8,
    "both sides publish under the same nonces": 8,
    "reaping empties the inbox of the living": 6,
    "a review forgets what lies there": 10,
    "a right that came and went between two reviews was none": 8,
    "an acknowledgement goes out under the old epoch": 10,
    "the living are reaped": 5,
    "leaving withdraws nothing": 3,
    "a multicast stops after its first replica": 9,
    "the last exchange wins": 8,
    "the loser of two rotations sticks to its own": 10,
    "an exchange that crosses one's own is put off": 6,
    "no epoch is numbered above three": 20,
}
"""How long the shortest counterexample of each is."""


@cache
def reference(bounds: Bounds) -> CheckReport:
    return check("segment", bounds)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_mutant_is_found(mutant: Mutant) -> None:
    report = check("segment", mutant.bounds, logic=mutant.logic(), direct=True)
    assert report.verdict == "violated"
    assert [found.name for found in report.properties if found.verdict == "violated"] == [mutant.violates]
    assert report.counterexample is not None
    assert len(report.counterexample.path) == STEPS[mutant.name]


@pytest.mark.parametrize("bounds", sorted({mutant.bounds for mutant in MUTANTS if mutant.bounds.members == 2}, key=str))
def test_the_engine_passes_where_mutants_fail(bounds: Bounds) -> None:
    report = reference(bounds)
    assert report.verdict == "holds", report.counterexample


def test_every_property_that_is_exercised_has_a_mutant() -> None:
    exercised = {found.name for found in PROPERTIES if not found.waits}
    assert {mutant.violates for mutant in MUTANTS} == exercised


def test_a_mutant_that_does_not_match_is_an_error() -> None:
    with pytest.raises(NotApplicable, match="0 times"):
        mutated("nowhere", (("acl", "no such line", ""),))
    with pytest.raises(NotApplicable, match="no module of logic"):
        mutated("data", (("records", "MAGIC", "MAGIC"),))
