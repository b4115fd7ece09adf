"""Hypothesis plays a machine: a rule for each of its operations, judged by the same properties as an exploration.

The rules draw from three bundles: members, who act; messages, where a step has left something that others look at;
segments, rooms as they stood, to one of which a run can turn. What `walks` does at random Hypothesis does by search: it
switches rules on and off (swarm testing), aims at operations that have come up rarely (`target`), and begins runs, or
goes on, where there is something that no run has done (`course`). What it finds is made short by leaving out steps
(`shrink`), which the memo makes quick: Hypothesis itself, which knows choices and no steps, took minutes for what this
does in less than one second. At each state that it comes to, everything that could happen there is judged, not only
what is taken, through the memo of the walks. `machine_for` makes the RuleBasedStateMachine of any subject; `hunt` runs
it in rounds until the time is over or something is violated.

Hypothesis is imported here and nowhere else in the model: the extra `lockedroom[test]` brings it.
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, cast

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings, target
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    multiple,
    rule,
    run_state_machine_as_test,
)

from lockedroom.model.course import Course, Coverage, Stand
from lockedroom.model.fingerprint import MASK
from lockedroom.model.report import Violation
from lockedroom.model.validator import Subject
from lockedroom.model.walks import Broken, Choice, Failure, Move, drawn
from lockedroom.reference.machine import Slot

SECONDS: Final = 60.0
"""How long a hunt takes unless told."""
STEPS: Final = 40
"""Of one run."""
RUNS: Final = 10
"""Of one round: half of them aim at what the rounds before have rarely come to."""
_CURIOSITY: Final = (0.0, 0.5, 0.9)
"""How likely a run is to take a step that is new rather than any: each mood has one of these."""
_FARTHEST: Final = 60
"""Steps from the first state to where a run can begin, at most."""
_PICKS: Final = st.integers(0, 0xFFFF)
_BURST: Final = 10
"""Bits of a pick that choose; those above say how many steps more. With 12, a second comes to less than half as many
states: what a rule costs is nearly all Hypothesis's."""
_APART: Final = 4
"""Of these steps only every fourth is taken in runs that are taken elsewhere again, which costs more."""
_MOODS: Final = st.integers(0, 0xFFFFFFFF)


class Violated(AssertionError):
    """A run has come to a violation: which property, and how."""


class Over(BaseException):
    """The time is over. Hypothesis takes this for no failure of what it plays."""


