"""Makes the stash's hostile corpus: every field of a record changed in every way that its type allows, records put
where others lay, parts of two in one; and, in shared memory, the words and halves of the object.

Of records the outcome is the engine's. Of words it is the engine's on the record that they say, as the chapter has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Final

from lockedroom.conformance.derive import Act, acted
from lockedroom.conformance.edits import OBJECT, Edit
from lockedroom.conformance.hostile import Vector, write_hostile
from lockedroom.conformance.hostile_make import Way, act, of_field, step
from lockedroom.conformance.observation import Seen
from lockedroom.conformance.schemas import Json, json_of
from lockedroom.conformance.stash import COMMIT, HALF, LONGEST, MAGIC, RECORD, SEALING, EngineStash, settings_of
from lockedroom.conformance.trace import INTRUDER, Trace, write_trace
from lockedroom.model.stash import VERIFY
from lockedroom.reference.stash.profile import HARDENED
from lockedroom.reference.stash.records import LARGEST

_OLD: Final = (act("anna", "stash.write", body="first"), act("ben", "stash.read"))
_NEW: Final = (*_OLD, act("anna", "stash.write", body="again"), act("ben", "stash.read"))
SCENES: Final[Mapping[str, Sequence[Act]]] = {
    "read": _NEW,
    "unread": (act("anna", "stash.write", body="first"), act("anna", "stash.write", body="again")),
    "removed": (*_OLD, act("anna", "stash.remove"), act("ben", "stash.read")),
}
"""What was done before something is written. Values are equally long, so that what names the other half names another
record. Where ben has read, he has seen the second version."""
FIELDS: Final = {"kind": "u8", "version": "u64", "fresh": "bits32", "sealed": "sealed"}
"""The fields of a record, and what they are."""
_SIZE: Final = SEALING + len("again")
_READ: Final = act("ben", "stash.read")
_THEN: Final = (
    _READ,
    act("ben", "stash.write", body="if it is as it was", expected=2),
    act("ben", "stash.write", body="mended"),
    act("anna", "stash.read"),
)
"""What is done then: what does not open is refused, is no version to write over, and can be replaced."""
_PURGED: Final = (
    *_THEN[:3],
    act("ben", "stash.remove"),
    act("ben", "stash.remove", purge=True),
    act("anna", "stash.read"),
    act("anna", "stash.write", body="mended"),
    _READ,
)
"""And where the object is of another size: it must be purged first."""
_ODD: Final = Seen("rejected", "STASH-SHM-1")
_JUNK: Final[dict[str, Json]] = {"what": "junk"}
_GONE: Final[dict[str, Json]] = {"what": "nothing"}


@cache
def scenes() -> Mapping[str, Trace]:
    """Every scene as a trace, by the name of its file."""
    found = {}
    for name, acts in SCENES.items():
        settings = settings_of(HARDENED, f"scene: {name}", "scene", VERIFY)
        found[name] = acted(EngineStash(settings), settings, acts)
    return found


def generated() -> dict[str, str]:
    """Every file of the corpus by its name: scenes, and vectors by where they write."""
    found = {f"scenes/{name}.json": write_trace(trace) for name, trace in scenes().items()}
    made = {"record": _records(), "other": _others(), "object": _objects()}
    return found | {f"{name}.json": write_hostile(list(vectors)) for name, vectors in made.items()}


def _vector(
    id: str,
    comment: str,
    flags: Sequence[str],
    edits: Sequence[Edit],
    *,
    scene: str = "read",
    clauses: Sequence[str] = ("STASH-RECORD-2",),
    acts: Sequence[Act] = _THEN,
    means: Mapping[str, Json] | None = None,
    odd: bool = False,
) -> Vector:
    """A vector whose outcome the engine gives: on what `edits` make of the record, or on what they mean, an intruder's
    `stash.put`. `odd`: the object's size is another, so nothing can be written until it is purged."""
    known, stage, at = scenes()[scene], EngineStash(scenes()[scene].settings), len(SCENES[scene])
    for number, one in enumerate(SCENES[scene], start=1):
        stage.act(number, one.actor, one.operation, one.arguments)
    written: dict[str, Json] = {"edits": json_of(tuple(edits))}
    stage.act(at + 1, INTRUDER, "stash.put" if means else "write", means or written)
    before = last = stage.observe()
    steps = []
    for number, one in enumerate(acts, start=at + 2):
        odd = odd and "purge" not in one.arguments
        stored = one.operation != "stash.read" and "expected" not in one.arguments
        seen = _ODD if odd and stored else stage.act(number, one.actor, one.operation, one.arguments)
        now = stage.observe()
        steps.append(step(one, seen, None if now == last else now))
        last = now
    changed = None if before == known.steps[-1].observation else before
    return Vector(id, comment, scene, tuple(flags), tuple(clauses), tuple(edits), tuple(steps), changed)


