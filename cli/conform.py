"""`lockedroom conform`: every trace of the corpus, by real processes on real shared memory, and the known answers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lockedroom.cli.exits import MEANING, Exit, Problem, usage
from lockedroom.cli.options import Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from rich.console import Console

    from lockedroom.conformance.conform import ConformReport, Play, Progress
    from lockedroom.conformance.crashes import Crashes
    from lockedroom.conformance.known_failures import KnownFailures
    from lockedroom.conformance.matrix import Assignment
    from lockedroom.conformance.report import Report
    from lockedroom.conformance.report_cases import Candidate, Selection
    from lockedroom.conformance.trace import Trace


def add(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("conform", epilog=MEANING)(conform)


def conform(
    protocol: Protocol = "segment",
    jobs: Annotated[
        int | None, typer.Option(min=1, max=64, help="Traces at a time; by default one for each processor.")
    ] = None,
    command: Annotated[
        list[str] | None,
        typer.Option(
            "--impl",
            "--command",
            help='The implementation under test, as a shell would split it; ours by default, or "". Several: '
            "every trace with every assignment of them to its members; of many, every two of them for every two.",
        ),
    ] = None,
    suite: Annotated[
        Literal["LR0", "LR1"] | None, typer.Option(help="Another suite than the one that a trace names.")
    ] = None,
    profile: Annotated[
        Literal["hardened", "as-written"] | None,
        typer.Option(help="The profile whose traces are replayed: hardened by default, of the stash both."),
    ] = None,
    smoke: Annotated[bool, typer.Option("--smoke", help="Few and short traces that perform every operation.")] = False,
    case: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Only cases with such an id. Several: any of them.")
    ] = None,
    clause: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Only cases that exercise such a clause.")
    ] = None,
    flag: Annotated[list[str] | None, typer.Option(metavar="GLOB", help="Only cases with such a flag.")] = None,
    adequate: Annotated[
        bool,
        typer.Option(
            "--adequacy",
            help="Try the suite itself: implementations with one known mistake each must fail at its clause. "
            " --case chooses mistakes.",
        ),
    ] = False,
    listed: Annotated[bool, typer.Option("--list", help="List the cases that would run, and run none.")] = False,
    known: Annotated[
        Path | None, typer.Option("--known-failures", metavar="FILE", help="Cases that are known to fail, as TOML.")
    ] = None,
    write_known: Annotated[
        Path | None,
        typer.Option(
            "--write-known-failures", metavar="FILE", help="Write a first such file: the cases that fail now."
        ),
    ] = None,
    report_file: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE", help="Write the report as JSON: the same bytes wherever it is run."),
    ] = None,
    junit_file: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write the report as JUnit XML.")
    ] = None,
    html_file: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write the report as one page of HTML.")
    ] = None,
    traces_to: Annotated[
        Path | None,
        typer.Option("--write-traces", metavar="FOLDER", help="Write each trace to a file of its own, and run none."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
) -> int:
    """Replay the whole corpus for real, and check the known answers.

    One process for each member, on real shared memory (of the stash: in the kernel's keyring, where there is one, and
    in shared memory); every observation is compared with the traces. Report files are written anew; the file of known
    failures never is.
    """
    from lockedroom.cli.counterexample import refuse_existing, write_new
    from lockedroom.cli.report_html import html
    from lockedroom.cli.report_junit import junit
    from lockedroom.cli.stored import only_without
    from lockedroom.cli.terminal import console, print_json
    from lockedroom.conformance import endings
    from lockedroom.conformance.collected import with_entries
    from lockedroom.conformance.corpus import collections
    from lockedroom.conformance.crashes import with_stores
    from lockedroom.conformance.known_failures import write_known_failures
    from lockedroom.conformance.report import build, canonical
    from lockedroom.conformance.report_cases import Selection, not_run

    if protocol == "stash":
        only_without("stash", "it has one suite and no known mistakes to try", suite=suite, adequacy=adequate or None)
    if adequate:
        from lockedroom.cli.adequacy import adequacy

        return adequacy(case or (), jobs, listed=listed, as_json=as_json)
    refuse_existing([write_known])
    _check_folders([report_file, junit_file, html_file, write_known])
    split = [command_of(one) for one in command or [""]]
    selection = Selection(tuple(case or ()), tuple(clause or ()), tuple(flag or ()), smoke)
    profiles = (profile,) if profile else ("hardened", "as-written")[: 1 if smoke or protocol == "segment" else 2]
    traces, assigned, candidates = _cases(protocol, profiles, suite, len(split), selection)
    crashes = (
        {}
        if smoke or "hardened" not in profiles
        else _crashes(protocol, traces, assigned, candidates, selection, suite, len(split))
    )
    expected = _known(known, lambda: _every_id(protocol, candidates))
    left_out = not_run(candidates, traces, selection, expected)
    if len(left_out) == len(candidates):
        raise usage("no case is left to run", "choose other globs; --list shows the cases")
    if listed:
        _list([one for one in candidates if one.id not in left_out], as_json)
        return Exit.HOLDS
    chosen = [one for one in candidates if one.kind == "trace" and one.id not in left_out]
    if traces_to is not None:
        return _write(traces_to, {one.id: traces[one.id] for one in chosen})
    plays: dict[str, Play] = {case: one.play for case, one in crashes.items()}
    plays |= {one.id: play for one in chosen if (play := endings.play(one.id)) is not None}
    ran = _run(protocol, split, jobs, chosen, traces, assigned, plays, quiet=as_json)
    answers = None if any(split) else _answers(candidates, left_out)
    report = with_entries(build(ran, candidates, left_out, expected, answers), collections(protocol))
    report = with_stores(report, crashes)
    if report_file is not None:
        report_file.write_text(canonical(report), encoding="utf-8")
    if junit_file is not None:
        junit_file.write_text(junit(report), encoding="utf-8")
    if html_file is not None:
        html_file.write_text(html(report, traces), encoding="utf-8")
    if write_known is not None:
        failed = [(one.id, one.reason) for one in report.cases if one.verdict == "fail"]
        write_new(write_known, write_known_failures(failed))
    if as_json:
        print_json({**report.to_json(), "run": _run_json(ran)})
    else:
        show_report(console(), report, ran)
    return report.exit_code


def _cases(
    protocol: str,
    profiles: Sequence[str],
    suite: Literal["LR0", "LR1"] | None,
    implementations: int,
    selection: Selection,
) -> tuple[dict[str, Trace], dict[str, Assignment], list[Candidate]]:
    from lockedroom.conformance import collected, corpus, endings, hostile, matrix, report_cases, vectors_run
    from lockedroom.conformance.report_cases import candidate, named
    from lockedroom.conformance.stash_real import on_every_store

    found = [trace for trace in corpus.corpus(protocol) if trace.settings.profile in profiles]
    if protocol == "stash":
        found = on_every_store(found)
    cast = matrix.assigned(matrix.under(found, suite), implementations)
    traces = named([trace for trace, _ in cast])
    if not traces:
        raise usage(
            f"there is no corpus of the profile {profiles[0]}",
            "it promises nothing to conform to: replay single attacks on it by `lockedroom replay`",
        )
    assigned = dict(zip(traces, (assignment for _, assignment in cast), strict=True))
    candidates = [candidate(name, trace) for name, trace in traces.items()]
    asked = [trace for trace in found if trace.settings.profile == profiles[0]]
    for ending, trace, assignment in endings.cases(asked, suite, implementations):
        traces[ending.id], assigned[ending.id] = trace, assignment
        candidates.append(ending)
    several = collected.cases(corpus.collections(protocol) if "hardened" in profiles else (), selection)
    for (trace, assignment), one in zip(
        matrix.in_turn(matrix.under([one.trace for one in several], suite), implementations), several, strict=True
    ):
        traces[one.candidate.id], assigned[one.candidate.id] = trace, assignment
        candidates.append(one.candidate)
    telling = {} if selection.smoke or "hardened" not in profiles else report_cases.telling(selection.cases, protocol)
    turns = matrix.in_turn(matrix.under([*telling.values()], suite), implementations)
    for name, (trace, assignment) in zip(telling, turns, strict=True):
        traces[name], assigned[name] = trace, assignment
        candidates.append(candidate(name, trace))
    vectors = {} if selection.smoke else hostile.traces(protocol)
    for name, trace, assignment in matrix.alone(vectors, suite, implementations):
        if trace.settings.profile in profiles and (not selection.cases or hostile.chosen(name, selection.cases)):
            traces[name], assigned[name] = trace, assignment
            candidates.append(hostile.candidate(name, trace))
    if protocol == "stash":
        return traces, assigned, candidates
    candidates += [vectors_run.candidate(name, group) for name, group in vectors_run.groups().items()]
    return traces, assigned, candidates


def _crashes(
    protocol: str,
    traces: dict[str, Trace],
    assigned: dict[str, Assignment],
    candidates: list[Candidate],
    selection: Selection,
    suite: Literal["LR0", "LR1"] | None,
    implementations: int,
) -> Mapping[str, Crashes]:
    """The crash corpus, added to the rest."""
    from lockedroom.conformance.crashes import cases

    found: dict[str, Crashes] = {}
    for name, one, assignment in cases(selection.cases, suite, implementations, protocol):
        found[name], traces[name], assigned[name] = one, one.trace, assignment
        candidates.append(one.candidate(name))
    return found


def _answers(candidates: Sequence[Candidate], left_out: Mapping[str, str]) -> dict[str, list[str]]:
    from lockedroom.conformance.vectors_run import groups, wrong

    chosen = {one.id for one in candidates if one.id not in left_out}
    return {name: wrong(group) for name, group in groups().items() if name in chosen}


def _run(
    protocol: Protocol,
    commands: Sequence[list[str] | None],
    jobs: int | None,
    chosen: Sequence[Candidate],
    traces: Mapping[str, Trace],
    assigned: Mapping[str, Assignment],
    plays: Mapping[str, Play],
    quiet: bool,
) -> ConformReport:
    from lockedroom.cli.progress import Live
    from lockedroom.conformance.conform import conform as run
    from lockedroom.conformance.runner import BUILT_IN, replay_for_real

    with Live(quiet=quiet) as live:
        return run(
            protocol,
            command=commands[0],
            others=[one or BUILT_IN for one in commands[1:]],
            assigned=[assigned[one.id] for one in chosen],
            jobs=jobs or os.cpu_count() or 1,
            progress=lambda at: live.show("replaying, steps", *progress_of(at)),
            traces=[traces[one.id] for one in chosen],
            cited=[one.clauses for one in chosen],
            plays=[plays.get(one.id, replay_for_real) for one in chosen],
        )


def _run_json(ran: ConformReport) -> dict[str, object]:
    import platform

    return {
        "seconds": round(ran.seconds, 3),
        "processes": ran.processes,
        "jobs": ran.jobs,
        "machine": {"system": platform.system(), "architecture": platform.machine(), "processors": os.cpu_count()},
        "python": platform.python_version(),
    }


def _every_id(protocol: str, candidates: Iterable[Candidate]) -> list[str]:
    """The ids of all cases, of those too that are not listed where others are chosen."""
    from lockedroom.conformance import collected, corpus, crashes, hostile, report_cases

    several = (*collected.ids(corpus.collections(protocol)), *crashes.corpus(protocol), *hostile.ids(protocol))
    several += tuple(report_cases.telling((), protocol))
    return [*(one.id for one in candidates), *several]


def _known(file: Path | None, cases: Callable[[], Iterable[str]]) -> KnownFailures:
    from lockedroom.conformance.known_failures import KnownFailures, MalformedKnownFailures, read_known_failures

    if file is None:
        return KnownFailures()
    try:
        found = read_known_failures(file)
    except MalformedKnownFailures as error:
        raise Problem("CONFORM", str(error), "see spec/reports.md", Exit.MALFORMED) from None
    if unused := found.unused(cases()):
        problem = f"{file.name}: no case has the id {unused[0]}"
        raise Problem(
            "CONFORM", problem, "remove the entry, or choose from `lockedroom conform --list`", Exit.MALFORMED
        )
    return found


def _check_folders(files: Iterable[Path | None]) -> None:
    from lockedroom.cli.counterexample import need_folder

    for file in files:
        need_folder(file)
        if file is not None and file.is_dir():
            raise usage(f"{file} is a folder", "name a file")


def _list(candidates: Sequence[Candidate], as_json: bool) -> None:
    from lockedroom.cli.tables import plain
    from lockedroom.cli.terminal import console, print_json

    if as_json:
        print_json({"cases": [{"id": one.id, "steps": len(one.steps), "flags": list(one.flags)} for one in candidates]})
        return
    table = plain("case", "steps", "flags")
    for one in candidates:
        table.add_row(one.id, str(len(one.steps)), ", ".join(one.flags))
    console().print(table)


def _write(folder: Path, traces: Mapping[str, Trace]) -> int:
    from lockedroom.cli.counterexample import refuse_existing, write_new
    from lockedroom.cli.terminal import console
    from lockedroom.conformance.trace import write_trace

    if not folder.is_dir():
        raise usage(f"there is no folder {folder}", "make it, the traces are to be written there")
    files = {folder / f"{name.replace('/', '-')}.json": trace for name, trace in traces.items()}
    refuse_existing(files)
    for file, trace in files.items():
        write_new(file, write_trace(trace))
    console().print(f"{len(files)} {'trace is' if len(files) == 1 else 'traces are'} in {folder}")
    return Exit.HOLDS


def command_of(command: str) -> list[str] | None:
    """The words of a command, as a shell splits it; None where there are none. Raises Problem."""
    import shlex

    try:
        return shlex.split(command) or None
    except ValueError as error:
        raise usage(f"{command!r} is no command ({error})", "quote it as for a shell") from None


def progress_of(at: Progress) -> tuple[int, int, str]:
    """How far a replay is, for the progress line: steps done, of how many, and words."""
    failed = f", {at.failed} differ" if at.failed else ""
    return at.steps_done, at.steps, f"{at.traces_done} of {at.traces} traces{failed}"


def show_report(out: Console, report: Report, ran: ConformReport) -> None:
    """The report for people: what was run, what it covered, and what is not as expected."""
    from lockedroom.cli.tables import conformance_table
    from lockedroom.cli.terminal import count, safe
    from lockedroom.conformance.report import EXECUTED

    table = conformance_table(ran)
    entries = report.coverage["entries"]
    if entries.covered:
        table.add_row("memo entries", f"{count(entries.covered)} of {count(entries.of)} within the corpus' bounds")
    stores = report.coverage["stores"]
    if stores.of:
        table.add_row("crashes", f"{stores.covered} of {stores.of} stores, killed at each of them")
    answers = [case for case in report.cases if case.kind == "vectors" and case.verdict in EXECUTED]
    if answers:
        agreed, steps = sum(case.agreed for case in answers), sum(case.steps for case in answers)
        table.add_row("known answers", f"{agreed} of {steps} are right")
    out.print(table)
    show_differences(out, ran)
    told = {name: n for name, n in report.counts.items() if n and name not in ("pass", "fail")}
    for case in report.cases:
        if case.verdict == "unexpected pass":
            out.print("\n" + safe(f"{case.id}: {case.reason} ({case.known})"), style="red")
        elif case.verdict == "fail" and case.kind == "vectors":
            out.print("\n".join(safe(line) for line in f"\n{case.id}:\n{case.reason}".splitlines()), style="red")
    broken = sorted({clause for case in report.cases if case.verdict == "fail" for clause in case.broken})
    if broken:
        out.print(f"\nbroken: {', '.join(broken)}", style="red")
    if told:
        out.print("\n" + ", ".join(f"{n} {name}" for name, n in told.items()), style="bold")


def show_differences(out: Console, ran: ConformReport) -> None:
    """Where each trace that did not pass differed; what is the same for several is said once."""
    from lockedroom.cli.terminal import safe

    alike: dict[tuple[str, str], list[str]] = {}
    for result in ran.traces:
        if result.status != "passed":
            said = str(result.divergence) if result.divergence is not None else result.reason
            alike.setdefault((said, result.status), []).append(result.title)
    for (said, status), titles in alike.items():
        title = titles[0] if len(titles) == 1 else f"{len(titles)} traces, {titles[0]!r} and others"
        text = "\n".join(safe(line) for line in f"{title}:\n{said}".splitlines())
        out.print(f"\n{text}", style="red" if status == "failed" else "yellow")


def show(out: Console, report: ConformReport) -> None:
    """A replay of the corpus for people: what was run, what it covered, and where it differed."""
    from lockedroom.cli.tables import conformance_table

    out.print(conformance_table(report))
    show_differences(out, report)
