"""`lockedroom check PATH.py:ATTRIBUTE`: a user's own machine, explored and judged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lockedroom.cli.exits import Exit, Problem, usage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from lockedroom.model.report import ActionFault
    from lockedroom.model.subjects import SubjectReport
    from lockedroom.model.validator import Subject


def check_user(
    target: str,
    given: Sequence[str],
    *,
    direct: bool,
    symmetry: bool,
    time_limit: float | None,
    state_limit: int | None,
    memory: str | None,
    checkpoint: Path | None,
    trace: Path | None,
    svg: Path | None,
    as_json: bool,
    profile: str | None = None,
    mutant: str | None = None,
) -> int:
    """Explore a user's machine, or the stash in a profile or with a mistake, judge it, print. Raises Problem."""
    from lockedroom.cli.check import exploring
    from lockedroom.cli.counterexample import confirmed, refuse_existing, save
    from lockedroom.cli.modules import user_subject
    from lockedroom.cli.progress import Live
    from lockedroom.cli.stored import bytes_of, folder_for, only_without, unusable
    from lockedroom.cli.terminal import console, print_json
    from lockedroom.conformance.model_trace import Named
    from lockedroom.model.report import ActionFault
    from lockedroom.model.subjects import check_subject
    from lockedroom.model.tabulated.checkpoint import CheckpointError

    if direct:
        only_without("--direct", "it keeps everything in memory", memory=memory, checkpoint=checkpoint)
    refuse_existing((trace, svg))
    arguments = arguments_of(given)
    subject = user_subject(target, arguments, profile, mutant)
    folder = folder_for(checkpoint)
    try:
        with Live(quiet=as_json) as live:
            report = check_subject(
                subject,
                target,
                arguments,
                direct=direct,
                symmetry=symmetry,
                progress=exploring(live),
                time_limit=time_limit,
                state_limit=state_limit,
                memory=bytes_of(memory),
                checkpoint=None if folder is None else folder / "machine.checkpoint",
                trusted=_modules(subject),
            )
    except CheckpointError as error:
        raise unusable(error) from None
    except ActionFault as error:
        raise faulty(target, error) from None
    except (ValueError, TypeError, KeyError) as error:
        said = error.args[0] if error.args else type(error).__name__
        raise Problem("MACHINE", f"{target}: {said}", "this is a fault of the machine", Exit.MALFORMED) from None
    found = (
        confirmed(subject, Named(target, arguments, mutant, profile), report.violation) if report.violation else None
    )
    if found is not None:
        save(found, trace, svg)
    if as_json:
        print_json(report.to_json())
    else:
        show_subject(console(), report)
        if found is not None:
            from lockedroom.cli.counterexample import show

            show(console(), found)
    return Exit.INTERRUPTED if report.reason == "interrupted" else Exit(report.exit_code)


def faulty(target: str, fault: ActionFault) -> Problem:
    """What to say of an action of a user's that raised: which, what, and on which values."""
    action, error = fault.action, fault.fault
    given = ", ".join(f"{slot} = {value!r}" for slot, value in zip(action.reads, fault.values, strict=True))
    said = f"{target}: {action} raised {type(error).__name__}: {error}"
    return Problem(
        "MACHINE", said, f"it was given {given or 'nothing'}; this is a fault of the machine", Exit.MALFORMED
    )


def arguments_of(given: Sequence[str]) -> dict[str, int]:
    """The arguments that words such as members=3 give. Raises Problem."""
    arguments: dict[str, int] = {}
    for word in given:
        name, _, value = word.partition("=")
        if not name.isidentifier() or not value.lstrip("-").isdecimal():
            raise usage(f"--set {word} sets nothing", "write it as --set NAME=NUMBER")
        arguments[name] = int(value)
    return arguments


def _modules(subject: Subject) -> set[str]:
    """The modules whose classes the machine's values may have: those of its actions' functions."""
    from lockedroom.model.tabulated.checkpoint import functions_of

    return {function.__module__ for action in subject.machine.actions for function in functions_of(action.run)}


def show_subject(out: Console, report: SubjectReport) -> None:
    """A verdict on a machine as tables."""
    from lockedroom.cli.tables import exploration_table, plain, property_table
    from lockedroom.cli.terminal import count

    found = report.exploration
    if report.properties:
        out.print(property_table(report.properties, out.width))
    out.print(exploration_table(report))
    table = plain("operation", "transitions")
    table.columns[1].justify = "right"
    for operation, taken in found.operations.items():
        table.add_row(operation, count(taken))
    out.print(table)
    for finding in report.findings:
        out.print(f"{finding.kind}: {finding.name}: {finding.says}", style="yellow")
    if not found.complete and found.reason != "a property is violated":
        out.print(f"not complete: {found.reason}", style="yellow")
    elif found.complete:
        holding = sum(judged.verdict == "holds" for judged in report.properties)
        words = {0: "no property was judged", 1: "1 property holds"}.get(holding, f"{holding} properties hold")
        out.print(f"\n{report.target}: {words}", style="bold")
