"""A member that takes random operations as fast as it can: `python wanderer.py ROOM NAME SUITE SEED STEPS FILE`. Keeps
of each when it was committed or refused (a moment at which its locks were held), and what came of it."""

import pickle
import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from lockedroom.backend.segment import step
from lockedroom.backend.segment.engine import Engine
from lockedroom.reference.machine import Name
from lockedroom.reference.segment.guards import Result
from tests.backend.segment.company import PATIENCE, Fixed
from tests.backend.segment.test_equal import TIGHT, WEIGHTS, arguments

RARE = {"grant": 0.2, "revoke": 0.1, "leave": 0.3}
LEFT_OUT = ("create", "destroy", "crash", "reap")
WANDERINGS = {name: RARE.get(name, weight) for name, weight in WEIGHTS.items() if name not in LEFT_OUT}
"""What is taken: a life lock is let go of after a leave, so to reap is no moment's matter."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One operation: the moment, in nanoseconds, how many attempts it took, and the rest of it."""

    moment: int
    attempts: int
    actor: Name
    operation: str
    given: dict[str, object]
    entropy: str
    result: Result


class Clock:
    """Notes the moment of every commit, and how often a transition was run for it."""

    def __init__(self) -> None:
        self.moment = self.runs = 0
        commit, run = step._commit, step._run

        def timed(*given, **named):
            self.moment = time.monotonic_ns()
            return commit(*given, **named)

        def counted(*given, **named):
            self.runs += 1
            return run(*given, **named)

        step._commit, step._run = timed, counted


def main(room: str, name: Name, suite: str, seed: str, steps: str, file: str) -> None:
    chance, clock, log = random.Random(f"{seed} {name}"), Clock(), list[tuple[object, ...]]()
    # The creator has its authority from what the test has put there.
    me = pickle.loads(Path(f"{file}.member").read_bytes())
    with Engine(room, me, suite, patience=PATIENCE) as engine:
        engine.attach()
        print("ready", flush=True)
        sys.stdin.readline()
        for number in range(int(steps)):
            (operation,) = chance.choices(list(WANDERINGS), list(WANDERINGS.values()))
            given = arguments(chance, name, operation, TIGHT)
            clock.runs, entropy = 0, f"{seed} {name} {number}"
            result = engine.perform(operation, fresh=Fixed(entropy), **given)
            log.append((clock.moment, clock.runs, name, operation, given, entropy, result))
        Path(file).write_bytes(pickle.dumps(log))
        print("done", flush=True)
        sys.stdin.readline()


if __name__ == "__main__":
    main(*sys.argv[1:])
