"""Traces that tell right from wrong: for a mutant of the engine a shortest run in which its mistake is seen.

The engine and the mutant are walked side by side (`apart`) within bounds in which the mistake can show, until a step
looks different; the run of the engine up to there is the trace. Where no step ever looks different, the first record
that does is looked at (`inspect`), by somebody who has all keys. The trace counts when the mutant, alone or among
members without a mistake, fails it at the clause that it breaks.

`python -m lockedroom.conformance.telling NAME…` searches for these mutants and writes the traces; `generate` takes the
steps of what is written and says anew what must be seen.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final, cast, get_args

from lockedroom.conformance import corpus
from lockedroom.conformance.conform import TraceResult
from lockedroom.conformance.derive import Act, Underivable, acts_along, derive
from lockedroom.conformance.engine import EngineRoom, Performs
from lockedroom.conformance.mistakes import Hands, holders
from lockedroom.conformance.observation import render
from lockedroom.conformance.recipes import Unsayable, left_by_step
from lockedroom.conformance.report import failed_at
from lockedroom.conformance.report_cases import candidate
from lockedroom.conformance.schemas import line_of
from lockedroom.conformance.stage import Status, replay_on
from lockedroom.conformance.trace import FORMAT, INTRUDER, Settings, Trace, write_trace
from lockedroom.model.apart import Eyes, Parting, partings
from lockedroom.model.segment.bounds import Bounds, Setting, capacity_for
from lockedroom.model.segment.engine import REFERENCE, Logic
from lockedroom.model.segment.machine import segment_machine
from lockedroom.model.segment.mutants import BY_NAME, Mutant
from lockedroom.reference.machine import Machine, Name, Outcome, Slot, Transition
from lockedroom.reference.segment.records import Capacity, Destroyed, Header, Record
from lockedroom.reference.segment.store import Cell
from lockedroom.reference.segment.table import perform
from lockedroom.reference.segment.views import At

_CELL: Final = 2048
"""The size of a record's cell: an LR1 exchange fits."""

_TRIES: Final = 40
"""How many partings, unlike in what is seen, are tried on one mutant in the same hands."""

_RANDOM: Final = frozenset({"ciphertext"})
"""Fields that no library makes from given entropy under LR1: nobody can say what they must be."""


_IN: Final = (("create", "alice"), ("grant", "alice"), ("join", "alice"), ("join", "bob"))
_SHARED: Final = (*_IN, ("exchange", "alice"), ("accept", "bob"))

WHERE: Final[Mapping[str, tuple[Bounds, Sequence[tuple[str, Name]]]]] = {
    "the last exchange wins": (Bounds(2, 1, 1), _IN),
    "the first exchange wins": (Bounds(2, 1, 1), _IN),
    "a tie goes to the lesser exchange": (Bounds(2, 1, 1), _IN),
    "the loser of two rotations sticks to its own": (Bounds(2, 1, 1, rotations=1), _SHARED),
    "a proposal that is read is not counted": (Bounds(2, 0, 1, rotations=1, intruder=1), _SHARED),
    "a proposal stays pending when it is acknowledged": (Bounds(2, 0, 1, rotations=2), _SHARED),
    "reading under a new epoch does not move the sender": (Bounds(2, 1, 1, rotations=1), _SHARED),
    "the proposer moves at once": (Bounds(2, 1, 1, rotations=1), _SHARED),
    "every rotation has one master key": (Bounds(2, 0, 1, rotations=1), _SHARED),
    "posts for another stay are read": (Bounds(2, 1, 2), _SHARED),
    "a review forgets what lies there": (Bounds(2, 1, 1, revocations=1), _SHARED),
    "what is past is forgotten": (Bounds(2, 0, 2, intruder=1), _SHARED),
}
"""Where mutants are looked for: in other bounds than those in which a property sees them, which may be too small for
anybody else to see them, and after which steps."""


@dataclass(frozen=True, slots=True)
class Told:
    """A trace that tells a mutant from the engine: in whose hands, and the clauses at which it fails."""

    trace: Trace
    hands: Hands
    broken: tuple[str, ...]


