"""Discharge every obligation of a system, by several processes, and say what came of each.

An obligation outside the decidable fragment is not asked: it counts as unknown, and the report names what leaves the
fragment. `unknown` is a failure.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from lockedroom.model.crew import unheard
from lockedroom.model.proofs.cache import Cache
from lockedroom.model.proofs.fragment import Edge, offences
from lockedroom.model.proofs.obligations import Obligation, obligations
from lockedroom.model.proofs.query import Answered, answer, digest
from lockedroom.model.proofs.system import System

Verdict: TypeAlias = Literal["proved", "failed", "unknown"]
TIMEOUT: Final = 60.0
"""Seconds for one obligation."""
_VERDICTS: Final[Mapping[str, Verdict]] = {"unsat": "proved", "sat": "failed", "unknown": "unknown"}
_FEW: Final = 24
"""So few questions are not worth another process."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one obligation: the verdict, the solver's seconds, why it is unknown, whether the answer was
    remembered, and the digest of what was asked ("" where there was nothing to ask)."""

    obligation: Obligation
    verdict: Verdict
    seconds: float
    reason: str = ""
    cached: bool = False
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Proved:
    """What came of every obligation of a system, in their order, in so many seconds altogether."""

    system: System
    results: tuple[Result, ...]
    seconds: float
    jobs: int

    @property
    def verdict(self) -> Verdict:
        """Proved when every obligation is; failed when one fails, or else unknown."""
        found = {result.verdict for result in self.results}
        return "failed" if "failed" in found else "unknown" if "unknown" in found else "proved"

    def broken(self) -> tuple[Result, ...]:
        """Every obligation that is not proved."""
        return tuple(result for result in self.results if result.verdict != "proved")


def prove(
    system: System,
    *,
    jobs: int = 1,
    timeout: float = TIMEOUT,
    cache: Cache | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Proved:
    """Discharge every obligation of the system. `progress` is told how many are done, of how many."""
    began = time.monotonic()
    wanted = tuple(obligations(system))
    results = settle(wanted, jobs=jobs, timeout=timeout, cache=cache or Cache(None), progress=progress)
    return Proved(system, results, time.monotonic() - began, jobs)


def settle(
    wanted: Sequence[Obligation],
    *,
    jobs: int,
    timeout: float,
    cache: Cache,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Result, ...]:
    """What comes of each of these obligations."""
    found = {index: settled for index, one in enumerate(wanted) if (settled := _without_asking(one)) is not None}
    texts = {index: one.query.text() for index, one in enumerate(wanted) if index not in found}
    for index, (answered, cached) in answers(texts, jobs=jobs, timeout=timeout, cache=cache):
        asked = digest(texts[index], timeout)
        verdict = _VERDICTS[answered.answer]
        found[index] = Result(wanted[index], verdict, answered.seconds, answered.reason, cached, asked)
        if progress is not None:
            progress(len(found), len(wanted))
    return tuple(found[index] for index in range(len(wanted)))


def _without_asking(obligation: Obligation) -> Result | None:
    if obligation.framed:
        return Result(obligation, "proved", 0.0)
    outside = offences(obligation.query.symbols()[0], obligation.query.assertions)
    if outside:
        return Result(obligation, "unknown", 0.0, f"not in the decidable fragment: {circle(outside)}")
    return None


def circle(outside: Sequence[Edge]) -> str:
    """The edges that close a circle between sorts, as text."""
    return "; ".join(f"{edge.source} → {edge.target} by {edge.cause}" for edge in outside)


def answers(
    texts: Mapping[int, str], *, jobs: int, timeout: float, cache: Cache
) -> Iterator[tuple[int, tuple[Answered, bool]]]:
    """The answers to these queries as they come, and whether they were remembered."""
    asking = {}
    for index, text in texts.items():
        remembered = cache.get(digest(text, timeout))
        if remembered is not None:
            yield index, (remembered, True)
        else:
            asking[index] = text
    for index, answered in _answers(asking, jobs, timeout):
        cache.put(digest(texts[index], timeout), answered)
        yield index, (answered, False)


def _answers(texts: Mapping[int, str], jobs: int, timeout: float) -> Iterator[tuple[int, Answered]]:
    """The answers as they come."""
    if jobs < 2 or len(texts) < _FEW:
        for index, text in texts.items():
            yield index, answer(text, timeout)
        return
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        try:
            with unheard():
                waiting = {pool.submit(answer, text, timeout): index for index, text in texts.items()}
            for done in as_completed(waiting):
                yield waiting[done], done.result()
        except BaseException:
            for process in list(pool._processes.values()):
                process.terminate()
            pool.shutdown(cancel_futures=True)
            raise
