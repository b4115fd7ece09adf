"""The evidence on the adversary as one page of HTML that needs nothing else and runs nothing.

What stands where is worked out here, how it looks is in `page.html.jinja`. A chart is part of the page, as SVG, so
that its words can be searched for; on a narrow screen a list of its steps takes its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

from lockedroom.cli.chart import Move
from lockedroom.cli.defences import alone, counted
from lockedroom.cli.mutants import Hunts, within
from lockedroom.cli.svg import chart_style, svg
from lockedroom.cli.terminal import count as plain_count
from lockedroom.cli.terminal import safe

if TYPE_CHECKING:
    from lockedroom.cli.hunters import Hunted
    from lockedroom.model.segment.attacks import Attack
    from lockedroom.model.segment.defences import Row
    from lockedroom.model.segment.findings import Finding, FindingsReport
    from lockedroom.model.segment.mutants.unseen import Unseen
    from lockedroom.model.verdict import CheckReport

Mood = Literal["good", "bad", "odd"]


def count(number: float) -> str:
    """A number with its thousands apart, which no line is broken between."""
    return plain_count(number).replace(" ", "\u202f")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a chart in words: whose, whom it points at, what is done, whether it is refused."""

    actor: str
    targets: str
    said: str
    refused: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """A run: its picture (SVG without a style), its steps in words, what falls at its end and how."""

    picture: str
    steps: tuple[Step, ...]
    falls: str
    message: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """One line of the summary: the place that it leads to, what it is about, what it comes to, whether that is well."""

    anchor: str
    name: str
    said: str
    mood: Mood


@dataclass(frozen=True, slots=True)
class Onward:
    """What a finding leads to as it stands on the page: its steps are numbered on from `first`."""

    said: str
    first: int
    chart: Chart
    story: tuple[str, ...]
    answer: str


@dataclass(frozen=True, slots=True)
class Told:
    """A finding as it stands on the page."""

    finding: Finding
    anchor: str
    chart: Chart
    removal: str
    story: tuple[str, ...]
    beliefs: tuple[str, ...]
    knowledge: tuple[str, ...]
    answer: str
    onward: Onward | None


@dataclass(frozen=True, slots=True)
class Guarded:
    """A defence as it stands on the page: what becomes of the protocol without it, the attack's chart."""

    row: Row
    anchor: str
    said: str
    chart: Chart | None


@dataclass(frozen=True, slots=True)
class Killed:
    """A mutant as it stands on the page: its bounds in a few characters, and the trace's chart."""

    result: Hunted
    anchor: str
    within: str
    chart: Chart | None


def html(
    explored: CheckReport,
    defences: Sequence[Row] | None,
    findings: FindingsReport | None,
    hunts: Hunts,
    unseen: Sequence[Unseen],
    *,
    fresh: bool = False,
) -> str:
    """The text of the page. Of what was not searched (None) it says so, and of findings and defences that are the
    committed ones, not searched for now, unless they are `fresh`. Raises Stale for an attack that is none."""
    from jinja2 import Environment, StrictUndefined

    from lockedroom import __version__
    from lockedroom.cli.findings import BENEATH

    guarded = [_guarded(row) for row in defences or ()]
    told = [_told(number, one) for number, one in enumerate(findings.findings if findings else (), start=1)]
    beneath = [_told(number, one) for number, one in enumerate(findings.beneath if findings else (), len(told) + 1)]
    killed = [_killed(result) for result in hunts.named("killed", "survives", "raises")]
    made = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters |= {"thousands": count, "alone": alone}
    template = files("lockedroom.cli").joinpath("page.html.jinja").read_text(encoding="utf-8")
    return made.from_string(template).render(
        version=__version__,
        style=chart_style(),
        summary=list(_summary(explored, defences, findings, hunts)),
        explored=explored,
        findings=findings,
        told=told,
        beneath=beneath,
        beneath_says=BENEATH,
        defences=defences,
        guarded=guarded,
        hunts=hunts,
        killed=killed,
        unseen=unseen,
        fresh=fresh,
    )


