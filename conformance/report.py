"""The report of a run: one object that is the same, byte for byte, wherever and whenever the run is repeated.

No clock, no path, no process is in it: what is of one run alone stands beside it (`run`). Every case has one verdict of
seven, every clause the counts of the verdicts of the cases that exercise it. The schema is `report.schema.json`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias, cast, get_args

import lockedroom
from lockedroom.conformance.attribution import broken_by
from lockedroom.conformance.conform import ConformReport, TraceResult
from lockedroom.conformance.coverage import Coverage
from lockedroom.conformance.known_failures import KnownFailures
from lockedroom.conformance.report_cases import Candidate
from lockedroom.conformance.schemas import DRAFT, Json, json_of, schema_of
from lockedroom.conformance.stage import Status
from lockedroom.spec.registry import clauses

SCHEMA: Final = "report.schema.json"
FORMAT: Final = "lockedroom-report-1"

Verdict: TypeAlias = Literal[
    "fail", "unexpected pass", "expected fail", "unsupported", "pass", "excluded", "not exercised"
]
VERDICTS: Final[tuple[Verdict, ...]] = get_args(Verdict)
"""The verdicts, the worst first."""

EXECUTED: Final[frozenset[Verdict]] = frozenset({"fail", "unexpected pass", "expected fail", "pass"})
"""The verdicts of what ran; the others never count as passed."""

_VERDICT: Final[Mapping[Status, Verdict]] = {
    Status.PASSED: "pass",
    Status.FAILED: "fail",
    Status.UNSUPPORTED: "unsupported",
}
_STDERR: Final = "\nits standard error ends:\n"
_PATH: Final = re.compile(r"(?<![\w.])/(?:[\w.@+~-]+/)+([\w.@+~-]+)")
_ROOM: Final = re.compile(r"replay-\d+-\d+-[0-9a-f]+")

_BROKEN: Final[Mapping[str, str]] = {
    "cannot start": "ADAPTER-LINE-1",
    "ended": "ADAPTER-LINE-1",
    "hang": "ADAPTER-LINE-1",
    "unasked output": "ADAPTER-LINE-1",
    "not JSON": "ADAPTER-LINE-2",
    "not a reply": "ADAPTER-LINE-2",
    "error": "ADAPTER-LINE-2",
    "indefinite refusal": "ADAPTER-LINE-2",
    "endless line": "ADAPTER-LINE-3",
    "outlives its input": "ADAPTER-LINE-4",
    "does not stop": "ADAPTER-COMMAND-6",
}
"""The clause that an implementation breaks which does not answer as an adapter does."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a trace was left: its step (0 is before the first), and what was expected and seen there."""

    step: int
    actor: str
    operation: str
    what: str
    expected: object
    seen: object
    detail: str


@dataclass(frozen=True, slots=True)
class Case:
    """One case: `agreed` of its `steps` agreed. `broken` are the clauses of the first step that did not; `known` is the
    reason that the known failures give."""

    id: str
    kind: Literal["trace", "vectors"]
    title: str
    suite: str
    flags: tuple[str, ...]
    clauses: tuple[str, ...]
    verdict: Verdict
    steps: int
    agreed: int
    broken: tuple[str, ...]
    reason: str
    known: str | None = None
    difference: Difference | None = None


@dataclass(frozen=True, slots=True)
class ClauseRow:
    """One clause: how many of the cases that exercise it have which verdict, and the worst of these. A case that failed
    counts where it failed, and as passed for the clauses of the steps that agreed."""

    clause: str
    level: Literal["MUST", "SHOULD", "MAY", "FACT"]
    verdict: Verdict
    cases: Mapping[Verdict, int]


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a whole the cases that passed exercise, and what is missing."""

    covered: int
    of: int
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class About:
    """What the implementation under test said of itself."""

    name: str
    version: str
    language: str
    suites: tuple[str, ...]
    profiles: tuple[str, ...]
    capabilities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run. Failures stand first among the cases."""

    format: Literal["lockedroom-report-1"]
    lockedroom: str
    protocol: str
    verdict: Literal["passed", "failed", "nothing executed"]
    counts: Mapping[Verdict, int]
    steps: int
    coverage: Mapping[str, Share]
    clauses: tuple[ClauseRow, ...]
    cases: tuple[Case, ...]
    implementation: About | None = None

    @property
    def exit_code(self) -> int:
        """0 when every case that ran did as expected, 1 when one did not, 4 when none ran."""
        return {"passed": 0, "failed": 1, "nothing executed": 4}[self.verdict]

    def to_json(self) -> dict[str, Json]:
        """The report as one object."""
        return cast("dict[str, Json]", json_of(self))


def canonical(report: Report) -> str:
    """The text of a report: the same report gives the same bytes."""
    # ASCII alone: what an implementation says may hold halves of surrogate pairs, which no file can.
    return json.dumps(report.to_json(), indent=1, sort_keys=True) + "\n"


def report_schema() -> dict[str, Json]:
    """The schema of a report, from the models above."""
    return {"$schema": DRAFT, "title": "What became of an implementation under test", **schema_of(Report)}


