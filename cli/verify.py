"""`lockedroom verify`: the main job. Explore a protocol, replay it on the real machine, print the evidence."""

from __future__ import annotations

import time
from typing import Annotated, Final, Literal

import typer

from lockedroom.cli.exits import MEANING, Exit

_WORDS: Final = {Exit.HOLDS: "holds", Exit.REFUSED: "violated"}


def add(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("verify", epilog=MEANING)(verify)


def verify(
    protocol: Annotated[
        Literal["segment", "stash"] | None, typer.Argument(help="The protocol; both, one after the other, unless told.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")] = False,
) -> int:
    """Explore, replay for real, print the evidence.

    Every behaviour within the default bounds is explored; then the committed traces, which hold every distinct
    behaviour, are replayed by real processes on real shared memory with real cryptography.
    """
    from lockedroom.cli.evidence import verify_stash
    from lockedroom.cli.terminal import print_json

    every = {"segment": _verify_segment, "stash": verify_stash}
    told: dict[str, dict[str, object]] = {}
    codes: list[Exit] = []
    for name, run in every.items():
        if protocol in (None, name):
            code, told[name] = run(quiet=as_json)
            codes.append(code)
    worst = _worst(codes)
    if as_json:
        print_json(told[protocol] if protocol else {"verdict": _WORDS.get(worst, "incomplete"), "protocols": told})
    return worst


def _verify_segment(quiet: bool) -> tuple[Exit, dict[str, object]]:
    """The evidence on the segment, printed unless `quiet`."""
    from lockedroom.cli.check import exploring, show_reasons
    from lockedroom.cli.conform import progress_of
    from lockedroom.cli.conform import show as show_replays
    from lockedroom.cli.counterexample import of_segment
    from lockedroom.cli.counterexample import show as show_counterexample
    from lockedroom.cli.progress import Live
    from lockedroom.cli.tables import exploration_table, property_table
    from lockedroom.cli.terminal import console
    from lockedroom.conformance.conform import conform
    from lockedroom.model.segment.bounds import VERIFY
    from lockedroom.model.verdict import check

    began = time.monotonic()
    with Live(quiet=quiet) as live:
        explored = check("segment", VERIFY, progress=exploring(live))
        if explored.reason == "interrupted":
            raise KeyboardInterrupt
        replayed = conform("segment", progress=lambda at: live.show("replaying, steps", *progress_of(at)))
    found = of_segment(explored)
    code = _worst([Exit(explored.exit_code), Exit(replayed.exit_code)])
    seconds = time.monotonic() - began
    if not quiet:
        out = console()
        out.print(property_table(explored.properties, out.width))
        out.print(exploration_table(explored))
        show_replays(out, replayed)
        show_reasons(out, explored.properties)
        if found is not None:
            show_counterexample(out, found)
        if not explored.complete:
            out.print(f"the exploration is not complete: {explored.reason}", style="yellow")
        out.print(f"\nsegment: {_WORDS.get(code, 'incomplete')}, in {seconds:.0f} s", style="bold")
    return code, {
        "verdict": _WORDS.get(code, "incomplete"),
        "seconds": round(seconds, 3),
        "exploration": explored.to_json(),
        "conformance": replayed.to_json(),
    }


def _worst(codes: list[Exit]) -> Exit:
    return next((worst for worst in (Exit.REFUSED, Exit.INCOMPLETE) if worst in codes), Exit.HOLDS)
