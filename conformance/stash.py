"""The stash in traces: its steps on a stage of values, paths of the explorer as traces, and the corpus made of them.

A trace's `capacity` is that of one record. What is visible of a stash is what lies at its locator, and which version
that says it is (STASH-ADAPTER-2).
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, Literal, cast

from lockedroom.conformance.derive import Act, acted, followed
from lockedroom.conformance.edits import Edit, Unplaceable, edited
from lockedroom.conformance.entropy import Keys
from lockedroom.conformance.observation import NOTHING, Observation, Seen, seen_of
from lockedroom.conformance.schemas import Json, value_of
from lockedroom.conformance.stage import Unsupported
from lockedroom.conformance.trace import INTRUDER, STASH, Settings, Trace
from lockedroom.model import stash as model
from lockedroom.model.explore import explore
from lockedroom.model.report import Path
from lockedroom.reference.crypto.real import LR0, RealSuite
from lockedroom.reference.crypto.terms import Bits, Term
from lockedroom.reference.machine import Action, Name, Outcome, Rejected, Slot, Step
from lockedroom.reference.profile import Profile
from lockedroom.reference.segment.records import Capacity
from lockedroom.reference.stash import records
from lockedroom.reference.stash.keys import Key, generate, locator
from lockedroom.reference.stash.profile import AS_WRITTEN, FRESH, HARDENED, SALTED, SWITCHES, VERSIONED
from lockedroom.reference.stash.records import NONSENSE, TOMBSTONE, VALUE, Record
from lockedroom.reference.stash.transitions import BY_OPERATION, At, Holder, Put

SUITE: Final = RealSuite(LR0)
_BLOCK: Final = 16
"""Bytes of a block of AES."""
Left = Mapping[int, Record | None]
"""What each step of a run left at the locator."""


def keys_of(settings: Settings) -> Keys:
    """Where the key and all that is fresh in a trace come from."""
    return Keys(SUITE, bytes.fromhex(settings.entropy))


def password_of(settings: Settings) -> bytes:
    """The password that a trace's key is made from where nothing salts it."""
    return hashlib.sha256(bytes.fromhex(settings.entropy)).hexdigest().encode()


def key_of(settings: Settings, profile: Profile) -> Key:
    """The key of a trace's holders. A salted one is as good as drawn, and scrypt takes long."""
    fresh = keys_of(settings).fresh("holders", 0)
    if not profile.has(SALTED):
        return generate(SUITE, profile, fresh, password_of(settings))
    return Key(fresh.draw("key"), cast(bytes, fresh.draw("iv"))[:16])


def profile_of(settings: Settings) -> Profile:
    """The profile that a trace is in."""
    return SWITCHES.profiles[settings.profile]


def visible(record: Record | None) -> Observation:
    """What everybody who may read the store sees of a record (STASH-ADAPTER-2)."""
    if record is None:
        return NOTHING
    return replace(NOTHING, header="destroyed" if record.kind == TOMBSTONE else "live", acl=record.version)


def forged(profile: Profile, key: Key, left: Left, arguments: Mapping[str, Json]) -> Record | None:
    """What the intruder puts: nothing, bytes that are no record, a record of a key of its own, one that whoever has the
    holders' `key` can seal (of any version), or one that a step left; that with another version or kind, with a bit
    flipped, or only its first block, and then what another step left. Raises Unsupported for a step that left
    nothing."""
    match arguments["what"]:
        case "nothing":
            return None
        case "junk":
            return Record(NONSENSE, 0, b"", b"")
        case "own":
            mine = Key(b"i" * 32, b"i" * 16)
            found = records.seal(SUITE, profile, mine, VALUE, 1, bytes(32), b"mine")
        case "sealed":
            return records.seal(SUITE, profile, key, VALUE, cast(int, arguments["version"]), bytes(32), b"sealed")
        case _:
            found = _left_by(left, arguments.get("step"))
    if arguments.get("altered") and isinstance(found.sealed, bytes):
        found = replace(found, sealed=bytes([found.sealed[0] ^ 1]) + found.sealed[1:])
    if "spliced" in arguments and isinstance(found.sealed, bytes):
        after = _left_by(left, arguments["spliced"]).sealed
        assert isinstance(after, bytes), "a real suite gives bytes"
        found = replace(found, sealed=found.sealed[:_BLOCK] + after)
    version, kind = cast(int, arguments.get("version", found.version)), cast(int, arguments.get("kind", found.kind))
    return replace(found, version=version, kind=kind)


