"""A cover of the memo entries of the segment: every private state of every member, on every answer to its questions.

An explorer meets its memo entries in states, and of those there are too many soon. But what a step of a member comes to
is said by its private state and by what the store answers (`model.segment.answers`), and the judge of refinement looks
at no more. So here are kept, each by itself, the private states that a member can be in, and what the store can answer
to each question. Each private state is tried with every answer; what comes of that are private states and records,
which are tried in turn, until nothing is new.

It covers whatever a run leads to within the bounds, by induction over the run: the private state of each member is
among those that are kept, and so is each answer of the store. The intruder's steps, of which a run may have one, are
taken with each record that was ever left in the store. It holds more than runs do: answers that no run brings together,
and messages beyond the budget (what a member publishes is not counted against what it sends). Left out is what no run
has: no header where a member has seen one, and, where the creator reads the list, entries that it has not made yet.

The judge is shown the least store that gives the answers, and how often the member has joined. What a store shows can
be had from then on, which no action takes away (`unstable`), and where the judge does not know it says so: what is a
step there is one on every store that gives them. (Only that a master was made can be shown by one slot and ruled out by
another; no run leads to that, since by induction there is an abstract state of which all slots are so.) What is none
there need not be one that a run leads to: then nothing is shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from math import inf
from typing import Final, TypeAlias, cast

from lockedroom.model.proofs.formula import TRUE, relations
from lockedroom.model.proofs.refined import said
from lockedroom.model.proofs.segment.refinement import Refinement
from lockedroom.model.proofs.segment.slots import MAPPED
from lockedroom.model.proofs.system import System
from lockedroom.model.segment import answers
from lockedroom.model.segment.answers import Answer, Bound, Candidates, Every, Question
from lockedroom.model.segment.bounds import Bounds, Setting
from lockedroom.model.segment.disclosure import DISCLOSE
from lockedroom.model.segment.engine import REFERENCE, Logic, signing, static_key, stay_of
from lockedroom.model.segment.knowledge import INTRUDER
from lockedroom.model.segment.ledger import Ledger
from lockedroom.model.segment.machine import ledger, segment_machine
from lockedroom.reference.machine import Action, Effect, Name, Outcome, Rejected, Slot
from lockedroom.reference.segment import effects, parts
from lockedroom.reference.segment.effects import ACL, member
from lockedroom.reference.segment.records import Announcement, Destroyed, Entry, Exchange, Header, Message, Post
from lockedroom.reference.segment.state import Member
from lockedroom.reference.segment.store import Acl, Cell

Private: TypeAlias = tuple[Name, Member, int]
"""A member, its private state, and how often it has joined."""

Record: TypeAlias = "Exchange | Message | Announcement | Post | Entry"


_SHOWN: Final = frozenset(
    {"known_header", "known_entry", "known_announcement", "known_exchange", "known_capsule", "made_master"}
    | {"known_message", "known_post"}
)
"""The relations of which a store shows something."""


REPEATED: Final[Mapping[str, tuple[type, ...]]] = {
    "inject": (Exchange, Message),
    "announce": (Announcement,),
    "post": (Post,),
    "extend list": (Entry,),
}
"""What the intruder has a use for that was seen, by its operation."""


def unfit(bounds: Bounds) -> str:
    """Why there is no cover within these bounds; nothing: there is."""
    for name in ("rotations", "revocations", "crashes", "insider"):
        if getattr(bounds, name):
            return f"a cover is not made with {name}"
    return "a cover is not made with more than one step of an intruder" if bounds.intruder > 1 else ""


def unstable(system: System) -> str:
    """What does not let a system be judged by the least store; nothing, where all does: no action takes away what a
    store shows, and reading a post changes nothing that reading another requires or anybody holds, so that several are
    read as each is."""
    for action in system.actions:
        for update in action.updates:
            if update.relation in _SHOWN and update.value != TRUE:
                return f"{action.name} takes {update.relation} away"
    reading = system.action("read")
    asked = frozenset[str]().union(*(relations(guard.formula) for guard in reading.guards))
    changed = reading.writes & (asked | MAPPED)
    return f"read changes {min(changed)}" if changed else ""


@dataclass(slots=True)
class Part:
    """What some private states come to: counts by operation, how many ways to answer, private states and answers that
    may be new, what an honest member left, and the first step that is none."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    ways: int = 0
    privates: dict[Private, None] = field(default_factory=dict)
    answers: dict[tuple[Question, Answer], None] = field(default_factory=dict)
    left: dict[Record, None] = field(default_factory=dict)
    fault: str = ""

    def count(self, operation: str, told: str) -> None:
        """Count one step."""
        self.counts.setdefault(operation, Counter())[told] += 1

    def take(self, other: Part) -> None:
        """Take what another has found."""
        for operation, those in other.counts.items():
            self.counts.setdefault(operation, Counter()).update(those)
        self.ways += other.ways
        self.fault = self.fault or other.fault


