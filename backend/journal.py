"""Several words flipped as one, whoever dies when.

A transition that flips one word is atomic by itself. One that flips more writes what it will flip, and
which slots that touches, to its member's journal; one aligned store of the commit word makes it done;
then the words are flipped and the commit word cleared (SEG-JOURNAL-8). Whoever takes a lock later than the death of
the owner finds the commit word, and flips the words again: they are values, not changes, so doing it twice is
harmless (SEG-JOURNAL-4). Nothing here orders stores between processors. The kernel does: what was stored before a lock
was let go, by its holder or by its holder's death, is seen by whoever takes it next (SEG-JOURNAL-9).

A commit word that touches a slot whose lock one holds is a dead owner's: a live one still holds that lock.
What a journal says is read from shared memory and so believed only as far as an honest owner could have
written it: it flips words that transitions flip, in slots that it names. Any other is discarded.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TypeAlias

from lockedroom.backend import clauses, regions
from lockedroom.backend.errors import Malformed, MalformedObject
from lockedroom.backend.locks import Locks, Mode
from lockedroom.backend.shm import Store

Flip: TypeAlias = tuple[int, int]
"""The offset of a word, and the value that it gets."""

COUNT_BITS: Final = 16
_COUNT: Final = (1 << COUNT_BITS) - 1
_NUMBERS: Final = 1 << (64 - COUNT_BITS)
_PATIENCE: Final = 100
"""How often a journal that changes while it is read is read again; an honest owner is slower than that."""
_ENTRY: Final = struct.Struct("<QQ")
_SLOTS: Final = struct.Struct("<QQ")


@dataclass(frozen=True, slots=True)
class Recovery:
    """What became of a dead owner's journal: how many words were flipped, or why it was discarded."""

    journal: int
    outcome: int | Malformed


@dataclass(frozen=True, slots=True)
class _Committed:
    """A commit word that is not clear, and the slots that the journal names (None: it cannot be believed)."""

    word: int
    slots: frozenset[int] | None