def _records() -> Iterator[Vector]:
    """Every field of the record that lies there: of a value, and of a tombstone."""
    flip = Way("bit-flipped", "bit flipped", "one bit is another", Edit(RECORD, "xor", bytes="01"))
    for scene, said, other in (("read", "value", 2), ("removed", "tombstone", 1)):
        for field, wire in FIELDS.items():
            for way in of_field(RECORD, wire, flip):
                if (field, way.name) == ("kind", "truncated"):
                    continue  # nothing would lie there
                edit = replace(way.edit, field=field)
                words = f"a {said}, {field}: {way.words}"
                yield _vector(f"{said}/{field}/{way.name}", words, (way.flag,), (edit,), scene=scene)
        for kind in (other, 3, 128):
            edit = Edit(RECORD, "put", "kind", f"{kind:02x}")
            yield _vector(f"{said}/kind/{kind}", f"a {said} that says {kind}", ("wrong kind",), (edit,), scene=scene)
    for name, words, number in (("no-tag", "its tag is missing", 16), ("half-a-tag", "half of its tag is missing", 8)):
        yield _vector(f"value/{name}", words, ("truncated",), (Edit(RECORD, "cut", number=number),))
    for name, edit in (
        ("the-kind", Edit(RECORD, "cut", "kind", number=0)),
        ("no-fresh-bytes", Edit(RECORD, "cut", "version", number=0)),
        ("nothing-sealed", Edit(RECORD, "cut", "fresh", number=0)),
    ):
        yield _vector(f"value/{name}", f"it ends early: {name.replace('-', ' ')}", ("truncated",), (edit,))
    for name, size in (("as-long-as-a-value-may-be", LARGEST + SEALING), ("longer-than-any-value", LONGEST)):
        edit = Edit(RECORD, "grow", number=size - _SIZE)
        yield _vector(f"value/{name}", f"zeros follow, {size} bytes in all", ("extended", "length"), (edit,))


def _others() -> Iterator[Vector]:
    """A record that lay there before, or that another key has sealed, and parts of it in the one that lies there."""
    old = Edit(RECORD, "copy", source="left/1")
    for scene, words in (
        ("read", "has seen the newer"),
        ("unread", "has seen neither"),
        ("removed", "saw the removal"),
    ):
        yield _vector(
            f"rolled-back/{scene}",
            f"the older value lies there again, before a holder who {words}",
            ("rolled back",),
            (old,),
            scene=scene,
            clauses=("STASH-READ-3",),
        )
    other = Edit(RECORD, "foreign")
    for name, edit, fields in (
        ("older", old, ("version", "fresh", "sealed")),
        ("other-key", other, ("fresh", "sealed")),
    ):
        for field in fields:
            words = f"the {field} is that of {'the older value' if edit is old else 'a record of another key'}"
            clauses = ("STASH-SEAL-4",) if field == "version" else ("STASH-SEAL-1", "STASH-SEAL-2")
            parts = (replace(edit, field=field),)
            yield _vector(f"spliced/{name}-{field}", words, ("spliced",), parts, clauses=clauses)
    yield _vector(
        "other-key",
        "a record that another key has sealed",
        ("foreign key",),
        (other,),
        clauses=("STASH-READ-2",),
    )


def _word(place: str, value: int) -> Edit:
    return Edit(place, "put", bytes=value.to_bytes(8, "little").hex())


