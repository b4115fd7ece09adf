"""The cases of a run before it begins: their ids, flags and clauses, and which of them are chosen. Nothing runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, Literal

from lockedroom.conformance import corpus
from lockedroom.conformance.coverage import clauses_by_step
from lockedroom.conformance.known_failures import KnownFailures
from lockedroom.conformance.trace import INTRUDER, Trace
from lockedroom.reference.tables import operations

FLAGS: Final[Mapping[str, str]] = {
    "crash": "A member's process is killed. Catches what survives a process only by luck.",
    "crowded": "A limit of the room is reached. Catches what is half done before room is found to be missing.",
    "inspected": "What lies in the store is compared with the keys. Catches what both ends do wrong in the same way.",
    "intruder": "Somebody outside the protocol edits the store. Catches trust in what lies there.",
    "multicast": "One message goes to several, or to nobody. Catches replicas that are laid one by one.",
    "published": "A message stays until its sender leaves. Catches reading that consumes.",
    "reaped": "What a dead member left is cleared away. Catches bookkeeping that knows only those who leave.",
    "refused": "A step must be refused, by one clause. Catches checks that are missing or in another order.",
    "rejoined": "Somebody joins a second time. Catches keys and counters of an earlier stay.",
    "revoked": "Rights are taken away. Catches sessions that outlive them.",
    "rotated": "A key is replaced in use. Catches counters that go on, and messages lost between two keys.",
    "three members": "More than two are in the room. Catches state that is kept once instead of once for each peer.",
}
"""What a flag of a trace means, and the bug that it catches."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One case that could be run: its id, and for each of its `steps` the clauses that it exercises."""

    id: str
    kind: Literal["trace", "vectors"]
    title: str
    suite: str
    flags: tuple[str, ...]
    steps: tuple[frozenset[str], ...]

    @property
    def clauses(self) -> frozenset[str]:
        """The clauses that it exercises."""
        return frozenset().union(*self.steps)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which cases are run: those that match one glob of each list that is not empty, and of those, for `smoke`, for
    each operation the shortest trace that performs it."""

    cases: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    smoke: bool = False

    def left_out(self, candidates: Sequence[Candidate], traces: Mapping[str, Trace]) -> Mapping[str, str]:
        """The ids of the cases that are not chosen, each with the reason."""
        found: dict[str, str] = {}
        for one in candidates:
            for what, patterns, values in (
                ("case", self.cases, (one.id,)),
                ("clause", self.clauses, sorted(one.clauses)),
                ("flag", self.flags, one.flags),
            ):
                if patterns and not any(fnmatchcase(value, pattern) for value in values for pattern in patterns):
                    found.setdefault(one.id, f"no {what} of it matches {' or '.join(patterns)}")
        if self.smoke:
            whole = [one.id for one in candidates if one.id in traces and one.id.startswith("trace/")]
            chosen = smoke({case: traces[case] for case in whole if case not in found})
            for one in candidates:
                if one.kind == "trace" and one.id not in chosen and not one.id.startswith("adapter/"):
                    found.setdefault(one.id, "not in the smoke test")
        return found


def smoke(traces: Mapping[str, Trace]) -> frozenset[str]:
    """The ids of few and short traces that together perform every operation that any of these performs."""
    performable = operations()
    chosen: set[str] = set()
    done: set[str] = set()
    for case, trace in sorted(traces.items(), key=lambda item: (len(item[1].steps), item[0])):
        performed = {
            step.operation for step in trace.steps if step.seen.outcome == "ok" and step.operation in performable
        }
        if performed - done:
            chosen.add(case)
            done |= performed
    return frozenset(chosen)


def not_run(
    candidates: Sequence[Candidate], traces: Mapping[str, Trace], selection: Selection, known: KnownFailures
) -> Mapping[str, str]:
    """The ids of the cases that are not run, each with the reason: not selected, or excluded as known."""
    found = dict(selection.left_out(candidates, traces))
    for one in candidates:
        entry = known.of(one.id)
        if entry is not None and entry.exclude:
            found.setdefault(one.id, entry.reason)
    return found


def named(traces: Sequence[Trace]) -> dict[str, Trace]:
    """The traces by the id of their case: `trace/` and their title, in small letters and dashes."""
    found: dict[str, Trace] = {}
    for trace in traces:
        slug = re.sub(r"[^a-z0-9]+", "-", trace.title.lower().replace("'", "")).strip("-") or "untitled"
        case, number = f"trace/{slug}", 1
        while case in found:
            number += 1
            case = f"trace/{slug}-{number}"
        found[case] = trace
    return found


def telling(globs: Sequence[str] = (), protocol: str = "segment") -> dict[str, Trace]:
    """The traces that tell right from wrong, by the id of their case: `telling/` and the mistake that each shows. Those
    whose ids match one of the globs; all, without any."""
    found = {f"telling/{name}": trace for name, trace in corpus.telling(protocol).items()}
    return {name: one for name, one in found.items() if not globs or any(fnmatchcase(name, glob) for glob in globs)}


def candidate(case: str, trace: Trace, clauses: tuple[frozenset[str], ...] | None = None) -> Candidate:
    """A trace as a case; `clauses` are those that each step exercises, if that is known already."""
    flags = tuple(flag for flag in FLAGS if _HAS[flag](trace))
    steps = clauses_by_step(trace) if clauses is None else clauses
    return Candidate(case, "trace", trace.title, trace.settings.suite, flags, steps)


def _performs(*operations: str) -> Callable[[Trace], bool]:
    return lambda trace: any(step.operation in operations and step.seen.outcome == "ok" for step in trace.steps)


def _refuses(prefix: str) -> Callable[[Trace], bool]:
    return lambda trace: any(step.seen.clause and step.seen.clause.startswith(prefix) for step in trace.steps)


def _rejoins(trace: Trace) -> bool:
    joined = [step.actor for step in trace.steps if step.operation == "join" and step.seen.outcome == "ok"]
    return len(joined) > len(set(joined))


_HAS: Final[Mapping[str, Callable[[Trace], bool]]] = {
    "crash": _performs("crash"),
    "crowded": _refuses("SEG-FULL-"),
    "inspected": lambda trace: any(step.operation == "inspect" for step in trace.steps),
    "intruder": lambda trace: any(step.actor == INTRUDER and step.operation != "inspect" for step in trace.steps),
    "multicast": _performs("multicast"),
    "published": _performs("publish"),
    "reaped": _performs("reap"),
    "refused": _refuses(""),
    "rejoined": _rejoins,
    "revoked": _performs("revoke"),
    "rotated": _performs("rotate"),
    "three members": lambda trace: len(trace.settings.members) > 2,
}
