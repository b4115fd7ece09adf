"""The stash in traces, for real: an adapter's holder, and the store that a replay is about."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Final, Literal, cast

from lockedroom.backend.errors import BackendError, NoSpace
from lockedroom.backend.stash.engine import Stash, Store, store_of
from lockedroom.backend.stash.shared import PREFIX, Object
from lockedroom.conformance.edits import OBJECT, Edit, edited
from lockedroom.conformance.edits import rewritten as reworded
from lockedroom.conformance.entropy import Keys
from lockedroom.conformance.halting import Halting
from lockedroom.conformance.observation import Observation, Seen, seen_of
from lockedroom.conformance.protocol import Reset
from lockedroom.conformance.schemas import Json
from lockedroom.conformance.stage import Unsupported
from lockedroom.conformance.stash import (
    COMMIT,
    HALF,
    MAGIC,
    RECORD,
    SUITE,
    edits_in,
    forged,
    given,
    key_of,
    lying,
    profile_of,
    rewritten,
    visible,
)
from lockedroom.conformance.trace import STASH, Settings, Trace
from lockedroom.reference.crypto.suite import Entropy
from lockedroom.reference.machine import Name
from lockedroom.reference.profile import Profile
from lockedroom.reference.stash import records
from lockedroom.reference.stash.keys import Key, locator
from lockedroom.reference.stash.profile import SWITCHES
from lockedroom.reference.stash.records import Record

_PLACES: Final = {MAGIC: (0, 8), COMMIT: (8, 8), "halves/0": (16, HALF), "halves/1": (16 + HALF, HALF)}
"""Where in an object a place is (STASH-SHM-1)."""
_PATIENCE: Final = 60.0
"""Seconds that a replay waits for another one of the same trace."""


class StashActor(Halting):
    """One holder in one trace, on the store that `room` names (STASH-ADAPTER-1); see `Actor`. `profile`: another than
    the reset says."""

    def __init__(self, reset: Reset, profile: Profile | None = None) -> None:
        super().__init__()
        self._keys = Keys(SUITE, bytes.fromhex(reset.entropy))
        self._fresh = self._keys.fresh(reset.actor, 0)
        self._name = reset.actor
        self._profile = profile or SWITCHES.profiles[reset.profile]
        key = Key(bytes.fromhex(reset.identity), bytes.fromhex(reset.keys["iv"]))
        self._stash = Stash(key, store_of(reset.room, hook=self.points), self._profile, fresh=self._drawn)

    def act(self, step: int, operation: str, arguments: Mapping[str, object]) -> Seen:
        """See `Actor`."""
        self._fresh = self._keys.fresh(self._name, step)
        wanted = given(self._keys, cast("Mapping[str, Json]", arguments))
        try:
            result = self._stash.perform(operation.removeprefix(STASH), **wanted)
        except BackendError as refused:
            return Seen("rejected", refused.clause, (), refused.problem)
        finally:
            self.points.disarm()
        return seen_of(result, self._keys.text)

    def observe(self) -> Observation:
        """See `Actor`."""
        data = self._stash.sealed()
        return visible(None if data is None else records.decode(self._profile, data))

    def close(self) -> None:
        """See `Actor`."""

    def _drawn(self) -> Entropy:
        return self._fresh


class Ground:
    """The store of one replay, and an intruder who may write to it. Use it as a context manager: before and after,
    nothing lies at the locator, and no other replay of the trace is at work there."""

    def __init__(self, settings: Settings, store: Store, profile: Profile | None = None) -> None:
        self.settings = settings
        self._store = store
        self._profile = profile or profile_of(settings)
        self.key: Final = key_of(settings, self._profile)
        self.place: Final = cast(bytes, locator(SUITE, self._profile, self.key)).hex()
        self.left: dict[int, Record | None] = {}
        self._alone = ExitStack()

    def __enter__(self) -> Ground:
        name = f"{PREFIX}replay-{self._store.name}.{self.place}"
        self._alone.enter_context(Object.locked(name, time.monotonic() + _PATIENCE, temporary=True))
        self._replace(None)
        return self

    def __exit__(self, *exception: object) -> None:
        with self._alone:
            self._replace(None)

    def reset(self, name: Name, directory: str) -> Reset:
        """What a holder is told (STASH-ADAPTER-1)."""
        settings, key = self.settings, self.key
        assert isinstance(key.key, bytes) and isinstance(key.iv, bytes), "a real suite gives bytes"
        about = (settings.protocol, settings.profile, settings.suite, settings.capacity, settings.members)
        fresh = (settings.entropy, key.key.hex(), {"iv": key.iv.hex()}, directory)
        return Reset("reset", *about, name, self._store.name, *fresh)

    def watch(
        self, index: int, room: Name, actor: Name, operation: str, arguments: Mapping[str, Json], events: Sequence[Json]
    ) -> None:
        """Keep a copy of what the step left."""
        if operation == STASH + "read":
            return
        data = self._store.read(self.place)
        self.left[index] = None if data is None else records.decode(self._profile, data)

    def act(self, room: Name, operation: str, arguments: Mapping[str, Json]) -> Seen:
        """Do what an intruder's step says. Raises Unsupported where this store cannot hold it."""
        try:
            if operation == "write":
                for edit in edits_in(arguments):
                    self._edit(edit)
            else:
                self._replace(lying(self._profile, forged(self._profile, self.key, self.left, arguments)))
        except NoSpace as why:
            raise Unsupported(why.problem) from None
        return Seen("ok")

    def close(self) -> None:
        """Nothing is held open."""

    def _edit(self, edit: Edit) -> None:
        """Change the record, or what else there is in shared memory."""
        if edit.place == RECORD or self._store.name != "memory":
            lies = self._store.read(self.place) or b""
            self._replace(rewritten(self._profile, self.key, self.left, lies, edit))
            return
        descriptor = Object.opened(PREFIX + self.place)
        if descriptor is None:
            raise Unsupported("nothing to tamper with")
        with os.fdopen(descriptor, "r+b", buffering=0) as there:
            if edit.place == OBJECT:
                there.truncate(os.fstat(descriptor).st_size + (edit.number or 0))
                return
            at, size = _PLACES[edit.place]
            was = os.pread(descriptor, size, at)
            now = edited(edit, was)[0] if edit.change == "fill" else reworded(edit, was)
            os.pwrite(descriptor, now, at)

    def _replace(self, data: bytes | None) -> None:
        with self._store.locked(self.place, time.monotonic() + _PATIENCE):
            if data is None:
                self._store.remove(self.place)
            else:
                self._store.write(self.place, data)


def stores() -> tuple[Literal["keyring", "memory"], ...]:
    """The stores that there are: the keyring, where there is one, and shared memory."""
    return ("keyring", "memory") if store_of("auto").name == "keyring" else ("memory",)


def on_every_store(traces: Iterable[Trace]) -> list[Trace]:
    """Each trace in each store, as the title says then."""
    several = [(trace.settings, trace, store) for trace in traces for store in stores()]
    return [
        replace(trace, settings=replace(settings, title=f"{settings.title}, in {store}", store=store))
        for settings, trace, store in several
    ]
