"""`lockedroom refine`: the bridge from proof to code. Every explored step of the engine is a step of what is proved."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import typer

from lockedroom.cli.exits import MEANING, Exit, unknown_mistake, usage
from lockedroom.cli.options import Protocol

if TYPE_CHECKING:
    from rich.console import Console

    from lockedroom.model.proofs.refined import Limits, Refined, Refining
    from lockedroom.model.report import Progress
    from lockedroom.model.segment.bounds import Bounds

_Bounds = TypeVar("_Bounds", bound="Limits")
_Logic = TypeVar("_Logic")

_SHOWN: Final = 200
"""Letters of a fault in a table."""


def add(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("refine", epilog=MEANING)(refine)


def _bound(about: str) -> object:
    return typer.Option(min=0, max=100, help=about)


def refine(
    context: typer.Context,
    protocol: Protocol = "segment",
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
    given: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=NUMBER", help="Of the stash: holders, writes, intruder (2, 2 and 1)."),
    ] = None,
    edges: Annotated[
        bool, typer.Option("--edges", help="Edge by edge, on whole states; for small bounds, since it is slow.")
    ] = False,
    cover: Annotated[
        bool,
        typer.Option(
            "--cover", help="Every private state of a member with all that the store can answer; for large bounds."
        ),
    ] = False,
    mutant: Annotated[
        str | None, typer.Option(metavar="NAME", help="Check the engine with one of the known mistakes in it.")
    ] = None,
    mutants: Annotated[
        bool, typer.Option("--mutants", help="Check it with each of them that must not refine, within its own bounds.")
    ] = False,
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

    With --cover no states are explored. Each private state that a member can be in is tried with each answer that the
    store can give to what it asks, whether or not a run brings the two together: that covers every memo entry within
    the bounds, and more. It is for bounds without rotations, revocations, crashes and insiders.
    """
    if mutants:
        _only(context, "mutants", "each mistake has bounds of its own", "protocol", "mutants", "time_limit", "as_json")
        return _mistakes(protocol, time_limit, as_json)
    from lockedroom.cli.user import arguments_of
    from lockedroom.model.proofs.segment.refined import REFINING as SEGMENT
    from lockedroom.model.proofs.stash.refined import BOUNDS
    from lockedroom.model.proofs.stash.refined import REFINING as STASH
    from lockedroom.model.protocols import STASH as EXPLORED
    from lockedroom.model.segment.bounds import Bounds

    try:
        if protocol == "stash":
            beside = ("protocol", "given", "edges", "mutant", "jobs", "time_limit", "as_json")
            _only(context, "stash", "its bounds are given by --set", *beside)
            named = EXPLORED.within(arguments_of(given or []), BOUNDS)
            return _refined(protocol, STASH, named, edges, mutant, jobs, time_limit, as_json)
        if given:
            raise usage("--set with segment", "its bounds have options of their own")
        bounds = Bounds(members, messages, joins, rotations, revocations, crashes, intruder, insider)
    except ValueError as error:
        raise usage(str(error), "choose smaller bounds") from None
    if cover:
        _only(context, "cover", "it is not of edges", *(name for name in context.params if name != "edges"))
        return _covered(bounds, mutant, jobs, time_limit, as_json)
    return _refined(protocol, SEGMENT, bounds, edges, mutant, jobs, time_limit, as_json)


def _refined(
    protocol: str,
    refining: Refining[_Bounds, _Logic],
    bounds: _Bounds,
    edges: bool,
    mutant: str | None,
    jobs: int | None,
    time_limit: float | None,
    as_json: bool,
) -> int:
    """Check a protocol's engine within bounds, perhaps with a mistake, and print what became of it."""
    from lockedroom.cli.check import exploring
    from lockedroom.cli.progress import Live

    if mutant is not None and mutant not in refining.mutants:
        raise unknown_mistake(mutant, refining.mutants)
    logic = refining.mutants[mutant].logic() if mutant is not None else None
    with Live(quiet=as_json) as live:
        found = (
            refining.by_edges(bounds, logic, time_limit=time_limit)
            if edges
            else refining.by_entries(bounds, logic, jobs=jobs, time_limit=time_limit, progress=exploring(live))
        )
    return _told(found, protocol, as_json)


def _covered(bounds: Bounds, mutant: str | None, jobs: int | None, time_limit: float | None, as_json: bool) -> int:
    """Check the segment's engine on a cover, perhaps with a mistake, and print what became of it."""
    from lockedroom.cli.progress import Live
    from lockedroom.cli.terminal import count
    from lockedroom.model.proofs.segment.cover import unfit
    from lockedroom.model.proofs.segment.covered import covered
    from lockedroom.model.segment.mutants import BY_NAME

    if reason := unfit(bounds):
        raise usage(reason, "leave it out, or --cover")
    if mutant is not None and mutant not in BY_NAME:
        raise unknown_mistake(mutant, BY_NAME)
    with Live(quiet=as_json) as live:

        def tell(at: Progress) -> None:
            words = f"{count(at.frontier)} private states to try in round {at.depth}, {at.rate:,.0f} a second"
            live.show("cover, ways to answer", at.states, None, words)

        found = covered(bounds, mutant, jobs=jobs, time_limit=time_limit, progress=tell)
    return _told(found, "segment", as_json)


