"""Implementations with one mistake each, that the suite must fail: which, where the mistake is, and the clause that
names it. Every one is ours with a line put in the place of another; those of the engine are the known mutants.

Nothing of the implementation is imported here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Substitution: TypeAlias = tuple[str, str, str]
"""A module, what stands there exactly once, what is put in its place."""

Area: TypeAlias = Literal["adapter", "object", "memory", "journal", "life", "engine"]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake: its name, the area that it is in, the clause that names it, and what makes it."""

    name: str
    area: Area
    clause: str
    substitutions: tuple[Substitution, ...]

    @property
    def id(self) -> str:
        """Area and name, in small letters and dashes."""
        letters = (letter if letter.isalnum() else "-" for letter in self.name.lower().replace("'", ""))
        return f"{self.area}/{'-'.join(part for part in ''.join(letters).split('-') if part)}"


_SERVING: Final = "conformance.serving"
_SHM: Final = "backend.shm"
_MEMORY: Final = "backend.segment.memory"
_JOURNAL: Final = "backend.journal"
_LIFE: Final = "backend.life"
_REPLY: Final = "            out.write(reply_line(reply))\n"
_REFUSED: Final = "return Refused(seen.clause, True, seen.detail[:2000])"
_OBSERVED: Final = "return self._member(room).observe()"


def _made(area: Area, clause: str, name: str, module: str, old: str, new: str) -> Mistake:
    return Mistake(name, area, clause, ((module, old, new),))


