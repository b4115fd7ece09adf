"""Makes the hostile corpus: every field of every record that a step reads, changed in every way that its type allows.

The fields come from the byte tables, so none is left out; the outcome is what the engine does with what then lies
there. Words and journals, of which an engine knows nothing, are `hostile_words`' part.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from lockedroom.backend.layout import Layout
from lockedroom.conformance.derive import Act, derive
from lockedroom.conformance.edits import Edit, Unplaceable, edited, spans, spot
from lockedroom.conformance.hostile import Step, Vector, write_hostile
from lockedroom.conformance.observation import Observation, Seen
from lockedroom.conformance.placed import Placed
from lockedroom.conformance.schemas import Json
from lockedroom.conformance.trace import Settings, Trace, write_trace
from lockedroom.reference.segment.effects import HEADER
from lockedroom.reference.segment.records import (
    LAYOUTS,
    Announcement,
    Capacity,
    Entry,
    Exchange,
    Header,
    Malformed,
    Message,
    Post,
    Record,
)

ALL: Final[list[Json]] = ["join", "exchange", "send"]
CAPACITY: Final = Capacity(3, 2, 2, 6, 2048)
MEMBERS: Final = ("alice", "bob", "carol")
LAYOUT: Final = Layout(CAPACITY)


def index(name: str) -> int:
    """Where in the room's tables a member stands, or a number stands for."""
    return MEMBERS.index(name) if name in MEMBERS else int(name)


def act(actor: str, operation: str, **arguments: Json) -> Act:
    """One line of a scene."""
    return Act(actor, operation, arguments)


_GRANTED: Final = (act("alice", "create"), act("alice", "grant", subject="bob", key="bob", rights=ALL))
_JOINED: Final = (*_GRANTED, act("alice", "join"), act("bob", "join"))
_ACCEPTED: Final = (*_JOINED, act("alice", "exchange", peer="bob"), act("bob", "accept", peer="alice"))
_ROTATED: Final = (*_ACCEPTED, act("alice", "rotate", peer="bob"))

SCENES: Final[Mapping[str, Sequence[Act]]] = {
    "granted": _GRANTED,
    "joined": _JOINED,
    "dead": (*_JOINED, act("alice", "crash")),
    "listed": (*_JOINED, act("alice", "grant", subject="carol", key="carol", rights=ALL)),
    "exchanged": (*_JOINED, act("alice", "exchange", peer="bob")),
    "crossed": (*_JOINED, act("alice", "exchange", peer="bob"), act("bob", "exchange", peer="alice")),
    "sent": (*_ACCEPTED, act("alice", "send", peer="bob", body="one")),
    "sent twice": (
        *_ACCEPTED,
        act("alice", "send", peer="bob", body="one"),
        act("alice", "send", peer="bob", body="two"),
    ),
    "rotated": _ROTATED,
    "acknowledged": (*_ROTATED, act("bob", "receive", peer="alice"), act("bob", "acknowledge", peer="alice")),
    "published": (*_ACCEPTED, act("alice", "publish", body="for all")),
    "told": (
        *_ACCEPTED,
        act("alice", "send", peer="bob", body="one"),
        act("alice", "publish", body="for all"),
        act("bob", "send", peer="alice", body="two"),
    ),
}
"""What was done before something is written."""


def settings() -> Settings:
    """What the members of every scene are told."""
    seed = hashlib.sha256(b"lockedroom hostile corpus").hexdigest()
    return Settings("lockedroom-trace-1", "segment", "hardened", "LR1", CAPACITY, MEMBERS, seed, "", "scene", {})


@cache
def scenes() -> Mapping[str, Trace]:
    """Every scene as a trace, by the name of its file."""
    return {
        name.replace(" ", "-"): derive(replace(settings(), title=f"scene: {name}"), acts)
        for name, acts in SCENES.items()
    }


@dataclass(frozen=True, slots=True)
class Target:
    """A record that lies in a place at the end of a scene, and who reads it. `few`: it is changed in one way only."""

    name: str
    scene: str
    place: str
    record: type[Record]
    reader: Act
    clauses: tuple[str, ...]
    few: bool = False


