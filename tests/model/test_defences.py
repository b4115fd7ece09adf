"""Why each defence is there: rows are computed, pairs are found, and what is committed is what is found."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from lockedroom.model.segment.attacks import Attack, Searched, climb
from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.covers import Cover, Uncovered
from lockedroom.model.segment.defences import DefencesReport, Loss, judge, read_rows, together, written_rows
from lockedroom.reference.segment import profile as switch
from lockedroom.reference.segment.profile import DEFENCES, HARDENED, Defence

ROOM = Bounds(2, 1, 1)


def attack(loss: Loss, length: int = 1) -> Attack:
    return Attack(HARDENED.without(*loss), ROOM, "segment binding", "toy", ())


class Toy:
    """Searches in which these losses, and whatever includes them, admit an attack."""

    def __init__(self, *fatal: frozenset[str]) -> None:
        self.fatal = fatal
        self.searched: list[Loss] = []

    def search(self, loss: Loss, ladder: tuple[Bounds, ...]) -> list[Searched]:
        self.searched.append(loss)
        found = attack(loss) if any(one <= loss for one in self.fatal) else None
        return [Searched(ROOM, found is None, "", 1, 1, 0.0, found)]

    def falls(self, found: Attack, loss: Loss) -> bool:
        return any(one <= loss for one in self.fatal)


A, B, C, D = (one.name for one in DEFENCES[:4])


def test_pairs_and_triples_that_are_missed_are_found() -> None:
    toy = Toy(frozenset({A, B}), frozenset({B, C, D}))
    found = together(frozenset({A, B, C, D}), (ROOM,), toy.search, toy.falls)
    assert set(found) == {frozenset({A, B}), frozenset({B, C, D})}


def test_nothing_is_found_where_nothing_is_missed() -> None:
    toy = Toy()
    assert together(frozenset({A, B, C, D}), (ROOM,), toy.search, toy.falls) == {}
    assert toy.searched == [frozenset({A, B, C, D})]


def test_rows_say_what_each_loss_admits() -> None:
    toy = Toy(frozenset({A}), frozenset({B, C}))
    rows = judge(search=toy.search, falls=toy.falls, ladder=(ROOM,), defences=DEFENCES[:4], reasons={D: "it is cheap"})
    assert [(row.verdict, row.off) for row in rows] == [
        ("attack", (A,)),
        ("attack together", (B, C)),
        ("attack together", (C, B)),
        ("none found", ()),
    ]
    assert rows[3].reason == "it is cheap" and all(row.accounted for row in rows)
    assert DefencesReport(rows, (ROOM,), 0.0).exit_code == 0


def test_one_asked_for_by_itself_is_still_shown_with_another_that_it_is_missed_with() -> None:
    toy = Toy(frozenset({B, C}))
    (row,) = judge((B,), search=toy.search, falls=toy.falls, ladder=(ROOM,), reasons={}, others={B: frozenset({C})})
    assert (row.verdict, row.off, row.accounted) == ("attack together", (B, C), True)
    (row,) = judge((D,), search=toy.search, falls=toy.falls, ladder=(ROOM,), reasons={}, others={B: frozenset({C})})
    assert (row.verdict, row.accounted) == ("none found", False)


def test_one_that_another_covers_for_is_shown_with_it_if_the_other_alone_admits_nothing_there() -> None:
    toy, cover = Toy(frozenset({A})), {B: Cover(A, ROOM), C: Cover(A, ROOM), D: Cover(A, ROOM)}
    fell, held = (Searched(ROOM, found is None, "", 1, 1, 0.0, found) for found in (attack(frozenset({A, B})), None))

    def uncover(name: str) -> Uncovered:
        return {B: Uncovered(fell, held), C: Uncovered(fell, fell), D: Uncovered(held, held)}[name]

    rows = judge(
        search=toy.search,
        falls=toy.falls,
        ladder=(ROOM,),
        defences=DEFENCES[:4],
        reasons={C: "it is cheap", D: "so is this"},
        covers=cover,
        uncover=uncover,
    )
    assert [(row.verdict, row.off) for row in rows[1:]] == [
        ("attack together", (B, A)),
        ("none found", ()),
        ("none found", ()),
    ]
    assert rows[1].beside == f"the loss of {A} alone admits nothing within these bounds" and rows[1].reason == ""
    assert [row.reason for row in rows[2:]] == ["it is cheap", "so is this"]


def test_a_row_without_attack_or_reason_is_not_accounted_for() -> None:
    toy = Toy()
    rows = judge((D,), search=toy.search, falls=toy.falls, ladder=(ROOM,), reasons={})
    assert [row.defence.name for row in rows] == [D] and not rows[0].accounted
    assert DefencesReport(rows, (ROOM,), 0.0).exit_code == 1


def test_a_search_that_was_cut_off_leaves_the_row_without_a_verdict() -> None:
    def cut(loss: Loss, ladder: tuple[Bounds, ...]) -> list[Searched]:
        return [Searched(ROOM, False, "the time limit of 1 s", 1, 1, 0.0, None)]

    (row,) = judge((A,), search=cut, ladder=(ROOM,))
    assert row.verdict == "incomplete" and not row.accounted
    assert DefencesReport((row,), (ROOM,), 0.0).exit_code == 4


def test_a_defence_that_there_is_not_is_an_error() -> None:
    with pytest.raises(KeyError):
        judge(("moat",))


def test_several_processes_find_what_one_finds() -> None:
    ladder = (ROOM, Bounds(2, 1, 1, crashes=1))
    names = (switch.TIE_BREAK, switch.LIFE_LOCKS)
    alone, both = (written_rows(judge(names, ladder=ladder, jobs=jobs)) for jobs in (1, 2))
    assert alone == both
    assert [row["verdict"] for row in alone.values() if isinstance(row, dict)] == ["attack", "attack"]


def test_what_is_written_down_is_read_again() -> None:
    rows = judge((switch.TIE_BREAK,), ladder=(ROOM,))
    written = json.loads(json.dumps(written_rows(rows)))
    (again,) = read_rows(written, [row.defence for row in rows])
    searched = tuple(replace(one, seconds=0.0, attack=None) for one in rows[0].searched)
    assert again == replace(rows[0], searched=searched)
    with pytest.raises(KeyError):
        read_rows(written, [Defence("moat", (), "", "")])


def test_the_hardened_profile_itself_does_not_fall() -> None:
    assert climb(HARDENED, (ROOM,))[-1].attack is None
