"""The questions of a transition, asked of shared memory by name, and remembered with their answers.

One `Questions` belongs to one attempt at one operation. A question that was asked before gives the answer that
it gave then; `unchanged` asks all of them again. Which index a name has is a question too, unless the member has
verified it (SEG-ACL-9): then it is for good.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final, TypeVar

from lockedroom.backend.life import Liveness, Lives
from lockedroom.backend.rounds import Asked
from lockedroom.backend.segment.memory import Memory
from lockedroom.reference.crypto.terms import Bits
from lockedroom.reference.machine import Name
from lockedroom.reference.segment.records import (
    Announcement,
    Consumable,
    Destroyed,
    Entry,
    Header,
    Malformed,
    Post,
)
from lockedroom.reference.segment.state import Roster

_Answer = TypeVar("_Answer")


def names_of(memory: Memory, roster: Roster | None) -> tuple[Name, ...]:
    """The names in the order of their indices: those that the roster verifies, then whatever else the list names."""
    known = [subject.name for subject in roster.subjects] if roster else []
    for entry in memory.entries(roster.serial if roster else 0):
        if isinstance(entry, Entry) and entry.subject not in known:
            known.append(entry.subject)
    return tuple(known[: memory.layout.capacity.members])


class Questions:
    """What one attempt has asked of the memory, as a member with this roster."""

    __slots__ = ("_asked", "_memory", "_roster", "_verified")

    def __init__(self, memory: Memory, roster: Roster | None) -> None:
        self._memory: Final = memory
        self._roster: Final = roster
        self._verified: Final = {s.name: i for i, s in enumerate(roster.subjects)} if roster else {}
        self._asked: Final = Asked()

    @property
    def memory(self) -> Memory:
        """What is asked."""
        return self._memory

    def ask(self, question: Hashable, look: Callable[[], _Answer]) -> _Answer:
        """The answer to a question, as it was when it was asked first; `look` answers it."""
        return self._asked.ask(question, look)

    def unchanged(self) -> bool:
        """Whether every question has the same answer now. Under the locks of the footprint, that makes the attempt
        one atomic step."""
        return self._asked.unchanged()

    def index(self, name: Name) -> int | None:
        """The member index of a name; None for a name that the list does not have."""
        if name in self._verified:
            index = self._verified[name]
            return index if index < self._memory.layout.capacity.members else None
        return self.ask(("index", name), lambda: self._listed(name))

    def _listed(self, name: Name) -> int | None:
        names = names_of(self._memory, self._roster)
        return names.index(name) if name in names else None


class HeaderOf:
    """The header's slot."""

    __slots__ = ("_ask", "_memory")

    def __init__(self, questions: Questions) -> None:
        self._ask, self._memory = questions.ask, questions.memory

    def record(self) -> Header | Destroyed | Malformed | None:
        """See `HeaderView`."""
        return self._ask("header", self._memory.header)


class AclOf:
    """The list's slot."""

    __slots__ = ("_ask", "_memory")

    def __init__(self, questions: Questions) -> None:
        self._ask, self._memory = questions.ask, questions.memory

    def entries(self) -> tuple[Entry | Malformed, ...]:
        """See `AclView`."""
        return self._ask("entries", self._memory.entries)

    def room(self) -> bool:
        """See `AclView`."""
        memory = self._memory
        return self._ask("room", lambda: memory.entry_count() < memory.layout.capacity.entries)


class BoardOf:
    """The board's slot."""

    __slots__ = ("_ask", "_index", "_memory")

    def __init__(self, questions: Questions) -> None:
        self._ask, self._index, self._memory = questions.ask, questions.index, questions.memory

    def announcement(self, name: Name) -> Announcement | Malformed | None:
        """See `BoardView`."""
        member = self._index(name)
        if member is None:
            return None
        return self._ask(("announcement", name), lambda: self._memory.announcement(member))

    def announces(self, name: Name, incarnation: Bits) -> bool:
        """See `BoardView`."""
        member = self._index(name)
        if member is None:
            return False
        return self._ask(("announces", name, incarnation), lambda: self._announces(member, incarnation))

    def holds(self, name: Name) -> bool:
        """See `BoardView`."""
        member = self._index(name)
        if member is None:
            return False
        memory = self._memory
        return self._ask(("holds", name), lambda: memory.half(member) != 0 or memory.post_count(member) > 0)

    def posts(self, sender: Name) -> tuple[Post | Malformed, ...]:
        """See `BoardView`."""
        member = self._index(sender)
        return () if member is None else self._ask(("posts", sender), lambda: self._memory.posts(member))

    def room(self, sender: Name, count: int) -> bool:
        """See `BoardView`."""
        member = self._index(sender)
        if member is None:
            return False
        memory = self._memory
        return self._ask(
            ("board room", sender, count), lambda: memory.post_count(member) + count <= memory.layout.capacity.posts
        )

    def _announces(self, member: int, incarnation: Bits) -> bool:
        found = self._memory.announcement(member)
        return isinstance(found, Announcement) and found.incarnation == incarnation


class InboxOf:
    """One inbox's slot."""

    __slots__ = ("_ask", "_index", "_memory", "_owner")

    def __init__(self, questions: Questions, owner: Name) -> None:
        self._ask, self._index, self._memory, self._owner = questions.ask, questions.index, questions.memory, owner

    def first(self, sender: Name) -> Consumable | Malformed | None:
        """See `InboxView`."""
        lane = self._lane(sender)
        return None if lane is None else self._ask(("first", self._owner, sender), lambda: self._memory.first(*lane))

    def lying(self, sender: Name) -> tuple[Consumable | Malformed, ...]:
        """See `InboxView`."""
        lane = self._lane(sender)
        return () if lane is None else self._ask(("lying", self._owner, sender), lambda: self._memory.lying(*lane))

    def room(self, sender: Name, control: bool) -> bool:
        """See `InboxView`."""
        lane = self._lane(sender)
        if lane is None:
            return False
        return self._ask(("room", self._owner, sender, control), lambda: self._room(*lane, control))

    def _room(self, to: int, sender: int, control: bool) -> bool:
        _, count = self._memory.ring(to, sender)
        return self._memory.sound(to, sender) and count < self._memory.layout.capacity.quota + control

    def _lane(self, sender: Name) -> tuple[int, int] | None:
        to, by = self._index(self._owner), self._index(sender)
        return None if to is None or by is None else (to, by)


def alive(questions: Questions, lives: Lives, name: Name) -> bool:
    """Whether a process of that name lives. One of which this process cannot tell is not taken for dead
    (SEG-LIFE-4)."""
    member = questions.index(name)
    if member is None:
        return False
    return questions.ask(("alive", name), lambda: lives.verdict(member).liveness is not Liveness.DEAD)
