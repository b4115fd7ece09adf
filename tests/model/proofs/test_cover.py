"""The cover has every memo entry in it that an explorer uses; a mistake that it is shown is a step that is none."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import replace
from itertools import count
from typing import cast

import pytest

from lockedroom.model.proofs.formula import FALSE, Atom, Var
from lockedroom.model.proofs.segment.cover import _SHOWN, REPEATED, Cover, Record, unfit, unstable
from lockedroom.model.proofs.segment.covered import Covered, covered
from lockedroom.model.proofs.segment.refinement import Refinement
from lockedroom.model.proofs.segment.slots import MAPPED
from lockedroom.model.proofs.system import Update
from lockedroom.model.report import Judgement
from lockedroom.model.segment import answers
from lockedroom.model.segment.answers import Asking, Every, Question, Read
from lockedroom.model.segment.bounds import Bounds, Setting
from lockedroom.model.segment.disclosure import DISCLOSE, between
from lockedroom.model.segment.engine import stay_of
from lockedroom.model.segment.intruder import SEEN
from lockedroom.model.segment.knowledge import INTRUDER
from lockedroom.model.segment.ledger import Ledger
from lockedroom.model.segment.machine import ledger, segment_machine
from lockedroom.model.tabulated.explorer import Tabulated
from lockedroom.reference.machine import Action, Outcome, Rejected, Slot
from lockedroom.reference.segment.effects import ACL, member
from lockedroom.reference.segment.state import Member
from lockedroom.reference.segment.store import Cell

SMALL = Bounds(2, 1, 1, intruder=1)
TWICE = Bounds(2, 1, 2, intruder=1)
MORE = Bounds(2, 2, 1, intruder=1)
THREE = Bounds(3, 0, 1, intruder=1)
ALONE = Bounds(2, 1, 1)
HONEST = Bounds(2, 2, 2)


def closed(bounds: Bounds) -> Cover:
    """The cover, made in this process. It is asserted that no step of it is none."""
    cover = Cover(bounds)
    while stale := cover.stale():
        for part in (cover.looked(stale), cover.hostile()):
            assert not part.fault
            cover.learn(part)
    return cover


class Within:
    """Looks of every step of an exploration whether a cover has it; counts them."""

    def __init__(self, cover: Cover) -> None:
        self.cover = cover
        self.judge = Refinement(cover.bounds)
        self.steps = self.intruder = 0
        self.missing: list[str] = []

    def __call__(
        self, action: Action, values: tuple[Hashable, ...], outcome: Outcome
    ) -> Iterable[tuple[str, Judgement]]:
        if action.actor == INTRUDER:
            self.intruder += 1
            there = self.tried(action, values) and (action.operation == DISCLOSE or self.left(action, outcome))
        else:
            self.steps += 1
            there = self.taken(action, values, outcome)
        verdict = self.judge.verdict(action, values, outcome)
        return [("covered", (there and not verdict.fault) or f"{action}: {outcome}, {verdict.fault}")]

    def taken(self, action: Action, values: tuple[Hashable, ...], outcome: Outcome) -> bool:
        """A step of a member."""
        slots = dict(zip(action.reads, values, strict=True))
        me = cast(Member, slots[member(action.actor)])
        bound = self.cover.step_of(action)
        assert bound is not None, f"no step of the cover is {action}"
        books = slots.get(ledger(action.actor))
        joins = [books.joins] if isinstance(books, Ledger) else range(self.cover.bounds.joins + 1)
        asked = Read(slots, self.cover.capacity, {})
        for joined in joins:
            result = bound.run(me, joined + 1 if action.operation == "join" else stay_of(me), asked)
            assert outcome.clause == (result.clause if isinstance(result, Rejected) else None)
            if outcome.writes is not None and not self.cover.within(bound, me, joined):
                continue
            if self.cover.holds(bound, (action.actor, me, joined), asked.given):
                return True
        return False

    def tried(self, action: Action, values: tuple[Hashable, ...]) -> bool:
        """A step of the intruder, with each record that it has seen: on what it looks at of each slot."""
        seen = cast(frozenset[Record], values[action.reads.index(SEEN)])
        if action.operation == DISCLOSE:
            one, other = (str(name) for _, name in action.arguments)
            apart = [(0, frozenset({record}), *values[2:]) for record in seen if between(record, one, other)]
        else:
            slots = zip(action.reads[3:], values[3:], strict=True)
            first = [self.looked_at(action.operation, slot, value) for slot, value in slots]
            apart = [(0, frozenset(), frozenset(), *first)]
            if action.operation != "extend list":
                first = [() if slot == ACL else value for slot, value in zip(action.reads[3:], first, strict=True)]
            wanted = REPEATED.get(action.operation, ())
            apart += [(0, frozenset(), frozenset({one}), *first) for one in seen if isinstance(one, wanted)]
        return all((action.operation, action.arguments, one) in self.cover._tried for one in apart)

    def looked_at(self, operation: str, slot: Slot, value: Hashable) -> Hashable:
        """What it does not look at is left out."""
        if isinstance(value, Cell):
            return replace(value, posts=value.posts[:1] if operation == "withdraw" else ())
        if slot.kind == "inbox":
            return cast(tuple[Hashable, ...], value)[:1] if operation == "drop" else ()
        return value

    def left(self, action: Action, outcome: Outcome) -> bool:
        """What the intruder puts into the store can be answered."""
        assert outcome.writes is not None
        can = self.cover.answers.of
        for slot, value in zip(action.writes, outcome.writes, strict=True):
            if slot.kind == "header" and value not in can[answers.HEADER]:
                return False
            if slot.kind == "acl" and value not in can[answers.LIST]:
                return False
            if slot.kind == "inbox" and not set(cast(tuple[Hashable, ...], value)) <= set(
                can[answers.first(slot.owner, slot.part)]
            ):
                return False
            if isinstance(value, Cell) and (
                value.announcement not in can[answers.announcement(slot.part)]
                or not set(value.posts) <= set(can[answers.standing(slot.part)])
            ):
                return False
        return True


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    "bounds",
    [
        SMALL,
        ALONE,
        THREE,
        *(pytest.param(one, marks=pytest.mark.full) for one in (TWICE, MORE, HONEST, Bounds(3, 1, 1))),
    ],
    ids=str,
)
def test_every_memo_entry_of_an_exploration_is_in_the_cover(bounds: Bounds) -> None:
    within = Within(closed(bounds))
    found = Tabulated(segment_machine(Setting(bounds)), within, jobs=1).run()
    assert (found.violations, found.complete) == ((), True)
    assert within.steps + within.intruder > 500


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_what_is_explored_of_larger_bounds_is_in_the_cover() -> None:
    """Three members, messages and an intruder, who takes what two have said to a third: as far as half a million
    states."""
    within = Within(closed(Bounds(3, 1, 1, intruder=1)))
    found = Tabulated(segment_machine(Setting(within.cover.bounds)), within, jobs=1).run(state_limit=500_000)
    assert found.violations == () and found.states >= 500_000
    assert within.steps > 10_000 and within.intruder > 10_000


@pytest.mark.parametrize("question", [answers.HEADER, answers.LIST, answers.first("bob", "alice")], ids=str)
def test_an_answer_that_is_missing_is_noticed(question: Question) -> None:
    cover = closed(SMALL)
    cover.answers.of[question].pop()
    found = Tabulated(segment_machine(Setting(SMALL)), Within(cover), jobs=1).run()
    assert [one.property for one in found.violations] == ["covered"]


def test_a_private_state_that_is_missing_is_noticed() -> None:
    cover = closed(SMALL)
    cover.privates.pop(next(one for one in cover.privates if one[1].presence is not None))
    found = Tabulated(segment_machine(Setting(SMALL)), Within(cover), jobs=1).run()
    assert [one.property for one in found.violations] == ["covered"]


def test_what_the_intruder_does_with_several_records_is_what_it_does_with_each() -> None:
    looked = 0

    def judged(action: Action, values: tuple[Hashable, ...], outcome: Outcome) -> Iterable[tuple[str, Judgement]]:
        nonlocal looked
        if action.actor != INTRUDER or action.operation == DISCLOSE:
            return []
        at = action.reads.index(SEEN)
        seen = cast(frozenset[Hashable], values[at])
        if len(seen) < 2:
            return []
        looked += 1
        each = {frozenset[Hashable](), *(frozenset((one,)) for one in seen)}
        apart = {one.writes for few in each for one in action.run((*values[:at], few, *values[at + 1 :]))}
        return [("each", outcome.writes in apart or f"{action}: {outcome.label}")]

    assert Tabulated(segment_machine(Setting(SMALL)), judged, jobs=1).run().violations == ()
    assert looked > 100


def test_each_way_to_answer_is_taken_once() -> None:
    found, whole = covered(SMALL, jobs=1), closed(SMALL)
    again = whole.looked([(private, {}) for private in whole.privates])
    whole._tried.clear()
    intruder = whole.hostile()
    assert found.total == found.transitions == again.ways + intruder.ways
    assert set(again.privates) <= set(whole.privates)
    assert all(answer in whole.answers.of[question] for question, answer in {**again.answers, **intruder.answers})


def test_it_refines_and_says_how_much_that_is() -> None:
    found = covered(SMALL, jobs=1)
    assert (found.verdict, found.exit_code, found.reason) == ("refines", 0, "")
    told = found.to_json()
    assert told["judged"] == "ways to answer" and told["total"] == sum(
        sum(those.values()) for those in found.counts.values()
    )
    assert found.answers["headers"] == 4
    assert {"accept", "send", "receive", "publish", "read", "disclose"} <= set(found.actions) - set(found.never)


def test_two_processes_find_what_one_finds() -> None:
    one, two = covered(SMALL, jobs=1), covered(SMALL, jobs=2)
    assert (one.counts, one.states, one.answers) == (two.counts, two.states, two.answers)


@pytest.mark.parametrize(
    "mistake",
    ["accept does not verify the signature", "one master key for all peers", "leaving forgets nothing"],
)
def test_a_mistake_is_a_step_that_is_none(mistake: str) -> None:
    found = covered(SMALL, mistake, jobs=1)
    assert (found.verdict, found.exit_code) == ("incomplete", 4)
    assert found.fault and "no run" in found.reason


def test_a_mistake_that_asks_what_nobody_answers_is_told() -> None:
    """It closes sessions though nobody was revoked, and for that looks at all that lies in its inbox."""
    found = covered(SMALL, "a review closes sessions with everybody", jobs=1)
    assert (found.verdict, found.exit_code, found.fault) == ("incomplete", 4, "")
    assert "it is asked what lies in the inbox of alice, which only closing asks" in found.reason


@pytest.mark.parametrize("budget", ["rotations", "revocations", "crashes", "insider"])
def test_bounds_without_a_cover_are_refused(budget: str) -> None:
    bounds = Bounds(3, 1, 1, **{"intruder": 1, budget: 1})
    assert budget in unfit(bounds)
    with pytest.raises(ValueError, match=budget):
        Cover(bounds)
    assert "more than one step" in unfit(Bounds(2, 1, 1, intruder=2)) and not unfit(SMALL)


def test_the_system_is_one_that_can_be_judged_by_the_least_store() -> None:
    system = Refinement(SMALL).system
    assert unstable(system) == ""
    assert {"made_master"} == _SHOWN & MAPPED
    taken = replace(system.action("open_post"), updates=(Update("", "known_post", (Var("P", "post"),), FALSE),))
    assert unstable(replace(system, actions=(taken, system.action("read")))) == "open_post takes known_post away"
    read = replace(system.action("read"), updates=system.action("open_post").updates)
    asks = replace(read, guards=(replace(read.guards[0], formula=Atom("known_body", ())),))
    assert unstable(replace(system, actions=(asks,))) == "read changes known_body"


def test_an_interrupted_cover_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = count()

    def interrupted(self: Cover) -> object:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return original(self)

    original = Cover.hostile
    monkeypatch.setattr(Cover, "hostile", interrupted)
    found = covered(SMALL, jobs=1)
    assert (found.verdict, found.reason, found.exit_code) == ("incomplete", "interrupted", 4)
    assert found.total > 0 and isinstance(found, Covered)


def test_a_limit_of_time_is_kept_to() -> None:
    found = covered(SMALL, jobs=1, time_limit=0.01)
    assert found.verdict == "incomplete" and "time limit" in found.reason


class _Counted:
    def __init__(self) -> None:
        self.given: list[tuple[object, ...]] = []

    def run(self, asking: Asking) -> Rejected[Member]:
        first = asking.answer(("alive", "a"))
        self.given.append((first, asking.answer(("first", "a", "b"))) if first else (first,))
        return Rejected("SEG-WHO-3", "nothing")


def test_answers_that_are_known_are_not_tried_again() -> None:
    """Of a run nothing but what is new: the last question's new answers, and all with a new one before it."""

    def able(question: Question) -> tuple[list[object], int]:
        return ([True, False], 2) if question[0] == "alive" else ([1, 2, 3], 2)

    counted = _Counted()
    every = Every(able)
    assert sum(1 for _ in every.runs(counted.run, anew=False)) == 1
    assert counted.given == [(True, 3), (False,)]


@pytest.mark.full
@pytest.mark.timeout(3 * 3600)
@pytest.mark.parametrize("bounds", [Bounds(3, 1, 1, intruder=1), Bounds(3, 2, 1, intruder=1)], ids=str)
def test_three_members_refine_whose_states_nobody_can_count(bounds: Bounds) -> None:
    found = covered(bounds)
    assert (found.verdict, found.fault, found.complete) == ("refines", "", True)
    assert found.total > 2_000_000
