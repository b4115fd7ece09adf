"""An attack on its way to the user: taken again by hand, then drawn, written as a model trace, drawn as SVG."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from lockedroom.cli.exits import usage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rich.console import Console

    from lockedroom.cli.chart import Move
    from lockedroom.conformance.model_trace import ModelTrace, Named
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


def traced(attack: Attack) -> ModelTrace:
    """The model trace of an attack."""
    from lockedroom.conformance.model_trace import model_trace

    subject, run = taken(attack)
    return model_trace(subject, named(attack), run)


def charted(attack: Attack) -> tuple[tuple[str, ...], tuple[Move, ...]]:
    """The lifelines and the moves of an attack's sequence chart, without what each changes."""
    from lockedroom.cli.moves import lifelines, moves

    subject, run = taken(attack)
    names = lifelines(subject, [done.action.actor for done in run.steps])
    return names, tuple(replace(move, changed=()) for move in moves(subject, run))


def draw(out: Console, attack: Attack) -> None:
    """The sequence chart of an attack, and what falls at its end."""
    from lockedroom.cli.terminal import drawn, safe

    names, moves = charted(attack)
    chart = drawn(out, names)
    for line in chart.heading():
        out.print(line)
    for move in moves:
        for line in chart.draw(move):
            out.print(line)
    out.print(f"{safe(attack.falls)} falls: {safe(attack.message)}", style="red")


def chart_lines(attack: Attack, width: int = 110) -> Iterator[str]:
    """The sequence chart of an attack as plain text."""
    from lockedroom.cli.chart import UNICODE, Chart

    names, moves = charted(attack)
    chart = Chart(names, width=width, strokes=UNICODE)
    for line in chart.heading():
        yield line.plain.rstrip()
    for move in moves:
        for line in chart.draw(move):
            yield line.plain.rstrip()


def picture(attack: Attack, title: str) -> str:
    """The sequence chart of an attack as the text of an SVG file."""
    from lockedroom.cli.svg import svg

    names, moves = charted(attack)
    return svg(title, f"{attack.falls} falls: {attack.message}", names, moves)


def folder_of(folder: Path | None) -> Path | None:
    """A folder to write to, made if it is not there and empty if it is. Raises Problem."""
    if folder is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise usage(f"{folder} is not empty", "choose another folder, nothing is overwritten")
    return folder


def save(attack: Attack, name: str, traces: Path | None, pictures: Path | None) -> dict[str, str]:
    """Write an attack as a model trace and as SVG, where a folder is given; the names of the files. Raises OSError."""
    from lockedroom.cli.counterexample import write_new
    from lockedroom.conformance.model_trace import write_model_trace

    written: dict[str, str] = {}
    stem = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")
    if traces is not None:
        write_new(traces / f"{stem}.json", write_model_trace(traced(attack)))
        written["trace"] = f"{stem}.json"
    if pictures is not None:
        write_new(pictures / f"{stem}.svg", picture(attack, name))
        written["svg"] = f"{stem}.svg"
    return written
