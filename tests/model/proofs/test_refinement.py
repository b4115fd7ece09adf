"""The engine's steps are steps of what is proved; a step that is none is caught, by its memo entry and by whole
states."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import replace

import pytest

from lockedroom.model.explore import Explorer
from lockedroom.model.proofs.formula import Var
from lockedroom.model.proofs.refined import BEYOND, REFINES, REFUSED, STUTTER, Refined, Verdict, judging
from lockedroom.model.proofs.scope import Outside
from lockedroom.model.proofs.segment.mistakes import CAUGHT, OUTSIDE, WITHIN, refined
from lockedroom.model.proofs.segment.refined import by_edges, by_entries
from lockedroom.model.proofs.segment.refinement import Refinement, idle
from lockedroom.model.proofs.segment.scope import TRANSITIONS
from lockedroom.model.proofs.segment.whole import segment
from lockedroom.model.proofs.system import System
from lockedroom.model.report import Judgement
from lockedroom.model.segment.bounds import VERIFY, Bounds, Setting
from lockedroom.model.segment.knowledge import INTRUDER
from lockedroom.model.segment.machine import segment_machine
from lockedroom.model.segment.mutants import BY_NAME, MUTANTS, Mutant
from lockedroom.model.segment.properties import PROPERTIES
from lockedroom.model.tabulated.explorer import Tabulated
from lockedroom.reference.machine import Action, Outcome, Slot
from lockedroom.reference.segment.events import Left

INTRUDED = Bounds(2, 1, 1, intruder=1)
INSIDER = Bounds(3, 0, 1, intruder=1, insider=1)
WHOLE = Bounds(2, 1, 1)
SMALL = Bounds(2, 0, 1, intruder=1)
ROTATING = Bounds(2, 0, 1, rotations=1)
REVOKING = Bounds(2, 0, 1, revocations=1)

SAMPLE = {
    "accept does not verify the signature": "accept requires known_exchange(h_key(f), x) (SEG-ACCEPT-4)",
    "one master key for all peers": "made_master",
    "leaving forgets nothing": "joined(fresh(alice, 1, incarnation)) holds after it, and leave does not say so",
    "the revoked may join": "join requires current(of(i), e)",
    "a review closes nothing": "-> chosen(c, N, J) (SEG-REVIEW-2), which does not hold",
    "the creator goes by the list that it finds": "state requires",
    "a revocation leaves rights": "signs another entry than it is asked for",
    "entries are signed for no segment": "create requires h_segment(h) = s (SEG-HEADER-7)",
}
"""Mistakes of every kind, and what is said of the step that shows each."""


def tried(bounds: Bounds, system: System) -> str:
    """What is wrong with the engine's steps in another system; nothing: they are its steps."""
    found = Tabulated(segment_machine(Setting(bounds)), judging(Refinement(bounds, system)), jobs=1).run()
    wrong = [one.message for one in found.violations if one.property == REFINES]
    return wrong[0] if wrong else ""


@pytest.mark.parametrize(
    ("bounds", "taken"),
    [
        (INTRUDED, ("state", "accept", "send", "receive", "publish", "read", "encapsulate", "disclose")),
        (INSIDER, ("decapsulate", "seal", "read_proposal", "seal_post")),
        (ROTATING, ("rotate", "acknowledge", "read_proposal", "read_control")),
        (REVOKING, ("review", "state")),
    ],
    ids=str,
)
def test_every_memo_entry_is_a_step(bounds: Bounds, taken: tuple[str, ...]) -> None:
    found = by_entries(bounds, jobs=1)
    assert (found.verdict, found.fault) == ("refines", "")
    assert found.total == Explorer(segment_machine(Setting(bounds))).run().entries
    assert [name for name in taken if name in found.never] == []
    assert found.exit_code == 0 and 0 < found.stutters < found.total
    for operation, place in TRANSITIONS.items():
        acts = {name for told in found.counts.get(operation, ()) for name in told.split(", ")}
        allowed = () if isinstance(place, Outside) else place
        assert acts <= {*allowed, "place_exchange", "place_message", STUTTER, REFUSED, BEYOND}, operation


@pytest.mark.parametrize(
    "bounds",
    [SMALL, *(pytest.param(one, marks=pytest.mark.full) for one in (REVOKING, ROTATING, INSIDER, INTRUDED))],
    ids=str,
)
def test_every_edge_between_whole_states_is_a_step(bounds: Bounds) -> None:
    found = by_edges(bounds)
    assert (found.verdict, found.fault) == ("refines", "")
    entries = by_entries(bounds, jobs=1)
    assert (found.states, found.depth, found.total >= entries.total) == (entries.states, entries.depth, True)
    assert {op: set(those) for op, those in found.counts.items()} == {
        op: set(those) for op, those in entries.counts.items()
    }


@pytest.mark.parametrize("name", SAMPLE)
def test_a_mistake_is_no_step(name: str) -> None:
    mutant = BY_NAME[name]
    by_entry = by_entries(mutant.bounds, mutant.logic(), jobs=1)
    by_edge = by_edges(mutant.bounds, mutant.logic())
    for found in (by_entry, by_edge):
        assert (found.verdict, found.exit_code) == ("does not refine", 1)
        assert SAMPLE[name] in found.fault
        assert len(found.path) == len(by_entry.path)


@pytest.mark.full
@pytest.mark.parametrize("mutant", CAUGHT, ids=lambda mutant: mutant.name)
def test_every_mistake_that_is_to_be_caught_is(mutant: Mutant) -> None:
    found = refined(mutant)
    assert found.verdict == "does not refine" and found.path[-1].action.operation in found.fault
    if found.bounds.members < 3:
        by_edge = by_edges(found.bounds, mutant.logic())
        assert (by_edge.verdict, len(by_edge.path)) == (found.verdict, len(found.path))