def _told(found: Refined, protocol: str, as_json: bool) -> int:
    """Print what became of it."""
    from lockedroom.cli.terminal import console, print_json
    from lockedroom.model.crew import INTERRUPTED

    if as_json:
        print_json(found.to_json())
    else:
        show(console(), found, protocol)
    return Exit.INTERRUPTED if found.reason == INTERRUPTED else Exit(found.exit_code)


def _only(context: typer.Context, option: str, reason: str, *beside: str) -> None:
    """Refuse options that mean nothing beside one."""
    sources = {name: context.get_parameter_source(name) for name in context.params if name not in beside}
    given = [f"--{name}" for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"]
    if given:
        raise usage(f"{', '.join(given)} with {'--' * (option in context.params)}{option}", reason)


def _mistakes(protocol: str, time_limit: float | None, as_json: bool) -> int:
    """Check the engine with every mistake that must not refine."""
    from lockedroom.cli.progress import Live
    from lockedroom.cli.tables import plain
    from lockedroom.cli.terminal import console, print_json
    from lockedroom.model.crew import INTERRUPTED
    from lockedroom.model.proofs.protocols import protocol as proved

    mistakes = proved(protocol).mistakes
    wanted, outside = mistakes.caught, mistakes.outside
    began = time.monotonic()
    found: dict[str, Refined] = {}
    with Live(quiet=as_json) as live:
        for number, one in enumerate(wanted):
            live.show("refinement, mutants", number, len(wanted))
            left = None if time_limit is None else time_limit - (time.monotonic() - began)
            if left is not None and left <= 0:
                break
            found[one] = mistakes.refined(one, left)
            if found[one].reason == INTERRUPTED:
                break
    missed = [name for name, result in found.items() if result.verdict == "refines"]
    caught = [name for name, result in found.items() if result.verdict == "does not refine"]
    code = Exit.REFUSED if missed else Exit.HOLDS if len(caught) == len(wanted) else Exit.INCOMPLETE
    if any(result.reason == INTERRUPTED for result in found.values()):
        code = Exit.INTERRUPTED
    if as_json:
        told = [{"name": name, **result.to_json()} for name, result in found.items()]
        apart = [{"name": name, "violates": violates, "reason": reason} for name, violates, reason in outside]
        print_json({"caught": len(caught), "to_be_caught": len(wanted), "mutants": told, "outside": apart})
        return code
    out = console()
    table = plain("mistake", "at", "what is no step of what is proved")
    for name, result in found.items():
        at = str(len(result.path)) if result.fault else ""
        table.add_row(name, at, result.fault[:_SHOWN] or result.verdict)
    out.print(table)
    for (violates, reason), times in Counter((violates, reason) for _, violates, reason in outside).items():
        out.print(f"{times} break{'s' * (times == 1)} “{violates}” and need not be caught: {reason}")
    if len(caught) + len(missed) < len(wanted):
        out.print(f"{len(wanted) - len(caught) - len(missed)} not looked at to the end", style="yellow")
    seconds = time.monotonic() - began
    out.print(f"\n{protocol}: {len(caught)} of {len(wanted)} mutants refine nothing, in {seconds:.0f} s", style="bold")
    return code


def show(out: Console, found: Refined, protocol: str) -> None:
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
    if found.ends:
        totals.add_row("that end the room", count(found.ends))
    covers = found.judged == "ways to answer"
    totals.add_row("private states of members" if covers else "states", count(found.states))
    totals.add_row("rounds until nothing is new" if covers else "depth", str(found.depth))
    for kind, many in found.answers.items():
        totals.add_row(f"answers: {kind}", count(many))
    totals.add_row("bounds", str(found.bounds))
    out.print(totals)
    if found.never:
        out.print(f"no step was: {', '.join(found.never)}")
    if found.fault:
        out.print(f"no step of what is proved: {found.fault}", style="bold red")
        for number, taken in enumerate(found.path, start=1):
            out.print(f"  {number}. {taken}")
    if covers and not found.complete:
        out.print(f"not complete: {found.reason}", style="yellow")
    elif not found.complete and not found.fault:
        out.print(f"not complete: {found.reason}; not all states at the last depths were looked at", style="yellow")
    out.print(f"\n{protocol}: {found.verdict} within {found.bounds}, in {found.seconds:.0f} s", style="bold")
