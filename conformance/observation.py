"""What can be seen from outside: the outcome of a step and what is visible of the room after it, as JSON-ready values.

Engine replay, adapter and trace all speak of these; comparing two runs means comparing these. Nothing
secret and nothing random is in them (no key, no segment id), so that runs under different suites agree.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, fields
from typing import Annotated, Final, Literal, TypeAlias, cast

from lockedroom.conformance.schemas import Json, by_value, closed, json_of, schema_of
from lockedroom.reference.crypto.terms import Bits
from lockedroom.reference.machine import Event, Rejected, Slot, State, Step
from lockedroom.reference.segment import events as segment_events
from lockedroom.reference.segment.effects import ACL, BOARD, HEADER
from lockedroom.reference.segment.records import EXCHANGE, JOIN, SEND, Destroyed, Header
from lockedroom.reference.segment.store import Acl, Board, Inbox
from lockedroom.reference.stash import transitions as stash

Name: TypeAlias = Annotated[str, {"pattern": "^[a-z0-9][a-z0-9._-]*$", "maxLength": 31}]
Count: TypeAlias = Annotated[int, {"minimum": 0}]
Body: TypeAlias = Annotated[str, {"maxLength": 1 << 20}]
Clause: TypeAlias = Annotated[str, {"pattern": "^[A-Z]+(-[A-Z]+)*-[0-9]+$", "maxLength": 40}]
Right: TypeAlias = Literal["join", "exchange", "send"]

RIGHTS: Final[tuple[tuple[Right, int], ...]] = (("join", JOIN), ("exchange", EXCHANGE), ("send", SEND))
"""The rights by name, in the order in which they are listed."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What anybody who may read the room's store sees: the header's state, the number of entries of the access
    control list, who is announced, how many posts each has on the board, how many records each inbox holds
    of each sender, and who is alive. Names are sorted; who has none is left out of a count."""

    header: Literal["absent", "live", "destroyed"]
    acl: Count
    announced: tuple[Name, ...]
    posts: Mapping[Name, Count]
    pending: Mapping[Name, Mapping[Name, Count]]
    alive: tuple[Name, ...]


NOTHING: Final = Observation("absent", 0, (), {}, {}, ())
"""What is seen before anything was created."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the caller of an operation sees: its events, or the clause of its rejection. `detail` is for people
    and never compared."""

    outcome: Literal["ok", "rejected"]
    clause: str | None = None
    events: tuple[Json, ...] = ()
    detail: str = field(default="", compare=False)


EVENT_FIELDS: Final[Mapping[str, object]] = {
    "body": Body,
    "closed": tuple[Name, ...],
    "crossed": bool,
    "gap": Count,
    "number": Count,
    "peer": Name,
    "peers": tuple[Name, ...],
    "rights": tuple[Right, ...],
    "sequence": Count,
    "serial": Count,
    "subject": Name,
    "version": Count,
    "won": bool,
}
"""What the fields of events are in JSON. The segment's id is left out: it differs from run to run."""

_LEFT_OUT: Final = frozenset({"segment"})


def event_kinds() -> dict[str, type[Event]]:
    """Every event of a protocol by its name."""
    found = (value for module in (segment_events, stash) for value in vars(module).values() if isinstance(value, type))
    return {kind.__name__: kind for kind in found if issubclass(kind, Event) and kind is not Event}


def event_schema() -> dict[str, Json]:
    """The schema of one rendered event."""
    kinds = event_kinds()
    cases = {
        name: closed({"event": {"const": name}} | {field: schema_of(EVENT_FIELDS[field]) for field in _visible(kind)})
        for name, kind in kinds.items()
    }
    schema: dict[str, Json] = {
        "type": "object",
        "properties": {"event": {"enum": list(kinds)}},
        "required": ["event"],
        "allOf": by_value("event", cases),
    }
    return schema


def render(event: Event, text: Callable[[Bits], str]) -> Json:
    """An event as JSON; `text` turns a body into text."""
    found: dict[str, Json] = {"event": type(event).__name__}
    for name in _visible(type(event)):
        value = getattr(event, name)
        match name:
            case "body":
                found[name] = text(value)
            case "rights":
                found[name] = rights_named(value)
            case _:
                found[name] = json_of(value)
    return found


def seen_of(result: Step[State] | Rejected[State], text: Callable[[Bits], str]) -> Seen:
    """What the caller of a transition sees of its result."""
    if isinstance(result, Rejected):
        return Seen("rejected", result.clause, (), result.detail)
    return Seen("ok", None, tuple(render(event, text) for event in result.events))


def rights_named(rights: int) -> list[Json]:
    """The names of the rights in a number."""
    return [name for name, bit in RIGHTS if rights & bit]


def rights_of(names: Json) -> int:
    """The number of rights by name."""
    assert isinstance(names, list), "the schema says so"
    return sum(bit for name, bit in RIGHTS if name in names)


def _visible(kind: type[Event]) -> list[str]:
    return [one.name for one in fields(kind) if one.name not in _LEFT_OUT]


def look(slots: Mapping[Slot, Hashable]) -> Observation:
    """What is seen of a room whose slots have these values."""
    header = slots[HEADER]
    board = cast(Board, slots[BOARD])
    boxes = {slot.owner: cast(Inbox, value) for slot, value in slots.items() if slot.kind == "inbox"}
    return Observation(
        "live" if isinstance(header, Header) else "destroyed" if isinstance(header, Destroyed) else "absent",
        len(cast(Acl, slots[ACL])),
        tuple(sorted(cell.name for cell in board if cell.announcement is not None)),
        {cell.name: len(cell.posts) for cell in sorted(board, key=lambda cell: cell.name) if cell.posts},
        {
            name: {lane.sender: len(lane.records) for lane in sorted(box, key=lambda lane: lane.sender)}
            for name, box in sorted(boxes.items())
            if box
        },
        tuple(sorted(slot.owner for slot, value in slots.items() if slot.kind == "life" and value)),
    )