def performer(mutant: Mutant, who: Sequence[Name]) -> Performs:
    """What takes a transition where these members have the mistake and the others have not."""
    logic = mutant.logic()

    def performs(row: Transition, at: At, **arguments: object) -> object:
        if at.me.name in who:
            return logic.perform(logic.rows[row.operation], at, **arguments)
        return perform(row, at, **arguments)

    return cast(Performs, performs)


def fails(trace: Trace, mutant: Mutant, hands: Hands, suite: str = "symbolic") -> tuple[str, ...]:
    """The clauses at which a mutant in these hands fails a trace on plain values; none when it passes."""
    performs = performer(mutant, holders(hands, trace.settings.members))
    found = replay_on(EngineRoom(trace.settings, suite, performs), trace)
    if found.status is not Status.FAILED:
        return ()
    return failed_at(
        candidate("", trace), TraceResult(trace.title, found.status, found.steps, found.divergence, found.reason)
    )


def machine_of(bounds: Bounds, logic: Logic = REFERENCE) -> Machine:
    """What is walked: nobody destroys the segment, and nobody is told what members remember."""
    whole = segment_machine(Setting(bounds, _room(bounds), aftermath=True), logic)
    left = tuple(one for one in whole.actions if one.operation not in ("destroy", "disclose"))
    return replace(whole, actions=left)


def told(
    mutant: Mutant,
    bounds: Bounds | None = None,
    first: Sequence[tuple[str, Name]] = (),
    limit: int = 200_000,
) -> Iterator[Told]:
    """The traces within these bounds, its own unless others are given, that tell a mutant from the engine at its
    clause, the shortest for each in whose hands it may be: first those in which a step looks different, then those in
    which a record does. They begin with `first`, operations and who takes them; at most `limit` pairs of states are
    looked at for each."""
    bounds = bounds or mutant.bounds
    right, wrong = machine_of(bounds), machine_of(bounds, mutant.logic())
    for eyes, ending in ((EYES, _as_it_is), (ALL_KEYS, _looked_at)):
        for hands in get_args(Hands):
            mine = holders(hands, bounds.honest)
            actions = zip(right.actions, wrong.actions, strict=True)
            mixed = replace(right, actions=tuple(w if w.actor in mine else r for r, w in actions))
            found = _first(mutant, bounds, hands, partings(right, mixed, eyes, first, limit), ending)
            if found is not None:
                yield found


def _first(
    mutant: Mutant,
    bounds: Bounds,
    hands: Hands,
    found: Iterator[Parting],
    ending: Callable[[Parting, Mutant], tuple[Hashable, Sequence[Act]]],
) -> Told | None:
    """The first parting whose trace the mutant fails at its clause; of those that part alike one is tried."""
    alike: set[Hashable] = set()
    for one in found:
        try:
            kind, acts = ending(one, mutant)
            if (key := (one.path[-1][0].operation, one.path[-1][0].actor, kind)) in alike:
                continue
            alike.add(key)
            trace = derive(settings_of(mutant.name, bounds), acts)
        except (Underivable, Unsayable):
            continue
        broken = fails(trace, mutant, hands)
        if mutant.breaks in broken:
            return Told(trace, hands, broken)
        if len(alike) == _TRIES:
            break
    return None


def settings_of(title: str, bounds: Bounds) -> Settings:
    """What members are told in a trace."""
    return Settings(
        FORMAT,
        "segment",
        "hardened",
        "LR1",
        _room(bounds),
        bounds.names,
        hashlib.sha256(f"lockedroom corpus, {title}".encode()).hexdigest(),
        title,
        f"told apart: {bounds}",
        {name: value for name, value in bounds.to_json().items() if value},
    )


def _room(bounds: Bounds) -> Capacity:
    return replace(capacity_for(bounds), record=_CELL)


# ---- how a trace ends --------------------------------------------------------------------------------


def _as_it_is(one: Parting, mutant: Mutant) -> tuple[Hashable, Sequence[Act]]:
    """By the step that looks different."""
    return (_kind(one.right), _kind(one.wrong)), acts_along(one.path)[0]


