"""The hostile vectors of words: the object's first ones, states, counts and rings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final, cast

from lockedroom.backend.layout import Layout
from lockedroom.conformance.derive import Act
from lockedroom.conformance.edits import Edit
from lockedroom.conformance.hostile import Vector
from lockedroom.conformance.hostile_make import CAPACITY, LAYOUT, SCENES, act, scenes, step, vector
from lockedroom.conformance.observation import NOTHING, Observation, Seen
from lockedroom.conformance.placed import Placed
from lockedroom.reference.segment import store
from lockedroom.reference.segment.effects import ACL, BOARD, HEADER
from lockedroom.reference.segment.records import Destroyed, Malformed

ALL_BITS: Final = (1 << 64) - 1
RECEIVE: Final = act("bob", "receive", peer="alice")
ACCEPT: Final = act("bob", "accept", peer="alice")
EXCHANGE: Final = act("bob", "exchange", peer="alice")
SEND: Final = act("alice", "send", peer="bob", body="three")
READ: Final = act("bob", "read", peer="alice")
REAP: Final = act("bob", "reap", peer="alice")
RING: Final = "inboxes/bob/alice"


def words() -> dict[str, list[Vector]]:
    """The vectors by the part of the object that they are about."""
    return {
        "geometry": list(_geometry()),
        "state": list(_state()),
        "counts": list(_counts()),
        "rings": list(_rings()),
        "unread": list(_unread()),
    }


def word(place: str, value: int) -> Edit:
    """Store a value in a word."""
    return Edit(place, "put", bytes=(value % (1 << 64)).to_bytes(8, "little").hex())


def nothing(_: Placed) -> None:
    """It means what it meant."""


def told(
    id: str,
    comment: str,
    scene: str,
    flags: Sequence[str],
    clauses: Sequence[str],
    edits: Sequence[Edit],
    steps: Sequence[tuple[Act, Seen, Observation | None]],
    visible: Observation | None = None,
) -> Vector:
    """A vector whose outcome stands here, since no engine sees what it is about."""
    taken = tuple(step(one, seen, after) for one, seen, after in steps)
    return Vector(id, comment, scene.replace(" ", "-"), tuple(flags), tuple(clauses), tuple(edits), taken, visible)


def last(scene: str) -> Observation:
    return scenes()[scene.replace(" ", "-")].steps[-1].observation


# ---- what is looked at when attaching ----------------------------------------------------------------


def _geometry() -> Iterator[Vector]:
    join, crash = act("bob", "join"), act("alice", "crash")
    refused, unfinished = Seen("rejected", "SEG-STORE-8"), Seen("rejected", "SEG-STORE-7")

    def unattached(name: str, words: str, flags: Sequence[str], edit: Edit, seen: Seen = refused) -> Vector:
        clause = seen.clause or ""
        # Who has attached goes on by what was checked then; who attaches now is refused.
        steps = ((crash, Seen("ok"), NOTHING), (join, seen, None))
        return told(f"geometry/{name}", words, "granted", flags, (clause,), (edit,), steps)

    place = "header/magic"
    yield unattached(
        "magic/bit-flipped", "a bit of the magic is another", ("bit flipped",), Edit(place, "xor", bytes="01")
    )
    yield unattached(
        "magic/zeroed", "there is no magic: the object is unfinished", ("zeroed",), word(place, 0), unfinished
    )
    yield unattached("magic/greatest", "every bit of the magic is 1", ("greatest",), word(place, ALL_BITS))
    for version in (0, 2, (1 << 32) + 1, ALL_BITS):
        flags = ("old version",) if version < 3 else ("greatest",)
        yield unattached(
            f"version/is-{version}", f"the layout has version {version}", flags, word("header/version", version)
        )
    for name, value in (
        *((name, int(getattr(CAPACITY, name))) for name in ("members", "quota", "posts", "entries", "record")),
        ("total", LAYOUT.total),
    ):
        # A record that is 8 bytes shorter gives an object of the same size: see below.
        step_ = 64 if name == "record" else 1
        for label, other, flag in (
            ("one-more", value + step_, "geometry"),
            ("one-less", value - step_, "geometry"),
            ("zeroed", 0, "zeroed"),
            ("greatest", ALL_BITS, "greatest"),
            ("and-2-to-the-32", value + (1 << 32), "out of range"),
            ("halfway", 1 << 63, "out of range"),
        ):
            words_ = f"the word {name} says {other}, not {value}"
            yield unattached(f"{name}/{label}", words_, tuple({flag: 0, "geometry": 0}), word(f"header/{name}", other))
    yield unattached(
        "record/one-more-byte", "cells are no multiple of 8", ("geometry",), word("header/record", CAPACITY.record + 1)
    )
    smaller = replace(CAPACITY, record=CAPACITY.record - 8)
    assert Layout(smaller).total == LAYOUT.total, "such an object can be attached"
    yield told(
        "geometry/record/same-size", f"the word record says {smaller.record}, and the size is right", "granted",
        ("geometry",), ("SEG-HEADER-2",), (word("header/record", smaller.record),),
        ((crash, Seen("ok"), None), (join, Seen("rejected", "SEG-HEADER-2"), None)),
    )  # fmt: skip
    for name, more in (
        ("a-byte-longer", 1),
        ("a-page-longer", 4096),
        ("a-byte-shorter", -1),
        ("ends-in-the-header", 1023 - LAYOUT.total),
        ("ends-after-the-magic", 8 - LAYOUT.total),
    ):
        edit = Edit("object", "grow", number=more)
        flag = "extended" if more > 0 else "truncated"
        yield unattached(f"object/{name}", f"the object has {LAYOUT.total + more} bytes", ("geometry", flag), edit)
    edit = Edit("object", "grow", number=-LAYOUT.total)
    yield unattached("object/empty", "the object is empty: unfinished", ("geometry", "truncated"), edit, unfinished)


# ---- states and counts -------------------------------------------------------------------------------


def _state() -> Iterator[Vector]:
    at = last("sent")
    place = "header/state"
    for reader in (RECEIVE, SEND):
        who = f"{reader.actor}-{reader.operation}s"
        gone = replace(NOTHING)
        yield told(
            f"state/absent/{who}",
            "the state says that no header stands",
            "sent",
            ("zeroed",),
            (),
            (word(place, 0),),
            ((reader, Seen("rejected", "SEG-HEADER-1"), None),),
            gone,
        )
        yield vector(
            f"state/destroyed/{who}", "the state says destroyed", "sent", ("bit flipped",), ("SEG-DESTROY-4",),
            (word(place, 2),), (reader,), lambda there: there.slots.__setitem__(HEADER, Destroyed()),
        )  # fmt: skip
        for value in (3, (1 << 32) + 1, ALL_BITS):
            yield vector(
                f"state/is-{value}/{who}", f"the state is {value}", "sent", ("out of range",), (),
                (word(place, value),), (reader,), lambda there: there.slots.__setitem__(HEADER, Malformed("no state")),
            )  # fmt: skip
    assert at.header == "live", "the scene is of a room in use"


def _counted(count: int) -> Callable[[Placed], None]:
    """The list has so many entries; the cells behind those that were written are empty."""

    def means(there: Placed) -> None:
        entries = cast(store.Acl, there.slots[ACL])
        there.slots[ACL] = (
            *entries[:count],
            *[Malformed("an empty cell")] * (min(count, CAPACITY.entries) - len(entries)),
        )

    return means


def _posts(count: int) -> Callable[[Placed], None]:
    def means(there: Placed) -> None:
        board = cast(store.Board, there.slots[BOARD])
        (mine,) = (cell for cell in board if cell.name == "alice")
        posts = (*mine.posts[:count], *[Malformed("an empty cell")] * (min(count, CAPACITY.posts) - len(mine.posts)))
        cells = [one for one in board if one.name != "alice"] + [replace(mine, posts=posts)]  # type: ignore[arg-type] # no post
        there.slots[BOARD] = tuple(sorted(cells, key=lambda one: one.name))

    return means


def _counts() -> Iterator[Vector]:
    for count in (0, 1, 3, CAPACITY.entries, CAPACITY.entries + 1, (1 << 32) + 2, ALL_BITS):
        flag = "truncated" if count < 2 else "extended" if count <= CAPACITY.entries else "out of range"
        for scene, reader in (("granted", act("bob", "join")), ("joined", act("bob", "review"))):
            yield vector(
                f"counts/entries/is-{count}/{reader.operation}", f"the list counts {count} entries, not 2", scene,
                (flag,), ("SEG-STORE-9",), (word("acl/count", count),), (reader,), _counted(count),
            )  # fmt: skip
    for count in (0, 2, 3, (1 << 32) + 1, ALL_BITS):
        flag = "truncated" if not count else "extended" if count <= CAPACITY.posts else "out of range"
        for reader in (READ, act("alice", "publish", body="more")):
            yield vector(
                f"counts/posts/is-{count}/{reader.operation}", f"the board counts {count} posts, not 1", "published",
                (flag,), ("SEG-STORE-9",), (word("board/alice/count", count),), (reader,), _posts(count),
            )  # fmt: skip
    place = "board/alice/announced"
    joined, sent = last("joined"), last("sent")
    alone = replace(joined, announced=("bob",))
    yield told(
        "counts/announced/none", "no half is announced", "joined", ("zeroed",), (), (word(place, 0),),
        ((EXCHANGE, Seen("rejected", "SEG-EXCHANGE-2"), None),), alone,
    )  # fmt: skip
    for half in (2, 3, (1 << 32) + 1, ALL_BITS):
        flag = "redirected" if half == 2 else "out of range"
        edits = (word(place, half),)
        yield told(
            f"counts/announced/is-{half}/exchange", f"half {half} is announced, where nothing lies", "joined", (flag,),
            (), edits, ((EXCHANGE, Seen("rejected", "SEG-RECORD-2"), None),),
        )  # fmt: skip
        yield told(
            f"counts/announced/is-{half}/send", f"half {half} is announced, where nothing lies", "sent", (flag,), (),
            edits, ((act("bob", "send", peer="alice", body="x"), Seen("rejected", "SEG-SEND-3"), None),),
        )  # fmt: skip
    assert sent.announced == ("alice", "bob"), "the scene is of two that have joined"


def _rings() -> Iterator[Vector]:
    there = Placed(scenes()["sent"].settings, "LR0", scenes()["sent"].steps)
    (message,) = there.lane("bob", "alice")
    of = Placed(scenes()["exchanged"].settings, "LR0", scenes()["exchanged"].steps)
    (exchange,) = of.lane("bob", "alice")
    empty, again = Malformed("an empty cell"), act("bob", "accept", peer="alice")

    def ring(name: str, words_: str, flags: Sequence[str], edit: Edit, lane: Sequence[object], *acts: Act) -> Vector:
        def means(there: Placed) -> None:
            there.fill("bob", "alice", lane)

        return vector(f"rings/{name}", words_, "sent", flags, ("SEG-STORE-15",), (edit,), acts, means)

    def full(name: str, words_: str, flags: Sequence[str], edit: Edit) -> Iterator[Vector]:
        """Counters of which no ring has such: there is nothing, and no room."""
        yield ring(f"{name}/receive", words_, flags, edit, (), RECEIVE)
        visible = replace(last("sent"), pending={})
        steps = ((SEND, Seen("rejected", "SEG-FULL-1"), None),)
        yield told(f"rings/{name}/send", words_, "sent", flags, ("SEG-STORE-15",), (edit,), steps, visible)

    head, tail = f"{RING}/head", f"{RING}/tail"
    # One record was taken, one lies there: head is 1, tail is 2.
    yield ring("head/one-more", "a record is gone", ("cycle",), Edit(head, "add", number=1), (), RECEIVE)
    yield ring(
        "head/one-less", "the exchange that was taken lies there again", ("cycle", "duplicate"), word(head, 0),
        (exchange, message), RECEIVE, again, RECEIVE,
    )  # fmt: skip
    yield ring(
        "head/greatest", "the counters have run over: three records, of two cells", ("greatest", "cycle"),
        word(head, ALL_BITS), (exchange, exchange, message), RECEIVE, again, again, RECEIVE,
    )  # fmt: skip
    yield from full("head/beyond-the-tail", "head is beyond tail", ("out of range", "cycle"), word(head, 3))
    yield from full("head/halfway", "head is beyond tail", ("out of range",), word(head, 1 << 63))
    yield ring("tail/one-less", "the ring is empty", ("zeroed",), Edit(tail, "add", number=-1), (), RECEIVE)
    yield ring(
        "tail/one-more", "a cell that was never written counts", ("extended",), Edit(tail, "add", number=1),
        (message, empty), RECEIVE, RECEIVE,
    )  # fmt: skip
    yield ring(
        "tail/two-more", "the ring closes: the exchange that was taken is last", ("extended", "cycle"),
        Edit(tail, "add", number=2), (message, empty, exchange), RECEIVE, RECEIVE, again,
    )  # fmt: skip
    yield from full("tail/three-more", "more records than cells", ("out of range", "cycle"), word(tail, 5))
    yield from full("tail/zeroed", "tail is behind head", ("zeroed", "cycle"), word(tail, 0))
    yield from full("tail/greatest", "tail is the greatest number", ("greatest",), word(tail, ALL_BITS))
    yield from full("tail/and-2-to-the-32", "tail is 2 and 2^32", ("out of range",), word(tail, (1 << 32) + 2))


def _unread() -> Iterator[Vector]:
    for name, place, scene, reader, clause in (
        ("entry", "acl/entry cells/2", "granted", act("bob", "join"), 17),
        ("half", "board/alice/halves/1", "joined", EXCHANGE, 16),
        ("record", f"{RING}/record cells/2", "sent", RECEIVE, 15),
        ("taken-record", f"{RING}/record cells/0", "sent", RECEIVE, 15),
        ("post", "board/alice/post cells/1", "published", READ, 17),
        ("anothers-record", "inboxes/alice/bob/record cells/0", "sent", RECEIVE, 15),
    ):
        edits = (Edit(place, "length", number=(1 << 32) - 1),)
        yield vector(
            f"unread/{name}", "what no word leads to has a length beyond all", scene, ("unread", "length"),
            (f"SEG-STORE-{clause}",), edits, (reader,), nothing,
        )  # fmt: skip
    assert SCENES, "there are scenes"
