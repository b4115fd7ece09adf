"""The places of a room's object in a room that is made of values: what would lie in a cell there, and what the engine
sees when other bytes do.

So a vector's outcome is the engine's, and a record of another segment can be had without a second object.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, MutableMapping, Sequence
from dataclasses import replace
from typing import cast

from lockedroom.conformance.edits import Unplaceable
from lockedroom.conformance.engine import EngineRoom
from lockedroom.conformance.trace import Settings, TraceStep
from lockedroom.reference.machine import Name, Slot
from lockedroom.reference.segment import store
from lockedroom.reference.segment.codec import decode, encode
from lockedroom.reference.segment.effects import ACL, BOARD, HEADER, inbox
from lockedroom.reference.segment.records import (
    Announcement,
    Consumable,
    Entry,
    Exchange,
    Header,
    Malformed,
    Message,
    Post,
    Record,
)

_ELSEWHERE = 1 << 20
"""Added to the number of a step, so that another segment draws other values."""


class Placed:
    """A room of values after some steps, whose members have joined once. Raises Unplaceable for what it has not."""

    def __init__(self, settings: Settings, suite: str, steps: Sequence[TraceStep], *, elsewhere: bool = False) -> None:
        self.room = EngineRoom(settings, suite)
        self._taken: dict[tuple[Name, Name], int] = {}
        for index, step in enumerate(steps, start=1):
            seen = self.room.act(
                index + (_ELSEWHERE if elsewhere else 0), step.actor, step.operation, step.arguments, step.room
            )
            if step.operation in ("accept", "receive") and seen.outcome == "ok":
                lane = (step.actor, cast(Name, step.arguments["peer"]))
                self._taken[lane] = self._taken.get(lane, 0) + 1

    @property
    def slots(self) -> MutableMapping[Slot, Hashable]:
        """The slots, to be changed."""
        return cast("MutableMapping[Slot, Hashable]", self.room.slots)

    def held(self, place: str) -> bytes:
        """What the cell holds; nothing where nothing was ever written."""
        found = self._record(place)
        return encode(found) if found is not None and not isinstance(found, Malformed) else b""

    def put(self, place: str, data: bytes | None) -> None:
        """Let these bytes lie there; None: a length beyond the cell."""
        found = Malformed("a length beyond the cell") if data is None else decode(data)
        region, *path = place.split("/")
        slots = self.slots
        match region:
            case "header":
                header = found if isinstance(found, Header | Malformed) else Malformed("no header")
                before = cast(Header, slots[HEADER])
                if isinstance(header, Header) and header.capacity != before.capacity:
                    header = Malformed("another capacity than the words")
                slots[HEADER] = header
            case "acl":
                entries = list(cast(store.Acl, slots[ACL]))
                if int(path[1]) < len(entries):
                    entries[int(path[1])] = found if isinstance(found, Entry | Malformed) else Malformed("no entry")
                slots[ACL] = tuple(entries)
            case "board" if path[1] == "halves":
                announced = found if isinstance(found, Announcement | Malformed) else Malformed("no announcement")
                if path[2] == "0":
                    self._stand(path[0], announcement=announced)
            case "board":
                posts: list[object] = list(self._cell(path[0]).posts)
                if int(path[2]) < len(posts):
                    posts[int(path[2])] = found if isinstance(found, Post | Malformed) else Malformed("no post")
                self._stand(path[0], posts=tuple(posts))
            case _:
                records = list(self.lane(path[0], path[1]))
                number = int(path[3]) - self._taken.get((path[0], path[1]), 0)
                if 0 <= number < len(records):
                    fits = isinstance(found, Exchange | Message | Malformed)
                    records[number] = found if fits else Malformed("neither exchange nor message")
                self.fill(path[0], path[1], records)

    def lane(self, owner: Name, sender: Name) -> tuple[object, ...]:
        """What lies in a lane."""
        box = cast(store.Inbox, self.slots[inbox(owner)])
        return next((lane.records for lane in box if lane.sender == sender), store.EMPTY)

    def fill(self, owner: Name, sender: Name, records: Sequence[object]) -> None:
        """Let these lie in a lane."""
        slot = inbox(owner)
        self.slots[slot] = store.laid(
            cast(store.Inbox, self.slots[slot]), sender, tuple(cast("Sequence[Consumable]", records))
        )

    def _stand(self, name: Name, **changed: object) -> None:
        cell = replace(self._cell(name), **changed)  # type: ignore[arg-type] # of whatever fields
        others = [one for one in cast(store.Board, self.slots[BOARD]) if one.name != name]
        self.slots[BOARD] = tuple(sorted((*others, cell), key=lambda one: one.name))

    def _cell(self, name: Name) -> store.Cell:
        found = (cell for cell in cast(store.Board, self.slots[BOARD]) if cell.name == name)
        return next(found, store.Cell(name))

    def _record(self, place: str) -> Record | Malformed | None:
        region, *path = place.split("/")
        slots: Mapping[Slot, object] = self.slots
        found: Sequence[object]
        match region, path:
            case "header", ["header cell"]:
                return cast("Header | None", slots[HEADER])
            case "acl", ["entry cells", number]:
                found, at = cast(store.Acl, slots[ACL]), int(number)
            case "board", [name, "halves", "0"]:
                return self._cell(name).announcement
            case "board", [name, "halves", _]:
                return None
            case "board", [name, "post cells", number]:
                found, at = self._cell(name).posts, int(number)
            case "inboxes", [owner, sender, "record cells", number]:
                found, at = self.lane(owner, sender), int(number) - self._taken.get((owner, sender), 0)
            case _:
                raise Unplaceable(f"no cell {place}")
        return cast("Record | Malformed", found[at]) if 0 <= at < len(found) else None
