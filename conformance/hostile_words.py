"""The hostile vectors of what is no field of a record: the object's first words, states, counts, rings, life cells,
journals, and records that lie where they were not left. Every word of the layout's tables is among them.
"""

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

_ALL: Final = (1 << 64) - 1
_RECEIVE: Final = act("bob", "receive", peer="alice")
_ACCEPT: Final = act("bob", "accept", peer="alice")
_EXCHANGE: Final = act("bob", "exchange", peer="alice")
_SEND: Final = act("alice", "send", peer="bob", body="three")
_READ: Final = act("bob", "read", peer="alice")
_REAP: Final = act("bob", "reap", peer="alice")
_RING: Final = "inboxes/bob/alice"


def words() -> dict[str, list[Vector]]:
    """The vectors by the part of the object that they are about."""
    return {
        "geometry": list(_geometry()),
        "state": list(_state()),
        "counts": list(_counts()),
        "rings": list(_rings()),
        "lives": list(_lives()),
        "journals": list(_journals()),
        "moved": list(_moved()),
        "unread": list(_unread()),
    }


def word(place: str, value: int) -> Edit:
    """Store a value in a word."""
    return Edit(place, "put", bytes=(value % (1 << 64)).to_bytes(8, "little").hex())


def _nothing(_: Placed) -> None:
    """It means what it meant."""


