"""The engine on a store that may answer anything: every question of a transition with every answer that there is.

What a transition sees of the store are the answers to the questions that it asks (`reference.segment.views`), so that
of two stores which give it the same answers it cannot tell which it is on. Here the answers are not read off a store:
there are candidates for each question, and a transition is run once for each way to answer what it asks. No state of
the store is ever put together.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias, cast

from lockedroom.model.segment.engine import SUITE, Engine, Logic, Result
from lockedroom.reference.crypto.symbolic import SymbolicEntropy
from lockedroom.reference.crypto.terms import Bits
from lockedroom.reference.machine import Action, Name, Slot
from lockedroom.reference.segment import parts
from lockedroom.reference.segment.effects import member
from lockedroom.reference.segment.records import Announcement, Capacity, Consumable, Malformed, Post
from lockedroom.reference.segment.state import Member
from lockedroom.reference.segment.store import Acl, Cell, HeaderSlot
from lockedroom.reference.segment.views import At

Question: TypeAlias = "tuple[Hashable, ...]"
"""What is asked, and of whom: see the functions below."""

Answer: TypeAlias = Hashable

HEADER: Final[Question] = ("header",)
"""What the header is."""
LIST: Final[Question] = ("list",)
"""What the entries of the list are."""


def announcement(name: Name) -> Question:
    """What is announced under a name."""
    return ("announcement", name)


def announced(name: Name, incarnation: Bits) -> Question:
    """Whether this incarnation is announced under a name."""
    return ("announced", name, incarnation)


def standing(name: Name) -> Question:
    """Which posts stand under a name. The answer is one of them, or none (None): what is done with several is what is
    done with each."""
    return ("posts", name)


def first(owner: Name, sender: Name) -> Question:
    """What the first record of a lane is."""
    return ("first", owner, sender)


def room(owner: Name, sender: Name) -> Question:
    """Whether there is room in a lane."""
    return ("room", owner, sender)


def board(name: Name, count: int) -> Question:
    """Whether there is room for so many posts under a name on the board."""
    return ("board", name, count)


def alive(name: Name) -> Question:
    """Whether a name's process lives."""
    return ("alive", name)


_LAST: Final = ("posts", "first")
"""Questions after whose answer nothing more is asked."""


class NoAnswer(Exception):
    """Something is asked that no answers are kept of. The engine asks it within other bounds alone, or by mistake."""


class Asking(Protocol):
    """Whoever answers questions."""

    def answer(self, question: Question) -> Answer:
        """The answer."""
        ...


# ---- a store that answers -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Header:
    asking: Asking

    def record(self) -> HeaderSlot:
        return cast(HeaderSlot, self.asking.answer(HEADER))


@dataclass(frozen=True, slots=True)
class _List:
    asking: Asking
    capacity: Capacity

    def entries(self) -> Acl:
        return cast(Acl, self.asking.answer(LIST))

    def room(self) -> bool:
        return len(self.entries()) < self.capacity.entries


@dataclass(frozen=True, slots=True)
class _Board:
    asking: Asking

    def announcement(self, name: Name) -> Announcement | None:
        return cast("Announcement | None", self.asking.answer(announcement(name)))

    def announces(self, name: Name, incarnation: Bits) -> bool:
        return bool(self.asking.answer(announced(name, incarnation)))

    def holds(self, name: Name) -> bool:
        raise NoAnswer(f"it is asked whether anything stands under {name}, which only reaping asks")

    def posts(self, sender: Name) -> tuple[Post, ...]:
        found = self.asking.answer(standing(sender))
        return cast(tuple[Post, ...], found if isinstance(found, tuple) else () if found is None else (found,))

    def room(self, sender: Name, count: int) -> bool:
        return bool(self.asking.answer(board(sender, count)))


@dataclass(frozen=True, slots=True)
class _Inbox:
    asking: Asking
    owner: Name

    def first(self, sender: Name) -> Consumable | Malformed | None:
        return cast("Consumable | Malformed | None", self.asking.answer(first(self.owner, sender)))

    def lying(self, sender: Name) -> tuple[Consumable | Malformed, ...]:
        raise NoAnswer(f"it is asked what lies in the inbox of {self.owner}, which only closing asks")

    def room(self, sender: Name, control: bool) -> bool:
        return bool(self.asking.answer(room(self.owner, sender)))


class Bound:
    """A transition of the table bound to its actor and arguments, as an action of the machine has it. `slots` is its
    footprint by parts, `writes` what it writes of it."""

    def __init__(self, action: Action, logic: Logic, names: tuple[Name, ...], capacity: Capacity) -> None:
        self.action = action
        self.operation, self.actor, self.arguments = action.operation, action.actor, dict(action.arguments)
        self._logic = logic
        self._capacity = capacity
        self._row = logic.rows[action.operation]
        call = Engine(capacity, names, logic).call(action.operation, action.actor, action.arguments)
        self.slots, self.writes = call.slots, call.writes

    def run(self, me: Member, join: int, asking: Asking) -> Result:
        """What it does where its questions are answered like this; `join` is the number of the actor's stay."""
        at = At(
            me,
            SUITE,
            SymbolicEntropy(self.actor, join),
            _Header(asking),
            _List(asking, self._capacity),
            _Board(asking),
            lambda name: _Inbox(asking, name),
            lambda name: bool(asking.answer(alive(name))),
            self._logic.profile,
        )
        return self._logic.perform(self._row, at, **self.arguments)

    def before(self, me: Member, given: Mapping[Question, Answer]) -> dict[Slot, Hashable]:
        """The least store that gives these answers: in each slot of the footprint what was asked about, and nothing
        else."""
        return {slot: me if slot == member(self.actor) else _least(slot, given) for slot in self.slots}


