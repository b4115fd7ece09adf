"""Abstract states of which a part is known, and formulas in them: true, false, or not known (None).

Whoever maps something to an abstract state from a part of it (a few slots) gives `Facts`: what is surely so, and
`Bound`s, which say of a part of a relation that nothing else can be so. Formulas are those of the system itself, read
by `Reader`: each is compiled once. A step is some actions one after the other, each with values for its parameters;
the state after it is known lazily, from the updates.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Final, Protocol, TypeAlias

from lockedroom.model.proofs.formula import (
    And,
    Atom,
    Equal,
    Formula,
    Iff,
    Implies,
    Not,
    Or,
    Quantified,
    Term,
    Var,
    free,
)
from lockedroom.model.proofs.system import Action, Relation, System, Update

Element: TypeAlias = Hashable
Tuple: TypeAlias = tuple[Element, ...]
Truth: TypeAlias = "bool | None"
Values: TypeAlias = dict[str, Element]
Universe: TypeAlias = Mapping[str, Collection[Element]]

ANY: Final = "*any*"
"""In the place of an element in what is possible: whichever."""


class Reading(Protocol):
    """What the functions and the fixed relations of a system are."""

    def value(self, function: str, arguments: Tuple) -> Element:
        """The value of a function."""
        ...

    def fixed(self, relation: str, arguments: Tuple) -> Truth:
        """Whether a fixed relation holds."""
        ...


@dataclass(frozen=True, slots=True)
class Bound:
    """Of a relation, in the part that belongs to `owner` with numbers from `low` to `high`: nothing holds but what
    matches one of `may`. Which part a tuple belongs to, whoever maps says (`Owner`)."""

    relation: str
    owner: Element
    may: tuple[Tuple, ...] = ()
    low: float = float("-inf")
    high: float = float("inf")

    def owns(self, part: tuple[Element, int] | None) -> bool:
        """Whether that part is inside this one."""
        return part is not None and part[0] == self.owner and self.low <= part[1] <= self.high


Owner: TypeAlias = Callable[[str, Tuple], "tuple[Element, int] | None"]
"""To which part of a relation a tuple belongs: an owner and a number, or to none."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a state: `true` is so, and `bounds` leave nothing else open in their parts."""

    true: frozenset[tuple[str, Tuple]] = frozenset()
    bounds: tuple[Bound, ...] = ()

    def __or__(self, other: Facts) -> Facts:
        return Facts(self.true | other.true, self.bounds + other.bounds)


def matches(pattern: Tuple, values: Tuple) -> bool:
    """Whether these values, or all that they stand for, are among what a pattern stands for."""
    return all(place in (ANY, value) for place, value in zip(pattern, values, strict=True))


class State(Protocol):
    """What can be asked of a state."""

    def holds(self, relation: str, values: Tuple) -> Truth:
        """Whether the relation holds of these."""
        ...


class Seen:
    """A state as far as facts say."""

    __slots__ = ("_bounds", "_owner", "facts")

    def __init__(self, facts: Facts, owner: Owner) -> None:
        self.facts = facts
        self._owner = owner
        self._bounds: dict[str, list[Bound]] = {}
        for bound in facts.bounds:
            self._bounds.setdefault(bound.relation, []).append(bound)

    def holds(self, relation: str, values: Tuple) -> Truth:
        """Whether the relation holds of these."""
        if (relation, values) in self.facts.true:
            return True
        bounds = self._bounds.get(relation)
        if bounds is not None:
            part = self._owner(relation, values)
            for bound in bounds:
                if bound.owns(part) and not any(matches(pattern, values) for pattern in bound.may):
                    return False
        return None

    def bounds(self, relation: str) -> Sequence[Bound]:
        """What is known of the relation's limits."""
        return self._bounds.get(relation, ())


class After:
    """A state after an action, for values of its parameters; found out as it is asked."""

    __slots__ = ("_before", "_known", "_reader", "_universe", "_updates", "values")

    def __init__(self, before: State, action: Action, values: Values, universe: Universe, reader: Reader) -> None:
        self._before = before
        self._reader = reader
        self._universe = universe
        self._updates: dict[str, list[Update]] = {}
        for update in action.updates:
            self._updates.setdefault(update.relation, []).append(update)
        self.values = values
        self._known: dict[tuple[str, Tuple], Truth] = {}

    def holds(self, relation: str, values: Tuple) -> Truth:
        """Whether the relation holds of these."""
        updates = self._updates.get(relation)
        if updates is None:
            return self._before.holds(relation, values)
        key = (relation, values)
        if key in self._known:
            return self._known[key]
        found = self._before.holds(relation, values)
        for update in updates:
            bound = self._matched(update, values)
            if bound is not None:
                found = self._reader.truth(update.value, self._before, bound, self._universe)
        self._known[key] = found
        return found

    def _matched(self, update: Update, values: Tuple) -> Values | None:
        bound: Values = dict(self.values)
        for place, value in zip(update.pattern, values, strict=True):
            if isinstance(place, Var):
                bound[place.name] = value
            elif self._reader.element(place, self.values) != value:
                return None
        return bound


