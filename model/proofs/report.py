"""The verdict on a system: its obligations, what they say of each promise, counterexamples, and what is not covered."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from lockedroom.model.proofs.cache import Cache
from lockedroom.model.proofs.counterexample import Counterexample, counterexample, rendered
from lockedroom.model.proofs.prove import TIMEOUT, Proved, Result, Verdict, prove
from lockedroom.model.proofs.query import SOLVER
from lockedroom.model.proofs.system import Claim, System
from lockedroom.model.proofs.vacuity import Vacuity

PICTURES: Final = 3
"""Counterexamples that are drawn, of the first obligations that fail."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What the obligations say of a safety property. It is proved when it follows from the invariants and every
    invariant is one."""

    claim: Claim
    verdict: Verdict

    @property
    def digest(self) -> str:
        """What identifies the property's text."""
        return hashlib.sha256(self.claim.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ProofReport:
    """All of it. `outside` says what no obligation speaks of, `pictures` draws counterexamples to induction by the
    names of their obligations, which are `broken`."""

    proved: Proved
    label: str
    promises: tuple[Promise, ...]
    pictures: Mapping[str, str]
    outside: tuple[str, ...]
    vacuity: Vacuity | None = None
    broken: tuple[Counterexample, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """As in `Proved`; unknown too where the proofs are not shown to say something."""
        if self.proved.verdict == "proved" and self.vacuity is not None and not self.vacuity.clean:
            return "unknown"
        return self.proved.verdict

    @property
    def exit_code(self) -> int:
        """0 proved, 1 not, 4 unknown."""
        return {"proved": 0, "failed": 1, "unknown": 4}[self.verdict]

    def to_json(self) -> dict[str, object]:
        """The report as one JSON object."""
        system, results = self.proved.system, self.proved.results
        verdicts: dict[str, int] = {verdict: sum(result.verdict == verdict for result in results) for verdict in _ALL}
        return {
            "system": system.name,
            "profile": self.label,
            "verdict": self.verdict,
            "unbounded": True,
            "seconds": round(self.proved.seconds, 3),
            "jobs": self.proved.jobs,
            "solver": SOLVER,
            "fragment": "EPR with stratified functions, checked for every obligation",
            "counts": {
                "actions": len(system.actions),
                "invariants": len(system.invariants),
                "promises": len(system.safety),
                "obligations": len(results),
                **verdicts,
                "asked": sum(not result.obligation.framed for result in results),
                "remembered": sum(result.cached for result in results),
            },
            "promises": [
                {
                    "name": promise.claim.name,
                    "clauses": list(promise.claim.clauses),
                    "verdict": promise.verdict,
                    "text": promise.claim.text,
                    "sha256": promise.digest,
                    "about": promise.claim.about,
                }
                for promise in self.promises
            ],
            "obligations": [_obligation(result) for result in results],
            "counterexamples": dict(self.pictures),
            "vacuity": self.vacuity.to_json() if self.vacuity else None,
            "outside": list(self.outside),
        }


_ALL: Final[tuple[Verdict, ...]] = ("proved", "failed", "unknown")


def _obligation(result: Result) -> dict[str, object]:
    of = result.obligation
    return {
        "name": of.name,
        "kind": of.kind,
        "action": of.action.name if of.action else None,
        "claim": of.claim.name,
        "verdict": result.verdict,
        "seconds": round(result.seconds, 4),
        "trivial": of.framed,
        "remembered": result.cached,
        "sha256": result.digest,
        **({"reason": result.reason} if result.reason else {}),
    }


def report(
    system: System,
    *,
    label: str,
    outside: Sequence[str] = (),
    jobs: int = 1,
    timeout: float = TIMEOUT,
    cache: Cache | None = None,
    pictures: int = PICTURES,
    auditing: Callable[[System, Cache], Vacuity] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ProofReport:
    """Prove the system and report; `auditing` says whether that means anything. Raises `counterexample.Unsound` when
    the solver contradicts itself, OSError when the cache cannot be written."""
    began = time.monotonic()
    proved = prove(system, jobs=jobs, timeout=timeout, cache=cache, progress=progress)
    by_claim = {result.obligation.claim.name: result for result in proved.results if result.obligation.kind == "safety"}
    inductive = all(result.verdict == "proved" for result in proved.results if result.obligation.kind != "safety")
    promises = tuple(_promise(claim, by_claim[claim.name], inductive, proved.verdict) for claim in system.safety)
    broken = []
    for result in [result for result in proved.results if result.verdict == "failed"][:pictures]:
        found = counterexample(result.obligation, timeout)
        if found is not None:
            broken.append(found)
    drawn = {found.obligation.name: rendered(found) for found in broken}
    vacuity = auditing(system, cache or Cache(None)) if auditing and proved.verdict == "proved" else None
    seconds = time.monotonic() - began
    return ProofReport(replace(proved, seconds=seconds), label, promises, drawn, tuple(outside), vacuity, tuple(broken))


def _promise(claim: Claim, own: Result, inductive: bool, overall: Verdict) -> Promise:
    if own.verdict != "proved":
        return Promise(claim, own.verdict)
    return Promise(claim, "proved" if inductive else "unknown" if overall == "unknown" else "failed")
