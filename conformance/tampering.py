"""The intruder on the real machine: whoever may write to a room's object edits its words and cells, and asks nobody.

It sees what every step leaves in an inbox, takes the first record of a lane away, and puts one that it saw
before what lies there. No lock is taken: between two steps of a replay nobody else is at work.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from lockedroom.backend import errors, shm
from lockedroom.backend.segment.memory import WORDS, Memory
from lockedroom.conformance.observation import Seen
from lockedroom.conformance.schemas import Json
from lockedroom.conformance.stage import Unsupported
from lockedroom.reference.machine import Name
from lockedroom.reference.segment.records import Entry


class Tamperer:
    """Somebody who may write to one room's object. Use `close` at the end."""

    def __init__(self, room: str) -> None:
        self._room = room
        self._memory: Memory | None = None
        self._seen: dict[tuple[int, int], bytes] = {}

    def close(self) -> None:
        """Let go of the object."""
        if self._memory is not None:
            self._memory.store.close()
            self._memory = None

    def watch(self, index: int, actor: Name, arguments: Mapping[str, Json]) -> None:
        """Keep a copy of what the step left: the last record of `actor` in the inbox of each peer that it names."""
        peers = arguments.get("peers", [arguments["peer"]] if "peer" in arguments else [])
        for number, peer in enumerate(cast("list[Name]", peers)):
            lane = self._lane(peer, actor)
            if lane:
                self._seen[index, number] = lane[-1]

    def act(self, operation: str, arguments: Mapping[str, Json]) -> Seen:
        """Do what an intruder's step says. Raises Unsupported when the object cannot hold it."""
        owner, sender = cast(Name, arguments["inbox"]), cast(Name, arguments["sender"])
        lying = self._lane(owner, sender)
        if operation == "drop":
            self._fill(owner, sender, lying[1:])
        else:
            origin = cast("Mapping[str, int]", arguments["record"])
            record = self._seen.get((origin["step"], origin["record"]))
            if record is None:
                raise Unsupported(f"step {origin['step']} left no record {origin['record']}")
            self._fill(owner, sender, [record, *lying])
        return Seen("ok")

    def _open(self) -> Memory:
        if self._memory is None:
            try:
                self._memory = Memory(shm.attach(self._room))
            except errors.BackendError as problem:
                raise Unsupported(f"nothing to tamper with: {problem}") from None
        return self._memory

    def _places(self, owner: Name, sender: Name) -> tuple[int, int] | None:
        """The indices of two members: their places in the order of the list's first entries."""
        entries = self._open().entries()
        names = list(dict.fromkeys(entry.subject for entry in entries if isinstance(entry, Entry)))
        return (names.index(owner), names.index(sender)) if {owner, sender} <= set(names) else None

    def _lane(self, owner: Name, sender: Name) -> list[bytes]:
        memory, places = self._open(), self._places(owner, sender)
        if places is None:
            return []
        head, count = memory.ring(*places)
        cells = [memory.layout.record(*places, (head + k) % WORDS) for k in range(count)]
        found = [memory.store.read_cell(cell) for cell in cells]
        return [data for data in found if isinstance(data, bytes)]

    def _fill(self, owner: Name, sender: Name, records: list[bytes]) -> None:
        memory, places = self._open(), self._places(owner, sender)
        if places is None or len(records) > memory.layout.capacity.quota + 1:
            raise Unsupported(f"no place for {len(records)} records of {sender} in the inbox of {owner}")
        head, _ = memory.ring(*places)
        for k, record in enumerate(records):
            memory.store.write_cell(memory.layout.record(*places, (head + k) % WORDS), record)
        memory.store.store(memory.layout.tail(*places), (head + len(records)) % WORDS)
