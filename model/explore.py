"""The explorer: every reachable state of any `Machine`, breadth first, by running its actions and nothing else.

How it is fast without arrays. The values of each slot are interned to small numbers, so a state is one Python integer
with a field for each slot. Actions that read the same slots share a memo: `state & reads` gives all that they can do
there, as masks to clear and bits to set. An action is called once for each distinct content of what it reads, which is
exact because it sees nothing else. Breadth first and in a fixed order: paths are shortest, and two runs give the same.
Nothing of any protocol stands here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import pairwise
from typing import Final, TypeAlias, cast

from lockedroom.model.clock import no_collector
from lockedroom.model.report import (
    ActionFault,
    Behaviour,
    Exploration,
    Goal,
    Invariant,
    Judgement,
    Path,
    Progress,
    StepJudge,
    Taken,
    Violation,
)
from lockedroom.reference.machine import Action, Machine, Outcome, Slot

WIDTH: Final = 30
"""Bits of a field: one digit of CPython's integers."""
_FIELD: Final = (1 << WIDTH) - 1
_STEP: Final = 24
"""A state's record is its predecessor's number, shifted by this, and the number of the outcome that led here."""
_ROOT: Final = -1
_BREATH: Final = 512
"""Expansions between two looks at the clock."""
_PAUSE: Final = 0.3
"""Seconds between two reports of progress."""

Entry: TypeAlias = tuple[int, int, int, tuple[tuple[int, int], ...], tuple[int, ...]]
"""What a memo says that can happen: which bits stay, which are set, the outcome's number, (slot, set) pairs that
monotone slots grow by, and the invariants that may be affected."""


_Kind: TypeAlias = tuple[str, str | None, tuple[str, ...]]

StepTold: TypeAlias = Callable[[Action, tuple[Hashable, ...], Outcome], Hashable]
"""Says what makes a step, by the values that it reads and its outcome, another behaviour than others of its kind."""


def _alike(action: Action, values: tuple[Hashable, ...], outcome: Outcome) -> Hashable:
    return None


def known_slots(machine: Machine, rules: Sequence[Invariant | Goal]) -> None:
    """Raise KeyError for a rule that looks at a slot which the machine does not have."""
    for rule in rules:
        for slot in rule.reads:
            if slot not in machine.initial:
                raise KeyError(f"{rule.property}: the machine has no slot {slot}")


class _Group:
    """The actions that read the same slots, and their common memo."""

    __slots__ = ("actions", "mask", "memo")

    def __init__(self, mask: int) -> None:
        self.mask = mask
        self.actions: list[Action] = []
        self.memo: dict[int, tuple[Entry, ...]] = {}


class _Check:
    """One invariant with what its views have given so far."""

    __slots__ = ("fields", "rule", "verdicts", "viewed")

    def __init__(self, rule: Invariant, shifts: Sequence[int]) -> None:
        self.rule = rule
        self.fields = tuple(zip(shifts, rule.views, rule.reads, strict=True))
        self.viewed: list[dict[int, Hashable]] = [{} for _ in shifts]
        self.verdicts: dict[tuple[Hashable, ...], Judgement] = {}


