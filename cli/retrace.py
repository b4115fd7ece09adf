"""`lockedroom replay` of a model trace: the machine that it names takes its steps again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockedroom.cli.exits import Exit
from lockedroom.cli.terminal import safe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rich.console import Console

    from lockedroom.conformance.model_trace import ModelTrace
    from lockedroom.model.validator import Done, Parting, Retraced, Subject, Wanted

_MOST: int = 12
"""The most lines that any one list takes."""


def retrace(trace: ModelTrace, subject: Subject, as_json: bool, picture: Path | None = None) -> Exit:
    """Replay a model trace on the machine that it names and say what it says: HOLDS when it is reproduced. `picture`:
    where to draw it as SVG, as far as it replays."""
    from lockedroom.cli.subjects import after
    from lockedroom.cli.terminal import console, print_json
    from lockedroom.model.validator import retrace as run

    about = trace.about
    if as_json:
        result = run(subject, trace.start, trace.steps, about.property, about.violation, fell=about.fell)
        _draw(result, subject, picture)
        print_json(_json(trace, result))
        return _code(result)
    out = console()
    out.print(f"{safe(about.title)} ({safe(str(about.machine))}): {len(trace.steps)} steps on the model\n")
    watch = _drawer(out, trace, subject)
    found = run(subject, trace.start, trace.steps, about.property, about.violation, fell=about.fell, watch=watch)
    _draw(found, subject, picture)
    out.print()
    if found.parting is not None:
        show_parting(out, found.parting, len(trace.steps))
        return _code(found)
    out.print(safe(f"reproduced: {about.property} is violated{after(about)}: {found.run.message}"), style="bold")
    return Exit.HOLDS


def _code(found: Retraced) -> Exit:
    if found.undecided:
        return Exit.INCOMPLETE
    return Exit.REFUSED if found.parting is not None else Exit.HOLDS


def _draw(found: Retraced, subject: Subject, picture: Path | None) -> None:
    from lockedroom.cli.counterexample import run_svg, write_new

    if picture is not None:
        run = found.run
        said = f"{run.property} is violated: {run.message}"
        write_new(
            picture, run_svg(subject, run, said if found.parting is None else f"does not replay: {found.parting}")
        )


def show_parting(out: Console, parting: Parting, steps: int) -> None:
    """Where a trace does not replay, and why."""
    out.print(safe(f"does not replay: {parting}"), style="bold red")
    if parting.guard:
        out.print(safe(f"  the guard that is false: {parting.guard}"))
    _listed(out, "what differs in state (in the trace → here)", [f"{slot}: {one}" for slot, one in parting.differences])
    _listed(out, "what can be done there", parting.enabled)
    out.print(f"{parting.prefix} of {steps} steps replay", style="bold")


def _listed(out: Console, heading: str, lines: list[str] | tuple[str, ...]) -> None:
    out.print(f"  {heading}:" if lines else f"  {heading}: nothing")
    for line in lines[:_MOST]:
        out.print(f"    {safe(line)}")
    if len(lines) > _MOST:
        out.print(f"    and {len(lines) - _MOST} more")


def _drawer(out: Console, trace: ModelTrace, subject: Subject) -> Callable[[int, Wanted, Done], None]:
    from lockedroom.cli.moves import lifelines, move
    from lockedroom.cli.terminal import drawn

    chart = drawn(out, lifelines(subject, (step.actor for step in trace.steps)), present=not subject.names)
    for line in chart.heading():
        out.print(line)
    before = dict(subject.machine.initial)

    def draw(_: int, __: Wanted, done: Done) -> None:
        for line in chart.draw(move(subject, done.action, done.outcome, before, done.after)):
            out.print(line)
        before.update(done.after)

    return draw


def _json(trace: ModelTrace, found: Retraced) -> dict[str, object]:
    parting = found.parting
    return {
        "verdict": "reproduced" if parting is None else "undecided" if found.undecided else "failed",
        "title": trace.about.title,
        "on": "model",
        "machine": str(trace.about.machine),
        "property": trace.about.property,
        "violation": found.run.message,
        "fell": trace.about.fell,
        "steps": len(trace.steps),
        "agreed": len(found.run.steps),
        "divergence": None
        if parting is None
        else {
            "prefix": parting.prefix,
            "step": parting.step,
            "problem": parting.problem,
            "guard": parting.guard,
            "enabled": list(parting.enabled),
            "differences": [
                {"slot": slot, "at": one.at, "trace": one.before, "found": one.after}
                for slot, one in parting.differences
            ],
        },
    }
