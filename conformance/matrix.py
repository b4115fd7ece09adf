"""The interop matrix: several implementations in one room, every assignment of them to the members.

Here stands who serves whom; processes are `runner`'s, running a corpus is `conform`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import combinations, product
from typing import Final, Literal, TypeAlias, TypeVar

from lockedroom.conformance.process import Process
from lockedroom.conformance.protocol import Command, Implementation, Reply
from lockedroom.conformance.runner import Fleet
from lockedroom.conformance.trace import Trace

_Offer = TypeVar("_Offer", bound=str)

Assignment: TypeAlias = tuple[int, ...]
"""For each member of a trace the number of its implementation, from 0."""


LARGE: Final = 16
"""More assignments than these are pruned."""


def assignments(members: int, implementations: int) -> tuple[Assignment, ...]:
    """Every way to give each member an implementation; those of one kind alone are among them. Where these are more
    than LARGE: each kind alone, and mixed ones until every two members have had every two implementations."""
    every = tuple(product(range(implementations), repeat=members))
    if len(every) <= LARGE:
        return every
    chosen = [(kind,) * members for kind in range(implementations)]
    missing = {pair for one in every for pair in _pairs(one)}.difference(*map(_pairs, chosen))
    while missing:
        best = max(every, key=lambda one: len(missing & _pairs(one)))
        chosen.append(best)
        missing -= _pairs(best)
    return tuple(sorted(chosen))


def _pairs(one: Assignment) -> set[tuple[int, int, int, int]]:
    """Who serves any two members: two places, and the implementations there."""
    return {(a, one[a], b, one[b]) for a, b in combinations(range(len(one)), 2)}


def under(traces: Iterable[Trace], suite: Literal["LR0", "LR1"] | None) -> list[Trace]:
    """The traces under another suite than the one that they name, if one is given."""
    return [
        trace if suite is None else replace(trace, settings=replace(trace.settings, suite=suite)) for trace in traces
    ]


def assigned(traces: Iterable[Trace], implementations: int) -> list[tuple[Trace, Assignment]]:
    """Each trace with each assignment. Of several implementations, the title says which serves whom, from 1."""
    found = []
    for trace in traces:
        members = trace.settings.members
        for one in assignments(len(members), implementations):
            who = ", ".join(f"{name} by {number + 1}" for name, number in zip(members, one, strict=True))
            titled = replace(trace.settings, title=f"{trace.title}, {who}")
            found.append((trace if implementations == 1 else replace(trace, settings=titled), one))
    return found


def in_turn(traces: Iterable[Trace], implementations: int) -> list[tuple[Trace, Assignment]]:
    """Each trace with one assignment, those of different implementations in turn: what many traces are pruned to."""
    found = []
    for number, trace in enumerate(traces):
        several = assignments(len(trace.settings.members), implementations)
        mixed = [one for one in several if len(set(one)) > 1] or several
        found.append((trace, mixed[number % len(mixed)]))
    return found


def alone(
    traces: Mapping[str, Trace], suite: Literal["LR0", "LR1"] | None, implementations: int
) -> Iterator[tuple[str, Trace, Assignment]]:
    """Each of the named traces by each implementation alone; of several, id and title say by which, from 1."""
    for number in range(implementations):
        for name, trace in zip(traces, under(traces.values(), suite), strict=True):
            assignment = (number,) * len(trace.settings.members)
            if implementations == 1:
                yield name, trace, assignment
            else:
                titled = replace(trace.settings, title=f"{trace.title}, by {number + 1}")
                yield f"{name}/by-{number + 1}", replace(trace, settings=titled), assignment


@dataclass(frozen=True, slots=True)
class Cast:
    """A team as one assignment has it: the n-th member's process is its implementation's. See `Fleet`."""

    fleets: Sequence[Fleet]
    assignment: Assignment

    def process(self, number: int) -> Process:
        """See `Fleet.process`."""
        return self.fleets[self.assignment[number]].process(number)

    def about(self, number: int) -> Implementation:
        """See `Fleet.about`."""
        return self.fleets[self.assignment[number]].about(number)

    def ask(self, number: int, command: Command, seconds: float | None = None) -> Reply:
        """See `Fleet.ask`."""
        return self.fleets[self.assignment[number]].ask(number, command, seconds)

    def kill(self, number: int) -> None:
        """See `Fleet.kill`."""
        self.fleets[self.assignment[number]].kill(number)


@dataclass(frozen=True, slots=True)
class Team:
    """A fleet of each implementation. Use it as a context manager."""

    fleets: Sequence[Fleet]
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Team:
        for fleet in self.fleets:
            self._stack.enter_context(fleet)
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def cancel(self) -> None:
        """See `Fleet.cancel`."""
        for fleet in self.fleets:
            fleet.cancel()

    @property
    def started(self) -> int:
        """How many processes were ever started."""
        return sum(fleet.started for fleet in self.fleets)

    @property
    def greeting(self) -> Implementation | None:
        """What the implementation said of itself, if it ever did; of several, the first that did, with the names of all
        and what all of them offer."""
        said = [about for fleet in self.fleets if (about := fleet.greeting) is not None]
        if len(said) < 2:
            return said[0] if said else None

        return replace(
            said[0],
            implementation=", ".join(about.implementation for about in said),
            version=", ".join(about.version for about in said),
            language=", ".join(about.language for about in said),
            protocols=_common(about.protocols for about in said),
            profiles=_common(about.profiles for about in said),
            suites=_common(about.suites for about in said),
            capabilities=_common(about.capabilities for about in said),
        )


def _common(offered: Iterable[tuple[_Offer, ...]]) -> tuple[_Offer, ...]:
    first, *others = offered
    return tuple(one for one in first if all(one in other for other in others))