Compiled: TypeAlias = "Callable[[State, Values, Universe], Truth]"


class Reader:
    """Evaluates the formulas of a system in states that are known in part."""

    def __init__(self, reading: Reading, fixed: Iterable[Relation]) -> None:
        self._reading = reading
        self._fixed = frozenset(relation.name for relation in fixed if relation.fixed)
        self._made: dict[Formula, Compiled] = {}
        self._terms: dict[Term, Callable[[Values], Element]] = {}

    def truth(self, formula: Formula, state: State, values: Values, universe: Universe) -> Truth:
        """Whether the formula holds, its free variables and constants being these values."""
        made = self._made.get(formula)
        if made is None:
            made = self._made[formula] = self._compiled(formula)
        return made(state, values, universe)

    def element(self, term: Term, values: Values) -> Element:
        """The value of a term."""
        return self._term(term)(values)

    def _term(self, term: Term) -> Callable[[Values], Element]:
        found = self._terms.get(term)
        if found is None:
            found = self._terms[term] = self._compiled_term(term)
        return found

    def _compiled_term(self, term: Term) -> Callable[[Values], Element]:
        if isinstance(term, Var):
            name = term.name
            return lambda values: values[name]
        function, inner, reading = term.function, tuple(map(self._term, term.arguments)), self._reading
        if not inner:
            return lambda values: values[function] if function in values else reading.value(function, ())
        return lambda values: reading.value(function, tuple([one(values) for one in inner]))

    def _compiled(self, formula: Formula) -> Compiled:
        match formula:
            case Atom(relation, arguments):
                inner = tuple(map(self._term, arguments))
                if relation in self._fixed:
                    fixed = self._reading.fixed
                    return lambda state, values, universe: fixed(relation, tuple([one(values) for one in inner]))
                return lambda state, values, universe: state.holds(relation, tuple([one(values) for one in inner]))
            case Equal(left, right):
                one, other = self._term(left), self._term(right)
                return lambda state, values, universe: one(values) == other(values)
            case Not(body):
                negated = self._compiled(body)
                return lambda state, values, universe: _not(negated(state, values, universe))
            case And(parts):
                return _joined([self._compiled(part) for part in parts], False)
            case Or(parts):
                return _joined([self._compiled(part) for part in parts], True)
            case Implies(left, right):
                return self._compiled(Or((Not(left), right)))
            case Iff(left, right):
                one_side, other_side = self._compiled(left), self._compiled(right)
                return lambda state, values, universe: _same(
                    one_side(state, values, universe), other_side(state, values, universe)
                )
            case Quantified(universal, variables, body):
                return self._quantified(universal, variables, body)

    def _quantified(self, universal: bool, variables: Sequence[Var], body: Formula) -> Compiled:
        """Variables are given values one after the other; what can be judged already is judged before the next."""
        parts = _clause(body, universal)
        left = list(range(len(parts)))
        stages: list[list[Compiled]] = []
        for count in range(len(variables) + 1):
            open_ones = frozenset(variables[count:])
            now = [at for at in left if not free(parts[at]) & open_ones]
            left = [at for at in left if at not in now]
            stages.append([self._compiled(parts[at]) for at in now])
        # Of a universal one each instance is a disjunction: one true part settles it. Of an existential one, false.
        settled = universal
        named = [(var.name, var.sort) for var in variables]

        def search(at: int, state: State, values: Values, universe: Universe, doubt: bool) -> Truth:
            for part in stages[at]:
                truth = part(state, values, universe)
                if truth is settled:
                    return settled
                doubt = doubt or truth is None
            if at == len(named):
                return None if doubt else not settled
            name, sort = named[at]
            worst: Truth = settled
            for element in universe[sort]:
                values[name] = element
                found = search(at + 1, state, values, universe, doubt)
                if found is (not settled):
                    worst = found
                    break
                if found is None:
                    worst = None
            values.pop(name, None)
            return worst

        return lambda state, values, universe: search(0, state, dict(values), universe, False)


def _clause(body: Formula, universal: bool) -> tuple[Formula, ...]:
    """The parts of a body as a disjunction (`universal`) or a conjunction, as far as it shows one."""
    match body:
        case Or(parts) if universal:
            return tuple(inner for part in parts for inner in _clause(part, True))
        case Implies(left, right) if universal:
            return (*(Not(part) for part in _clause(left, False)), *_clause(right, True))
        case And(parts) if not universal:
            return tuple(inner for part in parts for inner in _clause(part, False))
        case Not(inner) if isinstance(inner, And | Or | Implies):
            return tuple(Not(part) for part in _clause(inner, not universal))
    return (body,)


def _not(truth: Truth) -> Truth:
    return None if truth is None else not truth


def _same(one: Truth, other: Truth) -> Truth:
    return None if one is None or other is None else one == other


def _joined(parts: Sequence[Compiled], settled: bool) -> Compiled:
    """One of the parts that is `settled` settles it: a conjunction (False), or a disjunction (True)."""

    def read(state: State, values: Values, universe: Universe) -> Truth:
        found: Truth = not settled
        for part in parts:
            truth = part(state, values, universe)
            if truth is settled:
                return settled
            if truth is None:
                found = None
        return found

    return read


