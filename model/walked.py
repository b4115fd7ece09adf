"""Random walks through the segment, for bounds that are too large to exhaust, and what they say of its properties. They
never say that one holds: what no walk has come to, nobody has judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Literal

from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.engine import REFERENCE
from lockedroom.model.segment.mutants import BY_NAME
from lockedroom.model.segment.progress import PROGRESS
from lockedroom.model.segment.properties import PROPERTIES
from lockedroom.model.segment.subject import segment_subject
from lockedroom.model.segment.witnesses import witnessing
from lockedroom.model.subjects import witnessed
from lockedroom.model.validator import Subject
from lockedroom.model.verdict import Counterexample, PropertyResult, plan
from lockedroom.model.walkers import LATE, Found, Stride, walk

STEPS: Final = 200
"""Of a walk, unless told."""

NO_PROOF: Final = "random walks see what they come to, not all there is"
Verdict = Literal["violated", "no violation found"]


@dataclass(frozen=True, slots=True)
class WalkPhase:
    """The walks through one store."""

    store: str
    found: Found


@dataclass(frozen=True, slots=True)
class WalkReport:
    """What walks through the segment came to, store by store, and the properties. A counterexample is what is left of a
    walk when nothing more can be left out, not a shortest path."""

    verdict: Verdict
    bounds: Bounds
    seed: int
    limit: int
    reason: str
    phases: tuple[WalkPhase, ...]
    properties: tuple[PropertyResult, ...]
    counterexample: Counterexample | None

    @property
    def exit_code(self) -> int:
        """1 violated, 4 else: walks are never complete."""
        return 1 if self.verdict == "violated" else 4

    def to_json(self) -> dict[str, object]:
        """One object with all of it."""
        return {
            "verdict": self.verdict,
            "bounds": self.bounds.to_json(),
            "complete": False,
            "reason": self.reason,
            "seed": self.seed,
            "steps_limit": self.limit,
            "phases": [{"store": phase.store, **walked_json(phase.found)} for phase in self.phases],
            "properties": [found.to_json() for found in self.properties],
            "counterexample": None
            if self.counterexample is None
            else {**self.counterexample.to_json(), **_origin(self.phases[-1].found)},
        }


@dataclass(frozen=True, slots=True)
class MachineWalks:
    """What walks through any machine came to: of which machine (as its user names it, and with which arguments).
    `sometimes` names what was to happen somewhere."""

    target: str
    arguments: Mapping[str, int]
    seed: int
    limit: int
    found: Found
    sometimes: tuple[str, ...] = ()

    @property
    def never_happened(self) -> tuple[str, ...]:
        """What of that no walk came to."""
        return tuple(name for name in self.sometimes if not self.found.exercised.get(name))

    @property
    def verdict(self) -> Verdict:
        """Never that anything holds."""
        return "no violation found" if self.found.violation is None else "violated"

    @property
    def exit_code(self) -> int:
        """1 violated, 4 else: walks are never complete."""
        return 4 if self.found.violation is None else 1

    @property
    def reason(self) -> str:
        """Why they ended, or why they are no proof."""
        return self.found.reason or NO_PROOF

    @property
    def properties(self) -> Mapping[str, tuple[str, int]]:
        """Of each property the verdict, and on how many distinct steps and states it was judged."""
        broken = self.found.violation.property if self.found.violation else None
        names = (*self.found.judged, *self.found.exercised)
        counts = {name: self.found.exercised.get(name, 0) for name in names if name not in self.sometimes}
        return {
            name: ("violated" if name == broken else "no violation found" if count else "not exercised", count)
            for name, count in counts.items()
        }

    def to_json(self) -> dict[str, object]:
        """One object with all of it."""
        broken = self.found.violation
        return {
            "verdict": self.verdict,
            "target": self.target,
            "arguments": dict(self.arguments),
            "title": self.found.title,
            "complete": False,
            "reason": self.reason,
            "seed": self.seed,
            "steps_limit": self.limit,
            **walked_json(self.found),
            "properties": [
                {"name": name, "verdict": verdict, "exercised": count}
                for name, (verdict, count) in self.properties.items()
            ],
            "never_happened": list(self.never_happened),
            "violation": None
            if broken is None
            else {
                "property": broken.property,
                "message": broken.message,
                "path": [str(taken) for taken in broken.path],
                **_origin(self.found),
            },
        }


def walked_json(found: Found) -> dict[str, object]:
    """The numbers of walks through one machine."""
    return {
        "walks": found.walks,
        "asked": found.asked,
        "steps": found.steps,
        "longest": found.longest,
        "dead_ends": found.dead_ends,
        "seconds": round(found.seconds, 3),
        "jobs": found.jobs,
        "states": found.states,
        "entries": found.entries,
        "new_entries_per_thousand_steps": round(found.fresh, 3),
        "growth": [{"steps": steps, "entries": entries} for steps, entries in found.growth],
        "transitions_exercised": dict(found.taken),
        "never_enabled": sorted(set(found.taken) - found.accepted),
        "refusals": {name: list(clauses) for name, clauses in found.refusals.items()},
        "exercised": dict(found.exercised),
    }


def _origin(found: Found) -> dict[str, object]:
    return {"shortest": False, "found_by_walk": found.walk, "length_as_found": found.length}


def walk_machine(
    make: Callable[[], Subject],
    target: str,
    arguments: Mapping[str, int],
    *,
    walks: int,
    steps: int = STEPS,
    seed: int = 1,
    jobs: int = 1,
    progress: Callable[[Stride], None] | None = None,
    time_limit: float | None = None,
) -> MachineWalks:
    """Walk through any machine: what `make` makes, in this process and in those that walk. Raises what `walkers.walk`
    raises."""
    found = walk(
        partial(_witnessing, make),
        walks=walks,
        steps=steps,
        seed=seed,
        jobs=jobs,
        progress=progress,
        time_limit=time_limit,
    )
    return MachineWalks(target, arguments, seed, steps, found, found.sometimes)


def _witnessing(make: Callable[[], Subject]) -> Subject:
    subject = make()
    return replace(subject, judge=witnessed(subject), invariants=(*subject.invariants, *subject.witnesses))


def walk_segment(
    bounds: Bounds,
    *,
    walks: int,
    steps: int = STEPS,
    seed: int = 1,
    jobs: int = 1,
    mutant: str = "",
    progress: Callable[[Stride], None] | None = None,
    time_limit: float | None = None,
) -> WalkReport:
    """Walk through the segment within bounds: so many walks of each store (with an intruder there are two, as in
    `verdict.check`), each of at most so many steps. `mutant`: the name of one, instead of the reference.

    Ends at the first violation, at the time limit (seconds in all) or on KeyboardInterrupt. Raises ActionFault when the
    engine raises, EngineError when a process of ours is lost."""
    phases: list[WalkPhase] = []
    for store, setting, _ in plan(bounds):
        left = None if time_limit is None else max(0.0, time_limit - sum(phase.found.seconds for phase in phases))
        found = walk(
            partial(walked_subject, setting.bounds, mutant),
            walks=walks,
            steps=steps,
            seed=seed,
            jobs=jobs,
            progress=progress,
            phase=store,
            time_limit=left,
        )
        phases.append(WalkPhase(store, found))
        if found.reason:
            break
    return _report(bounds, seed, steps, tuple(phases), time_limit)


def walked_subject(bounds: Bounds, mutant: str = "") -> Subject:
    """The segment with all that judges it, and with what must happen somewhere; a mutant's logic, if one is named."""
    subject = segment_subject(bounds, BY_NAME[mutant].logic() if mutant else REFERENCE)
    assert subject.judge is not None, "the segment's steps are judged"
    return replace(subject, judge=witnessing(subject.judge))


