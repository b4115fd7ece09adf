"""Real processes for the backend's tests: started afresh, spoken to line by line, killed and waited for."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from lockedroom.reference.segment.records import Capacity

ACTORS = Path(__file__).with_name("actors.py")
SMALL = Capacity(members=3, quota=2, posts=1, entries=4, record=256)


class Actor:
    """A process that plays one of the parts of `actors.py`, killed at the end of the block."""

    def __init__(self, part: str, *arguments: object, env: Mapping[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(ACTORS), part, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **(env or {})},
        )

    @property
    def pid(self) -> int:
        return self.process.pid

    def hear(self) -> str:
        """The next line that it says; empty when it has ended."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def tell(self, line: str = "") -> None:
        """Say a line to it."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL, and wait for its end."""
        self.process.kill()
        self.process.wait()

    def end(self) -> tuple[int, str]:
        """Its exit status and whatever else it says, when it ends by itself."""
        said, _ = self.process.communicate()
        return self.process.returncode, said.rstrip("\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


def soon(seconds: float = 300.0) -> float:
    """A deadline that is not meant to pass."""
    return time.monotonic() + seconds


def eventually(look: Callable[[], bool], seconds: float = 300.0) -> bool:
    """Whether something comes true before everybody would have given up."""
    deadline = soon(seconds)
    while not look():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.002)
    return True
