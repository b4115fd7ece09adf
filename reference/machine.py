"""What every protocol is made of: slots, footprints, transitions, outcomes, and the machine that an explorer runs.

A protocol is a table of pure transitions with declared footprints; everything else reads that one
table. Nothing of any single protocol stands here, and nothing that does I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeAlias, TypeVar

State = TypeVar("State")
Name: TypeAlias = str


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """The name of one slot: what kind of thing it holds and, where there is one for each member, whose. A slot that
    falls into independent parts, one for each member, can be named part by part: then `part` says whose."""

    kind: str
    owner: Name = ""
    part: Name = ""

    def __str__(self) -> str:
        whole = f"{self.kind}:{self.owner}" if self.owner else self.kind
        return f"{whole}/{self.part}" if self.part else whole


class Role(Enum):
    """Whose slot a footprint means, seen from the member that performs the transition."""

    ROOM = "the room's"
    SELF = "own"
    PEER = "the peer's"
    PEERS = "each named peer's"


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of a footprint: a kind of slot, whose, and, where only one member's part of it is meant, whose part.
    Locks are taken on whole slots; explorers memoise by parts."""

    kind: str
    role: Role = Role.ROOM
    part: Role | None = None

    def slots(self, actor: Name, peers: Iterable[Name]) -> tuple[Slot, ...]:
        """The slots that this means when `actor` acts on `peers`."""
        match self.role:
            case Role.ROOM:
                return (Slot(self.kind),)
            case Role.SELF:
                return (Slot(self.kind, actor),)
            case Role.PEER | Role.PEERS:
                return tuple(Slot(self.kind, peer) for peer in peers)

    def parts(self, actor: Name, peers: Iterable[Name]) -> tuple[Slot, ...]:
        """The same, cut to the parts that are meant; a slot that is meant whole stays whole."""
        slots = self.slots(actor, peers)
        match self.part:
            case None | Role.ROOM:
                return slots
            case Role.SELF:
                return tuple(Slot(slot.kind, slot.owner, actor) for slot in slots)
            case Role.PEER | Role.PEERS:
                return tuple(Slot(slot.kind, slot.owner, peer) for slot in slots for peer in peers)

    def __str__(self) -> str:
        words = {Role.SELF: "self", Role.PEER: "peer", Role.PEERS: "peers"}
        whole = f"{self.kind}({words[self.role]})" if self.role in words else self.kind
        return f"{whole}/{words[self.part]}" if self.part in words else whole


@dataclass(frozen=True, slots=True)
class Effect:
    """A change to one shared slot, as data. Protocols derive theirs from it."""

    slot: Slot


@dataclass(frozen=True, slots=True)
class Event:
    """Something that the caller of a transition sees. Protocols derive theirs from it."""


@dataclass(frozen=True, slots=True)
class Step(Generic[State]):
    """A transition that was taken: the new private state, the effects in order, the events in order."""

    state: State
    effects: tuple[Effect, ...] = ()
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejected(Generic[State]):
    """A transition that was refused, with the clause that refuses it and what to do about it.

    It changes nothing, unless the clause says what it changes: then `state` is the new private
    state and `effects` say the rest (a record that does not open is removed).
    """

    clause: str
    detail: str
    state: State | None = None
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of a protocol's table.

    `run` is the pure function, `who` names who may, `reads` and `writes` are the footprint, `clauses`
    the areas of the spec that it implements. `arguments` are the names of what it takes beside the
    view of its footprint; of these, `peer` and `peers` are the ones that a footprint speaks of.
    """

    run: Callable[..., object]
    who: Enum
    reads: tuple[Place, ...]
    writes: tuple[Place, ...]
    clauses: tuple[str, ...]

    @property
    def operation(self) -> str:
        """The operation's name: that of the function."""
        return self.run.__name__

    @property
    def arguments(self) -> tuple[str, ...]:
        """The names of its arguments, in order."""
        code = self.run.__code__
        return code.co_varnames[1 : code.co_argcount]

    def footprint(self, actor: Name, peers: Iterable[Name]) -> tuple[tuple[Slot, ...], tuple[Slot, ...]]:
        """The slots read and the slots written when `actor` acts on `peers`, in the table's order."""
        named = tuple(peers)
        return (
            _distinct(slot for place in self.reads for slot in place.slots(actor, named)),
            _distinct(slot for place in self.writes for slot in place.slots(actor, named)),
        )

    def parts(self, actor: Name, peers: Iterable[Name]) -> tuple[tuple[Slot, ...], tuple[Slot, ...]]:
        """The same footprint, cut to the parts of slots that are meant."""
        named = tuple(peers)
        return (
            _distinct(slot for place in self.reads for slot in place.parts(actor, named)),
            _distinct(slot for place in self.writes for slot in place.parts(actor, named)),
        )


