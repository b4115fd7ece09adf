"""Hypothesis plays a machine: a rule for each of its operations, judged by the same properties as an exploration.

What `walks` does at random Hypothesis does by search: it switches rules on and off (swarm testing), aims at operations
that have come up rarely (`target`). What it finds is made short by leaving out steps (`shrink`), which the memo makes
quick: Hypothesis itself, which knows choices and no steps, took minutes for what this does in less than one second. At
each state that it comes to, everything that
could happen there is judged, not only what is taken, through the memo of the walks. `machine_for` makes the
RuleBasedStateMachine of any subject; `hunt` runs it in rounds until the time is over or something is violated.

Hypothesis is imported here and nowhere else in the model: the extra `lockedroom[test]` brings it.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from random import Random
from typing import Final, cast

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings, target
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from lockedroom.model.report import Path, Violation
from lockedroom.model.shrink import shortened
from lockedroom.model.subjects import witnessed
from lockedroom.model.validator import Subject
from lockedroom.model.walks import Broken, Choice, Failure, Walker, drawn

SECONDS: Final = 60.0
"""How long a hunt takes unless told."""
STEPS: Final = 40
"""Of one run."""
RUNS: Final = 100
"""Of one round: half of them aim at what the rounds before have rarely come to."""
_SHRINKING: Final = 5.0
"""Seconds in which a violation that was found is made shorter, at most."""
_PICKS: Final = st.integers(0, 0xFFFF)
_BURST: Final = 12
"""Bits of a pick that choose; those above say how many steps more."""
_MOODS: Final = st.integers(0, 0xFFFFFFFF)


class Violated(AssertionError):
    """A run has come to a violation: which property, and how."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What runs came to of one transition: see `Coverage`."""

    taken: int
    accepted: int
    refused: Mapping[str, int]


@dataclass(slots=True)
class Coverage:
    """What the runs of a subject came to. `taken`: how often each operation was; `accepted`, `refused`: on how many
    distinct contents of what it reads an operation was accepted, or refused by a clause; `exercised`: on how many
    distinct steps and states each property was judged. `runs` and `steps` count what was run."""

    runs: int = 0
    steps: int = 0
    taken: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    exercised: Counter[str] = field(default_factory=Counter)

    def merge(self, other: Coverage) -> None:
        """Add what another has seen."""
        self.runs += other.runs
        self.steps += other.steps
        for mine, theirs in (
            (self.taken, other.taken),
            (self.accepted, other.accepted),
            (self.exercised, other.exercised),
        ):
            mine.update(theirs)
        self.refused.update(other.refused)

    def never(self, expected: Mapping[str, Sequence[str]]) -> list[str]:
        """Of the operations with the clauses by which each can be refused, what no run came to."""
        missed = [f"{operation} accepted" for operation in expected if not self.accepted[operation]]
        for operation, clauses in expected.items():
            missed += [f"{operation} refused by {one}" for one in clauses if not self.refused[operation, one]]
        return missed

    def transitions(self) -> dict[str, Cell]:
        """By transition: how often it was taken, accepted, and refused by which clause."""
        names = dict.fromkeys((*self.taken, *self.accepted, *(name for name, _ in self.refused)))
        by = {name: {one: count for (of, one), count in sorted(self.refused.items()) if of == name} for name in names}
        return {name: Cell(self.taken[name], self.accepted[name], by[name]) for name in names}

    def to_json(self) -> dict[str, object]:
        """All of it."""
        cells = {name: asdict(cell) for name, cell in self.transitions().items()}
        return {"runs": self.runs, "steps": self.steps, "transitions": cells, "exercised": dict(self.exercised)}


