"""How an adapter ends: told to stop, and when its input does. Two cases, since a process serves many traces and ends
after the last of them, when no trace is left that could fail.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias, cast

from lockedroom.conformance.conform import Play
from lockedroom.conformance.matrix import Assignment, alone
from lockedroom.conformance.process import Limits, Process
from lockedroom.conformance.protocol import Nothing, Stop
from lockedroom.conformance.report_cases import Candidate, candidate
from lockedroom.conformance.runner import Members, replay_for_real, unexpected
from lockedroom.conformance.stage import Replayed
from lockedroom.conformance.trace import Trace

How: TypeAlias = Literal["stop", "end-of-input"]

CLAUSES: Final[Mapping[How, str]] = {"stop": "ADAPTER-COMMAND-6", "end-of-input": "ADAPTER-LINE-4"}
"""The clause of each case."""

_TITLES: Final[Mapping[How, str]] = {
    "stop": "an adapter that is in a room is told to stop",
    "end-of-input": "the input of an adapter that is in a room ends",
}


@dataclass(frozen=True, slots=True)
class Ending:
    """A case: `play` replays a trace and has every process that took part end in this way, within that time."""

    how: How
    seconds: float = Limits().reply

    def play(self, trace: Trace, members: Members) -> Replayed:
        """See `replay_for_real`. Raises Cancelled."""
        return replay_for_real(trace, members, end=lambda number: self._end(members, number))

    def _end(self, members: Members, number: int) -> None:
        """End the n-th process. Raises Broken, Cancelled."""
        process = cast(Process, members.process(number))
        try:
            if self.how == "stop":
                reply = members.ask(number, Stop("stop"))
                if not isinstance(reply, Nothing):
                    raise unexpected("stop", reply)
                process.gone("stop", self.seconds)
            else:
                process.gone("the end of its input", self.seconds)
        finally:
            members.kill(number)


def cases(
    traces: Sequence[Trace], suite: Literal["LR0", "LR1"] | None, implementations: int
) -> Iterator[tuple[Candidate, Trace, Assignment]]:
    """Both cases, each by each implementation alone, on the beginning of the shortest of these traces."""
    begun = beginning(traces)
    for how, clause in CLAUSES.items():
        named = {f"adapter/{how}": replace(begun, settings=replace(begun.settings, title=_TITLES[how]))}
        for name, trace, assignment in alone(named, suite, implementations):
            one = candidate(name, trace)
            yield replace(one, steps=(*one.steps[:-1], one.steps[-1] | {clause})), trace, assignment


def play(case: str) -> Play | None:
    """How a case is played, if it is one of these."""
    area, _, rest = case.partition("/")
    how = next((how for how in CLAUSES if area == "adapter" and rest.partition("/")[0] == how), None)
    return Ending(how).play if how is not None else None


def beginning(traces: Sequence[Trace]) -> Trace:
    """The shortest trace, until somebody has joined if anybody does."""

    def joined(trace: Trace) -> int:
        steps = enumerate(trace.steps, start=1)
        return next((n for n, step in steps if step.operation == "join" and step.seen.outcome == "ok"), 1 << 30)

    found = min(traces, key=lambda trace: (joined(trace), len(trace.steps)))
    return replace(found, steps=found.steps[: joined(found)])
