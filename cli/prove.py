"""`lockedroom prove`: safety for any number of everything, by induction and a solver."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from lockedroom.cli.exits import MEANING, usage
from lockedroom.cli.options import Protocol

if TYPE_CHECKING:
    from rich.console import Console

    from lockedroom.model.proofs.report import ProofReport

_SECONDS: Final = 60.0
"""For one obligation."""
_MINUTES: Final = 600.0
"""For a bounded check."""


def add(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("prove", epilog=MEANING)(prove)


def prove(
    protocol: Protocol = "segment",
    without: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A defence to switch off; may be given again.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=64, help="Processes that prove; by default one for each processor.")
    ] = None,
    time_limit: Annotated[
        float | None, typer.Option(min=0.1, help="Seconds for each obligation (60), or for the whole of --bmc (600).")
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where answers are remembered; by default the user's cache.")
    ] = None,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Remember nothing, and believe nothing remembered.")
    ] = False,
    vacuity: Annotated[
        bool, typer.Option(help="Show too that every action happens, and that what is claimed to be needed is.")
    ] = True,
    svg: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where to draw the first obligation that fails: two states, side by side."),
    ] = None,
    bmc: Annotated[
        int | None,
        typer.Option(min=0, max=99, metavar="K", help="Prove nothing: look at every run of up to so many steps."),
    ] = None,
    profile: Annotated[
        str | None, typer.Option(metavar="PROFILE", help="With --bmc: the profile, as in “hardened -one-exchange”.")
    ] = None,
    findings: Annotated[
        bool, typer.Option("--findings", help="With --bmc: look for each finding of the explorer, as a second engine.")
    ] = False,
    defences: Annotated[
        bool, typer.Option("--defences", help="Prove instead what each defence is for: what fails without it.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")] = False,
) -> int:
    """Prove the protocol's safety, with no bounds.

    For any number of members, segments, messages and steps (of the stash: holders, keys, values, versions and steps),
    and an intruder who owns the store: each invariant holds at the beginning, every action keeps it, and the promises
    follow. An obligation that fails is shown as the two states of one step; the first of them need not be reachable.

    With `--defences` each defence is switched off alone: the obligation that is named for it must fail, or it is named
    what keeps it outside, or which other one stands in for it, and that is checked; beside it stands the attack that
    the explorer makes of its loss. Exit code 0: each is shown.

    With `--bmc` the same system is unrolled within small bounds, which are printed: for each promise the shortest run
    that breaks it, or none. K counts what members do and what the intruder comes to know of a member's own memory; in
    between it derives, and moves records, as it likes. With `--findings` it looks for what the explorer found on the
    description, each finding with the defences off that remove it; exit code 0: each falls here too, or it is named
    what keeps it outside.
    """
    if svg is not None and bmc is not None:
        raise usage("--svg with --bmc", "it draws obligations; the runs of a bounded check are in its output")
    if defences and (without or findings or bmc is not None or profile is not None or svg is not None):
        raise usage("--defences with another question", "give it alone, with --jobs, --time-limit, a cache or --json")
    if findings and protocol != "segment":
        raise usage(f"--findings with {protocol}", "it looks for the segment's; --profile as-written shows what falls")
    if findings:
        if bmc is None or profile is not None or without:
            raise usage("--findings", "give --bmc K with it, and no profile: each finding has its own")
        return _findings(bmc, jobs or os.cpu_count() or 1, time_limit, as_json=as_json)
    if bmc is not None:
        return _bounded(protocol, bmc, profile, without or [], jobs or os.cpu_count() or 1, time_limit, as_json=as_json)
    if profile is not None:
        raise usage("--profile without --bmc", "use --without NAME, or add --bmc K")
    from lockedroom.cli.counterexample import refuse_existing, write_new
    from lockedroom.cli.progress import Live
    from lockedroom.cli.states import states_svg
    from lockedroom.cli.terminal import console, print_json
    from lockedroom.model.proofs.cache import Cache
    from lockedroom.model.proofs.protocols import protocol as protocol_of
    from lockedroom.model.proofs.report import report
    from lockedroom.model.proofs.scope import told
    from lockedroom.model.proofs.vacuity import audit

    refuse_existing((svg,))
    if cache is not None and no_cache:
        raise usage("--cache with --no-cache", "give one of the two")
    of = protocol_of(protocol)
    try:
        hardened = of.switches.hardened.without(*(without or ()))
    except ValueError as error:
        raise usage(str(error), "name one of these") from None
    seconds = _SECONDS if time_limit is None else time_limit
    folder = None if no_cache else cache or _cache()
    if folder is not None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    processes = jobs or os.cpu_count() or 1
    if defences:
        from lockedroom.cli.losses import show_losses

        return show_losses(of, jobs=processes, timeout=seconds, cache=Cache(folder), as_json=as_json)
    auditing = partial(audit, witnesses=of.witnesses, needs=of.needs(), jobs=processes, timeout=seconds)
    with Live(quiet=as_json) as live:
        found = report(
            of.system(hardened),
            label=str(hardened),
            outside=(*of.outside, *(told(of.defences, name) for name in without or ())),
            jobs=processes,
            timeout=seconds,
            cache=Cache(folder),
            auditing=(lambda system, cache: auditing(system, cache=cache)) if vacuity and not without else None,
            progress=lambda done, of: live.show("proving, obligations", done, of),
        )
    if svg is not None and found.broken:
        write_new(svg, states_svg(found.broken[0]))
    if as_json:
        print_json(found.to_json())
    else:
        show(console(), found)
    return found.exit_code


def _bounded(
    name: str,
    steps: int,
    profile: str | None,
    without: list[str],
    jobs: int,
    time_limit: float | None,
    *,
    as_json: bool,
) -> int:
    from lockedroom.cli.bounded import show as show_bounded
    from lockedroom.cli.progress import Live
    from lockedroom.cli.terminal import console, print_json
    from lockedroom.model.proofs.protocols import protocol
    from lockedroom.model.proofs.searches import bounded_report

    proved = protocol(name)
    try:
        of = proved.switches.profile_of(profile or "hardened").without(*without)
    except ValueError as error:
        raise usage(str(error), "name one of these") from None
    limit = _MINUTES if time_limit is None else time_limit
    with Live(quiet=as_json) as live:
        found = bounded_report(
            proved.system(of), proved.ladder(), steps, label=str(of), jobs=jobs, time_limit=limit, progress=live.show
        )
    if as_json:
        print_json(found.to_json())
    else:
        show_bounded(console(), found)
    return found.exit_code


def _findings(steps: int, jobs: int, time_limit: float | None, *, as_json: bool) -> int:
    from lockedroom.cli.bounded import show_agreement
    from lockedroom.cli.progress import Live
    from lockedroom.cli.terminal import console, print_json
    from lockedroom.model.proofs.segment.agreement import agreement
    from lockedroom.model.segment.findings import committed_findings

    limit = _MINUTES if time_limit is None else time_limit
    with Live(quiet=as_json) as live:
        known = committed_findings().findings
        found = agreement(known, steps, jobs=jobs, time_limit=limit, progress=live.show)
    if as_json:
        print_json({"findings": [one.to_json() for one in found.found], "ended": found.ended})
    else:
        show_agreement(console(), found)
    return found.exit_code


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "lockedroom" / "proofs"


def show(out: Console, found: ProofReport) -> None:
    """Print the report."""
    from rich.text import Text

    from lockedroom.cli.tables import plain

    styles = {"proved": "green", "failed": "bold red", "unknown": "yellow"}
    words = {"proved": "proved", "failed": "not proved", "unknown": "unknown"}
    table = plain("promise", "clauses", "verdict")
    for promise in found.promises:
        verdict = Text(words[promise.verdict], style=styles[promise.verdict])
        table.add_row(promise.claim.name, ", ".join(promise.claim.clauses), verdict)
    out.print(table)
    proved, system = found.proved, found.proved.system
    good = sum(result.verdict == "proved" for result in proved.results)
    framed = sum(result.obligation.framed for result in proved.results)
    cached = sum(result.cached for result in proved.results)
    counts = plain("obligations", "")
    counts.add_row("proved", f"{good} of {len(proved.results)}")
    counts.add_row("of them trivial", f"{framed}: the action changes nothing that the invariant speaks of")
    counts.add_row("remembered", str(cached))
    counts.add_row(
        "of", f"{len(system.actions)} actions, {len(system.invariants)} invariants, {len(system.safety)} promises"
    )
    counts.add_row("bounds", "none")
    if found.vacuity is not None:
        for what, number in found.vacuity.shown.items():
            counts.add_row(what, str(number))
    out.print(counts)
    for name, mistake in found.vacuity.mistaken.items() if found.vacuity else ():
        out.print(f"{name} is taken in no run but of {mistake}")
    for gap in found.vacuity.missing if found.vacuity else ():
        out.print(f"not shown: {gap}", style="yellow")
    for result in proved.broken():
        why = f": {result.reason}" if result.reason else ""
        out.print(f"{words[result.verdict]}: {result.obligation.name}{why}", style=styles[result.verdict])
    for picture in found.pictures.values():
        out.print(f"\n{picture}")
    out.print("\nnot covered by these proofs:")
    for line in found.outside:
        out.print(f"  {line}")
    out.print(f"\n{system.name}, {found.label}: {words[found.verdict]}, in {proved.seconds:.1f} s", style="bold")
