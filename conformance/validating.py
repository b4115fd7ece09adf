"""Checking an event log against the engine: is there an order of its steps, and what it does not tell, in which the
engine sees just that?

Depth first over what is hidden: the order of steps that overlap, whether a step of unknown outcome was taken, and what
members did whose steps are not in the log. Keys and fresh values are terms, so nothing has to be known of them.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, cast

from lockedroom.conformance.derive import Act
from lockedroom.conformance.engine import EngineRoom
from lockedroom.conformance.logs import Entry, Log
from lockedroom.conformance.observation import Seen
from lockedroom.conformance.schemas import Json, json_of, line_of
from lockedroom.conformance.trace import Settings
from lockedroom.conformance.weave import probes
from lockedroom.reference.machine import Name

_HIDDEN: Final = 1 << 20
"""Added to the numbers of hidden steps, which are no line's."""
_SHOWN: Final = 40
"""How many of the steps that can be taken are told."""


@dataclass(frozen=True, slots=True)
class Next:
    """A line that could come next, and why it does not: what it says, what the engine says there, and the engine's
    reason, which is the guard that is false."""

    place: str
    step: str
    logged: str
    engine: str
    guard: str


@dataclass(frozen=True, slots=True)
class Validated:
    """What became of a log. `order` are the places of the lines in an order that the engine agrees with, or in the
    longest that it does, with the hidden steps among them; of a log that is not valid `stuck` are the lines which could
    come next, `enabled` what could be done there."""

    verdict: Literal["valid", "invalid", "undecided"]
    lines: int
    agreed: int
    hidden: int
    searched: int
    reason: str
    order: tuple[str, ...]
    stuck: tuple[Next, ...] = ()
    enabled: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 when it is valid, 1 when it is not, 4 when a limit was reached before either was known."""
        return {"valid": 0, "invalid": 1, "undecided": 4}[self.verdict]

    def to_json(self) -> Json:
        """All of it, for a report."""
        return json_of(self)


def validate(log: Log, *, hidden: int = 0, time_limit: float | None = None, states: int = 1_000_000) -> Validated:
    """Check a log. `hidden`: how many steps members may have taken whose steps the log does not have; the fewest that
    do are found first. `time_limit`, in seconds, and `states` end the search undecided."""
    search = _Search(log, None if time_limit is None else time.monotonic() + time_limit, states)
    quiet = set(log.header.members) - set(log.header.logged or log.header.members)
    try:
        for budget in range((hidden if quiet else 0) + 1):
            found = search.run(budget)
            if found is not None:
                return search.report("valid", found, "")
    except _Limit as reached:
        return search.report("undecided", search.deepest, str(reached))
    told = f" with {hidden} hidden steps or fewer" if quiet else ""
    return search.report("invalid", search.deepest, f"no order of the steps agrees with the engine{told}")


class _Limit(Exception):
    """A limit ends a search."""


@dataclass(frozen=True, slots=True)
class _Node:
    """A point of the search: how many lines of each member are behind it, the room, and the way here."""

    done: tuple[int, ...]
    room: EngineRoom
    hidden: int = 0
    way: tuple[_Node, str] | None = None

    @property
    def agreed(self) -> int:
        return sum(self.done)


class _Search:
    """One search: `searched` are the points that were looked at, `deepest` is that where most lines agree."""

    def __init__(self, log: Log, deadline: float | None, states: int) -> None:
        self.log = log
        self.searched = 0
        self._deadline = deadline
        self._states = states
        self._lines: dict[Name, list[int]] = {name: [] for name in log.header.logged or log.header.members}
        self._before: dict[int, int] = {}
        for number, entry in enumerate(log.entries):
            lines = self._lines[entry.actor]
            if lines:
                self._before[number] = lines[-1]
            lines.append(number)
        self._actors = tuple(self._lines)
        self._quiet = [name for name in log.header.members if name not in self._lines]
        self._settings = _settings(log)
        self._start = _Node((0,) * len(self._actors), EngineRoom(self._settings, "symbolic"))
        self.deepest = self._start

    def run(self, budget: int) -> _Node | None:
        """An end of the log that the engine agrees with, with that many hidden steps at most. Raises _Limit."""
        total = len(self.log.entries)
        met: set[object] = set()
        ways = [iter((self._start,))]
        while ways:
            node = next(ways[-1], None)
            if node is None:
                ways.pop()
                continue
            key = (node.done, budget - node.hidden, tuple(node.room.slots.values()))
            if key in met:
                continue
            met.add(key)
            self._count()
            if node.agreed > self.deepest.agreed:
                self.deepest = node
            if node.agreed == total:
                return node
            ways.append(self._following(node, budget))
        return None

    def _count(self) -> None:
        self.searched += 1
        if self.searched > self._states:
            raise _Limit(f"the limit of {self._states} states")
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise _Limit("the time limit")

    def _following(self, node: _Node, budget: int) -> Iterator[_Node]:
        """What can come next: lines first, then what nobody has logged."""
        for place, number in self._due(node):
            for room, seen in self._taken(node, number):
                if seen is None or _agrees(self.log.entries[number], seen, room):
                    done = (*node.done[:place], node.done[place] + 1, *node.done[place + 1 :])
                    what = f"{self.log.places[number]}: {self.log.entries[number]}"
                    yield _Node(done, room, node.hidden, (node, what if seen else f"{what}, which was not taken"))
        yield from self._dying(node)
        if node.hidden < budget:
            yield from self._unlogged(node)

    def _due(self, node: _Node) -> Iterator[tuple[int, int]]:
        """The lines that may come next, by the order that the log has: the member's place, and the line."""
        waiting = [
            (place, self._lines[actor][done])
            for place, (actor, done) in enumerate(zip(self._actors, node.done, strict=True))
            if done < len(self._lines[actor])
        ]
        if self.log.header.order == "file":
            yield from (one for one in waiting if one[1] == min(number for _, number in waiting))
            return
        entries = self.log.entries
        ends = [end for _, number in waiting if (end := entries[number].end) is not None]
        for place, number in sorted(waiting, key=lambda one: (entries[one[1]].end or 0, one[1])):
            begin = entries[number].begin
            # What began after another had ended comes after it.
            if begin is None or not any(end < begin for end in ends):
                yield place, number

    def _taken(self, node: _Node, number: int) -> Iterator[tuple[EngineRoom, Seen | None]]:
        """The room after a line, and what the engine sees of it; None where it is left undone."""
        entry = self.log.entries[number]
        room = node.room.copy()
        if self._died(number):
            room.act(number, entry.actor, "crash", {})
        untouched = room.copy()
        yield room, room.act(number + 1, entry.actor, entry.operation, cast("Mapping[str, Json]", entry.arguments))
        if entry.outcome == "unknown":
            yield untouched, None

    def _died(self, number: int) -> bool:
        """Whether the member's process is another than in its line before."""
        if number not in self._before:
            return False
        then, now = self.log.entries[self._before[number]].process, self.log.entries[number].process
        return then is not None and now is not None and then != now

    def _dying(self, node: _Node) -> Iterator[_Node]:
        """The deaths that no log can tell: between two processes of a member, or after its last line."""
        for actor, done in zip(self._actors, node.done, strict=True):
            lines = self._lines[actor]
            if done == len(lines) or self._died(lines[done]):
                room = node.room.copy()
                room.act(0, actor, "crash", {})
                if room.slots != node.room.slots:
                    yield _Node(node.done, room, node.hidden, (node, f"hidden: {actor} dies"))

    def _unlogged(self, node: _Node) -> Iterator[_Node]:
        """What a member whose steps are not in the log may have done."""
        for act in self._guesses(node):
            if act.actor in self._quiet:
                room = node.room.copy()
                seen = room.act(_HIDDEN + node.agreed * 64 + node.hidden, act.actor, act.operation, act.arguments)
                if seen.outcome == "ok" and room.slots != node.room.slots:
                    what = f"hidden: {act.actor}: {act.operation}({_inner(act.arguments)})"
                    yield _Node(node.done, room, node.hidden + 1, (node, what))

    def _guesses(self, node: _Node) -> Iterator[Act]:
        """Everything that can be tried; as bodies those that others say later to have had from there."""
        for act in probes(self._settings):
            if "body" not in act.arguments:
                yield act
            elif act.arguments["body"] == "probe":
                for body in self._bodies(node, act.actor) or ["probe"]:
                    yield Act(act.actor, act.operation, {**act.arguments, "body": body})
        yield from (Act(name, "crash", {}) for name in self._quiet)

    def _bodies(self, node: _Node, sender: Name) -> list[Json]:
        left = [n for actor, done in zip(self._actors, node.done, strict=True) for n in self._lines[actor][done:]]
        found = [
            event["body"]
            for number in left
            for event in self.log.entries[number].events
            if event.get("peer") == sender and "body" in event
        ]
        return [body for body in dict.fromkeys(found) if isinstance(body, str)]

    # ---- what is told ------------------------------------------------------------------------------------

    def report(self, verdict: Literal["valid", "invalid", "undecided"], node: _Node, reason: str) -> Validated:
        """What became of the log, `node` being how far it agrees."""
        order: list[str] = []
        way = node.way
        while way is not None:
            order.append(way[1])
            way = way[0].way
        stuck: tuple[Next, ...] = ()
        enabled: tuple[str, ...] = ()
        if verdict != "valid":
            stuck = tuple(self._why(node, number) for _, number in self._due(node))
            enabled = tuple(_enabled(self._settings, node.room))
        return Validated(
            verdict,
            len(self.log.entries),
            node.agreed,
            node.hidden,
            self.searched,
            reason,
            tuple(reversed(order)),
            stuck,
            enabled,
        )

    def _why(self, node: _Node, number: int) -> Next:
        entry = self.log.entries[number]
        room, seen = next(iter(self._taken(node, number)))
        assert seen is not None, "first it is taken"
        logged, found = _said(entry.clause, entry.events), _said(seen.clause, seen.events)
        if entry.visible is not None and _agrees(entry, seen, None):
            logged, found = (line_of(json_of(one)) for one in (entry.visible, room.observe()))
        guard = "" if seen.clause is None else f"{seen.clause}: {seen.detail}"
        return Next(self.log.places[number], str(entry), logged, found, guard)


