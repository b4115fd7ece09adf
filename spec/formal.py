"""The generated sections of the formal chapters: a protocol's system as the proofs have it, and what it leaves out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from lockedroom.model.proofs import render
from lockedroom.model.proofs.protocols import Protocol, protocol
from lockedroom.model.proofs.scope import Outside, Redundant
from lockedroom.model.proofs.system import System
from lockedroom.model.proofs.vacuity import label
from lockedroom.spec.tables import table


def _keeping(of: Protocol, system: System) -> Mapping[str, tuple[str, ...]]:
    """For each invariant the clauses of the guards without which it fails."""
    found: dict[str, dict[str, None]] = {}
    broken = of.needs().guards
    for action in system.actions:
        for guard in action.guards:
            claim = broken.get(label(action, guard))
            if claim is not None:
                found.setdefault(claim, {}).update(dict.fromkeys(guard.clauses))
    return {name: tuple(sorted(clauses)) for name, clauses in found.items()}


def _transitions(of: Protocol) -> str:
    rows = (
        (f"`{name}`", place.reason if isinstance(place, Outside) else ", ".join(f"`{one}`" for one in place))
        for name, place in of.transitions.items()
    )
    return table(("transition of the engine", "abstract actions, or why there are none"), rows)


def _defences(of: Protocol) -> str:
    rows = []
    for name, place in of.defences.items():
        match place:
            case Outside(reason):
                rows.append((f"`{name}`", f"outside: {reason}"))
            case Redundant(reason):
                rows.append((f"`{name}`", f"nothing fails, another stands in: {reason}"))
            case _:
                rows.append((f"`{name}`", f"“{place}” fails"))
    return table(("defence", "without it"), rows)


def sections(name: str) -> Mapping[str, Callable[[], str]]:
    """What makes each section of a protocol's formal chapter."""
    of = protocol(name)

    @cache
    def system() -> System:
        return of.system(of.switches.hardened)

    return {
        "sorts": lambda: render.sorts(system()),
        "functions": lambda: render.functions(system()),
        "fixed": lambda: render.relations(system(), fixed=True),
        "axioms": lambda: render.assumptions(system().axioms),
        "state": lambda: render.relations(system(), fixed=False),
        "definitions": lambda: render.definitions(system()),
        "initially": lambda: render.assumptions(system().initial),
        "honest": lambda: render.actions(system(), intruder=False),
        "intruder": lambda: render.actions(system(), intruder=True),
        "promises": lambda: render.claims(system().safety),
        "invariants": lambda: render.claims(system().invariants, _keeping(of, system())),
        "transitions": lambda: _transitions(of),
        "defences": lambda: _defences(of),
        "outside": lambda: "\n".join(f"- {line}" for line in of.outside),
    }
