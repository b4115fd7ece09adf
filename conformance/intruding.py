"""The intruder on plain values: what it does to the slots of a room in a replay on the engine. On the real machine the
same steps are those of `tampering`."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, MutableMapping, Sequence
from dataclasses import replace
from typing import cast

from lockedroom.conformance.forging import Forge, Impossible
from lockedroom.conformance.observation import Seen
from lockedroom.conformance.schemas import Json
from lockedroom.conformance.stage import Unsupported
from lockedroom.reference.machine import Effect, Name, Slot
from lockedroom.reference.segment import effects, store
from lockedroom.reference.segment.effects import ACL, BOARD, HEADER, inbox
from lockedroom.reference.segment.records import (
    Announcement,
    Consumable,
    Entry,
    Exchange,
    Header,
    Message,
    Post,
    Record,
)


def left_by(effect: Effect) -> tuple[Record, ...]:
    """The records that an effect leaves in the store, in order."""
    match effect:
        case effects.Lay(_, header):
            return (header,)
        case effects.Extend(_, entry):
            return (entry,)
        case effects.Announce(_, announcement):
            return (announcement,)
        case effects.Publish(_, posts):
            return posts
        case effects.Append(_, record):
            return (record,)
        case _:
            return ()


def intrude(slots: MutableMapping[Slot, Hashable], forge: Forge, operation: str, arguments: Mapping[str, Json]) -> Seen:
    """Do what an intruder's step says to these slots. Raises Unsupported when its records cannot be made."""
    try:
        if operation == "inspect":
            return inspected(forge, arguments)
        slot, value = _changed(slots, forge, operation, arguments)
    except Impossible as why:
        raise Unsupported(str(why)) from None
    slots[slot] = value
    return Seen("ok")


def inspected(forge: Forge, arguments: Mapping[str, Json]) -> Seen:
    """What is seen of a field that is looked at: it is what the words say, or the clause which says so is broken.
    Raises Impossible for a record that there is not."""
    unlike = forge.unlike(arguments["record"], cast(str, arguments["field"]), arguments["value"])
    return Seen("rejected", cast(str, arguments["clause"]), (), unlike) if unlike else Seen("ok")


def _changed(
    slots: Mapping[Slot, Hashable], forge: Forge, operation: str, arguments: Mapping[str, Json]
) -> tuple[Slot, Hashable]:
    name = cast(Name, arguments.get("name", ""))
    match operation:
        case "drop" | "inject":
            slot, sender = inbox(cast(Name, arguments["inbox"])), cast(Name, arguments["sender"])
            value = cast(store.Inbox, slots[slot])
            lying = next((lane.records for lane in value if lane.sender == sender), store.EMPTY)
            put = (
                (cast(Consumable, forge.record(arguments["record"], Exchange, Message)),)
                if operation == "inject"
                else ()
            )
            return slot, store.laid(value, sender, (*put, *lying) if put else lying[1:])
        case "announce":
            announcement = cast(Announcement, forge.record(arguments["record"], Announcement))
            return BOARD, _standing(slots, replace(_cell(slots, name), announcement=announcement))
        case "withdraw":
            return BOARD, _standing(slots, store.Cell(name))
        case "post":
            stands, post = _cell(slots, name), cast(Post, forge.record(arguments["record"], Post))
            return BOARD, _standing(slots, replace(stands, posts=(*stands.posts, post)))
        case "unpost":
            return BOARD, _standing(slots, replace(_cell(slots, name), posts=()))
        case "relist":
            entries = cast("Sequence[Json]", arguments["entries"])
            return ACL, tuple(cast(Entry, forge.record(entry, Entry)) for entry in entries)
        case "rehead":
            return HEADER, cast(Header, forge.record(arguments["record"], Header))
    raise Unsupported(f"no intruder can {operation}")


def _cell(slots: Mapping[Slot, Hashable], name: Name) -> store.Cell:
    return next((cell for cell in cast(store.Board, slots[BOARD]) if cell.name == name), store.Cell(name))


def _standing(slots: Mapping[Slot, Hashable], cell: store.Cell) -> store.Board:
    others = [other for other in cast(store.Board, slots[BOARD]) if other.name != cell.name]
    if cell != store.Cell(cell.name):
        others.append(cell)
    return tuple(sorted(others, key=lambda other: other.name))