def _told(
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


def _last(scene: str) -> Observation:
    return scenes()[scene.replace(" ", "-")].steps[-1].observation


# ---- what is looked at when attaching ----------------------------------------------------------------


def _geometry() -> Iterator[Vector]:
    join, crash = act("bob", "join"), act("alice", "crash")
    refused, unfinished = Seen("rejected", "SEG-STORE-8"), Seen("rejected", "SEG-STORE-7")

    def unattached(name: str, words: str, flags: Sequence[str], edit: Edit, seen: Seen = refused) -> Vector:
        clause = seen.clause or ""
        # Who has attached goes on by what was checked then; who attaches now is refused.
        steps = ((crash, Seen("ok"), NOTHING), (join, seen, None))
        return _told(f"geometry/{name}", words, "granted", flags, (clause,), (edit,), steps)

    place = "header/magic"
    yield unattached(
        "magic/bit-flipped", "a bit of the magic is another", ("bit flipped",), Edit(place, "xor", bytes="01")
    )
    yield unattached(
        "magic/zeroed", "there is no magic: the object is unfinished", ("zeroed",), word(place, 0), unfinished
    )
    yield unattached("magic/greatest", "every bit of the magic is 1", ("greatest",), word(place, _ALL))
    for version in (0, 2, (1 << 32) + 1, _ALL):
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
            ("greatest", _ALL, "greatest"),
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
    yield _told(
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
    at = _last("sent")
    place = "header/state"
    for reader in (_RECEIVE, _SEND):
        who = f"{reader.actor}-{reader.operation}s"
        gone = replace(NOTHING)
        yield _told(
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
        for value in (3, (1 << 32) + 1, _ALL):
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
        cells = [one for one in board if one.name != "alice"] + [replace(mine, posts=posts)]  # type: ignore[arg-type]
        there.slots[BOARD] = tuple(sorted(cells, key=lambda one: one.name))

    return means


def _counts() -> Iterator[Vector]:
    for count in (0, 1, 3, CAPACITY.entries, CAPACITY.entries + 1, (1 << 32) + 2, _ALL):
        flag = "truncated" if count < 2 else "extended" if count <= CAPACITY.entries else "out of range"
        for scene, reader in (("granted", act("bob", "join")), ("joined", act("bob", "review"))):
            yield vector(
                f"counts/entries/is-{count}/{reader.operation}", f"the list counts {count} entries, not 2", scene,
                (flag,), ("SEG-STORE-9",), (word("acl/count", count),), (reader,), _counted(count),
            )  # fmt: skip
    for count in (0, 2, 3, (1 << 32) + 1, _ALL):
        flag = "truncated" if not count else "extended" if count <= CAPACITY.posts else "out of range"
        for reader in (_READ, act("alice", "publish", body="more")):
            yield vector(
                f"counts/posts/is-{count}/{reader.operation}", f"the board counts {count} posts, not 1", "published",
                (flag,), ("SEG-STORE-9",), (word("board/alice/count", count),), (reader,), _posts(count),
            )  # fmt: skip
    place = "board/alice/announced"
    joined, sent = _last("joined"), _last("sent")
    alone = replace(joined, announced=("bob",))
    yield _told(
        "counts/announced/none", "no half is announced", "joined", ("zeroed",), (), (word(place, 0),),
        ((_EXCHANGE, Seen("rejected", "SEG-EXCHANGE-2"), None),), alone,
    )  # fmt: skip
    for half in (2, 3, (1 << 32) + 1, _ALL):
        flag = "redirected" if half == 2 else "out of range"
        edits = (word(place, half),)
        yield _told(
            f"counts/announced/is-{half}/exchange", f"half {half} is announced, where nothing lies", "joined", (flag,),
            (), edits, ((_EXCHANGE, Seen("rejected", "SEG-RECORD-2"), None),),
        )  # fmt: skip
        yield _told(
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
        yield ring(f"{name}/receive", words_, flags, edit, (), _RECEIVE)
        visible = replace(_last("sent"), pending={})
        steps = ((_SEND, Seen("rejected", "SEG-FULL-1"), None),)
        yield _told(f"rings/{name}/send", words_, "sent", flags, ("SEG-STORE-15",), (edit,), steps, visible)

    head, tail = f"{_RING}/head", f"{_RING}/tail"
    # One record was taken, one lies there: head is 1, tail is 2.
    yield ring("head/one-more", "a record is gone", ("cycle",), Edit(head, "add", number=1), (), _RECEIVE)
    yield ring(
        "head/one-less", "the exchange that was taken lies there again", ("cycle", "duplicate"), word(head, 0),
        (exchange, message), _RECEIVE, again, _RECEIVE,
    )  # fmt: skip
    yield ring(
        "head/greatest", "the counters have run over: three records, of two cells", ("greatest", "cycle"),
        word(head, _ALL), (exchange, exchange, message), _RECEIVE, again, again, _RECEIVE,
    )  # fmt: skip
    yield from full("head/beyond-the-tail", "head is beyond tail", ("out of range", "cycle"), word(head, 3))
    yield from full("head/halfway", "head is beyond tail", ("out of range",), word(head, 1 << 63))
    yield ring("tail/one-less", "the ring is empty", ("zeroed",), Edit(tail, "add", number=-1), (), _RECEIVE)
    yield ring(
        "tail/one-more", "a cell that was never written counts", ("extended",), Edit(tail, "add", number=1),
        (message, empty), _RECEIVE, _RECEIVE,
    )  # fmt: skip
    yield ring(
        "tail/two-more", "the ring closes: the exchange that was taken is last", ("extended", "cycle"),
        Edit(tail, "add", number=2), (message, empty, exchange), _RECEIVE, _RECEIVE, again,
    )  # fmt: skip
    yield from full("tail/three-more", "more records than cells", ("out of range", "cycle"), word(tail, 5))
    yield from full("tail/zeroed", "tail is behind head", ("zeroed", "cycle"), word(tail, 0))
    yield from full("tail/greatest", "tail is the greatest number", ("greatest",), word(tail, _ALL))
    yield from full("tail/and-2-to-the-32", "tail is 2 and 2^32", ("out of range",), word(tail, (1 << 32) + 2))


# ---- lives and journals ------------------------------------------------------------------------------


def _lives() -> Iterator[Vector]:
    for name in ("pid", "start time", "namespace"):
        place, slug = f"life/alice/{name}", name.replace(" ", "-")
        for label, value in (("zeroed", 0), ("greatest", _ALL)):
            edits = (word(place, value),)
            yield vector(
                f"lives/{slug}/{label}/living", f"the {name} of a living member is {value}", "joined", ("life", label),
                ("SEG-LIFE-3",), edits, (_REAP,), _nothing,
            )  # fmt: skip
            if name == "namespace":
                yield _told(
                    f"lives/{slug}/{label}/dead", f"a dead member is said to be of the namespace {value}", "dead",
                    ("life", label), ("SEG-LIFE-4",), edits, ((_REAP, Seen("rejected", "SEG-REAP-1"), None),),
                )  # fmt: skip
            else:
                yield vector(
                    f"lives/{slug}/{label}/dead", f"the {name} of a dead member is {value}", "dead", ("life", label),
                    ("SEG-LIFE-3",), edits, (_REAP,), _nothing,
                )  # fmt: skip
    yield vector(
        "lives/pid/of-another", "the pid of a dead member is that of a process which started at another time", "dead",
        ("life",), ("SEG-LIFE-3",), (word("life/alice/pid", 1),), (_REAP,), _nothing,
    )  # fmt: skip


def _journals() -> Iterator[Vector]:
    head, commits = LAYOUT.head(1, 0), LAYOUT.commit(0)
    inbox = 1 << 1

    def entry(journal: str, number: int, offset: int, value: int) -> Edit:
        data = (offset % (1 << 64)).to_bytes(8, "little") + value.to_bytes(8, "little")
        return Edit(f"journals/{journal}/entries/{number}", "put", bytes=data.hex())

    def written(journal: str, slots: tuple[int, int], flips: Sequence[tuple[int, int]], commit: int) -> list[Edit]:
        named = [word(f"journals/{journal}/slots/{k}", bits) for k, bits in enumerate(slots)]
        entries = [entry(journal, k, *flip) for k, flip in enumerate(flips)]
        return [*named, *entries, word(f"commits/commits/{journal}", commit)]

    def discarded(name: str, words_: str, edits: Sequence[Edit], *flags: str) -> Vector:
        clauses = ("SEG-JOURNAL-1", "SEG-JOURNAL-5")
        return vector(f"journals/{name}", words_, "sent", ("journal", *flags), clauses, edits, (_RECEIVE,), _nothing)

    one = 1 << 16 | 1
    purge = ((head, 2),)
    for journal, whose in (("2", "nobody"), ("alice", "a living member"), ("bob", "the reader")):
        slug = whose.replace(" ", "-")
        yield discarded(
            f"no-slots/{slug}", f"a journal of {whose} names no slots", written(journal, (0, 0), purge, one), "zeroed"
        )
        yield discarded(
            f"another-slot/{slug}", f"a journal of {whose} flips a word of a slot that it does not name",
            written(journal, (1 << 1, 0), purge, one),
        )  # fmt: skip
        yield vector(
            f"journals/believed/{slug}", f"a journal of {whose} as honest ones are is finished", "sent",
            ("journal",), ("SEG-JOURNAL-5",), written(journal, (0, inbox), purge, one), (_RECEIVE,),
            lambda there: there.fill("bob", "alice", ()),
        )  # fmt: skip
    for name, words_, slots in (
        ("no-such-inbox", "the inbox of a member that there is not", (0, 1 << 3)),
        ("no-such-slot", "a lock byte that is no slot's", (1 << 3, inbox)),
        ("all-slots", "every lock byte that there could be", (_ALL, _ALL)),
    ):
        yield discarded(f"slots/{name}", f"a journal names {words_}", written("2", slots, purge, one), "out of range")
    for name, words_, commit in (
        ("no-entries", "no entries", 1 << 16),
        ("one-too-many", "one entry more than its table has", 1 << 16 | (CAPACITY.members + 3)),
        ("65535-entries", "65535 entries", 1 << 16 | 65535),
        ("greatest", "every bit of a commit word", _ALL),
    ):
        yield discarded(
            f"commits/{name}", f"a journal has {words_}", written("2", (0, inbox), purge, commit), "out of range"
        )
    for name, words_, offset in (
        ("magic", "the magic", 0),
        ("header", "the header's cell", 128),
        ("record", "a record", LAYOUT.record(1, 0, 1).offset),
        ("unaligned", "an offset that is no word's", head + 1),
        ("between", "padding behind a word", head + 8),
        ("life", "a life cell", LAYOUT.life(0)[0]),
        ("itself", "its own commit word", commits + 16),
        ("its-entries", "its own entries", LAYOUT.journal_entries(2)),
        ("end", "the word behind the object", LAYOUT.total),
        ("halfway", "2^63", 1 << 63),
        ("before", "8 bytes before the object", _ALL - 7),
    ):
        flag = "cycle" if name.startswith("it") else "out of range"
        edits = written("2", (7, inbox), ((offset, 2),), one)
        yield discarded(f"entries/{name}", f"a journal flips {words_}", edits, flag)
    second = written("2", (0, inbox), (*purge, (0, 2)), 1 << 16 | 2)
    yield discarded("entries/second", "the second entry flips the magic: the first is not taken either", second)


# ---- records that lie where they were not left -------------------------------------------------------


def _moved() -> Iterator[Vector]:
    def moved(name: str, words_: str, scene: str, flag: str, edits: Sequence[Edit], *acts: Act) -> Vector:
        return vector(f"moved/{name}", words_, scene, (flag,), ("SEG-STORE-14",), edits, acts)

    def copy(place: str, source: str) -> Edit:
        return Edit(place, "copy", source=source)

    def foreign(place: str) -> Edit:
        return Edit(place, "foreign", source=place)

    header, first, second = "header/header cell", "acl/entry cells/0", "acl/entry cells/1"
    alice, bob = "board/alice/halves/0", "board/bob/halves/0"
    ring, back = f"{_RING}/record cells", "inboxes/alice/bob/record cells"
    post = "board/alice/post cells/0"
    join = act("bob", "join")
    for name, place, scene, reader in (
        ("header/new", header, "granted", join),
        ("header/in-use", header, "sent", _RECEIVE),
        ("entry", second, "granted", join),
        ("new-entry", "acl/entry cells/2", "listed", act("bob", "review")),
        ("announcement", alice, "joined", _EXCHANGE),
        ("exchange", f"{ring}/0", "exchanged", _ACCEPT),
        ("message", f"{ring}/1", "sent", _RECEIVE),
        ("rotation", f"{ring}/1", "rotated", _RECEIVE),
        ("post", post, "published", _READ),
    ):
        words_ = f"{name.partition('/')[0].replace('-', ' ')} of another segment of the same members"
        yield moved(f"foreign/{name}", words_, scene, "foreign segment", (foreign(place),), reader)
    yield moved(
        "header/entry", "an entry in place of the header", "granted", "wrong kind", (copy(header, first),), join
    )
    yield moved(
        "entry/header", "the header in place of an entry", "granted", "wrong kind", (copy(second, header),), join
    )
    yield moved("entry/twice", "the first entry stands twice", "granted", "duplicate", (copy(second, first),), join)
    yield moved("entry/only-second", "the second stands first", "granted", "redirected", (copy(first, second),), join)
    yield moved(
        "announcement/of-another",
        "one's own announcement under another's name",
        "joined",
        "redirected",
        (copy(alice, bob),),
        _EXCHANGE,
    )
    yield moved(
        "announcement/entry",
        "an entry in place of an announcement",
        "joined",
        "wrong kind",
        (copy(alice, second),),
        _EXCHANGE,
    )
    yield moved(
        "exchange/reflected",
        "one's own exchange in one's inbox",
        "crossed",
        "redirected",
        (copy(f"{ring}/0", f"{back}/0"),),
        _ACCEPT,
    )
    yield moved(
        "message/reflected",
        "one's own message in one's inbox",
        "told",
        "redirected",
        (copy(f"{ring}/1", f"{back}/0"),),
        _RECEIVE,
    )
    for name, source in (("header", header), ("entry", first), ("announcement", alice), ("post", post)):
        words_ = f"a record of the kind {name} in an inbox"
        yield moved(f"message/{name}", words_, "told", "wrong kind", (copy(f"{ring}/1", source),), _RECEIVE)
    yield moved("post/message", "a message on the board", "told", "wrong kind", (copy(post, f"{ring}/1"),), _READ)
    yield moved(
        "post/announcement", "an announcement among the posts", "told", "wrong kind", (copy(post, alice),), _READ
    )
    yield moved(
        "message/later-first", "the second message lies in the place of the first too", "sent twice", "duplicate",
        (copy(f"{ring}/1", f"{ring}/2"),), _RECEIVE, _RECEIVE,
    )  # fmt: skip
    yield moved(
        "message/earlier-last", "the first message lies in the place of the second too", "sent twice", "duplicate",
        (copy(f"{ring}/2", f"{ring}/1"),), _RECEIVE, _RECEIVE,
    )  # fmt: skip
    for name, scene, number, reader in (("exchange", "exchanged", 0, _ACCEPT), ("message", "sent", 1, _RECEIVE)):
        edits = (copy(f"{ring}/{number + 1}", f"{ring}/{number}"), Edit(f"{_RING}/tail", "add", number=1))
        yield vector(
            f"moved/{name}/twice", f"the {name} lies there twice", scene, ("duplicate",), (), edits, (reader, reader),
            lambda there: there.fill("bob", "alice", (*there.lane("bob", "alice"),) * 2),
        )  # fmt: skip

    def doubled(there: Placed) -> None:
        cells = cast(store.Board, there.slots[BOARD])
        there.slots[BOARD] = tuple(replace(cell, posts=cell.posts * 2) for cell in cells)

    edits = (copy("board/alice/post cells/1", post), word("board/alice/count", 2))
    yield vector(
        "moved/post/twice",
        "the post stands twice",
        "published",
        ("duplicate",),
        ("SEG-READ-3",),
        edits,
        (_READ,),
        doubled,
    )


def _unread() -> Iterator[Vector]:
    for name, place, scene, reader, clause in (
        ("entry", "acl/entry cells/2", "granted", act("bob", "join"), 17),
        ("half", "board/alice/halves/1", "joined", _EXCHANGE, 16),
        ("record", f"{_RING}/record cells/2", "sent", _RECEIVE, 15),
        ("taken-record", f"{_RING}/record cells/0", "sent", _RECEIVE, 15),
        ("post", "board/alice/post cells/1", "published", _READ, 17),
        ("anothers-record", "inboxes/alice/bob/record cells/0", "sent", _RECEIVE, 15),
    ):
        edits = (Edit(place, "length", number=(1 << 32) - 1),)
        yield vector(
            f"unread/{name}", "what no word leads to has a length beyond all", scene, ("unread", "length"),
            (f"SEG-STORE-{clause}",), edits, (reader,), _nothing,
        )  # fmt: skip
    assert SCENES, "there are scenes"
