"""`lockedroom replay`: one trace, step by step, drawn as it goes: on the model, the engine or real shared memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lockedroom.cli.exits import MEANING, Exit, Problem, usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lockedroom.cli.chart import Move
    from lockedroom.conformance.model_trace import ModelTrace
    from lockedroom.conformance.replay import Replayed, StepSeen
    from lockedroom.conformance.trace import Trace, TraceStep
    from lockedroom.model.segment.attacks import Attack


def add(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("replay", epilog=MEANING)(replay)


def replay(
    file: Annotated[Path, typer.Argument(help="The trace.", metavar="FILE")],
    on: Annotated[
        Literal["model", "engine", "backend"] | None,
        typer.Option(
            "--on",
            help="The model that a model trace names, the pure engine, or real processes on real shared memory. "
            "By default model traces run on the model, others for real.",
        ),
    ] = None,
    profile: Annotated[
        Literal["hardened", "as-written"] | None,
        typer.Option(help="Another profile than the trace's own: which step of an attack does it refuse?"),
    ] = None,
    machine: Annotated[
        str | None,
        typer.Option(
            metavar="TARGET", help="Another machine (PATH.py:ATTRIBUTE) than the one that a model trace names."
        ),
    ] = None,
    svg: Annotated[Path | None, typer.Option(metavar="FILE", help="Also draw a model trace, as SVG.")] = None,
    export: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also write a model trace as one that any implementation can repeat."),
    ] = None,
    impl: Annotated[
        str | None,
        typer.Option(
            metavar="COMMAND", help="The adapter of an implementation, to replay a trace on; ours by default."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a chart.")] = False,
) -> int:
    """Replay one trace.

    Every observation is compared with what the trace says. A model trace, such as a counterexample, is replayed on
    the machine that it names (a module of yours is run to get it), and is reproduced when its property is violated at
    its end and not before; or after the step that it says, where it goes on to what that leads to. In another profile
    than the trace's own, which steps are taken and which refused is all that is compared; where that is the same, the
    model says whether the property is violated there. The intruder of a model trace makes its own records for that
    profile, with the keys that it has. Exit code 0: all is as the trace says; 1: something is not, or the other profile
    refuses a step, or withstands the attack; 4: not all that the trace says can be done or decided here.
    """
    from lockedroom.cli.conform import command_of
    from lockedroom.conformance.model_trace import is_model_trace, parse_model_trace
    from lockedroom.conformance.trace import parse_trace, read_bytes

    data = read_bytes(file)
    command = None if impl is None else command_of(impl)
    if command is not None and (is_model_trace(data) or on not in (None, "backend")):
        raise usage("an implementation takes no model traces, and runs for real", "leave out --impl, or write --export")
    if is_model_trace(data):
        return _of_model(parse_model_trace(data, file.name), on or "model", profile, machine, export, svg, as_json)
    trace = parse_trace(data, file.name)
    if on == "model" or any(option is not None for option in (machine, export, svg)):
        raise usage(f"{file.name} is no model trace", "leave out --on model, --machine, --svg and --export")
    return _replay(trace, trace.title or file.name, on or "backend", profile, as_json, command=command)


def _of_model(
    trace: ModelTrace,
    on: Literal["model", "engine", "backend"],
    profile: Literal["hardened", "as-written"] | None,
    machine: str | None,
    export: Path | None,
    svg: Path | None,
    as_json: bool,
) -> Exit:
    from dataclasses import replace

    from lockedroom.cli.counterexample import refuse_existing, write_new
    from lockedroom.cli.retrace import retrace
    from lockedroom.cli.subjects import as_trace, subject_named
    from lockedroom.cli.user import faulty
    from lockedroom.conformance.trace import write_trace
    from lockedroom.model.report import ActionFault

    refuse_existing((export, svg))
    if svg is not None and on != "model":
        raise usage("a run on the engine or for real is not drawn as SVG", "leave out --svg, or choose --on model")
    if profile is not None and on == "model":
        raise usage("a model trace is of one profile", "choose --on engine or --on backend for another")
    if machine is not None:
        named = replace(trace.about.machine, target=machine, mutant=None)
        trace = replace(trace, about=replace(trace.about, machine=named))
    subject = subject_named(trace.about.machine)
    try:
        if export is not None:
            write_new(export, write_trace(as_trace(trace, subject)))
        if on == "model":
            return retrace(trace, subject, as_json, svg)
        said = as_trace(trace, subject)
    except ActionFault as error:
        if subject.names:  # a protocol of ours
            raise
        raise faulty(str(trace.about.machine), error) from None
    # Only of the segment is the model asked whether the property falls in the other profile, too.
    if profile in (None, said.settings.profile) or said.settings.protocol != "segment":
        return _replay(said, said.title, on, profile, as_json, violated=trace.about.property)
    return _replay(anew(said, trace, profile), said.title, on, profile, as_json, withstands(trace, profile))


def anew(said: Trace, trace: ModelTrace, profile: str) -> Trace:
    """The trace that a model trace says, with what its intruder makes itself made for another profile. Raises
    Problem."""
    from lockedroom.conformance.derive import Underivable
    from lockedroom.conformance.findings import made_for
    from lockedroom.reference.segment.profile import PROFILES

    try:
        return made_for(said, attack_in(trace, len(trace.steps)), PROFILES[profile])
    except Underivable as error:
        raise Problem(
            "TRACE", f"no intruder can do that in {profile} ({error})", "see --on model", Exit.REFUSED
        ) from None


def attack_in(trace: ModelTrace, steps: int | None) -> Attack:
    """So many steps of a model trace as an attack on its property. Raises Problem when there is no such machine."""
    from lockedroom.cli.subjects import bounds_named
    from lockedroom.model.segment.attacks import Attack, Move
    from lockedroom.reference.segment.profile import profile_of

    about = trace.about
    moves = tuple(Move(step.actor, step.operation, step.arguments, step.choice) for step in trace.steps[:steps])
    own = profile_of(about.machine.profile or "hardened")
    return Attack(own, bounds_named(about.machine), about.property, about.violation, moves)


def withstands(trace: ModelTrace, profile: str) -> tuple[str, tuple[str, ...]]:
    """Why the property of an attack does not fall where its moves are made on the model of another profile, and the
    clauses of the defences that remove it there; empty if it falls there too. Raises Problem when there is no such
    machine."""
    from lockedroom.conformance.findings import told_in
    from lockedroom.model.segment.attacks import Stale, follow, segment_of
    from lockedroom.model.segment.findings import Finding, cause_of
    from lockedroom.reference.segment.profile import PROFILES

    attack = attack_in(trace, trace.about.fell)
    try:
        follow(segment_of(attack.bounds, PROFILES[profile]), told_in(attack, profile))
    except Stale as why:
        return why.problem, Finding(cause_of(attack), attack).clauses
    return "", ()


def _replay(
    trace: Trace,
    title: str,
    on: Literal["engine", "backend"],
    profile: Literal["hardened", "as-written"] | None,
    as_json: bool,
    withstood: tuple[str, tuple[str, ...]] | None = None,
    command: list[str] | None = None,
    violated: str = "",
) -> Exit:
    from lockedroom.cli.terminal import console, print_json
    from lockedroom.conformance.replay import replay as run

    spoken = profile or trace.settings.profile
    if as_json:
        result = run(trace, on=on, profile=profile, command=command)
        told = _json(trace, on, spoken, result)
        if withstood is not None:
            told |= {"withstood": withstood[0], "by": list(withstood[1])}
        if withstood and withstood[0] and result.status == "passed":
            told |= {"verdict": "withstood"}
        print_json(told)
    else:
        out = console()
        where = f"{len(trace.steps)} steps on the {on}"
        out.print(f"{title}: {where}{'' if spoken == 'hardened' else f', profile {spoken}'}\n")
        result = run(trace, on=on, profile=profile, command=command, watch=drawer(trace))
        out.print()
        if pids := _pids(trace):
            out.print(pids)
        for line in _conclusion(trace, spoken, result):
            out.print(line, style="red" if result.divergence is not None else None)
        if withstood is not None and result.status == "passed":
            out.print(_on_its_model(spoken, *withstood))
        if violated and result.status == "passed":
            out.print(f"every step is on the {on} as on the model, where {violated} is violated")
        agreed = f"{result.steps} of {len(trace.steps)} steps agree with the trace"
        out.print(agreed if result.status != "unsupported" else f"not supported: {result.reason}", style="bold")
    return Exit.REFUSED if withstood and withstood[0] and result.status == "passed" else exit_code(result)


def _on_its_model(spoken: str, problem: str, clauses: tuple[str, ...]) -> str:
    """What the model of another profile says to the same moves."""
    if not problem:
        return "on its model: the property is violated there, too"
    by = f", by {', '.join(clauses)}" if clauses else ""
    return f"{spoken} withstands it{by}: on its model {problem}"


def _pids(trace: Trace) -> str:
    """The mark of a trace in which a pid comes again: this alone a replay has not from the kernel."""
    from lockedroom.conformance.entropy import STAND_IN

    several = sum(step.operation == "create" and step.seen.outcome == "ok" for step in trace.steps) > 1
    return f"(marked: every segment here says that a process of pid {STAND_IN[0]} created it)" if several else ""


def _conclusion(trace: Trace, spoken: str, result: Replayed) -> Iterator[str]:
    """What to say of a difference, and of a trace that another profile takes as its own does."""
    parted, own = result.divergence, trace.settings.profile
    if parted is not None and parted.refusal and spoken != own:
        why = f": {parted.detail}" if parted.detail else ""
        yield f"{spoken} refuses step {parted.index}, {parted.step}, which {own} takes: {parted.refusal}{why}"
    elif parted is not None:
        yield str(parted)
    elif spoken != own and result.status == "passed":
        yield f"{spoken} takes and refuses the same steps as {own}; what is seen of them was not compared"


def drawer(trace: Trace) -> Callable[[StepSeen], None]:
    """What draws each step of a replay as it happens."""
    from lockedroom.cli.chart import INTRUDER
    from lockedroom.cli.terminal import console, drawn

    intruded = any(step.actor == INTRUDER for step in trace.steps)
    out = console()
    chart = drawn(out, (*trace.settings.members, *((INTRUDER,) if intruded else ())))
    for line in chart.heading():
        out.print(line)

    def draw(step: StepSeen) -> None:
        for line in chart.draw(as_move(step.step, step)):
            out.print(line)

    return draw


def as_move(step: TraceStep, seen: StepSeen | None = None) -> Move:
    """A step for the chart: with what was seen when it ran, else with what the trace says."""
    from collections.abc import Mapping
    from dataclasses import replace

    from lockedroom.cli.chart import Move

    what = seen.seen if seen is not None else step.seen
    events = tuple(event for event in what.events if isinstance(event, Mapping))
    move = Move(step.actor, step.operation, dict(step.arguments), events, what.clause or "", what.detail)
    return replace(move, words=f"{step.room}: {move.said}", points=move.targets) if step.room else move


def exit_code(result: Replayed) -> Exit:
    """The exit code of a replay."""
    match result.status:
        case "passed":
            return Exit.HOLDS
        case "failed":
            return Exit.REFUSED
        case _:
            return Exit.INCOMPLETE


def _json(trace: Trace, on: str, spoken: str, result: Replayed) -> dict[str, object]:
    parted = result.divergence
    refused = None
    if parted is not None and parted.refusal and spoken != trace.settings.profile:
        refused = {"step": parted.index, "clause": parted.refusal, "detail": parted.detail}
    return {
        "verdict": "refused" if refused else result.status,
        "title": trace.title,
        "on": on,
        "profile": spoken,
        "pids": _pids(trace),
        "refused": refused,
        "steps": len(trace.steps),
        "agreed": result.steps,
        "divergence": parted.to_json() if parted is not None else None,
        "reason": " ".join(_conclusion(trace, spoken, result)) if refused else result.reason,
    }
