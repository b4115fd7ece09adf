"""`lockedroom check … --walks`: what random walks have seen, for people. They never say that something holds."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from lockedroom.cli.exits import usage

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

    out.print(property_table(report.properties))
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