def _looked_at(one: Parting, mutant: Mutant) -> tuple[Hashable, Sequence[Act]]:
    """By looking at the first field that is another. Raises Unsayable where none can be looked at."""
    right, wrong = cast("tuple[Hashable, ...]", one.right), cast("tuple[Hashable, ...]", one.wrong)
    if len(right) != 3 or len(wrong) != 3:
        raise Unsayable("a step that looks different")
    record, name = _other_field(right[2], wrong[2])
    action, outcome = one.path[-1]
    after = dict(zip(action.writes, outcome.writes or (), strict=True))
    acts, ends, recipes = acts_along(one.path)
    number = list(left_by_step(action, outcome, after)).index(record)
    return (type(record), name), [*acts, recipes.inspection(ends[-1], number, record, name, mutant.breaks)]


def _other_field(right: Hashable, wrong: Hashable) -> tuple[Record, str]:
    for one, other in zip(_records(right), _records(wrong), strict=False):
        if type(one) is type(other):
            for field in fields(one):
                if field.name not in _RANDOM and getattr(one, field.name) != getattr(other, field.name):
                    return one, field.name
    raise Unsayable("no record that is another")


def _records(value: Hashable) -> Sequence[Record]:
    if isinstance(value, Cell):
        return [one for one in (value.announcement, *value.posts) if one is not None]
    return [cast(Record, one) for one in value] if isinstance(value, tuple) else [cast(Record, value)]


# ---- what is seen ------------------------------------------------------------------------------------


def _kind(seen: Hashable) -> Hashable:
    """What is seen without who and how much: one refusal for another, one event for another, another count."""
    said = cast("tuple[Hashable, ...]", seen)
    clause, events = cast("tuple[str | None, tuple[tuple[str, str], ...]]", said[0] if len(said) == 3 else said)
    return clause, tuple(name for name, _ in events), cast(Slot, said[1]).kind if len(said) == 3 else ""


def _of(outcome: Outcome) -> Hashable:
    events = ((type(one).__name__, line_of(render(one, repr))) for one in outcome.events)
    return outcome.clause, tuple(events)


def _lying(slot: Slot, value: Hashable) -> Hashable:
    match slot.kind, value:
        case "header", Header():
            return "live"
        case "header", Destroyed():
            return "destroyed"
        case "board", Cell():
            return value.announcement is not None, len(value.posts)
        case (("acl" | "inbox"), tuple()):
            return len(value)
        case "life", bool():
            return value
    return None


def _whole(slot: Slot, value: Hashable) -> Hashable:
    return value if slot.kind in ("header", "acl", "board", "inbox") else _lying(slot, value)


EYES: Final = Eyes(_of, _lying, frozenset({INTRUDER}))
"""What an observation says of a room."""

ALL_KEYS: Final = Eyes(_of, _whole, frozenset({INTRUDER}))
"""Whoever knows all that was drawn, and so sees whether a record is what it must be."""


# ---- what is committed -------------------------------------------------------------------------------


def again(trace: Trace) -> Trace:
    """The same steps, and what must be seen of them as the engine has it."""
    return derive(trace.settings, [Act(one.actor, one.operation, one.arguments, one.room) for one in trace.steps])


def documents() -> Mapping[str, Trace]:
    """The traces by the names of their files, without suffix: those that are there, with what must be seen."""
    return {name: again(trace) for name, trace in corpus.telling().items()}


def slug(mutant: Mutant) -> str:
    """The name of its trace's file, without suffix."""
    return re.sub(r"[^a-z0-9]+", "-", mutant.name.lower().replace("'", "")).strip("-")


def main(names: Sequence[str]) -> int:
    """Search for the traces that tell these mutants from the engine, and write them. Exit code 1 when one has none."""
    missing = 0
    for name in names:
        bounds, first = WHERE.get(name, (None, ()))
        found = next(told(BY_NAME[name], bounds, first), None)
        missing += found is None
        print(f"{name}: " + ("nothing tells it" if found is None else f"{len(found.trace.steps)} steps, {found.hands}"))
        if found is not None:
            path = corpus.FOLDER / "segment" / "telling" / f"{slug(BY_NAME[name])}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(write_trace(found.trace), encoding="utf-8")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
