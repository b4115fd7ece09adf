"""What the effects of one transition store: bytes where nobody looks yet, then words to flip as one.

`plan` only computes, under the locks of the footprint; `Plan.carry_out` stores. Nothing is decided here. Which cell and
which word: of rings SEG-STORE-15, of announcements SEG-STORE-16, of posts and entries SEG-STORE-17, of a segment's
beginning and end SEG-STORE-18.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from lockedroom.backend import clauses, regions
from lockedroom.backend.journal import Flip, Journals
from lockedroom.backend.layout import Cell
from lockedroom.backend.segment.memory import WORDS, Memory
from lockedroom.reference.machine import Effect, Name
from lockedroom.reference.segment import effects
from lockedroom.reference.segment.codec import encode
from lockedroom.reference.segment.records import Record

Index = Callable[[Name], "int | None"]


class DoesNotFit(Exception):
    """A record is longer than the cells of this capacity: `clause`, and what is the case. Never leaves the engine."""

    clause: Final = clauses.CAPACITY


@dataclass(slots=True)
class Plan:
    """The cells to fill and the words to flip, in order."""

    memory: Memory
    cells: list[tuple[Cell, bytes]] = field(default_factory=list)
    words: dict[int, int] = field(default_factory=dict)

    def flips(self) -> tuple[Flip, ...]:
        """The words that change."""
        load = self.memory.store.load
        return tuple((offset, value) for offset, value in self.words.items() if load(offset) != value)

    def carry_out(self, journals: Journals, member: int | None, certain: Callable[[], None]) -> None:
        """Store it all, as one: cells first, then words (SEG-JOURNAL-3); more than one word goes through the journal
        of `member`. `certain` is called before the first store, when nothing can refuse any more (SEG-SEND-10).

        Raises MalformedObject before that.
        """
        flips = self.flips()
        journals.ready(flips, member)
        certain()
        for cell, data in self.cells:
            self.memory.store.write_cell(cell, data)
        journals.commit(flips, member)

    def _now(self, offset: int) -> int:
        return self.words[offset] if offset in self.words else self.memory.store.load(offset)

    def _fill(self, cell: Cell, record: Record) -> None:
        data = encode(record)
        if len(data) > cell.room:
            what = type(record).__name__.lower()
            raise DoesNotFit(f"this segment's cells hold {cell.room} bytes, and this record ({what}) has {len(data)}")
        self.cells.append((cell, data))


def plan(memory: Memory, index: Index, done: Iterable[Effect]) -> Plan:
    """What these effects store. Life locks are no stores: the engine takes them. Raises DoesNotFit."""
    planned = Plan(memory)
    for effect in done:
        _add(planned, index, effect)
    return planned


def _add(planned: Plan, index: Index, effect: Effect) -> None:
    memory, layout, words = planned.memory, planned.memory.layout, planned.words
    match effect:
        case effects.Lay(_, header):
            planned._fill(layout.header(), header)
            words[layout.state()] = regions.LIVE
        case effects.Destroy():
            words[layout.state()] = regions.DESTROYED
        case effects.Extend(_, entry):
            count = memory.entry_count()
            planned._fill(layout.entry(count), entry)
            words[layout.acl_count()] = count + 1
        case effects.Announce(_, announcement):
            member = _known(index, announcement.name)
            half = regions.SECOND_HALF if memory.half(member) == regions.FIRST_HALF else regions.FIRST_HALF
            planned._fill(layout.half(member, half), announcement)
            words[layout.announced(member)] = half
            words[layout.post_count(member)] = 0
        case effects.Withdraw(_, name):
            member = _known(index, name)
            words[layout.announced(member)] = regions.NO_HALF
            words[layout.post_count(member)] = 0
        case effects.Publish(_, posts):
            member = _known(index, posts[0].sender)
            count = memory.post_count(member)
            for number, post in enumerate(posts, start=count):
                planned._fill(layout.post(member, number), post)
            words[layout.post_count(member)] = count + len(posts)
        case effects.Append(box, record):
            to, sender = _known(index, box.owner), _known(index, record.sender)
            tail = planned._now(layout.tail(to, sender))
            planned._fill(layout.record(to, sender, tail), record)
            words[layout.tail(to, sender)] = (tail + 1) % WORDS
        case effects.Take(box, sender_name):
            to, sender = _known(index, box.owner), _known(index, sender_name)
            words[layout.head(to, sender)] = (planned._now(layout.head(to, sender)) + 1) % WORDS
        case effects.Purge(box):
            to = _known(index, box.owner)
            for sender in range(layout.capacity.members):
                words[layout.head(to, sender)] = memory.store.load(layout.tail(to, sender))
        case effects.Live() | effects.Die():
            pass
        case _:
            raise TypeError(f"no effect of this protocol: {effect}")


def _known(index: Index, name: Name) -> int:
    found = index(name)
    assert found is not None, "an effect names those whom a view has found"
    return found
