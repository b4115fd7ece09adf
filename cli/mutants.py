"""`lockedroom mutants`: every known mistake in the engine, and what sees it. One that nothing sees is a gap in the
properties, or no mistake."""

from __future__ import annotations

import re
import time
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from lockedroom.cli.exits import MEANING, Exit, unknown_mistake, usage
from lockedroom.cli.options import Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from lockedroom.cli.hunters import Answer, Bounds, Controlled, Hunted, Mistake, Task
    from lockedroom.cli.progress import Live

_STYLES: Final = {"killed": "green", "survives": "bold red", "raises": "bold red", "not judged": "yellow"}
LATE: Final = "the time limit"
"""Why hunts ended that ended for it."""
INTERRUPTED: Final = "interrupted"
"""Why hunts ended that were interrupted."""


@dataclass
class Hunts:
    """What hunts have come to: of how many mutants that there are these were chosen, the answers, why it ended early
    (or nothing)."""

    known: int
    chosen: Sequence[Mistake]
    jobs: int
    results: dict[str, Hunted] = field(default_factory=dict)
    controls: list[Controlled] = field(default_factory=list)
    controlled: int = 0
    reason: str = ""
    seconds: float = 0.0

    def add(self, answer: Answer) -> None:
        """Note an answer."""
        from lockedroom.cli.hunters import Hunted

        if isinstance(answer, Hunted):
            self.results[answer.mutant.name] = answer
        else:
            self.controls.append(answer)

    def named(self, *fates: str) -> list[Hunted]:
        """The mutants of these fates, in the library's order."""
        found = (self.results.get(mutant.name) for mutant in self.chosen)
        return [result for result in found if result is not None and result.fate in fates]

    @property
    def not_judged(self) -> list[str]:
        """The chosen mutants without an answer."""
        judged = {result.mutant.name for result in self.named("killed", "survives", "raises")}
        return [mutant.name for mutant in self.chosen if mutant.name not in judged]

    @property
    def wrong(self) -> list[Controlled]:
        """The bounds within which the engine without a mistake does not hold."""
        return [one for one in self.controls if one.verdict not in ("holds", "incomplete")]

    @property
    def verdict(self) -> Literal["all killed", "some survive", "incomplete"]:
        """What it comes to."""
        if self.named("survives", "raises") or self.wrong:
            return "some survive"
        whole = not self.not_judged and len(self.controls) == self.controlled
        return "all killed" if whole and all(one.verdict == "holds" for one in self.controls) else "incomplete"

    @property
    def exit_code(self) -> Exit:
        """The exit code."""
        if self.reason == INTERRUPTED:
            return Exit.INTERRUPTED
        return {"all killed": Exit.HOLDS, "some survive": Exit.REFUSED, "incomplete": Exit.INCOMPLETE}[self.verdict]


def add(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("mutants", epilog=MEANING)(mutants)


def mutants(
    protocol: Protocol = "segment",
    only: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only those of this name; * and ? stand for anything.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=64, help="Processes that explore; by default one for each processor.")
    ] = None,
    control: Annotated[
        bool, typer.Option(help="Explore the engine without a mistake within the same bounds too.")
    ] = True,
    time_limit: Annotated[float | None, typer.Option(min=0.1, help="Seconds; then the answer is incomplete.")] = None,
    trace: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where to write the shortest trace of each, for replay.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of tables.")] = False,
) -> int:
    """Put each known mistake into the engine.

    It is seen which property falls. Each mutant is explored exhaustively within bounds of its own, the smallest that
    suffice, until a property is violated; the shortest way there is checked again step by step. One that violates
    nothing survives: the properties have a gap, or it is no mistake.
    """
    from lockedroom.cli.progress import Live
    from lockedroom.cli.terminal import console, print_json
    from lockedroom.model.protocols import PROTOCOLS

    known: Sequence[Mistake] = [*PROTOCOLS[protocol].mutants.values()]
    chosen = chosen_of(known, only or ())
    folder = _folder(trace)
    with Live(quiet=as_json) as live:
        hunts = run(chosen, len(known), live, jobs=jobs, control=control, time_limit=time_limit, folder=folder)
    if as_json:
        print_json(to_json(hunts, protocol, folder))
    else:
        _show(console(), hunts, protocol)
    return hunts.exit_code


def run(
    chosen: Sequence[Mistake],
    known: int,
    live: Live,
    *,
    jobs: int | None = None,
    control: bool = True,
    time_limit: float | None = None,
    folder: Path | None = None,
) -> Hunts:
    """Hunt these mutants, tell how far it is, and write each trace as it comes. Raises EngineError when a process is
    lost."""
    from lockedroom.cli.counterexample import write_new
    from lockedroom.cli.hunters import Hunted, hunted
    from lockedroom.model.crew import processors

    began = time.monotonic()
    bounds = sorted({mutant.bounds for mutant in chosen}, key=_size, reverse=True) if control else []
    # Mutants first, the quick ones to begin with: whoever interrupts has most of them by then.
    tasks: list[Task] = [*sorted(chosen, key=lambda mutant: _size(mutant.bounds)), *bounds]
    hunts = Hunts(known, chosen, min(jobs or processors(), len(tasks)), controlled=len(bounds))
    answers = hunted(tasks, hunts.jobs, None if time_limit is None else began + time_limit)
    try:
        for answer in answers:
            hunts.add(answer)
            if folder is not None and isinstance(answer, Hunted) and answer.fate == "killed":
                write_new(folder / file_of(answer.mutant), answer.trace)
            survivors = len(hunts.named("survives", "raises"))
            words = f"{len(hunts.named('killed'))} mutants killed" + (f", {survivors} not" if survivors else "")
            live.show(
                "exploring, with and without mistakes", len(hunts.results) + len(hunts.controls), len(tasks), words
            )
        if len(hunts.results) + len(hunts.controls) < len(tasks):
            hunts.reason = LATE
    except KeyboardInterrupt:
        hunts.reason = INTERRUPTED
    finally:
        answers.close()
    hunts.seconds = time.monotonic() - began
    return hunts


