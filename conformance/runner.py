"""A trace on the real machine: one OS process for each member, one segment of real shared memory.

`Fleet` holds processes over many traces, `RealRoom` is the stage of one replay. Both leave nothing behind: no
process, no segment, no semaphore, no file, also when they end in the middle.
"""

from __future__ import annotations

import itertools
import os
import secrets
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol, cast

from lockedroom.backend import rooms
from lockedroom.backend.stash.engine import store_of
from lockedroom.conformance.entropy import Keys
from lockedroom.conformance.observation import Observation, Seen
from lockedroom.conformance.placed import Placed
from lockedroom.conformance.process import Limits, Process
from lockedroom.conformance.protocol import (
    VERSION,
    Close,
    Command,
    Do,
    Done,
    Errored,
    Halt,
    Implementation,
    Nothing,
    Observe,
    Refused,
    Reply,
    Reset,
    Skipped,
    Start,
    Stop,
    Unimplemented,
)
from lockedroom.conformance.schemas import Json
from lockedroom.conformance.stage import Broken, Replayed, Status, StepSeen, Unsupported, replay_on
from lockedroom.conformance.stash_real import Ground
from lockedroom.conformance.tampering import Tamperer
from lockedroom.conformance.trace import INTRUDER, Trace, drawn_by_members
from lockedroom.reference.crypto.real import RealSuite
from lockedroom.reference.machine import Name

BUILT_IN: Final = (sys.executable, "-m", "lockedroom.conformance.adapter")
"""The command of the built-in implementation."""


class Cancelled(Exception):
    """The run was told to end."""


@dataclass(slots=True)
class Fleet:
    """The processes of one implementation, kept from trace to trace: the n-th serves the n-th member. Use it as a
    context manager. `started` counts every process ever started. A command that fails to start or to greet is not
    tried again unless it has greeted before: every later trace fails at once, for the same reason."""

    command: Sequence[str] = BUILT_IN
    limits: Limits = field(default_factory=Limits)
    started: int = 0
    _running: dict[int, Process] = field(default_factory=dict)
    _about: dict[int, Implementation] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _cancelled: bool = False
    _useless: Broken | None = None

    def __enter__(self) -> Fleet:
        return self

    def __exit__(self, *exception: object) -> None:
        with self._lock:
            running = list(self._running.values())
            self._running.clear()
        for process in running:
            process.end(Stop("stop"), self.limits.end)

    def cancel(self) -> None:
        """End every process at once, from any thread; whoever uses the fleet sees Cancelled."""
        with self._lock:
            self._cancelled = True
            for process in self._running.values():
                process.interrupt()

    def process(self, number: int) -> Process:
        """The n-th process, started and greeted if there is none. Raises Broken, Cancelled."""
        with self._lock:
            if self._cancelled:
                raise Cancelled
            if number in self._running:
                return self._running[number]
            if self._useless is not None:
                raise self._useless
        try:
            return self._started(number)
        except Broken as fault:
            # Of one that has greeted before, this start alone went wrong: maybe the machine was busy.
            self._useless = None if self._about else fault
            raise

    def _started(self, number: int) -> Process:
        process = Process(self.command)
        with self._lock:
            self._running[number] = process
            self.started += 1
        if self._cancelled:
            process.interrupt()
        reply = self.ask(number, Start("start", VERSION), self.limits.start)
        if not isinstance(reply, Implementation):
            self.kill(number)
            raise unexpected("start", reply)
        self._about[number] = reply
        return process

    def about(self, number: int) -> Implementation:
        """What the n-th process, which runs, said of itself."""
        return self._about[number]

    @property
    def greeting(self) -> Implementation | None:
        """What the implementation said of itself, if any process of it ever did."""
        return next(iter(self._about.values()), None)

    def ask(self, number: int, command: Command, seconds: float | None = None) -> Reply:
        """The reply of the n-th process, which runs. One that broke is killed. Raises Broken, Cancelled."""
        try:
            return self._running[number].ask(command, self.limits.reply if seconds is None else seconds)
        except Broken:
            self.kill(number)
            if self._cancelled:
                raise Cancelled from None
            raise

    def kill(self, number: int) -> None:
        """SIGKILL for the n-th process, if it runs, and wait for its end."""
        with self._lock:
            process = self._running.pop(number, None)
        if process is not None:
            process.kill()


class Members(Protocol):
    """Whoever serves the members of a trace: a `Fleet`, or what stands for one. The n-th serves the n-th member."""

    def process(self, number: int) -> object:
        """Make sure that the n-th is there. Raises Broken, Cancelled."""
        ...

    def about(self, number: int) -> Implementation:
        """What the n-th said of itself."""
        ...

    def ask(self, number: int, command: Command, seconds: float | None = None) -> Reply:
        """The reply of the n-th. Raises Broken, Cancelled."""
        ...

    def kill(self, number: int) -> None:
        """End the n-th, if it is there, without letting it do anything more."""
        ...


