"""`lockedroom check`: every behaviour of a protocol within bounds, and the shortest way to break it if there is one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lockedroom.cli.exits import MEANING, Exit, Problem, usage

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from lockedroom.cli.chart import Move
    from lockedroom.cli.progress import Live
    from lockedroom.model.report import Taken
    from lockedroom.model.segment.bounds import Bounds
    from lockedroom.model.verdict import CheckReport, Counterexample, Progress


def add(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("check", epilog=MEANING)(check)


def _bound(about: str) -> object:
    return typer.Option(min=0, max=100, help=about)


def check(
    protocol: Annotated[Literal["segment"], typer.Argument(help="The protocol.")] = "segment",
    members: Annotated[int, typer.Option(min=1, max=8, help="Members of the room.")] = 2,
    messages: Annotated[int, _bound("Messages from each member to each other.")] = 1,
    joins: Annotated[int, _bound("Times that each member joins.")] = 1,
    rotations: Annotated[int, _bound("Rotations by each member.")] = 0,
    revocations: Annotated[int, _bound("Revocations in the room.")] = 0,
    crashes: Annotated[int, _bound("Members killed, at any point.")] = 0,
    intruder: Annotated[int, _bound("Records that an intruder drops or puts into the store.")] = 0,
    time_limit: Annotated[float | None, typer.Option(min=0.1, help="Seconds; then the answer is incomplete.")] = None,
    trace_out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write a counterexample, for `lockedroom replay`.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")] = False,
) -> int:
    """Explore every behaviour within bounds.

    Breadth first, by running the very transitions that the real segment runs. Where a property is violated, the
    shortest way there is drawn.
    """
    from lockedroom.cli.progress import Live
    from lockedroom.cli.terminal import console, print_json
    from lockedroom.model.segment.bounds import Bounds
    from lockedroom.model.verdict import check as run

    if trace_out is not None and trace_out.exists():
        raise usage(f"{trace_out} exists already", "choose another file for the trace, nothing is overwritten")
    try:
        bounds = Bounds(members, messages, joins, rotations, revocations, crashes, intruder)
    except ValueError as error:
        raise usage(str(error), "choose smaller bounds") from None
    with Live(quiet=as_json) as live:
        report = run(protocol, bounds, progress=exploring(live), time_limit=time_limit)
    if as_json:
        print_json(report.to_json())
    else:
        _show(console(), report)
    if trace_out is not None and report.counterexample is not None:
        _write(trace_out, report.bounds, report.counterexample)
    return exit_code(report)


def exploring(live: Live) -> Callable[[Progress], None]:
    """What tells of an exploration's progress."""
    from lockedroom.cli.terminal import count

    def tell(at: Progress) -> None:
        words = f"{count(at.frontier)} to expand at depth {at.depth}"
        live.show(f"exploring, {at.phase}, states", at.states, None, words)

    return tell


def exit_code(report: CheckReport) -> Exit:
    """The exit code of an exploration; one that was interrupted says so."""
    return Exit.INTERRUPTED if report.reason == "interrupted" else Exit(report.exit_code)


def show_counterexample(out: Console, found: Counterexample, bounds: Bounds) -> None:
    """The shortest way to a violation, as a chart."""
    from lockedroom.cli.chart import INTRUDER
    from lockedroom.cli.terminal import drawn
    from lockedroom.model.segment.bounds import NAMES

    out.print(f"\n{found.property} is violated: {found.message}\n", style="bold red")
    intruded = any(taken.action.actor == INTRUDER for taken in found.path)
    chart = drawn(out, (*NAMES[: bounds.members], *((INTRUDER,) if intruded else ())))
    for line in chart.heading():
        out.print(line)
    for taken in found.path:
        for line in chart.draw(_move(taken)):
            out.print(line)


def show_reasons(out: Console, report: CheckReport) -> None:
    """Why a property was not exercised, where there is something to say of it."""
    for found in report.properties:
        if found.says and found.verdict != "violated":
            out.print(f"{found.name}: {found.verdict}: {found.says}")


def _show(out: Console, report: CheckReport) -> None:
    from lockedroom.cli.tables import exploration_table, property_table

    out.print(property_table(report.properties))
    out.print(exploration_table(report))
    show_reasons(out, report)
    if report.counterexample is not None:
        show_counterexample(out, report.counterexample, report.bounds)
    if not report.complete:
        out.print(f"not complete: {report.reason}", style="yellow")


def _move(taken: Taken) -> Move:
    from dataclasses import fields

    from lockedroom.cli.chart import Move

    events = tuple(
        {"event": type(event).__name__, **{field.name: _value(getattr(event, field.name)) for field in fields(event)}}
        for event in taken.outcome.events
    )
    arguments = {name: _value(value) for name, value in taken.action.arguments}
    if taken.outcome.label:
        arguments["choice"] = taken.outcome.label
    return Move(taken.action.actor, taken.action.operation, arguments, events, taken.outcome.clause or "")


def _value(value: object) -> object:
    """A term as text, anything else as it is."""
    from lockedroom.conformance.derive import body_text
    from lockedroom.reference.crypto.terms import Term

    if isinstance(value, Term):
        return body_text(value) if value.op == "body" else str(value)
    return value


def _write(file: Path, bounds: Bounds, found: Counterexample) -> None:
    from lockedroom.conformance.derive import Underivable, derive_path
    from lockedroom.conformance.trace import FORMAT, Settings, write_trace
    from lockedroom.model.segment.bounds import NAMES, Setting

    settings = Settings(
        FORMAT,
        "segment",
        "hardened",
        "LR0",
        Setting(bounds).capacity,
        NAMES[: bounds.members],
        "00" * 32,
        f"{found.property} is violated: {found.message}",
        "lockedroom check",
        bounds.to_json(),
    )
    try:
        trace = derive_path(settings, ((taken.action, taken.outcome) for taken in found.path))
    except Underivable as error:
        raise Problem(
            "TRACE", f"no trace can say this counterexample ({error})", "see the chart", Exit.INCOMPLETE
        ) from None
    with file.open("x", encoding="utf-8") as out:
        out.write(write_trace(trace))
