"""The intruder on the real machine: whoever may write to a room's object edits its words and cells, and asks nobody.

It sees what every step leaves in the store, and puts, takes away and changes what it likes, in every room of a run
(spec/traces.md, *The intruder*). No lock is taken: between two steps of a replay nobody else is at work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, cast

from lockedroom.backend import errors, regions, shm
from lockedroom.backend.layout import LENGTH, Cell
from lockedroom.backend.regions import WORD
from lockedroom.backend.segment.memory import WORDS, Memory
from lockedroom.conformance.edits import OBJECT, Edit, Unplaceable, edited, rewritten, spot
from lockedroom.conformance.entropy import Keys
from lockedroom.conformance.forging import Forge, Impossible
from lockedroom.conformance.intruding import inspected
from lockedroom.conformance.observation import Seen
from lockedroom.conformance.schemas import Json, value_of
from lockedroom.conformance.stage import Unsupported
from lockedroom.reference.machine import Name
from lockedroom.reference.segment.codec import decode, encode
from lockedroom.reference.segment.records import (
    Announcement,
    Entry,
    Exchange,
    Header,
    Malformed,
    Message,
    Post,
    Record,
)


class Tamperer:
    """Somebody who may write to the rooms of one run; `named` gives the name of the object of each, `twin` what lies in
    a place of another segment in which the same was done. Use `close` at the end."""

    def __init__(self, named: Callable[[Name], str], keys: Keys, twin: Callable[[str], bytes]) -> None:
        self._named: Final = named
        self._twin: Final = twin
        self._rooms: dict[Name, _Opened] = {}
        self._left: dict[int, tuple[Record, ...]] = {}
        self._forge: Final = Forge(keys, self._left)

    def close(self) -> None:
        """Let go of the objects."""
        while self._rooms:
            self._rooms.popitem()[1].memory.store.close()

    def watch(
        self, index: int, room: Name, actor: Name, operation: str, arguments: Mapping[str, Json], events: Sequence[Json]
    ) -> None:
        """Keep a copy of the records that the step left."""
        self._left[index] = self._open(room).left(actor, operation, _peers(operation, arguments, events))

    def act(self, room: Name, operation: str, arguments: Mapping[str, Json]) -> Seen:
        """Do what an intruder's step says. Raises Unsupported when the object cannot hold it."""
        there = self._open(room)
        try:
            match operation:
                case "inspect":
                    return inspected(self._forge, arguments)
                case "drop" | "inject":
                    lane = (cast(Name, arguments["inbox"]), cast(Name, arguments["sender"]))
                    lying = there.lane(*lane)
                    put = [self._data(arguments["record"], Exchange, Message)] if operation == "inject" else []
                    there.fill(*lane, [*put, *(lying if put else lying[1:])])
                case "announce":
                    there.announce(cast(Name, arguments["name"]), self._data(arguments["record"], Announcement))
                case "post":
                    there.post(cast(Name, arguments["name"]), self._data(arguments["record"], Post))
                case "withdraw" | "unpost":
                    there.withdraw(cast(Name, arguments["name"]), whole=operation == "withdraw")
                case "relist":
                    entries = cast("Sequence[Json]", arguments["entries"])
                    there.relist([self._data(entry, Entry) for entry in entries])
                case "rehead":
                    there.put(there.memory.layout.header(), self._data(arguments["record"], Header))
                case "write":
                    for edit in cast("Sequence[Json]", arguments["edits"]):
                        self._write(there, value_of(Edit, edit))
                case _:
                    raise Unsupported(f"no intruder can {operation}")
        except (Impossible, Unplaceable) as why:
            raise Unsupported(str(why)) from None
        return Seen("ok")

    def _data(self, recipe: Json, *kinds: type[Record]) -> bytes:
        record = self._forge.record(recipe, *kinds)
        try:
            return encode(record)
        except (TypeError, ValueError, OverflowError) as problem:
            raise Impossible(f"no bytes for {type(record).__name__.lower()} ({problem})") from None

    def _write(self, there: _Opened, edit: Edit) -> None:
        source = b""
        if edit.source is not None:
            source = self._twin(edit.source) if edit.change == "foreign" else there.held(edit.source)
        there.write(edit, source)

    def _open(self, room: Name) -> _Opened:
        if room not in self._rooms:
            try:
                self._rooms[room] = _Opened(Memory(shm.attach(self._named(room))))
            except errors.BackendError as problem:
                raise Unsupported(f"nothing to tamper with: {problem}") from None
        opened = self._rooms[room]
        opened.look()
        return opened


def _peers(operation: str, arguments: Mapping[str, Json], events: Sequence[Json]) -> list[Name]:
    """In whose inboxes a step has left something: of a multicast in those that its events name."""
    if operation == "multicast":
        sent = (event for event in events if isinstance(event, Mapping) and event["event"] == "Sent")
        return [cast(Name, event["peer"]) for event in sent]
    return [cast(Name, arguments["peer"])] if operation in ("exchange", "send", "rotate", "acknowledge") else []


def _replaced(room: str, content: bytes, size: int) -> None:
    """Let the room's name lead to a copy of another size. Whoever is attached to the first keeps it: cutting that would
    kill them (threat-model.md)."""
    path = shm.SHARED_MEMORY / shm.object_name(room)[1:]
    other = path.with_name(f"{path.name}.new")
    other.write_bytes(content[:size].ljust(size, b"\0"))
    other.chmod(0o600)
    other.replace(path)