def chosen_of(known: Sequence[Mistake], only: Sequence[str]) -> list[Mistake]:
    """Those of these names, in which * and ? stand for anything; all where there are none. Raises Problem."""
    missing = next((one for one in only if not any(fnmatchcase(mutant.name, one) for mutant in known)), None)
    if missing is not None:
        raise unknown_mistake(missing, (mutant.name for mutant in known))
    return [mutant for mutant in known if not only or any(fnmatchcase(mutant.name, one) for one in only)]


def _folder(trace: Path | None) -> Path | None:
    if trace is None:
        return None
    try:
        trace.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise usage(f"{trace} is no folder", "name a folder for --trace") from None
    if any(trace.iterdir()):
        raise usage(f"{trace} is not empty", "choose another folder, nothing is overwritten")
    return trace


def file_of(mutant: Mistake) -> str:
    """The name of the file that a mutant's trace goes to."""
    return re.sub("[^a-z0-9]+", "-", mutant.name.lower()).strip("-") + ".json"


def _size(bounds: Bounds) -> tuple[int, ...]:
    """By what bounds are put in the order of how long they take, about."""
    (members, *counted), budgets = _counts(bounds)
    spent = sum(budgets.values())
    return members, budgets["intruder"] * (1 + spent), sum(counted[1:]) + spent, counted[0]


def _counts(bounds: Bounds) -> tuple[list[int], dict[str, int]]:
    """How many there are of what is always counted, and the budgets for what else may happen."""
    found = asdict(bounds)
    return [found.pop(name) for name in bounds.COUNTED], found


def to_json(hunts: Hunts, protocol: str, folder: Path | None = None) -> dict[str, object]:
    """All of it as one object (spec/mutants.schema.json)."""
    return {
        "protocol": protocol,
        "verdict": hunts.verdict,
        "reason": hunts.reason,
        "known": hunts.known,
        "chosen": len(hunts.chosen),
        "killed": len(hunts.named("killed")),
        "survivors": [result.mutant.name for result in hunts.named("survives", "raises")],
        "not_judged": hunts.not_judged,
        "seconds": round(hunts.seconds, 3),
        "jobs": hunts.jobs,
        "mutants": [_result_json(result, folder) for result in hunts.named("killed", "survives", "raises")],
        "control": [
            {
                "bounds": one.bounds.to_json(),
                "verdict": one.verdict,
                "states": one.states,
                "seconds": round(one.seconds, 3),
            }
            for one in hunts.controls
        ],
    }


def _result_json(result: Hunted, folder: Path | None) -> dict[str, object]:
    mutant = result.mutant
    return {
        "name": mutant.name,
        "breaks": mutant.breaks,
        "modules": sorted({module for module, _, _ in mutant.patches}),
        "bounds": mutant.bounds.to_json(),
        "fate": result.fate,
        "property": result.property or None,
        "fallen": list(result.fallen),
        "message": result.message,
        "steps": result.steps,
        "states": result.states,
        "seconds": round(result.seconds, 3),
        "trace": str(folder / file_of(mutant)) if folder is not None and result.fate == "killed" else None,
    }


def _show(out: Console, hunts: Hunts, protocol: str) -> None:
    from rich.text import Text

    from lockedroom.cli.tables import plain
    from lockedroom.cli.terminal import count, safe

    table = plain("mistake", "breaks", "falls", "within", "steps")
    table.columns[4].justify = "right"
    for result in hunts.named("killed", "survives", "raises"):
        falls = Text(result.property or result.fate, _STYLES[result.fate])
        steps = count(result.steps) if result.fate == "killed" else "–"
        table.add_row(result.mutant.name, result.mutant.breaks, falls, within(result.mutant.bounds), steps)
    out.print(table)
    if hunts.results:
        out.print(f"within: {'/'.join(hunts.chosen[0].bounds.COUNTED)}, and what else may happen")
    for result in hunts.named("survives"):
        said = f"nothing within {result.mutant.bounds} violates a property ({count(result.states)} states)"
        out.print(f"{result.mutant.name}: survives: {said}", style="bold red")
    for result in hunts.named("raises"):
        out.print(f"{result.mutant.name}: shows nothing: {safe(result.message)}", style="bold red")
    for one in hunts.wrong:
        out.print(f"without a mistake, within {one.bounds}: {safe(one.verdict)}", style="bold red")
    held = sum(one.verdict == "holds" for one in hunts.controls)
    if hunts.controlled:
        out.print(f"without a mistake every property holds within {held} of these {hunts.controlled} bounds")
    else:
        out.print("without a mistake: not explored (--no-control)", style="yellow")
    if hunts.reason:
        out.print(f"not complete: {hunts.reason}; {len(hunts.not_judged)} mutants not judged", style="yellow")
    sample = "" if len(hunts.chosen) == hunts.known else f", a sample of the {hunts.known} that are known"
    killed = f"{len(hunts.named('killed'))} of {len(hunts.chosen)} mutants killed{sample}"
    out.print(f"\n{protocol}: {killed}, in {hunts.seconds:.0f} s", style="bold")


def within(bounds: Bounds) -> str:
    """Bounds in a few characters: what is always counted (members/messages/joins, of the stash holders/writes) and the
    budgets that are not 0."""
    counted, budgets = _counts(bounds)
    return ", ".join(["/".join(map(str, counted)), *(f"{name} {many}" for name, many in budgets.items() if many)])
