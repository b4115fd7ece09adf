"""The tables of evidence: what was explored, what was replayed, what each property came to. They compute nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockedroom.cli.terminal import count

if TYPE_CHECKING:
    from rich.table import Table

    from lockedroom.conformance.conform import ConformReport


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
