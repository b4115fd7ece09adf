"""The segment's proofs: every obligation is proved, and none is vacuous."""

import pytest

from lockedroom.model.proofs.cache import Cache
from lockedroom.model.proofs.counterexample import counterexample, rendered
from lockedroom.model.proofs.obligations import obligations
from lockedroom.model.proofs.prove import Proved, prove, settle
from lockedroom.model.proofs.segment.scope import DEFENCES, TRANSITIONS, Outside, Redundant, told
from lockedroom.model.proofs.segment.whole import segment
from lockedroom.model.segment.defences import committed_rows
from lockedroom.reference.segment.profile import DEFENCES as ALL
from lockedroom.reference.segment.profile import HARDENED
from lockedroom.reference.segment.table import TABLE
from lockedroom.spec.registry import clauses, expanded


def test_every_obligation_is_proved() -> None:
    proved: Proved = prove(segment(), jobs=2)
    assert [(result.obligation.name, result.verdict, result.reason) for result in proved.broken()] == []
    assert proved.verdict == "proved"


def test_every_clause_that_is_named_exists() -> None:
    system, known = segment(), clauses()
    named = {clause for action in system.actions for clause in action.clauses}
    named |= {clause for action in system.actions for guard in action.guards for clause in guard.clauses}
    named |= {clause for claim in (*system.invariants, *system.safety) for clause in claim.clauses}
    assert {clause for one in named for clause in expanded(one)} <= set(known)


def test_every_transition_of_the_engine_has_its_place() -> None:
    assert list(TRANSITIONS) and set(TRANSITIONS) == {transition.operation for transition in TABLE}
    actions = {action.name for action in segment().actions}
    for operation, place in TRANSITIONS.items():
        assert isinstance(place, Outside) or set(place) <= actions, operation


def test_every_honest_action_is_some_transition_of_the_engine() -> None:
    reached = {action for place in TRANSITIONS.values() if not isinstance(place, Outside) for action in place}
    assert {action.name for action in segment().actions if not action.intruder} == reached


def test_every_defence_is_named() -> None:
    assert list(DEFENCES) == [defence.name for defence in ALL]
    guards = {guard.defence for action in segment().actions for guard in action.guards} - {""}
    assert guards == {name for name, obligation in DEFENCES.items() if not isinstance(obligation, Outside)}


@pytest.mark.parametrize("name", [name for name, place in DEFENCES.items() if isinstance(place, str)])
def test_without_a_defence_the_obligation_that_is_named_fails(name: str) -> None:
    wanted = [one for one in obligations(segment(HARDENED.without(name))) if one.name == DEFENCES[name]]
    (result,) = settle(wanted, jobs=1, timeout=20, cache=Cache(None))
    assert result.verdict == "failed"
    found = counterexample(result.obligation, 20)
    assert found is not None and "breaks" in rendered(found)


def test_every_defence_whose_loss_the_explorer_turns_into_an_attack_is_in_the_proof_or_outside() -> None:
    """For each there is an obligation that fails without it, or the abstraction that leaves it out; none stands in."""
    attacked = [row.defence.name for row in committed_rows() if row.verdict == "attack"]
    assert len(attacked) > 15
    assert [name for name in attacked if isinstance(DEFENCES[name], Redundant)] == []
    for name in attacked:
        assert name in told(name) and len(told(name)) > len(name) + 20


@pytest.mark.parametrize("name", [name for name, place in DEFENCES.items() if isinstance(place, Redundant)])
def test_without_a_redundant_defence_everything_is_still_proved(name: str) -> None:
    assert prove(segment(HARDENED.without(name)), jobs=2).verdict == "proved"
