"""The adapter's side of the protocol: reads commands, answers each, and knows no implementation.

Whoever implements the protocol in Python gives `serve` a description of itself and an `Actor` for each trace.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import BinaryIO, Protocol, runtime_checkable

from lockedroom.conformance.observation import Observation, Seen
from lockedroom.conformance.protocol import (
    LONGEST_LINE,
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
    Start,
    Stop,
    Unimplemented,
    read_command,
    reply_line,
)
from lockedroom.conformance.schemas import Mismatch, NotJson


class Actor(Protocol):
    """One member in one room of a trace. `serve` makes one for each room."""

    def act(self, step: int, operation: str, arguments: Mapping[str, object]) -> Seen:
        """Perform an operation of the table."""
        ...

    def observe(self) -> Observation:
        """What is visible in the store."""
        ...

    def close(self) -> None:
        """Let go of the room, without leaving."""
        ...


@runtime_checkable
class Mortal(Protocol):
    """An actor with crash points (ADAPTER-COMMAND-9)."""

    @property
    def halted(self) -> bool:
        """Whether the last operation had the point at which something was to happen."""
        ...

    def halt(self, halt: Halt) -> None:
        """In the next operation, and in no other, have that happen."""
        ...


def serve(about: Implementation, make: Callable[[Reset], Actor], lines: BinaryIO, out: BinaryIO) -> int:
    """Answer every command until `stop` or the end of the input. Returns the exit code."""
    session = Session(about, make)
    try:
        while line := lines.readline(LONGEST_LINE):
            command, reply = _read(line)
            if command is not None:
                reply = session.answer(command)
            out.write(reply_line(reply))
            out.flush()
            if isinstance(command, Stop):
                return 0
    except BrokenPipeError:
        return 0
    finally:
        session.close()
    return 0


def _read(line: bytes) -> tuple[Command | None, Reply]:
    try:
        return read_command(line), Nothing()
    except (NotJson, Mismatch) as problem:
        return None, Errored(f"no command: {problem}"[:2000])


class Session:
    """From the start to the end of one adapter process."""

    def __init__(self, about: Implementation, make: Callable[[Reset], Actor]) -> None:
        self._about = about
        self._make = make
        self._reset: Reset | None = None
        self._actors: dict[str, Actor] = {}

    def answer(self, command: Command) -> Reply:
        """The reply to a command. A fault of the implementation is told, with its traceback, and ends nothing."""
        try:
            return self._answer(command)
        except Exception:  # noqa: BLE001 (whatever went wrong, the runner is told so instead of guessing)
            return Errored(traceback.format_exc(limit=-6)[-2000:])

    def close(self) -> None:
        """Let go of every room."""
        self._reset = None
        while self._actors:
            self._actors.popitem()[1].close()

    def _answer(self, command: Command) -> Reply:
        match command:
            case Start():
                return self._about
            case Reset():
                self.close()
                self._actors[command.room] = self._make(command)
                self._reset = command
                return Nothing()
            case Do(_, step, operation, arguments, room, halt):
                member = self._member(room)
                if halt is not None:
                    if not isinstance(member, Mortal):
                        return Unimplemented("there are no crash points here")
                    member.halt(halt)
                seen = member.act(step, operation, arguments)
                if seen.clause is not None:
                    return Refused(seen.clause, True, seen.detail[:2000])
                events = tuple(event for event in seen.events if isinstance(event, Mapping))
                return Done(events, member.halted if halt is not None and isinstance(member, Mortal) else None)
            case Observe(_, room):
                return self._member(room).observe()
            case Close() | Stop():
                self.close()
                return Nothing()

    def _member(self, room: str | None) -> Actor:
        """The same member in the room of that name, that of `reset` if None."""
        if self._reset is None:
            raise LookupError("reset comes first")
        name = room or self._reset.room
        if name not in self._actors:
            self._actors[name] = self._make(replace(self._reset, room=name))
        return self._actors[name]