class Explorer:
    """One exploration of one machine. `run` does it; what is found stays here."""

    def __init__(
        self,
        machine: Machine,
        judge: StepJudge | None = None,
        invariants: Sequence[Invariant] = (),
        *,
        goals: Sequence[Goal] = (),
        engine_calls: Callable[[], int] | None = None,
        apart: StepTold = _alike,
    ) -> None:
        self.machine = machine
        self._goals = tuple(goals)
        self._engine_calls = engine_calls or (lambda: 0)
        self._by_level: list[tuple[int, int]] = []
        self._judge = judge
        self._apart = apart
        self._slots = tuple(machine.initial)
        self._place = {slot: index for index, slot in enumerate(self._slots)}
        self._values: list[list[Hashable]] = [[] for _ in self._slots]
        self._numbers: list[dict[Hashable, int]] = [{} for _ in self._slots]
        self._full = (1 << WIDTH * len(self._slots)) - 1
        self._groups = self._grouped()
        known_slots(machine, (*invariants, *goals))
        self._checks = [_Check(rule, [WIDTH * self._place[slot] for slot in rule.reads]) for rule in invariants]
        self._unions: dict[tuple[int, int, int], int] = {}
        self._order: list[int] = []
        self._found: dict[int, int] = {}
        self._outcomes: list[Taken] = []
        self._hits: list[int] = []
        self._first: dict[tuple[_Kind, Hashable], tuple[int, int]] = {}
        self._violations: list[tuple[str, str, int, int]] = []
        self._exercised: dict[str, int] = {}
        self._places: dict[int, int] = {}
        self._expanded = 0
        self._depth = 0
        self._fills = 0
        self._entries = 0

    # ---- states -------------------------------------------------------------------------------------

    def _intern(self, index: int, value: Hashable) -> int:
        numbers = self._numbers[index]
        number = numbers.get(value)
        if number is None:
            number = numbers[value] = len(self._values[index])
            if number > _FIELD:
                raise OverflowError(f"{self._slots[index]} has too many values")
            self._values[index].append(value)
        return number

    def _mask(self, slots: Sequence[Slot]) -> int:
        mask = 0
        for slot in slots:
            if slot not in self._place:
                raise KeyError(f"the machine has no slot {slot}")
            mask |= _FIELD << WIDTH * self._place[slot]
        return mask

    def _content(self, state: int, slots: Sequence[Slot]) -> tuple[Hashable, ...]:
        places = (self._place[slot] for slot in slots)
        return tuple(self._values[place][state >> WIDTH * place & _FIELD] for place in places)

    def _grouped(self) -> list[_Group]:
        groups: dict[int, _Group] = {}
        for action in self.machine.actions:
            mask = self._mask(action.reads)
            groups.setdefault(mask, _Group(mask)).actions.append(action)
        return list(groups.values())

    # ---- the memo -----------------------------------------------------------------------------------

    def _fill(self, group: _Group, state: int, number: int) -> tuple[Entry, ...]:
        """Call the actions of a group on what they read in this state, and remember what they can do."""
        entries: list[Entry] = []
        for action in group.actions:
            values = self._content(state, action.reads)
            self._fills += 1
            try:
                outcomes = action.run(values)
                for outcome in outcomes:
                    self._entries += 1
                    code = len(self._outcomes)
                    self._outcomes.append(Taken(action, outcome))
                    self._hits.append(0)
                    kinds = tuple(type(event).__name__ for event in outcome.events)
                    kind = (action.operation, outcome.clause, kinds)
                    self._first.setdefault((kind, self._apart(action, values, outcome)), (number, code))
                    if self._judge is not None:
                        for name, judgement in self._judge(action, values, outcome):
                            self._note(name, judgement, number, code)
                    if outcome.clause is None or outcome.writes is not None or outcome.grows:
                        entries.append(self._entry(action, outcome, code))
            except Exception as fault:
                raise ActionFault(action, values, fault) from fault
        result = group.memo[state & group.mask] = tuple(entries)
        return result

    def _entry(self, action: Action, outcome: Outcome, code: int) -> Entry:
        clear, bits = 0, 0
        if outcome.writes is not None:
            for slot, value in zip(action.writes, outcome.writes, strict=True):
                place = self._place[slot]
                clear |= _FIELD << WIDTH * place
                bits |= self._intern(place, value) << WIDTH * place
        grows = tuple((self._place[slot], self._intern(self._place[slot], added)) for slot, added in outcome.grows)
        touched = {*(action.writes if outcome.writes is not None else ()), *(slot for slot, _ in outcome.grows)}
        checks = tuple(index for index, check in enumerate(self._checks) if touched.intersection(check.rule.reads))
        return self._full & ~clear, bits, code, grows, checks

    def _grow(self, state: int, grows: tuple[tuple[int, int], ...]) -> int:
        for place, added in grows:
            old = state >> WIDTH * place & _FIELD
            new = self._unions.get((place, old, added))
            if new is None:
                values = self._values[place]
                union = cast(frozenset[Hashable], values[old]) | cast(frozenset[Hashable], values[added])
                new = self._unions[place, old, added] = self._intern(place, union)
            state += new - old << WIDTH * place
        return state

    # ---- rules --------------------------------------------------------------------------------------

    def _note(self, name: str, judgement: Judgement, number: int, code: int) -> None:
        if judgement is True:
            self._exercised[name] = self._exercised.get(name, 0) + 1
        elif judgement is not False:
            self._exercised[name] = self._exercised.get(name, 0) + 1
            self._violations.append((name, judgement, number, code))

    def _check(self, state: int, indices: Sequence[int], number: int, code: int) -> None:
        for index in indices:
            check = self._checks[index]
            seen: list[Hashable] = []
            for (shift, view, slot), viewed in zip(check.fields, check.viewed, strict=True):
                value = state >> shift & _FIELD
                if value not in viewed:
                    viewed[value] = view(self._values[self._place[slot]][value])
                seen.append(viewed[value])
            key = tuple(seen)
            if key not in check.verdicts:
                check.verdicts[key] = check.rule.judge(key)
                self._note(check.rule.property, check.verdicts[key], number, code)

    # ---- the search ---------------------------------------------------------------------------------

    def run(
        self,
        *,
        progress: Callable[[Progress], None] | None = None,
        phase: str = "",
        state_limit: int | None = None,
        time_limit: float | None = None,
    ) -> Exploration:
        """Explore until nothing new is found, a rule is violated, a limit is reached or the user interrupts."""
        started, told = time.monotonic(), 0.0
        reason = ""
        initial = 0
        for index, slot in enumerate(self._slots):
            initial |= self._intern(index, self.machine.initial[slot]) << WIDTH * index
        self._order.append(initial)
        self._found[initial] = _ROOT
        self._check(initial, range(len(self._checks)), 0, _ROOT)
        try:
            with no_collector():
                for _ in self._expand():
                    now = time.monotonic() - started
                    if time_limit is not None and now > time_limit:
                        reason = f"the time limit of {time_limit:g} s"
                        break
                    if state_limit is not None and len(self._order) >= state_limit:
                        reason = f"the limit of {state_limit} states"
                        break
                    if progress is not None and now - told > _PAUSE:
                        told = now
                        progress(self._progress(phase, now))
        except KeyboardInterrupt:
            reason = "interrupted"
        if not self._violations and not reason:
            for goal in self._goals:
                self._reach(goal)
        if self._violations and not reason:
            reason = "a property is violated"
        return self._report(reason, time.monotonic() - started)

    def _expand(self) -> Iterator[None]:
        """Expand states in order. Yields now and then, so that the caller can look at the clock."""
        order, found, hits, groups = self._order, self._found, self._hits, self._groups
        plan = [(group.mask, group.memo.get, group) for group in groups]
        position, level_end = 0, 1
        while position < len(order):
            if position == level_end:
                self._depth += 1
                self._by_level.append((level_end, sum(hits)))
                level_end = len(order)
            state = order[position]
            base = position << _STEP
            for mask, known, group in plan:
                entries = known(state & mask)
                if entries is None:
                    entries = self._fill(group, state, position)
                    if self._violations:
                        return
                for clear, bits, code, grows, checks in entries:
                    after = state & clear | bits
                    if grows:
                        after = self._grow(after, grows)
                    hits[code] += 1
                    if after not in found:
                        found[after] = base + code
                        order.append(after)
                        if checks:
                            self._check(after, checks, position, code)
                            if self._violations:
                                return
            position += 1
            if not position % _BREATH:
                self._expanded = position
                yield
        self._expanded = position

    def _reach(self, goal: Goal) -> None:
        """Judge a goal once all states are known: from which of them is it in reach?"""
        before: list[list[int]] = [[] for _ in self._order]
        reached: list[int] = []
        for number, state in enumerate(self._order):
            for group in self._groups:
                for clear, bits, code, grows, _ in group.memo[state & group.mask]:
                    taken = self._outcomes[code]
                    if goal.by(taken.action):
                        after = self._number(self._grow(state & clear | bits, grows))
                        before[after].append(number)
                        if goal.step(taken.action, self._content(state, taken.action.reads), taken.outcome):
                            reached.append(number)
        good = set(reached)
        while reached:
            for number in before[reached.pop()]:
                if number not in good:
                    good.add(number)
                    reached.append(number)
        stuck = None
        for number, state in enumerate(self._order):
            values = self._content(state, goal.reads)
            if goal.owed(tuple(view(value) for view, value in zip(goal.views, values, strict=True))):
                self._exercised[goal.property] = self._exercised.get(goal.property, 0) + 1
                if stuck is None and number not in good:
                    stuck = number
        if stuck is not None:
            self._violations.append((goal.property, "from here nothing leads to it any more", stuck, _ROOT))

    def _number(self, state: int) -> int:
        if not self._places:
            self._places = {found: number for number, found in enumerate(self._order)}
        return self._places[state]

    def _progress(self, phase: str, seconds: float) -> Progress:
        states = len(self._order)
        return Progress(phase, states, states - self._expanded, self._depth, states / max(seconds, 1e-9), seconds)

    # ---- what was found -----------------------------------------------------------------------------

    def path(self, number: int, code: int = _ROOT) -> Path:
        """A shortest path to the state of that number (in the order of discovery), and one more step."""
        steps: list[Taken] = [] if code == _ROOT else [self._outcomes[code]]
        while (record := self._found[self._order[number]]) != _ROOT:
            steps.append(self._outcomes[record & (1 << _STEP) - 1])
            number = record >> _STEP
        return tuple(reversed(steps))

    def state(self, number: int) -> dict[Slot, Hashable]:
        """The values of the slots in the state of that number."""
        return dict(zip(self._slots, self._content(self._order[number], self._slots), strict=True))

    def behaviours(self) -> tuple[Behaviour, ...]:
        """Every (operation, clause, classes of events) that occurred, and of each what `apart` tells apart, in the
        order of discovery, with a shortest path to its first occurrence."""
        return tuple(Behaviour(*kind, self.path(*first)) for (kind, _), first in self._first.items())

    def _report(self, reason: str, seconds: float) -> Exploration:
        operations = dict.fromkeys((action.operation for action in self.machine.actions), 0)
        for taken, hits in zip(self._outcomes, self._hits, strict=True):
            operations[taken.action.operation] += hits
        violations = tuple(Violation(name, text, self.path(at, code)) for name, text, at, code in self._violations)
        ends = [(0, 0), *self._by_level, (len(self._order), sum(self._hits))]
        levels = tuple((b[0] - a[0], b[1] - a[1]) for a, b in pairwise(ends))
        return Exploration(
            self.machine.title,
            not reason,
            reason,
            len(self._order),
            sum(self._hits),
            self._depth,
            seconds,
            self._fills,
            self._entries,
            operations,
            self._exercised,
            violations,
            self.behaviours,
            self._engine_calls(),
            levels,
            kinds=tuple(dict.fromkeys(kind for kind, _ in self._first)),
        )


def explore(
    machine: Machine,
    *,
    judge: StepJudge | None = None,
    invariants: Sequence[Invariant] = (),
    progress: Callable[[Progress], None] | None = None,
    phase: str = "",
    state_limit: int | None = None,
    time_limit: float | None = None,
    apart: StepTold = _alike,
) -> Exploration:
    """Explore a machine; steps of one operation and outcome are one behaviour unless `apart` says something else of
    them. Raises ActionFault when an action raises, KeyError when one names a slot that there is not.
    The first violation ends it; so does a limit or KeyboardInterrupt, with a report that is not complete."""
    return Explorer(machine, judge, invariants, apart=apart).run(
        progress=progress, phase=phase, state_limit=state_limit, time_limit=time_limit
    )
