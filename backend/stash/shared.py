"""POSIX shared memory as a store: one object for each locator, with two halves and a word that says which one counts
(STASH-SHM). Also the lock that an object's name gives, for stores that have none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import Final

import posix_ipc

from lockedroom.backend import errors, ofd, shm
from lockedroom.backend.crashpoints import Hook, point
from lockedroom.backend.locks import attempts

PREFIX: Final = "lockedroom-stash."
_MAGIC: Final = int.from_bytes(b"LKDSTSH1", "little")
_WORD: Final = 8
"""Where the word that commits stands."""
_HEAD: Final = 16
_HALF: Final = 1 << 15
_TOTAL: Final = _HEAD + 2 * _HALF
_LENGTH: Final = (1 << 32) - 1


class Object:
    """A shared-memory object by its descriptor, and whether its name still leads to it."""

    @staticmethod
    def opened(name: str, flags: int = 0, mode: int = 0o600) -> int | None:
        """A descriptor of the object; None where there is none, or one already. Raises NotPermitted (STASH-SHM-4)."""
        try:
            return posix_ipc.SharedMemory(f"/{name}", flags, mode=mode).fd
        except posix_ipc.ExistentialError:
            return None
        except posix_ipc.PermissionsError:
            problem = f"the kernel does not let you use {name}"
            raise errors.NotPermitted("STASH-SHM-4", problem, "ask its owner for permission") from None

    @staticmethod
    @contextmanager
    def locked(name: str, deadline: float, *, mode: int = 0o600, temporary: bool = False) -> Iterator[int]:
        """The object, made where there is none, with its lock held. `temporary`: its name is removed before the lock is
        let go. Raises LockTimeout, NotPermitted (STASH-SHM-3)."""
        for _ in attempts(deadline):
            descriptor = Object.opened(name)
            if descriptor is None:
                descriptor = Object.opened(name, posix_ipc.O_CREX)
                if descriptor is None:
                    continue
                os.fchmod(descriptor, mode)
            try:
                # Who waited may have the lock of an object that has been removed meanwhile.
                if ofd.try_lock(descriptor, 0, ofd.EXCLUSIVE) and shm.names(name, descriptor):
                    try:
                        yield descriptor
                    finally:
                        if temporary:
                            posix_ipc.unlink_shared_memory(f"/{name}")
                    return
            finally:
                os.close(descriptor)
        problem = "somebody else kept the lock of this locator until the deadline"
        raise errors.LockTimeout("STASH-SHM-3", problem, "try again; if it lasts, a writer is stopped")


class Memory:
    """Shared memory. `mode` is that of objects made here: 0o600 is this user alone, 0o666 every user. `hook` is for
    tests (`crashpoints`)."""

    name: Final = "memory"

    def __init__(self, mode: int = 0o600, why: str = "", hook: Hook | None = None) -> None:
        self._mode = mode
        self._hook = hook
        self._why = why
        self._held: dict[tuple[int, str], int] = {}

    def __str__(self) -> str:
        who = "this user" if self._mode == 0o600 else "other users too"
        return f"POSIX shared memory, for {who} (mode {self._mode:o})" + (f", since {self._why}" if self._why else "")

    def read(self, locator: str) -> bytes | None:
        """What lies at a locator, whole; None for nothing, no bytes for what is none of ours (STASH-SHM-1 to 2).
        Raises NotPermitted."""
        descriptor = Object.opened(PREFIX + locator)
        if descriptor is None:
            return None
        try:
            size = os.fstat(descriptor).st_size
            if size != _TOTAL:
                return b"" if size else None  # made, and nothing written yet
            with _Mapped(descriptor, _TOTAL) as mapped:
                return mapped.content()
        finally:
            os.close(descriptor)

    def write(self, locator: str, data: bytes) -> None:
        """Replace what lies at a locator, under its lock (STASH-SHM-2). Raises NoSpace, MalformedObject."""
        if len(data) > _HALF:
            raise errors.NoSpace("STASH-SHM-5", f"{len(data)} bytes do not fit a half of {_HALF}", "write less")
        descriptor = self._held[get_ident(), locator]
        size = os.fstat(descriptor).st_size
        if size not in (0, _TOTAL):
            problem = f"the object at this locator has {size} bytes, not {_TOTAL}"
            raise errors.MalformedObject("STASH-SHM-1", problem, "it is none of ours: remove --purge it")
        if not size:
            with point(self._hook):
                shm.allocate(descriptor, _TOTAL, "STASH-SHM-5", "free some of /dev/shm")
        with _Mapped(descriptor, _TOTAL, self._hook) as mapped:
            mapped.replace(data)

    def remove(self, locator: str) -> None:
        """Let nothing lie at a locator, under its lock. Raises NotPermitted."""
        try:
            with point(self._hook):
                posix_ipc.unlink_shared_memory(f"/{PREFIX}{locator}")
        except posix_ipc.ExistentialError:
            return
        except OSError as error:  # the sticky bit of the directory, or posix_ipc's own
            problem = f"the kernel does not let you remove it ({error})"
            raise errors.NotPermitted("STASH-SHM-4", problem, "ask its owner") from None

    def locators(self) -> tuple[str, ...]:
        """Every locator, sorted."""
        names = (name.removeprefix(PREFIX) for name in os.listdir(shm.SHARED_MEMORY) if name.startswith(PREFIX))
        return tuple(sorted(name for name in names if len(name) == 64))

    @contextmanager
    def locked(self, locator: str, deadline: float) -> Iterator[None]:
        """Exclude every other writer meanwhile (STASH-SHM-3). Raises LockTimeout, NotPermitted."""
        with Object.locked(PREFIX + locator, deadline, mode=self._mode) as descriptor:
            self._held[get_ident(), locator] = descriptor
            try:
                yield
            finally:
                del self._held[get_ident(), locator]


class _Mapped(shm.Mapped):
    """An object's mapping while it is used: a magic word, the word that commits, two halves (STASH-SHM-1)."""

    __slots__ = ()

    def content(self) -> bytes | None:
        """What the committed half holds. Read again when it was replaced meanwhile."""
        while True:
            word = self.load(_WORD)
            length, at = word & _LENGTH, _HEAD + (word >> 32 & 1) * _HALF
            magic = self.load(0)
            if magic != _MAGIC or length > _HALF:
                return b"" if word or magic else None
            found = self.read(at, length)
            if self.load(_WORD) == word:
                return found if length else None

    def replace(self, data: bytes) -> None:
        """Fill the half that does not count, and let it count, in one store of 8 bytes."""
        count = ((self.load(_WORD) >> 32) + 1) & _LENGTH
        self.write(_HEAD + (count & 1) * _HALF, data)
        self.store(0, _MAGIC)
        self.store(_WORD, count << 32 | len(data))
