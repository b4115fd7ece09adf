"""A protocol of ours explored within bounds, perhaps with a mistake in it, and what breaks it, once confirmed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import cast

from lockedroom.cli.counterexample import Confirmed, confirmed, of_segment
from lockedroom.conformance.model_trace import Named
from lockedroom.model.protocols import SEGMENT, STASH, Bounds, Mistake
from lockedroom.model.report import Progress
from lockedroom.model.segment import bounds as segment
from lockedroom.model.segment.mutants import Mutant
from lockedroom.model.stash import Logic
from lockedroom.model.subjects import SubjectReport, check_subject
from lockedroom.model.verdict import CheckReport, Counterexample, check


def explored(
    bounds: Bounds, mutant: Mistake | None = None, progress: Callable[[Progress], None] | None = None
) -> tuple[CheckReport | SubjectReport, Confirmed | None]:
    """What exploring the protocol of these bounds comes to, and the counterexample, if there is one: that of the
    property which the mistake violates, where it is as short as any. Raises NotApplicable, ActionFault, Unconfirmed."""
    assert mutant is None or isinstance(mutant.bounds, type(bounds)), "a mistake in the protocol of the bounds"
    if isinstance(bounds, segment.Bounds):
        mistake = cast("Mutant | None", mutant)
        logic = mistake.logic() if mistake else SEGMENT.reference
        report = check("segment", bounds, logic=logic, progress=progress)
        return report, of_segment(showing(report, mistake.violates) if mistake else report, mistake)
    mistaken = cast(Logic, mutant.logic()) if mutant else STASH.reference
    subject = STASH.machine(bounds, mistaken, STASH.switches.hardened)
    named = Named(STASH.name, asdict(bounds), mutant.name if mutant else None)
    found = check_subject(subject, named.target, named.arguments, progress=progress)
    violation = found.shown(mutant.violates) if mutant else found.violation
    return found, None if violation is None else confirmed(subject, named, violation)


def showing(report: CheckReport, wanted: str) -> CheckReport:
    """The report with the violation of this property as its counterexample, if there is one as short as the first."""
    first = report.counterexample
    for violation in (found for phase in report.phases for found in phase.exploration.violations):
        if first is not None and violation.property == wanted and len(violation.path) <= len(first.path):
            return replace(report, counterexample=Counterexample(wanted, violation.message, violation.path))
    return report
