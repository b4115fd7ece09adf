"""`lockedroom findings`: attacks on the description that the protocol comes from, one for each root cause."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from lockedroom.cli.exits import MEANING, Exit
from lockedroom.cli.options import Protocol

if TYPE_CHECKING:
    from rich.console import Console

    from lockedroom.conformance.sequels import Sequel
    from lockedroom.model.segment.findings import Finding, FindingsReport


BENEATH: Final = (
    "What is no finding, since the description itself does not fall by it: what falls once it has some of the defences."
)


def add(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("findings", epilog=MEANING)(findings)


def findings(
    protocol: Protocol = "segment",
    jobs: Annotated[
        int | None, typer.Option(min=1, max=64, help="Processes that search; by default one for each processor.")
    ] = None,
    time_limit: Annotated[float | None, typer.Option(min=0.1, help="Seconds; then the answer is incomplete.")] = None,
    committed: Annotated[
        bool, typer.Option("--committed", help="Search nothing: show the committed results, each attack taken again.")
    ] = False,
    trace: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where to write each attack, for `lockedroom replay`.")
    ] = None,
    svg: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Where to draw each attack, as SVG.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of text and charts.")] = False,
) -> int:
    """Show how the description falls, as it is written.

    The profile `as-written` is explored within small bounds; each attack is the shortest of its root cause there. Two
    attacks share a root cause exactly when the same single defences of the hardened profile each remove both; where
    none does alone, when the same few do together. Exit code 0: all was searched, and each root cause that a reader
    expects is there, or the rule is named that prevents it.
    """
    from lockedroom.cli.attacks import folder_of, save
    from lockedroom.cli.progress import Live
    from lockedroom.cli.terminal import console, print_json
    from lockedroom.model.crew import processors
    from lockedroom.model.segment.attacks import DESCRIBED
    from lockedroom.model.segment.findings import committed_findings, enumerated, one_otherwise, one_search

    if protocol == "stash":
        from lockedroom.cli.evidence import findings_of_the_stash, only_searched

        only_searched(protocol, jobs, time_limit, committed)
        return findings_of_the_stash(as_json, trace, svg)
    traces, pictures = folder_of(trace), folder_of(svg)
    began = time.monotonic()
    deadline = None if time_limit is None else began + time_limit
    with Live(quiet=as_json) as live:
        if committed:
            report = committed_findings()
        else:
            one, otherwise = partial(one_search, deadline=deadline), partial(one_otherwise, deadline=deadline)
            known = enumerated(DESCRIBED, one=one, otherwise=otherwise, jobs=jobs or processors(), progress=live.show)
            report = known.report(DESCRIBED)
    report = replace(report, seconds=time.monotonic() - began)
    both, whole = (*report.findings, *report.beneath), report.verdict != "incomplete"
    files = [
        save(
            one.attack,
            f"{number:02d} {one.name}",
            traces,
            pictures,
            leading(one, whole) if traces or pictures else None,
        )
        for number, one in enumerate(both, 1)
    ]
    if as_json:
        found = [{**told(one, whole), **written} for one, written in zip(both, files, strict=True)]
        many = len(report.findings)
        print_json({**report.to_json(), "committed": committed, "findings": found[:many], "beneath": found[many:]})
    else:
        _show(console(), report, committed)
    return Exit.INTERRUPTED if report.interrupted else Exit(report.exit_code)


def told(one: Finding, search: bool = True) -> dict[str, object]:
    """A finding with its narration, for JSON; `search`: see `leading`."""
    from lockedroom.cli.attacks import taken
    from lockedroom.cli.narration import beliefs, knowledge, story
    from lockedroom.conformance.findings import answered
    from lockedroom.conformance.sequels import answer_on

    _, run = taken(one.attack)
    answer, why = answered(one)
    sequel = leading(one, search)
    if sequel is not None:
        answer = answer_on(one, sequel)
    return {
        **one.to_json(),
        "story": story(run),
        "beliefs": beliefs(run),
        "knowledge": knowledge(run),
        "leads": {**sequel.to_json(), "story": story_on(one, sequel)} if sequel else None,
        "hardened": answer.to_json() if answer else None,
        "unsaid": why,
    }


def _show(out: Console, report: FindingsReport, committed: bool) -> None:
    from lockedroom.cli.attacks import draw, taken
    from lockedroom.cli.narration import beliefs, knowledge, story
    from lockedroom.cli.tables import plain, searched_in
    from lockedroom.cli.terminal import safe

    for number, found in enumerate((*report.findings, *report.beneath), start=1):
        _, run = taken(found.attack)
        if number == len(report.findings) + 1:
            out.print(f"\n{BENEATH}", style="bold")
        out.print(f"\n{number}. {found.name}", style="bold")
        out.print(f"{found.attack.falls}, by {found.attack.length} steps, within {found.attack.bounds}\n")
        draw(out, found.attack)
        out.print()
        for line in [*story(run), *beliefs(run), *knowledge(run)]:
            out.print(safe(line))
        out.print(removal(found))
        out.print(answer(found))
        sequel = leading(found, report.verdict != "incomplete")
        if sequel is not None:
            out.print(f"\n{leads(found, sequel)}\n")
            draw(out, found.attack, sequel)
            out.print()
            for line in story_on(found, sequel):
                out.print(safe(line))
            out.print(refusal(found, sequel))
    table = plain("expected", "found, or what prevents it")
    missing = "not found: not all was searched" if report.verdict == "incomplete" else "not found, and nothing says why"
    for one in report.expected():
        table.add_row(one.name, "; ".join(one.findings) or one.prevented or missing)
    out.print()
    out.print(table)
    out.print(
        f"{report.verdict}: {len(report.findings)} root causes by {len(report.searched)} searches, "
        f"{searched_in(report.seconds, committed)}",
        style="bold",
    )


def answer(one: Finding) -> str:
    """What the hardened profile says to a finding's steps, in a sentence."""
    from lockedroom.conformance.findings import answered

    said, why = answered(one)
    return str(said) if said is not None else f"It is replayed on the model alone: {why}."