class Course:
    """One subject while runs are made of it: its walker, what has been covered, how rare each operation is, and the
    shortest failure. `lived` is given every run, from its first state to its last, to take it elsewhere again."""

    def __init__(
        self, subject: Subject, until: float | None = None, lived: Callable[[Path], None] | None = None
    ) -> None:
        self.subject = subject
        self.until = until
        self.lived = lived
        self.walker = Walker(_judged(subject))
        self.coverage = Coverage()
        self.rarity: dict[str, float] = {}
        self.failure: Failure | None = None

    def over(self) -> bool:
        """Whether the time is over. A failure that was found is made short all the same."""
        return self.until is not None and self.failure is None and time.monotonic() > self.until

    def settle(self) -> None:
        """After a round: count what it has seen, and aim the next one."""
        seen = self.walker.drain()
        for fact, entries in seen.entries.items():
            count = len(entries)
            for name in fact.exercised:
                self.coverage.exercised[name] += count
            if not fact.operation:
                continue
            if fact.accepted:
                self.coverage.accepted[fact.operation] += count
            for clause in fact.clauses:
                self.coverage.refused[fact.operation, clause] += count
        self.rarity = {name: 1 / (1 + self.coverage.taken[name]) for name in self.walker.operations}

    def failed(self, failure: Failure) -> None:
        """Keep a failure if it is the shortest."""
        if self.failure is None or len(failure.trail) <= len(self.failure.trail):
            self.failure = failure

    def violation(self, seconds: float = _SHRINKING) -> Violation | None:
        """The violation that was found, as short as it gets by leaving out steps; None if there is none."""
        if self.failure is None:
            return None
        short = shortened(self.walker, self.failure, seconds)
        assert short.broken is not None, "a failure that was kept violates something"
        return Violation(short.broken.property, short.broken.message, self.walker.path(short))


def _judged(subject: Subject) -> Subject:
    return replace(subject, judge=witnessed(subject), invariants=(*subject.invariants, *subject.witnesses))


