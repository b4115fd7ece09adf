"""Attacks on a profile of the segment: found by the shortest path within small bounds, written down, taken again.

An attack is the steps to where a property falls. Written down it names actions, not values, so it can be taken on any
machine that has them: on another profile too. What a step left out of the writing (values, terms, states) is found out
anew each time, by the validator's own means and not by the explorer's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from lockedroom.model.explore import Explorer
from lockedroom.model.itf import Itf, itf
from lockedroom.model.report import Progress, Violation
from lockedroom.model.segment.bounds import Bounds
from lockedroom.model.segment.engine import REFERENCE
from lockedroom.model.segment.subject import segment_subject
from lockedroom.model.tabulated.explorer import Tabulated
from lockedroom.model.validator import Done, Run, State, Subject, goal_reached, outcomes_of, taken, violated
from lockedroom.reference.errors import EngineError
from lockedroom.reference.machine import Action, Machine, Outcome
from lockedroom.reference.segment.profile import Profile, profile_of

Make: TypeAlias = Callable[[Bounds, Profile], Subject]
"""What makes the machine of a profile within bounds, with what must hold of it."""


def segment_of(bounds: Bounds, profile: Profile) -> Subject:
    """The segment itself. With an intruder in the bounds, what is promised in a hostile store is judged, else all."""
    return segment_subject(bounds, REFERENCE.under(profile))


@dataclass(frozen=True, slots=True)
class Move:
    """One step of an attack: whose, what, with which arguments (in the trace format), and what came of it: the choice,
    if the environment had one, and which of several outcomes of that name."""

    actor: str
    operation: str
    arguments: Mapping[str, Itf]
    choice: str = ""
    which: int = 0

    def to_json(self) -> dict[str, object]:
        """All of it."""
        return {
            "actor": self.actor,
            "operation": self.operation,
            "arguments": dict(self.arguments),
            "choice": self.choice,
            "which": self.which,
        }


@dataclass(frozen=True, slots=True)
class Attack:
    """How a property, `falls`, is violated: on which profile, within which bounds, by which moves."""

    profile: Profile
    bounds: Bounds
    falls: str
    message: str
    moves: tuple[Move, ...]

    @property
    def length(self) -> int:
        """How many steps it has."""
        return len(self.moves)

    def to_json(self) -> dict[str, object]:
        """All of it, as `attack_of` reads it."""
        return {
            "profile": str(self.profile),
            "bounds": budgets(self.bounds),
            "property": self.falls,
            "message": self.message,
            "moves": [move.to_json() for move in self.moves],
        }


class Stale(EngineError):
    """An attack that was written down and is none (any more): at which move, and why."""

    def __init__(self, attack: Attack, move: int, problem: str) -> None:
        super().__init__(attack.falls, move, problem)
        self.attack = attack
        self.move = move
        self.problem = problem

    def __str__(self) -> str:
        return f"an attack on {self.attack.falls}, move {self.move} of {self.attack.length}: {self.problem}"


@dataclass(frozen=True, slots=True)
class Searched:
    """A search within bounds: whether all there is was seen, else why not; how much that was; and the attack."""

    bounds: Bounds
    complete: bool
    reason: str
    states: int
    depth: int
    seconds: float
    attack: Attack | None

    def to_json(self) -> dict[str, object]:
        """All but the attack and the time that it took."""
        return {
            "bounds": budgets(self.bounds),
            "complete": self.complete,
            "reason": self.reason,
            "states": self.states,
            "depth": self.depth,
        }


def budgets(bounds: Bounds) -> dict[str, int]:
    """Bounds as they are written down: the budgets that are not nothing."""
    return {name: value for name, value in bounds.to_json().items() if value and name != "settled"}


def bounds_of(found: Mapping[str, int]) -> Bounds:
    """Bounds that were written down. Raises ValueError or TypeError for what are none."""
    return Bounds(**{**dict.fromkeys(("members", "messages", "joins"), 0), **found})


def attack_of(found: Mapping[str, Any]) -> Attack:
    """An attack that was written down. Raises KeyError, TypeError or ValueError for what is none."""
    moves = tuple(Move(**one) for one in found["moves"])
    return Attack(profile_of(found["profile"]), bounds_of(found["bounds"]), found["property"], found["message"], moves)


# ---- searching ---------------------------------------------------------------------------------------


def search(
    bounds: Bounds,
    profile: Profile,
    make: Make = segment_of,
    *,
    only: str | None = None,
    ignored: tuple[str, ...] = (),
    progress: Callable[[Progress], None] | None = None,
    deadline: float | None = None,
) -> Searched:
    """The shortest attack on a profile within bounds; `only`: on that property, by other operations than those that are
    `ignored`. At the deadline (of the monotonic clock) it ends, not complete. Raises KeyboardInterrupt when
    interrupted, ActionFault when the engine raises."""
    left = None if deadline is None else deadline - time.monotonic()
    if left is not None and left <= 0:
        return Searched(bounds, False, "the time limit", 0, 0, 0.0, None)
    subject = narrowed(make(bounds, profile), only, ignored)
    explorer = Tabulated(subject.machine, subject.judge, subject.invariants, goals=subject.goals, jobs=1)
    found = explorer.run(progress=progress, phase=str(bounds), time_limit=left)
    if found.reason == "interrupted":
        raise KeyboardInterrupt
    attack = None
    if found.violations:
        first = min(found.violations, key=lambda one: (len(one.path), one.property))
        attack = written(subject, first, bounds, profile)
    return Searched(
        bounds,
        found.complete,
        "" if attack else found.reason,
        found.states,
        found.depth,
        found.seconds,
        attack,
    )


def narrowed(subject: Subject, only: str | None, ignored: tuple[str, ...] = ()) -> Subject:
    """The subject with one property alone, which steps of the `ignored` operations do not bring down, or as it is."""
    if only is None:
        return subject
    judge = subject.judge

    def judged(action: Action, values: tuple[Any, ...], outcome: Outcome) -> Iterable[tuple[str, bool | str]]:
        if action.operation in ignored:
            return []
        return [] if judge is None else [one for one in judge(action, values, outcome) if one[0] == only]

    return replace(
        subject,
        judge=judged,
        invariants=tuple(rule for rule in subject.invariants if rule.property == only),
        goals=tuple(goal for goal in subject.goals if goal.property == only),
    )


def written(subject: Subject, violation: Violation, bounds: Bounds, profile: Profile) -> Attack:
    """A violation written down, its steps taken anew on the way. Raises Stale when they cannot be."""
    state: State = dict(subject.machine.initial)
    moves: list[Move] = []
    for one in violation.path:
        moves.append(move_of(one.action, one.outcome, state))
        state = taken(one.action, one.outcome, state)
    attack = Attack(profile, bounds, violation.property, violation.message, tuple(moves))
    follow(subject, attack)
    return attack


def move_of(action: Action, outcome: Outcome, state: State) -> Move:
    """A step from a state written down."""
    alike = [found for found in outcomes_of(action, state) if found.label == outcome.label]
    arguments = {name: itf(value) for name, value in action.arguments}
    return Move(action.actor, action.operation, arguments, outcome.label, alike.index(outcome))


# ---- taking an attack again ----------------------------------------------------------------------------


def steps(subject: Subject, attack: Attack) -> Iterator[Done]:
    """The steps that an attack's moves are on a machine, one by one, whatever falls. Raises Stale when a move cannot be
    made."""
    state: State = dict(subject.machine.initial)
    for number, move in enumerate(attack.moves, start=1):
        action = action_of(subject.machine, move)
        if action is None:
            raise Stale(attack, number, f"nobody can {move.operation} there")
        alike = [found for found in outcomes_of(action, state) if found.label == move.choice]
        if move.which >= len(alike):
            raise Stale(attack, number, f"{move.actor} cannot {move.operation} {move.choice}".rstrip())
        state = taken(action, alike[move.which], state)
        yield Done(action, alike[move.which], state)


def follow(subject: Subject, attack: Attack) -> Run:
    """The run that an attack is on a machine: each move taken, the property violated at the end and not before. Raises
    Stale when a move cannot be made, or the property does not fall."""
    progress = any(goal.property == attack.falls for goal in subject.goals)
    start = dict(subject.machine.initial)
    state: State = start
    done: list[Done] = []
    fallen: dict[str, str] = {}
    for step in steps(subject, attack):
        fallen = dict(violated(subject, step.after, (step.action, step.outcome, state)))
        done.append(step)
        state = step.after
        if attack.falls in fallen and not progress and len(done) < attack.length:
            raise Stale(attack, len(done), f"it falls here already: {fallen[attack.falls]}")
    if progress and goal_reached(subject, attack.falls, state) is False:
        fallen[attack.falls] = attack.message
    if attack.falls not in fallen:
        raise Stale(attack, len(done), "the property holds at the end")
    return Run(attack.falls, fallen[attack.falls], start, tuple(done))


def action_of(machine: Machine, move: Move) -> Action | None:
    """The action that a move means."""
    for action in machine.actions:
        if (action.operation, action.actor) == (move.operation, move.actor) and (
            {name: itf(value) for name, value in action.arguments} == move.arguments
        ):
            return action
    return None


def falls_to(attack: Attack, profile: Profile, make: Make = segment_of) -> bool:
    """Whether the attack's own moves, in any order, each with whatever comes of it, still bring its property down on a
    profile: what is explored has those actions and no others, within the attack's bounds. Progress falls by the very
    moves, in their order: a goal out of reach of those actions alone would say nothing."""
    subject = narrowed(make(attack.bounds, profile), attack.falls)
    with suppress(Stale):
        follow(subject, replace(attack, profile=profile))
        return True
    if subject.goals:
        return False
    used: list[Action] = []
    for move in attack.moves:
        action = action_of(subject.machine, move)
        if action is not None and action not in used:
            used.append(action)
    machine = replace(subject.machine, actions=tuple(used), symmetry=None)
    explorer = Explorer(machine, subject.judge, subject.invariants, goals=subject.goals)
    return bool(explorer.run().violations)


def removed_by(attack: Attack, defences: Sequence[str], make: Make = segment_of) -> tuple[str, ...]:
    """Which of these defences remove an attack, each switched on alone: `falls_to` no more."""
    lacking = [name for name in defences if not attack.profile.has(name)]
    return tuple(name for name in lacking if not falls_to(attack, attack.profile.having(name), make))


def removed_jointly(attack: Attack, defences: Sequence[str], make: Make = segment_of) -> tuple[str, ...]:
    """A smallest set of these defences that removes an attack when all of it is switched on: none can be left out.
    Empty where all of them together do not."""
    lacking = [name for name in defences if not attack.profile.has(name)]
    if falls_to(attack, attack.profile.having(*lacking), make):
        return ()
    needed = lacking
    for name in lacking:
        rest = [other for other in needed if other != name]
        if not falls_to(attack, attack.profile.having(*rest), make):
            needed = rest
    return tuple(needed)


# ---- the bounds that are searched ----------------------------------------------------------------------

LADDER: Final[tuple[Bounds, ...]] = tuple(
    Bounds(**one)
    for one in (
        {},
        {"messages": 0, "intruder": 1},
        {"crashes": 1},
        {"intruder": 1, "insider": 1},
        {"messages": 0, "joins": 2, "crashes": 1},
        {"messages": 0, "rotations": 2},
        {"messages": 0, "intruder": 2},
        {"members": 3, "messages": 0, "intruder": 1, "insider": 1},
        {"intruder": 1},
        {"messages": 0, "revocations": 1, "intruder": 1},
        {"revocations": 1},
        {"messages": 0, "rotations": 1, "intruder": 1},
        {"messages": 0, "joins": 2, "intruder": 1},
        {"intruder": 2},
        {"members": 3, "messages": 0, "intruder": 1},
        {"members": 3, "messages": 0, "intruder": 2, "insider": 1},
    )
)
"""Bounds to search within, those that are explored sooner first. The bounds of 2 members, 1 message and 1 join are
meant where a budget is not named."""

DESCRIBED: Final[tuple[Bounds, ...]] = tuple(
    bounds
    for bounds in LADDER
    if not (bounds.joins > 1 or bounds.intruder > 1 or (bounds.intruder and (bounds.rotations or bounds.revocations)))
    if bounds.members == 2 or bounds.insider
)
"""Those of them within which the description is searched, time and again: it admits more than the hardened profile."""


def climb(
    profile: Profile,
    ladder: Sequence[Bounds] = LADDER,
    make: Make = segment_of,
    *,
    progress: Callable[[Progress], None] | None = None,
    deadline: float | None = None,
) -> list[Searched]:
    """Search within one bounds after the other, until the profile falls, something keeps a search from being complete,
    or all were searched."""
    searched: list[Searched] = []
    for bounds in ladder:
        searched.append(search(bounds, profile, make, progress=progress, deadline=deadline))
        if searched[-1].attack is not None or not searched[-1].complete:
            break
    return searched