_COUNTER: Final = itertools.count(1)


class RealRoom:
    """One replay's room: a name that nobody else has, a directory for what members keep, and the members' processes.
    Use it as a context manager: at its end the room is gone."""

    def __init__(self, trace: Trace, fleet: Members, ground: Ground | None = None) -> None:
        """`ground`: the store of a stash, which the replay is about instead of a room."""
        settings = trace.settings
        self._settings = settings
        self._intruded = ground is not None or any(step.actor == INTRUDER for step in trace.steps)
        self._several = any(step.room for step in trace.steps)
        granted = any(step.arguments.get("key") == INTRUDER for step in trace.steps)
        self._known = (*settings.members, INTRUDER) if granted else settings.members
        self._fleet = fleet
        self._keys = Keys(RealSuite(settings.suite), bytes.fromhex(settings.entropy))
        self._room = f"replay-{os.getpid()}-{next(_COUNTER)}-{secrets.token_hex(3)}"
        self._others: dict[Name, str] = {}
        self._ground = ground
        self._intruder = ground or Tamperer(self._object, self._keys, self._twin)
        self._trace = trace
        self._files = tempfile.TemporaryDirectory(prefix="lockedroom-replay-")
        self._present: set[Name] = set()
        self._required = ["entropy"] if any(drawn_by_members(step) for step in trace.steps) else []
        self.halted = False

    def __enter__(self) -> RealRoom:
        return self

    def __exit__(self, *exception: object) -> None:
        try:
            for name in sorted(self._present):
                with suppress(Broken, Unsupported, Cancelled):
                    self._close(self._settings.members.index(name))
        finally:
            self._intruder.close()
            for room in (self._room, *self._others.values()) if self._ground is None else ():
                rooms.remove(room)
            self._files.cleanup()

    @property
    def name(self) -> str:
        """The room's name."""
        return self._room

    def _object(self, room: Name) -> str:
        """The name of a room's object."""
        if not room:
            return self._room
        return self._others.setdefault(room, f"{self._room}.{len(self._others)}")

    def _twin(self, place: str) -> bytes:
        """What lies in a place of another segment in which the same was done, up to the first write."""
        steps = self._trace.steps
        before = next((n for n, step in enumerate(steps) if step.operation == "write"), len(steps))
        return Placed(self._settings, self._settings.suite, steps[:before], elsewhere=True).held(place)

    def _other(self, room: Name) -> str | None:
        return self._object(room) if room else None

    def requires(self, capability: str) -> None:
        """From now on, what does not offer this is not supported."""
        self._required.append(capability)

    def act(
        self,
        index: int,
        actor: Name,
        operation: str,
        arguments: Mapping[str, Json],
        room: Name = "",
        halt: Halt | None = None,
    ) -> Seen:
        """See `Stage`. A crash is a SIGKILL of the member's process; a fresh one comes when the member acts again. With
        `halt`, something happens to the process on the way, and `halted` says then whether it has happened."""
        if actor == INTRUDER:
            if operation == "relist":
                self._look(index, room)
            return self._intruder.act(room, operation, arguments)
        if operation == "crash":
            self._number(actor)
            self._fleet.kill(self._settings.members.index(actor))
            self._present.discard(actor)
            return Seen("ok")
        match self._ask(actor, Do("do", index, operation, arguments, self._other(room), halt)):
            case Done(said, halted):
                self.halted = halted is True
                events = cast("tuple[Json, ...]", said)
                if self._intruded:
                    self._intruder.watch(index, room, actor, operation, arguments, events)
                return Seen("ok", None, events)
            case Refused(clause, True, detail):
                return Seen("rejected", clause, (), detail)
            case reply:
                raise unexpected(operation, reply)

    def _look(self, index: int, room: Name) -> None:
        """Whoever acts from here on sees the list as it stands: a cut one says no more who has which place."""
        for name in sorted({step.actor for step in self._trace.steps[index:]} & set(self._settings.members)):
            self.observe_as(name, room)

    def observe(self, room: Name = "") -> Mapping[Name, Observation]:
        """See `Stage`: what each member whose process runs sees; before any runs, the first one's."""
        found: dict[Name, Observation] = {}
        for name in sorted(self._present) or self._settings.members[:1]:
            found[name] = self.observe_as(name, room)
        return found

    def observe_as(self, name: Name, room: Name = "") -> Observation:
        """What one member sees of a room. Raises Unsupported, Broken."""
        reply = self._ask(name, Observe("observe", self._other(room)))
        if not isinstance(reply, Observation):
            raise unexpected("observe", reply)
        return reply

    def _ask(self, name: Name, command: Command) -> Reply:
        number = self._number(name)
        try:
            return self._fleet.ask(number, command)
        except Broken:
            self._present.discard(name)
            raise

    def _number(self, name: Name) -> int:
        """The number of the member's process, which runs and knows who it is."""
        number = self._settings.members.index(name)
        if name not in self._present:
            self._fleet.process(number)
            self._check(self._fleet.about(number))
            reply = self._fleet.ask(number, self._reset(name))
            if not isinstance(reply, Nothing):
                raise unexpected("reset", reply)
            self._present.add(name)
        return number

    def _check(self, about: Implementation) -> None:
        settings = self._settings
        for what, wanted, offered in (
            ("protocol", settings.protocol, about.protocols),
            ("profile", settings.profile, about.profiles),
            ("suite", settings.suite, about.suites),
        ):
            if wanted not in offered:
                raise Unsupported(f"{about.implementation} does not offer {what} {wanted}")
        for capability in self._required:
            if capability not in about.capabilities:
                raise Unsupported(f"{about.implementation} has no {capability}")
        if self._several and "rooms" not in about.capabilities:
            raise Unsupported(f"{about.implementation} is in one room at a time")

    def _reset(self, name: Name) -> Reset:
        settings = self._settings
        directory = Path(self._files.name, name)
        directory.mkdir(mode=0o700, exist_ok=True)
        if self._ground is not None:
            return self._ground.reset(name, str(directory))
        return Reset(
            "reset",
            settings.protocol,
            settings.profile,
            settings.suite,
            settings.capacity,
            settings.members,
            name,
            self._room,
            settings.entropy,
            self._private(name).hex(),
            {name: self._public(name).hex() for name in self._known},
            str(directory),
        )

    def _private(self, name: Name) -> bytes:
        key = self._keys.signing(name)
        assert isinstance(key, bytes), "a real suite has bytes"
        return key

    def _public(self, name: Name) -> bytes:
        key = self._keys.suite.signing_public(self._private(name))
        assert isinstance(key, bytes), "a real suite has bytes"
        return key

    def finished(self, found: Replayed, end: Callable[[int], None] | None = None) -> Replayed:
        """A replay that has agreed so far, and what became of it when every member let go of the room, or ended. Raises
        Cancelled."""
        try:
            self.let_go(end)
        except Unsupported as why:
            return replace(found, status=Status.UNSUPPORTED, reason=f"after the last step: {why}")
        except Broken as why:
            return replace(found, status=Status.FAILED, reason=f"after the last step: {why}", fault=why.kind)
        return found

    def let_go(self, end: Callable[[int], None] | None = None) -> None:
        """Have every member let go of the room, or its process end. Raises Broken, Unsupported, Cancelled."""
        for name in sorted(self._present):
            self._present.discard(name)
            number = self._settings.members.index(name)
            if end is not None:
                end(number)
            else:
                self._close(number)

    def _close(self, number: int) -> None:
        reply = self._fleet.ask(number, Close("close"))
        if not isinstance(reply, Nothing):
            self._fleet.kill(number)
            raise unexpected("close", reply)


