"""The hostile vectors of lives and journals, and of records that lie where they were not left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import cast

from lockedroom.conformance.derive import Act
from lockedroom.conformance.edits import Edit
from lockedroom.conformance.hostile import Vector
from lockedroom.conformance.hostile_make import CAPACITY, LAYOUT, act, vector
from lockedroom.conformance.hostile_words import (
    ACCEPT,
    ALL_BITS,
    EXCHANGE,
    READ,
    REAP,
    RECEIVE,
    RING,
    nothing,
    told,
    word,
)
from lockedroom.conformance.observation import Seen
from lockedroom.conformance.placed import Placed
from lockedroom.reference.segment import store
from lockedroom.reference.segment.effects import BOARD


def strays() -> dict[str, list[Vector]]:
    """The vectors by the part of the object that they are about."""
    return {"lives": list(_lives()), "journals": list(_journals()), "moved": list(_moved())}


# ---- lives and journals ------------------------------------------------------------------------------


def _lives() -> Iterator[Vector]:
    for name in ("pid", "start time", "namespace"):
        place, slug = f"life/alice/{name}", name.replace(" ", "-")
        for label, value in (("zeroed", 0), ("greatest", ALL_BITS)):
            edits = (word(place, value),)
            yield vector(
                f"lives/{slug}/{label}/living", f"the {name} of a living member is {value}", "joined", ("life", label),
                ("SEG-LIFE-3",), edits, (REAP,), nothing,
            )  # fmt: skip
            if name == "namespace":
                yield told(
                    f"lives/{slug}/{label}/dead", f"a dead member is said to be of the namespace {value}", "dead",
                    ("life", label), ("SEG-LIFE-4",), edits, ((REAP, Seen("rejected", "SEG-REAP-1"), None),),
                )  # fmt: skip
            else:
                yield vector(
                    f"lives/{slug}/{label}/dead", f"the {name} of a dead member is {value}", "dead", ("life", label),
                    ("SEG-LIFE-3",), edits, (REAP,), nothing,
                )  # fmt: skip
    yield vector(
        "lives/pid/of-another", "the pid of a dead member is that of a process which started at another time", "dead",
        ("life",), ("SEG-LIFE-3",), (word("life/alice/pid", 1),), (REAP,), nothing,
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
        return vector(f"journals/{name}", words_, "sent", ("journal", *flags), clauses, edits, (RECEIVE,), nothing)

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
            ("journal",), ("SEG-JOURNAL-5",), written(journal, (0, inbox), purge, one), (RECEIVE,),
            lambda there: there.fill("bob", "alice", ()),
        )  # fmt: skip
    for name, words_, slots in (
        ("no-such-inbox", "the inbox of a member that there is not", (0, 1 << 3)),
        ("no-such-slot", "a lock byte that is no slot's", (1 << 3, inbox)),
        ("all-slots", "every lock byte that there could be", (ALL_BITS, ALL_BITS)),
    ):
        yield discarded(f"slots/{name}", f"a journal names {words_}", written("2", slots, purge, one), "out of range")
    for name, words_, commit in (
        ("no-entries", "no entries", 1 << 16),
        ("one-too-many", "one entry more than its table has", 1 << 16 | (CAPACITY.members + 3)),
        ("65535-entries", "65535 entries", 1 << 16 | 65535),
        ("greatest", "every bit of a commit word", ALL_BITS),
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
        ("before", "8 bytes before the object", ALL_BITS - 7),
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
    ring, back = f"{RING}/record cells", "inboxes/alice/bob/record cells"
    post = "board/alice/post cells/0"
    join = act("bob", "join")
    for name, place, scene, reader in (
        ("header/new", header, "granted", join),
        ("header/in-use", header, "sent", RECEIVE),
        ("entry", second, "granted", join),
        ("new-entry", "acl/entry cells/2", "listed", act("bob", "review")),
        ("announcement", alice, "joined", EXCHANGE),
        ("exchange", f"{ring}/0", "exchanged", ACCEPT),
        ("message", f"{ring}/1", "sent", RECEIVE),
        ("rotation", f"{ring}/1", "rotated", RECEIVE),
        ("post", post, "published", READ),
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
        EXCHANGE,
    )
    yield moved(
        "announcement/entry",
        "an entry in place of an announcement",
        "joined",
        "wrong kind",
        (copy(alice, second),),
        EXCHANGE,
    )
    yield moved(
        "exchange/reflected",
        "one's own exchange in one's inbox",
        "crossed",
        "redirected",
        (copy(f"{ring}/0", f"{back}/0"),),
        ACCEPT,
    )
    yield moved(
        "message/reflected",
        "one's own message in one's inbox",
        "told",
        "redirected",
        (copy(f"{ring}/1", f"{back}/0"),),
        RECEIVE,
    )
    for name, source in (("header", header), ("entry", first), ("announcement", alice), ("post", post)):
        words_ = f"a record of the kind {name} in an inbox"
        yield moved(f"message/{name}", words_, "told", "wrong kind", (copy(f"{ring}/1", source),), RECEIVE)
    yield moved("post/message", "a message on the board", "told", "wrong kind", (copy(post, f"{ring}/1"),), READ)
    yield moved(
        "post/announcement", "an announcement among the posts", "told", "wrong kind", (copy(post, alice),), READ
    )
    yield moved(
        "message/later-first", "the second message lies in the place of the first too", "sent twice", "duplicate",
        (copy(f"{ring}/1", f"{ring}/2"),), RECEIVE, RECEIVE,
    )  # fmt: skip
    yield moved(
        "message/earlier-last", "the first message lies in the place of the second too", "sent twice", "duplicate",
        (copy(f"{ring}/2", f"{ring}/1"),), RECEIVE, RECEIVE,
    )  # fmt: skip
    for name, scene, number, reader in (("exchange", "exchanged", 0, ACCEPT), ("message", "sent", 1, RECEIVE)):
        edits = (copy(f"{ring}/{number + 1}", f"{ring}/{number}"), Edit(f"{RING}/tail", "add", number=1))
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
        (READ,),
        doubled,
    )
