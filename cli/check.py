"""`lockedroom check`: every behaviour of a protocol within bounds, and the shortest way to break it if there is one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from lockedroom.cli.exits import MEANING, Exit, unknown_mistake, usage
from lockedroom.cli.modules import STASH, is_target
from lockedroom.cli.pinned import Which, check_pinned
from lockedroom.cli.stored import bytes_of, folder_for, only_without, unusable
from lockedroom.cli.user import check_user
from lockedroom.cli.walks import check_user_walks, only_with_walks, show_walks, walk_segment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from rich.console import Console

    from lockedroom.cli.counterexample import Confirmed
    from lockedroom.cli.progress import Live
    from lockedroom.model.segment.mutants import Mutant
    from lockedroom.model.shown import Finding
    from lockedroom.model.subjects import Judged
    from lockedroom.model.verdict import CheckReport, Progress, PropertyResult
    from lockedroom.model.walked import WalkReport
    from lockedroom.reference.segment.profile import Profile


_SEGMENT_ONLY: Final = (
    "members", "messages", "joins", "rotations", "revocations", "crashes", "intruder",
    "insider", "mutant", "profile",
)  # fmt: skip


def add(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("check", epilog=MEANING)(check)


def _bound(about: str) -> object:
    return typer.Option(min=0, max=100, help=about)


def check(
    context: typer.Context,
    protocol: Annotated[
        str, typer.Argument(help="`segment`, `stash`, or a machine of your own, path/to/module.py:ATTRIBUTE.")
    ] = "segment",
    members: Annotated[int, typer.Option(min=1, max=8, help="Members of the room.")] = 2,
    messages: Annotated[int, _bound("Messages from each member to each other.")] = 1,
    joins: Annotated[int, _bound("Times that each member joins.")] = 1,
    rotations: Annotated[int, _bound("Rotations by each member.")] = 0,
    revocations: Annotated[int, _bound("Revocations in the room.")] = 0,
    crashes: Annotated[int, _bound("Members killed, at any point.")] = 0,
    intruder: Annotated[int, _bound("Steps of an intruder, who changes the store at will.")] = 0,
    insider: Annotated[
        int,
        typer.Option(min=0, max=1, help="1: the last member is the intruder's, with valid keys to misuse."),
    ] = 0,
    pinned: Annotated[
        Which | None,
        typer.Option(
            help="Explore the segment's committed bounds instead, and compare the counts: small (seconds), or all (an "
            "hour). listed: show what is committed. Each tells what the runs witness together."
        ),
    ] = None,
    walks: Annotated[
        int | None, typer.Option(min=1, help="Walk at random so often instead of exploring everything.")
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Of a walk, at most; 200 unless told.")] = None,
    seed: Annotated[
        int | None, typer.Option(help="Of the walks: the same seed, the same walks. 1 unless told.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=64, help="Processes that walk; by default one for each processor.")
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=NUMBER",
            help="Of the stash holders, writes, intruder; of your machine what its function takes.",
        ),
    ] = None,
    direct: Annotated[bool, typer.Option("--direct", help="By the small direct explorer, which is slower.")] = False,
    symmetry: Annotated[
        bool, typer.Option(help="Fold states that differ by names which your machine says are interchangeable.")
    ] = True,
    time_limit: Annotated[float | None, typer.Option(min=0.1, help="Seconds; then the answer is incomplete.")] = None,
    state_limit: Annotated[int | None, typer.Option(min=1, help="States; then the answer is incomplete.")] = None,
    memory: Annotated[
        str | None, typer.Option(metavar="SIZE", help="Of states to hold in memory, as 200MB; the rest goes to files.")
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Save there now and then, and when interrupted; go on with what is there."),
    ] = None,
    mutant: Annotated[
        str | None, typer.Option(metavar="NAME", help="Check the protocol with one of the known mistakes in it.")
    ] = None,
    profile: Annotated[
        str, typer.Option(help='`hardened`, `as-written`, or one with defences off or on: "hardened -tie-break".')
    ] = "hardened",
    trace: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write a counterexample, for `lockedroom replay`.")
    ] = None,
    svg: Annotated[Path | None, typer.Option(metavar="FILE", help="Where to draw a counterexample, as SVG.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")] = False,
) -> int:
    """Explore every behaviour within bounds.

    Breadth first, by running the very transitions that the real segment runs. Where a property is violated, the
    shortest way there is checked again step by step, and drawn.

    With --walks, for bounds that are too large for that: at random, from the beginning, each walk until it is stuck or
    has its steps. What walks do not violate is no proof: the answer is "no violation found", with exit code 4. What
    they violate is made short, but need not be the shortest.
    """
    from lockedroom.cli.counterexample import logic_of, of_segment, refuse_existing, save
    from lockedroom.cli.progress import Live
    from lockedroom.cli.terminal import console, print_json
    from lockedroom.model.segment.bounds import Bounds
    from lockedroom.model.tabulated.checkpoint import CheckpointError
    from lockedroom.model.verdict import check as run
    from lockedroom.model.walked import WalkReport

    if pinned is not None:
        _only_with_pinned(context)
        return check_pinned(pinned, time_limit=time_limit, as_json=as_json)
    if protocol == STASH or is_target(protocol):
        _only_of_the_segment(context, but=("profile", "mutant") if protocol == STASH else ())
        only_with_walks(walks, steps=steps, seed=seed, jobs=jobs)
        if walks is not None:
            stored = {"memory": memory, "checkpoint": checkpoint, "state-limit": state_limit}
            only_without("--walks", "they store no states", **stored)
            _hardened_walks(profile)
            only_without("--walks", "of the stash all is explored soon", mutant=mutant)
            return check_user_walks(
                protocol,
                given or (),
                walks=walks,
                steps=steps,
                seed=seed,
                jobs=jobs,
                time_limit=time_limit,
                trace=trace,
                svg=svg,
                as_json=as_json,
            )
        return check_user(
            protocol,
            given or (),
            direct=direct,
            symmetry=symmetry,
            time_limit=time_limit,
            state_limit=state_limit,
            memory=memory,
            checkpoint=checkpoint,
            trace=trace,
            svg=svg,
            as_json=as_json,
            profile=None if profile == "hardened" else profile,
            mutant=mutant,
        )
    if protocol != "segment":
        raise usage(
            f"there is no protocol {protocol}", "name segment, stash, or a machine as path/to/module.py:ATTRIBUTE"
        )
    if given:
        raise usage("--set with a protocol of ours", "give its bounds by their own options")
    if direct:
        only_without("--direct", "it keeps everything in memory", memory=memory, checkpoint=checkpoint)
    only_with_walks(walks, steps=steps, seed=seed, jobs=jobs)
    if walks is not None:
        stored = {"memory": memory, "checkpoint": checkpoint, "state-limit": state_limit}
        only_without("--walks", "they store no states", **stored)
        _hardened_walks(profile)
    if mutant is not None:
        only_without("--mutant", "a mistake is found soon: explore it anew", checkpoint=checkpoint)
    refuse_existing((trace, svg))
    mistake = _mutant(mutant)
    spoken = _profile(profile)
    try:
        bounds = Bounds(members, messages, joins, rotations, revocations, crashes, intruder, insider)
    except ValueError as error:
        raise usage(str(error), "choose smaller bounds") from None
    report: CheckReport | WalkReport
    with Live(quiet=as_json) as live:
        if walks is not None:
            report = walk_segment(
                bounds, live, walks=walks, steps=steps, seed=seed, jobs=jobs, mutant=mutant, time_limit=time_limit
            )
        else:
            logic = logic_of(mistake, spoken)
            try:
                report = run(
                    protocol,
                    bounds,
                    logic=logic,
                    direct=direct,
                    progress=exploring(live),
                    time_limit=time_limit,
                    state_limit=state_limit,
                    memory=bytes_of(memory),
                    checkpoint=folder_for(checkpoint),
                )
            except CheckpointError as error:
                raise unusable(error) from None
    found = of_segment(report, mistake, spoken)
    if found is not None:
        save(found, trace, svg)
    if as_json:
        print_json(report.to_json())
    elif isinstance(report, WalkReport):
        show_walks(console(), report, found)
    else:
        _show(console(), report, found)
    return exit_code(report)


def _only_with_pinned(context: typer.Context) -> None:
    """Refuse what the committed bounds say already, and what they cannot be combined with."""
    may = ("protocol", "pinned", "time_limit", "as_json")
    sources = {name: context.get_parameter_source(name) for name in context.params if name not in may}
    given = [name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"]
    if given or context.params["protocol"] != "segment":
        with_what = ", ".join(f"--{name.replace('_', '-')}" for name in given) or context.params["protocol"]
        raise usage(f"--pinned with {with_what}", "give --pinned alone, with --time-limit or --json")


def _hardened_walks(profile: str) -> None:
    """Refuse another profile than the hardened one, for walks."""
    if profile != "hardened":
        raise usage("--profile with --walks", "walk through the hardened profile, or explore this one")


def _only_of_the_segment(context: typer.Context, but: tuple[str, ...]) -> None:
    """Refuse options that mean something to the segment alone, `but` these."""
    sources = {name: context.get_parameter_source(name) for name in _SEGMENT_ONLY if name not in but}
    given = [f"--{name}" for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"]
    if given:
        raise usage(f"{', '.join(given)} mean something to the segment", "set your machine's arguments with --set")


def exploring(live: Live) -> Callable[[Progress], None]:
    """What tells of an exploration's progress."""
    from lockedroom.cli.terminal import count

    def tell(at: Progress) -> None:
        words = f"{count(at.frontier)} to expand at depth {at.depth}"
        live.show(f"exploring, {at.phase}, states", at.states, None, words)

    return tell


