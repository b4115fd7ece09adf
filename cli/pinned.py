"""`lockedroom check segment --pinned`: the committed bounds, explored anew, and what they witness together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lockedroom.cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from lockedroom.cli.progress import Live
    from lockedroom.model.segment.pins import Beyond, Pin, Union, Witnessed

Which = Literal["listed", "small", "all"]
Verdict = Literal["holds", "differs", "violated", "incomplete"]


@dataclass(frozen=True, slots=True)
class Run:
    """What was counted within the bounds of one pin, by which verdict, and what differs from what is committed, or why
    it is not complete (`reason`)."""

    counted: Pin
    verdict: Verdict
    differs: tuple[str, ...] = ()
    reason: str = ""

    @property
    def tallied(self) -> bool:
        """Whether more is known than how many states there are: what it took, and what was witnessed."""
        return self.counted.engine_calls > 0

    def to_json(self) -> dict[str, object]:
        """All of it."""
        return {**self.counted.to_json(), "verdict": self.verdict, "reason": self.reason, "differs": list(self.differs)}


def check_pinned(which: Which, *, time_limit: float | None, as_json: bool) -> int:
    """Explore the committed bounds anew, those of a few seconds or all, and compare what is counted; `listed` shows
    what is committed. `time_limit`: seconds for each."""
    from lockedroom.cli.progress import Live
    from lockedroom.cli.terminal import console, print_json
    from lockedroom.model.segment.pins import beyond, pins, union

    known = [*pins("small"), *(() if which == "small" else pins("large"))]
    runs: list[Run] = []
    with Live(quiet=as_json) as live:
        for pin in known:
            runs.append(Run(pin, "holds") if which == "listed" else _again(pin, time_limit, live))
            if runs[-1].reason == "interrupted":
                break
    together = union(run.counted for run in runs if run.verdict in ("holds", "differs"))
    if as_json:
        print_json(_answer(which, runs, together, () if which == "small" else beyond()))
    else:
        _show(console(), which, runs, together, () if which == "small" else beyond())
    if runs[-1].reason == "interrupted":
        return Exit.INTERRUPTED
    codes = {"holds": Exit.HOLDS, "incomplete": Exit.INCOMPLETE, "differs": Exit.REFUSED, "violated": Exit.REFUSED}
    return codes[_worst(runs)]


def _again(pin: Pin, time_limit: float | None, live: Live) -> Run:
    """Explore within the bounds of a pin, and compare."""
    from lockedroom.cli.check import exploring
    from lockedroom.model.segment.pins import pin_of
    from lockedroom.model.verdict import check

    report = check("segment", pin.bounds, progress=exploring(live), time_limit=time_limit)
    counted = pin_of(report.to_json())
    if report.verdict != "holds":
        return Run(counted, report.verdict, reason=report.reason)
    differs = tuple(pin.differences(counted))
    return Run(counted, "differs" if differs else "holds", differs)


def _worst(runs: Sequence[Run]) -> Verdict:
    order: tuple[Verdict, ...] = ("violated", "differs", "incomplete", "holds")
    return min((run.verdict for run in runs), key=order.index)


def _answer(which: Which, runs: Sequence[Run], together: Union, over: Sequence[Beyond]) -> dict[str, object]:
    mutants = _mutants()
    return {
        "verdict": _worst(runs),
        "reason": next((run.reason for run in runs if run.reason), ""),
        "explored": which != "listed",
        "runs": [run.to_json() for run in runs],
        "beyond": [_beyond(one) for one in over],
        "transitions": [one.to_json() for one in together.transitions],
        "sometimes": [one.to_json() for one in together.sometimes],
        "properties": [{**one.to_json(), "mutants": mutants[one.name]} for one in together.properties],
        "missing": list(together.missing),
    }


def _beyond(one: Beyond) -> dict[str, object]:
    from lockedroom.model.segment.pins import instead, too_large

    shown = too_large(one.bounds)
    these = [pin.bounds.to_json() for pin in instead(one.bounds)]
    return {**one.to_json(), "instead": these, "does_not_fit": None if shown is None else shown.to_json()}


def _mutants() -> Counter[str]:
    """How many known mistakes violate each property."""
    from lockedroom.model.segment.mutants import MUTANTS

    return Counter(mutant.violates for mutant in MUTANTS)


# ---- tables ------------------------------------------------------------------------------------------


def _show(out: Console, which: Which, runs: Sequence[Run], together: Union, over: Sequence[Beyond]) -> None:
    from lockedroom.cli.mutants import within
    from lockedroom.cli.tables import STYLES, plain
    from lockedroom.cli.terminal import count
    from lockedroom.model.segment.pins import ENOUGH, instead, too_large

    table = plain("within", "states", "transitions", "depth", "seconds", "engine calls", "verdict")
    for column in table.columns[1:6]:
        column.justify = "right"
    for run in runs:
        numbers = map(count, (run.counted.states, run.counted.transitions, run.counted.depth))
        cost = (f"{run.counted.seconds:.1f}", count(run.counted.engine_calls)) if run.tallied else ("–", "–")
        style = STYLES.get(run.verdict, "bold red")
        verdict = "as committed" if which == "listed" else run.verdict
        table.add_row(within(run.counted.bounds), *numbers, *cost, verdict, style="" if style == "green" else style)
    out.print(table)
    if which == "listed":
        out.print("as committed: explored earlier, when it was written down, and not now", style="yellow")
    if bare := sum(not run.tallied and run.verdict == "holds" for run in runs):
        out.print(f"–: of {bare} of these bounds states alone are committed; what is witnessed below is without them")
    for run in runs:
        for line in (*run.differs, *([run.reason] if run.reason else [])):
            out.print(f"{within(run.counted.bounds)}: {line}", style="red")
    if over:
        table = plain("not explored to the end", "states", "depth", "seconds", "these were", "does not fit")
        for one in over:
            these = "; ".join(within(pin.bounds) for pin in instead(one.bounds))
            shown = too_large(one.bounds)
            why = "not shown" if shown is None else "tried" if shown == one else f"contains {within(shown.bounds)}"
            far = (f"over {count(one.states)}", str(one.depth), f"{one.seconds:.0f}")
            table.add_row(within(one.bounds), *far, these, why)
        out.print(table)
    mutants = _mutants()
    rows = {one.name: str(mutants[one.name]) for one in together.properties}
    _show_witnessed(out, ("transition", "taken"), together.transitions)
    _show_witnessed(out, ("to happen sometimes", "times"), together.sometimes)
    _show_witnessed(out, ("property", "judged", "mutants"), together.properties, rows)
    if together.missing:
        out.print(f"not witnessed within these bounds: {', '.join(together.missing)}", style="yellow")
    out.print("within: members/messages/joins, and what else may happen; first: of the fewest states")
    if over:
        out.print(f"does not fit: not exhausted in {ENOUGH} s, themselves or smaller ones that they contain")
    said = "as committed; nothing was explored now" if which == "listed" else _worst(runs)
    out.print(f"segment, {len(runs)} bounds: {said}", style="bold")


def _show_witnessed(
    out: Console, headings: tuple[str, ...], found: Sequence[Witnessed], more: dict[str, str] | None = None
) -> None:
    from lockedroom.cli.mutants import within
    from lockedroom.cli.tables import plain
    from lockedroom.cli.terminal import count

    table = plain(*headings, "runs", "first within")
    for one in found:
        first = within(one.within[0]) if one.within else "none"
        extra = () if more is None else (more[one.name],)
        style = "" if one.times else "yellow"
        table.add_row(one.name, count(one.times), *extra, str(len(one.within)), first, style=style)
    out.print(table)
