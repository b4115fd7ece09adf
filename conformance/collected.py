"""The collections as cases of a run: which of their traces are chosen, and how many memo entries those that passed have
exercised. Nothing runs here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from lockedroom.conformance.collection import Collection
from lockedroom.conformance.coverage import outcome_of
from lockedroom.conformance.report import Report, Share
from lockedroom.conformance.report_cases import Candidate, Selection, candidate
from lockedroom.conformance.trace import Trace


@dataclass(frozen=True, slots=True)
class Collected:
    """A trace of a collection, and the case that it is."""

    candidate: Candidate
    trace: Trace


def case_id(collection: Collection, number: int) -> str:
    """The id of the case that the trace of that number is, from 1."""
    return f"every/{collection.name}/{number:03d}"


def ids(collections: Iterable[Collection]) -> list[str]:
    """The ids of all their cases."""
    return [case_id(one, number) for one in collections for number in range(1, len(one.rows) + 1)]


def cases(collections: Iterable[Collection], selection: Selection) -> list[Collected]:
    """The traces that a selection may choose, told by their ids: of so many, no others are listed. The smoke test has
    none of them."""
    if selection.smoke:
        return []
    found: list[Collected] = []
    for one in collections:
        for number in range(1, len(one.rows) + 1):
            name = case_id(one, number)
            if not selection.cases or any(fnmatchcase(name, glob) for glob in selection.cases):
                trace = one.trace(number)
                found.append(Collected(candidate(name, trace, one.cited(number)), trace))
    return found


def exercised(collections: Sequence[Collection], passed: Iterable[str]) -> Share:
    """How many memo entries the cases of these ids exercise, of all within the bounds of the collections. What is
    missing is counted by collection, operation and outcome."""
    done = frozenset(passed)
    shown: set[int] = set()
    where: dict[int, str] = {}
    for one in collections:
        for number, entries in enumerate(one.entries, start=1):
            if case_id(one, number) in done:
                shown |= one.shown(number)
            else:
                where = {**_labels(one, number, entries), **where}
    missing = Counter(label for entry, label in where.items() if entry not in shown)
    every = max((one.explored.numbered for one in collections), default=0)
    return Share(len(shown), every, tuple(f"{label} ({count})" for label, count in sorted(missing.items())))


def with_entries(report: Report, collections: Sequence[Collection]) -> Report:
    """The report with how much of the corpus' guarantee its run has made good."""
    share = exercised(collections, (case.id for case in report.cases if case.verdict in ("pass", "unexpected pass")))
    return replace(report, coverage={**report.coverage, "entries": share})


def _labels(collection: Collection, number: int, entries: Sequence[int]) -> Mapping[int, str]:
    """For the entries of a trace what each is one of."""
    steps = [collection.steps[row] for row in collection.rows[number - 1]]
    return {
        entry: f"{collection.name}: {step.operation} {outcome_of(step.seen.clause, step.seen.events)}"
        for entry, step in zip(entries, steps, strict=True)
        if entry >= 0
    }