def _least(slot: Slot, given: Mapping[Question, Answer]) -> Hashable:
    match slot.kind:
        case "header":
            return given.get(HEADER)
        case "acl":
            return given.get(LIST, ())
        case "board":
            post = given.get(standing(slot.part))
            return Cell(
                slot.part,
                cast("Announcement | None", given.get(announcement(slot.part))),
                () if post is None else (cast(Post, post),),
            )
        case "inbox":
            record = given.get(first(slot.owner, slot.part))
            return () if record is None else (record,)
    return given.get(alive(slot.owner), False)


# ---- every answer --------------------------------------------------------------------------------------


class Candidates:
    """What the store can answer to each question, in the order in which it was found."""

    def __init__(self, names: Sequence[Name]) -> None:
        pairs = [(one, other) for one in names for other in names if one != other]
        self.of: dict[Question, list[Answer]] = {HEADER: [None], LIST: [()]}
        self.of |= {announcement(name): [None] for name in names}
        self.of |= {standing(name): [None] for name in names}
        self.of |= {first(owner, sender): [None] for owner, sender in pairs}
        self._there = {question: set(those) for question, those in self.of.items()}

    def add(self, question: Question, answer: Answer) -> bool:
        """Add one; says whether it is new."""
        if answer in self._there[question]:
            return False
        self._there[question].add(answer)
        self.of[question].append(answer)
        return True

    def sizes(self) -> dict[Question, int]:
        """How many there are of each."""
        return {question: len(those) for question, those in self.of.items()}

    def extend(self, found: Mapping[Question, Sequence[Answer]]) -> None:
        """Add those that are not there."""
        for question, those in found.items():
            for one in those:
                self.add(question, one)


class Seen(Exception):
    """Every way to go on from here has been gone already."""


class Every:
    """Answers questions, one run after the other, with every candidate. `candidates` gives those of a question, in an
    order that more of them do not change, and how many of them are known from an earlier time: a run all of whose
    answers are is not given again."""

    def __init__(self, candidates: Callable[[Question], tuple[Sequence[Answer], int]]) -> None:
        self._candidates = candidates
        self._path: list[list[int]] = []
        self._asked: list[tuple[Question, Sequence[Answer], int]] = []
        self.given: dict[Question, Answer] = {}

    def answer(self, question: Question) -> Answer:
        """The answer of this run; the same to the same question."""
        if question in self.given:
            return self.given[question]
        depth = len(self.given)
        if depth == len(self._path):
            if self._asked and self._asked[-1][0][0] in _LAST:
                raise NoAnswer(f"{question} is asked after {self._asked[-1][0]}, which is the last thing asked")
            these, known = self._candidates(question)
            start = known if question[0] in _LAST and not self._new() else 0
            if start >= len(these):
                raise Seen
            self._asked.append((question, these, known))
            self._path.append([start])
        found = self.given[question] = self._asked[depth][1][self._path[depth][0]]
        return found

    def _new(self) -> bool:
        return any(place[0] >= known for place, (_, _, known) in zip(self._path, self._asked, strict=True))

    def runs(self, run: Callable[[Asking], Result], anew: bool) -> Iterator[Result]:
        """What comes of each run; `given` says what was answered in it. `anew`: nothing is known from an earlier time,
        so that a run without a question counts too."""
        while True:
            self.given = {}
            try:
                result = run(self)
            except Seen:
                pass
            else:
                if anew or self._new():
                    yield result
            while self._path and self._path[-1][0] + 1 >= len(self._asked[-1][1]):
                self._path.pop()
                self._asked.pop()
            if not self._path:
                return
            self._path[-1][0] += 1


@dataclass(frozen=True, slots=True)
class Read:
    """Answers questions as slots that hold these values do; `given` is what was asked and answered."""

    slots: Mapping[Slot, Hashable]
    capacity: Capacity
    given: dict[Question, Answer]

    def answer(self, question: Question) -> Answer:
        """The answer."""
        found = self.given[question] = self._answer(question)
        return found

    def _answer(self, question: Question) -> Answer:
        kind, *of = question
        names = cast("list[Name]", of)
        held = parts.PartsBoard(self.slots, self.capacity)
        match kind:
            case "header":
                return self.slots[Slot("header")]
            case "list":
                return self.slots[Slot("acl")]
            case "announcement":
                return held.announcement(names[0])
            case "announced":
                return held.announces(names[0], cast(Bits, of[1]))
            case "posts":
                return held.posts(names[0])
            case "first":
                return parts.PartsInbox(names[0], self.slots, self.capacity).first(names[1])
            case "room":
                return parts.PartsInbox(names[0], self.slots, self.capacity).room(names[1], False)
            case "board":
                return held.room(names[0], cast(int, of[1]))
        return bool(self.slots[Slot("life", names[0])])
