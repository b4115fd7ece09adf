"""What happens to a process in the middle of an operation: at a crash point of the built-in backend."""

from __future__ import annotations

from typing import Final

from lockedroom.backend.crashpoints import Moment, Points, die, pause
from lockedroom.conformance.protocol import Halt


class Halting:
    """An actor whose stores call `points`; see `Mortal`."""

    def __init__(self) -> None:
        self.points: Final = Points()

    def halt(self, halt: Halt) -> None:
        """See `Mortal`."""
        happen = {"kill": die, "stop": pause, "fork": self.fork}[halt.by]
        self.points.arm(halt.store, Moment(halt.moment), happen)

    @property
    def halted(self) -> bool:
        """See `Mortal`."""
        return self.points.happened

    def fork(self) -> None:
        """Fork a child, and see that it cannot go on. Raises NotImplementedError where no clause says that."""
        raise NotImplementedError("nothing is said of a fork here")
