"""A stash for real: the engine's transitions on a store, each one atomic step (STASH-STORE)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Final, Protocol

from lockedroom.backend import crashpoints, errors, interrupts
from lockedroom.backend.crashpoints import Hook
from lockedroom.backend.entropy import SystemEntropy
from lockedroom.backend.rounds import Asked, atomic
from lockedroom.backend.stash.keyring import Keyring, NoKeyring
from lockedroom.backend.stash.shared import Memory
from lockedroom.reference.crypto.real import LR0, RealSuite
from lockedroom.reference.crypto.suite import Entropy
from lockedroom.reference.errors import UsageError
from lockedroom.reference.machine import Rejected, Slot, Step, Transition
from lockedroom.reference.profile import Profile
from lockedroom.reference.stash import records
from lockedroom.reference.stash.keys import Key, locator
from lockedroom.reference.stash.profile import HARDENED
from lockedroom.reference.stash.transitions import BY_OPERATION, At, Holder, Put, Result


class Store(Protocol):
    """Where sealed values lie, by their locators (STASH-STORE-1)."""

    @property
    def name(self) -> str:
        """`keyring` or `memory`."""
        ...

    def read(self, locator: str) -> bytes | None:
        """What lies there, whole."""
        ...

    def write(self, locator: str, data: bytes) -> None:
        """Replace it at once, under its lock."""
        ...

    def remove(self, locator: str) -> None:
        """Let nothing lie there, under its lock."""
        ...

    def locators(self) -> tuple[str, ...]:
        """Where anything lies, sorted."""
        ...

    def locked(self, locator: str, deadline: float) -> AbstractContextManager[None]:
        """Exclude every other writer of this tool."""
        ...


def store_of(choice: str, mode: int = 0o600, hook: Hook | None = None) -> Store:
    """The store of that name; of `auto` the keyring where it is to be had and `mode` lets no other user in, else shared
    memory (STASH-STORE-2). `hook` is for tests; without it the environment decides (`crashpoints`). Raises NoKeyring,
    UsageError."""
    hook = hook or crashpoints.from_environment()
    if choice == "memory" or (choice == "auto" and mode != 0o600):
        return Memory(mode, "" if choice == "memory" else "the keyring serves one user", hook)
    if choice not in ("auto", "keyring"):
        raise UsageError(f"no store {choice}: there are keyring and memory")
    try:
        return Keyring(hook)
    except NoKeyring as error:
        if choice == "keyring":
            raise
        return Memory(mode, error.problem, hook)


class Stash:
    """One holder of a key, in this process: it remembers the newest version that it has seen, as long as it lives.
    `fresh` gives where fresh values come from, the system unless told."""

    def __init__(
        self,
        key: Key,
        store: Store,
        profile: Profile = HARDENED,
        *,
        patience: float = 5.0,
        fresh: Callable[[], Entropy] = SystemEntropy,
    ) -> None:
        self._suite = RealSuite(LR0)
        self._profile = profile
        self._patience = patience
        self._fresh = fresh
        self._me = Holder("", key)
        self.store: Final = store
        place = locator(self._suite, profile, key)
        assert isinstance(place, bytes), "a real suite gives bytes"
        self.locator: Final = place.hex()

    def perform(self, operation: str, **arguments: object) -> Result:
        """Take one transition of the table: its Step, committed, or its Rejected, which held at one moment. No crypto
        runs under a lock, but in the last round (STASH-STORE-3). Raises BackendError, UsageError."""
        transition = BY_OPERATION.get(operation)
        if transition is None or not set(arguments) <= set(transition.arguments):
            raise UsageError(f"no operation of a stash: {operation}({', '.join(arguments)})")
        deadline = time.monotonic() + self._patience
        with interrupts.deferred():
            _, result = atomic(
                Asked,
                lambda asked: self._run(transition, asked, arguments),
                lambda _: self.store.locked(self.locator, deadline),
                self._commit,
                deadline,
                lambda: errors.LockTimeout("STASH-STORE-3", "what lies at this locator kept changing", "try again"),
                needed=lambda made: bool(made.effects),
            )
        if result.state is not None:
            self._me = result.state
        return result

    @property
    def seen(self) -> int:
        """The newest version that it has seen, 0 for none."""
        return self._me.seen

    def sealed(self) -> bytes | None:
        """What lies at the locator, as it lies there."""
        return self.store.read(self.locator)

    def _run(self, transition: Transition, asked: Asked, arguments: Mapping[str, object]) -> Result:
        data = asked.ask("stored", self.sealed)
        stored = None if data is None else records.decode(self._profile, data)
        slot = Slot("value", self.locator)
        at = At(self._me, slot, stored, self._suite, self._fresh(), self._profile)
        result = transition.run(at, **arguments)
        assert isinstance(result, Step | Rejected), "a transition returns a Step or Rejected"
        return result

    def _commit(self, _: Asked, result: Result) -> Result:
        for effect in result.effects:
            if isinstance(effect, Put):
                self.store.write(self.locator, records.encode(self._profile, effect.record))
            else:
                self.store.remove(self.locator)
        return result
