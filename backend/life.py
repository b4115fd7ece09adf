"""Who is alive: life locks, and what can be told of a process that does not hold its own.

A member holds its life lock from before it joins until it has left. Dead means that the lock is free and,
where the process that took it last can be seen, that it runs no more. Never by pid alone, and nothing that
the life cell says makes a holder of the lock dead.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from lockedroom.backend import clauses, layout, ofd
from lockedroom.backend.errors import Occupied, Removed
from lockedroom.backend.journal import Journals, Recovery
from lockedroom.backend.process import Process, exists, status_of
from lockedroom.backend.shm import Store


class Liveness(Enum):
    """What can be told of a member; UNKNOWN means that this process is not the one to tell."""

    ALIVE = "alive"
    DEAD = "dead"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a member lives, and from what that follows, in words for a message."""

    liveness: Liveness
    reason: str


class Lives:
    """The life locks of one store, as the process `me` sees and takes them."""

    __slots__ = ("_journals", "_me", "_mine", "_store")

    def __init__(self, store: Store, journals: Journals, me: Process) -> None:
        self._store: Final = store
        self._journals: Final = journals
        self._me: Final = me
        self._mine: set[int] = set()

    def acquire(self, member: int, deadline: float) -> Recovery | None:
        """Take the member's life lock, and with it its journal; say in its life cell who has it (SEG-LIFE-5).

        Finishes what an earlier holder committed (gives what became of that): the journal is clear afterwards
        (SEG-JOURNAL-7).
        Raises Occupied (SEG-LIFE-1) at once when another process, or another attachment of this one, has the
        lock, Removed (SEG-LIFE-7) when the room's name leads to this object no more, and LockTimeout, holding nothing.
        The caller holds no slots.
        """
        if member in self._mine or not ofd.try_lock(self._store.descriptor, layout.life(member), ofd.EXCLUSIVE):
            raise self._occupied(member) if self._store.named else self._removed()
        try:
            # Whoever collects the room holds this lock while it removes the name: from here on it stays.
            if not self._store.named:
                raise self._removed()
            recovery = self._journals.recover(member, deadline)
            pid, start_time, namespace = self._store.layout.life(member)
            self._store.store(pid, 0)
            self._store.store(start_time, self._me.start_time)
            self._store.store(namespace, self._me.namespace)
            self._store.store(pid, self._me.pid)
        except BaseException:
            ofd.unlock(self._store.descriptor, layout.life(member))
            raise
        self._mine.add(member)
        return recovery

    def release(self, member: int) -> None:
        """Let go of a life lock that `acquire` took; of any other is no error. The cell is emptied first: who
        left by itself is nobody's to find dead (SEG-LIFE-5)."""
        if self.holds(member):
            self._store.store(self._store.layout.life(member)[0], 0)
            ofd.unlock(self._store.descriptor, layout.life(member))
        self._mine.discard(member)

    def holds(self, member: int) -> bool:
        """Whether this store holds the member's life lock."""
        return member in self._mine and self._store.usable

    def verdict(self, member: int) -> Verdict:
        """Whether the member lives: dead when its lock is free and its process, if one is named, runs no more
        (SEG-LIFE-3); UNKNOWN where this process cannot see that one (SEG-LIFE-4). Stable only while the board's lock is
        held, since joining needs that."""
        if self.holds(member):
            return Verdict(Liveness.ALIVE, "it is held here")
        if ofd.held_elsewhere(self._store.descriptor, layout.life(member)):
            return Verdict(Liveness.ALIVE, "its life lock is held")
        pid, start_time, namespace = map(self._store.load, self._store.layout.life(member))
        if pid == 0:
            return Verdict(Liveness.DEAD, "its life lock is free, and no process is named")
        if namespace != self._me.namespace:
            return Verdict(Liveness.UNKNOWN, "it ran in another pid namespace")
        if not exists(pid):
            return Verdict(Liveness.DEAD, f"its life lock is free, and there is no process {pid}")
        status = status_of(pid)
        if status is None:
            # It may have ended between the two questions, or /proc may hide it from us.
            if exists(pid):
                return Verdict(Liveness.UNKNOWN, f"the process {pid} is hidden from this one")
            return Verdict(Liveness.DEAD, f"its life lock is free, and there is no process {pid}")
        if status.ended or status.start_time != start_time:
            return Verdict(Liveness.DEAD, f"its life lock is free, and its process {pid} has ended")
        return Verdict(Liveness.ALIVE, f"its process {pid} still runs")

    def is_dead(self, member: int) -> bool | None:
        """True or False; None where this process cannot tell (then nobody reaps from here)."""
        liveness = self.verdict(member).liveness
        return None if liveness is Liveness.UNKNOWN else liveness is Liveness.DEAD

    def _removed(self) -> Removed:
        return Removed(
            clauses.NAMELESS,
            f"the room {self._store.room} was removed after it was attached here",
            "attach again, if there is one of that name",
        )

    def _occupied(self, member: int) -> Occupied:
        pid = self._store.load(self._store.layout.life(member)[0])
        return Occupied(
            clauses.LIFE,
            f"member {member} of the room {self._store.room} is in use (the process says it is {pid})",
            "let that one leave first; one identity joins once at a time",
        )
