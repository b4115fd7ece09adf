"""`lockedroom defences`: every defence of the hardened profile switched off, and what that admits."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lockedroom.cli.exits import MEANING, Exit, usage
from lockedroom.cli.options import Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from lockedroom.model.segment.defences import DefencesReport, Row


def add(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("defences", epilog=MEANING)(defences)


def defences(
    protocol: Protocol = "segment",
    only: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="This defence alone; may be given several times.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=64, help="Processes that search; by default one for each processor.")
    ] = None,
    time_limit: Annotated[float | None, typer.Option(min=0.1, help="Seconds; then the answer is incomplete.")] = None,
    committed: Annotated[
        bool, typer.Option("--committed", help="Search nothing: show the committed results, each attack taken again.")
    ] = False,
    trace: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where to write each attack, for `lockedroom replay`.")
    ] = None,
    svg: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Where to draw each attack, as SVG.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table and charts.")] = False,
) -> int:
    """Show what each defence is for.

    Each defence of the hardened profile is switched off alone, and the protocol explored within small bounds, one after
    the other: the property that falls, by the shortest attack within those bounds. What nothing is found without is
    switched off together with others of its kind; what is not missed even then stays for a reason, which is told.
    Exit code 0: each defence has an attack or a reason.
    """
    from lockedroom.cli.attacks import folder_of, save, taken
    from lockedroom.cli.progress import Live
    from lockedroom.cli.terminal import console, print_json
    from lockedroom.model.crew import INTERRUPTED, processors
    from lockedroom.model.segment.attacks import LADDER
    from lockedroom.model.segment.covers import uncovered
    from lockedroom.model.segment.defences import DefencesReport, climbed, committed_others, committed_rows, judge
    from lockedroom.reference.tables import TABLES

    names = tuple(dict.fromkeys(only or ()))
    known = [one.name for one in TABLES[protocol].switches.defences]
    unknown = next((name for name in names if name not in known), None)
    if unknown is not None:
        raise usage(f"there is no defence {unknown!r}", f"there are: {'; '.join(known)}")
    if protocol == "stash":
        from lockedroom.cli.evidence import defences_of_the_stash, only_searched

        only_searched(protocol, jobs, time_limit, committed)
        return defences_of_the_stash(names, as_json, trace, svg)
    traces, pictures = folder_of(trace), folder_of(svg)
    began = time.monotonic()
    deadline = None if time_limit is None else began + time_limit
    with Live(quiet=as_json) as live:
        if committed:
            rows = tuple(row for row in committed_rows() if not names or row.defence.name in names)
        else:
            climb, uncover = partial(climbed, deadline=deadline), partial(uncovered, deadline=deadline)
            many, others = jobs or processors(), committed_others() if names else {}
            rows = judge(
                names, ladder=LADDER, search=climb, uncover=uncover, others=others, jobs=many, progress=live.show
            )
    for attack in (row.attack for row in rows if committed and row.attack is not None):
        taken(attack)
    late = deadline is not None and time.monotonic() >= deadline
    reason = INTERRUPTED if any(row.reason == INTERRUPTED for row in rows) else "the time limit" if late else ""
    report = DefencesReport(rows, LADDER, time.monotonic() - began, reason)
    files = {
        row.defence.name: save(row.attack, row.defence.name, traces, pictures) for row in rows if row.attack is not None
    }
    if as_json:
        said = report.to_json()
        found = [{**row.to_json(), **files.get(row.defence.name, {})} for row in rows]
        print_json({**said, "committed": committed, "defences": found})
    else:
        _show(console(), report, committed)
    return Exit.INTERRUPTED if reason == INTERRUPTED else Exit(report.exit_code)


def _show(out: Console, report: DefencesReport, committed: bool) -> None:
    from lockedroom.cli.attacks import draw
    from lockedroom.cli.tables import brief, plain, searched_in

    table = plain("defence", "clauses", "without it", "steps", "within")
    table.columns[3].justify = "right"
    for row in report.rows:
        attack = row.attack
        within = str(attack.bounds) if attack else f"{sum(one.complete for one in row.searched)} bounds searched"
        table.add_row(
            row.defence.name, brief(row.defence.clauses), said(row), str(attack.length) if attack else "", within
        )
    out.print(table)
    for row in report.rows:
        out.print(f"\n{row.defence.name}: {row.defence.gives}", style="bold")
        if row.attack is None:
            for line in silence(row):
                out.print(line, style="yellow")
            continue
        if row.off[1:]:
            out.print(alone(row))
        out.print(f"without {', '.join(row.off)}, within {row.attack.bounds}:")
        draw(out, row.attack)
        if row.beside:
            out.print(row.beside, style="dim")
    sums = f"{counted(report.rows)}, {searched_in(report.seconds, committed)}"
    out.print(f"\n{report.verdict}: {sums}", style="bold")


def counted(rows: Sequence[Row]) -> str:
    """How many are missed alone, how many together with others, how many not."""
    alone, together = (sum(row.verdict == verdict for row in rows) for verdict in ("attack", "attack together"))
    late = sum(row.verdict == "incomplete" for row in rows)
    rest = len(rows) - alone - together - late
    said = f"of {len(rows)} defences the loss of {alone} alone admits an attack, that of {together} with another's"
    said += f", that of {rest} none within these bounds" if rest else ""
    return f"{said}; {late} not searched whole" if late else said


def silence(row: Row) -> Iterator[str]:
    """What to say of a defence without which no attack was found."""
    searched = "; ".join(str(found.bounds) for found in row.searched if found.complete)
    if searched:
        yield f"no attack without it within {searched}"
    if row.verdict == "incomplete":
        yield f"not searched whole: {row.reason}"
    else:
        yield f"it stays: {row.reason}" if row.reason else "nothing says why it is there"


def alone(row: Row) -> str:
    """What to say of a defence whose loss admits an attack together with another's only."""
    whole = sum(found.complete for found in row.searched)
    return f"its loss alone admits no attack within the {whole} bounds searched; that of {' and '.join(row.off)} does:"


def said(row: Row) -> str:
    """What becomes of the protocol without a defence, in a few words."""
    if row.attack is None:
        if row.verdict != "none found":
            return row.verdict
        return "no attack found; it stays for a reason" if row.reason else "no attack found"
    if len(row.off) > 1:
        return f"{row.attack.falls} (together with {', '.join(row.off[1:])})"
    return row.attack.falls
