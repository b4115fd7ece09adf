"""`lockedroom conform`: every trace of the corpus, by real processes on real shared memory."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lockedroom.cli.exits import MEANING, usage

if TYPE_CHECKING:
    from rich.console import Console

    from lockedroom.conformance.conform import ConformReport, Progress


def add(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("conform", epilog=MEANING)(conform)


def conform(
    protocol: Annotated[Literal["segment"], typer.Argument(help="The protocol.")] = "segment",
    jobs: Annotated[
        int | None, typer.Option(min=1, max=64, help="Traces at a time; by default one for each processor.")
    ] = None,
    command: Annotated[
        str, typer.Option(help="The implementation under test, as a shell would split it; ours by default.")
    ] = "",
    profile: Annotated[
        Literal["hardened", "as-written"], typer.Option(help="The profile whose traces are replayed.")
    ] = "hardened",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
) -> int:
    """Replay the whole corpus for real.

    One process for each member, on real shared memory; every observation is compared with the traces.
    """
    from lockedroom.cli.progress import Live
    from lockedroom.cli.terminal import console, print_json
    from lockedroom.conformance.conform import conform as run
    from lockedroom.conformance.corpus import corpus

    traces = [trace for trace in corpus(protocol) if trace.settings.profile == profile]
    if not traces:
        raise usage(
            f"there is no corpus of the profile {profile}",
            "it promises nothing to conform to: replay single attacks on it by `lockedroom replay`",
        )
    with Live(quiet=as_json) as live:
        report = run(
            protocol,
            command=_split(command),
            jobs=jobs or os.cpu_count() or 1,
            traces=traces,
            progress=lambda at: live.show("replaying, steps", *progress_of(at)),
        )
    if as_json:
        print_json(report.to_json())
    else:
        show(console(), report)
    return report.exit_code


def _split(command: str) -> list[str] | None:
    import shlex

    try:
        return shlex.split(command) or None
    except ValueError as error:
        raise usage(f"{command!r} is no command ({error})", "quote it as for a shell") from None


def progress_of(at: Progress) -> tuple[int, int, str]:
    """How far a replay is, for the progress line: steps done, of how many, and words."""
    failed = f", {at.failed} differ" if at.failed else ""
    return at.steps_done, at.steps, f"{at.traces_done} of {at.traces} traces{failed}"


def show(out: Console, report: ConformReport) -> None:
    """The report for people: what was run, what it covered, and where it differed."""
    from lockedroom.cli.tables import conformance_table

    out.print(conformance_table(report))
    for result in report.traces:
        if result.divergence is not None:
            out.print(f"\n{result.title}\n{result.divergence}", style="red")
        elif result.status != "passed":
            out.print(f"\n{result.title}: {result.reason}", style="red" if result.status == "failed" else "yellow")
