"""A toy implementation of the adapter protocol: the reference engine on a file. It proves that the runner needs no
more than the contract, and carries the mistakes that the runner must find (its first argument names one)."""

import os
import pickle
import sys
import time
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import cast

from lockedroom.conformance.engine import EngineRoom
from lockedroom.conformance.observation import Observation, Seen
from lockedroom.conformance.protocol import Implementation, Reset
from lockedroom.conformance.schemas import Json
from lockedroom.conformance.serving import serve
from lockedroom.conformance.trace import Settings
from lockedroom.reference.machine import Slot
from lockedroom.reference.segment.effects import life, member

ABOUT = Implementation("toy", "1", "Python", ("segment",), ("hardened",), ("LR0", "LR1"), ("entropy",))


class Toy:
    """A member that keeps the room in a file, and its own state to itself."""

    def __init__(self, reset: Reset, mistake: str) -> None:
        self._settings = Settings(
            "lockedroom-trace-1",
            "segment",
            "hardened",
            reset.suite,
            reset.capacity,
            reset.members,
            reset.entropy,
            "",
            "",
            {},
        )
        self._name = reset.actor
        self._mistake = mistake
        self._room = EngineRoom(self._settings, reset.suite)
        self._shared = Path(reset.directory).parent / "shared"
        self._own = Path(reset.directory, "state")

    def act(self, step: int, operation: str, arguments: Mapping[str, object]) -> Seen:
        self._load()
        if self._mistake == "forgets" and operation == "accept":
            return Seen("ok", None, ({"event": "Accepted", "peer": str(arguments["peer"]), "crossed": False},))
        seen = self._room.act(step, self._name, operation, cast("Mapping[str, Json]", arguments))
        if self._mistake == "other clause" and seen.clause is not None:
            seen = Seen("rejected", "SEG-WHO-3")
        if self._mistake == "dies" and operation == "send":
            os.abort()
        shared = {slot: value for slot, value in self._room.slots.items() if slot.kind not in ("member", "life")}
        pid = os.getpid() if self._room.slots[life(self._name)] else 0
        self._shared.write_bytes(pickle.dumps((shared, self._pids() | {self._name: pid})))
        return seen

    def observe(self) -> Observation:
        self._load()
        return self._room.observe()

    def close(self) -> None:
        """The runner removes the file with the directory."""
        if self._mistake == "cannot close":
            raise OSError("the file is in use")
        if self._mistake == "dies at its end":
            os.abort()

    def _pids(self) -> dict[str, int]:
        if not self._shared.exists():
            return {}
        return cast("dict[str, int]", pickle.loads(self._shared.read_bytes())[1])

    def _load(self) -> None:
        slots = cast("dict[Slot, Hashable]", self._room.slots)
        if self._shared.exists():
            slots.update(pickle.loads(self._shared.read_bytes())[0])
        for name in self._settings.members:
            slots[life(name)] = _alive(self._pids().get(name, 0))
        assert member(self._name) in slots


def _alive(pid: int) -> bool:
    return pid != 0 and Path(f"/proc/{pid}").exists()


if __name__ == "__main__":
    wrong = sys.argv[1] if len(sys.argv) > 1 else ""
    code = serve(ABOUT, lambda reset: Toy(reset, wrong), sys.stdin.buffer, sys.stdout.buffer)
    if wrong == "says good-bye":
        for part in ("good", "-bye\n", "and"):
            print(part, end="", flush=True)
            time.sleep(0.1)
    while wrong == "stays":
        time.sleep(60)
    sys.exit(3 if wrong == "ends with 3" else code)
