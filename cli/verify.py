"""`lockedroom verify`: the main job. Explore the protocol, replay it on the real machine, print the evidence."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from lockedroom.cli.exits import MEANING, Exit

if TYPE_CHECKING:
    from lockedroom.conformance.conform import ConformReport
    from lockedroom.model.verdict import CheckReport

_WORDS: Final = {Exit.HOLDS: "holds", Exit.REFUSED: "violated"}


def add(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("verify", epilog=MEANING)(verify)


def verify(
    protocol: Annotated[Literal["segment", "stash"], typer.Argument(help="The protocol.")] = "segment",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")] = False,
) -> int:
    """Explore, replay for real, print the evidence.

    Every behaviour within the default bounds is explored; then the committed traces, which hold every distinct
    behaviour, are replayed by real processes on real shared memory with real cryptography.
    """
    if protocol == "stash":
        from lockedroom.cli.evidence import verify_stash

        return verify_stash(as_json)
    from lockedroom.cli.check import exploring, show_reasons
    from lockedroom.cli.conform import progress_of
    from lockedroom.cli.conform import show as show_replays
    from lockedroom.cli.counterexample import of_segment
    from lockedroom.cli.counterexample import show as show_counterexample
    from lockedroom.cli.progress import Live
    from lockedroom.cli.tables import exploration_table, property_table
    from lockedroom.cli.terminal import console, print_json
    from lockedroom.conformance.conform import conform
    from lockedroom.model.segment.bounds import VERIFY
    from lockedroom.model.verdict import check

    began = time.monotonic()
    with Live(quiet=as_json) as live:
        explored = check(protocol, VERIFY, progress=exploring(live))
        if explored.reason == "interrupted":
            raise KeyboardInterrupt
        replayed = conform(protocol, progress=lambda at: live.show("replaying, steps", *progress_of(at)))
    found = of_segment(explored)
    code = _code(explored, replayed)
    seconds = time.monotonic() - began
    if as_json:
        print_json(
            {
                "verdict": _WORDS.get(code, "incomplete"),
                "seconds": round(seconds, 3),
                "exploration": explored.to_json(),
                "conformance": replayed.to_json(),
            }
        )
        return code
    out = console()
    out.print(property_table(explored.properties))
    out.print(exploration_table(explored))
    show_replays(out, replayed)
    show_reasons(out, explored.properties)
    if found is not None:
        show_counterexample(out, found)
    if not explored.complete:
        out.print(f"the exploration is not complete: {explored.reason}", style="yellow")
    out.print(f"\n{protocol}: {_WORDS.get(code, 'incomplete')}, in {seconds:.0f} s", style="bold")
    return code


def _code(explored: CheckReport, replayed: ConformReport) -> Exit:
    codes = {Exit(explored.exit_code), Exit(replayed.exit_code)}
    for worst in (Exit.REFUSED, Exit.INCOMPLETE):
        if worst in codes:
            return worst
    return Exit.HOLDS