def _report(
    bounds: Bounds, seed: int, limit: int, phases: tuple[WalkPhase, ...], time_limit: float | None
) -> WalkReport:
    exercised = {p.name: sum(phase.found.exercised.get(p.name, 0) for phase in phases) for p in PROPERTIES}
    last = phases[-1].found
    broken = last.violation
    results: list[PropertyResult] = []
    for p in PROPERTIES:
        count = exercised[p.name]
        if broken is not None and p.name == broken.property:
            results.append(PropertyResult(p.name, p.store, p.clauses, "violated", count, broken.message))
        elif count:
            results.append(PropertyResult(p.name, p.store, p.clauses, "no violation found", count))
        else:
            says = "no walk came to where it could be violated"
            if p.name == PROGRESS:
                says = "walks cannot say what can still happen: that takes the whole graph"
            results.append(PropertyResult(p.name, p.store, p.clauses, "not exercised", 0, says))
    counterexample = None if broken is None else Counterexample(broken.property, broken.message, broken.path)
    verdict: Verdict = "no violation found" if broken is None else "violated"
    reason = last.reason or NO_PROOF
    if reason == LATE:
        reason = f"{LATE} of {time_limit:g} s"
    return WalkReport(verdict, bounds, seed, limit, reason, phases, tuple(results), counterexample)