# ---- steps -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Taken:
    """An action with values for its parameters."""

    action: Action
    values: Mapping[str, Element] = field(hash=False)

    def __str__(self) -> str:
        return self.action.name


class NoStep(Exception):
    """What is to be a step of the system is none; says why."""


@dataclass(frozen=True, slots=True)
class Checker:
    """Whether steps are steps of a system, for a reading of its functions and whose part a tuple belongs to."""

    system: System
    reader: Reader
    owner: Owner
    sorts: Mapping[str, tuple[str, ...]]
    mapped: frozenset[str]
    """The relations of which some part belongs to somebody."""
    vouched: Callable[[State, str, Tuple], bool] = lambda state, relation, values: False
    """Whether something is within what its part leaves open, though that part is not seen: for what is seen says so."""

    def step(self, before: Facts, steps: Sequence[Taken], after: Facts, universe: Universe) -> None:
        """Take these actions from any state of which `before` is so: each of their guards surely holds, and of the
        state that they lead to `after` is so. Raises NoStep."""
        first = Seen(before, self.owner)
        state: State = first
        for taken in steps:
            self.guarded(state, taken, universe)
            state = After(state, taken.action, dict(taken.values), universe, self.reader)
        gained = after.true if steps else after.true - before.true
        if missing := [self._told(*fact) for fact in gained if state.holds(*fact) is not True]:
            raise NoStep(f"{min(missing)} holds after it, and {_after(steps)} does not say so")
        written = frozenset(update.relation for taken in steps for update in taken.action.updates)
        same = frozenset(map(id, before.bounds))
        for bound in after.bounds:
            if bound.relation in written or id(bound) not in same:
                self._bounded(first, state, steps, bound, universe)
        for taken in steps:
            self._framed(first, state, taken, universe)

    def guarded(self, state: State, taken: Taken, universe: Universe) -> None:
        """Raises NoStep for a guard that does not surely hold."""
        for guard in taken.action.guards:
            truth = self.reader.truth(guard.formula, state, dict(taken.values), universe)
            if truth is not True:
                clauses = f" ({', '.join(guard.clauses)})" if guard.clauses else ""
                said = "does not hold" if truth is False else "is not known to hold"
                raise NoStep(f"{taken.action.name} requires {guard.text}{clauses}, which {said}")

    def _framed(self, first: Seen, last: State, taken: Taken, universe: Universe) -> None:
        """No update reaches a part that is not seen: whoever that belongs to would not know."""
        for update in taken.action.updates:
            if update.relation not in self.mapped:
                continue
            for values in self._instances(update.relation, self._pattern(update, taken), universe):
                part = self.owner(update.relation, values)
                if any(bound.owns(part) for bound in first.bounds(update.relation)):
                    continue
                if first.holds(update.relation, values) is not True and not self.vouched(last, update.relation, values):
                    raise NoStep(
                        f"{taken.action.name} changes {self._told(update.relation, values)}, which is not seen"
                    )

    def _pattern(self, update: Update, taken: Taken) -> Tuple:
        """The part of a relation that an update changes."""
        values = dict(taken.values)
        return tuple(ANY if isinstance(place, Var) else self.reader.element(place, values) for place in update.pattern)

    def _bounded(self, first: Seen, last: State, steps: Sequence[Taken], bound: Bound, universe: Universe) -> None:
        relation = bound.relation
        known = [one for one in first.bounds(relation) if one.owner == bound.owner]
        if not _covered(bound, known):
            raise NoStep(f"nothing limits {relation} of {bound.owner} before it, and something does after it")
        candidates: set[Tuple] = {values for name, values in first.facts.true if name == relation}
        for one in known:
            for pattern in one.may:
                if not any(matches(wider, pattern) for wider in bound.may):
                    candidates.update(self._instances(relation, pattern, universe))
        for taken in steps:
            for update in taken.action.updates:
                if update.relation == relation:
                    candidates.update(self._instances(relation, self._pattern(update, taken), universe))
        kept = [
            self._told(relation, values)
            for values in candidates
            if bound.owns(self.owner(relation, values))
            and not any(matches(one, values) for one in bound.may)
            and last.holds(relation, values) is not False
        ]
        if kept:
            raise NoStep(f"{min(kept)} does not hold after it, and {_after(steps)} leaves it")

    def _instances(self, relation: str, pattern: Tuple, universe: Universe) -> Iterator[Tuple]:
        return product(
            *(
                universe[sort] if place == ANY else (place,)
                for place, sort in zip(pattern, self.sorts[relation], strict=True)
            )
        )

    def _told(self, relation: str, values: Tuple) -> str:
        return f"{relation}({', '.join(map(str, values))})"


def _after(steps: Sequence[Taken]) -> str:
    return ", ".join(map(str, steps)) or "no action"


def _covered(bound: Bound, known: Sequence[Bound]) -> bool:
    """Whether the numbers of a bound are all within known ones."""
    low = bound.low
    for one in sorted(known, key=lambda one: one.low):
        if one.low <= low:
            if one.high >= bound.high:
                return True
            low = max(low, one.high + 1)
    return False
