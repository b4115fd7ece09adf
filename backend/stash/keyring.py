"""The kernel's keyring as a store: one key of type `user` for each locator, in the keyring of the user (STASH-RING).

No library that is installed everywhere speaks to it, so system calls are made by number. The kernel replaces a key's
content as a whole, so a reader never sees half of one.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from lockedroom.backend import errors
from lockedroom.backend.crashpoints import Hook, point
from lockedroom.backend.stash import shared
from lockedroom.backend.stash.shared import Object

_NUMBERS: Final = {"x86_64": (248, 250), "aarch64": (217, 219)}
"""add_key and keyctl."""
_USER_KEYRING: Final = -4
_GET_ID, _SETPERM, _DESCRIBE, _UNLINK, _SEARCH, _READ = 0, 5, 6, 9, 10, 11
_MODE: Final = 0x3F3F0000
"""Everything for whoever possesses it and for the same user, nothing for anybody else."""
_PREFIX: Final = "lockedroom-stash:"
_GONE: Final = (errno.ENOKEY, errno.EKEYREVOKED, errno.EKEYEXPIRED, errno.ENOENT)


class Keyring:
    """The user's keyring. `hook` is for tests (`crashpoints`): a system call is one store. Raises NoKeyring where the
    kernel has none for us (STASH-RING-4)."""

    name: Final = "keyring"

    def __init__(self, hook: Hook | None = None) -> None:
        self._hook = hook
        self._library = ctypes.CDLL(None, use_errno=True)
        self._library.syscall.restype = ctypes.c_long
        if platform.machine() not in _NUMBERS:
            raise _none(f"its system calls have no numbers here for {platform.machine()}")
        self._add, self._control = _NUMBERS[platform.machine()]
        try:
            self._ring = self._keyctl(_GET_ID, _USER_KEYRING, 1)
        except OSError as error:
            raise _none(f"the kernel says: {error.strerror}") from None

    def __str__(self) -> str:
        return f"the kernel keyring of user {os.getuid()}, which no other user can reach"

    def read(self, locator: str) -> bytes | None:
        """What lies at a locator, whole; None for nothing (STASH-RING-1, STASH-RING-2)."""
        number = self._find(locator)
        return None if number is None else self._content(number)

    def write(self, locator: str, data: bytes) -> None:
        """Replace what lies at a locator, at once (STASH-RING-2). Raises NoSpace, NotPermitted."""
        name = (_PREFIX + locator).encode()
        try:
            with point(self._hook):
                number = self._call(self._add, b"user", name, data, len(data), self._ring)
            # Each time: whoever made the key may have been killed before it came to this.
            with point(self._hook):
                self._keyctl(_SETPERM, number, _MODE)
        except OSError as error:
            if error.errno == errno.EDQUOT:
                raise errors.NoSpace(
                    "STASH-RING-3",
                    f"the kernel's quota of keys for user {os.getuid()} is full, or {len(data)} bytes exceed it",
                    "remove other keys, see /proc/key-users, or use --store memory",
                ) from None
            if error.errno == errno.EINVAL:
                problem = f"a key of the kernel cannot hold {len(data)} bytes"
                raise errors.NoSpace("STASH-RING-3", problem, "write less") from None
            raise _refused(error, "write") from None

    def remove(self, locator: str) -> None:
        """Let nothing lie at a locator. Raises NotPermitted."""
        number = self._find(locator)
        try:
            if number is not None:
                with point(self._hook):
                    self._keyctl(_UNLINK, number, self._ring)
        except OSError as error:
            if error.errno not in _GONE:
                raise _refused(error, "remove") from None

    def locators(self) -> tuple[str, ...]:
        """Every locator, sorted."""
        raw = self._content(self._ring) or b""
        numbers = (int.from_bytes(raw[at : at + 4], "little", signed=True) for at in range(0, len(raw), 4))
        names = (self._described(number).rpartition(";")[2] for number in numbers)
        return tuple(sorted(name.removeprefix(_PREFIX) for name in names if name.startswith(_PREFIX)))

    @contextmanager
    def locked(self, locator: str, deadline: float) -> Iterator[None]:
        """Exclude every other writer of the tool meanwhile, by a lock that the locator names (STASH-RING-5). Writers
        outside the tool are not excluded. Raises LockTimeout, NotPermitted."""
        with Object.locked(f"{shared.PREFIX}lock-{os.getuid()}.{locator}", deadline, temporary=True):
            yield

    def _find(self, locator: str) -> int | None:
        try:
            return self._keyctl(_SEARCH, self._ring, b"user", (_PREFIX + locator).encode(), 0)
        except OSError as error:
            if error.errno in _GONE:
                return None
            raise _refused(error, "search") from None

    def _content(self, number: int) -> bytes | None:
        size = 1 << 16
        try:
            while True:
                room = ctypes.create_string_buffer(size)
                got = self._keyctl(_READ, number, room, size)
                if got <= size:
                    return room.raw[:got]
                size = got
        except OSError as error:
            if error.errno in _GONE:
                return None
            raise _refused(error, "read") from None

    def _described(self, number: int) -> str:
        room = ctypes.create_string_buffer(4096)
        try:
            got = self._keyctl(_DESCRIBE, number, room, 4096)
        except OSError:
            return ""  # gone since, or nobody's business
        return room.raw[: max(0, got - 1)].decode("ascii", "replace")

    def _keyctl(self, *arguments: int | bytes | ctypes.Array[ctypes.c_char]) -> int:
        return self._call(self._control, *arguments)

    def _call(self, number: int, *arguments: int | bytes | ctypes.Array[ctypes.c_char]) -> int:
        given = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
        result = int(self._library.syscall(ctypes.c_long(number), *given))
        if result < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        return result


class NoKeyring(errors.BackendError):
    """The kernel has no keyring for this process."""

    exit_code = errors.ExitCode.REFUSED


def _none(why: str) -> NoKeyring:
    return NoKeyring("STASH-RING-4", f"there is no kernel keyring for this process ({why})", "use --store memory")


def _refused(error: OSError, what: str) -> errors.NotPermitted:
    said = f"the kernel does not let you {what} this key ({error.strerror})"
    return errors.NotPermitted("STASH-RING-1", said, "ask whoever made it, or use another key file")
