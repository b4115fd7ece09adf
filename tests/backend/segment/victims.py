"""A process from which members are forked that are to die: `python victims.py`, one pickled `Victim` a line, in base64.

Says of each, on a line, `killed` or how many stores its operation made. It is asked nothing but by the tests.
"""

import base64
import os
import pickle
import signal
import sys
import time
from dataclasses import dataclass

from lockedroom.backend import errors
from lockedroom.backend.crashpoints import Count, Crash, Moment
from lockedroom.backend.segment.engine import Engine
from lockedroom.reference.segment.state import Member


@dataclass(frozen=True, slots=True)
class Victim:
    """Who takes which operation where, and at which store it dies; `at` 0: it does not."""

    room: str
    suite: str
    me: Member
    index: int
    operation: str
    arguments: tuple[tuple[str, object], ...]
    at: int
    moment: str


class Armed:
    """A hook that begins once it is armed: what goes before the operation does not count."""

    def __init__(self, victim: Victim) -> None:
        self.count = Count()
        self.crash = Crash(victim.at, Moment(victim.moment)) if victim.at else None
        self.armed = False

    def __call__(self, moment: Moment) -> None:
        if self.armed:
            self.count(moment)
            if self.crash is not None:
                self.crash(moment)


def play(victim: Victim) -> int:
    """Take the operation; gives how many stores it took."""
    hook = Armed(victim)
    engine = Engine(victim.room, victim.me, victim.suite, patience=300, hook=hook)
    engine.attach()
    attached = engine._attached
    if victim.me.presence is not None and attached is not None:
        # The one whose keys these are has let go of its life lock; this process takes its place.
        attached.lives.acquire(victim.index, time.monotonic() + 300)
    hook.armed = True
    engine.perform(victim.operation, **dict(victim.arguments))
    hook.armed = False
    return hook.count.stores


def main() -> None:
    for line in sys.stdin:
        victim = pickle.loads(base64.b64decode(line))
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            try:
                os.write(writer, str(play(victim)).encode())
            except (errors.BackendError, AssertionError) as error:
                os.write(writer, f"failed: {error!r}".encode())
            os._exit(0)
        os.close(writer)
        with open(reader, encoding="utf-8") as said:
            heard = said.read()
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            heard = "killed" if os.WTERMSIG(status) == signal.SIGKILL else f"signal {os.WTERMSIG(status)}"
        print(heard or "nothing", flush=True)


if __name__ == "__main__":
    main()
