"""A counterexample on its way to the user: checked again by hand, then drawn, written as a trace, drawn as SVG.

What an explorer gives is never shown as it is: the validator takes every step anew first, on a machine that no explorer
has used. One that it does not confirm is a fault of ours (`Unconfirmed`), not a verdict.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from lockedroom.cli.exits import usage

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from rich.console import Console

    from lockedroom.conformance.model_trace import Named
    from lockedroom.model.report import Violation
    from lockedroom.model.segment.engine import Logic
    from lockedroom.model.segment.mutants import Mutant
    from lockedroom.model.validator import Run, Subject
    from lockedroom.model.verdict import CheckReport
    from lockedroom.model.walked import WalkReport
    from lockedroom.reference.segment.profile import Profile


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A counterexample that the validator has confirmed: of which machine, its name, and the run."""

    subject: Subject
    machine: Named
    run: Run


def confirmed(subject: Subject, machine: Named, violation: Violation) -> Confirmed:
    """A violation, once the validator has confirmed it. Raises Unconfirmed."""
    from lockedroom.model.validator import confirm

    return Confirmed(subject, machine, confirm(subject, violation))


def of_segment(
    report: CheckReport | WalkReport, mutant: Mutant | None = None, profile: Profile | None = None
) -> Confirmed | None:
    """The counterexample of a check of the segment, or of walks through it, if it has one. Raises Unconfirmed."""
    from lockedroom.conformance.model_trace import Named
    from lockedroom.model.report import Violation
    from lockedroom.model.segment.subject import segment_subject

    found = report.counterexample
    if found is None:
        return None
    hostile = report.phases[-1].store == "hostile store"
    bounds = report.bounds if hostile else report.bounds.without_intruder()
    subject = segment_subject(bounds, logic_of(mutant, profile))
    machine = Named("segment", asdict(bounds), mutant.name if mutant else None, str(profile) if profile else None)
    return confirmed(subject, machine, Violation(found.property, found.message, found.path))


def logic_of(mutant: Mutant | None, profile: Profile | None) -> Logic:
    """The segment's logic with a mistake, in a profile, where one is given."""
    from lockedroom.model.segment.engine import REFERENCE

    logic = mutant.logic() if mutant else REFERENCE
    return logic.under(profile) if profile else logic


def show(out: Console, found: Confirmed) -> None:
    """The way to the violation as a chart."""
    from lockedroom.cli.moves import lifelines, moves
    from lockedroom.cli.terminal import drawn, safe

    subject, run = found.subject, found.run
    out.print(f"\n{safe(run.property)} is violated: {safe(run.message)}\n", style="bold red")
    chart = drawn(out, lifelines(subject, _acting(run)), present=not subject.names)
    for line in chart.heading():
        out.print(line)
    for move in moves(subject, run):
        for line in chart.draw(move):
            out.print(line)


def refuse_existing(files: Iterable[Path | None]) -> None:
    """Raise a usage error, before anything is computed, when one of the files to write is there already, or the folder
    for it is not."""
    for file in files:
        if file is not None and file.exists():
            raise usage(f"{file} exists already", "choose another file, nothing is overwritten")
        need_folder(file)


def need_folder(file: Path | None) -> None:
    """Raise a usage error when there is no folder to write the file into."""
    if file is not None and not file.parent.is_dir():
        raise usage(f"there is no folder {file.parent}", f"make it, {file.name} is to be written there")


def save(found: Confirmed, trace: Path | None, picture: Path | None) -> None:
    """Write the counterexample as a model trace and as SVG, where a file is given. Raises OSError."""
    from lockedroom.conformance.model_trace import model_trace, write_model_trace

    if trace is not None:
        write_new(trace, write_model_trace(model_trace(found.subject, found.machine, found.run)))
    if picture is not None:
        write_new(picture, as_svg(found))


def as_svg(found: Confirmed) -> str:
    """The counterexample as the text of an SVG file."""
    return run_svg(found.subject, found.run, f"{found.run.property} is violated: {found.run.message}")


def run_svg(subject: Subject, run: Run, said: str) -> str:
    """A run of a machine as the text of an SVG file, with what is said of it."""
    from lockedroom.cli.moves import lifelines, moves
    from lockedroom.cli.svg import svg

    names = lifelines(subject, _acting(run))
    return svg(subject.machine.title, said, names, moves(subject, run), present=not subject.names)


def write_new(file: Path, text: str) -> None:
    """Write a file that is not there yet, all of it or nothing. Raises FileExistsError when there is one, OSError."""
    beside = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        beside.write_text(text, encoding="utf-8")
        os.link(beside, file)
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(file)) from None
    finally:
        with contextlib.suppress(FileNotFoundError):
            beside.unlink()


def _acting(run: Run) -> list[str]:
    return [done.action.actor for done in run.steps]