def leading(one: Finding, search: bool = True) -> Sequel | None:
    """What a finding leads to, where the hardened profile takes every step of its attack; unless `search`, only if it
    is known: whoever has no time for all findings has none for that."""
    from lockedroom.conformance.findings import answered
    from lockedroom.conformance.sequels import led_to

    said, _ = answered(one)
    return led_to(one, search) if said is not None and said.says == "same" else None


def leads(one: Finding, sequel: Sequel) -> str:
    """What a finding leads to, in a sentence or two."""
    also = f", together with {sequel.beside}" if sequel.beside else ""
    where = "" if sequel.bounds == one.attack.bounds else f" within {sequel.bounds}"
    if sequel.turned:
        what = "what one seals for whom it shares the key with, another one receives as from whom it shares it with"
        return f"What shows it{where}: {what}. That breaks nothing more: whoever both talk to knows the key by right."
    what = "the same property falls again" if sequel.falls == one.attack.falls else f"{sequel.falls} falls"
    return f"What it leads to{where}: {what}, and what removes the finding removes that too{also}."


def story_on(one: Finding, sequel: Sequel) -> list[str]:
    """A sentence for each step that a finding leads to."""
    from lockedroom.cli.attacks import taken_on, turn
    from lockedroom.cli.narration import insider_of, story, turning

    _, run = taken_on(one.attack, sequel)
    told = story(run)
    return [*told[one.attack.length :], *turning(turn(one.attack, sequel), len(told), insider_of(run))]


def refusal(one: Finding, sequel: Sequel) -> str:
    """What the hardened profile says to the steps of a finding and of what it leads to, in a sentence."""
    from lockedroom.conformance.sequels import answer_on

    return str(answer_on(one, sequel))


def removal(one: Finding) -> str:
    """Which defences remove a finding, in a sentence."""
    also = f" It takes {', '.join(name for name, _ in one.also)} with it." if one.also else ""
    if not one.cause:
        return f"No defence alone removes it.{also}"
    names = ", ".join(one.cause[:-1]) + (" or " if one.cause[1:] else "") + one.cause[-1]
    return f"Removed by {names} {'together' if ' + ' in names else 'alone'}.{also}"
