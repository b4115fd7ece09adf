"""From bounds to a verdict: explore the segment within them, judge every property, say what was found and what was not.

With an intruder there are two explorations: one of the honest store, where every property is judged, and one of the
hostile store, where those are judged that are promised there. Both begin alike, so nothing is lost by that, and what
only the honest store needs does not multiply the states of the hostile one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Literal

from lockedroom.model.explore import Explorer
from lockedroom.model.report import Exploration, Path, Progress, Taken
from lockedroom.model.segment.bounds import VERIFY, Bounds, Setting
from lockedroom.model.segment.engine import REFERENCE, Engine, Logic
from lockedroom.model.segment.machine import bind
from lockedroom.model.segment.progress import progress_of
from lockedroom.model.segment.properties import PROPERTIES, Store, invariants_of, judge_of
from lockedroom.model.segment.witnesses import SOMETIMES, witnessing
from lockedroom.model.shown import EXITS, Finding, Verdict, shown
from lockedroom.model.tabulated.explorer import Tabulated
from lockedroom.reference.crypto.terms import Term
from lockedroom.reference.segment.profile import HARDENED, Profile
from lockedroom.reference.segment.table import TABLE
from lockedroom.spec.refusals import refusals

__all__ = ["CheckReport", "Counterexample", "Phase", "Progress", "PropertyResult", "Taken", "check"]


@dataclass(frozen=True, slots=True)
class PropertyResult:
    """What became of one property. `exercised`: on how many distinct steps or states it could have been violated; none
    makes it `not exercised`, and `says` gives the reason, or how it is violated."""

    name: str
    store: Store
    clauses: tuple[str, ...]
    verdict: Literal["holds", "violated", "no violation found", "not exercised", "incomplete"]
    exercised: int
    says: str = ""

    def to_json(self) -> dict[str, object]:
        """All of it."""
        return {
            "name": self.name,
            "class": f"{self.store} store",
            "clauses": list(self.clauses),
            "verdict": self.verdict,
            "exercised": self.exercised,
            "says": self.says,
        }


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A property that is violated, how, and a shortest path there."""

    property: str
    message: str
    path: Path

    def to_json(self) -> dict[str, object]:
        """All of it, terms as text."""
        return {
            "property": self.property,
            "message": self.message,
            "path": [_taken_json(taken) for taken in self.path],
        }


@dataclass(frozen=True, slots=True)
class Phase:
    """One exploration of a check."""

    store: str
    exploration: Exploration

    def to_json(self) -> dict[str, object]:
        """Its numbers."""
        found = self.exploration
        return {
            "store": self.store,
            "complete": found.complete,
            "states": found.states,
            "transitions": found.transitions,
            "depth": found.depth,
            "seconds": round(found.seconds, 3),
            "engine_calls": found.engine_calls,
            "entries": found.entries,
            "reductions": list(found.reductions),
        }


@dataclass(frozen=True, slots=True)
class CheckReport:
    """A verdict with its bounds and evidence. Sums are over the phases, `depth` is the deepest."""

    verdict: Verdict
    bounds: Bounds
    complete: bool
    reason: str
    phases: tuple[Phase, ...]
    properties: tuple[PropertyResult, ...]
    operations: Mapping[str, int]
    witnesses: Mapping[str, int]
    counterexample: Counterexample | None
    findings: tuple[Finding, ...] = ()
    profile: Profile = HARDENED

    @property
    def exit_code(self) -> int:
        """0 holds, 1 violated, 4 incomplete."""
        return EXITS[self.verdict]

    @property
    def states(self) -> int:
        """Distinct states."""
        return sum(phase.exploration.states for phase in self.phases)

    @property
    def transitions(self) -> int:
        """Transitions taken."""
        return sum(phase.exploration.transitions for phase in self.phases)

    @property
    def depth(self) -> int:
        """The longest of the shortest paths to states."""
        return max((phase.exploration.depth for phase in self.phases), default=0)

    @property
    def seconds(self) -> float:
        """Seconds of exploring."""
        return sum(phase.exploration.seconds for phase in self.phases)

    @property
    def engine_calls(self) -> int:
        """How often the reference engine ran."""
        return sum(phase.exploration.engine_calls for phase in self.phases)

    @property
    def reductions(self) -> tuple[str, ...]:
        """What was left out of the explorations, and why it may be."""
        return tuple(dict.fromkeys(each for phase in self.phases for each in phase.exploration.reductions))

    @property
    def entries(self) -> int:
        """Entries of the memo."""
        return sum(phase.exploration.entries for phase in self.phases)

    @property
    def never_enabled(self) -> tuple[str, ...]:
        """Operations that the bounds allow but that were never taken."""
        return tuple(sorted(name for name, count in self.operations.items() if not count))

    def to_json(self) -> dict[str, object]:
        """One object with all of it."""
        return {
            "verdict": self.verdict,
            "profile": str(self.profile),
            "bounds": self.bounds.to_json(),
            "complete": self.complete,
            "reason": self.reason,
            "states": self.states,
            "transitions": self.transitions,
            "depth": self.depth,
            "seconds": round(self.seconds, 3),
            "engine_calls": self.engine_calls,
            "entries": self.entries,
            "reductions": list(self.reductions),
            "phases": [phase.to_json() for phase in self.phases],
            "properties": [found.to_json() for found in self.properties],
            "transitions_exercised": dict(self.operations),
            "never_enabled": list(self.never_enabled),
            "witnesses": dict(self.witnesses),
            "findings": [finding.to_json() for finding in self.findings],
            "counterexample": self.counterexample.to_json() if self.counterexample else None,
        }