class Journals:
    """All journals of one store, seen through its locks: the way to read and to change slots."""

    __slots__ = ("_all", "_clear", "_locks", "_number", "_store")

    def __init__(self, store: Store, locks: Locks) -> None:
        self._store = store
        self._locks = locks
        self._number = 0
        self._all = frozenset(store.layout.slots())
        self._clear = bytes(regions.WORD * store.layout.capacity.members)

    @contextmanager
    def locked(self, wanted: Mapping[int, Mode], deadline: float) -> Iterator[tuple[Recovery, ...]]:
        """Hold these slots while the block runs, after finishing every journal that a dead owner left in them
        (SEG-JOURNAL-5).

        Gives what was finished or discarded for that. Raises LockTimeout (SEG-LOCK-1).
        """
        recovered: tuple[Recovery, ...] = ()
        while True:
            with self._locks.holding(wanted, deadline):
                found = self._touching(wanted)
                if found is None:
                    yield recovered
                    return
            recovery = self.recover(found, deadline)
            if recovery is not None:
                recovered = (*recovered, recovery)
            self._locks.check(deadline)

    def commit(self, flips: Sequence[Flip], member: int | None = None) -> None:
        """Flip these words as one. Inside `locked`, with their slots held exclusively; more than one word needs
        the journal of `member`, whose life lock the caller holds (SEG-JOURNAL-2).

        All else that the transition stores is stored before, where no reader looks until a word flips; and before
        that `ready` is asked. ValueError when the flips break these rules: a fault of the caller.
        """
        slots = {self._store.layout.slot_of(offset) for offset, _ in flips}
        if not all(slot is not None and self._locks.may_write(slot) for slot in slots):
            raise ValueError("a word that flips must belong to a slot that is held exclusively")
        if len(flips) > 1:
            if member is None:
                raise ValueError("flipping more than one word needs a journal")
            self._journalled(flips, {slot for slot in slots if slot is not None}, member)
        else:
            for offset, value in flips:
                self._store.store(offset, value)

    def ready(self, flips: Sequence[Flip], member: int | None) -> None:
        """Ask whether `commit` may use the journal of `member` for these flips, before anything is stored for them,
        cells included: a record that lies in a cell is read when somebody else moves a counter, so once it lies there
        its sender must not be told that it was not sent (SEG-SEND-10). What somebody else stores into the journal
        after this does no more than any of their stores can.

        Raises MalformedObject (SEG-JOURNAL-1) when somebody else has stored into that journal.
        """
        if len(flips) > 1 and member is not None and self._store.load(self._store.layout.commit(member)):
            # An honest room has none here: who takes a life lock finishes its journal first.
            problem = f"in the room {self._store.room}, journal {member} holds what its owner did not commit"
            raise MalformedObject(clauses.JOURNAL, problem, "leave the room and join again, or make another")

    def pending(self) -> tuple[int, ...]:
        """The members whose journals are committed but not cleared, at the moment."""
        layout, store = self._store.layout, self._store
        if store.read(layout.commit(0), len(self._clear)) == self._clear:
            return ()
        return tuple(j for j in range(layout.capacity.members) if store.load(layout.commit(j)))

    def recover(self, member: int, deadline: float) -> Recovery | None:
        """Finish or discard the member's committed journal (SEG-JOURNAL-5); None if somebody else has done it
        meanwhile.

        Takes all the slots that the journal touches; the caller holds none. Raises LockTimeout.
        """
        while True:
            before = self._committed(member)
            if before is None:
                return None
            wanted = self._all if before.slots is None else before.slots
            with self._locks.holding(dict.fromkeys(wanted, Mode.EXCLUSIVE), deadline):
                found = self._committed(member)
                if found != before:
                    self._locks.check(deadline)
                    continue
                # Every slot it touches is locked here, so no live owner is in the middle of it.
                flips = self._believed(member, found)
                if not isinstance(flips, Malformed):
                    for offset, value in flips:
                        self._store.store(offset, value)
                self._store.store(self._store.layout.commit(member), 0)
            return Recovery(member, flips if isinstance(flips, Malformed) else len(flips))

    def _journalled(self, flips: Sequence[Flip], slots: set[int], member: int) -> None:
        """Slots and entries, commit word, flips, commit word 0: in this order of stores (SEG-JOURNAL-3)."""
        store, layout = self._store, self._store.layout
        if len(flips) > layout.journal_capacity:
            raise ValueError(f"{len(flips)} words do not fit a journal")
        bits = sum(1 << slot for slot in slots)
        store.write(layout.journal_slots(member), bits.to_bytes(_SLOTS.size, "little"))
        store.write(layout.journal_entries(member), b"".join(_ENTRY.pack(*flip) for flip in flips))
        self._number = (self._number + 1) % _NUMBERS
        store.store(layout.commit(member), self._number << COUNT_BITS | len(flips))
        for offset, value in flips:
            store.store(offset, value)
        store.store(layout.commit(member), 0)

    def _touching(self, slots: Mapping[int, Mode]) -> int | None:
        """A committed journal that touches one of these slots, which the caller holds."""
        for member in self.pending():
            found = self._committed(member)
            if found is not None and (found.slots is None or found.slots & slots.keys()):
                return member
        return None

    def _committed(self, member: int) -> _Committed | None:
        """The member's commit word and slots, read consistently: an owner at work changes both."""
        layout, store = self._store.layout, self._store
        word = 0
        for _ in range(_PATIENCE):
            word = store.load(layout.commit(member))
            if word == 0:
                return None
            bits = int.from_bytes(store.read(layout.journal_slots(member), _SLOTS.size), "little")
            if store.load(layout.commit(member)) == word:
                slots = frozenset(b for b in range(bits.bit_length()) if bits >> b & 1)
                return _Committed(word, slots if slots and slots <= self._all else None)
        return _Committed(word, None)

    def _believed(self, member: int, committed: _Committed) -> tuple[Flip, ...] | Malformed:
        """The journal's entries, if an honest owner can have written them."""
        layout, count = self._store.layout, committed.word & _COUNT
        if committed.slots is None:
            return Malformed(clauses.JOURNAL, f"journal {member} names no slots, or none there are")
        if not 0 < count <= layout.journal_capacity:
            return Malformed(clauses.JOURNAL, f"journal {member} claims {count} entries")
        data = self._store.read(layout.journal_entries(member), count * _ENTRY.size)
        flips: tuple[Flip, ...] = tuple(_ENTRY.iter_unpack(data))
        for offset, _ in flips:
            if layout.slot_of(offset) not in committed.slots:
                return Malformed(clauses.JOURNAL, f"journal {member} flips offset {offset}")
        return flips
