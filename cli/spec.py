"""`lockedroom spec`: the chapters' clauses, and what there is to show for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lockedroom.cli.exits import MEANING, usage

if TYPE_CHECKING:
    from rich.console import Console

    from lockedroom.conformance.report_spec import ClauseCoverage, SpecCoverage


def add(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command("coverage", epilog=MEANING)(coverage)
    app.command("corpus", epilog=MEANING)(corpus)


def coverage(
    clause: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Tell all of these clauses, and of no other.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")] = False,
) -> int:
    """Show which clause is implemented where and exercised by what.

    The corpus is replayed on real shared memory to see which clauses' code runs. A MUST that nothing exercises, and
    that spec/exceptions.toml does not excuse with a reason, ends it with exit code 1.
    """
    from fnmatch import fnmatchcase

    from lockedroom.cli.terminal import console, print_json
    from lockedroom.conformance.corpus import corpus
    from lockedroom.conformance.report_spec import clauses_registered, spec_coverage

    chosen = [one for one in clauses_registered() if any(fnmatchcase(one, glob) for glob in clause or ())]
    if clause and not chosen:
        raise usage(f"no clause matches {' or '.join(clause)}", "clauses are like SEG-SEND-3; `*` stands for anything")
    found = spec_coverage((*corpus(), *corpus("stash")))
    if as_json:
        value = found.to_json()
        if chosen:
            told = value["clauses"]
            assert isinstance(told, list), "it lists the clauses"
            value["clauses"] = [one for one in told if isinstance(one, dict) and one["clause"] in chosen]
        print_json(value)
    elif chosen:
        for one in found.clauses:
            if one.clause in chosen:
                _tell(console(), one)
    else:
        _show(console(), found)
    return found.exit_code


def corpus(as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False) -> int:
    """Show within which bounds the corpus exercises every memo entry, and in how many traces and steps.

    A memo entry is a transition, by whom and with which arguments, and the content of all that it reads. What an
    exploration has in common with those above it is shown there.
    """
    from lockedroom.cli.tables import plain
    from lockedroom.cli.terminal import console, count, print_json
    from lockedroom.conformance.corpus import collections

    found = collections()
    entries = max(one.explored.numbered for one in found)
    traces, steps = sum(len(one.rows) for one in found), sum(one.length for one in found)
    if as_json:
        rows = [{**one.summary(), "bounds": one.settings.source} for one in found]
        print_json({"entries": entries, "traces": traces, "steps": steps, "explorations": rows})
        return 0
    table = plain("explored", "bounds", "states", "entries", "traces", "steps")
    for column in table.columns[2:]:
        column.justify = "right"
    for one in found:
        numbers = one.summary()
        cells = [count(numbers[name]) for name in ("states", "entries", "traces", "steps")]
        table.add_row(one.name, one.settings.title, *cells)
    out = console()
    out.print(table)
    ratio = f"{steps / entries:.1f} steps for each"
    out.print(f"{count(entries)} memo entries, in {count(traces)} traces: {ratio}", style="bold")
    return 0


def _show(out: Console, found: SpecCoverage) -> None:
    from lockedroom.cli.tables import plain

    table = plain("area", "MUST", "code", "trace", "vector", "props", "proof", "test", "exempt")
    table.columns[0].no_wrap = True
    for column in table.columns[1:]:
        column.justify = "right"
    areas: dict[str, list[ClauseCoverage]] = {}
    for one in found.clauses:
        areas.setdefault(one.clause.rpartition("-")[0], []).append(one)
    for area, several in areas.items():
        ways = ("implemented", "traces", "vectors", "properties", "proofs", "tests")
        counts = [sum(bool(getattr(one, way)) for one in several) for way in ways]
        exempt = sum(one.status == "exempt" for one in several)
        must = sum(one.level == "MUST" for one in several)
        table.add_row(area, *(str(number) if number else "" for number in (must, *counts, exempt)))
    out.print(table)
    binding = [one.status for one in found.clauses if one.level == "MUST"]
    done, excused = binding.count("exercised"), binding.count("exempt")
    out.print(f"{done} of {len(binding)} clauses with MUST are exercised, {excused} have an exception", style="bold")
    for one in found.uncovered:
        out.print(f"not exercised: {one.clause}", style="red")
    for clause in found.needless:
        out.print(f"an exception that is not needed: {clause}", style="yellow")
    if not found.tested:
        out.print("there is no source tree here, so no test was looked at", style="yellow")


def _tell(out: Console, one: ClauseCoverage) -> None:
    out.print(f"{one.clause} ({one.level}): {one.status}", style="bold")
    for way in ("implemented", "transitions", "traces", "vectors", "properties", "proofs", "tests"):
        names = getattr(one, way)
        if names:
            out.print(f"  {way}: {', '.join(names)}")
    if one.reason is not None:
        out.print(f"  exception: {one.reason}")
