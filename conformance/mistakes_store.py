"""The mistakes in what is stored and read, and every mistake there is. See `mistakes`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from lockedroom.conformance import mistakes
from lockedroom.conformance.mistakes import Hands, Mistake, made

if TYPE_CHECKING:
    from lockedroom.model.segment.mutants import Mutant

_MEMORY: Final = "backend.segment.memory"
_JOURNAL: Final = "backend.journal"
_LIFE: Final = "backend.life"

MISTAKES: Final[tuple[Mistake, ...]] = (
    *mistakes.MISTAKES,
    made(
        "memory",
        "SEG-STORE-9",
        "the list's count is believed",
        _MEMORY,
        "return min(self.store.load(self.layout.acl_count()), self.layout.capacity.entries)",
        "return self.store.load(self.layout.acl_count()) & 0xFF",
    ),
    made(
        "memory",
        "SEG-STORE-9",
        "the count of posts is believed",
        _MEMORY,
        "return min(self.store.load(self.layout.post_count(member)), self.layout.capacity.posts)",
        "return self.store.load(self.layout.post_count(member)) & 0xFF",
    ),
    made(
        "memory",
        "SEG-STORE-15",
        "a ring's counters are believed",
        _MEMORY,
        "return head, count if count <= self.layout.capacity.quota + 1 else 0",
        "return head, min(count, 100)",
    ),
    made(
        "memory",
        "SEG-FULL-1",
        "a ring without sense has room",
        _MEMORY,
        "return (tail - head) % WORDS <= self.layout.capacity.quota + 1",
        "return True",
    ),
    made(
        "memory",
        "SEG-RECORD-2",
        "a half that there is not is the first",
        _MEMORY,
        'case half:\n                return Malformed(f"its word says {half}")',
        "case _:\n                return self._lasting(self.layout.half(member, 1), Announcement)",
    ),
    made(
        "memory",
        "SEG-HEADER-2",
        "a state that there is not is live",
        _MEMORY,
        'return Malformed(f"its state is {state}")',
        "header = self._lasting(self.layout.header(), Header)",
    ),
    made(
        "memory",
        "SEG-HEADER-2",
        "the header's capacity is not compared with the words",
        _MEMORY,
        "isinstance(header, Header) and header.capacity != self.layout.capacity",
        "False",
    ),
    made(
        "memory",
        "SEG-RECORD-1",
        "a record that makes no sense is nothing",
        _MEMORY,
        "return found if isinstance(found, Exchange | Message | Malformed) else _not_here(found)",
        "return found if isinstance(found, Exchange | Message) else None",
    ),
    made(
        "memory",
        "SEG-RECORD-1",
        "what follows a record is passed over",
        "reference.segment.codec",
        "if reader.position != len(data):",
        "if False:",
    ),
    made(
        "memory",
        "SEG-FULL-1",
        "a lane holds one record more",
        "backend.segment.views",
        "count < self._memory.layout.capacity.quota + control",
        "count <= self._memory.layout.capacity.quota + control",
    ),
    made(
        "memory",
        "SEG-FULL-3",
        "a board holds one post more",
        "backend.segment.views",
        "memory.post_count(member) + count <= memory.layout.capacity.posts",
        "memory.post_count(member) + count <= memory.layout.capacity.posts + 1",
    ),
    made(
        "memory",
        "SEG-JOIN-4",
        "an announcement goes where the last one stands",
        "backend.segment.commit",
        "half = regions.SECOND_HALF if memory.half(member) == regions.FIRST_HALF else regions.FIRST_HALF",
        "half = memory.half(member)",
    ),
    made(
        "memory",
        "SEG-LEAVE-1",
        "posts stay behind",
        "backend.segment.commit",
        "words[layout.announced(member)] = regions.NO_HALF\n            words[layout.post_count(member)] = 0",
        "words[layout.announced(member)] = regions.NO_HALF",
    ),
    made(
        "journal",
        "SEG-JOURNAL-1",
        "a journal may flip any word",
        _JOURNAL,
        "if layout.slot_of(offset) not in committed.slots:",
        "if not 0 <= offset < layout.total - 8:",
    ),
    made(
        "journal",
        "SEG-JOURNAL-1",
        "a journal need not name the slots of its words",
        _JOURNAL,
        "if layout.slot_of(offset) not in committed.slots:",
        "if layout.slot_of(offset) is None:",
    ),
    made(
        "journal",
        "SEG-JOURNAL-5",
        "nobody finishes a journal",
        _JOURNAL,
        "for member in self.pending():",
        "for member in ():",
    ),
    made(
        "journal",
        "SEG-JOURNAL-5",
        "every journal of another is discarded",
        _JOURNAL,
        "if not 0 < count <= layout.journal_capacity:",
        "if True:",
    ),
    made(
        "life",
        "SEG-REAP-1",
        "whose lock is free is dead, wherever it ran",
        _LIFE,
        "if namespace != self._me.namespace:",
        "if False:",
    ),
    made(
        "life",
        "SEG-REAP-1",
        "the cell decides, and not the lock",
        _LIFE,
        "if ofd.held_elsewhere(self._store.descriptor, layout.life(member)):",
        "if False:",
    ),
    made(
        "life",
        "SEG-LIFE-3",
        "a pid is a process, whenever it began",
        _LIFE,
        "status.ended or status.start_time != start_time",
        "status.ended",
    ),
)
"""Those of the adapter and the backend."""

BY_ID: Final[Mapping[str, Mistake]] = {mistake.id: mistake for mistake in MISTAKES}

SEEN_FORMAT: Final = "lockedroom-mutants-seen-1"
SEEN: Final = Path(__file__).resolve().parent / "mutants_seen.json"
"""Which case shows which mutant of the engine, in whose hands; and which show elsewhere than at their clause, or
nowhere: what `screening` has measured."""


def of_the_engine() -> tuple[Mistake, ...]:
    """The mutants of the engine that fail at the clause which they break, as implementations."""
    from lockedroom.model.segment.mutants import BY_NAME

    return tuple(
        of_mutant(BY_NAME[one["mutant"]], cast("Hands", one["hands"]), one["case"])
        for one in _seen()["at its clause"]
        if one["mutant"] in BY_NAME
    )


def mutants() -> tuple[Mistake, ...]:
    """Every mutant of the engine, whether anything is known to show it or not."""
    from lockedroom.model.segment.mutants import MUTANTS

    return tuple(of_mutant(one) for one in MUTANTS)


def of_mutant(mutant: Mutant, hands: Hands = "all", case: str = "") -> Mistake:
    """A mutant of the engine as a mistake of an implementation."""
    patches = tuple((f"reference.segment.{module}", old, new) for module, old, new in mutant.patches)
    return Mistake(mutant.name, "engine", mutant.breaks, patches, hands, case)


def holes() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The mutants of the engine that fail at other clauses than theirs, and those that no case fails: holes of the
    corpus, and no part of the set."""
    found = _seen()
    return tuple(one["mutant"] for one in found["elsewhere"]), tuple(str(name) for name in found["by nothing"])


def _seen() -> dict[str, list[dict[str, str]]]:
    return cast("dict[str, list[dict[str, str]]]", json.loads(SEEN.read_text(encoding="utf-8")))
