"""What a hunt has found, as a trace file that `lockedroom replay` takes. Nothing here runs a machine but the validator,
which takes every step anew: a violation that it does not confirm is a fault of ours, not a finding."""

from __future__ import annotations

from lockedroom.conformance.model_trace import Named, model_trace, write_model_trace
from lockedroom.model.stateful import Hunted
from lockedroom.model.validator import confirm


def trace_text(found: Hunted, target: str, mutant: str | None = None, profile: str | None = None) -> str:
    """The text of the model trace of a violation; `target` names the machine (`segment` or `PATH.py:ATTRIBUTE`).
    Raises ValueError where nothing is violated, Unconfirmed."""
    if found.violation is None or found.ground is None:
        raise ValueError("nothing is violated: there is no trace")
    subject = found.ground.make()
    run = confirm(subject, found.violation)
    named = Named(target, dict(found.ground.arguments), mutant, profile)
    return write_model_trace(model_trace(subject, named, run))