def _left_by(left: Left, step: Json) -> Record:
    record = left.get(step) if isinstance(step, int) else None
    if record is None:
        raise Unsupported(f"no record was left by {'a step' if step is None else f'step {step}'}")
    return record


RECORD: Final = "record"
"""The place of an edit that is the record at the locator. In shared memory there are more: the words `words/magic` and
`words/commit`, `halves/0`, `halves/1`, and `object`."""
MAGIC: Final = "words/magic"
COMMIT: Final = "words/commit"
HALF: Final = 1 << 15
"""Bytes of a half."""
SEALING: Final = 9 + 32 + 16
"""Bytes of a record more than of its body."""
LONGEST: Final = HALF - 1
"""Bytes of a record, at most, in every store: a key of the kernel holds no more."""


def spans(profile: Profile, data: bytes) -> dict[str, tuple[int, int]]:
    """Where each field of a record begins and ends (STASH-RECORD-1, STASH-RECORD-3)."""
    head = [("kind", 1), ("version", 8)] if profile.has(VERSIONED) else []
    found, at = {}, 0
    for name, size in (*head, *([("fresh", 32)] if profile.has(FRESH) else [])):
        found[name], at = (at, at + size), at + size
    found["sealed"] = (at, len(data))
    return {name: span for name, span in found.items() if span[1] <= len(data)}


def edits_in(arguments: Mapping[str, Json]) -> list[Edit]:
    """What an intruder's `write` says."""
    return [value_of(Edit, one) for one in cast("Sequence[Json]", arguments["edits"])]


def rewritten(profile: Profile, key: Key, left: Left, data: bytes, edit: Edit) -> bytes:
    """The record after an edit: `copy` is of what step N has left (`left/N`), `foreign` a record of another key, `grow`
    puts zeros behind it. Raises Unsupported where there is nothing to edit."""
    if edit.place != RECORD:
        raise Unsupported(f"there is no {edit.place} in a stash of values")
    if edit.change == "grow":
        return data + bytes(edit.number or 0)
    source = b""
    if edit.change in ("copy", "foreign"):
        step = (edit.source or "").removeprefix("left/")
        said: dict[str, Json] = {"what": "record", "step": int(step) if step.isdecimal() else None}
        found = forged(profile, key, left, {"what": "own"} if edit.change == "foreign" else said)
        source = lying(profile, found) or b""
    try:
        return edited(edit, data, source, partial(spans, profile))[0]
    except Unplaceable as why:
        raise Unsupported(str(why)) from None


def lying(profile: Profile, record: Record | None) -> bytes | None:
    """The bytes of a record where it lies."""
    return None if record is None else records.encode(profile, record) or b"\0"


class EngineStash:
    """A stash of nothing but values; see `Stage`. `profile`: another than the settings name."""

    def __init__(self, settings: Settings, profile: Profile | None = None) -> None:
        self._keys = keys_of(settings)
        self._profile = profile or profile_of(settings)
        self._key = key_of(settings, self._profile)
        self._holders: dict[Name, Holder] = {}
        self._data: bytes | None = None
        self._left: dict[int, Record | None] = {}

    def observe(self, room: Name = "") -> Observation:
        """What lies at the locator."""
        return visible(self._stored())

    def act(self, index: int, actor: Name, operation: str, arguments: Mapping[str, Json], room: Name = "") -> Seen:
        """Take one step, the `index`-th of its trace, from 1."""
        if actor == INTRUDER and operation == "write":
            for edit in edits_in(arguments):
                self._data = rewritten(self._profile, self._key, self._left, self._data or b"", edit)
            return Seen("ok")
        if actor == INTRUDER:
            self._data = lying(self._profile, forged(self._profile, self._key, self._left, arguments))
            return Seen("ok")
        if operation == "crash":
            self._holders.pop(actor, None)
            return Seen("ok")
        holder = self._holders.get(actor, Holder(actor, self._key))
        slot = Slot("value", str(locator(SUITE, self._profile, self._key)))
        at = At(holder, slot, self._stored(), SUITE, self._keys.fresh(actor, index), self._profile)
        result = BY_OPERATION[operation.removeprefix(STASH)].run(at, **given(self._keys, arguments))
        assert isinstance(result, Step | Rejected), "a transition returns a Step or Rejected"
        if result.state is not None:
            self._holders[actor] = result.state
        for effect in result.effects:
            self._left[index] = effect.record if isinstance(effect, Put) else None
            self._data = lying(self._profile, self._left[index])
        return seen_of(result, self._keys.text)

    def _stored(self) -> Record | None:
        return None if self._data is None else records.decode(self._profile, self._data)


