"""The committed results: every defence has its row, every attack can be taken, a sample is computed anew.

The sample is the rows and findings that fall within the first bounds of the ladder; `make full` computes all of them.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from lockedroom.model.crew import INTERRUPTED
from lockedroom.model.segment import results
from lockedroom.model.segment.attacks import DESCRIBED, LADDER, Attack, Stale, follow, segment_of
from lockedroom.model.segment.defences import OWN, REASONS, DefencesReport, Row, climbed, committed_rows
from lockedroom.model.segment.findings import Enumeration, Finding, cause_of, committed_findings, one_search
from lockedroom.reference.segment.profile import AS_WRITTEN, DEFENCES, HARDENED

SAMPLE = LADDER[:3]
"""The bounds whose results are computed anew."""


@cache
def rows() -> dict[str, Row]:
    return {row.defence.name: row for row in committed_rows()}


@cache
def findings() -> tuple[Finding, ...]:
    return committed_findings().findings


def attacks() -> dict[str, Attack]:
    of_rows = {name: row.attack for name, row in rows().items() if row.attack is not None}
    return of_rows | {f"finding {number}": one.attack for number, one in enumerate(findings(), start=1)}


def test_every_defence_has_an_attack_or_a_reason() -> None:
    assert list(rows()) == [one.name for one in DEFENCES]
    assert [name for name, row in rows().items() if not row.accounted] == []
    assert DefencesReport(tuple(rows().values()), LADDER, 0.0).verdict == "accounted"


def test_reasons_stand_where_there_is_no_attack_and_nowhere_else() -> None:
    assert set(REASONS) == {name for name, row in rows().items() if row.attack is None}


def test_what_was_searched_is_the_ladder() -> None:
    for name, row in rows().items():
        ladder = (*LADDER, *OWN.get(name, ()))
        assert tuple(found.bounds for found in row.searched) == ladder[: len(row.searched)], name
        assert all(found.complete for found in row.searched[:-1])
        if row.verdict != "attack":
            assert len(row.searched) == len(ladder) and row.searched[-1].complete, name
    assert committed_findings().ladder == DESCRIBED


def test_what_a_reader_expects_is_there_or_explained() -> None:
    report = committed_findings()
    assert report.unexplained == () and report.verdict == "accounted"


@pytest.mark.parametrize("name", [*rows(), *(f"finding {number}" for number in range(1, len(findings()) + 1))])
def test_every_attack_can_be_taken(name: str) -> None:
    attack = attacks().get(name)
    if attack is None:
        assert rows()[name].reason
        return
    run = follow(segment_of(attack.bounds, attack.profile), attack)
    assert run.message == attack.message
    with pytest.raises(Stale):
        follow(segment_of(attack.bounds, HARDENED), attack)


def test_losses_are_no_more_than_an_attack_needs() -> None:
    for name, row in rows().items():
        if row.attack is not None:
            assert row.attack.profile == HARDENED.without(*row.off), name
            assert (row.verdict == "attack") == (row.off == (name,))


def sampled() -> list[str]:
    return [name for name, row in rows().items() if row.attack and len(row.off) == 1 and row.attack.bounds in SAMPLE]


@pytest.mark.parametrize("name", sampled())
def test_a_sample_of_the_rows_is_what_is_found(name: str) -> None:
    row = rows()[name]
    found = climbed(frozenset({name}), SAMPLE)
    assert [one.to_json() for one in found] == [one.to_json() for one in row.searched]
    assert found[-1].attack == row.attack


@pytest.mark.parametrize("one", [one for one in findings() if one.attack.bounds in SAMPLE], ids=lambda one: one.name)
def test_a_sample_of_the_findings_is_what_is_found(one: Finding) -> None:
    on = tuple(sorted(one.attack.profile.defences - AS_WRITTEN.defences))
    found, _ = one_search(one.attack.bounds, on, one.attack.falls)
    assert found.attack is not None and found.attack.length <= one.attack.length
    assert cause_of(one.attack) == one.cause


def test_the_sample_is_one() -> None:
    assert len(sampled()) >= 3


def test_what_is_interrupted_is_not_committed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    row = rows()[DEFENCES[0].name]
    monkeypatch.setattr(results, "HERE", tmp_path)
    monkeypatch.setattr(results, "enumerated", lambda jobs: Enumeration(interrupted=True))
    monkeypatch.setattr(results, "judge", lambda jobs: (replace(row, verdict="incomplete", reason=INTERRUPTED),))
    assert (results.main([]), list(tmp_path.iterdir())) == (130, [])
    monkeypatch.setattr(results, "judge", lambda jobs: (row,))
    assert (results.main([]), [file.name for file in tmp_path.iterdir()]) == (130, ["defences.json"])


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_all_of_it_is_what_is_found() -> None:
    assert results.main(["--check"]) == 0
