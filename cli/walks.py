"""`lockedroom check … --walks`: what random walks have seen, for people. They never say that something holds."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lockedroom.cli.exits import Exit, Problem, usage

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from lockedroom.cli.counterexample import Confirmed
    from lockedroom.cli.progress import Live
    from lockedroom.model.segment.bounds import Bounds
    from lockedroom.model.walked import MachineWalks, WalkReport
    from lockedroom.model.walkers import Found, Stride


def only_with_walks(walks: int | None, **given: object) -> None:
    """Refuse what means something to walks alone, where there are none."""
    named = [f"--{name}" for name, value in given.items() if value is not None]
    if walks is None and named:
        raise usage(f"{', '.join(named)}: of random walks, and none are asked for", "say how many with --walks")


def walk_segment(
    bounds: Bounds,
    live: Live,
    *,
    walks: int,
    steps: int | None,
    seed: int | None,
    jobs: int | None,
    mutant: str | None,
    time_limit: float | None,
) -> WalkReport:
    """Walk through the segment, and tell how far it is."""
    from lockedroom.model.walked import STEPS
    from lockedroom.model.walked import walk_segment as run

    return run(
        bounds,
        walks=walks,
        steps=STEPS if steps is None else steps,
        seed=1 if seed is None else seed,
        jobs=jobs or os.cpu_count() or 1,
        mutant=mutant or "",
        progress=walking(live),
        time_limit=time_limit,
    )


def walk_user(
    target: str,
    arguments: Mapping[str, int],
    live: Live,
    *,
    walks: int,
    steps: int | None,
    seed: int | None,
    jobs: int | None,
    time_limit: float | None,
) -> MachineWalks:
    """Walk through a user's machine, which each process loads for itself, and tell how far it is. Raises Problem when
    there is no such machine."""
    from lockedroom.cli.modules import user_subject
    from lockedroom.model.walked import STEPS, walk_machine

    return walk_machine(
        partial(user_subject, target, dict(arguments)),
        target,
        arguments,
        walks=walks,
        steps=STEPS if steps is None else steps,
        seed=1 if seed is None else seed,
        jobs=jobs or os.cpu_count() or 1,
        progress=walking(live),
        time_limit=time_limit,
    )


def check_user_walks(
    target: str,
    given: Sequence[str],
    *,
    walks: int,
    steps: int | None,
    seed: int | None,
    jobs: int | None,
    time_limit: float | None,
    trace: Path | None,
    svg: Path | None,
    as_json: bool,
) -> Exit:
    """Walk through a user's machine, judge it, print. Raises Problem."""
    from lockedroom.cli.counterexample import confirmed, refuse_existing, save
    from lockedroom.cli.modules import user_subject
    from lockedroom.cli.progress import Live
    from lockedroom.cli.terminal import console, print_json
    from lockedroom.cli.user import arguments_of, faulty
    from lockedroom.conformance.model_trace import Named
    from lockedroom.model.model import ModelError, diagnosed
    from lockedroom.model.report import ActionFault
    from lockedroom.model.walks import Unsteady

    refuse_existing((trace, svg))
    arguments = arguments_of(given)
    try:
        with Live(quiet=as_json) as live:
            report = walk_user(
                target, arguments, live, walks=walks, steps=steps, seed=seed, jobs=jobs, time_limit=time_limit
            )
    except ActionFault as error:
        wrong = error.fault if isinstance(error.fault, ModelError) else diagnosed(error.action, error.values)
        if wrong is not None:
            raise wrong from None
        raise faulty(target, error) from None
    except Unsteady as error:
        raise Problem("MACHINE", str(error), "this is a fault of the machine", Exit.MALFORMED) from None
    except (ValueError, TypeError, KeyError) as error:
        said = error.args[0] if error.args else type(error).__name__
        raise Problem("MACHINE", f"{target}: {said}", "this is a fault of the machine", Exit.MALFORMED) from None
    broken = report.found.violation
    found = confirmed(user_subject(target, arguments), Named(target, arguments), broken) if broken else None
    if found is not None:
        save(found, trace, svg)
    if as_json:
        print_json(report.to_json())
    else:
        show_user_walks(console(), report, found)
    return Exit.INTERRUPTED if report.reason == "interrupted" else Exit(report.exit_code)


