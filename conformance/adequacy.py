"""Whether the suite is adequate: implementations known to be wrong, each of which must fail where its mistake is.

Of every mistake the cases that exercise its clause are replayed, the shortest first, until one fails at that clause.
"""

from __future__ import annotations

import queue
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from lockedroom.conformance import collected, corpus, endings, hostile
from lockedroom.conformance.conform import Play, TraceResult
from lockedroom.conformance.matrix import Assignment, Cast, under
from lockedroom.conformance.mistakes import CONTROL, Mistake, holders
from lockedroom.conformance.mistakes_store import holes
from lockedroom.conformance.process import Limits
from lockedroom.conformance.report import failed_at, lasting
from lockedroom.conformance.report_cases import Candidate, Selection, candidate, named, telling
from lockedroom.conformance.runner import Cancelled, Fleet, replay_for_real
from lockedroom.conformance.schemas import Json
from lockedroom.conformance.stage import Status
from lockedroom.conformance.trace import Trace

Fate: TypeAlias = Literal["fails at its clause", "fails elsewhere", "passes"]

LIMITS: Final = Limits(start=60.0, reply=60.0)
"""How long an implementation is waited for: on a busy machine one that is merely slow would seem to hang, which is a
mistake of another kind than most of these. One of them says nothing at all, and takes as long as this."""

MOST: Final = 12
"""How many cases of one part of the corpus are tried on one mistake."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one mistake: in which case it failed, at which clauses, after how many cases."""

    mistake: Mistake
    fate: Fate
    tried: int
    case: str = ""
    broken: tuple[str, ...] = ()
    reason: str = ""

    def to_json(self) -> dict[str, Json]:
        """For a report."""
        return {
            "mistake": self.mistake.id,
            "clause": self.mistake.clause,
            "fate": self.fate,
            "cases tried": self.tried,
            "case": self.case,
            "broken": list(self.broken),
            "reason": lasting(self.reason),
        }


@dataclass(frozen=True, slots=True)
class Adequacy:
    """What became of every mistake that was tried, and the cases at which one failed and that fail without any too."""

    judged: tuple[Judged, ...]
    unfair: tuple[str, ...] = ()

    @property
    def failing(self) -> int:
        """How many fail at their clause."""
        return sum(one.fate == "fails at its clause" for one in self.judged)

    @property
    def exit_code(self) -> int:
        """0 when every one does, 1 when one does not, or its case is no case against it."""
        return 0 if self.failing == len(self.judged) and not self.unfair else 1

    def to_json(self) -> dict[str, Json]:
        """All of it as one object."""
        counts = Counter(one.fate for one in self.judged)
        return {
            "verdict": "adequate" if self.exit_code == 0 else "not adequate",
            "mistakes": len(self.judged),
            **{fate: counts[fate] for fate in ("fails at its clause", "fails elsewhere", "passes")},
            "unfair": list(self.unfair),
            "holes": dict(zip(("fails elsewhere", "passes"), map(list, holes()), strict=True)),
            "results": [one.to_json() for one in self.judged],
        }


def cases_for(mistake: Mistake, cases: Iterable[tuple[Candidate, Trace]]) -> list[tuple[Candidate, Trace]]:
    """The cases that a mistake is tried on: the one that is known to show it, or of each part of the corpus the
    shortest that exercise its clause. A clause of the adapter protocol is exercised by any."""
    if mistake.case:
        return [(one, trace) for one, trace in cases if one.id == mistake.case]
    any_will_do = mistake.clause.startswith("ADAPTER-")
    found = [
        (one, trace)
        for one, trace in cases
        if any_will_do or (mistake.clause in one.clauses and endings.play(one.id) is None)
    ]
    found.sort(key=lambda pair: (len(pair[1].steps), pair[0].id))
    kept: Counter[str] = Counter()
    chosen = []
    for one, trace in found:
        part = "/".join(one.id.split("/")[: {"trace": 1, "hostile": 3}.get(one.id.partition("/")[0], 2)])
        if kept[part] < (1 if any_will_do else MOST):
            kept[part] += 1
            chosen.append((one, trace))
    return chosen