def given(keys: Keys, arguments: Mapping[str, Json]) -> dict[str, object]:
    """The arguments of a transition from those of a trace's step."""
    return {name: keys.body(cast(str, value)) if name == "body" else value for name, value in arguments.items()}


# ---- traces --------------------------------------------------------------------------------------------

CAPACITY: Final = Capacity(len(model.NAMES), 1, 0, 1, 1 << 15)
"""Of a store: one record, of any length that there is."""


def settings_of(profile: Profile, title: str, source: str, bounds: model.Bounds) -> Settings:
    """What holders are told in a trace of that title, which its key is drawn for."""
    seed = hashlib.sha256(f"lockedroom stash, {profile}, {title}".encode()).hexdigest()
    label: Literal["hardened", "as-written"] = "as-written" if profile == AS_WRITTEN else "hardened"
    about = (CAPACITY, model.NAMES[: bounds.holders], seed, title, source, bounds.to_json())
    return Settings("lockedroom-trace-1", "stash", label, "LR0", *about)


def derived(settings: Settings, path: Path, profile: Profile | None = None) -> Trace:
    """The trace of a path of the explorer. Raises Underivable where the engine does not do with bytes what it did with
    terms."""
    trace = acted(EngineStash(settings, profile), settings, _acts(path))
    return followed(trace, ((taken.action, taken.outcome) for taken in path), range(1, len(path) + 1))


def _acts(path: Path) -> Iterator[Act]:
    """What is done along a path in the words of a trace."""
    left: dict[Bits, tuple[int, Record]] = {}
    versions: dict[Name, int] = {}
    for index, taken in enumerate(path, 1):
        action, writes = taken.action, taken.outcome.writes
        if action.actor == INTRUDER:
            assert writes is not None, "the intruder is never refused"
            arguments = _put(cast("Record | None", writes[0]), left)
        else:
            seen = versions.get(action.actor, 0)
            arguments = {name: _said(name, value, seen) for name, value in action.arguments}
            if writes is not None:
                holder, log = cast(Holder, writes[0]), cast(model.Log, writes[2])
                versions[action.actor] = holder.seen
                if log and log[-1] is not None:
                    left.setdefault(log[-1].sealed, (index, log[-1]))
        yield Act(action.actor, STASH + action.operation, arguments)


def _said(name: str, value: object, seen: int) -> Json:
    return seen if name == "expected" else f"value {model.BODIES.index(cast(Term, value)) + 1}, two blocks"


def _put(wanted: Record | None, left: Mapping[Bits, tuple[int, Record]]) -> dict[str, Json]:
    """The intruder's step in the words of a trace: of a record that a holder left what is other than it was."""
    if wanted is None or wanted.kind == NONSENSE:
        return {"what": "nothing" if wanted is None else "junk"}
    inner = wanted.sealed
    how: dict[str, Json] = {}
    if isinstance(inner, Term) and inner.op in ("altered", "spliced"):
        how = {"altered": True} if inner.op == "altered" else {"spliced": left[cast(Bits, inner.args[1])][0]}
        inner = cast(Bits, inner.args[0])
    if inner not in left:
        return {"what": "own", "version": wanted.version, "kind": wanted.kind}
    step, was = left[inner]
    other = {name: getattr(wanted, name) for name in ("version", "kind") if getattr(wanted, name) != getattr(was, name)}
    return {"what": "record", "step": step, **other, **how}


# ---- the corpus ----------------------------------------------------------------------------------------

