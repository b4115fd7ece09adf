"""B1 explored by this project's explorer, in a process that imports no more than that takes.

    python benchmarks/explore.py MEMBERS MESSAGES JOINS [--symmetry] [--seconds S] [--jobs N]

Prints one JSON object. `checkers.py` runs it and times it from outside.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.b1 import machine
from lockedroom.model.tabulated.explorer import Tabulated


def main(words: list[str]) -> None:
    """Explore, print."""
    options = dict(pairwise(words))
    members, messages, joins = (int(word) for word in words[:3])
    seconds, jobs = options.get("--seconds"), options.get("--jobs")
    explorer = Tabulated(
        machine(members, messages, joins), symmetry="--symmetry" in words, jobs=int(jobs) if jobs else None
    )
    found = explorer.run(time_limit=float(seconds) if seconds else None)
    print(
        f'{{"complete": {str(found.complete).lower()}, "states": {found.states}, "transitions": {found.transitions}, '
        f'"depth": {found.depth}, "seconds": {found.seconds:.3f}, "calls": {found.fills}}}'
    )


if __name__ == "__main__":
    main(sys.argv[1:])