class Cover:
    """The cover within these bounds, by this logic. `privates` says of each private state in which round its steps were
    looked at last, 0 for never."""

    def __init__(self, bounds: Bounds, logic: Logic = REFERENCE) -> None:
        if reason := unfit(bounds):
            raise ValueError(reason)
        self.bounds, self.names = bounds, bounds.names
        self.judge = Refinement(bounds)
        assert not unstable(self.judge.system), unstable(self.judge.system)
        setting = Setting(bounds)
        machine = segment_machine(setting, logic)
        self.capacity = setting.capacity
        ours = [action for action in machine.actions if action.actor != INTRUDER]
        self._steps = {
            name: [self._bound(action, logic) for action in ours if action.actor == name] for name in self.names
        }
        self._hostile = [action for action in machine.actions if action.actor == INTRUDER]
        self.answers = Candidates(self.names)
        self.left: dict[Record, None] = {}
        self.privates: dict[Private, int] = {}
        self._sizes: list[dict[Question, int]] = [{}]
        self._able: dict[Hashable, list[Answer]] = {}
        self._tried: set[Hashable] = set()
        for name in self.names:
            self.privates[(name, self._first(name), 0)] = 0

    def _bound(self, action: Action, logic: Logic) -> tuple[Bound, Action]:
        bound = Bound(action, logic, self.names, self.capacity)
        slots = (*bound.slots, ledger(action.actor))
        return bound, replace(action, reads=slots, writes=(*bound.writes, ledger(action.actor)), gates=())

    def _first(self, name: Name) -> Member:
        return Member(name, signing(name), static_key(self.names[0]))

    # ---- what can be answered -----------------------------------------------------------------------

    def within(self, bound: Bound, me: Member, joins: int) -> bool:
        """Whether a step that changes something is within the budgets, as far as the private state tells."""
        presence, most = me.presence, self.bounds.messages
        if bound.operation == "join":
            return joins < self.bounds.joins
        if presence is None:
            return True
        if bound.operation == "publish":
            return presence.posts < most * max(1, len(self.names) - 1)
        if bound.operation in ("send", "multicast"):
            peers = bound.arguments.get("peers", (bound.arguments.get("peer"),))
            named = [session for session in presence.sessions if session.peer in cast(tuple[Name, ...], peers)]
            return all(session.sent < most for session in named)
        return True

    def candidates(self, bound: Bound, me: Member, question: Question, sizes: Mapping[Question, int]) -> list[Answer]:
        """What can be answered, of the first so many that are known of each question."""
        kind = question[0]
        if kind in ("room", "board", "alive"):
            return [True, False] if sizes else []
        if kind == "announced":
            name, incarnation = question[1:]
            stand = self.answers.of["announcement", name][: sizes.get(("announcement", name), 0)]
            there = any(isinstance(one, Announcement) and one.incarnation == incarnation for one in stand)
            return ([False, True] if there else [False]) if sizes else []
        those = self.answers.of[question]
        size = sizes.get(question, 0)
        if kind == "header" and (me.authority is not None or me.roster is not None):
            return those[1:size]
        if kind == "list":
            return self._lists(bound, me, those, size)
        return those if size == len(those) else those[:size]

    def _lists(self, bound: Bound, me: Member, those: list[Answer], size: int) -> list[Answer]:
        """The lists that there can be: of the creator's entries it knows of all (an engine that notes less than it has
        signed may meet others). Where the list is complete before anybody joins, grants come in turn, and joining after
        them."""
        made: float = inf
        if me.name == self.names[0]:
            made = me.authority.last.serial if me.authority is not None else 0
        subject = bound.arguments.get("subject")
        settled = self.bounds.settled and bound.operation in ("grant", "join")
        key = (made, bound.operation if settled else "", subject, size)
        found = self._able.get(key)
        if found is None:
            found = self._able[key] = []
            for entries in cast("list[Acl]", those[:size]):
                if any(isinstance(one, Entry) and one.serial > made and one in self.left for one in entries):
                    continue
                turn = self.names.index(cast(Name, subject)) if bound.operation == "grant" else len(self.names)
                if not settled or len(entries) == turn or len(entries) >= len(self.names):
                    found.append(entries)
        return found

    def holds(self, bound: Bound, private: Private, given: Mapping[Question, Answer]) -> bool:
        """Whether a step of a member with these answers is among those that are looked at. Several posts are, when each
        is."""
        if private not in self.privates:
            return False
        sizes = self.answers.sizes()
        for question, answer in given.items():
            those = self.candidates(bound, private[1], question, sizes)
            wanted = (answer or (None,)) if question[0] == "posts" else (answer,)
            if any(one not in those for one in cast(tuple[Answer, ...], wanted)):
                return False
        return True

    def step_of(self, action: Action) -> Bound | None:
        """The step that an action of the machine is; None for the intruder's."""
        those = self._steps.get(action.actor, [])
        key = (action.operation, action.arguments)
        return next((bound for bound, _ in those if (bound.operation, bound.action.arguments) == key), None)

    # ---- steps of members ---------------------------------------------------------------------------

    def looked(self, privates: Iterable[tuple[Private, Mapping[Question, int]]]) -> Part:
        """The steps of private states, each on the answers that are not known from an earlier time (how many were of
        each question; none: it is the first time)."""
        part, now = Part(), self.answers.sizes()
        for (name, me, joins), known in privates:
            for bound, action in self._steps[name]:
                self._step(part, bound, action, (name, me, joins), known, now)
                if part.fault:
                    return part
        return part

    def _step(
        self,
        part: Part,
        bound: Bound,
        action: Action,
        private: Private,
        known: Mapping[Question, int],
        now: Mapping[Question, int],
    ) -> None:
        name, me, joins = private
        join = joins + 1 if bound.operation == "join" else stay_of(me)

        def able(question: Question) -> tuple[Sequence[Answer], int]:
            before = len(self.candidates(bound, me, question, known)) if known else 0
            return self.candidates(bound, me, question, now), before

        every, within = Every(able), self.within(bound, me, joins)
        for result in every.runs(lambda asking: bound.run(me, join, asking), not known):
            changes = bool(result.effects) or (result.state is not None and result.state != me)
            if changes and not within:
                continue
            part.ways += 1
            clause = result.clause if isinstance(result, Rejected) else None
            seen = () if isinstance(result, Rejected) else result.events
            outcome = Outcome(None, clause, seen)
            if not changes and not seen:  # what is refused, or nothing: no store is asked about
                part.count(action.operation, said(self.judge.verdict(action, (), outcome)))
                continue
            before = bound.before(me, every.given)
            if changes:
                new, joined, after = self._after(bound, private, before, result.state, result.effects)
                outcome = Outcome((*(after[slot] for slot in bound.writes), Ledger(joined)), clause, seen)
                if new is not me or joined != joins:
                    part.privates.setdefault((name, new, joined))
                for effect in result.effects:
                    self._leaves(part, effect, after)
            values = (*before.values(), Ledger(joins))
            if self._judged(part, action, values, outcome):
                return

    def _after(
        self,
        bound: Bound,
        private: Private,
        before: Mapping[Slot, Hashable],
        state: Member | None,
        done: tuple[Effect, ...],
    ) -> tuple[Member, int, dict[Slot, Hashable]]:
        """The private state after a step, how often its member has joined, and the footprint."""
        name, me, joins = private
        new = state if state is not None else me
        if bound.operation == "join":
            joins += 1
        if bound.operation == "leave" and joins >= self.bounds.joins and new.authority is None:
            new = replace(new, roster=None)  # what it remembers nothing can be done with any more
        after = {**before, member(name): new}
        for effect in done:
            for slot, value in parts.apply(effect, after, self.names):
                assert slot in bound.writes, f"{bound.operation} changes {slot}, which its footprint does not write"
                after[slot] = value
        return new, joins, after

    def _leaves(self, part: Part, effect: Effect, after: Mapping[Slot, Hashable]) -> None:
        """What an effect makes answerable."""
        match effect:
            case effects.Append(box, record):
                part.answers.setdefault((answers.first(box.owner, record.sender), record))
                part.left.setdefault(record)
            case effects.Announce(_, announcement):
                part.answers.setdefault((answers.announcement(announcement.name), announcement))
                part.left.setdefault(announcement)
            case effects.Publish(_, posts):
                for post in posts:
                    part.answers.setdefault((answers.standing(post.sender), post))
                    part.left.setdefault(post)
            case effects.Extend(_, entry):
                part.answers.setdefault((answers.LIST, after[ACL]))
                part.left.setdefault(entry)
            case effects.Lay(_, header):
                part.answers.setdefault((answers.HEADER, header))
            case effects.Destroy():
                part.answers.setdefault((answers.HEADER, Destroyed()))
                for name in self.names:  # it is over: every slot is as at first, and nobody can join
                    part.privates.setdefault((name, self._first(name), self.bounds.joins))

    def _judged(self, part: Part, action: Action, values: tuple[Hashable, ...], outcome: Outcome) -> str:
        before = dict(zip(action.reads, values, strict=True))
        verdict = self.judge.verdict(action, values, outcome, before)
        if verdict.fault:
            part.fault = verdict.fault
        else:
            part.count(action.operation, said(verdict))
        return verdict.fault

    # ---- steps of the intruder ----------------------------------------------------------------------

    def hostile(self) -> Part:
        """The intruder's steps that were not looked at yet."""
        part = Part()
        if not self.bounds.intruder:
            return part
        for action in self._hostile:
            for values in self._before(action):
                key = (action.operation, action.arguments, values)
                if key in self._tried:
                    continue
                self._tried.add(key)
                for outcome in action.run(values):
                    part.ways += 1
                    if self._judged(part, action, values, outcome):
                        return part
                    if action.operation != DISCLOSE:
                        self._changes(part, action, outcome)
        return part

    def _before(self, action: Action) -> Iterator[tuple[Hashable, ...]]:
        """What an action of the intruder can read: one record that it has seen, or none, and in each slot what it looks
        at there. What it does with several records is what it does with each."""
        spent, changed = 0, frozenset[Slot]()
        if action.operation == DISCLOSE:
            one, other = (cast(Name, name) for _, name in action.arguments)
            for seen, mine, its in product(self.left, self._out(one), self._out(other)):
                yield spent, frozenset((seen,)), mine, its, False, False
            return
        held = [self._held(action, slot) for slot in action.reads[3:]]
        for slots in product(*held):
            yield (spent, changed, frozenset[Record](), *slots)
        wanted = REPEATED.get(action.operation)
        if wanted is not None:
            if action.operation != "extend list":  # no other looks at the list for what it does with a record
                held = [one[:1] if slot == ACL else one for slot, one in zip(action.reads[3:], held, strict=True)]
            for record in self.left:
                if isinstance(record, wanted):
                    for slots in product(*held):
                        yield (spent, changed, frozenset((record,)), *slots)

    def _out(self, name: Name) -> list[Member]:
        """The private states of a member that has left."""
        return [me for one, me, joins in self.privates if one == name and joins and me.presence is None]

    def _held(self, action: Action, slot: Slot) -> Sequence[Hashable]:
        """What a slot can hold for an action of the intruder: what honest members left there."""
        match slot.kind:
            case "header":
                return [one for one in self.answers.of[answers.HEADER] if isinstance(one, Header)][:1]
            case "acl":
                return [one for one in self.answers.of[answers.LIST] if self._honest(cast(Acl, one))]
            case "life":
                return [True]
            case "inbox":
                lying = self.answers.of[answers.first(slot.owner, slot.part)]
                return [() if one is None else (one,) for one in lying] if action.operation == "drop" else [()]
        name = slot.part
        stand = [one for one in self.answers.of[answers.announcement(name)] if one is None or one in self.left]
        posts: list[Answer] = [None]
        if action.operation == "withdraw":
            posts = [one for one in self.answers.of[answers.standing(name)] if one is None or one in self.left]
        pairs = product(cast("list[Announcement | None]", stand), cast("list[Post | None]", posts))
        return [Cell(name, one, () if post is None else (post,)) for one, post in pairs]

    def _honest(self, entries: Acl) -> bool:
        return all(
            one in self.left and one.serial == at for at, one in enumerate(cast("tuple[Entry, ...]", entries), 1)
        )

    def _changes(self, part: Part, action: Action, outcome: Outcome) -> None:
        """What an outcome of the intruder's makes answerable."""
        assert outcome.writes is not None, "what the intruder does changes something"
        for slot, value in zip(action.writes, outcome.writes, strict=True):
            match slot.kind:
                case "header":
                    part.answers.setdefault((answers.HEADER, value))
                case "acl":
                    part.answers.setdefault((answers.LIST, value))
                case "inbox":
                    for record in cast("tuple[Answer, ...]", value):
                        part.answers.setdefault((answers.first(slot.owner, slot.part), record))
                case "board":
                    stands = cast(Cell, value)
                    part.answers.setdefault((answers.announcement(slot.part), stands.announcement))
                    for post in stands.posts:
                        part.answers.setdefault((answers.standing(slot.part), post))

    # ---- until nothing is new -----------------------------------------------------------------------

    def stale(self) -> Sequence[tuple[Private, Mapping[Question, int]]]:
        """The private states whose steps are to be looked at, with how many answers were known the last time."""
        now = self.answers.sizes()
        if now != self._sizes[-1]:
            self._sizes.append(now)
        last = len(self._sizes) - 1
        found = [(private, self._sizes[since]) for private, since in self.privates.items() if since < last]
        for private, _ in found:
            self.privates[private] = last
        return found

    def learn(self, part: Part) -> None:
        """Keep what a part has found."""
        self.left.update(part.left)
        for private in part.privates:
            self.privates.setdefault(private, 0)
        for question, answer in part.answers:
            self.answers.add(question, answer)
