"""A verdict on any machine: explore it, judge what must hold of it, and say what could not be judged.

What a report finds beside violations: a property that nothing could have violated, something that was to happen
somewhere and did not, an operation that was never taken, an actor's action that is always refused.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Literal

from lockedroom.model.explore import Explorer
from lockedroom.model.model import ModelError, diagnosed
from lockedroom.model.report import ActionFault, Exploration, Judgement, Progress, StepJudge, Violation
from lockedroom.model.shown import EXITS, Finding, Verdict, shown
from lockedroom.model.tabulated.explorer import Tabulated
from lockedroom.model.validator import Subject
from lockedroom.reference.machine import Action, Outcome


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one property: on how many distinct steps or states it could have been violated."""

    name: str
    verdict: Literal["holds", "violated", "not exercised", "incomplete"]
    exercised: int
    says: str = ""
    clauses: tuple[str, ...] = ()
    store: str = ""

    def to_json(self) -> dict[str, object]:
        """All of it."""
        return {
            "name": self.name,
            "clauses": list(self.clauses),
            **({"store": self.store} if self.store else {}),
            "verdict": self.verdict,
            "exercised": self.exercised,
            "says": self.says,
        }


@dataclass(frozen=True, slots=True)
class SubjectReport:
    """A verdict on a machine, with its evidence. `witnesses`: of what was to happen sometimes, on how many distinct
    steps or states it did."""

    target: str
    arguments: Mapping[str, int]
    verdict: Verdict
    exploration: Exploration
    properties: tuple[Judged, ...]
    witnesses: Mapping[str, int]
    findings: tuple[Finding, ...]

    @property
    def exit_code(self) -> int:
        """0 holds, 1 violated, 4 incomplete."""
        return EXITS[self.verdict]

    @property
    def reason(self) -> str:
        """Why the exploration is not complete."""
        return self.exploration.reason

    @property
    def complete(self) -> bool:
        """Whether everything was explored."""
        return self.exploration.complete

    @property
    def states(self) -> int:
        """How many distinct states were seen."""
        return self.exploration.states

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.exploration.seconds

    @property
    def violation(self) -> Violation | None:
        """The first violation."""
        return self.exploration.violations[0] if self.exploration.violations else None

    def shown(self, wanted: str) -> Violation | None:
        """The violation of this property, where it is as short as the first; else the first."""
        found = self.exploration.violations
        return next(
            (one for one in found if one.property == wanted and len(one.path) <= len(found[0].path)), self.violation
        )

    def to_json(self) -> dict[str, object]:
        """One object with all of it, but the counterexample, which is a model trace."""
        found = self.exploration
        return {
            "target": self.target,
            "arguments": dict(self.arguments),
            "title": found.title,
            "verdict": self.verdict,
            "complete": found.complete,
            "reason": found.reason,
            "states": found.states,
            "transitions": found.transitions,
            "depth": found.depth,
            "seconds": round(found.seconds, 3),
            "calls": found.fills,
            "levels": [{"states": states, "transitions": transitions} for states, transitions in found.levels],
            "operations": dict(found.operations),
            "reductions": list(found.reductions),
            "properties": [judged.to_json() for judged in self.properties],
            "witnesses": dict(self.witnesses),
            "findings": [finding.to_json() for finding in self.findings],
            "violation": None
            if self.violation is None
            else {
                "property": self.violation.property,
                "message": self.violation.message,
                "path": [str(taken) for taken in self.violation.path],
            },
        }


