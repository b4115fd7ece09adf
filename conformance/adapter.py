"""The built-in implementation as an adapter: `python -m lockedroom.conformance.adapter`. One engine of the backend for
each trace, taking every fresh value from the trace's seed."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Final, cast

import lockedroom
from lockedroom.backend.errors import BackendError, Forked, MalformedObject, Unfinished
from lockedroom.backend.segment.authority import AuthorityFile
from lockedroom.backend.segment.engine import Engine
from lockedroom.conformance.entropy import STAND_IN, Keys
from lockedroom.conformance.halting import Halting
from lockedroom.conformance.logs import Header, Writer, logged
from lockedroom.conformance.observation import NOTHING, Observation, Seen, rights_of, seen_of
from lockedroom.conformance.protocol import Implementation, Reset
from lockedroom.conformance.schemas import Json
from lockedroom.conformance.serving import Actor, serve
from lockedroom.conformance.stash_real import StashActor
from lockedroom.reference.crypto.real import SUITES, RealSuite
from lockedroom.reference.machine import Name
from lockedroom.reference.protocols import NAMES
from lockedroom.reference.segment.profile import PROFILES
from lockedroom.reference.segment.state import Member
from lockedroom.reference.segment.table import BY_OPERATION

ABOUT: Final = Implementation(
    "lockedroom",
    lockedroom.__version__,
    "Python",
    NAMES,
    tuple(PROFILES),
    SUITES,
    ("entropy", "rooms", "crash points"),
)
"""What this adapter says of itself."""


class EngineActor(Halting):
    """One member in one trace's room, on real shared memory."""

    def __init__(self, reset: Reset, log: Path | None = None) -> None:
        """Nothing is attached yet: the room need not be there. With a folder `log`, every step is written to the log of
        the room there. Raises BackendError, OSError."""
        super().__init__()
        self._reset = reset
        self._log = None if log is None else Writer(log / f"{reset.room}.jsonl")
        if self._log is not None:
            self._log.begin(Header.of(reset.profile, reset.capacity, reset.members))
        self._keys = Keys(RealSuite(reset.suite), bytes.fromhex(reset.entropy))
        public = {name: bytes.fromhex(key) for name, key in reset.keys.items()}
        creator = reset.members[0]
        me = Member(reset.actor, bytes.fromhex(reset.identity), public[creator])
        # Only the creator has one, beside its identity; to everybody else the file is not there.
        file = Path(reset.directory) / f"{reset.room}.authority.json"
        kept = AuthorityFile(file) if reset.actor == creator else None
        self._public = public
        # The one thing that a replay says of a process other than the kernel does: so pids come again.
        self._engine = Engine(
            reset.room,
            me,
            reset.suite,
            profile=reset.profile,
            authority=kept,
            stand_in=STAND_IN,
            hook=self.points,
        )

    def act(self, step: int, operation: str, arguments: Mapping[str, object]) -> Seen:
        """See `Actor`."""
        begin = time.monotonic_ns()
        seen = self._act(step, operation, arguments)
        if self._log is not None:
            self._log.write(logged(self._reset.actor, operation, arguments, seen, begin))
        return seen

    def _act(self, step: int, operation: str, arguments: Mapping[str, object]) -> Seen:
        wanted = {name: self._argument(name, arguments) for name in BY_OPERATION[operation].arguments}
        try:
            result = self._engine.do(operation, wanted, fresh=self._keys.fresh(self._reset.actor, step))
        except BackendError as refused:
            # What is refused below the protocol has its clause too (SEG-STORE-8, SEG-LOCK-1), and nothing was done.
            return Seen("rejected", refused.clause, (), refused.problem)
        finally:
            self.points.disarm()
        return seen_of(result, self._keys.text)

    def fork(self) -> None:
        """A child that is refused what it tries with what it has of this process (SEG-STORE-11)."""
        child = os.fork()
        if not child:
            code = 1
            try:
                self._engine.observe()
            except Forked:
                code = 0
            finally:
                os._exit(code)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
            raise RuntimeError("a child that was forked in the middle goes on as the member")

    def observe(self) -> Observation:
        """See `Actor`."""
        try:
            seen = self._engine.observe()
        except (MalformedObject, Unfinished):
            return NOTHING
        return Observation(seen.header, seen.acl, seen.announced, seen.posts, seen.pending, seen.alive)

    def close(self) -> None:
        """See `Actor`."""
        self._engine.close()

    def _argument(self, name: str, given: Mapping[str, object]) -> object:
        match name:
            case "capacity":
                return self._reset.capacity
            case "profile":
                return self._reset.profile
            case "origin":
                return self._engine.origin
            case "body":
                return self._keys.body(cast(str, given[name]))
            case "rights":
                return rights_of(cast(Json, given[name]))
            case "key":
                return self._public[cast(Name, given[name])]
            case "peers":
                return tuple(cast("list[Name]", given[name]))
            case _:
                return given[name]


def actor_of(reset: Reset, log: Path | None = None) -> Actor:
    """Whoever a reset says."""
    return StashActor(reset) if reset.protocol == "stash" else EngineActor(reset, log)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve on standard input and output until told to stop. Whatever else is printed goes to standard error."""
    parser = argparse.ArgumentParser(prog="python -m lockedroom.conformance.adapter", description=__doc__)
    parser.add_argument("--log", type=Path, metavar="FOLDER", help="write the event log of each room there")
    folder = parser.parse_args(arguments).log
    lines = cast(BinaryIO, sys.stdin.buffer)
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as out:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        return serve(ABOUT, lambda reset: actor_of(reset, folder), lines, out)


if __name__ == "__main__":
    sys.exit(main())