class _Opened:
    """One room's object, edited. A name keeps the index that it had when the list first stated it."""

    def __init__(self, memory: Memory) -> None:
        self.memory: Final = memory
        self._names: list[Name] = []

    def look(self) -> None:
        """Learn the names that the list states now."""
        for entry in self.memory.entries():
            if isinstance(entry, Entry) and entry.subject not in self._names:
                self._names.append(entry.subject)

    def left(self, actor: Name, operation: str, peers: Sequence[Name]) -> tuple[Record, ...]:
        """What a step that was just taken has left, in the order of spec/traces.md."""
        memory = self.memory
        match operation:
            case "create":
                found: Sequence[object] = (memory.header(), *memory.entries()[:1])
            case "grant" | "revoke":
                found = memory.entries()[-1:]
            case "join":
                found = (memory.announcement(self._index(actor)),)
            case "publish":
                posts = [post for post in memory.posts(self._index(actor)) if isinstance(post, Post)]
                found = [post for post in posts if post.number == posts[-1].number]
            case _:
                found = [decode(lane[-1]) for peer in peers if (lane := self.lane(peer, actor))]
        return tuple(cast(Record, one) for one in found if one is not None and not isinstance(one, Malformed))

    def lane(self, owner: Name, sender: Name) -> list[bytes]:
        """What lies in a lane, first to last."""
        memory, to, by = self.memory, self._index(owner), self._index(sender)
        head, count = memory.ring(to, by)
        cells = [memory.layout.record(to, by, (head + k) % WORDS) for k in range(count)]
        found = [memory.store.read_cell(cell) for cell in cells]
        return [data for data in found if isinstance(data, bytes)]

    def fill(self, owner: Name, sender: Name, records: Sequence[bytes]) -> None:
        """Let these records lie in a lane, and nothing else."""
        memory, to, by = self.memory, self._index(owner), self._index(sender)
        if len(records) > memory.layout.capacity.quota + 1:
            raise Unsupported(f"no place for {len(records)} records of {sender} in the inbox of {owner}")
        head, _ = memory.ring(to, by)
        for k, record in enumerate(records):
            self.put(memory.layout.record(to, by, (head + k) % WORDS), record)
        memory.store.store(memory.layout.tail(to, by), (head + len(records)) % WORDS)

    def announce(self, name: Name, announcement: bytes) -> None:
        """Let this announcement stand under a name, whose posts stay."""
        memory, index = self.memory, self._index(name)
        half = regions.SECOND_HALF if memory.half(index) == regions.FIRST_HALF else regions.FIRST_HALF
        self.put(memory.layout.half(index, half), announcement)
        memory.store.store(memory.layout.announced(index), half)

    def post(self, name: Name, post: bytes) -> None:
        """Put a post behind those that stand under a name."""
        memory, index = self.memory, self._index(name)
        count = memory.post_count(index)
        if count >= memory.layout.capacity.posts:
            raise Unsupported(f"no place for {count + 1} posts of {name}")
        self.put(memory.layout.post(index, count), post)
        memory.store.store(memory.layout.post_count(index), count + 1)

    def withdraw(self, name: Name, *, whole: bool) -> None:
        """Take the posts under a name off the board, or the whole of what stands there."""
        memory, index = self.memory, self._index(name)
        if whole:
            memory.store.store(memory.layout.announced(index), regions.NO_HALF)
        memory.store.store(memory.layout.post_count(index), 0)

    def relist(self, entries: Sequence[bytes]) -> None:
        """Let the list have these entries."""
        memory = self.memory
        if len(entries) > memory.layout.capacity.entries:
            raise Unsupported(f"no place for {len(entries)} entries")
        for k, entry in enumerate(entries):
            self.put(memory.layout.entry(k), entry)
        memory.store.store(memory.layout.acl_count(), len(entries))

    def put(self, cell: Cell, data: bytes) -> None:
        """Fill a cell."""
        if len(data) > cell.room:
            raise Unsupported(f"no place for {len(data)} bytes in a cell for {cell.room}")
        self.memory.store.write_cell(cell, data)

    def held(self, place: str) -> bytes:
        """What the cell of that name holds."""
        cell = spot(self.memory.layout, place, self._index).cell
        found = self.memory.store.read_cell(cell)
        return found if isinstance(found, bytes) else b""

    def write(self, edit: Edit, source: bytes) -> None:
        """Change what lies somewhere, whatever becomes of it."""
        store, layout = self.memory.store, self.memory.layout
        if edit.place == OBJECT:
            _replaced(store.room, store.read(0, layout.total), max(0, layout.total + (edit.number or 0)))
            return
        there = spot(layout, edit.place, self._index)
        if not there.record:
            word = rewritten(edit, store.read(there.cell.offset, there.cell.size))
            for at in range(0, len(word), WORD):
                store.store(there.cell.offset + at, int.from_bytes(word[at : at + WORD], "little"))
            return
        data, length = edited(edit, self.held(edit.place), source)
        if len(data) > there.cell.room:
            raise Unsupported(f"no place for {len(data)} bytes in a cell for {there.cell.room}")
        store.write(there.cell.offset, length.to_bytes(LENGTH, "little") + data)

    def _index(self, name: Name) -> int:
        if name not in self._names and name.isdecimal() and int(name) < self.memory.layout.capacity.members:
            return int(name)
        if name not in self._names:
            raise Unsupported(f"the list states no {name}, who has no place in the store then")
        return self._names.index(name)
