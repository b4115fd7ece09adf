"""`lockedroom validate`: an implementation's own event log, checked against the engine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lockedroom.cli.exits import MEANING, Exit, Problem

if TYPE_CHECKING:
    from rich.console import Console

    from lockedroom.conformance.validating import Validated

_TOLD = 12
"""Steps before the end of what agrees, and enabled ones, that are shown."""


def add(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("validate", epilog=MEANING)(validate)


def validate(
    files: Annotated[list[Path], typer.Argument(help="The log: one file, or one of each process.", metavar="LOG...")],
    hidden: Annotated[
        int, typer.Option(min=0, max=64, help="Steps that members may have taken whose steps are not in the log.")
    ] = 0,
    time_limit: Annotated[
        float, typer.Option(min=0.0, metavar="SECONDS", help="Give up after that: undecided, exit code 4.")
    ] = 60.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of words.")] = False,
) -> int:
    """Check an event log against the engine.

    A log is JSON lines (spec/logs.md): what each member did, and what it saw. It is valid when there is an order of
    these steps, and of what it does not tell, in which the engine sees just that. Otherwise the longest part that is
    valid is told, which lines could come next and why they do not, and what could be done there.
    """
    from lockedroom.cli.terminal import console, print_json
    from lockedroom.conformance.logs import MalformedLog, read_logs
    from lockedroom.conformance.validating import validate as run

    try:
        log = read_logs(files)
    except MalformedLog as error:
        raise Problem("LOG", str(error), "see spec/logs.md", Exit.MALFORMED) from None
    found = run(log, hidden=hidden, time_limit=time_limit)
    if as_json:
        print_json({"verdict": found.verdict, **_json(found)})
    else:
        _show(console(), found)
    return found.exit_code


def _json(found: Validated) -> dict[str, object]:
    value = found.to_json()
    assert isinstance(value, dict), "an object"
    return dict(value)


def _show(out: Console, found: Validated) -> None:
    from lockedroom.cli.terminal import count, safe

    hidden = f", with {found.hidden} hidden" if found.hidden else ""
    out.print(f"{found.agreed} of {found.lines} steps agree with the engine{hidden}", style="bold")
    if found.verdict == "valid":
        return
    colour = "red" if found.verdict == "invalid" else "yellow"
    for step in found.order[-3:]:
        out.print(safe(f"  {step}"))
    for one in found.stuck:
        out.print("\n" + safe(f"{one.place}: {one.step}"), style=colour)
        out.print(safe(f"  the log says     {one.logged}"))
        out.print(safe(f"  the engine says  {one.engine}"))
        if one.guard:
            out.print(safe(f"  the false guard  {one.guard}"))
    out.print("\nwhat could be done there:")
    for step in found.enabled[:_TOLD]:
        out.print(safe(f"  {step}"))
    if len(found.enabled) > _TOLD:
        out.print(f"  and {len(found.enabled) - _TOLD} more")
    out.print(f"\n{found.verdict}: {found.reason}, in {count(found.searched)} states", style=colour)
