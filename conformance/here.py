"""The members of a trace in this process: what stands for a fleet where what they run is to be seen."""

from __future__ import annotations

from collections.abc import Callable

from lockedroom.conformance.protocol import Command, Implementation, Reply, Reset, Start
from lockedroom.conformance.serving import Actor, Session


class Here:
    """Members, each with a session of its own; see `Members`. `make` gives the actor of one."""

    def __init__(self, about: Implementation, make: Callable[[Reset], Actor]) -> None:
        self._about = about
        self._make = make
        self._sessions: dict[int, Session] = {}

    def process(self, number: int) -> object:
        """See `Members`."""
        if number not in self._sessions:
            self._sessions[number] = Session(self._about, self._make)
            self._sessions[number].answer(Start("start", 1))
        return self._sessions[number]

    def about(self, number: int) -> Implementation:
        """See `Members`."""
        return self._about

    def ask(self, number: int, command: Command, seconds: float | None = None) -> Reply:
        """See `Members`."""
        return self._sessions[number].answer(command)

    def kill(self, number: int) -> None:
        """See `Members`: it lets go as a process does that ends."""
        session = self._sessions.pop(number, None)
        if session is not None:
            session.close()
