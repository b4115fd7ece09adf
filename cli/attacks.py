"""An attack on its way to the user: taken again by hand, then drawn, written as a model trace, drawn as SVG."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from lockedroom.cli.exits import usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rich.console import Console
    from rich.text import Text

    from lockedroom.cli.chart import Chart, Move
    from lockedroom.conformance.model_trace import ModelTrace, Named
    from lockedroom.conformance.sequels import Sequel
    from lockedroom.conformance.trace import TraceStep
    from lockedroom.model.segment.attacks import Attack
    from lockedroom.model.validator import Run, Subject


def taken(attack: Attack) -> tuple[Subject, Run]:
    """The machine of an attack, and the run that it is there. Raises Stale."""
    from lockedroom.model.segment.attacks import follow, segment_of

    subject = segment_of(attack.bounds, attack.profile)
    return subject, follow(subject, attack)


def named(attack: Attack) -> Named:
    """The machine of an attack by its name."""
    from lockedroom.conformance.model_trace import Named

    return Named("segment", asdict(attack.bounds), None, str(attack.profile))


def taken_on(attack: Attack, sequel: Sequel | None) -> tuple[Subject, Run]:
    """The machine of an attack, and the run that it is there with what it leads to, if anything. Raises Stale."""
    from lockedroom.conformance.sequels import run_of
    from lockedroom.model.segment.attacks import segment_of

    if sequel is None:
        return taken(attack)
    return segment_of(sequel.bounds, attack.profile), run_of(attack, sequel)


def traced(attack: Attack, sequel: Sequel | None = None) -> ModelTrace:
    """The model trace of an attack, with what it leads to, if anything."""
    from lockedroom.conformance.model_trace import model_trace

    subject, run = taken_on(attack, sequel)
    if sequel is None:
        return model_trace(subject, named(attack), run)
    whole = replace(run, property=attack.falls, message=attack.message)
    return model_trace(
        subject, named(replace(attack, bounds=sequel.bounds)), whole, attack.length, sequel.turned or None
    )


def charted(attack: Attack, sequel: Sequel | None = None) -> tuple[tuple[str, ...], tuple[Move, ...]]:
    """The lifelines and the moves of an attack's sequence chart, without what each changes."""
    from lockedroom.cli.moves import lifelines, moves
    from lockedroom.cli.replay import as_move

    subject, run = taken_on(attack, sequel)
    names = lifelines(subject, [done.action.actor for done in run.steps])
    drawn = tuple(replace(move, changed=()) for move in moves(subject, run))
    return names, (*drawn, *(as_move(step) for step in turn(attack, sequel)))


def turn(attack: Attack, sequel: Sequel | None) -> tuple[TraceStep, ...]:
    """The steps of the trace beyond those of the model: where what an attack leads to is received by another one."""
    from lockedroom.conformance.sequels import trace_on

    return trace_on(attack, sequel).steps[-2:] if sequel is not None and sequel.turned else ()


def draw(out: Console, attack: Attack, sequel: Sequel | None = None) -> None:
    """The sequence chart of an attack, or of what it leads to, and what falls at the end."""
    from lockedroom.cli.terminal import drawn, safe

    names, moves = charted(attack, sequel)
    for line in _lines(drawn(out, names), moves, attack.length if sequel else 0):
        out.print(line)
    end = sequel or attack
    if sequel is None or not sequel.turned:
        out.print(f"{safe(end.falls)} falls: {safe(end.message)}", style="red")


def chart_lines(attack: Attack, sequel: Sequel | None = None, width: int = 110) -> Iterator[str]:
    """The sequence chart of an attack, or of what it leads to, as plain text."""
    from lockedroom.cli.chart import UNICODE, Chart

    names, moves = charted(attack, sequel)
    for line in _lines(Chart(names, width=width, strokes=UNICODE), moves, attack.length if sequel else 0):
        yield line.plain.rstrip()


def _lines(chart: Chart, moves: Sequence[Move], after: int) -> Iterator[Text]:
    """The lines of a chart from the step after that many on, which keep their numbers."""
    drawn = [list(chart.draw(move)) for move in moves[:after]]
    yield from chart.heading()
    for move in moves[len(drawn) :]:
        yield from chart.draw(move)


def picture(attack: Attack, title: str, sequel: Sequel | None = None) -> str:
    """The sequence chart of an attack, with what it leads to, if anything, as the text of an SVG file."""
    from lockedroom.cli.svg import svg

    names, moves = charted(attack, sequel)
    said = f"{attack.falls} falls: {attack.message}"
    if sequel is not None and not sequel.turned:
        said = f"{attack.falls} falls after step {attack.length}; at the end {sequel.falls} falls: {sequel.message}"
    return svg(title, said, names, moves)


def folder_of(folder: Path | None) -> Path | None:
    """A folder to write to, made if it is not there and empty if it is. Raises Problem."""
    if folder is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise usage(f"{folder} is not empty", "choose another folder, nothing is overwritten")
    return folder


def save(
    attack: Attack, name: str, traces: Path | None, pictures: Path | None, sequel: Sequel | None = None
) -> dict[str, str]:
    """Write an attack, with what it leads to, if anything, as a model trace and as SVG, where a folder is given; the
    names of the files. Raises OSError."""
    from lockedroom.cli.counterexample import write_new
    from lockedroom.conformance.model_trace import write_model_trace

    written: dict[str, str] = {}
    trace, drawn = files_of(name, traces, pictures)
    if trace is not None:
        write_new(trace, write_model_trace(traced(attack, sequel)))
        written["trace"] = trace.name
    if drawn is not None:
        write_new(drawn, picture(attack, name, sequel))
        written["svg"] = drawn.name
    return written


def files_of(name: str, traces: Path | None, pictures: Path | None) -> tuple[Path | None, Path | None]:
    """The files of an attack of that name, where there are folders for them: its trace and its picture."""
    stem = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")
    return traces and traces / f"{stem}.json", pictures and pictures / f"{stem}.svg"
