"""How many mutants of the segment Hypothesis finds within the seconds that a hunt has, and how short it makes the way.

    python benchmarks/hunts.py [--results FILE] [--seconds N] [--seed N] [--for SECONDS]

Processor time is what is counted, so that a machine which does other things too gives the same as a quiet one. The
mutants of FILE (JSON lines) have been tried; those that are not are tried now and added, in an order drawn once, until
the time is over or none is left: run it again to go on. *Short* is at most twice the explorer's shortest way, which
tests/model/mutants.json holds.

Ends with 0 when nine of ten were found by a short way, with 1 when not, with 4 while some have not been tried.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Final

from lockedroom.model.report import ActionFault
from lockedroom.model.segment.mutants import MUTANTS, Mutant
from lockedroom.model.segment.stateful import grounds
from lockedroom.model.stateful import SECONDS, hunt

ROOT: Final = Path(__file__).parents[1]
SHARE: Final = 0.9


@dataclass(frozen=True, slots=True)
class Tried:
    """One mutant: the steps of the way that was found, made short (0: none was found), of the explorer's shortest, and
    the processor's seconds."""

    name: str
    seed: int
    limit: float
    steps: int
    shortest: int
    seconds: float
    runs: int

    @property
    def short(self) -> bool:
        """Whether it was found by a short way."""
        return 0 < self.steps <= 2 * self.shortest


def tried(mutant: Mutant, shortest: int, seconds: float, seed: int) -> Tried:
    """Hunt one."""
    began = time.process_time()
    try:
        found = hunt(grounds(mutant.logic()), seconds=seconds, number=seed, clock=time.process_time)
    except ActionFault:  # it came to where the engine contradicts itself, before any promise fell: that is no find
        return Tried(mutant.name, seed, seconds, 0, shortest, round(time.process_time() - began, 1), 0)
    steps = len(found.violation.path) if found.violation else 0
    return Tried(mutant.name, seed, seconds, steps, shortest, round(found.seconds, 1), found.coverage.runs)


def told(results: list[Tried]) -> bool:
    """Say what came of it; gives whether it is enough."""
    found = [one for one in results if one.steps]
    short = [one for one in found if one.short]
    print(f"{len(found)} found of {len(results)} tried of {len(MUTANTS)}, {len(short)} of them by a short way")
    for one in results:
        if not one.short:
            print(f"  {one.name}: " + (f"{one.steps} steps, shortest {one.shortest}" if one.steps else "not found"))
    if found:
        ratios = [one.steps / one.shortest for one in found]
        exact = sum(one.steps <= one.shortest for one in found)
        print(
            f"steps to the explorer's: {sum(ratios) / len(ratios):.2f} on average, {max(ratios):.2f} at most;", end=" "
        )
        print(f"{exact} by the shortest way")
        times = sorted(one.seconds for one in found)
        print(f"seconds: {times[len(times) // 2]} (median), {times[-1]} at most")
    return len(short) >= SHARE * len(results)


def main() -> int:
    """Try, tell."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--results", type=Path, default=Path("hunts.jsonl"))
    options.add_argument("--seconds", type=float, default=SECONDS)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--for", dest="limit", type=float, default=None)
    asked = options.parse_args()
    until = None if asked.limit is None else time.monotonic() + asked.limit
    shortest = json.loads((ROOT / "tests" / "model" / "mutants.json").read_text(encoding="utf-8"))
    lines = asked.results.read_text(encoding="utf-8").splitlines() if asked.results.exists() else []
    results = [Tried(**json.loads(line)) for line in lines]
    results = [one for one in results if (one.seed, one.limit) == (asked.seed, asked.seconds)]
    done = {one.name for one in results}
    for mutant in Random(0).sample(MUTANTS, len(MUTANTS)):
        if mutant.name in done:
            continue
        if until is not None and time.monotonic() > until:
            break
        results.append(tried(mutant, shortest[mutant.name], asked.seconds, asked.seed))
        with asked.results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(results[-1])) + "\n")
    enough = told(results)
    return 4 if len(results) < len(MUTANTS) else 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
