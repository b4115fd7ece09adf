"""What has to be shown of a system: initiation, consecution of every invariant under every action, safety.

Each obligation is a query that must be unsatisfiable. An action that changes no relation of an invariant keeps it
trivially; that is an obligation too, with nothing to ask.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from lockedroom.model.proofs.formula import Formula, negation, once, relations
from lockedroom.model.proofs.query import Query
from lockedroom.model.proofs.system import Action, Claim, System

Kind: TypeAlias = Literal["initiation", "consecution", "safety"]


@dataclass(frozen=True, slots=True)
class Obligation:
    """One thing to show: that the claim holds initially, is kept by the action, or follows from the invariants.
    `framed`: the action changes nothing that the claim speaks of."""

    kind: Kind
    claim: Claim
    action: Action | None
    query: Query
    framed: bool = False

    @property
    def name(self) -> str:
        """What it is called in reports."""
        return f"{self.action.name} keeps {self.claim.name}" if self.action else f"{self.kind} of {self.claim.name}"


def obligations(system: System) -> Iterator[Obligation]:
    """Every obligation of the system."""
    axioms = {f"axiom {axiom.name}": axiom.formula for axiom in system.axioms}
    initial = {f"initially {one.name}": one.formula for one in system.initial}
    invariants = {f"invariant {claim.name}": claim.formula for claim in system.invariants}
    for claim in system.invariants:
        goal = {"the claim fails": negation(claim.formula)}
        yield Obligation("initiation", claim, None, Query(system, {}, {**axioms, **initial, **goal}))
    for claim in system.safety:
        goal = {"the claim fails": negation(claim.formula)}
        yield Obligation("safety", claim, None, Query(system, {}, {**axioms, **invariants, **goal}))
    for action in system.actions:
        yield from consecutions(system, action)


def consecutions(system: System, action: Action) -> Iterator[Obligation]:
    """That one action keeps each invariant."""
    state = hypotheses(system, action)
    for claim in system.invariants:
        framed = not action.writes & spoken(claim.formula)
        after = claim.formula if framed else action.before(claim.formula)
        query = Query(system, action.parameters, {**state, "the claim fails after": negation(after)})
        yield Obligation("consecution", claim, action, query, framed)


spoken = once(relations)


def hypotheses(system: System, action: Action) -> Mapping[str, Formula]:
    """What may be assumed of the state before an action: axioms, invariants and the action's guards."""
    return {
        **{f"axiom {axiom.name}": axiom.formula for axiom in system.axioms},
        **{f"invariant {claim.name}": claim.formula for claim in system.invariants},
        **{f"guard {index} of {action.name}: {guard.text}": guard.formula for index, guard in enumerate(action.guards)},
    }
