"""What a process does that walks for another. It is started by `walkers` alone.

It is given, pickled on standard input, where modules are, what makes the subject, and then ranges of walks. It answers,
pickled on standard output, with what it has seen, now and then and at the end of each range.
"""

from __future__ import annotations

import os
import pickle
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from lockedroom.model.validator import Subject
from lockedroom.model.walks import Failure, Seen, Walker, random_of

_PAUSE: Final = 0.25
"""Seconds between two answers."""
_ENTRIES: Final = 300_000
"""So many entries a walker may know, about a kilobyte each of the segment; then another takes its place, so that long
walks do not fill the memory. What it sees again is counted once."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a worker walks through: what makes the subject, the seed, the steps of a walk."""

    make: Callable[[], Subject]
    seed: int
    steps: int


@dataclass(frozen=True, slots=True)
class Part:
    """What the walks from `first` up to but not including `end` have seen, and how the last one failed, if it did."""

    first: int
    end: int
    seen: Seen
    failure: Failure | None = None


def main() -> None:
    """Walk until standard input ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a machine prints is no answer
    orders = sys.stdin.buffer
    sys.path[:] = pickle.load(orders)
    order: Order = pickle.load(orders)
    walker = Walker(order.make())
    while True:
        try:
            first, end = pickle.load(orders)
        except EOFError:
            return
        if walker.entries > _ENTRIES:
            walker = Walker(order.make())
        told = time.monotonic()
        for number in range(first, end):
            failure = walker.walk(random_of(order.seed, number), order.steps)
            now = time.monotonic()
            if failure is not None or number + 1 == end or now - told > _PAUSE:
                pickle.dump(Part(first, number + 1, walker.drain(), failure), answers, pickle.HIGHEST_PROTOCOL)
                answers.flush()
                first, told = number + 1, now
            if failure is not None:
                break
