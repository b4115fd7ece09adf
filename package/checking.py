"""Check a protocol of your own: what `lockedroom check PATH.py:ATTRIBUTE` needs, in one place.

A `Machine` has named slots with first values, and actions, each with the slots that it reads and writes (`action`). A
`Model` says what is to hold of it: `Always`, `EachStep`, `Sometimes`, `SometimesStep`, `CanStill`. `check(MODEL)`
explores it and gives a `SubjectReport`; examples/ has a protocol and a tutorial.
"""

from lockedroom.model.model import (
    Always,
    CanStill,
    EachStep,
    Model,
    ModelError,
    Sometimes,
    SometimesStep,
    Taking,
    action,
    refused,
)
from lockedroom.model.report import ActionFault
from lockedroom.model.shown import Finding
from lockedroom.model.subjects import SubjectReport, check_subject
from lockedroom.reference.machine import Action, Event, Machine, Outcome, Slot, Symmetry, factored

__all__ = [
    "Slot", "Action", "Outcome", "Event", "Machine", "Symmetry", "action", "refused", "factored",
    "Model", "Always", "EachStep", "Sometimes", "SometimesStep", "CanStill", "Taking",
    "check", "SubjectReport", "Finding", "ModelError", "ActionFault",
]  # fmt: skip


def check(
    model: Model,
    *,
    direct: bool = False,
    symmetry: bool = True,
    time_limit: float | None = None,
    state_limit: int | None = None,
) -> SubjectReport:
    """Explore every behaviour of a model and judge its properties. `direct`: by the slow and simple explorer.
    `symmetry`: one state for all that the machine's symmetry, if it declares one, makes alike.

    With symmetry, properties of steps and of progress are judged on the one state that stands for the others: they must
    name no member that is interchangeable.

    The limits (seconds, states) and KeyboardInterrupt end it with a report that is not complete. Raises ModelError for
    a model that is wrong in itself, ActionFault when an action raises."""
    subject = model.subject()
    return check_subject(
        subject,
        model.machine.title,
        model.machine.bounds or {},
        direct=direct,
        symmetry=symmetry,
        time_limit=time_limit,
        state_limit=state_limit,
    )
