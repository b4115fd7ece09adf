"""Every known mistake, from its counterexample to the trace that reproduces it, and not without the mistake."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lockedroom.cli.counterexample import as_svg, of_segment
from lockedroom.cli.explored import showing
from lockedroom.cli.subjects import subject_named
from lockedroom.conformance.model_trace import model_trace, parse_model_trace, write_model_trace
from lockedroom.model.segment.mutants import BY_NAME, MUTANTS, Mutant
from lockedroom.model.validator import retrace
from lockedroom.model.verdict import check
from tests.samples import one_of


@pytest.mark.parametrize("mutant", one_of(8, MUTANTS, lambda mutant: mutant.name, first=4))
def test_the_trace_of_a_mistake_reproduces_it_and_the_right_engine_does_not(mutant: Mutant) -> None:
    found = of_segment(showing(check("segment", mutant.bounds, logic=mutant.logic()), mutant.violates), mutant)
    assert found is not None
    trace = parse_model_trace(write_model_trace(model_trace(found.subject, found.machine, found.run)))
    about = trace.about
    assert (about.machine.target, about.machine.mutant, about.property) == ("segment", mutant.name, mutant.violates)
    again = retrace(subject_named(about.machine), trace.start, trace.steps, about.property, about.violation)
    assert again.reproduced and again.run.message == about.violation
    assert len(again.run.steps) == len(trace.steps)

    right = subject_named(replace(about.machine, mutant=None))
    parting = retrace(right, trace.start, trace.steps, about.property).parting
    assert parting is not None and parting.problem
    assert as_svg(found).count('class="number"') == len(trace.steps)


def test_what_holds_has_no_counterexample() -> None:
    assert of_segment(check("segment", MUTANTS[-1].bounds)) is None


def test_what_is_found_in_the_honest_store_is_of_the_machine_without_intruder() -> None:
    mutant = BY_NAME["leaving withdraws nothing"]
    report = check("segment", replace(mutant.bounds, intruder=1), logic=mutant.logic())
    found = of_segment(report, mutant)
    assert found is not None and found.machine.arguments["intruder"] == 0
    assert len(found.run.steps) == 3
