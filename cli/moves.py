"""Steps of a machine as moves of a chart: who did what to whom, what came of it, and what is different afterwards."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Final

from lockedroom.cli.chart import Move
from lockedroom.cli.narration import choice_named, insider_in
from lockedroom.cli.terminal import safe

if TYPE_CHECKING:
    from lockedroom.model.validator import Run, Subject
    from lockedroom.reference.machine import Action, Outcome, Slot

NOBODY: Final = "·"
"""The lifeline of actions without an actor."""


def lifelines(subject: Subject, acting: Iterable[str]) -> tuple[str, ...]:
    """Who is in a chart: the members of a protocol and whoever else acts; of another machine everybody who can."""
    if subject.names:
        return (*subject.names, *sorted(map(safe, {*acting}.difference(subject.names))))
    return tuple(dict.fromkeys(safe(action.actor) or NOBODY for action in subject.machine.actions))


def moves(subject: Subject, run: Run) -> Iterable[Move]:
    """The moves of a run, with what each changes."""
    before = run.start
    for done in run.steps:
        yield move(subject, done.action, done.outcome, before, done.after)
        before = done.after


def move(
    subject: Subject, action: Action, outcome: Outcome, before: Mapping[Slot, Hashable], after: Mapping[Slot, Hashable]
) -> Move:
    """One step as a move. What only grows is not said to have changed where something else has."""
    found = [slot for slot, value in before.items() if value != after[slot]]
    said = [slot for slot in found if slot not in subject.machine.monotone] or found
    changed = tuple(_ways(slot, before[slot], after[slot]) for slot in said)
    detail = subject.explain(action, before) if outcome.clause else ""
    if subject.names:
        return _protocol_move(action, outcome, detail, changed, insider_in(before))
    actor = safe(action.actor) or NOBODY
    owners = dict.fromkeys(safe(name) for slot in found for name in (slot.owner, slot.part) if name)
    return Move(
        actor,
        action.operation,
        clause=outcome.clause or "",
        changed=changed,
        words=_words(action, outcome, detail),
        points=tuple(name for name in owners if name != actor),
    )


def _protocol_move(
    action: Action, outcome: Outcome, detail: str, changed: Sequence[Sequence[str]], insider: str
) -> Move:
    events = tuple(
        {"event": type(event).__name__, **{field.name: _value(getattr(event, field.name)) for field in fields(event)}}
        for event in outcome.events
    )
    arguments = {name: _value(value) for name, value in action.arguments}
    if outcome.label:
        arguments["choice"] = choice_named(outcome.label, insider)
    return Move(action.actor, action.operation, arguments, events, outcome.clause or "", detail, changed)


def _words(action: Action, outcome: Outcome, detail: str) -> str:
    from lockedroom.model.itf import itf, words

    inside = ", ".join(f"{name} {words(itf(value))}" for name, value in action.arguments)
    done = f"{action.operation} {inside}".rstrip()
    if outcome.label:
        done += f" ({outcome.label})"
    if outcome.clause:
        done += f": refused, {outcome.clause}" + (f" ({detail})" if detail else "")
    if outcome.events:
        done += ": " + ", ".join(words(itf(event)) for event in outcome.events)
    return safe(done)


def _ways(slot: Slot, before: Hashable, after: Hashable) -> tuple[str, ...]:
    """What changed in a slot, said at length, shorter, and shortest."""
    from lockedroom.model.itf import differences, itf

    old, new = itf(before), itf(after)
    found: list[str] = []
    for depth in (2, 1, 0):
        unlike = list(differences(old, new, depth=depth))
        shared = _shared([one.at for one in unlike])
        said = ", ".join(str(replace(one, at=one.at[len(shared) :].lstrip("."))) for one in unlike)
        found.append(safe(f"{slot} {shared}: {said}" if shared else f"{slot}: {said}"))
    return tuple(found)


def _shared(places: Sequence[str]) -> str:
    """The part of the way that several places have in common, said once; of one alone nothing."""
    if len(places) < 2:
        return ""
    common: list[str] = []
    for parts in zip(*(place.split(".") for place in places), strict=False):
        if len(set(parts)) > 1:
            break
        common.append(parts[0])
    return ".".join(common)


def _value(value: object) -> object:
    """A term as text, anything else as it is."""
    from lockedroom.conformance.recipes import body_text
    from lockedroom.reference.crypto.terms import Term

    if isinstance(value, Term):
        return body_text(value) if value.op == "body" else str(value)
    return value
