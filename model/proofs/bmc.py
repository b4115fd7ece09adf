"""Bounded checking: for each promise the shortest run, within bounds, at the end of which it fails.

The runs of one more step are asked for whenever there is none of fewer. The solver is given clauses alone; what it
finds is gone through again without it (`taken`). It works in a process of its own, which is ended when the time is up.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Final, Literal, TypeAlias

import z3

from lockedroom.model.proofs.bounded import Bounded, Unrolled
from lockedroom.model.proofs.ground import Value
from lockedroom.model.proofs.prove import unheard
from lockedroom.model.proofs.query import SOLVER
from lockedroom.model.proofs.structure import Structure
from lockedroom.model.proofs.system import Claim, System
from lockedroom.model.proofs.taken import Decoded, Fallen, fallen

Verdict: TypeAlias = Literal["violated", "none", "unknown"]
_LOOK: Final = 0.2
"""Seconds between two looks at whether somebody interrupts."""


@dataclass(slots=True)
class Search:
    """What came of one search: within which bounds, which promises fell, and up to how many steps every run was looked
    at (-1: none) for those that did not."""

    bounded: Bounded
    fallen: dict[str, Fallen] = field(default_factory=dict)
    depth: int = -1


@dataclass(slots=True)
class BoundedReport:
    """What came of all searches, for so many steps; `ended` says why not all was looked at, if so."""

    system: System
    label: str
    steps: int
    searches: tuple[Search, ...]
    seconds: float = 0.0
    ended: str = ""

    def fallen(self, claim: Claim) -> Fallen | None:
        """The shortest run that was found by which a promise falls."""
        found = [search.fallen[claim.name] for search in self.searches if claim.name in search.fallen]
        return min(found, key=lambda one: one.length, default=None)

    def verdict_on(self, claim: Claim) -> Verdict:
        """What is known of a promise: `none` when every run within the bounds was looked at, and none breaks it."""
        if self.fallen(claim) is not None:
            return "violated"
        return "none" if all(search.depth >= self.steps for search in self.searches) else "unknown"

    @property
    def verdict(self) -> Verdict:
        """Of all promises: violated when one is, or else unknown when one is."""
        found = {self.verdict_on(claim) for claim in self.system.safety}
        return "violated" if "violated" in found else "unknown" if "unknown" in found else "none"

    @property
    def exit_code(self) -> int:
        """0 none, 1 violated, 4 unknown, 130 interrupted."""
        return 130 if self.ended == "interrupted" else {"none": 0, "violated": 1, "unknown": 4}[self.verdict]

    def to_json(self) -> dict[str, object]:
        """The report as one JSON object."""
        return {
            "system": self.system.name,
            "profile": self.label,
            "verdict": self.verdict,
            "unbounded": False,
            "steps": self.steps,
            "ended": self.ended,
            "seconds": round(self.seconds, 3),
            "solver": SOLVER,
            "searches": [
                {
                    "bounds": search.bounded.said,
                    "rounds": search.bounded.rounds,
                    "every run looked at, steps": search.depth,
                }
                for search in self.searches
            ],
            "promises": [_promise(self, claim) for claim in self.system.safety],
        }


def _promise(report: BoundedReport, claim: Claim) -> dict[str, object]:
    found = report.fallen(claim)
    told: dict[str, object] = {"name": claim.name, "clauses": list(claim.clauses), "verdict": report.verdict_on(claim)}
    if found is not None:
        told |= {
            "steps": found.length,
            "for": dict(found.witness),
            "actions": [
                {"action": one.action.name, "arguments": dict(one.arguments), "step": one.counted}
                for one in found.taken
            ],
        }
    return told


def shortest(system: System, bounded: Bounded, steps: int) -> Iterator[int | Fallen]:
    """Each promise that fails within so many steps, by a shortest run; and each number of steps once it is known that
    no run of so many brings down any other. Raises Unsound where the solver's run is none."""
    unrolled = Unrolled(system, bounded)
    asked = _Asked(unrolled)
    left = list(system.safety)
    for number in range(steps + 1):
        if number:
            unrolled.step()
        fails = {claim.name: unrolled.fails(claim) for claim in left}
        while left:
            true = asked.one_of([fails[claim.name] for claim in left])
            if true is None:
                break
            down = [claim for claim in left if fails[claim.name] in true]
            for claim in down:
                yield fallen(system, bounded, claim, decoded(unrolled, true))
            left = [claim for claim in left if claim not in down]
        for claim in left:
            unrolled.circuit.add(-fails[claim.name])
        yield number