_Script = tuple[tuple[Name, str, dict[str, Json]], ...]
_SCRIPTS: Final[Mapping[str, _Script]] = {
    "a value is too large": (("anna", "stash.write", {"body": "x" * (records.LARGEST + 1)}),),
    "a purge is a removal by nobody": (
        ("anna", "stash.write", {"body": "gone"}),
        ("ben", "stash.read", {}),
        ("anna", "stash.remove", {"purge": True}),
        ("anna", "stash.read", {}),
        ("ben", "stash.read", {}),
    ),
    "who was killed remembers nothing": (
        ("anna", "stash.write", {"body": "old"}),
        ("anna", "stash.write", {"body": "new"}),
        (INTRUDER, "stash.put", {"what": "record", "step": 1}),
        ("anna", "stash.read", {}),
        ("anna", "crash", {}),
        ("anna", "stash.read", {}),
    ),
    "versions come to their end": (
        (INTRUDER, "stash.put", {"what": "sealed", "version": records.NEWEST}),
        ("anna", "stash.read", {}),
        ("anna", "stash.write", {"body": "one more"}),
        ("anna", "stash.remove", {}),
    ),
}
"""What bounds do not reach."""
_WRITTEN: Final[Mapping[str, _Script]] = {
    "nothing says its version": (
        ("anna", "stash.write", {"body": "first", "expected": 0}),
        ("anna", "stash.write", {"body": "first"}),
        ("ben", "stash.read", {}),
        ("ben", "stash.remove", {}),
        ("anna", "stash.read", {}),
    ),
    "an older value is as good as the newest": (
        ("anna", "stash.write", {"body": "old"}),
        ("anna", "stash.write", {"body": "new"}),
        (INTRUDER, "stash.put", {"what": "record", "step": 1}),
        ("anna", "stash.read", {}),
        (INTRUDER, "stash.put", {"what": "nothing"}),
        ("anna", "stash.read", {}),
    ),
    "a flipped bit gives another value": (
        ("anna", "stash.write", {"body": "value 1, two blocks"}),
        (INTRUDER, "stash.put", {"what": "record", "step": 1, "altered": True}),
        ("ben", "stash.read", {}),
    ),
}
"""What the description takes, in its own profile."""


def corpus() -> Mapping[str, Trace]:
    """The traces of the corpus by the name of their file, without suffix."""
    found: dict[str, Trace] = {}
    for profile, said, scripts in ((HARDENED, "", _SCRIPTS), (AS_WRITTEN, "as-written ", _WRITTEN)):
        for number, path in enumerate(_paths(profile), start=1):
            last = path[-1].action
            title = f"{said}{number:02d}: {len(path)} steps to {last.actor}'s {last.operation}"
            settings = settings_of(profile, title, f"explored: {model.VERIFY}", model.VERIFY)
            found[f"{said.replace(' ', '-')}{number:02d}-{last.operation}"] = derived(settings, path)
        for title, script in scripts.items():
            settings = settings_of(profile, title, "a script", model.VERIFY)
            found[title.replace(" ", "-")] = acted(EngineStash(settings), settings, (Act(*one) for one in script))
    return found


def _paths(profile: Profile) -> Iterator[Path]:
    """A shortest path to each distinct behaviour, but for those on the way to another: an operation, what lies there in
    relation to what its holder has seen, who left it, and what comes of it."""
    machine = model.stash_subject(model.VERIFY, profile, ()).machine
    shortest = [one.path for one in explore(machine, state_limit=_STATES, apart=_apart).behaviours()]
    steps = {path[:end] for path in shortest for end in range(1, len(path))}
    yield from (path for path in shortest if path not in steps)


def _apart(action: Action, values: tuple[Hashable, ...], outcome: Outcome) -> Hashable:
    """What makes a step another than those before it, beside what comes of it."""
    seen = dict(zip(action.reads, values, strict=True))
    stored, log = cast("Record | None", seen[model.VALUE_SLOT]), cast(model.Log, seen[model.LOG])
    if action.actor == INTRUDER:
        put = cast("Record | None", (outcome.writes or (None,))[0])
        return None if put is None else (put.kind, put in log, stored is None)
    me = cast(Holder, seen[Slot("holder", action.actor)])
    if stored is None or stored not in log:
        return len(action.arguments), stored and stored.kind, me.newest is None
    mine = isinstance(stored.fresh, Term) and stored.fresh.args[0] == me.name
    past = None if me.newest is None else (stored.version > me.seen) - (stored.version < me.seen)
    return len(action.arguments), stored.kind, mine, past, stored == me.newest


_STATES: Final = 5_000
"""How many states are looked at: breadth first, so the same paths are found every time."""