_RING: Final = "inboxes/bob/alice/record cells"
TARGETS: Final = (
    Target("header", "granted", "header/header cell", Header, act("bob", "join"), ("SEG-RECORD-3",)),
    Target(
        "header-in-use",
        "sent",
        "header/header cell",
        Header,
        act("bob", "receive", peer="alice"),
        ("SEG-HEADER-4",),
        True,
    ),
    Target("entry", "granted", "acl/entry cells/1", Entry, act("bob", "join"), ("SEG-RECORD-3",)),
    Target("first-entry", "granted", "acl/entry cells/0", Entry, act("bob", "join"), (), True),
    Target("new-entry", "listed", "acl/entry cells/2", Entry, act("bob", "review"), (), True),
    Target("known-entry", "listed", "acl/entry cells/1", Entry, act("bob", "review"), ("SEG-ACL-8",), True),
    Target(
        "announcement",
        "joined",
        "board/alice/halves/0",
        Announcement,
        act("bob", "exchange", peer="alice"),
        ("SEG-RECORD-3",),
    ),
    Target("exchange", "exchanged", f"{_RING}/0", Exchange, act("bob", "accept", peer="alice"), ("SEG-RECORD-3",)),
    Target("message", "sent", f"{_RING}/1", Message, act("bob", "receive", peer="alice"), ("SEG-RECORD-3",)),
    Target("rotation", "rotated", f"{_RING}/1", Message, act("bob", "receive", peer="alice"), (), True),
    Target(
        "acknowledgement",
        "acknowledged",
        "inboxes/alice/bob/record cells/0",
        Message,
        act("alice", "receive", peer="bob"),
        (),
        True,
    ),
    Target("post", "published", "board/alice/post cells/0", Post, act("bob", "read", peer="alice"), ("SEG-RECORD-3",)),
)
"""Every record of the layout, where somebody reads it."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to change something: its name in an id, the flag, and in words."""

    name: str
    flag: str
    words: str
    edit: Edit


def ways(target: Target, data: bytes) -> Iterator[tuple[str, Way]]:
    """Every way to change the record in a place, by field: of the kind byte, of each field, of the whole."""
    place, room = target.place, spot(LAYOUT, target.place, index).cell.room
    flip = Way("bit-flipped", "bit flipped", "one bit is another", Edit(place, "xor", bytes="01"))
    if target.few:
        for field in LAYOUTS[target.record][1]:
            yield field.name, replace(flip, edit=replace(flip.edit, field=field.name))
        yield "record", Way("empty", "truncated", "there is nothing", Edit(place, "put", bytes=""))
        return
    own = LAYOUTS[target.record][0]
    for kind in (0, *(kind for kind, _ in LAYOUTS.values() if kind != own), 7, 255):
        edit = Edit(place, "put", "kind", f"{kind:02x}")
        yield "kind", Way(f"{kind}", "wrong kind", f"it says {kind}", edit)
    for field in LAYOUTS[target.record][1]:
        for way in of_field(place, field.type, flip):
            yield field.name, replace(way, edit=replace(way.edit, field=field.name))
    if target.record is Header:
        for version in (0, 2):
            edit = Edit(place, "put", "version", f"{version:04x}")
            yield "version", Way(f"is-{version}", "old version", f"it says {version}", edit)
    yield "record", Way("empty", "truncated", "there is nothing", Edit(place, "put", bytes=""))
    yield "record", Way("one-byte", "truncated", "only the kind is there", Edit(place, "put", bytes=f"{own:02x}"))
    yield "record", Way("a-byte-more", "extended", "a byte follows", Edit(place, "insert", bytes="00"))
    for name, more in (("one-less", -1), ("one-more", 1)):
        words = f"the cell's length is {name.replace('-', ' ')}"
        yield "length", Way(name, "length", words, Edit(place, "relength", number=more))
    for name, length in (
        ("zero", 0),
        ("the-cell", room),
        ("the-cell-and-one", room + 1),
        ("half-of-all", 1 << 31),
        ("all", (1 << 32) - 1),
    ):
        words = f"the cell's length is {length} of {room}"
        yield "length", Way(name, "length", words, Edit(place, "length", number=length))