def judge(mistake: Mistake, cases: Sequence[tuple[Candidate, Trace]], limits: Limits = LIMITS) -> Judged:
    """Replay these cases on the implementation with that mistake, until one fails at its clause."""
    elsewhere: Judged | None = None
    tried = 0
    with Fleet(_command(mistake), limits) as wrong, Fleet(_command(CONTROL), limits) as right:
        for one, trace in cases:
            tried += 1
            found = _play(one)(trace, Cast((right, wrong), whose(mistake, trace)))
            if found.status is not Status.FAILED:
                continue
            result = TraceResult(one.title, found.status, found.steps, found.divergence, found.reason, found.fault)
            broken = failed_at(one, result)
            if mistake.clause in broken:
                return Judged(mistake, "fails at its clause", tried, one.id, broken, found.reason)
            elsewhere = elsewhere or Judged(mistake, "fails elsewhere", tried, one.id, broken, found.reason)
    return elsewhere or Judged(mistake, "passes", tried)


def adequacy(
    mistakes: Sequence[Mistake],
    cases: Mapping[str, tuple[Candidate, Trace]],
    jobs: int = 1,
    progress: Callable[[int, int, str], None] | None = None,
) -> Adequacy:
    """Judge these mistakes, several at a time; then have the implementation without a mistake pass what they failed."""
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[int, Judged] | BaseException] = queue.SimpleQueue()
    for number in range(len(mistakes)):
        waiting.put(number)
    ended = threading.Event()

    def work() -> None:
        try:
            while not ended.is_set():
                try:
                    number = waiting.get_nowait()
                except queue.Empty:
                    return
                done.put((number, judge(mistakes[number], cases_for(mistakes[number], cases.values()))))
        except Cancelled:
            return
        except BaseException as fault:  # noqa: BLE001 (handed to the thread that waits, which raises it)
            done.put(fault)

    workers = [threading.Thread(target=work) for _ in range(max(1, min(jobs, len(mistakes))))]
    found: dict[int, Judged] = {}
    try:
        for worker in workers:
            worker.start()
        while len(found) < len(mistakes):
            item = _next(done)
            if isinstance(item, BaseException):
                raise item
            found[item[0]] = item[1]
            if progress is not None:
                progress(len(found), len(mistakes), item[1].mistake.id)
    finally:
        ended.set()
        for worker in workers:
            worker.join()
    judged = tuple(found[number] for number in range(len(mistakes)))
    return Adequacy(judged, unfair([cases[case] for case in sorted({one.case for one in judged if one.case})]))


def unfair(cases: Sequence[tuple[Candidate, Trace]]) -> tuple[str, ...]:
    """The ids of those cases that do not pass without a mistake."""
    with Fleet(_command(CONTROL), LIMITS) as fleet:
        return tuple(one.id for one, trace in cases if _play(one)(trace, fleet).status is not Status.PASSED)


def whose(mistake: Mistake, trace: Trace) -> Assignment:
    """For each member of a trace 1 if it has the mistake, else 0."""
    members = trace.settings.members
    return tuple(int(name in holders(mistake.hands, members)) for name in members)


def _play(case: Candidate) -> Play:
    return endings.play(case.id) or replay_for_real


def _command(mistake: Mistake) -> Sequence[str]:
    return (sys.executable, "-m", "lockedroom.conformance.broken", mistake.id)


def _next(
    done: queue.SimpleQueue[tuple[int, Judged] | BaseException],
) -> tuple[int, Judged] | BaseException:
    while True:
        try:
            return done.get(timeout=0.2)
        except queue.Empty:
            continue


def whole() -> dict[str, tuple[Candidate, Trace]]:
    """Every trace of the corpus and every hostile vector as a case, by id, under LR0, which is quicker."""
    found = {name: (candidate(name, trace), trace) for name, trace in named(corpus.corpus()).items()}
    found |= {
        one.candidate.id: (one.candidate, one.trace) for one in collected.cases(corpus.collections(), Selection())
    }
    found |= {name: (candidate(name, trace), trace) for name, trace in telling().items()}
    found |= {name: (hostile.candidate(name, trace), trace) for name, trace in hostile.traces().items()}
    found |= {one.id: (one, trace) for one, trace, _ in endings.cases(corpus.corpus(), None, 1)}
    return {name: (one, under([trace], "LR0")[0]) for name, (one, trace) in found.items()}
