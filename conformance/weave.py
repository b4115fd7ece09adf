"""Few and short traces that show every behaviour: paths of the explorer, chosen greedily, with refusals woven in.

A behaviour is an operation with one of its outcomes. A refusal changes nothing, so it needs no trace of its own: it is
tried on the way of a path that is taken anyway. Nothing here explores, and nothing is random.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from lockedroom.conformance.coverage import outcome_of
from lockedroom.conformance.derive import Act
from lockedroom.conformance.engine import EngineRoom
from lockedroom.conformance.observation import RIGHTS, Seen
from lockedroom.conformance.schemas import Json
from lockedroom.conformance.trace import Settings
from lockedroom.reference.machine import Name

Behaviour: TypeAlias = tuple[str, str]
"""An operation, and the clause that refuses it or the kinds of its events."""

ALL: Final[list[Json]] = [name for name, _ in RIGHTS]


@dataclass(frozen=True, slots=True)
class Path:
    """A way through one room."""

    settings: Settings
    acts: tuple[Act, ...]


def behaviour(act: Act, seen: Seen) -> Behaviour:
    """What an act showed. Whether records crossed, and which of two won, is told apart."""
    truths = [
        str(value) for event in seen.events if isinstance(event, dict) for value in event.values() if value is True
    ]
    return act.operation, " ".join([outcome_of(seen.clause, seen.events), *truths])


def shown(path: Path) -> frozenset[Behaviour]:
    """Every behaviour on a path."""
    room = EngineRoom(path.settings, "symbolic")
    acts = enumerate(path.acts, start=1)
    return frozenset(behaviour(act, room.act(i, act.actor, act.operation, act.arguments)) for i, act in acts)


def cover(candidates: Iterable[Path]) -> Iterator[Path]:
    """Paths that together show all that the candidates show, and all that can be tried on their way. First whatever
    shows most that is new; of equals the shortest, then the first."""
    waiting = [(path, shown(path)) for path in candidates]
    covered: set[Behaviour] = set()
    while waiting:
        waiting = [(path, found) for path, found in waiting if not found <= covered]
        if not waiting:
            return
        best, _ = max(waiting, key=lambda one: (len(one[1] - covered), -len(one[0].acts)))
        woven = weave(best, covered)
        covered |= shown(woven)
        yield woven


def weave(path: Path, covered: Iterable[Behaviour]) -> Path:
    """The path with every refusal woven in that changes nothing and is neither covered nor on it."""
    known = set(covered) | shown(path)
    room = EngineRoom(path.settings, "symbolic")
    acts: list[Act] = []

    def refusals() -> None:
        for act in probes(path.settings):
            seen, changed = room.would(act.actor, act.operation, act.arguments)
            if seen.clause is not None and not changed and behaviour(act, seen) not in known:
                known.add(behaviour(act, seen))
                acts.append(act)

    refusals()
    for act in path.acts:
        acts.append(act)
        room.act(len(acts), act.actor, act.operation, act.arguments)
        refusals()
    return Path(path.settings, tuple(acts))


def probes(settings: Settings) -> Iterator[Act]:
    """Everything that a member could try that is quickly said, sense or not."""
    members = settings.members
    longer = "x" * (settings.capacity.payload + 1)
    for me in members:
        for operation in ("create", "join", "review", "leave", "destroy"):
            yield Act(me, operation, {})
        for body in ("probe", longer):
            yield Act(me, "publish", {"body": body})
            others: list[Json] = [name for name in members if name != me]
            duplicate: list[Json] = [*others[:1], *others[:1]]
            for peers in (others, [], duplicate):
                yield Act(me, "multicast", {"peers": peers, "body": body})
        for other in members:
            yield from _towards(me, other, longer)


def _towards(me: Name, other: Name, longer: str) -> Iterator[Act]:
    for operation in ("exchange", "accept", "receive", "read", "rotate", "acknowledge", "reap"):
        yield Act(me, operation, {"peer": other})
    for body in ("probe", longer):
        yield Act(me, "send", {"peer": other, "body": body})
    for rights in (ALL, []):
        yield Act(me, "grant", {"subject": other, "key": other, "rights": rights})
    yield Act(me, "revoke", {"subject": other})


def estranged(path: Path) -> Iterator[Path]:
    """The path up to each grant, that one under the creator's own key instead, and the subject's try to join."""
    for index, act in enumerate(path.acts):
        if act.operation == "grant":
            wrong = Act(act.actor, "grant", {**act.arguments, "key": act.actor})
            subject = act.arguments["subject"]
            assert isinstance(subject, str), "a name"
            yield Path(path.settings, (*path.acts[:index], wrong, Act(subject, "join", {})))


def continued(path: Path) -> Iterator[Path]:
    """The path with one more message, from each member to each other, and what becomes of it there."""
    for me in path.settings.members:
        for other in path.settings.members:
            if me != other:
                more = (Act(me, "send", {"peer": other, "body": "one more"}), Act(other, "receive", {"peer": me}))
                yield Path(path.settings, (*path.acts, *more))


def crossed(path: Path) -> Iterator[Path]:
    """The path up to each exchange or rotation, one the other way that crosses it, and what becomes of both."""
    read = {"exchange": "accept", "rotate": "receive"}
    for index, act in enumerate(path.acts, start=1):
        if act.operation in read:
            me, other = act.actor, str(act.arguments["peer"])
            first = Act(other, act.operation, {"peer": me})
            second = Act(me, read[act.operation], {"peer": other})
            third = Act(other, read[act.operation], {"peer": me})
            yield Path(path.settings, (*path.acts[:index], first, second, third))
