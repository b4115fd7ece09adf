"""Which clause is implemented where and exercised by what: read from the sources and from runs, never from a list.

A clause is implemented where the text of a module cites it. It is exercised by a trace when a step is refused by it or
when a function that cites it runs while the trace is replayed, by members that live in this process; by a group of
known answers, a property, a claim of the proofs that name it; by a test that cites it, where there is a source tree.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import CodeType, FrameType
from typing import Final, Literal

from lockedroom.conformance import vectors_run
from lockedroom.conformance.adapter import ABOUT, actor_of
from lockedroom.conformance.coverage import rejection_clauses
from lockedroom.conformance.here import Here
from lockedroom.conformance.report_cases import named
from lockedroom.conformance.runner import replay_for_real
from lockedroom.conformance.schemas import Json, json_of
from lockedroom.conformance.trace import Trace
from lockedroom.model.proofs.protocols import protocol
from lockedroom.model.segment.properties import PROPERTIES
from lockedroom.model.stash import stash_subject
from lockedroom.reference.protocols import NAMES
from lockedroom.reference.tables import operations
from lockedroom.spec.registry import ID, Clause, clauses, exemptions, expanded

PACKAGES: Final = ("reference", "backend", "conformance", "cli")
"""The packages that implement what the chapters promise."""

TESTS: Final = Path(__file__).resolve().parent.parent / "tests"

Status = Literal["exercised", "exempt", "not exercised"]


@dataclass(frozen=True, slots=True)
class ClauseCoverage:
    """One clause: where it is implemented (modules, with the functions that cite it), and what exercises it. `reason`
    is that of its exception, if it has one."""

    clause: str
    level: Literal["MUST", "SHOULD", "MAY", "FACT"]
    implemented: tuple[str, ...]
    transitions: tuple[str, ...]
    traces: tuple[str, ...]
    vectors: tuple[str, ...]
    properties: tuple[str, ...]
    proofs: tuple[str, ...]
    tests: tuple[str, ...]
    reason: str | None = None

    @property
    def exercised(self) -> bool:
        """Whether anything that can fail exercises it."""
        return bool(self.traces or self.vectors or self.properties or self.proofs or self.tests)

    @property
    def status(self) -> Status:
        """An exception excuses only what nothing exercises."""
        if self.exercised:
            return "exercised"
        return "exempt" if self.reason is not None else "not exercised"


@dataclass(frozen=True, slots=True)
class SpecCoverage:
    """Every clause of every chapter, in reading order. `tested`: there was a source tree with tests to look at."""

    clauses: tuple[ClauseCoverage, ...]
    tested: bool

    @property
    def uncovered(self) -> tuple[ClauseCoverage, ...]:
        """The clauses that bind, that nothing exercises, and that no exception excuses."""
        return tuple(one for one in self.clauses if one.level == "MUST" and one.status == "not exercised")

    @property
    def needless(self) -> tuple[str, ...]:
        """Clauses with an exception although something exercises them."""
        return tuple(one.clause for one in self.clauses if one.reason is not None and one.exercised)

    @property
    def exit_code(self) -> int:
        """0 when every clause that binds is exercised or excused, 1 when one is not, 4 when that cannot be told since
        there are no tests here."""
        if not self.uncovered:
            return 0
        return 1 if self.tested else 4

    def to_json(self) -> dict[str, Json]:
        """All of it as one object."""
        return {
            "verdict": {0: "covered", 1: "not covered", 4: "incomplete"}[self.exit_code],
            "tests": self.tested,
            "clauses": [{**_object(one), "status": one.status} for one in self.clauses],
            "uncovered": [one.clause for one in self.uncovered],
            "needless exceptions": list(self.needless),
        }


def _object(one: ClauseCoverage) -> dict[str, Json]:
    found = json_of(one)
    assert isinstance(found, dict), "a dataclass is an object"
    return found


def spec_coverage(traces: Iterable[Trace], tests: Path = TESTS) -> SpecCoverage:
    """The coverage of every clause by these traces and all else. Replays them: takes some seconds."""
    registered = clauses()
    implemented: dict[str, list[str]] = {}
    for module, text in _sources():
        for clause in sorted(set(cited(text))):
            implemented.setdefault(clause, []).append(module)
    ran = {name: exercised_by(trace) for name, trace in named(tuple(traces)).items()}
    groups = {name: frozenset(group.clauses) for name, group in vectors_run.groups().items()}
    properties = {one.name: frozenset(one.clauses) for one in PROPERTIES}
    # Both protocols promise progress: a name may stand for what either promises by it.
    properties |= {name: properties.get(name, frozenset()).union(of) for name, of in stash_subject().promises.items()}
    rows = {operation: row.clauses for operation, row in operations().items()}
    proved = [protocol(name) for name in NAMES]
    systems = (one.system(one.switches.hardened) for one in proved)
    claims = (claim for system in systems for claim in (*system.invariants, *system.safety))
    proofs = {one.name: frozenset(one.clauses) for one in claims}
    tested = {path: frozenset(cited(text)) for path, text in _tests(tests)}
    excused = {one.clause: one.reason for one in exemptions()}

    def by(found: Mapping[str, frozenset[str]], clause: str) -> tuple[str, ...]:
        return tuple(name for name, of in found.items() if clause in of)

    return SpecCoverage(
        tuple(
            ClauseCoverage(
                one.id,
                one.level.value,
                tuple(implemented.get(one.id, ())),
                tuple(name for name, areas in rows.items() if one.area in areas),
                by(ran, one.id),
                by(groups, one.id),
                by(properties, one.id),
                by(proofs, one.id),
                by(tested, one.id),
                excused.get(one.id),
            )
            for one in registered.values()
        ),
        bool(tested),
    )


def cited(text: str) -> Iterator[str]:
    """Every clause that a text cites, ranges written out."""
    registered = clauses_registered()
    for citation in _citations().findall(text):
        yield from (clause for clause in expanded(citation) if clause in registered)


@cache
def clauses_registered() -> Mapping[str, Clause]:
    """The registry, read once."""
    return clauses()


@cache
def _citations() -> re.Pattern[str]:
    return re.compile(rf"\b(?<!LR-)({ID.pattern}(?: to [0-9]+\b)?)")


def _sources() -> Iterator[tuple[str, str]]:
    """Every module that implements something, by its path, with its text."""
    for package in PACKAGES:
        yield from _python(files(f"lockedroom.{package}"), package)


def _python(folder: Traversable, path: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir() and entry.name.isidentifier():
            yield from _python(entry, f"{path}/{entry.name}")
        elif entry.name.endswith(".py"):
            yield f"{path}/{entry.name}", entry.read_text(encoding="utf-8")


def _tests(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*.py")):
        yield path.relative_to(folder.parent).as_posix(), path.read_text(encoding="utf-8")


# ---- what runs while a trace is replayed -------------------------------------------------------------


def exercised_by(trace: Trace) -> frozenset[str]:
    """The clauses that a trace exercises when it is replayed on real shared memory."""
    ran: set[CodeType] = set()

    def note(frame: FrameType, what: str, _: object) -> None:
        if what == "call":
            ran.add(frame.f_code)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        replay_for_real(trace, Here(ABOUT, actor_of))
    finally:
        sys.setprofile(before)
    cites = _cites()
    found = {clause for code in ran for clause in cites.get((_module(code), code.co_firstlineno), ())}
    return frozenset(found | {step.seen.clause for step in trace.steps if step.seen.clause})


def _module(code: CodeType) -> str:
    path = Path(code.co_filename).resolve().as_posix()
    return next((path[path.rindex(f"/{one}/") + 1 :] for one in PACKAGES if f"/{one}/" in path), "")


@cache
def _cites() -> Mapping[tuple[str, int], frozenset[str]]:
    """The clauses that each function cites, in its docstring or a comment, by its module and first line. Those that the
    engine refuses with are left out: that a function runs which could refuse exercises no refusal."""
    found: dict[tuple[str, int], frozenset[str]] = {}
    refusals = frozenset[str]().union(*map(rejection_clauses, NAMES))
    for module, text in _sources():
        comments = [
            (token.start[0], token.string)
            for token in tokenize.generate_tokens(io.StringIO(text).readline)
            if token.type == tokenize.COMMENT
        ]
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
                said = [ast.get_docstring(node) or ""]
                said += [comment for line, comment in comments if node.lineno <= line <= (node.end_lineno or line)]
                found[module, first] = frozenset(cited("\n".join(said))) - refusals
    return found