def walking(live: Live) -> Callable[[Stride], None]:
    """What tells of the progress of walks."""
    from lockedroom.cli.terminal import count

    def tell(at: Stride) -> None:
        words = f"{count(at.entries)} table entries, {count(at.fresh)} new ones in a thousand steps"
        live.show(f"walking, {at.phase}, walks" if at.phase else "walking, walks", at.walks, at.of, words)

    return tell


def show_walks(out: Console, report: WalkReport, found: Confirmed | None) -> None:
    """The tables, and what they do not say."""
    from lockedroom.cli.check import show_reasons
    from lockedroom.cli.counterexample import show
    from lockedroom.cli.tables import property_table

    out.print(property_table(report.properties, out.width))
    for phase in report.phases:
        out.print(walk_table(phase.store, phase.found, report.limit, report.seed))
    show_reasons(out, report.properties)
    if found is None:
        out.print(f"no violation found, which is no proof: {report.reason}", style="yellow")
    else:
        show(out, found)
        out.print(said_of(report.phases[-1].found, len(found.run.steps)), style="yellow")


def show_user_walks(out: Console, report: MachineWalks, found: Confirmed | None) -> None:
    """The tables of walks through a user's machine, and what they do not say."""
    from lockedroom.cli.counterexample import show
    from lockedroom.cli.tables import plain
    from lockedroom.cli.terminal import count

    table = plain("property", "verdict", "judged")
    table.columns[2].justify = "right"
    for name, (verdict, judged) in report.properties.items():
        table.add_row(name, verdict, count(judged))
    if report.properties:
        out.print(table)
    out.print(walk_table(report.found.title, report.found, report.limit, report.seed))
    for name in report.never_happened:
        out.print(f"{name}: no walk came to it", style="yellow")
    if found is None:
        out.print(f"no violation found, which is no proof: {report.reason}", style="yellow")
    else:
        show(out, found)
        out.print(said_of(report.found, len(found.run.steps)), style="yellow")


def said_of(found: Found, left: int) -> str:
    """Where a counterexample comes from, and what it is not."""
    return f"found by random walk {found.walk}, {found.length} steps, of which {left} are left: not the shortest way"


def walk_table(title: str, found: Found, limit: int, seed: int) -> Table:
    """What walks through one machine have seen."""
    from lockedroom.cli.tables import plain
    from lockedroom.cli.terminal import count

    table = plain("walked at random", title)
    asked = "" if found.walks == found.asked else f" of {count(found.asked)}"
    processes = "one process" if found.jobs == 1 else f"{found.jobs} processes"
    table.add_row("walks", f"{count(found.walks)}{asked}, of up to {limit} steps, seed {seed}")
    rate = found.steps / max(found.seconds, 1e-3)
    table.add_row("steps", f"{count(found.steps)}, by {processes} in {found.seconds:.1f} s ({count(rate)} a second)")
    table.add_row("", f"{count(found.dead_ends)} into dead ends; the longest walk has {count(found.longest)}")
    table.add_row("states", f"{count(found.states)} distinct ones")
    table.add_row("table entries", f"{count(found.entries)}; at the end {count(found.fresh)} new in a thousand steps")
    missing = sorted(set(found.taken) - found.accepted)
    never = f"; never: {', '.join(missing)}" if missing else ""
    table.add_row("transitions", f"{len(found.accepted)} of {len(found.taken)}{never}")
    clauses = {clause for clauses in found.refusals.values() for clause in clauses}
    table.add_row("refusals", f"by {len(clauses)} clauses")
    return table
