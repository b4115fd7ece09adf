"""How far an exploration of the segment goes: the budgets that every verdict prints. No behaviour stands here."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import ClassVar, Final

from lockedroom.reference.machine import Name
from lockedroom.reference.segment.records import ALL_RIGHTS, Capacity

NAMES: Final[tuple[Name, ...]] = ("alice", "bob", "carol", "dave", "erin", "frank")
"""The members of a model, the creator first."""

RECORD: Final = 512
"""The size of a record's cell in the model. Only oversized bodies come near it."""

ORIGIN: Final = (1, 1, "boot")
"""The creator's process (pid, start time, boot id) in the model."""

_LARGEST: Final = 16


@dataclass(frozen=True, slots=True)
class Bounds:
    """The budgets: members; messages for each ordered pair (sent, multicast and published together); joins and
    rotations for each member; revocations, crashes and the intruder's steps for the room. With an `insider` (0 or 1)
    the intruder has the keys of the last of the members, who is granted like the others; it is none of the honest.

    Raises ValueError, with a text for people, when one is out of range.
    """

    COUNTED: ClassVar[tuple[str, ...]] = ("members", "messages", "joins")

    members: int = 2
    messages: int = 1
    joins: int = 1
    rotations: int = 0
    revocations: int = 0
    crashes: int = 0
    intruder: int = 0
    insider: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.members <= len(NAMES):
            raise ValueError(f"members: 1 to {len(NAMES)}, not {self.members}")
        for name, value in asdict(self).items():
            if not 0 <= value <= _LARGEST:
                raise ValueError(f"{name}: 0 to {_LARGEST}, not {value}")
        if self.insider > 1:
            raise ValueError(f"insider: 0 or 1, not {self.insider}")
        if self.insider and (self.members < 2 or not self.intruder):
            raise ValueError("insider: it takes two members or more (the creator is none), and intruder 1 or more")

    @property
    def names(self) -> tuple[Name, ...]:
        """The members' names."""
        return NAMES[: self.members]

    @property
    def honest(self) -> tuple[Name, ...]:
        """The names of those whose keys are their own."""
        return NAMES[: self.members - self.insider]

    @property
    def foe(self) -> Name:
        """The name of the member that the intruder is, if it is one."""
        return self.names[-1] if self.insider else ""

    def without_intruder(self) -> Bounds:
        """The same, for an honest store: the honest alone."""
        return replace(self, members=self.members - self.insider, intruder=0, insider=0)

    @property
    def settled(self) -> bool:
        """Whether the list is complete before anybody joins, in the order of names. So it is with more than two
        members, unless revocations are explored without an insider: a grant that comes late tells each member apart by
        how far it has verified the list, which is explored with two members, and would multiply the states of three by
        four; another order of the entries, which nothing but the list looks at, by two."""
        return self.members > 2 and (not self.revocations or bool(self.insider))

    def to_json(self) -> dict[str, int]:
        """The budgets by their names, and whether the list is settled (1) or grows at any time (0)."""
        return {**asdict(self), "settled": int(self.settled)}

    def __str__(self) -> str:
        counted = (("member", self.members), ("message", self.messages), ("join", self.joins))
        first = ", ".join(f"{count} {one}{'' if count == 1 else 's'}" for one, count in counted)
        rest = ("rotations", "revocations", "crashes", "intruder", "insider")
        budgets = [f"{name} {getattr(self, name)}" for name in rest if getattr(self, name)]
        return ", ".join([first, *budgets, *(["all granted, in order, before anybody joins"] if self.settled else [])])


VERIFY: Final = Bounds(2, 1, 1, rotations=1, crashes=1, intruder=1)
"""What `lockedroom verify` explores."""


def capacity_for(bounds: Bounds, quota: int = 2) -> Capacity:
    """The capacity of the model's room: a quota of 2 unless told, posts and entries as many as the budgets can use."""
    entries = bounds.members + 2 * bounds.revocations + bounds.intruder
    return Capacity(bounds.members, quota, max(1, bounds.messages * (bounds.members - 1)), entries, RECORD)


@dataclass(frozen=True, slots=True)
class Setting:
    """What is explored: the budgets, the room's capacity (quota 2, and no other limit that the budgets reach, unless
    told), the lengths of bodies that are tried, the rights that grants state, and whether members keep their private
    state when the segment is destroyed (`aftermath`)."""

    bounds: Bounds
    room: Capacity | None = None
    bodies: tuple[int, ...] = (16,)
    rights: tuple[int, ...] = (ALL_RIGHTS,)
    aftermath: bool = False

    @property
    def capacity(self) -> Capacity:
        """The room's capacity."""
        return self.room or capacity_for(self.bounds)