def _agrees(entry: Entry, seen: Seen, room: EngineRoom | None) -> bool:
    """Whether a line says what the engine sees."""
    if entry.outcome == "unknown":
        return True
    if entry.outcome != seen.outcome or entry.clause != seen.clause:
        return False
    if json_of(entry.events) != json_of(seen.events):
        return False
    return room is None or entry.visible is None or entry.visible == room.observe()


def _said(clause: str | None, events: Sequence[object]) -> str:
    return f"refused by {clause}" if clause else f"ok {line_of(json_of(tuple(events)))}"


def _inner(arguments: Mapping[str, Json]) -> str:
    return ", ".join(line_of(value) for value in arguments.values())


def _enabled(settings: Settings, room: EngineRoom) -> Iterator[str]:
    """Steps that can be taken in a room, refusals left out."""
    found = 0
    for act in probes(settings):
        seen, changed = room.would(act.actor, act.operation, act.arguments)
        if seen.outcome == "ok" and changed and found < _SHOWN:
            found += 1
            yield f"{act.actor}: {act.operation}({_inner(act.arguments)})"


def _settings(log: Log) -> Settings:
    header = log.header
    seed = hashlib.sha256(b"lockedroom log").hexdigest()
    return Settings(
        "lockedroom-trace-1",
        header.protocol,
        header.profile,
        "LR0",
        header.capacity,
        header.members,
        seed,
        "",
        "an event log",
        {},
    )