def check_subject(
    subject: Subject,
    target: str,
    arguments: Mapping[str, int],
    *,
    direct: bool = False,
    symmetry: bool = True,
    progress: Callable[[Progress], None] | None = None,
    time_limit: float | None = None,
    state_limit: int | None = None,
    jobs: int | None = None,
    memory: int | None = None,
    checkpoint: FilePath | None = None,
    trusted: Iterable[str] = (),
) -> SubjectReport:
    """Explore a machine and judge its properties. `direct`: by the direct explorer. `symmetry`: fold the names that the
    machine says are interchangeable. `checkpoint`: a file to save to, and to go on with where it is there already;
    `trusted` names the modules of the machine's own classes.

    Raises ActionFault when an action raises, ModelError when it gives what is no outcome of it, ValueError for a
    symmetry that is none and for a slot that there is not, CheckpointError and OSError for the file."""
    machine, judge = subject.machine, witnessed(subject)
    rules = (*subject.invariants, *subject.witnesses)

    def explored() -> Exploration:
        if direct:
            return Explorer(machine, judge, rules, goals=subject.goals).run(
                progress=progress, phase=machine.title, state_limit=state_limit, time_limit=time_limit
            )
        explorer = Tabulated(
            machine,
            judge,
            rules,
            goals=subject.goals,
            symmetry=symmetry,
            jobs=jobs,
            memory=memory,
        )
        if checkpoint is not None and checkpoint.exists():
            explorer.resume(checkpoint, frozenset(trusted))
        return explorer.run(
            progress=progress,
            phase=machine.title,
            state_limit=state_limit,
            time_limit=time_limit,
            checkpoint=checkpoint,
        )

    try:
        found = explored()
    except ActionFault as fault:
        wrong = fault.fault if isinstance(fault.fault, ModelError) else diagnosed(fault.action, fault.values)
        if wrong is None:
            raise
        raise wrong from None
    verdict: Verdict = "violated" if found.violations else "holds" if found.complete else "incomplete"
    properties = _judged(subject, found)
    sometimes = [*subject.sometimes, *(rule.property for rule in subject.witnesses)]
    witnesses = {name: found.exercised.get(name, 0) for name in sometimes}
    findings = _findings(subject, found, properties, witnesses)
    return SubjectReport(target, dict(arguments), verdict, found, properties, witnesses, findings)


def witnessed(subject: Subject) -> StepJudge | None:
    """The judge, which also says what of `sometimes` a step shows. None where there is nothing to say: then actions
    that fall into parts are taken apart."""
    judge, sometimes = subject.judge, subject.sometimes
    if not sometimes:
        return judge

    def judged(action: Action, values: tuple[Hashable, ...], outcome: Outcome) -> Iterable[tuple[str, Judgement]]:
        shown = [(name, True) for name, shows in sometimes.items() if shows(action, values, outcome)]
        return [*(judge(action, values, outcome) if judge else ()), *shown]

    return judged


def _judged(subject: Subject, found: Exploration) -> tuple[Judged, ...]:
    broken = {violation.property: violation.message for violation in found.violations}
    names = [
        *(rule.property for rule in subject.invariants),
        *(goal.property for goal in subject.goals),
        *subject.steps,
    ]
    witnesses = {*subject.sometimes, *(rule.property for rule in subject.witnesses)}
    names += [name for name in (*found.exercised, *broken) if name not in witnesses]
    properties = []
    for name in dict.fromkeys(names):
        count = found.exercised.get(name, 0)
        about = (subject.promises.get(name, ()), subject.stores.get(name, ""))
        if name in broken:
            properties.append(Judged(name, "violated", count, broken[name], *about))
        elif not found.complete:
            properties.append(Judged(name, "incomplete", count, "", *about))
        elif not count:
            properties.append(Judged(name, "not exercised", 0, "nothing could violate it", *about))
        else:
            properties.append(Judged(name, "holds", count, "", *about))
    return tuple(properties)


def _findings(
    subject: Subject, found: Exploration, properties: Iterable[Judged], witnesses: Mapping[str, int]
) -> tuple[Finding, ...]:
    """What there is to say once everything was seen; nothing of what was not."""
    if not found.complete:
        return ()
    vacuous = [judged.name for judged in properties if judged.verdict == "not exercised"]
    return tuple(shown(vacuous, witnesses, found.operations, found.kinds, subject.refusals))
