"""The generated sections of the formal chapter: the segment's system as the proofs have it, and what it leaves out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

from lockedroom.model.proofs import render
from lockedroom.model.proofs.segment.scope import DEFENCES, OUTSIDE, TRANSITIONS, Outside, Redundant
from lockedroom.model.proofs.segment.whole import segment
from lockedroom.model.proofs.segment.witnesses import needs
from lockedroom.model.proofs.system import System
from lockedroom.model.proofs.vacuity import label
from lockedroom.spec.tables import table


@cache
def _system() -> System:
    return segment()


def _keeping() -> Mapping[str, tuple[str, ...]]:
    """For each invariant the clauses of the guards without which it fails."""
    found: dict[str, dict[str, None]] = {}
    broken = needs().guards
    for action in _system().actions:
        for guard in action.guards:
            claim = broken.get(label(action, guard))
            if claim is not None:
                found.setdefault(claim, {}).update(dict.fromkeys(guard.clauses))
    return {name: tuple(sorted(clauses)) for name, clauses in found.items()}


def _transitions() -> str:
    rows = (
        (f"`{name}`", place.reason if isinstance(place, Outside) else ", ".join(f"`{one}`" for one in place))
        for name, place in TRANSITIONS.items()
    )
    return table(("transition of the engine", "abstract actions, or why there are none"), rows)


def _defences() -> str:
    rows = []
    for name, place in DEFENCES.items():
        match place:
            case Outside(reason):
                rows.append((f"`{name}`", f"outside: {reason}"))
            case Redundant(reason):
                rows.append((f"`{name}`", f"nothing fails, another stands in: {reason}"))
            case _:
                rows.append((f"`{name}`", f"“{place}” fails"))
    return table(("defence", "without it"), rows)


SECTIONS: Final[Mapping[str, Callable[[], str]]] = {
    "sorts": lambda: render.sorts(_system()),
    "functions": lambda: render.functions(_system()),
    "fixed": lambda: render.relations(_system(), fixed=True),
    "axioms": lambda: render.assumptions(_system().axioms),
    "state": lambda: render.relations(_system(), fixed=False),
    "definitions": lambda: render.definitions(_system()),
    "initially": lambda: render.assumptions(_system().initial),
    "honest": lambda: render.actions(_system(), intruder=False),
    "intruder": lambda: render.actions(_system(), intruder=True),
    "promises": lambda: render.claims(_system().safety),
    "invariants": lambda: render.claims(_system().invariants, _keeping()),
    "transitions": _transitions,
    "defences": _defences,
    "outside": lambda: "\n".join(f"- {line}" for line in OUTSIDE),
}
"""What makes each section."""
