"""`lockedroom refine`: the bridge from proof to code. Every explored step of the engine is a step of what is proved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lockedroom.cli.exits import MEANING, Exit, usage

if TYPE_CHECKING:
    from rich.console import Console

    from lockedroom.model.proofs.segment.refined import Refined


def add(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("refine", epilog=MEANING)(refine)


def _bound(about: str) -> object:
    return typer.Option(min=0, max=100, help=about)


def refine(
    protocol: Annotated[Literal["segment"], typer.Argument(help="The protocol.")] = "segment",
    members: Annotated[int, typer.Option(min=1, max=8, help="Members of the room.")] = 2,
    messages: Annotated[int, _bound("Messages from each member to each other.")] = 1,
    joins: Annotated[int, _bound("Times that each member joins.")] = 1,
    rotations: Annotated[int, _bound("Rotations by each member.")] = 0,
    revocations: Annotated[int, _bound("Revocations in the room.")] = 0,
    crashes: Annotated[int, _bound("Members killed, at any point.")] = 0,
    intruder: Annotated[int, _bound("Steps of an intruder, who changes the store at will.")] = 1,
    insider: Annotated[
        int, typer.Option(min=0, max=1, help="1: the last member is the intruder's, with valid keys to misuse.")
    ] = 0,
    edges: Annotated[
        bool, typer.Option("--edges", help="Edge by edge, on whole states; for small bounds, since it is slow.")
    ] = False,
    mutant: Annotated[
        str | None, typer.Option(metavar="NAME", help="Check the engine with one of the known mistakes in it.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=64, help="Processes that explore; by default one for each processor.")
    ] = None,
    time_limit: Annotated[float | None, typer.Option(min=0.1, help="Seconds; then the answer is incomplete.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")] = False,
) -> int:
    """Check that the engine's steps are those that are proved safe.

    What `lockedroom prove` proves is said of an abstract system. Here each step that the explorer takes within bounds
    is mapped to that system, slot by slot: its guards, as they stand in the proof, must hold before the step, and what
    they lead to must be what the engine leaves; or the step changes nothing there. One memo entry stands for all
    states in which it was used.
    """
    from lockedroom.cli.check import exploring
    from lockedroom.cli.progress import Live
    from lockedroom.cli.terminal import console, print_json
    from lockedroom.model.proofs.segment.refined import by_edges, by_entries
    from lockedroom.model.segment.bounds import Bounds
    from lockedroom.model.segment.engine import REFERENCE
    from lockedroom.model.segment.mutants import BY_NAME

    try:
        bounds = Bounds(members, messages, joins, rotations, revocations, crashes, intruder, insider)
    except ValueError as error:
        raise usage(str(error), "choose smaller bounds") from None
    if mutant is not None and mutant not in BY_NAME:
        raise usage(f"no mistake {mutant!r} is known", f"there are: {'; '.join(BY_NAME)}")
    logic = BY_NAME[mutant].logic() if mutant is not None else REFERENCE
    with Live(quiet=as_json) as live:
        found = (
            by_edges(bounds, logic, time_limit=time_limit)
            if edges
            else by_entries(bounds, logic, jobs=jobs, time_limit=time_limit, progress=exploring(live))
        )
    if as_json:
        print_json(found.to_json())
    else:
        show(console(), found)
    return Exit.INTERRUPTED if found.reason == "interrupted" else Exit(found.exit_code)


def show(out: Console, found: Refined) -> None:
    """Print the report."""
    from lockedroom.cli.tables import plain
    from lockedroom.cli.terminal import count

    table = plain("transition", "is", found.judged)
    for operation, those in found.counts.items():
        for index, (actions, times) in enumerate(sorted(those.items(), key=lambda one: -one[1])):
            table.add_row("" if index else operation, actions, count(times))
    out.print(table)
    totals = plain(found.judged, "")
    totals.add_row("judged", count(found.total))
    totals.add_row("steps of what is proved", count(found.total - found.stutters - found.ends))
    totals.add_row("that change nothing there", count(found.stutters))
    totals.add_row("that end the room", count(found.ends))
    totals.add_row("states", count(found.states))
    totals.add_row("bounds", str(found.bounds))
    out.print(totals)
    if found.never:
        out.print(f"no step was: {', '.join(found.never)}")
    if found.fault:
        out.print(f"no step of what is proved: {found.fault}", style="bold red")
        for number, taken in enumerate(found.path, start=1):
            out.print(f"  {number}. {taken}")
    if not found.complete and not found.fault:
        out.print(f"not complete: {found.reason}", style="yellow")
    out.print(f"\nsegment: {found.verdict} within {found.bounds}, in {found.seconds:.0f} s", style="bold")
