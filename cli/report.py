"""`lockedroom report`: all the evidence on the adversary on one page of HTML."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lockedroom.cli.exits import MEANING, Exit

if TYPE_CHECKING:
    from lockedroom.cli.progress import Live
    from lockedroom.model.segment.defences import Row
    from lockedroom.model.segment.findings import FindingsReport


def add(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("report", epilog=MEANING)(report)


def report(
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write the page.")],
    protocol: Annotated[Literal["segment"], typer.Argument(help="The protocol.")] = "segment",
    only: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Of the mutants only these; * and ? stand for anything.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=64, help="Processes that explore; by default one for each processor.")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Search for defences and findings anew, instead of taking the committed.")
    ] = False,
) -> int:
    """Write the evidence on the adversary as one page.

    The hardened protocol explored, the findings on the description, every defence with the attack that its loss admits,
    every mutant with what kills it; each with its sequence chart. The page is one file: it loads nothing and runs
    nothing. The exit code is the worst of its parts.
    """
    from lockedroom.cli.check import exploring
    from lockedroom.cli.counterexample import refuse_existing, write_new
    from lockedroom.cli.mutants import chosen_of, run
    from lockedroom.cli.page import html
    from lockedroom.cli.progress import Live
    from lockedroom.model.segment.bounds import VERIFY
    from lockedroom.model.segment.mutants import MUTANTS
    from lockedroom.model.segment.mutants.unseen import UNSEEN
    from lockedroom.model.verdict import check

    refuse_existing((out,))
    chosen = chosen_of(MUTANTS, only or ())
    with Live() as live:
        explored = check(protocol, VERIFY, progress=exploring(live))
        if explored.reason == "interrupted":
            raise KeyboardInterrupt
        rows, found = _searched(live, jobs) if fresh else _committed()
        hunts = run(chosen, len(MUTANTS), live, jobs=jobs)
    if hunts.exit_code == Exit.INTERRUPTED:
        print(f"interrupted: what there is by now is written to {out}; Ctrl-C again leaves it out", file=sys.stderr)
    write_new(out, html(explored, rows, found, hunts, UNSEEN, fresh=fresh))
    codes = {Exit(explored.exit_code), hunts.exit_code}
    codes.add(Exit(found.exit_code) if found is not None else Exit.INCOMPLETE)
    codes.add(Exit.INCOMPLETE if rows is None else Exit.HOLDS if all(row.accounted for row in rows) else Exit.REFUSED)
    worst = next((code for code in (Exit.INTERRUPTED, Exit.REFUSED, Exit.INCOMPLETE) if code in codes), Exit.HOLDS)
    findings = _counted(len(found.findings), "finding") if found is not None else "findings not searched"
    defences = _counted(len(rows), "defence") if rows is not None else "defences not searched"
    print(f"{out}: {findings}, {defences}, {_counted(len(hunts.results), 'mutant')}")
    return worst


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _searched(live: Live, jobs: int | None) -> tuple[tuple[Row, ...], FindingsReport]:
    from lockedroom.model.crew import INTERRUPTED, processors
    from lockedroom.model.segment.attacks import DESCRIBED
    from lockedroom.model.segment.defences import judge
    from lockedroom.model.segment.findings import enumerated

    rows = judge(jobs=jobs or processors(), progress=live.show)
    if any(row.reason == INTERRUPTED for row in rows):
        raise KeyboardInterrupt
    known = enumerated(jobs=jobs or processors(), progress=live.show)
    if known.interrupted:
        raise KeyboardInterrupt
    return rows, known.report(DESCRIBED)


def _committed() -> tuple[tuple[Row, ...] | None, FindingsReport | None]:
    """The committed results; None where there are none."""
    from lockedroom.model.segment.defences import committed_rows
    from lockedroom.model.segment.findings import committed_findings

    try:
        return committed_rows(), committed_findings()
    except FileNotFoundError:
        return None, None
