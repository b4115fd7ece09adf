"""What anybody who may read a room's object sees of it: counts and names, nothing that is sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lockedroom.backend import regions
from lockedroom.backend.life import Liveness, Lives
from lockedroom.backend.segment.memory import Memory
from lockedroom.reference.machine import Name


@dataclass(frozen=True, slots=True)
class Visible:
    """The header's state, the number of entries of the list, who is announced, how many posts each has on the board,
    how many records each inbox holds of each sender, and who is alive. Names are sorted; who has none is left out."""

    header: Literal["absent", "live", "destroyed"] = "absent"
    acl: int = 0
    announced: tuple[Name, ...] = ()
    posts: Mapping[Name, int] = field(default_factory=dict)
    pending: Mapping[Name, Mapping[Name, int]] = field(default_factory=dict)
    alive: tuple[Name, ...] = ()


def look(memory: Memory, lives: Lives, names: tuple[Name, ...]) -> Visible:
    """What is visible of the members with these names, in the order of their indices. Belongs together only while
    all slots are locked."""
    state = memory.store.load(memory.layout.state())
    if state == regions.ABSENT:
        return Visible()
    indexed = sorted((name, index) for index, name in enumerate(names))
    pending: dict[Name, Mapping[Name, int]] = {}
    for name, to in indexed:
        lanes = {sender: count for sender, by in indexed if (count := memory.ring(to, by)[1])}
        if lanes:
            pending[name] = lanes
    return Visible(
        "destroyed" if state == regions.DESTROYED else "live",
        memory.entry_count(),
        tuple(name for name, index in indexed if memory.half(index) != regions.NO_HALF),
        {name: count for name, index in indexed if (count := memory.post_count(index))},
        pending,
        tuple(name for name, index in indexed if lives.verdict(index).liveness is Liveness.ALIVE),
    )