def _objects() -> Iterator[Vector]:
    """The words and halves of an object in shared memory, and its size."""
    second = 2 << 32

    def told(
        name: str, words: str, flag: str, *edits: Edit, means: dict[str, Json] = _JUNK, odd: bool = False
    ) -> Vector:
        acts = _PURGED if odd else _THEN
        return _vector(name, words, (flag,), edits, clauses=("STASH-SHM-1",), acts=acts, means=means, odd=odd)

    yield told("magic/bit-flipped", "one bit of the magic is another", "bit flipped", Edit(MAGIC, "xor", bytes="01"))
    yield told("magic/zeroed", "the magic is 0", "zeroed", _word(MAGIC, 0))
    yield told("magic/greatest", "every bit of the magic is 1", "greatest", Edit(MAGIC, "put", bytes="ff" * 8))
    for version in (0, 2):
        magic = int.from_bytes(f"LKDSTSH{version}".encode(), "little")
        yield told(
            f"magic/is-{version}", f"the magic is that of a version {version}", "old version", _word(MAGIC, magic)
        )
    yield told("never-written", "both words are 0", "zeroed", _word(MAGIC, 0), _word(COMMIT, 0), means=_GONE)
    yield told("commit/zeroed", "the commit word is 0", "zeroed", _word(COMMIT, 0), means=_GONE)
    yield told("commit/no-length", "it says a length of 0", "zeroed", _word(COMMIT, second), means=_GONE)
    for name, length in (("a-byte-too-long", HALF + 1), ("half-of-all", 1 << 31), ("all", (1 << 32) - 1)):
        words = f"its length is {length}, of {HALF}"
        yield told(f"commit/length/{name}", words, "out of range", _word(COMMIT, second | length))
    yield told("commit/greatest", "every bit of it is 1", "greatest", Edit(COMMIT, "put", bytes="ff" * 8))
    for name, more in (("one-less", -1), ("one-more", 1), ("the-half", HALF - _SIZE)):
        edit = Edit(RECORD, "grow", number=more) if more > 0 else Edit(RECORD, "cut", number=-more)
        words = f"its length is {name.replace('-', ' ')}"
        yield replace(
            _vector(f"commit/length/{name}", words, ("length",), (edit,), clauses=("STASH-SHM-1",)),
            edits=(Edit(COMMIT, "add", number=more),),
        )
    same: dict[str, Json] = {"what": "record", "step": 3}
    older: dict[str, Json] = {"what": "record", "step": 1}
    for name, count, means in (
        ("one-less", 1, older),
        ("one-more", 3, older),
        ("zeroed", 0, same),
        ("two-more", 4, same),
        ("the-last", (1 << 32) - 1, older),
        ("the-last-but-one", (1 << 32) - 2, same),
    ):
        flag = "rolled back" if means is older else "unread"
        words = f"it counts {count} records, which names the {'other' if means is older else 'same'} half"
        yield told(f"commit/count/{name}", words, flag, _word(COMMIT, count << 32 | _SIZE), means=means)
    yield told(
        "halves/other",
        "the half that does not count is no record",
        "unread",
        Edit("halves/1", "fill", bytes="ff"),
        means=same,
    )
    yield told(
        "halves/behind", "bytes behind the record are others", "unread", Edit("halves/0", "xor", bytes="01"), means=same
    )
    yield told("halves/zeroed", "the half that counts is empty", "zeroed", Edit("halves/0", "fill", bytes="00"))
    whole = 16 + 2 * HALF
    for name, more in (
        ("a-byte-longer", 1),
        ("a-page-longer", 4096),
        ("a-byte-shorter", -1),
        ("one-half", -HALF),
        ("only-the-words", 16 - whole),
        ("only-the-magic", 8 - whole),
    ):
        yield told(
            f"size/{name}",
            f"the object has {whole + more} bytes",
            "geometry",
            Edit(OBJECT, "grow", number=more),
            odd=True,
        )
    yield told("size/none", "the object has no bytes", "geometry", Edit(OBJECT, "grow", number=-whole), means=_GONE)
