"""The proofs of each protocol: every obligation is proved, and every part of the engine has its place."""

import pytest

from lockedroom.model.proofs.cache import Cache
from lockedroom.model.proofs.counterexample import counterexample, rendered
from lockedroom.model.proofs.obligations import obligations
from lockedroom.model.proofs.protocols import Protocol, protocol
from lockedroom.model.proofs.prove import Proved, prove, settle
from lockedroom.model.proofs.scope import Outside
from lockedroom.model.proofs.system import System
from lockedroom.reference.segment.table import TABLE as SEGMENT
from lockedroom.reference.stash.transitions import TABLE as STASH
from lockedroom.spec.registry import clauses, expanded

PROTOCOLS = {name: protocol(name) for name in ("segment", "stash")}
TABLES = {"segment": SEGMENT, "stash": STASH}
LOST = [(name, defence, loss) for name, of in PROTOCOLS.items() for defence, loss in of.defences.items()]

each = pytest.mark.parametrize("of", PROTOCOLS.values(), ids=PROTOCOLS)


def hardened(of: Protocol) -> System:
    """The system of a protocol with every defence."""
    return of.system(of.switches.hardened)


@each
def test_every_obligation_is_proved(of: Protocol) -> None:
    proved: Proved = prove(hardened(of), jobs=2)
    assert [(result.obligation.name, result.verdict, result.reason) for result in proved.broken()] == []
    assert proved.verdict == "proved"


@each
def test_every_clause_that_is_named_exists(of: Protocol) -> None:
    system, known = hardened(of), clauses()
    named = {clause for action in system.actions for clause in action.clauses}
    named |= {clause for action in system.actions for guard in action.guards for clause in guard.clauses}
    named |= {clause for claim in (*system.invariants, *system.safety) for clause in claim.clauses}
    assert {clause for one in named for clause in expanded(one)} <= set(known)


@each
def test_every_transition_of_the_engine_has_its_place(of: Protocol) -> None:
    assert list(of.transitions) and set(of.transitions) == {row.operation for row in TABLES[of.name]}
    actions = {action.name for action in hardened(of).actions}
    for operation, place in of.transitions.items():
        assert isinstance(place, Outside) or set(place) <= actions, operation


@each
def test_every_honest_action_is_some_transition_of_the_engine(of: Protocol) -> None:
    reached = {action for place in of.transitions.values() if not isinstance(place, Outside) for action in place}
    assert {action.name for action in hardened(of).actions if not action.intruder} == reached


@each
def test_every_defence_is_named(of: Protocol) -> None:
    assert list(of.defences) == [defence.name for defence in of.switches.defences]
    guards = {guard.defence for action in hardened(of).actions for guard in action.guards} - {""}
    assert guards == {name for name, loss in of.defences.items() if not isinstance(loss, Outside)}


@pytest.mark.parametrize(
    ("name", "defence"), [(name, defence) for name, defence, loss in LOST if isinstance(loss, str)]
)
def test_without_a_defence_the_obligation_that_is_named_fails(name: str, defence: str) -> None:
    of = PROTOCOLS[name]
    system = of.system(of.switches.hardened.without(defence))
    (result,) = settle(
        [one for one in obligations(system) if one.name == of.defences[defence]], jobs=1, timeout=600, cache=Cache(None)
    )
    assert result.verdict == "failed"
    found = counterexample(result.obligation, 600)
    assert found is not None and "breaks" in rendered(found)


@each
def test_what_fails_without_a_defence_is_something_that_promises_rest_on(of: Protocol) -> None:
    system, needed = hardened(of), of.needs().invariants
    claims = {one.name: one.claim.name for one in obligations(system) if one.action is not None}
    named = {defence: claims[loss] for defence, loss in of.defences.items() if isinstance(loss, str)}
    assert {defence: claim for defence, claim in named.items() if not needed[claim]} == {}