def build(
    ran: ConformReport,
    candidates: Sequence[Candidate],
    left_out: Mapping[str, str],
    known: KnownFailures,
    answers: Mapping[str, Sequence[str]] | None = None,
) -> Report:
    """The report of a run: those traces that are not left out were replayed, in their order, and `answers` has what was
    wrong with each group of known answers (None: the implementation under test cannot be asked them)."""
    results = iter(ran.traces)
    cases: list[Case] = []
    for one in candidates:
        if one.id in left_out:
            cases.append(_not_run(one, "excluded", left_out[one.id]))
        elif one.kind == "trace":
            cases.append(_case(one, next(results)))
        elif answers is None:
            cases.append(_not_run(one, "unsupported", "an adapter is asked for no single operation of a suite"))
        else:
            cases.append(_answered(one, answers[one.id]))
    cases = [_judged(case, known) for case in cases]
    return assemble(ran, cases, {one.id: one.steps for one in candidates})


def assemble(ran: ConformReport, cases: Sequence[Case], steps: Mapping[str, Sequence[frozenset[str]]]) -> Report:
    """The report of these cases, of which each exercises those clauses step by step."""
    counts = Counter(case.verdict for case in cases)
    failed = counts["fail"] + counts["unexpected pass"]
    executed = sum(counts[verdict] for verdict in EXECUTED)
    return Report(
        FORMAT,
        lockedroom.__version__,
        ran.protocol,
        "failed" if failed else "passed" if executed else "nothing executed",
        {verdict: counts[verdict] for verdict in VERDICTS if verdict != "not exercised"},
        sum(case.agreed for case in cases if case.kind == "trace"),
        {
            "clauses": _share(ran.clauses),
            "rejections": _share(ran.rejections),
            "transitions": _share(ran.transitions),
        },
        _rows(cases, steps),
        tuple(sorted(cases, key=lambda case: (VERDICTS.index(case.verdict), case.id))),
        _about(ran),
    )


def failed_at(one: Candidate, result: TraceResult) -> tuple[str, ...]:
    """The clauses that a case which failed has broken, sorted."""
    if result.divergence is None:
        return (_BROKEN.get(result.fault, "ADAPTER-LINE-2"),)
    return tuple(sorted(broken_by(result.divergence, one.steps)))


def _case(one: Candidate, result: TraceResult) -> Case:
    verdict = _VERDICT[result.status]
    parted = result.divergence
    broken = failed_at(one, result) if verdict == "fail" else ()
    return Case(
        one.id,
        one.kind,
        one.title,
        one.suite,
        one.flags,
        tuple(sorted(one.clauses)),
        verdict,
        len(one.steps),
        result.steps,
        broken,
        lasting(result.reason),
        None,
        None
        if parted is None
        else Difference(
            parted.index,
            parted.actor,
            parted.operation,
            parted.what,
            parted.expected,
            parted.seen,
            lasting(parted.detail),
        ),
    )


def _not_run(one: Candidate, verdict: Verdict, reason: str) -> Case:
    clauses_ = tuple(sorted(one.clauses))
    return Case(one.id, one.kind, one.title, one.suite, one.flags, clauses_, verdict, len(one.steps), 0, (), reason)


def _answered(one: Candidate, wrong: Sequence[str]) -> Case:
    case = _not_run(one, "fail" if wrong else "pass", lasting("\n".join(wrong)))
    agreed = 0 if wrong else case.steps
    return replace(case, agreed=agreed, broken=case.clauses if wrong else ())


def _judged(case: Case, known: KnownFailures) -> Case:
    entry = known.of(case.id)
    if entry is None or case.verdict not in ("pass", "fail"):
        return case
    if case.verdict == "fail":
        return replace(case, verdict="expected fail", known=entry.reason)
    return replace(
        case, verdict="unexpected pass", known=entry.reason, reason="it passes, and is listed as known to fail"
    )


def _rows(cases: Iterable[Case], steps: Mapping[str, Sequence[frozenset[str]]]) -> tuple[ClauseRow, ...]:
    counts: dict[str, Counter[Verdict]] = {}
    for case in cases:
        for clause, verdict in _verdicts(case, steps[case.id]).items():
            counts.setdefault(clause, Counter())[verdict] += 1
    rows = []
    for one in clauses().values():
        found = counts.get(one.id, Counter())
        worst: Verdict = next((verdict for verdict in VERDICTS if found[verdict]), "not exercised")
        verdicts = {verdict: found[verdict] for verdict in VERDICTS if found[verdict]}
        rows.append(ClauseRow(one.id, one.level.value, worst, verdicts))
    return tuple(rows)


def _verdicts(case: Case, steps: Sequence[frozenset[str]]) -> dict[str, Verdict]:
    """The verdict of one case for each clause that it exercises."""
    if case.verdict not in ("fail", "expected fail"):
        return dict.fromkeys(case.clauses, case.verdict)
    agreed: dict[str, Verdict] = {clause: "pass" for step in steps[: case.agreed] for clause in step}
    return agreed | dict.fromkeys(case.broken, case.verdict)


def _share(one: Coverage) -> Share:
    return Share(len(one.covered), len(one.of), one.missing)


def _about(ran: ConformReport) -> About | None:
    said = ran.implementation
    if said is None:
        return None
    return About(said.implementation, said.version, said.language, said.suites, said.profiles, said.capabilities)


def lasting(text: str) -> str:
    """A text without what differs from run to run: standard error, folders, the names of rooms."""
    said = text.partition(_STDERR)[0]
    return _ROOM.sub("the room", _PATH.sub(r"…/\1", said))
