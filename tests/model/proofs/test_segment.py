"""The segment's proofs: every obligation is proved, and none is vacuous."""

from lockedroom.model.proofs.prove import Proved, prove
from lockedroom.model.proofs.segment.whole import segment
from lockedroom.spec.registry import clauses, expanded


def test_every_obligation_is_proved() -> None:
    proved: Proved = prove(segment())
    assert [(result.obligation.name, result.verdict, result.reason) for result in proved.broken()] == []
    assert proved.verdict == "proved"


def test_every_clause_that_is_named_exists() -> None:
    system, known = segment(), clauses()
    named = {clause for action in system.actions for clause in action.clauses}
    named |= {clause for action in system.actions for guard in action.guards for clause in guard.clauses}
    named |= {clause for claim in (*system.invariants, *system.safety) for clause in claim.clauses}
    assert {clause for one in named for clause in expanded(one)} <= set(known)
