"""`lockedroom verify`: the main job. Explore a protocol, replay it on the real machine, print the evidence."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Final

import typer

from lockedroom.cli.exits import MEANING, Exit
from lockedroom.reference.protocols import NAMES, Protocol

if TYPE_CHECKING:
    from lockedroom.model.subjects import SubjectReport
    from lockedroom.model.verdict import CheckReport

_WORDS: Final = {Exit.HOLDS: "holds", Exit.REFUSED: "violated"}


def add(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("verify", epilog=MEANING)(verify)


def verify(
    protocol: Annotated[
        Protocol | None, typer.Argument(help="The protocol; both, one after the other, unless told.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")] = False,
) -> int:
    """Explore, replay for real, print the evidence.

    Every behaviour within the default bounds is explored; then a short committed corpus is replayed by real
    processes on the real store with real cryptography (`conform` replays the whole corpus).
    """
    from lockedroom.cli.terminal import print_json

    told: dict[str, dict[str, object]] = {}
    codes: list[Exit] = []
    for name in (protocol,) if protocol else NAMES:
        code, told[name] = _verified(name, quiet=as_json)
        codes.append(code)
        if code is Exit.INTERRUPTED:
            break
    worst = _worst(codes)
    if as_json:
        reason = next((one["reason"] for one in told.values() if one["reason"]), "")
        both = {"verdict": _WORDS.get(worst, "incomplete"), "reason": reason, "protocols": told}
        print_json(told[protocol] if protocol else both)
    return worst


def _verified(protocol: Protocol, quiet: bool) -> tuple[Exit, dict[str, object]]:
    """The evidence on a protocol, printed unless `quiet`; interrupted, as much as there is."""
    from lockedroom.cli.check import exploring, show_reasons
    from lockedroom.cli.conform import progress_of
    from lockedroom.cli.conform import show as show_replays
    from lockedroom.cli.counterexample import show as show_counterexample
    from lockedroom.cli.explored import explored
    from lockedroom.cli.progress import Live
    from lockedroom.cli.tables import exploration_table, property_table
    from lockedroom.cli.terminal import console
    from lockedroom.conformance.conform import conform
    from lockedroom.conformance.corpus import corpus
    from lockedroom.conformance.stash_real import on_every_store
    from lockedroom.model.crew import INTERRUPTED
    from lockedroom.model.protocols import PROTOCOLS

    began = time.monotonic()
    report: CheckReport | SubjectReport | None = None
    try:
        with Live(quiet=quiet) as live:
            report, found = explored(PROTOCOLS[protocol].verified, progress=exploring(live))
            if report.reason == INTERRUPTED:
                raise KeyboardInterrupt
            traces = on_every_store(corpus(protocol)) if protocol == "stash" else None
            replayed = conform(
                protocol, traces=traces, progress=lambda at: live.show("replaying, steps", *progress_of(at))
            )
    except KeyboardInterrupt:
        return Exit.INTERRUPTED, {
            "verdict": "incomplete",
            "reason": INTERRUPTED,
            "seconds": round(time.monotonic() - began, 3),
            "exploration": report.to_json() if report is not None else None,
            "conformance": None,
        }
    code = _worst([Exit(report.exit_code), Exit(replayed.exit_code)])
    seconds = time.monotonic() - began
    if not quiet:
        out = console()
        out.print(property_table(report.properties, out.width))
        out.print(exploration_table(report))
        show_replays(out, replayed)
        show_reasons(out, report.properties)
        if found is not None:
            show_counterexample(out, found)
        if not report.complete:
            out.print(f"the exploration is not complete: {report.reason}", style="yellow")
        out.print(f"\n{protocol}: {_WORDS.get(code, 'incomplete')}, in {seconds:.0f} s", style="bold")
    return code, {
        "verdict": _WORDS.get(code, "incomplete"),
        "reason": report.reason,
        "seconds": round(seconds, 3),
        "exploration": report.to_json(),
        "conformance": replayed.to_json(),
    }


def _worst(codes: list[Exit]) -> Exit:
    order = (Exit.INTERRUPTED, Exit.REFUSED, Exit.INCOMPLETE)
    return next((worst for worst in order if worst in codes), Exit.HOLDS)
