"""What must happen somewhere in an exploration for it to mean anything: the `sometimes` of the segment."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Final

from lockedroom.model.report import Judgement, StepJudge
from lockedroom.reference.machine import Action, Outcome
from lockedroom.reference.segment import events

SOMETIMES: Final[Mapping[str, Callable[[Outcome], bool]]] = {
    "two exchanges cross": lambda outcome: any(
        isinstance(event, events.Accepted) and event.crossed for event in outcome.events
    ),
    "two rotations cross": lambda outcome: any(
        isinstance(event, events.RotationRead) and not event.won for event in outcome.events
    ),
    "a rotation is acknowledged": lambda outcome: any(isinstance(event, events.Rotated) for event in outcome.events),
    "a body is delivered": lambda outcome: any(isinstance(event, events.Delivered) for event in outcome.events),
    "a post is read": lambda outcome: any(isinstance(event, events.Read) for event in outcome.events),
    "a gap is seen": lambda outcome: any(
        isinstance(event, events.Delivered) and event.gap > 0 for event in outcome.events
    ),
    "a record is removed": lambda outcome: outcome.clause is not None and outcome.writes is not None,
}
"""Each by its name: whether a distinct outcome shows it."""


def witnessing(judge: StepJudge) -> StepJudge:
    """A judge that also says, of each distinct outcome, which of them it shows."""

    def judged(action: Action, values: tuple[Hashable, ...], outcome: Outcome) -> Iterable[tuple[str, Judgement]]:
        if not outcome.events and outcome.writes is None:
            return judge(action, values, outcome)
        shown = [(name, True) for name, shows in SOMETIMES.items() if shows(outcome)]
        return [*judge(action, values, outcome), *shown]

    return judged
