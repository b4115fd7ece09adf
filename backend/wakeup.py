"""Named semaphores: how one member tells another that there is something to look at.

A wake-up carries nothing and promises nothing: a poster can die between its commit and its post, and
anybody may post. So whoever waits looks for itself, after each post and at least once a second (SEG-WAKE-3).
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from collections.abc import Callable
from typing import Final, Self, TypeVar

import posix_ipc

from lockedroom.backend import clauses, errors, forks, regions
from lockedroom.backend.shm import SHARED_MEMORY, object_name

RECHECK: Final = 1.0
"""The longest that a waiter sleeps before it looks again, in seconds."""

_Found = TypeVar("_Found")


def semaphore_name(room: str, member: int) -> str:
    """The POSIX name of a member's semaphore. Raises BadName."""
    return f"{object_name(room)}.{member}"


def create_semaphores(room: str, members: int, mode: int = 0o600) -> None:
    """Make the semaphores of all member indices, 0 posts each. Called by whoever created the room's object
    exclusively: so what stands under these names is left from an earlier room, and is replaced.

    Raises NoSemaphore (SEG-WAKE-1), and then none is left.
    """
    try:
        for member in range(members):
            name = semaphore_name(room, member)
            with contextlib.suppress(posix_ipc.ExistentialError):
                posix_ipc.unlink_semaphore(name)
            posix_ipc.Semaphore(name, posix_ipc.O_CREX, mode=0o600).close()
            path = SHARED_MEMORY / f"sem.{name[1:]}"
            if stat.S_IMODE(path.stat().st_mode) != mode:
                path.chmod(mode)
    except (posix_ipc.Error, OSError) as error:
        with contextlib.suppress(errors.BackendError):
            unlink_semaphores(room)
        raise errors.NoSemaphore(
            clauses.SEMAPHORE,
            f"a semaphore of the room {room} cannot be made ({error})",
            "choose another name: somebody else may have taken this one's semaphores",
        ) from None


def unlink_semaphores(room: str) -> None:
    """Remove the names of all semaphores of the room; those there are not are no error. Before the room's
    object goes, so that its name is free only when they are gone (SEG-WAKE-4). Raises NotPermitted."""
    for member in range(regions.LIMITS["members"][1]):
        try:
            posix_ipc.unlink_semaphore(semaphore_name(room, member))
        except posix_ipc.ExistentialError:
            continue
        except (posix_ipc.PermissionsError, OSError) as error:
            if isinstance(error, OSError) and error.errno not in (errno.EPERM, errno.EACCES):
                raise
            raise errors.NotPermitted(
                clauses.PERMISSION,
                f"the kernel does not let you remove the semaphores of the room {room}",
                "ask their owner",
            ) from None


class Wakeups:
    """The semaphores of one room, each opened when it is first used. After a fork the child's are refused."""

    __slots__ = ("__weakref__", "_forked", "_open", "_room")

    def __init__(self, room: str) -> None:
        self._room: Final = room
        self._open: dict[int, posix_ipc.Semaphore] = {}
        self._forked = False
        forks.register(self)

    def post(self, member: int) -> None:
        """Wake the member, or let it find the post when it next waits (SEG-WAKE-2). Raises NoSemaphore
        (SEG-WAKE-1)."""
        semaphore = self._semaphore(member)
        # One post not yet seen is enough: its waiter looks at everything when it takes it.
        if semaphore.value == 0:
            semaphore.release()

    def wait(self, member: int, deadline: float) -> bool:
        """Sleep until a post to the member (True), or a second, or the deadline in time.monotonic() (False).
        The caller looks for itself after each. Raises NoSemaphore."""
        semaphore = self._semaphore(member)
        end = min(deadline, time.monotonic() + RECHECK)
        while True:
            try:
                semaphore.acquire(max(0.0, end - time.monotonic()))
            except posix_ipc.SignalError:
                continue  # its handler has run; the time that is left is less
            except posix_ipc.BusyError:
                return False
            return True

    def wait_for(self, member: int, look: Callable[[], _Found | None], deadline: float) -> _Found | None:
        """Look, and again after every post to the member and at least once a second, until something is found
        or the deadline has passed (None). It looks once more after the deadline."""
        while (found := look()) is None:
            if time.monotonic() >= deadline:
                return None
            self.wait(member, deadline)
        return found

    def close(self) -> None:
        """Close what was opened; the names stay. May be repeated."""
        while self._open:
            self._open.popitem()[1].close()

    def disown(self) -> None:
        """What `forks` calls in a child."""
        self._forked = True
        self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def _semaphore(self, member: int) -> posix_ipc.Semaphore:
        if self._forked:
            raise errors.Forked(
                clauses.FORK,
                f"the semaphores of the room {self._room} were opened before this process was forked",
                "attach in the child, or start processes by subprocess or spawn",
            )
        if member not in self._open:
            try:
                self._open[member] = posix_ipc.Semaphore(semaphore_name(self._room, member))
            except posix_ipc.ExistentialError:
                problem = "is missing"
            except posix_ipc.PermissionsError:
                problem = "is closed to you by the kernel"
            except (ValueError, OSError) as error:
                problem = f"cannot be opened ({error})"
            else:
                return self._open[member]
            raise errors.NoSemaphore(
                clauses.SEMAPHORE,
                f"the semaphore of member {member} of the room {self._room} {problem}",
                "the room was destroyed or tampered with: its creator can make a new one",
            )
        return self._open[member]


def listed() -> tuple[str, ...]:
    """The names of everything in shared memory, objects and semaphores alike, sorted."""
    return tuple(sorted(os.listdir(SHARED_MEMORY)))