def _distinct(slots: Iterable[Slot]) -> tuple[Slot, ...]:
    return tuple(dict.fromkeys(slots))


# ---- what an explorer runs -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an action gives for one content of what it reads.

    `writes` are the new values in the order of the action's `writes`, or None when nothing changes (a
    rejection, or a read). `clause` is the rejection's, or None. `events` are what the caller saw.
    `label` tells outcomes of one action apart when it has several (a choice of the environment). `grows`
    are additions to monotone slots (sets that only grow, such as an intruder's knowledge).
    """

    writes: tuple[Hashable, ...] | None
    clause: str | None = None
    events: tuple[Event, ...] = ()
    label: str = ""
    grows: tuple[tuple[Slot, frozenset[Hashable]], ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """A transition bound to an actor and arguments: what an explorer can take, and its footprint.

    `run` is given the values of `reads` in order and returns every possible outcome; no outcome at all
    means that the action is not enabled there. An action that falls into independent parts is made by `factored`.
    `gates` are slots of `reads`, each with what its value must fulfil: elsewhere there is no outcome, so that an
    explorer need not ask.
    """

    operation: str
    actor: Name
    arguments: tuple[tuple[str, object], ...]
    reads: tuple[Slot, ...]
    writes: tuple[Slot, ...]
    run: Callable[[tuple[Hashable, ...]], tuple[Outcome, ...]]
    parts: tuple[Action, ...] = ()
    gates: tuple[tuple[Slot, Callable[[Hashable], bool]], ...] = ()

    def __str__(self) -> str:
        inner = ", ".join(str(value) for _, value in self.arguments)
        return f"{self.actor}: {self.operation}({inner})"


def factored(
    operation: str, actor: Name, arguments: tuple[tuple[str, object], ...], parts: tuple[Action, ...]
) -> Action:
    """One action made of parts that do not look at what each other reads: it is enabled where each of them is, and does
    what they do, at once. An explorer may ask each part by itself, which needs far fewer calls than asking for the
    whole. A part gives no outcome or one, which writes; no two parts write one slot. Raises ValueError else."""
    reads = _distinct(slot for part in parts for slot in part.reads)
    writes = tuple(slot for part in parts for slot in part.writes)
    if len(set(writes)) < len(writes):
        raise ValueError(f"{operation}: two parts write one slot")
    at = [tuple(reads.index(slot) for slot in part.reads) for part in parts]

    def run(values: tuple[Hashable, ...]) -> tuple[Outcome, ...]:
        written: list[Hashable] = []
        for part, places in zip(parts, at, strict=True):
            outcome = single(part, part.run(tuple(values[place] for place in places)))
            if outcome is None or outcome.writes is None:
                return ()
            written += outcome.writes
        return (Outcome(tuple(written)),)

    return Action(operation, actor, arguments, reads, writes, run, parts)


def single(part: Action, outcomes: tuple[Outcome, ...]) -> Outcome | None:
    """The one outcome of a part of a factored action, None where it is not enabled. Raises ValueError for several, and
    for one that does anything but write: a rejection, an event, what grows a monotone slot."""
    if not outcomes:
        return None
    only = outcomes[0]
    if len(outcomes) > 1 or only.writes is None or only.clause is not None or only.grows or only.events:
        raise ValueError(f"{part}: a part of an action has no outcome or one that writes, not {outcomes}")
    return only


@dataclass(frozen=True, slots=True)
class Symmetry:
    """Names that can be exchanged for each other without any action noticing: `renamed(value, names)` is a slot's value
    with every name in it replaced. Slots are exchanged by their owners and parts. What breaks a tie by names keeps its
    order in the state, so that it is exchanged too (DESIGN.md)."""

    names: tuple[Name, ...]
    renamed: Callable[[Slot, Hashable, Mapping[Name, Name]], Hashable]


@dataclass(frozen=True, slots=True)
class Machine:
    """Named slots with their first values, and the actions over them. `monotone` names the slots that hold
    sets which only grow; `symmetry` the names that are interchangeable, if any; `title` and `bounds` are for people
    and reports."""

    title: str
    initial: Mapping[Slot, Hashable]
    actions: tuple[Action, ...]
    monotone: frozenset[Slot] = frozenset()
    bounds: Mapping[str, int] | None = None
    symmetry: Symmetry | None = None
