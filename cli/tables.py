"""The tables of evidence: what was explored, what was replayed, what each property came to. They compute nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from lockedroom.cli.terminal import count

if TYPE_CHECKING:
    from rich.table import Table

    from lockedroom.conformance.conform import ConformReport
    from lockedroom.model.subjects import Judged, SubjectReport
    from lockedroom.model.verdict import CheckReport, PropertyResult

_WIDE: Final = 72
"""Columns of a terminal that show a property on a line."""
STYLES: Final = {
    "holds": "green",
    "violated": "bold red",
    "no violation found": "yellow",
    "not exercised": "yellow",
    "incomplete": "yellow",
}


def plain(*headings: str) -> Table:
    """A table of the house's style: it fits any terminal and any log."""
    from rich import box
    from rich.table import Table

    table = Table(*headings, box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for column in table.columns:
        column.overflow = "fold"
    return table


def conformance_table(report: ConformReport) -> Table:
    """What a replay of the corpus came to."""
    table = plain("replayed for real", "")
    passed = f"{report.passed} of {len(report.traces)} agree"
    if report.failed:
        passed += f", {report.failed} differ"
    if report.unsupported:
        passed += f", {report.unsupported} not supported"
    table.add_row("traces", passed, style="" if report.verdict == "passed" else "red")
    table.add_row("steps", f"{count(report.steps)}, by {report.processes} processes in {report.seconds:.1f} s")
    table.add_row("transitions", f"{report.transitions} of the protocol's table")
    table.add_row("refusals", f"{report.rejections} clauses by which the engine refuses")
    table.add_row("clauses", f"{report.clauses} that the engine implements")
    return table


def property_table(properties: Iterable[PropertyResult | Judged], width: int) -> Table:
    """A line for each property: against whom it is promised and its clauses (where that is known), the verdict, how
    often it was at stake. On few columns these stand below one another."""
    from rich.text import Text

    results = tuple(properties)
    told = [name for name in ("store", "clauses") if any(getattr(one, name) for one in results)]
    narrow = width < _WIDE and len(told) > 1
    table = plain("property", "verdict, judged") if narrow else plain("property", *told, "verdict", "judged")
    for result in results:
        verdict = Text(result.verdict, STYLES.get(result.verdict, ""))
        if narrow:
            name = Text(f"{result.name}\n").append(f"{result.store}: {brief(result.clauses)}", "dim")
            table.add_row(name, verdict.append(f"\n{count(result.exercised)}", "default"))
            continue
        table.columns[-1].justify = "right"
        about = {"store": result.store, "clauses": brief(result.clauses)}
        table.add_row(result.name, *(about[name] for name in told), verdict, count(result.exercised))
    return table


def exploration_table(report: CheckReport | SubjectReport) -> Table:
    """What was explored."""
    from lockedroom.model.verdict import CheckReport

    table = plain("explored", "")
    if isinstance(report, CheckReport):
        table.add_row("profile", str(report.profile))
        table.add_row("bounds", str(report.bounds))
        calls = f"{count(report.engine_calls)} calls of the engine"
    else:
        table.add_row("machine", report.exploration.title)
        calls = f"{count(report.exploration.fills)} calls of actions"
    found = report if isinstance(report, CheckReport) else report.exploration
    table.add_row("states", f"{count(found.states)}, {'all there are' if found.complete else 'not all'}")
    table.add_row("transitions", f"{count(found.transitions)}, by {calls}")
    table.add_row("depth", f"{found.depth}, in {found.seconds:.1f} s")
    if shown := [name for name, times in report.witnesses.items() if times and not isinstance(report, CheckReport)]:
        table.add_row("seen", ", ".join(shown))
    for reduction in found.reductions or ("none: each state is explored for itself",):
        table.add_row("reductions", reduction)
    return table


def brief(clauses: Iterable[str]) -> str:
    """Clauses with what they have in common said once: `SEG-ACL-2, 3`."""
    areas: dict[str, list[str]] = {}
    for clause in clauses:
        area, _, number = clause.rpartition("-")
        areas.setdefault(area, []).append(number)
    return "; ".join(f"{area}-{', '.join(numbers)}" for area, numbers in areas.items())


def searched_in(seconds: float, committed: bool) -> str:
    """How long a search took; of committed results, that none was made."""
    return "as committed: nothing was searched now" if committed else f"in {seconds:.0f} s"