def of_field(place: str, wire: str, flip: Way) -> Iterator[Way]:
    """Every way to change a field of that type, beginning with `flip`."""
    yield flip
    yield Way(
        "high-bit-flipped",
        "bit flipped",
        "its highest bit is another",
        Edit(place, "xor", bytes="80" + "00" * _tail(wire)),
    )
    yield Way("zeroed", "zeroed", "all of it is 0", Edit(place, "fill", bytes="00"))
    yield Way("greatest", "greatest", "every bit is 1", Edit(place, "fill", bytes="ff"))
    yield Way("truncated", "truncated", "the record ends one byte before its end", Edit(place, "cut", number=1))
    yield Way("extended", "extended", "a byte follows it", Edit(place, "insert", bytes="00"))
    if wire in ("var", "name", "label", "epoch"):
        most = (1 << 32) - 1 if wire == "var" else 255
        yield Way("length-greatest", "length", f"its length says {most}", Edit(place, "length", number=most))
        few = 1 if wire == "var" else 31
        yield Way("length-other", "length", f"its length says {few}", Edit(place, "length", number=few))
        yield Way("length-zero", "length", "its length says 0", Edit(place, "length", number=0))
    if wire in ("name", "label", "epoch"):
        said = "05" + b"carol".hex()
        other = said if wire != "epoch" else "00000000" + said
        yield Way("other-name", "bit flipped", "it says carol", Edit(place, "put", bytes=other))
        yield Way("no-text", "wrong type", "its last byte is no text", Edit(place, "xor", bytes="80"))


def _tail(wire: str) -> int:
    sizes = {"u8": 0, "u16": 1, "u32": 3, "u64": 7, "bits32": 31, "bits40": 39, "bits64": 63}
    return sizes.get(wire, 1)


def generated() -> dict[str, str]:
    """Every file of the corpus by its name: scenes, and vectors by the part of the object."""
    from lockedroom.conformance.hostile_strays import strays
    from lockedroom.conformance.hostile_words import words

    found = {f"scenes/{name}.json": write_trace(trace) for name, trace in scenes().items()}
    return found | {f"{name}.json": write_hostile(made) for name, made in {**records(), **words(), **strays()}.items()}


def records() -> dict[str, list[Vector]]:
    """The vectors of every target, by its name."""
    return {target.name: list(_of(target)) for target in TARGETS}


def _of(target: Target) -> Iterator[Vector]:
    known = scenes()[target.scene.replace(" ", "-")]
    data = Placed(known.settings, "LR0", known.steps).held(target.place)
    fields = set(spans(data))
    for field, way in ways(target, data):
        try:
            changed, _ = edited(way.edit, data)
        except Unplaceable:
            assert field not in fields, f"{target.name}: {field} is a field of it"
            raise
        if changed == data and "length" not in way.edit.change:
            continue
        said = target.name.replace("-", " ")
        yield vector(
            f"{target.name}/{field.replace('_', '-')}/{way.name}",
            f"{said}, {field.replace('_', ' ')}: {way.words}",
            target.scene,
            (way.flag,),
            target.clauses,
            (way.edit,),
            (target.reader,),
        )


def vector(
    id: str,
    comment: str,
    scene: str,
    flags: Sequence[str],
    clauses: Sequence[str],
    edits: Sequence[Edit],
    acts: Sequence[Act],
    means: Callable[[Placed], None] | None = None,
) -> Vector:
    """A vector whose outcome the engine gives: on what `edits` put into cells, or on what they mean as `means` says."""
    name = scene.replace(" ", "-")
    known = scenes()[name]
    there = Placed(known.settings, "LR0", known.steps)
    if means is not None:
        means(there)
    else:
        for edit in edits:
            _put(there, edit, known)
    before = known.steps[-1].observation
    written = _visible(there)
    steps, last = [], written
    for number, one in enumerate(acts, start=len(known.steps) + 2):
        seen = there.room.act(number, one.actor, one.operation, one.arguments)
        now = _visible(there)
        steps.append(step(one, seen, None if now == last else now))
        last = now
    changed = None if written == before else written
    return Vector(id, comment, name, tuple(flags), tuple(clauses), tuple(edits), tuple(steps), changed)


def step(one: Act, seen: Seen, visible: Observation | None) -> Step:
    """A step of a vector."""
    events = tuple(event for event in seen.events if isinstance(event, dict))
    return Step(one.actor, one.operation, one.arguments, seen.outcome, events, seen.clause, visible)


def _put(there: Placed, edit: Edit, known: Trace) -> None:
    room = spot(LAYOUT, edit.place, index).cell.room
    source = b""
    if edit.source is not None:
        of = there
        if edit.change == "foreign":
            of = Placed(known.settings, "LR0", known.steps, elsewhere=True)
        source = of.held(edit.source)
    data, length = edited(edit, there.held(edit.place), source)
    there.put(edit.place, None if length > room else data.ljust(length, b"\0")[:length])


def _visible(there: Placed) -> Observation:
    seen = there.room.observe()
    return replace(seen, header="live") if isinstance(there.slots[HEADER], Malformed) else seen