def check(
    protocol: str = "segment",
    bounds: Bounds = VERIFY,
    *,
    logic: Logic = REFERENCE,
    direct: bool = False,
    progress: Callable[[Progress], None] | None = None,
    time_limit: float | None = None,
    state_limit: int | None = None,
    memory: int | None = None,
    checkpoint: FilePath | None = None,
) -> CheckReport:
    """Explore a protocol within bounds and judge its properties. `logic`: a mutant's instead of the reference's,
    or in another profile.
    `direct`: by the direct explorer, which is slower and ends at the very first violation, not with its level.

    `memory`: bytes of states to hold in memory, before they go to files. `checkpoint`: a folder to save each phase to,
    now and then and when it ends; what is there already is gone on with. Neither is for the direct explorer.

    The limits (seconds in all, states of a phase) and KeyboardInterrupt end it with a report that is not complete.
    Raises ValueError for a protocol that there is not, ActionFault when the engine raises, CheckpointError and OSError
    for what is in the folder."""
    if protocol != "segment":
        raise ValueError(f"no protocol {protocol}: there is segment")
    phases: list[Phase] = []
    for store, setting, stores in plan(bounds):
        spent = sum(phase.exploration.seconds for phase in phases)
        within = setting.bounds
        engine = Engine(setting.capacity, within.names, logic)
        judge = witnessing(judge_of(stores, logic.profile, within.foe))
        invariants = invariants_of(within.honest, stores, within.foe)
        machine = bind(setting, engine)
        goals = [progress_of(within)] if "honest" in stores else []
        left = None if time_limit is None else max(0.0, time_limit - spent)
        if direct:
            plain = Explorer(machine, judge, invariants, goals=goals, engine_calls=engine.count)
            found = plain.run(progress=progress, phase=store, state_limit=state_limit, time_limit=left)
        else:
            explorer = Tabulated(machine, judge, invariants, goals=goals, memory=memory, engine_calls=engine.count)
            file = None if checkpoint is None else checkpoint / f"{store.replace(' ', '-')}.checkpoint"
            if file is not None and file.exists():
                explorer.resume(file)
            found = explorer.run(
                progress=progress, phase=store, state_limit=state_limit, time_limit=left, checkpoint=file
            )
        phases.append(Phase(store, found))
        if not found.complete:
            break
    return replace(_report(bounds, tuple(phases)), profile=logic.profile)


def plan(bounds: Bounds) -> list[tuple[str, Setting, frozenset[Store]]]:
    """What is explored within bounds: each store with its setting and the properties that are judged there."""
    both: frozenset[Store] = frozenset(("honest", "hostile"))
    stores = [("honest store", Setting(bounds.without_intruder()), both)]
    if bounds.intruder:
        stores.append(("hostile store", Setting(bounds), frozenset(("hostile",))))
    return stores


def _report(bounds: Bounds, phases: tuple[Phase, ...]) -> CheckReport:
    explorations = [phase.exploration for phase in phases]
    violations = [violation for found in explorations for violation in found.violations]
    complete = all(found.complete for found in explorations)
    counterexample = None
    if violations:
        first = violations[0]
        counterexample = Counterexample(first.property, first.message, first.path)
    operations: dict[str, int] = {}
    for found in explorations:
        for name, count in found.operations.items():
            operations[name] = operations.get(name, 0) + count
    witnesses = {name: sum(found.exercised.get(name, 0) for found in explorations) for name in SOMETIMES}
    exercised = {p.name: sum(found.exercised.get(p.name, 0) for found in explorations) for p in PROPERTIES}
    broken = {violation.property: violation.message for violation in violations}
    results: list[PropertyResult] = []
    for p in PROPERTIES:
        count = exercised[p.name]
        if p.name in broken:
            results.append(PropertyResult(p.name, p.store, p.clauses, "violated", count, broken[p.name]))
        elif not complete:
            results.append(PropertyResult(p.name, p.store, p.clauses, "incomplete", count))
        elif not count:
            says = "nothing within these bounds could violate it"
            results.append(PropertyResult(p.name, p.store, p.clauses, "not exercised", 0, says))
        else:
            results.append(PropertyResult(p.name, p.store, p.clauses, "holds", count))
    verdict: Verdict = "violated" if violations else "holds" if complete else "incomplete"
    reason = next((found.reason for found in explorations if not found.complete), "")
    vacuous = [result.name for result in results if result.verdict == "not exercised"]
    kinds = [kind for found in explorations for kind in found.kinds]
    findings = shown(vacuous, witnesses, operations, kinds, _guards(operations)) if complete else ()
    return CheckReport(
        verdict,
        bounds,
        complete,
        reason,
        phases,
        tuple(results),
        dict(sorted(operations.items())),
        witnesses,
        counterexample,
        tuple(findings),
    )


def _guards(operations: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The clauses by which the engine can refuse each of these operations."""
    rows = {row.operation: row for row in TABLE}
    return {name: tuple(code.removesuffix("-") for code in refusals(rows[name])) for name in operations if name in rows}


def _taken_json(taken: Taken) -> dict[str, object]:
    return {
        "actor": taken.action.actor,
        "operation": taken.action.operation,
        "arguments": {name: _json_of(value) for name, value in taken.action.arguments},
        "choice": taken.outcome.label,
        "outcome": "rejected" if taken.outcome.clause else "ok",
        "clause": taken.outcome.clause,
        "events": [type(event).__name__ for event in taken.outcome.events],
    }


def _json_of(value: object) -> object:
    if isinstance(value, Term):
        return repr(value)
    if isinstance(value, tuple):
        return [_json_of(item) for item in value]
    return value if isinstance(value, str | int) else str(value)
