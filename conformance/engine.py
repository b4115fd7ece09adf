"""A room made of nothing but values: the reference transitions, taken one by one on a store of plain tuples.

The engine replay and the derivation of traces run on it, under terms or under real crypto. No OS.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Final, TypeAlias, cast

from lockedroom.conformance.entropy import STAND_IN, Keys
from lockedroom.conformance.forging import Forge
from lockedroom.conformance.intruding import intrude, left_by
from lockedroom.conformance.observation import Observation, Seen, look, rights_of, seen_of
from lockedroom.conformance.schemas import Json
from lockedroom.conformance.trace import INTRUDERS, Settings
from lockedroom.reference.crypto.real import RealSuite
from lockedroom.reference.crypto.suite import Suite
from lockedroom.reference.crypto.symbolic import SymbolicSuite
from lockedroom.reference.machine import Name, Rejected, Slot, Step
from lockedroom.reference.segment import store
from lockedroom.reference.segment.effects import ACL, BOARD, HEADER, inbox, life, member
from lockedroom.reference.segment.profile import PROFILES, Profile
from lockedroom.reference.segment.records import Capacity, Record
from lockedroom.reference.segment.state import Member
from lockedroom.reference.segment.table import BY_OPERATION, perform

SUITES: Final = ("symbolic", "LR0", "LR1")

Performs: TypeAlias = "Callable[..., Step[Member] | Rejected[Member]]"
"""What takes a transition of the table, like `perform`."""


def suite_named(name: str) -> Suite:
    """The suite of that name."""
    return SymbolicSuite() if name == "symbolic" else RealSuite(name)


class EngineRoom:
    """Every slot of one run, and the operations on them. The settings' suite may be another than the trace's;
    `performs` is what takes a transition, the reference unless told; `profile`: one that no room speaks, by which the
    members go under the label of one that is spoken (SEG-PROFILE-4)."""

    def __init__(
        self, settings: Settings, suite: str, performs: Performs | None = None, profile: Profile | None = None
    ) -> None:
        self._settings = settings
        self._performs = performs or perform
        self._keys = Keys(suite_named(suite), bytes.fromhex(settings.entropy))
        self._profile = profile or PROFILES[settings.profile]
        self._rooms: dict[Name, dict[Slot, Hashable]] = {}
        self._left: dict[int, tuple[Record, ...]] = {}
        self._forge = Forge(self._keys, self._left)

    @property
    def slots(self) -> Mapping[Slot, Hashable]:
        """The value of every slot of the run's own room."""
        return self._slots("")

    def copy(self) -> EngineRoom:
        """The same room, which goes its own way from here. What an intruder's records are made of is not copied."""
        other = EngineRoom.__new__(EngineRoom)
        other._settings, other._keys, other._profile, other._forge, other._performs = (
            self._settings,
            self._keys,
            self._profile,
            self._forge,
            self._performs,
        )
        other._rooms = {name: dict(slots) for name, slots in self._rooms.items()}
        other._left = {}
        return other

    def observe(self, room: Name = "") -> Observation:
        """What is visible now of a room."""
        return look(self._slots(room))

    def act(self, index: int, actor: Name, operation: str, arguments: Mapping[str, Json], room: Name = "") -> Seen:
        """Take one step, the `index`-th of its trace, from 1."""
        if operation == "crash":
            return self._crash(actor)
        slots = self._slots(room)
        if operation in INTRUDERS:
            return intrude(slots, self._forge, operation, arguments)
        row = BY_OPERATION[operation]
        peers = arguments.get("peers", [arguments["peer"]] if "peer" in arguments else [])
        reads, writes = row.footprint(actor, cast(list[Name], peers))
        footprint = {slot: slots[slot] for slot in (*reads, *writes)}
        me = cast(Member, slots[member(actor)])
        fresh = self._keys.fresh(actor, index)
        at = store.at(me, self._keys.suite, fresh, self._settings.capacity, footprint, self._profile)
        result = self._performs(row, at, **arguments_of(row.arguments, arguments, self._settings, self._keys))
        if result.state is not None:
            slots[member(actor)] = result.state
        for effect in result.effects:
            slots[effect.slot] = store.apply(effect, slots[effect.slot])
        self._left[index] = tuple(record for effect in result.effects for record in left_by(effect))
        return seen_of(result, self._keys.text)

    def would(self, actor: Name, operation: str, arguments: Mapping[str, Json]) -> tuple[Seen, bool]:
        """What a step would show, and whether it would change anything. Nothing is changed by asking."""
        slots, left = dict(self._slots("")), self._left.pop(0, ())
        try:
            seen = self.act(0, actor, operation, arguments)
            return seen, self._rooms[""] != slots
        finally:
            self._rooms[""], self._left[0] = slots, left

    def _slots(self, room: Name) -> dict[Slot, Hashable]:
        """The slots of a room; of one that is new, before anything was created."""
        if room not in self._rooms:
            slots: dict[Slot, Hashable] = {HEADER: None, ACL: store.EMPTY, BOARD: store.EMPTY}
            for name in self._settings.members:
                slots |= {member(name): self._newborn(name), inbox(name): store.EMPTY, life(name): False}
            self._rooms[room] = slots
        return self._rooms[room]

    def _newborn(self, name: Name) -> Member:
        creator = self._keys.signing(self._settings.members[0])
        return Member(name, self._keys.signing(name), self._keys.suite.signing_public(creator))

    def _crash(self, actor: Name) -> Seen:
        """The process dies and forgets everything, in every room, but what lies beside its identity (SEG-GRANT-1)."""
        for slots in self._rooms.values():
            old = cast(Member, slots[member(actor)])
            reborn = self._newborn(actor)
            slots[member(actor)] = Member(actor, reborn.signing, reborn.creator, old.authority, old.pin)
            slots[life(actor)] = False
        return Seen("ok")


def arguments_of(
    wanted: tuple[str, ...], given: Mapping[str, Json], settings: Settings, keys: Keys
) -> dict[str, object]:
    """The arguments of a transition from those of a trace's step."""
    found: dict[str, object] = {}
    for name in wanted:
        match name:
            case "capacity":
                found[name] = capacity_of(settings)
            case "profile":
                found[name] = settings.profile
            case "origin":
                found[name] = STAND_IN
            case "body":
                found[name] = keys.body(cast(str, given[name]))
            case "rights":
                found[name] = rights_of(given[name])
            case "key":
                found[name] = keys.suite.signing_public(keys.signing(cast(Name, given[name])))
            case "peers":
                found[name] = tuple(cast(list[Name], given[name]))
            case _:
                found[name] = given[name]
    return found


def capacity_of(settings: Settings) -> Capacity:
    """The capacity that the segment is created with."""
    return settings.capacity
