"""Bounded checks of many promises: by several processes, until the time is up, and what came of each.

A process looks for one promise after the other, within one bounds after the other; it is ended from outside.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Final, Literal, TypeAlias

from lockedroom.model.crew import unheard
from lockedroom.model.proofs.bmc import shortest
from lockedroom.model.proofs.bounded import Bounded
from lockedroom.model.proofs.query import SOLVER
from lockedroom.model.proofs.system import Claim, System
from lockedroom.model.proofs.taken import Fallen

Verdict: TypeAlias = Literal["violated", "none", "unknown"]
Said: TypeAlias = tuple[int, int | Fallen] | BaseException | None
"""What a process says of its search: of these bounds so many steps, or a run; what went wrong; that it has ended."""
_LOOK: Final = 0.2
"""Seconds between two looks at whether somebody interrupts."""


@dataclass(slots=True)
class Search:
    """One promise of a system, to be broken within these bounds by so many steps; the shortest run that does, and for
    each of the bounds up to how many steps every run was looked at (-1: none)."""

    system: System
    claim: Claim
    bounds: tuple[Bounded, ...]
    steps: int
    fallen: Fallen | None = None
    depths: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.depths = self.depths or [-1] * len(self.bounds)

    @property
    def verdict(self) -> Verdict:
        """`none` when every run within the bounds was looked at, and none breaks it."""
        if self.fallen is not None:
            return "violated"
        return "none" if min(self.depths) >= self.steps else "unknown"

    def to_json(self) -> dict[str, object]:
        """All of it but the bounds."""
        told: dict[str, object] = {
            "name": self.claim.name,
            "clauses": list(self.claim.clauses),
            "verdict": self.verdict,
            "every run looked at, steps": list(self.depths),
        }
        if self.fallen is not None:
            told |= {
                "steps": self.fallen.length,
                "for": dict(self.fallen.witness),
                "actions": [
                    {"action": one.action.name, "arguments": dict(one.arguments), "step": one.counted}
                    for one in self.fallen.taken
                ],
            }
        return told


@dataclass(frozen=True, slots=True)
class BoundedReport:
    """What came of the search for each promise of a system; `ended` says why not all was looked at, if so."""

    system: System
    label: str
    steps: int
    bounds: tuple[Bounded, ...]
    searches: tuple[Search, ...]
    seconds: float
    ended: str = ""

    @property
    def verdict(self) -> Verdict:
        """Of all promises: violated when one is, or else unknown when one is."""
        found = {search.verdict for search in self.searches}
        return "violated" if "violated" in found else "unknown" if "unknown" in found else "none"

    @property
    def exit_code(self) -> int:
        """0 none, 1 violated, 4 unknown, 130 interrupted."""
        return 130 if self.ended == INTERRUPTED else {"none": 0, "violated": 1, "unknown": 4}[self.verdict]

    def to_json(self) -> dict[str, object]:
        """The report as one JSON object."""
        return {
            "system": self.system.name,
            "profile": self.label,
            "verdict": self.verdict,
            "unbounded": False,
            "steps": self.steps,
            "bounds": [one.said for one in self.bounds],
            "rounds of derivation": [one.rounds for one in self.bounds],
            "ended": self.ended,
            "seconds": round(self.seconds, 3),
            "solver": SOLVER,
            "promises": [search.to_json() for search in self.searches],
        }


INTERRUPTED: Final = "interrupted"


def bounded_report(
    system: System,
    bounds: Sequence[Bounded],
    steps: int,
    *,
    label: str,
    jobs: int,
    time_limit: float,
    progress: Callable[[str, int, int], None] | None = None,
) -> BoundedReport:
    """Search for each promise of the system. What is established when the time is up, or somebody interrupts, stands.
    Raises what a search raises."""
    began = time.monotonic()
    found = tuple(Search(system, claim, tuple(bounds), steps) for claim in system.safety)
    ended = settle(found, jobs=jobs, time_limit=time_limit, progress=progress)
    return BoundedReport(system, label, steps, tuple(bounds), found, time.monotonic() - began, ended)


def settle(
    searches: Sequence[Search],
    *,
    jobs: int,
    time_limit: float,
    progress: Callable[[str, int, int], None] | None = None,
) -> str:
    """Do these searches, each written into itself; why they are not all done, "" where they are. Raises what a search
    raises."""
    began = time.monotonic()
    waiting = list(reversed(searches))
    try:
        with _processes(min(jobs, len(searches))) as free:
            running: dict[Connection, Search] = {}
            while waiting or running:
                while free and waiting:
                    search = waiting.pop()
                    process = free.pop()
                    process.send((search.system, search.bounds, search.steps, search.claim))
                    running[process] = search
                if time.monotonic() - began > time_limit:
                    return f"the time is up, {time_limit:g} s"
                for one in wait(list(running), _LOOK):
                    assert isinstance(one, Connection), "only these are waited for"
                    if not _heard(running[one], one.recv()):
                        del running[one]
                        free.append(one)
                if progress is not None:
                    progress("promises looked at", len(searches) - len(waiting) - len(running), len(searches))
    except KeyboardInterrupt:
        return INTERRUPTED
    return ""


def _heard(search: Search, said: Said) -> bool:
    """Write down what a process says; whether it goes on."""
    match said:
        case (int(which), int(depth)):
            search.depths[which] = depth
        case (int(), Fallen() as found):
            search.fallen = found
        case BaseException():
            raise said
    return said is not None


@contextmanager
def _processes(number: int) -> Iterator[list[Connection]]:
    context = multiprocessing.get_context("spawn")
    ours, running = [], []
    try:
        for _ in range(number):
            own, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs,), daemon=True)
            with unheard():
                process.start()
            theirs.close()
            ours.append(own)
            running.append(process)
        yield list(ours)
    finally:
        for process in running:
            process.kill()
        for process in running:
            process.join()


def _work(told: Connection) -> None:
    """What a process does: one search after the other; it says what it finds, what goes wrong, and when it has ended.
    A run that was found within one bounds leaves only shorter ones to be looked for within the next."""
    while True:
        system, bounds, steps, claim = told.recv()
        try:
            for which, bounded in enumerate(bounds):
                for one in shortest(system, bounded, steps, claim):
                    told.send((which, one))
                    steps = one.length - 1 if isinstance(one, Fallen) else steps
            told.send(None)
        except Exception as error:  # noqa: BLE001 - it is raised where it is heard
            told.send(error)