class Play(RuleBasedStateMachine):
    """One run of a course: where it is. `machine_for` adds the rules. Raises Violated at the first violation."""

    course: Course

    def __init__(self) -> None:
        super().__init__()
        walker = self.course.walker
        self.trail: list[Choice] = []
        self.met: set[str] = set()
        self.shut = 0
        self.last: Choice | None = None
        self.swing(0)
        self.course.coverage.runs += 1
        self.here, broken = walker.start()
        self.options = 0 if self.course.over() else walker.open(self.here)
        self._judge(broken)

    def again(self) -> None:
        """Begin anew where nothing more can be done, in another mood."""
        self.end()
        self.here, _ = self.course.walker.start()
        self.options = self.course.walker.open(self.here)
        self.swing(self.mood + 1 if self.mood else 0)

    def end(self) -> None:
        """Tell how it went, with the last step that was taken back: it ends what a protocol is."""
        trail = (*self.trail, *([self.last] if self.last and self.shut else []))
        self.trail, self.shut, self.last = [], 0, None
        if self.course.lived is not None and trail:
            self.course.lived(self.course.walker.path(Failure(trail, None)))

    def swing(self, mood: int) -> None:
        """How likely each operation is in this run: very differently in each mood, all alike in mood 0."""
        walker = self.course.walker
        self.mood = mood
        self.odds = walker.odds(Random(mood)) if mood else [1.0] * len(walker.operations)

    def take(self, number: int, pick: int) -> None:
        """Take one of the moves of an operation, or where it has none or the mood is against it, of another; then a few
        more as the mood has it, for a fraction of what a rule costs."""
        self._move(number, pick)
        if self.mood:
            random = Random(pick ^ self.mood)
            for _ in range(pick >> _BURST):
                if self.options:
                    self._move(drawn(self.options, self.odds, random), random.getrandbits(16))

    def _move(self, number: int, pick: int) -> None:
        """One of them. A move after which nothing can change any more is taken back."""
        if not self.options:
            if self.course.over():
                return
            self.again()
        walker, coverage = self.course.walker, self.course.coverage
        number = self._inclined(number, pick)
        ways = walker.ways(self.here, number)
        moves = ways[pick % len(ways)]
        move = moves[pick // len(ways) % len(moves)]
        before, operation = self.here.copy(), walker.operations[number]
        self.trail.append(move.choice)
        self.met.add(operation)
        coverage.steps += 1
        coverage.taken[operation] += 1
        self._judge(walker.go(self.here, move))
        after = walker.open(self.here)
        if after:
            self.options, self.shut = after, 0
        else:
            self.here = before
            self.last = self.trail.pop()
            self.shut |= 1 << number
            self.options &= ~self.shut

    def teardown(self) -> None:
        """Say how rare what this run has done is: that is what Hypothesis aims at."""
        self.end()
        target(sum(self.course.rarity.get(name, 1.0) for name in sorted(self.met)), label="rare transitions")

    def _inclined(self, number: int, pick: int) -> int:
        """The operation, or one by the mood's odds where it is not possible or not likely enough."""
        best = max(odd for one, odd in enumerate(self.odds) if self.options >> one & 1)
        random = Random(pick ^ self.mood)
        if self.options >> number & 1 and (not self.mood or random.random() * best <= self.odds[number]):
            return number
        return drawn(self.options, self.odds, random)

    def _judge(self, broken: tuple[Broken, ...]) -> None:
        if broken:
            self.course.failed(Failure(tuple(self.trail), broken[0]))
            raise Violated(f"{broken[0].property} is violated: {broken[0].message}")


def _ruled(number: int, operation: str) -> Callable[..., None]:
    def taking(self: Play, pick: int) -> None:
        self.take(number, pick)

    taking.__name__ = taking.__qualname__ = re.sub(r"\W+", "_", operation)
    taking.__doc__ = f"The transition {operation}, by one of those who can, with one of the arguments that it can have."
    return rule(pick=_PICKS)(taking)


def machine_for(course: Course) -> type[Play]:
    """The state machine of a course: a rule for each operation of its machine, which can run where the operation can
    change something. Its `TestCase` is a unittest."""

    def mood(self: Play, mood: int) -> None:
        self.swing(mood)

    mood.__doc__ = "How likely each operation is to be."
    rules: dict[str, object] = {
        f"rule_{number:02d}": _ruled(number, operation) for number, operation in enumerate(course.walker.operations)
    }
    rules["mood"] = initialize(mood=_MOODS)(mood)
    return cast(
        "type[Play]", type("Play", (Play,), {**rules, "course": course, "__doc__": course.walker.machine.title})
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
) -> Hunted:
    """Run state machines on the grounds in turn, a round each, until something is violated, the seconds are over or so
    many rounds were made. `number` is the seed: the same number, rounds and no seconds give the same.

    Raises ActionFault when an action raises, Unsteady when one is no function of what it reads."""
    began = time.monotonic()
    until = None if seconds is None else began + seconds
    courses: dict[int, Course] = {}
    done = 0
    while (rounds is None or done < rounds) and (until is None or time.monotonic() < until):
        at = done % len(grounds)
        if at not in courses:
            courses[at] = Course(grounds[at].make(), until)
        course = courses[at]
        play(course, number=number * 1_000_003 + done, runs=runs, steps=steps)
        done += 1
        if course.failure is not None:
            length = len(course.failure.trail)
            found = course.violation()
            return _hunted(number, began, found, grounds, at, length, courses)
    return _hunted(number, began, None, grounds, None, 0, courses)


def _hunted(
    number: int,
    began: float,
    found: Violation | None,
    grounds: Sequence[Ground],
    at: int | None,
    length: int,
    courses: Mapping[int, Course],
) -> Hunted:
    covered = tuple((grounds[one], course.coverage) for one, course in courses.items())
    where, subject = (None, None) if at is None else (grounds[at], courses[at].subject)
    return Hunted(number, time.monotonic() - began, found, where, subject, length, covered)


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
    except Violated:
        pass  # the course has kept it
    finally:
        course.settle()
