"""A store and what goes with it: locks, journals, life locks, semaphores; attached to a room, or made with it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Final

from lockedroom.backend import rooms, shm, wakeup
from lockedroom.backend.crashpoints import Hook
from lockedroom.backend.journal import Journals
from lockedroom.backend.life import Lives
from lockedroom.backend.locks import Locks, Mode
from lockedroom.backend.process import Process
from lockedroom.backend.regions import ACL, HEADER
from lockedroom.backend.segment.memory import Memory
from lockedroom.reference.segment.records import Capacity


class Attached:
    """An open store as the process `me` uses it, until `close`."""

    __slots__ = ("journals", "lives", "memory", "store", "wakeups")

    def __init__(self, opened: shm.Store, me: Process) -> None:
        self.store: Final = opened
        self.memory: Final = Memory(opened)
        self.journals: Final = Journals(opened, Locks(opened))
        self.lives: Final = Lives(opened, self.journals, me)
        self.wakeups: Final = wakeup.Wakeups(opened.room)

    def close(self) -> None:
        """Let go of everything, life lock included. May be repeated."""
        self.wakeups.close()
        self.store.close()


@contextlib.contextmanager
def made(
    room: str, capacity: Capacity, mode: int, me: Process, hook: Hook | None, deadline: float
) -> Iterator[Attached]:
    """A new object with its semaphores, its state still absent; all of it goes again when the block fails. The locks of
    header and list are held from before the object is whole to the end of the block (SEG-STORE-7).

    Raises as `shm.create`, and NoSemaphore, LockTimeout.
    """
    attached = Attached(shm.create(room, capacity, mode=mode, hook=hook, hold=True), me)
    try:
        with attached.journals.locked({HEADER: Mode.EXCLUSIVE, ACL: Mode.EXCLUSIVE}, deadline):
            try:
                wakeup.create_semaphores(room, capacity.members, mode)
                yield attached
            except BaseException:
                rooms.withdraw(attached.store)
                raise
    except BaseException:
        attached.close()
        raise
