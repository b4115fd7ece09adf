"""The report of a run as one page of HTML that needs nothing else: it loads nothing, and its script only filters.

What stands where is worked out here, how it looks is in `report.html.jinja`; what the script does is in
`report.script.jinja`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from lockedroom.cli.chart import Move
from lockedroom.cli.svg import svg
from lockedroom.cli.terminal import safe

if TYPE_CHECKING:
    from lockedroom.conformance.report import Case, ClauseRow, Report
    from lockedroom.conformance.trace import Trace

_CLAUSE: Final = re.compile(r"[A-Z]+(?:-[A-Z]+)+-\d+")


@dataclass(frozen=True, slots=True)
class Side:
    """One side of what differs: the chart as the address of an image (empty when there is no step), and the value."""

    heading: str
    chart: str
    said: str
    value: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A case as it stands on the page."""

    case: Case
    anchor: str
    sides: tuple[Side, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A clause as it stands on the page, with its text in its chapter."""

    row: ClauseRow
    anchor: str
    text: str


def html(report: Report, traces: Mapping[str, Trace]) -> str:
    """The text of the page. `traces` are those of the cases by id; a failing case without one has no chart."""
    from jinja2 import Environment, StrictUndefined

    from lockedroom.conformance.report import VERDICTS
    from lockedroom.spec.registry import clauses

    registered = clauses()
    script = _file("report.script.jinja")
    made = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_printable
    )
    rows = [Row(row, f"clause-{row.clause}", registered[row.clause].text) for row in report.clauses]
    rows.sort(key=lambda row: VERDICTS.index(row.row.verdict))
    return made.from_string(_file("report.html.jinja")).render(
        report=report,
        verdicts=VERDICTS,
        columns=[verdict for verdict in VERDICTS if report.counts.get(verdict)],
        clauses_with={verdict: sum(row.row.verdict == verdict for row in rows) for verdict in VERDICTS},
        rows=rows,
        cases=[_shown(case, traces.get(case.id)) for case in report.cases],
        script=script,
        fingerprint=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def _file(name: str) -> str:
    return files("lockedroom.cli").joinpath(name).read_text(encoding="utf-8")


def _shown(case: Case, trace: Trace | None) -> Shown:
    anchor = "case-" + re.sub(r"[^\w.-]+", "-", case.id)
    return Shown(case, anchor, _sides(case, trace) if case.verdict in ("fail", "expected fail") else ())


def _sides(case: Case, trace: Trace | None) -> tuple[Side, ...]:
    """What was expected and what was seen, beside each other."""
    found = case.difference
    values = ("", "") if found is None else (_pretty(found.expected), _pretty(found.seen))
    if found is None and case.reason.startswith("before the first step"):
        return ()
    index = case.agreed + 1 if found is None else found.step
    if trace is None or not 0 < index <= len(trace.steps):
        return tuple(Side(name, "", "", value) for name, value in zip(("expected", "seen"), values, strict=True))
    wanted = _move(trace, index)
    before = [_move(trace, number) for number in range(1, index)]
    return tuple(
        Side(name, _chart(case, trace, [*before, move], name), f"step {index}, {move.actor}: {move.said}", value)
        for name, move, value in zip(
            ("expected", "seen"), (wanted, _seen(case, wanted, index, trace)), values, strict=True
        )
    )


def _move(trace: Trace, index: int) -> Move:
    from lockedroom.cli.replay import as_move

    return as_move(trace.steps[index - 1])


def _seen(case: Case, wanted: Move, index: int, trace: Trace) -> Move:
    """The step that differs, as it was seen."""
    found = case.difference
    if found is None:
        fault = case.reason.removeprefix(f"step {index}, {trace.steps[index - 1]}: ").partition("\n")[0]
        return replace(wanted, words=f"no proper answer: {fault}")
    match found.what:
        case "events":
            events = found.seen if isinstance(found.seen, Sequence) else ()
            return replace(wanted, events=tuple(event for event in events if isinstance(event, Mapping)))
        case "outcome" | "clause":
            refusal = _CLAUSE.search(str(found.seen))
            return replace(wanted, clause=refusal[0] if refusal else "", detail=found.detail, events=())
        case _:
            return replace(wanted, changed=((f"{found.what}: {json.dumps(found.seen, ensure_ascii=False)}",),))


def _chart(case: Case, trace: Trace, moves: Sequence[Move], name: str) -> str:
    from lockedroom.cli.chart import INTRUDER

    names = [*trace.settings.members]
    names += [INTRUDER] if any(move.actor == INTRUDER for move in moves) else []
    picture = svg(case.title, f"as {name}", names, moves)
    return "data:image/svg+xml;base64," + base64.b64encode(picture.encode()).decode()


def _pretty(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _printable(value: object) -> object:
    """What is put on the page: of a text that somebody else wrote only what can be printed."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return "\n".join(safe(line) for line in value.split("\n"))
    return value
