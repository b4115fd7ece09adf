"""What traces exercise: transitions, the clauses that reject, and the clauses that the engine's code cites.

A clause counts as exercised when a step is rejected by it, or when a function of the engine whose text
cites it runs. Everything is read from the table, the engine's source and a replay; nothing is listed by hand.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import CodeType, FrameType
from typing import Final

from lockedroom.conformance.replay import replay_on_engine
from lockedroom.conformance.schemas import Json
from lockedroom.conformance.stage import StepSeen
from lockedroom.conformance.trace import Trace, operations
from lockedroom.reference.protocols import Protocol
from lockedroom.reference.tables import TABLES
from lockedroom.spec.registry import clauses, expanded

_CITATION: Final = re.compile(
    rf"\b(?:{'|'.join(table.area for table in TABLES.values())})-[A-Z]+-[0-9]+(?: to [0-9]+\b)?"
)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What of a whole is covered, sorted."""

    covered: tuple[str, ...]
    of: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """What is not."""
        return tuple(sorted(set(self.of) - set(self.covered)))

    def __str__(self) -> str:
        return f"{len(self.covered)} of {len(self.of)}"

    def to_json(self) -> dict[str, Json]:
        """For a report."""
        return {"covered": list(self.covered), "of": len(self.of), "missing": list(self.missing)}


def coverage(covered: Iterable[str], of: Iterable[str]) -> Coverage:
    """That of a whole which is covered."""
    whole = set(of)
    return Coverage(tuple(sorted(whole & set(covered))), tuple(sorted(whole)))


def transitions_covered(traces: Iterable[Trace], protocol: Protocol = "segment") -> Coverage:
    """The operations of the table that a trace performs with success."""
    done = {step.operation for trace in traces for step in trace.steps if step.seen.outcome == "ok"}
    return coverage(done, TABLES[protocol].operations)


def rejections_covered(traces: Iterable[Trace], protocol: Protocol = "segment") -> Coverage:
    """The clauses by which a trace is rejected, of all by which the engine can reject."""
    return coverage({step.seen.clause or "" for trace in traces for step in trace.steps}, rejection_clauses(protocol))


def pairs(traces: Iterable[Trace]) -> frozenset[tuple[str, str]]:
    """Every operation with every outcome that it has in the traces: a clause, or the kinds of its events."""
    return frozenset(
        (step.operation, outcome_of(step.seen.clause, step.seen.events)) for t in traces for step in t.steps
    )


def outcome_of(clause: str | None, events: Iterable[Json]) -> str:
    """An outcome as one word: the clause, or the kinds of the events."""
    return clause or "+".join(str(event["event"]) for event in events if isinstance(event, Mapping)) or "ok"


@cache
def _trees(protocol: Protocol) -> Mapping[str, ast.Module]:
    """The engine's modules, parsed."""
    sources = [file for file in files(f"lockedroom.reference.{protocol}").iterdir() if file.name.endswith(".py")]
    return {file.name: ast.parse(file.read_text(encoding="utf-8")) for file in sources}


@cache
def rejection_clauses(protocol: Protocol = "segment") -> frozenset[str]:
    """Every clause by which the engine can reject: the codes in its source."""
    found: set[str] = set()
    for tree in _trees(protocol).values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                first = node.args[0]
                if node.func.id in ("Rejected", "removed") and isinstance(first, ast.Constant):
                    found.add(str(first.value))
    return frozenset(found)


@cache
def _cited(protocol: Protocol) -> Mapping[tuple[str, str], frozenset[str]]:
    """The clauses cited by each function of the engine, by file and name, those that it may reject with left out."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    for name, tree in _trees(protocol).items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                text = ast.get_docstring(node) or ""
                cited = {clause for citation in _CITATION.findall(text) for clause in expanded(citation)}
                found[name, node.name] = frozenset(cited) - rejection_clauses(protocol)
    return found


def implemented(protocol: Protocol = "segment") -> frozenset[str]:
    """The clauses of the protocol that the engine implements."""
    whole = {clause for clause in clauses() if clause.startswith(f"{TABLES[protocol].area}-")}
    return frozenset().union(*_cited(protocol).values(), rejection_clauses(protocol)) & whole


def clauses_covered(traces: Iterable[Trace], protocol: Protocol = "segment") -> Coverage:
    """The clauses that the traces exercise, of all clauses of the protocol that the engine implements."""
    done = {clause for trace in traces for step in clauses_by_step(trace) for clause in step}
    return coverage(done, implemented(protocol))


def clauses_by_step(trace: Trace) -> tuple[frozenset[str], ...]:
    """The clauses that each step of a trace exercises, when the engine takes it. Bytes that are written into an object
    mean nothing to it: of such a trace the clauses by which steps are refused."""
    if any(step.operation == "write" for step in trace.steps):
        return tuple(frozenset({step.seen.clause} if step.seen.clause else ()) for step in trace.steps)
    cited = _cited(trace.settings.protocol)
    ran = _ran(trace)
    return tuple(
        frozenset(clause for code in codes for clause in cited.get((_file(code), code.co_name), ()))
        | ({step.seen.clause} if step.seen.clause else set())
        | ({str(step.arguments["clause"])} if step.operation == "inspect" else set())
        for step, codes in zip(trace.steps, ran, strict=True)
    )


def _ran(trace: Trace) -> list[frozenset[CodeType]]:
    """The engine's functions that run in each step when the trace is replayed on it."""
    protocol = trace.settings.protocol
    steps: list[frozenset[CodeType]] = []
    found: set[CodeType] = set()

    def note(frame: FrameType, what: str, _: object) -> None:
        if what == "call":
            found.add(frame.f_code)

    def stepped(_: StepSeen) -> None:
        steps.append(frozenset(found))
        found.clear()

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        replay_on_engine(trace, "symbolic" if trace.settings.protocol == "segment" else None, stepped)
    finally:
        sys.setprofile(before)
    ours = [
        frozenset(code for code in codes if f"reference/{protocol}/" in code.co_filename.replace("\\", "/"))
        for codes in steps
    ]
    # A trace that is wrong ends early on the engine: its later steps exercise nothing.
    return ours + [frozenset()] * (len(trace.steps) - len(ours))


def _file(code: CodeType) -> str:
    return code.co_filename.replace("\\", "/").rpartition("/")[2]


__all__ = [
    "Coverage",
    "clauses_by_step",
    "clauses_covered",
    "coverage",
    "implemented",
    "operations",
    "outcome_of",
    "pairs",
    "rejection_clauses",
    "rejections_covered",
    "transitions_covered",
]