def exit_code(report: CheckReport | WalkReport) -> Exit:
    """The exit code of an exploration, or of walks; one that was interrupted says so."""
    return Exit.INTERRUPTED if report.reason == "interrupted" else Exit(report.exit_code)


def _mutant(name: str | None) -> Mutant | None:
    """The known mistake of that name."""
    from lockedroom.model.segment.mutants import BY_NAME

    if name is None:
        return None
    if name not in BY_NAME:
        raise unknown_mistake(name, BY_NAME)
    return BY_NAME[name]


def _profile(text: str) -> Profile | None:
    """The profile of that text, None for the hardened one, which need not be named."""
    from lockedroom.reference.segment.profile import HARDENED, profile_of

    try:
        found = profile_of(text)
    except ValueError as error:
        raise usage(str(error), "name a profile, and - or + before a defence") from None
    return None if found == HARDENED else found


def show_reasons(out: Console, properties: Iterable[PropertyResult | Judged]) -> None:
    """Why a property was not exercised, where there is something to say of it."""
    for found in properties:
        if found.says and found.verdict != "violated":
            out.print(f"{found.name}: {found.verdict}: {found.says}")


def _show(out: Console, report: CheckReport, found: Confirmed | None) -> None:
    from lockedroom.cli.counterexample import show
    from lockedroom.cli.tables import exploration_table, property_table

    out.print(property_table(report.properties, out.width))
    out.print(exploration_table(report))
    show_reasons(out, report.properties)
    for line in _findings(report.findings):
        out.print(line)
    if found is not None:
        show(out, found)
    if not report.complete:
        out.print(f"not complete: {report.reason}", style="yellow")


def _findings(findings: Iterable[Finding]) -> Iterator[str]:
    """What the tables do not say already, a line for each kind."""
    names: dict[str, list[str]] = {}
    for finding in findings:
        names.setdefault(finding.kind, []).append(finding.name)
    for kind in ("never enabled", "always refused", "never happened"):
        if kind in names:
            yield f"{kind} within these bounds: {', '.join(names[kind])}"
    if guards := names.get("guard never false"):
        yield f"guards that never refuse within these bounds: {len(guards)}; --json names them"