def unexpected(asked: str, reply: Reply) -> Exception:
    """What is to be raised about a reply that is none to what was asked: Unsupported, Broken."""
    match reply:
        case Unimplemented(reason) | Skipped(reason):
            return Unsupported(f"{type(reply).__name__.lower()}: {reason}")
        case Errored(message):
            return Broken("error", f"in {asked}: {message}")
        case Refused(clause, _, detail):
            return Broken("indefinite refusal", f"of {asked} by {clause}: {detail}")
    return Broken("not a reply", f"to {asked}: {type(reply).__name__}")


@contextmanager
def staged(trace: Trace, fleet: Members) -> Iterator[RealRoom]:
    """What a trace is replayed on: a room, or of the stash its store."""
    ground: AbstractContextManager[Ground | None] = nullcontext()
    if trace.settings.protocol == "stash":
        ground = Ground(trace.settings, store_of(trace.settings.store or "auto"))
    with ground as place, RealRoom(trace, fleet, place) as room:
        yield room


def replay_for_real(
    trace: Trace,
    fleet: Members,
    watch: Callable[[StepSeen], None] | None = None,
    *,
    outcomes: bool = False,
    end: Callable[[int], None] | None = None,
) -> Replayed:
    """Replay a trace with real processes on real shared memory, one of the stash in its store; `outcomes`: see
    `replay_on`. At the end each member lets go of the room, or its process ends as `end` has it, which may raise Broken
    too. Raises Cancelled."""
    with staged(trace, fleet) as room:
        found = replay_on(room, trace, watch, outcomes=outcomes)
        return room.finished(found, end) if found.status is Status.PASSED else found
