"""The corpus with a guarantee: within stated bounds every memo entry of every transition is exercised, refusals too.

A memo entry is a transition, by whom and with which arguments, and the content of all that it reads: what explorers
call the engine for once. Each exploration is complete and small, and small in another way; what an earlier one shows is
not shown again. Nothing is cut off and nothing is random, so the same sources give the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from lockedroom.conformance.collection import FORMAT, Collection, Explored, collected
from lockedroom.conformance.covering import Graph, cover
from lockedroom.conformance.derive import derive_path
from lockedroom.conformance.trace import INTRUDER, Settings, Trace
from lockedroom.model.entries import NONE, Edge, Entries, graph
from lockedroom.model.segment.bounds import Bounds, Setting
from lockedroom.model.segment.machine import segment_machine
from lockedroom.reference.machine import Action, Machine, Slot
from lockedroom.reference.segment.records import Capacity
from lockedroom.reference.segment.table import BY_OPERATION

_CELL: Final = 2048
"""The size of a record's cell: an LR1 exchange fits."""
ROOMY: Final = Capacity(2, 2, 1, 4, _CELL)
CROWDED: Final = Capacity(2, 1, 1, 2, _CELL)


@dataclass(frozen=True, slots=True)
class Exploration:
    """One exploration: `leaves_out` are operations that nobody performs in it."""

    name: str
    bounds: Bounds
    room: Capacity = ROOMY
    leaves_out: tuple[str, ...] = ("destroy",)

    @property
    def machine(self) -> Machine:
        """What is explored. Being told what members remember (`disclose`) is no step of anybody's."""
        whole = segment_machine(Setting(self.bounds, self.room, aftermath=True))
        left_out = (*self.leaves_out, "disclose")
        return replace(whole, actions=tuple(one for one in whole.actions if one.operation not in left_out))

    @property
    def settings(self) -> Settings:
        """What members are told in its traces."""
        room = self.room
        without = "".join(f", no {operation}" for operation in self.leaves_out)
        return Settings(
            "lockedroom-trace-1",
            "segment",
            "hardened",
            "LR1",
            room,
            self.bounds.names,
            hashlib.sha256(f"lockedroom corpus, {self.name}".encode()).hexdigest(),
            f"{self.bounds}{without}",
            f"every memo entry: {self.bounds}{without}; capacity {room.members} members, quota {room.quota}, "
            f"{room.posts} posts, {room.entries} entries",
            {name: value for name, value in self.bounds.to_json().items() if value},
        )


EXPLORATIONS: Final = (
    Exploration("joining", Bounds(2, 0, 1), leaves_out=()),
    Exploration("messages", Bounds(2, 1, 1)),
    Exploration("crowded", Bounds(2, 1, 1), CROWDED),
    Exploration("full", Bounds(2, 1, 1), replace(CROWDED, members=1)),
    Exploration("rotations", Bounds(2, 0, 1, rotations=1)),
    Exploration("revocations", Bounds(2, 0, 1, revocations=1)),
    Exploration("crashes", Bounds(2, 0, 1, crashes=1)),
    Exploration("rejoining", Bounds(2, 0, 2)),
    Exploration("three", Bounds(3, 0, 1), Capacity(3, 2, 1, 3, _CELL)),
    Exploration("intruder", Bounds(2, 0, 1, intruder=1)),
)
"""The explorations whose every memo entry is shown."""

_READ: Final = frozenset({"member", "header", "acl", "board", "inbox", "life"})
"""The kinds of slots that transitions read; what a model keeps beside them is nothing to the engine."""


def matters(action: Action, slot: Slot) -> bool:
    """Whether a slot that an action reads is one that a transition of the table reads."""
    return action.actor != INTRUDER and action.operation in BY_OPERATION and slot.kind in _READ


def explored(explorations: Sequence[Exploration] = EXPLORATIONS) -> Iterator[tuple[Exploration, Graph, Entries]]:
    """Each exploration with its graph; the numbers of entries are those of all of them so far."""
    entries = Entries(matters)
    for one in explorations:
        yield one, graph(one.machine, entries), entries


def collections(explorations: Sequence[Exploration] = EXPLORATIONS) -> Iterator[Collection]:
    """The collections, one for each exploration. Raises Underivable when traces cannot say a path."""
    shown: set[int] = set()
    for one, found, entries in explored(explorations):
        met = {edge.entry for edges in found for edge in edges} - {NONE}
        about = Explored(FORMAT, one.name, len(found), len(met), len(entries))
        yield collected(about, (_trace(one.settings, path) for path in cover(found, shown)))
        assert met <= shown, "every entry of an exploration is on a path"


def _trace(settings: Settings, path: Sequence[Edge]) -> tuple[Trace, list[int]]:
    """The trace of a path, and the entry of each of its steps: those of an intruder, and of those who help it in
    another room, have none."""
    trace = derive_path(settings, [(edge.action, edge.outcome) for edge in path])
    waiting = iter([edge.entry for edge in path if edge.action.actor != INTRUDER])
    entries = [NONE if step.actor == INTRUDER or step.room else next(waiting) for step in trace.steps]
    assert next(waiting, None) is None, "every step of a member is one of the trace"
    return trace, entries


def documents() -> Mapping[str, Collection]:
    """The collections by the names of their files."""
    return {f"{number:02d}-{one.name}.json": one for number, one in enumerate(collections(), start=1)}