def _summary(
    explored: CheckReport, defences: Sequence[Row] | None, findings: FindingsReport | None, hunts: Hunts
) -> Iterable[Verdict]:
    moods: dict[str, Mood] = {"holds": "good", "violated": "bad"}
    said = f"{explored.verdict} within {explored.bounds}: {count(explored.states)} states"
    yield Verdict("properties", "The hardened protocol", said, moods.get(explored.verdict, "odd"))
    if findings is None:
        yield Verdict("findings", "Findings on the description", "not searched", "odd")
    else:
        causes = len(findings.findings)
        said = f"{causes} root cause{'s' * (causes != 1)}, each with its shortest attack: {findings.verdict}"
        mood: Mood = (
            "good" if findings.verdict == "accounted" else "bad" if findings.verdict == "unaccounted" else "odd"
        )
        yield Verdict("findings", "Findings on the description", said, mood)
    if defences is None:
        yield Verdict("defences", "Defences", "not searched", "odd")
    else:
        accounted = all(row.accounted for row in defences)
        said = f"{counted(defences)}; {'each has' if accounted else 'not each has'} an attack or a reason"
        yield Verdict("defences", "Defences", said, "good" if accounted else "bad")
    sample = "" if len(hunts.chosen) == hunts.known else f", a sample of the {hunts.known} that are known"
    said = f"{len(hunts.named('killed'))} of {len(hunts.chosen)} killed{sample}"
    said += f", not complete: {hunts.reason}" if hunts.reason else ""
    fates: dict[str, Mood] = {"all killed": "good", "some survive": "bad"}
    yield Verdict("mutants", "Mutants", said, fates.get(hunts.verdict, "odd"))


# ---- what stands in the sections -------------------------------------------------------------------------


def _told(number: int, one: Finding) -> Told:
    from lockedroom.cli.attacks import taken
    from lockedroom.cli.findings import answer, removal
    from lockedroom.cli.narration import beliefs, knowledge, story

    _, run = taken(one.attack)
    return Told(
        one,
        f"finding-{number}",
        _attacked(one.attack, one.name),
        removal(one),
        _unnumbered(story(run)),
        tuple(beliefs(run)),
        tuple(knowledge(run)),
        answer(one),
        _onward(one),
    )


def _onward(one: Finding) -> Onward | None:
    from lockedroom.cli.attacks import charted
    from lockedroom.cli.findings import leading, leads, refusal, story_on

    sequel, first = leading(one), one.attack.length + 1
    if sequel is None:
        return None
    names, moves = charted(one.attack, sequel)
    drawn = chart(f"{one.name}: what it leads to", names, moves, sequel.falls, sequel.message)
    return Onward(leads(one, sequel), first, drawn, _unnumbered(story_on(one, sequel)), refusal(one, sequel))


def _unnumbered(sentences: Iterable[str]) -> tuple[str, ...]:
    return tuple(re.sub(r"^\d+\. ", "", line) for line in sentences)


def _guarded(row: Row) -> Guarded:
    from lockedroom.cli.defences import said

    drawn = _attacked(row.attack, f"without {', '.join(row.off)}") if row.attack is not None else None
    return Guarded(row, f"defence-{row.defence.name}", said(row), drawn)


def _attacked(attack: Attack, title: str) -> Chart:
    from lockedroom.cli.attacks import charted

    names, moves = charted(attack)
    return chart(title, names, moves, attack.falls, attack.message)


def _killed(result: Hunted) -> Killed:
    drawn = None
    if result.fate == "killed":
        drawn = chart(result.mutant.name, result.lifelines, result.moves, result.property, result.message)
    return Killed(result, f"mutant-{slug(result.mutant.name)}", within(result.mutant.bounds), drawn)


def chart(title: str, lifelines: Sequence[str], moves: Iterable[Move], falls: str, message: str) -> Chart:
    """A run as it stands on the page, without what each step changes."""
    plain = [replace(move, changed=()) for move in moves]
    picture = svg(title, f"{falls} falls: {message}", lifelines, plain, inline=True)
    steps = tuple(
        Step(safe(move.actor), ", ".join(map(safe, move.targets)), move.said, bool(move.clause)) for move in plain
    )
    return Chart(picture, steps, falls, message)


def slug(name: str) -> str:
    """A name as it stands in addresses."""
    return re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")
