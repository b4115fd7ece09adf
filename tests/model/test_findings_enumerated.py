"""Findings: causes are told apart by what removes them, what one hides is found, what is written down is read again."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from lockedroom.model.explore import Explorer
from lockedroom.model.report import Exploration
from lockedroom.model.segment.attacks import Attack, Move, Searched
from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.findings import (
    EXPECTED,
    Cause,
    Finding,
    FindingsReport,
    enumerated,
    judged_in,
    one_search,
    read_findings,
    written_findings,
)
from lockedroom.model.tabulated.explorer import Tabulated
from lockedroom.reference.segment import profile as switch
from lockedroom.reference.segment.profile import AS_WRITTEN

ROOM = Bounds(2, 1, 1)
INTRUDED = Bounds(2, 0, 1, intruder=1)
BINDING, AGREED = "segment binding", "agreement after concurrent exchange or rotation"


class Toy:
    """A description that falls by so many attacks: each has a length, a property, and the defences that remove it."""

    def __init__(self, *attacks: tuple[int, str, Cause]) -> None:
        self.attacks = attacks
        self.asked: list[tuple[str, ...]] = []

    def one(self, bounds: Bounds, on: tuple[str, ...], only: str | None) -> tuple[Searched, Cause]:
        self.asked.append(on)
        left = [one for one in self.attacks if only in (None, one[1]) and not set(on) & set(one[2])]
        if not left:
            return Searched(bounds, True, "", 1, 1, 0.0, None), ()
        length, name, cause = min(left)
        attack = Attack(AS_WRITTEN.having(*on), bounds, name, f"{length}", ())
        return Searched(bounds, False, "", 1, 1, 0.0, attack), cause


def causes(toy: Toy) -> set[Cause]:
    return set(enumerated((ROOM,), one=toy.one).found)


A, B, C = switch.SEQUENCE, switch.TIE_BREAK, switch.ACKNOWLEDGED


def test_what_a_shorter_attack_hides_is_found() -> None:
    assert causes(Toy((3, AGREED, (A,)), (5, AGREED, (B,)), (7, AGREED, (C,)))) == {(A,), (B,), (C,)}


def test_a_cause_whose_defences_are_some_of_anothers_is_found_in_a_later_round() -> None:
    assert causes(Toy((3, AGREED, (A, B)), (5, AGREED, (A,)))) == {(A, B), (A,)}
    assert causes(Toy((3, AGREED, (A, B)), (5, AGREED, (B,)))) == {(A, B), (B,)}


def test_a_cause_that_includes_another_is_found_where_a_property_tells_them_apart() -> None:
    assert causes(Toy((3, AGREED, (A,)), (5, BINDING, (A, B)))) == {(A,), (A, B)}


def test_an_attack_that_no_defence_removes_alone_ends_the_round_and_is_kept() -> None:
    assert causes(Toy((3, AGREED, ()))) == {()}


def test_attacks_of_one_cause_are_one_finding_with_the_shortest_first() -> None:
    found = enumerated((ROOM,), one=Toy((5, BINDING, (A,)), (3, AGREED, (A,))).one).report((ROOM,)).findings
    assert [(one.cause, {name for name, _ in one.also}) for one in found] == [((A,), {BINDING})]


def test_the_description_falls_when_exchanges_cross() -> None:
    found, cause = one_search(ROOM, (), AGREED)
    assert found.attack is not None
    assert (found.attack.length, cause) == (8, (switch.TIE_BREAK,))
    assert found.attack.profile == AS_WRITTEN


def test_with_an_intruder_what_is_promised_in_a_hostile_store_is_judged() -> None:
    assert AGREED in judged_in(ROOM) and AGREED not in judged_in(INTRUDED)
    assert BINDING in judged_in(ROOM) and BINDING in judged_in(INTRUDED)


def test_what_is_written_down_is_read_again() -> None:
    known = enumerated((ROOM,), one=Toy((3, AGREED, (A,)), (5, BINDING, (A, B))).one)
    report = read_findings(json.loads(json.dumps(written_findings(known))))
    assert (*report.findings, *report.beneath) == known.all()
    assert report.ladder == (ROOM,) and len(report.searched) == len(known.searched)


def test_what_is_expected_is_there_or_needs_a_reason() -> None:
    attack = Attack(AS_WRITTEN, ROOM, AGREED, "toy", ())
    marked = tuple(Finding((sorted(one.marks)[0],), attack) for one in EXPECTED)
    whole = FindingsReport(marked, (), (ROOM,), 0.0)
    assert (whole.unexplained, whole.verdict, whole.exit_code) == ((), "accounted", 0)
    assert [len(one.findings) for one in whole.expected()] == [1] * len(EXPECTED)
    bare = FindingsReport((), (), (ROOM,), 0.0)
    assert [one.findings for one in bare.expected()] == [()] * len(EXPECTED)
    assert set(bare.unexplained) == {one for one in EXPECTED if not one.prevented}


def test_a_search_that_was_cut_off_is_no_answer() -> None:
    cut = Searched(ROOM, False, "the time limit of 1 s", 1, 1, 0.0, None)
    report = FindingsReport((), (((), cut),), (ROOM,), 0.0)
    assert (report.verdict, report.exit_code, report.reason) == ("incomplete", 4, "the time limit of 1 s")


def test_an_interrupted_search_interrupts(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Tabulated, **options: object) -> Exploration:
        return replace(Explorer(self.machine).run(state_limit=1), reason="interrupted")

    monkeypatch.setattr(Tabulated, "run", interrupted)
    known = enumerated((ROOM,))
    report = known.report((ROOM,))
    assert known.interrupted and (report.findings, report.verdict, report.reason) == ((), "incomplete", "interrupted")


def test_where_no_single_defence_removes_an_attack_its_property_is_brought_down_otherwise() -> None:
    """Until what brings it down is a cause that one defence removes."""
    joint, known, hidden = (f"{A} + {B}",), (A,), (B,)
    grant, join, review = (Move("alice", name, {}) for name in ("grant", "join", "review"))
    asked: list[tuple[str, ...]] = []

    def one(bounds: Bounds, on: tuple[str, ...], only: str | None) -> tuple[Searched, Cause]:
        left = [] if only not in (None, AGREED) or on else [(AGREED, joint)]
        found = [Attack(AS_WRITTEN, bounds, name, "toy", (grant,)) for name, _ in left]
        return Searched(bounds, not found, "", 1, 1, 0.0, found[0] if found else None), joint if found else ()

    def otherwise(bounds: Bounds, only: str, ignored: tuple[str, ...]) -> tuple[Searched, Cause]:
        asked.append(ignored)
        move, cause = {1: (join, joint), 2: (review, hidden)}[len(ignored)]
        return Searched(bounds, False, "", 1, 1, 0.0, Attack(AS_WRITTEN, bounds, only, "toy", (move,))), cause

    found = enumerated((ROOM,), one=one, otherwise=otherwise).found
    assert asked == [("grant",), ("grant", "join")]
    assert set(found) == {joint, hidden} and known not in found