class Play(RuleBasedStateMachine):
    """One run of a course: where it is. `machine_for` adds the rules. Raises Violated at the first violation, Over."""

    course: Course
    shared: Mapping[int, Slot]

    def __init__(self) -> None:
        super().__init__()
        if self.course.over():
            raise Over
        walker = self.course.walker
        self.trail: list[Choice] = []
        self.met: set[str] = set()
        self.done: set[int] = set()
        self.shut = 0
        self.last: Choice | None = None
        self.swing(0)
        self.course.coverage.runs += 1
        self.here, broken = walker.start()
        self.options = walker.open(self.here)
        self.first = self.stand()
        self._judge(broken)

    def stand(self) -> Stand:
        """Where it is."""
        return Stand(self.here.copy(), tuple(self.trail))

    def go_on(self, stand: Stand) -> None:
        """Go on from there, as another run."""
        self.end()
        self.here, self.trail = stand.here.copy(), list(stand.trail)
        self.options = self.course.walker.open(self.here)

    def end(self) -> None:
        """Tell how it went, with the last step that was taken back: it ends what a protocol is."""
        trail = (*self.trail, *([self.last] if self.last and self.shut else []))
        self.trail, self.shut, self.last = [], 0, None
        if self.course.lived is not None and trail:
            self.course.lived(self.course.walker.path(Failure(trail, None)))

    def swing(self, mood: int) -> None:
        """How likely each operation is in this run, very differently in each mood, and how curious it is: how often it
        takes what no run has taken before. In mood 0 all is alike, and nothing curious."""
        walker = self.course.walker
        self.mood = mood
        self.odds = walker.odds(Random(mood)) if mood else [1.0] * len(walker.operations)
        self.curiosity = _CURIOSITY[mood % len(_CURIOSITY)] if mood else 0.0

    def take(self, number: int, who: str, about: Slot | None, pick: int) -> list[Slot]:
        """Take one of the moves of an operation, by this member and about this message if it can be, or where it has
        none or the mood is against it, of another; then a few more as the mood has it, for a fraction of what a rule
        costs. Gives where these steps have left something."""
        random = Random(pick ^ self.mood)
        left: dict[Slot, None] = {}
        steps = (pick >> _BURST) // (1 if self.course.lived is None else _APART) if self.mood else 0
        for more in range(1 + steps):
            if self.course.over():
                raise Over
            if not self.options:
                self.go_on(self.first)
                self.swing(self.mood + 1 if self.mood else 0)
            if not self.options:
                break
            fresh = self._fresh(random) if random.random() < self.curiosity else {}
            if more:
                options = sum(1 << one for one in fresh) or self.options
                number = drawn(options, self.odds, random)
                moves = fresh.get(number) or _drawn(self.course.walker.ways(self.here, number), random)
                move = moves[int(random.random() * len(moves))]
            else:
                number = self._inclined(number, random)
                move = self._meant(fresh.get(number), number, who, about, pick)
            self._move(number, move, left)
        return list(left)

    def _fresh(self, random: Random) -> dict[int, list[Move]]:
        """What no run has taken before, or this one; where there is none, elsewhere."""
        fresh = self.course.fresh(self.here, self.done)
        found = {number: moves for number, moves in fresh.items() if not self.shut >> number & 1}
        if found or self.course.lived is not None:
            return found
        stand = self.course.stand(random.getrandbits(16))
        if stand is None:
            return {}
        self.go_on(stand)
        return self.course.fresh(self.here, self.done)

    def _meant(self, fresh: list[Move] | None, number: int, who: str, about: Slot | None, pick: int) -> Move:
        """One of the moves of an operation: by that member and about that message rather than not."""
        actions = self.course.walker.machine.actions
        ways: list[tuple[Move, ...]] = (
            [(move,) for move in fresh] if fresh else self.course.walker.ways(self.here, number)
        )
        most, best = 0, ways
        for moves in ways if len(ways) > 1 else ():
            action = actions[moves[0].choice.action]
            fits = (action.actor == who) + (about is not None and about in action.reads)
            if fits > most:
                most, best = fits, [moves]
            elif fits == most and most:
                best.append(moves)
        moves = best[pick % len(best)]
        return moves[pick // len(best) % len(moves)]

    def _move(self, number: int, move: Move, left: dict[Slot, None]) -> None:
        """Make a move. One after which nothing can change any more is taken back."""
        walker, course = self.course.walker, self.course
        before, operation = self.here.copy(), walker.operations[number]
        self.trail.append(move.choice)
        self.met.add(operation)
        broken = walker.go(self.here, move)
        new = course.took(operation, move, self.here)
        self.done |= {id(move), self.here.mark & MASK}
        self._judge(broken)
        after = walker.open(self.here)
        if after:
            self.options, self.shut = after, 0
            if new and len(self.trail) <= _FARTHEST:
                course.met(self.stand())
            values = self.here.values
            left.update({slot: None for place, slot in self.shared.items() if values[place] != before.values[place]})
        else:
            self.here = before
            self.last = self.trail.pop()
            self.shut |= 1 << number
            self.options &= ~self.shut
            self.odds[number] /= 2

    def teardown(self) -> None:
        """Say how rare what this run has done is: that is what Hypothesis aims at."""
        self.end()
        target(sum(self.course.rarity.get(name, 1.0) for name in sorted(self.met)), label="rare transitions")

    def _inclined(self, number: int, random: Random) -> int:
        """The operation, or one by the mood's odds where it is not possible or not likely enough."""
        best = max(odd for one, odd in enumerate(self.odds) if self.options >> one & 1)
        if self.options >> number & 1 and (not self.mood or random.random() * best <= self.odds[number]):
            return number
        return drawn(self.options, self.odds, random)

    def _judge(self, broken: tuple[Broken, ...]) -> None:
        if broken:
            self.course.failed(Failure(tuple(self.trail), broken[0]))
            raise Violated(f"{broken[0].property} is violated: {broken[0].message}")


def _drawn(ways: Sequence[tuple[Move, ...]], random: Random) -> tuple[Move, ...]:
    return ways[int(random.random() * len(ways))]


MEMBERS: Final[Bundle[str]] = Bundle("members")
"""Who can act."""
MESSAGES: Final[Bundle[Slot | None]] = Bundle("messages")
"""Where a step of this run has left something that others look at; None is nothing in particular."""
SEGMENTS: Final[Bundle[Stand]] = Bundle("segments")
"""Rooms as they stood: the first, one where there is something new to do, those that this run has turned from."""


def _ruled(number: int, operation: str) -> Callable[..., object]:
    def taking(self: Play, who: str, about: Slot | None, pick: int) -> MultipleResults[Slot | None]:
        return multiple(*self.take(number, who, about, pick))

    taking.__name__ = taking.__qualname__ = re.sub(r"\W+", "_", operation)
    taking.__doc__ = f"The transition {operation}, by one of those who can, with one of the arguments that it can have."
    ruled: Callable[..., object] = rule(target=MESSAGES, who=MEMBERS, about=MESSAGES, pick=_PICKS)(taking)
    return ruled


def machine_for(course: Course) -> type[Play]:
    """The state machine of a course: a rule for each operation of its machine, and one that turns to another segment.
    Its `TestCase` is a unittest."""
    machine = course.walker.machine
    readers: dict[Slot, set[str]] = {}
    for action in machine.actions:
        for slot in action.reads:
            readers.setdefault(slot, set()).add(action.actor)
    shared = {place: slot for place, slot in enumerate(machine.initial) if len(readers.get(slot, ())) > 1}

    def members(self: Play) -> MultipleResults[str]:
        return multiple(*dict.fromkeys(action.actor for action in machine.actions))

    def messages(self: Play) -> None:
        return None

    def segments(self: Play, mood: int, pick: int) -> MultipleResults[Stand]:
        self.swing(mood)
        new = course.stand(pick >> 1) if pick & 1 else None
        if new is None:
            return multiple(self.first)
        self.go_on(new)
        return multiple(self.first, new)

    def turn(self: Play, segment: Stand, mood: int) -> Stand:
        left = self.stand()
        self.go_on(segment)
        self.swing(mood)
        return left

    members.__doc__, messages.__doc__ = "Who can act.", "Nothing lies anywhere yet."
    segments.__doc__ = "Where the run begins, and how likely each operation is to be."
    turn.__doc__ = "Leave this segment as it is, and go on with another."
    rules: dict[str, object] = {
        f"rule_{number:02d}": _ruled(number, operation) for number, operation in enumerate(course.walker.operations)
    }
    rules["members"] = initialize(target=MEMBERS)(members)
    rules["messages"] = initialize(target=MESSAGES)(messages)
    rules["segments"] = initialize(target=SEGMENTS, mood=_MOODS, pick=_PICKS)(segments)
    rules["turn"] = rule(target=SEGMENTS, segment=SEGMENTS, mood=_MOODS)(turn)
    return cast(
        "type[Play]",
        type("Play", (Play,), {**rules, "course": course, "shared": shared, "__doc__": machine.title}),
    )


@dataclass(frozen=True, slots=True)
class Ground:
    """Where to hunt: a subject by what makes it, with the arguments (bounds) that say which it is."""

    arguments: Mapping[str, int]
    make: Callable[[], Subject]


@dataclass(frozen=True, slots=True)
class Hunted:
    """What a hunt has come to: the violation with where it was found and by how many steps at first, None when there
    was none, which proves nothing; what was covered on each ground."""

    seed: int
    seconds: float
    violation: Violation | None
    ground: Ground | None
    subject: Subject | None
    length: int
    covered: tuple[tuple[Ground, Coverage], ...]

    @property
    def coverage(self) -> Coverage:
        """All grounds together."""
        total = Coverage()
        for _, one in self.covered:
            total.merge(one)
        return total


def hunt(
    grounds: Sequence[Ground],
    *,
    seconds: float | None = SECONDS,
    rounds: int | None = None,
    number: int = 0,
    runs: int = RUNS,
    steps: int = STEPS,
    clock: Callable[[], float] = time.monotonic,
) -> Hunted:
    """Run state machines on the grounds in turn, a round each, until something is violated, the seconds are over or so
    many rounds were made; where little is new any more, less often. `number` is the seed: the same number, rounds and
    no seconds give the same. `clock` counts the seconds.

    Raises ActionFault when an action raises, Unsteady when one is no function of what it reads."""
    began = clock()
    until = None if seconds is None else began + seconds
    courses: dict[int, Course] = {}
    done = 0
    turns = itertools.cycle(range(len(grounds)))
    while (rounds is None or done < rounds) and (until is None or clock() < until):
        at = next(turns)
        if at not in courses:
            courses[at] = Course(grounds[at].make(), until, clock=clock)
        course = courses[at]
        if course.rests:
            course.rests -= 1
            continue
        play(course, number=number * 1_000_003 + done, runs=runs, steps=steps)
        done += 1
        if course.failure is not None:
            length = len(course.failure.trail)
            found = course.violation()
            return _hunted(number, clock() - began, found, grounds, at, length, courses)
    return _hunted(number, clock() - began, None, grounds, None, 0, courses)


def _hunted(
    number: int,
    seconds: float,
    found: Violation | None,
    grounds: Sequence[Ground],
    at: int | None,
    length: int,
    courses: Mapping[int, Course],
) -> Hunted:
    covered = tuple((grounds[one], course.coverage) for one, course in courses.items())
    where, subject = (None, None) if at is None else (grounds[at], courses[at].subject)
    return Hunted(number, seconds, found, where, subject, length, covered)


def play(course: Course, *, number: int, runs: int = RUNS, steps: int = STEPS) -> None:
    """One round: so many runs of at most so many steps, the seed being `number`; a failure is kept in the course.
    Raises whatever `lived` does."""
    how = settings(
        max_examples=runs,
        stateful_step_count=steps,
        database=None,
        deadline=None,
        derandomize=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
        phases=(Phase.generate, Phase.target),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(seed(number)(machine_for(course)), settings=how)
    except (Violated, Over):
        pass  # the course has kept what was violated
    except Flaky:
        if not course.over():
            raise
    finally:
        course.settle()