class _Asked:
    """A solver that is told the clauses of a run as they come."""

    def __init__(self, unrolled: Unrolled) -> None:
        self.circuit = unrolled.circuit
        self.solver = z3.SolverFor("QF_FD")
        self.told = 0

    def one_of(self, literals: Sequence[int]) -> frozenset[int] | None:
        """The variables that are true where one of these literals is; None when none can be."""
        either = self.circuit.fresh()
        self.circuit.add(-either, *literals)
        self.solver.from_string(self.circuit.dimacs(self.told))
        self.told = len(self.circuit.clauses)
        found = self.solver.check(z3.Bool(either))
        if found == z3.unknown:
            raise TimeoutError(self.solver.reason_unknown())
        if found == z3.unsat:
            return None
        model = self.solver.model()
        return frozenset(int(one.name().removeprefix("k!")) for one in model.decls() if z3.is_true(model[one]))


def decoded(unrolled: Unrolled, true: frozenset[int]) -> Decoded:
    """The run that an answer of the solver stands for."""
    bounded, ground = unrolled.bounded, unrolled.ground

    def holds(literal: int) -> bool:
        return literal in true if literal > 0 else -literal not in true

    def named(sort: str, value: Value) -> str:
        return bounded.values[sort][[holds(literal) for literal in value].index(True)]

    def names(sorts: Sequence[str], place: Sequence[int]) -> tuple[str, ...]:
        return tuple(bounded.values[sort][index] for sort, index in zip(sorts, place, strict=True))

    def table(relation: str, of: Mapping[tuple[int, ...], int]) -> frozenset[tuple[str, ...]]:
        sorts = sorts_of[relation]
        return frozenset(names(sorts, place) for place, literal in of.items() if holds(literal))

    sorts_of = {relation.name: relation.arguments for relation in unrolled.system.relations}
    functions = {
        function.name: {
            names(function.arguments, place): named(function.sort, value)
            for place, value in ground.functions[function.name].items()
        }
        for function in unrolled.system.functions
    }
    start = Structure(bounded.values, functions, {name: table(name, held) for name, held in unrolled.origin.items()})
    first = {name: table(name, held) for name, held in unrolled.first.items()}
    drawn = frozenset((name, one) for name, held in first.items() for one in held - start.relations[name])
    lies = {unrolled.system.action(name).updates[0].relation for name in bounded.moved}
    steps = []
    for (acts, parameters), before in zip(unrolled.taken, unrolled.befores, strict=False):
        [name] = [one for one, literal in acts.items() if holds(literal)]
        sorts = unrolled.system.action(name).parameters
        arguments = {one: named(sort, parameters[name][one]) for one, sort in sorts.items()}
        steps.append((name, arguments, {one: table(one, before[one]) for one in lies}))
    return Decoded(start, drawn, tuple(steps))


# ---- in processes of their own -------------------------------------------------------------------------


def searched(
    system: System,
    bounds: Sequence[Bounded],
    steps: int,
    *,
    label: str,
    time_limit: float,
    progress: Callable[[str, int, int], None] | None = None,
) -> BoundedReport:
    """Search within each of these bounds at once. What is established when the time is up, or somebody interrupts,
    stands. Raises what a search raises."""
    began = time.monotonic()
    found = tuple(Search(bounded) for bounded in bounds)
    report = BoundedReport(system, label, steps, found)
    try:
        with _processes(system, bounds, steps) as heard:
            running = dict(zip(heard, found, strict=True))
            while running:
                report.seconds = time.monotonic() - began
                if report.seconds > time_limit:
                    report.ended = f"the time is up, {time_limit:g} s"
                    break
                for one in wait(list(running), _LOOK):
                    assert isinstance(one, Connection), "only these are waited for"
                    if not _heard(running[one], one.recv()):
                        del running[one]
                if progress is not None:
                    progress("every run looked at, steps", min(search.depth for search in found), steps)
    except KeyboardInterrupt:
        report.ended = "interrupted"
    report.seconds = time.monotonic() - began
    return report


def _heard(search: Search, said: int | Fallen | BaseException | None) -> bool:
    """Write down what a process says; whether it goes on."""
    match said:
        case int():
            search.depth = said
        case Fallen():
            search.fallen[said.claim.name] = said
        case BaseException():
            raise said
    return said is not None


@contextmanager
def _processes(system: System, bounds: Sequence[Bounded], steps: int) -> Iterator[list[Connection]]:
    context = multiprocessing.get_context("spawn")
    heard, running = [], []
    try:
        for bounded in bounds:
            own, theirs = context.Pipe(duplex=False)
            process = context.Process(target=_tell, args=(theirs, system, bounded, steps), daemon=True)
            with unheard():
                process.start()
            theirs.close()
            heard.append(own)
            running.append(process)
        yield heard
    finally:
        for process in running:
            process.kill()
        for process in running:
            process.join()


def _tell(to: Connection, system: System, bounded: Bounded, steps: int) -> None:
    """What a process does: search, and say what it finds; nothing more at the end, or what went wrong."""
    try:
        for one in shortest(system, bounded, steps):
            to.send(one)
        to.send(None)
    except Exception as error:  # noqa: BLE001 - it is raised where it is heard
        to.send(error)