MISTAKES: Final[tuple[Mistake, ...]] = (
    _made(
        "adapter",
        "ADAPTER-LINE-1",
        "every reply comes twice",
        _SERVING,
        _REPLY,
        _REPLY.replace("(reply))", "(reply) * 2)"),
    ),
    _made("adapter", "ADAPTER-LINE-1", "it ends at the first refusal", _SERVING, _REFUSED, "raise SystemExit(1)"),
    _made("adapter", "ADAPTER-LINE-1", "it never flushes", _SERVING, "            out.flush()\n", ""),
    _made(
        "adapter",
        "ADAPTER-LINE-2",
        "it prints words among its replies",
        _SERVING,
        _REPLY,
        '            out.write(b"working\\n")\n' + _REPLY,
    ),
    _made(
        "adapter",
        "ADAPTER-LINE-2",
        "its replies say more than one thing",
        _SERVING,
        _REPLY,
        _REPLY.replace("reply_line(reply)", "b'{\"seconds\": 0, ' + reply_line(reply)[1:]"),
    ),
    _made(
        "adapter",
        "ADAPTER-LINE-2",
        "every refusal is indefinite",
        _SERVING,
        _REFUSED,
        _REFUSED.replace("True", "False"),
    ),
    _made("adapter", "ADAPTER-LINE-2", "a refusal is an error", _SERVING, _REFUSED, "return Errored(seen.clause)"),
    _made(
        "adapter", "ADAPTER-LINE-3", "a line has no end", _SERVING, _REPLY, '            out.write(b"x" * (1 << 23))\n'
    ),
    _made(
        "adapter",
        "ADAPTER-COMMAND-5",
        "what is observed is not the store",
        _SERVING,
        _OBSERVED,
        'return Observation("live", 1, (), {}, {}, ())',
    ),
    _made(
        "adapter",
        "SEG-SEND-2",
        "one clause is named for another",
        _SERVING,
        _REFUSED,
        'return Refused(seen.clause.replace("SEND-2", "SEND-3"), True, "")',
    ),
    _made("adapter", "SEG-WHO-3", "what is refused is done, says the reply", _SERVING, _REFUSED, "return Done(())"),
    _made("object", "SEG-STORE-8", "the magic is not looked at", _SHM, "if magic != MAGIC:", "if False:"),
    _made(
        "object",
        "SEG-STORE-8",
        "the layout's version is not looked at",
        _SHM,
        "if version != LAYOUT_VERSION:",
        "if False:",
    ),
    _made(
        "object",
        "SEG-STORE-8",
        "a later layout will do",
        _SHM,
        "if version != LAYOUT_VERSION:",
        "if version < LAYOUT_VERSION:",
    ),
    _made(
        "object",
        "SEG-STORE-8",
        "the size that the object claims is not compared",
        _SHM,
        "if total != layout.total or status",
        "if status",
    ),
    _made(
        "object",
        "SEG-STORE-8",
        "the object may be longer than it claims",
        _SHM,
        "status.st_size != layout.total",
        "status.st_size < layout.total",
    ),
    _made(
        "object",
        "SEG-STORE-8",
        "numbers are cut to 32 bits",
        _SHM,
        "capacity = Capacity(members, quota, posts, entries, record)",
        "capacity = Capacity(*(n & 0xFFFFFFFF for n in (members, quota, posts, entries, record)))",
    ),
    _made("object", "SEG-STORE-7", "an unfinished object is used", _SHM, "not any(head[: len(MAGIC)])", "False"),
    _made(
        "memory",
        "SEG-STORE-9",
        "the list's count is believed",
        _MEMORY,
        "return min(self.store.load(self.layout.acl_count()), self.layout.capacity.entries)",
        "return self.store.load(self.layout.acl_count()) & 0xFF",
    ),
    _made(
        "memory",
        "SEG-STORE-9",
        "the count of posts is believed",
        _MEMORY,
        "return min(self.store.load(self.layout.post_count(member)), self.layout.capacity.posts)",
        "return self.store.load(self.layout.post_count(member)) & 0xFF",
    ),
    _made(
        "memory",
        "SEG-STORE-15",
        "a ring's counters are believed",
        _MEMORY,
        "return head, count if count <= self.layout.capacity.quota + 1 else 0",
        "return head, min(count, 100)",
    ),
    _made(
        "memory",
        "SEG-FULL-1",
        "a ring without sense has room",
        _MEMORY,
        "return (tail - head) % WORDS <= self.layout.capacity.quota + 1",
        "return True",
    ),
    _made(
        "memory",
        "SEG-RECORD-2",
        "a half that there is not is the first",
        _MEMORY,
        'case half:\n                return Malformed(f"its word says {half}")',
        "case _:\n                return self._lasting(self.layout.half(member, 1), Announcement)",
    ),
    _made(
        "memory",
        "SEG-HEADER-2",
        "a state that there is not is live",
        _MEMORY,
        'return Malformed(f"its state is {state}")',
        "header = self._lasting(self.layout.header(), Header)",
    ),
    _made(
        "memory",
        "SEG-HEADER-2",
        "the header's capacity is not compared with the words",
        _MEMORY,
        "isinstance(header, Header) and header.capacity != self.layout.capacity",
        "False",
    ),
    _made(
        "memory",
        "SEG-RECORD-1",
        "a record that makes no sense is nothing",
        _MEMORY,
        "return found if isinstance(found, Exchange | Message | Malformed) else _not_here(found)",
        "return found if isinstance(found, Exchange | Message) else None",
    ),
    _made(
        "memory",
        "SEG-RECORD-1",
        "what follows a record is passed over",
        "reference.segment.codec",
        "if reader.position != len(data):",
        "if False:",
    ),
    _made(
        "memory",
        "SEG-FULL-1",
        "a lane holds one record more",
        "backend.segment.views",
        "count < self._memory.layout.capacity.quota + control",
        "count <= self._memory.layout.capacity.quota + control",
    ),
    _made(
        "memory",
        "SEG-FULL-3",
        "a board holds one post more",
        "backend.segment.views",
        "memory.post_count(member) + count <= memory.layout.capacity.posts",
        "memory.post_count(member) + count <= memory.layout.capacity.posts + 1",
    ),
    _made(
        "memory",
        "SEG-JOIN-4",
        "an announcement goes where the last one stands",
        "backend.segment.commit",
        "half = regions.SECOND_HALF if memory.half(member) == regions.FIRST_HALF else regions.FIRST_HALF",
        "half = memory.half(member)",
    ),
    _made(
        "memory",
        "SEG-LEAVE-1",
        "posts stay behind",
        "backend.segment.commit",
        "words[layout.announced(member)] = regions.NO_HALF\n            words[layout.post_count(member)] = 0",
        "words[layout.announced(member)] = regions.NO_HALF",
    ),
    _made(
        "journal",
        "SEG-JOURNAL-1",
        "a journal may flip any word",
        _JOURNAL,
        "if layout.slot_of(offset) not in committed.slots:",
        "if not 0 <= offset < layout.total - 8:",
    ),
    _made(
        "journal",
        "SEG-JOURNAL-1",
        "a journal need not name the slots of its words",
        _JOURNAL,
        "if layout.slot_of(offset) not in committed.slots:",
        "if layout.slot_of(offset) is None:",
    ),
    _made(
        "journal",
        "SEG-JOURNAL-5",
        "nobody finishes a journal",
        _JOURNAL,
        "for member in self.pending():",
        "for member in ():",
    ),
    _made(
        "journal",
        "SEG-JOURNAL-5",
        "every journal of another is discarded",
        _JOURNAL,
        "if not 0 < count <= layout.journal_capacity:",
        "if True:",
    ),
    _made(
        "life",
        "SEG-REAP-1",
        "whose lock is free is dead, wherever it ran",
        _LIFE,
        "if namespace != self._me.namespace:",
        "if False:",
    ),
    _made(
        "life",
        "SEG-REAP-1",
        "the cell decides, and not the lock",
        _LIFE,
        "if ofd.held_elsewhere(self._store.descriptor, layout.life(member)):",
        "if False:",
    ),
    _made(
        "life",
        "SEG-LIFE-3",
        "a pid is a process, whenever it began",
        _LIFE,
        "status.ended or status.start_time != start_time",
        "status.ended",
    ),
)
"""Those of the adapter and the backend."""

CONTROL: Final = Mistake("no mistake at all", "adapter", "ADAPTER-LINE-1", ())
"""What passes every case that a mistake fails: started in the same way, with nothing put in the place of anything."""

BY_ID: Final[Mapping[str, Mistake]] = {mistake.id: mistake for mistake in MISTAKES}


def of_the_engine() -> tuple[Mistake, ...]:
    """The mutants of the engine, as implementations."""
    from lockedroom.model.segment.mutants import MUTANTS

    return tuple(
        Mistake(
            one.name,
            "engine",
            one.breaks,
            tuple((f"reference.segment.{module}", old, new) for module, old, new in one.patches),
        )
        for one in MUTANTS
    )