@pytest.mark.full
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    "bounds", [VERIFY, Bounds(3, 1, 1, intruder=1, insider=1), Bounds(2, 2, 1, intruder=1)], ids=str
)
def test_every_memo_entry_within_larger_bounds_is_a_step(bounds: Bounds) -> None:
    """With 3 members, 1 message, 1 join and no intruder, the largest that are explored in minutes."""
    found = by_entries(bounds)
    assert (found.verdict, found.fault, found.complete) == ("refines", "", True)
    assert found.total > 80_000


@pytest.mark.full
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_edges_and_memo_entries_give_one_verdict_on_every_mistake(mutant: Mutant) -> None:
    logic = mutant.logic()
    by_entry, by_edge = by_entries(WHOLE, logic, jobs=1), by_edges(WHOLE, logic)
    assert by_entry.verdict == by_edge.verdict != "incomplete"
    assert len(by_entry.path) == len(by_edge.path)


@pytest.mark.parametrize("bounds", [INTRUDED, INSIDER], ids=str)
def test_a_step_that_is_called_idle_is_checked_to_be_nothing(bounds: Bounds) -> None:
    """The short way gives what the long one gives."""
    judge, called = Refinement(bounds), [0, 0]

    def judged(action: Action, values: tuple[Hashable, ...], outcome: Outcome) -> Iterable[tuple[str, Judgement]]:
        found = idle(action, values, outcome) and (outcome.writes is not None or bool(outcome.events))
        called[found] += 1
        long = judge.check(action, values, outcome, dict(zip(action.reads, values, strict=True))) if found else None
        return [("idle", long in (None, Verdict()) or f"{action}: {long}")]

    assert Tabulated(segment_machine(Setting(bounds)), judged, jobs=1).run().violations == ()
    assert called[True] > 100 and called[False] > 100


def test_a_step_that_changes_or_says_something_is_not_idle() -> None:
    took = Action("receive", "alice", (), (Slot("inbox", "alice", "bob"), Slot("member", "alice")), (), lambda _: ())
    took = replace(took, writes=took.reads)
    assert idle(took, ((1, 2), "was"), Outcome(((2,), "was"), "SEG-RECEIVE-5"))
    assert not idle(took, ((1, 2), "was"), Outcome(((2,), "is"), "SEG-RECEIVE-5"))
    assert not idle(took, ((1, 2), "was"), Outcome(((1, 2, 3), "was"), "SEG-RECEIVE-5"))
    assert not idle(took, ((1, 2), "was"), Outcome(((2,), "was"), None, (Left(),)))
    assert not idle(replace(took, actor=INTRUDER), ((1, 2), "was"), Outcome(((2,), "was")))


def test_what_need_not_be_caught_has_its_reason() -> None:
    assert set(OUTSIDE) == {one.name for one in PROPERTIES if one.store == "honest"}
    assert {mutant.name for mutant in CAUGHT} | {m.name for m in MUTANTS if m.violates in OUTSIDE} == set(BY_NAME)
    assert set(WITHIN) <= {mutant.name for mutant in CAUGHT}


def test_a_step_that_reaches_what_is_not_seen_is_none() -> None:
    """An update of the abstract system that changes what another member's slot decides."""
    system = segment()
    join = system.action("join")
    ends = next(update for update in system.action("leave").updates if update.relation == "joined")
    wrong = replace(ends, pattern=(Var("J", "incarnation"),))
    said = tried(SMALL, system.replacing(replace(join, updates=(wrong, *join.updates))))
    assert "which is not seen" in said


def test_a_system_that_does_less_is_not_refined() -> None:
    """The check can fail for every update that members see: without it some step is none."""
    system = segment()
    missed = []
    for action, relation in (
        ("join", "joined"),
        ("verify", "seen"),
        ("verify", "current"),
        ("exchange", "known_exchange"),
        ("exchange", "epoch"),
        ("exchange", "trusted"),
        ("accept", "session"),
        ("leave", "joined"),
    ):
        old = system.action(action)
        kept = tuple(update for update in old.updates if update.relation != relation)
        assert len(kept) == len(old.updates) - 1
        if not tried(SMALL, system.replacing(replace(old, updates=kept))):
            missed.append((action, relation))
    assert missed == []


def test_a_system_that_does_more_is_not_refined() -> None:
    system = segment()
    reap = system.action("reap")
    wrong = next(update for update in system.action("leave").updates if update.relation == "joined")
    assert tried(Bounds(2, 0, 1, crashes=1), system.replacing(replace(reap, updates=(*reap.updates, wrong))))


def test_what_the_intruder_cannot_know_it_cannot_put_there() -> None:
    system = segment()
    for name, says in (("forge_exchange", "no way to known_exchange"), ("encapsulate", "no way to known_capsule")):
        without = replace(system, actions=tuple(action for action in system.actions if action.name != name))
        assert says in tried(SMALL, without)


def test_what_ends_early_is_not_complete() -> None:
    found: Refined = by_edges(INTRUDED, time_limit=0.0)
    assert (found.verdict, found.exit_code) == ("incomplete", 4)
    assert found.to_json()["reason"] == "the time limit of 0 s"


def test_what_is_interrupted_says_how_far_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [0]

    def verdict(self: Refinement, *step: object) -> Verdict:
        asked[0] += 1
        if asked[0] > 60:
            raise KeyboardInterrupt
        return Verdict()

    monkeypatch.setattr(Refinement, "verdict", verdict)
    edges = by_edges(INTRUDED)
    assert (edges.verdict, edges.reason, edges.total) == ("incomplete", "interrupted", 60)
    assert edges.depth > 0 and edges.to_json()["depth"] == edges.depth
