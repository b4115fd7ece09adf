"""Every transition of the stash, the table of them, and what they see and give. Who runs them is not known here.

Each takes `at`, the view of its footprint, and gives a Step or Rejected; a rejection changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final, TypeAlias

from lockedroom.reference.crypto.suite import Entropy, Suite
from lockedroom.reference.crypto.terms import Bits
from lockedroom.reference.machine import Effect, Event, Name, Place, Rejected, Role, Slot, Step, Transition
from lockedroom.reference.profile import Profile
from lockedroom.reference.stash import records
from lockedroom.reference.stash.keys import Key
from lockedroom.reference.stash.profile import AUTHENTICATED, FRESH, HARDENED, TOMBSTONES, VERSIONED
from lockedroom.reference.stash.records import LARGEST, NEWEST, TOMBSTONE, VALUE, Record


@dataclass(frozen=True, slots=True)
class Holder:
    """The private state of one who knows a key: the newest record that it has seen, and how often it has written."""

    name: Name
    key: Key
    newest: Record | None = None
    writes: int = 0

    @property
    def seen(self) -> int:
        """The newest version that it has seen, 0 for none."""
        return 0 if self.newest is None else self.newest.version


@dataclass(frozen=True, slots=True)
class Put(Effect):
    """The record replaces what lies there, if anything."""

    record: Record


@dataclass(frozen=True, slots=True)
class Unlink(Effect):
    """Nothing lies there any more."""


@dataclass(frozen=True, slots=True)
class Found(Event):
    """A value was read."""

    version: int
    body: Bits


@dataclass(frozen=True, slots=True)
class Nothing(Event):
    """Nothing has been written, or it was removed (`version` is the removal's)."""

    version: int = 0


@dataclass(frozen=True, slots=True)
class Written(Event):
    """A value was written."""

    version: int


@dataclass(frozen=True, slots=True)
class Removed(Event):
    """The value was removed; `version` is the removal's, 0 where it has none."""

    version: int = 0


@dataclass(frozen=True, slots=True)
class At:
    """The view of a transition's footprint: who performs it, and what lies at the locator of its key."""

    me: Holder
    slot: Slot
    stored: Record | None
    suite: Suite
    fresh: Entropy
    profile: Profile = HARDENED


Result: TypeAlias = "Step[Holder] | Rejected[Holder]"


def read(at: At) -> Result:
    """Read the value (STASH-READ-1 to 4)."""
    me, record = at.me, at.stored
    if record is None:
        if me.newest is not None and at.profile.has(TOMBSTONES):
            return Rejected("STASH-READ-4", f"nothing is there, but version {me.seen} was: not removed by a holder")
        return Step(me, (), (Nothing(),))
    body = records.opened(at.suite, at.profile, me.key, record)
    if body is None:
        return Rejected("STASH-READ-2", "what is there does not open: nobody with this key has written it")
    if _older(at, record):
        return Rejected("STASH-READ-3", _rolled_back(me, record.version))
    me = replace(me, newest=record)
    return Step(me, (), (Found(record.version, body) if record.kind == VALUE else Nothing(record.version),))


def write(at: At, body: Bits, expected: int | None = None) -> Result:
    """Write a value; with `expected`, only over that version, 0 being nothing (STASH-WRITE-1 to 7)."""
    if at.suite.length(body) > LARGEST:
        return Rejected("STASH-WRITE-1", f"{at.suite.length(body)} bytes: a value has {LARGEST} at most")
    there = _version(at)
    if expected is not None:
        if not (at.profile.has(VERSIONED) and at.profile.has(AUTHENTICATED)):
            return Rejected("STASH-WRITE-4", "nothing there says its version in this profile")
        if _older(at, at.stored):
            return Rejected("STASH-WRITE-6", _rolled_back(at.me, there))
        if there != expected:
            return Rejected("STASH-WRITE-5", f"version {there} is there, not {expected}: read it first")
    return _left(at, VALUE, there, body, Written)


def remove(at: At, purge: bool = False) -> Result:
    """Remove the value: leave a sealed removal, or, to `purge`, nothing at all (STASH-REMOVE-1 to 3)."""
    if at.stored is None:
        return Rejected("STASH-REMOVE-1", "nothing is there")
    if purge or not at.profile.has(TOMBSTONES):
        return Step(replace(at.me, newest=None), (Unlink(at.slot),), (Removed(),))
    return _left(at, TOMBSTONE, _version(at), b"", Removed)


def _older(at: At, record: Record | None) -> bool:
    """Whether this comes before the newest record that the holder has seen, or is another one of the same version, such
    as two holders leave when each other's are hidden from them."""
    newest = at.me.newest
    if newest is None or not at.profile.has(VERSIONED):
        return False
    return record is None or record.version < newest.version or (record.version == newest.version and record != newest)


def _rolled_back(me: Holder, there: int) -> str:
    which = "another" if there == me.seen else "but"
    return f"version {there} is there, {which} version {me.seen} was: it was rolled back"


def _version(at: At) -> int:
    """The version of what is there, 0 for nothing and for what does not open."""
    if at.stored is None or records.opened(at.suite, at.profile, at.me.key, at.stored) is None:
        return 0
    return at.stored.version


def _left(at: At, kind: int, there: int, body: Bits, seen: Callable[[int], Event]) -> Result:
    """Leave a record of the next version (STASH-WRITE-2, STASH-WRITE-3)."""
    version = 1 + max(there, at.me.seen) if at.profile.has(VERSIONED) else 0
    if version > NEWEST:
        return Rejected("STASH-WRITE-2", "there are no more versions: purge it")
    fresh = at.fresh.draw("value", at.me.writes) if at.profile.has(FRESH) else b""
    record = records.seal(at.suite, at.profile, at.me.key, kind, version, fresh, body)
    me = replace(at.me, newest=record, writes=at.me.writes + 1)
    return Step(me, (Put(at.slot, record),), (seen(version),))


class Who(Enum):
    """Who may perform a transition."""

    HOLDER = "whoever knows the key"


_ME: Final = Place("holder", Role.SELF)
_VALUE: Final = Place("value", Role.PEER)

TABLE: Final[tuple[Transition, ...]] = (
    Transition(read, Who.HOLDER, (_ME, _VALUE), (_ME,), ("STASH-READ",)),
    Transition(write, Who.HOLDER, (_ME, _VALUE), (_ME, _VALUE), ("STASH-WRITE",)),
    Transition(remove, Who.HOLDER, (_ME, _VALUE), (_ME, _VALUE), ("STASH-REMOVE",)),
)
"""The stash, whole. The peer of its footprints is the locator."""

BY_OPERATION: Final = {transition.operation: transition for transition in TABLE}
