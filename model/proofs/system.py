"""First-order transition systems: sorts, relations, functions, actions with guards and updates, and what is claimed.

Everything is written as text in the notation of `parse` and read once, when a `Builder` makes the `System`. An
update `r(t, X) := formula` changes the relation `r` where its arguments match: a term that is no variable pins its
place, a variable ranges over everything and may occur in the formula.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lockedroom.model.proofs.formula import (
    TRUE,
    Atom,
    Equal,
    Formula,
    Term,
    Var,
    conjunction,
    disjunction,
    mapped,
    negation,
)
from lockedroom.model.proofs.parse import FormulaError, Macro, Vocabulary, formula, macro


@dataclass(frozen=True, slots=True)
class Function:
    """An immutable function from values of these sorts to a value of `sort`."""

    name: str
    arguments: tuple[str, ...]
    sort: str
    about: str


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation between values of these sorts; one that is not `fixed` is part of the state."""

    name: str
    arguments: tuple[str, ...]
    about: str
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Guard:
    """One condition of an action: its text, the clauses that it stands for, and the defence that it is part of, if
    any. `needed` says that without it some obligation fails; the vacuity report holds it to that."""

    text: str
    formula: Formula
    clauses: tuple[str, ...] = ()
    defence: str = ""
    needed: bool = True


@dataclass(frozen=True, slots=True)
class Update:
    """What becomes of one relation: `relation` at arguments that match `pattern` is what `value` says."""

    text: str
    relation: str
    pattern: tuple[Term, ...]
    value: Formula

    def after(self, atom: Atom, otherwise: Formula) -> Formula:
        """What has to hold before, so that `atom` holds after; `otherwise` where the update does not match it."""
        values: dict[Var, Term] = {}
        same: list[Formula] = []
        for place, argument in zip(self.pattern, atom.arguments, strict=True):
            if isinstance(place, Var):
                values[place] = argument
            elif place != argument:
                same.append(Equal(argument, place))
        here = conjunction(*same)
        value = mapped(self.value, values)
        if value == TRUE:
            return disjunction(here, otherwise)
        return disjunction(conjunction(here, value), conjunction(negation(here), otherwise))


@dataclass(frozen=True, slots=True)
class Action:
    """One atomic step, for some values of the parameters that satisfy every guard. All updates read the state
    before."""

    name: str
    parameters: Mapping[str, str]
    guards: tuple[Guard, ...]
    updates: tuple[Update, ...]
    about: str
    clauses: tuple[str, ...] = ()
    intruder: bool = False

    @property
    def writes(self) -> frozenset[str]:
        """The relations that it changes."""
        return frozenset(update.relation for update in self.updates)

    def before(self, after: Formula) -> Formula:
        """The weakest precondition: what has to hold before the updates, so that `after` holds then."""
        by_relation: dict[str, list[Update]] = {}
        for update in self.updates:
            by_relation.setdefault(update.relation, []).append(update)

        def atom(of: Atom) -> Formula:
            found: Formula = of
            for update in by_relation.get(of.relation, ()):
                found = update.after(of, found)
            return found

        return mapped(after, {}, atom)

    def without(self, guard: Guard) -> Action:
        """The action with one guard dropped."""
        return replace(self, guards=tuple(kept for kept in self.guards if kept is not guard))


@dataclass(frozen=True, slots=True)
class Claim:
    """Something claimed of every reachable state: an invariant, which the induction uses, or a safety property, which
    has to follow from the invariants."""

    name: str
    text: str
    formula: Formula
    about: str
    clauses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Axiom:
    """Something assumed of the fixed functions and relations."""

    name: str
    text: str
    formula: Formula
    about: str


@dataclass(frozen=True, slots=True)
class Definition:
    """A macro as it was written."""

    name: str
    parameters: Mapping[str, str]
    text: str
    about: str


@dataclass(frozen=True, slots=True)
class System:
    """A transition system and what is claimed of it."""

    name: str
    sorts: Mapping[str, str]
    functions: tuple[Function, ...]
    relations: tuple[Relation, ...]
    definitions: tuple[Definition, ...]
    axioms: tuple[Axiom, ...]
    initial: tuple[Axiom, ...]
    actions: tuple[Action, ...]
    invariants: tuple[Claim, ...]
    safety: tuple[Claim, ...]

    def action(self, name: str) -> Action:
        """The action of that name. Raises KeyError when there is none."""
        return {action.name: action for action in self.actions}[name]

    def without_defences(self, *names: str) -> System:
        """The system without every guard that is part of one of these defences."""
        actions = tuple(
            replace(action, guards=tuple(guard for guard in action.guards if guard.defence not in names))
            for action in self.actions
        )
        return replace(self, actions=actions)

    def replacing(self, action: Action) -> System:
        """The system with this action in place of the one of its name."""
        return replace(self, actions=tuple(action if old.name == action.name else old for old in self.actions))


def guard(text: str, *clauses: str, defence: str = "", needed: bool = True) -> tuple[str, Guard]:
    """A guard, still to be read."""
    return text, Guard(text, TRUE, clauses, defence, needed)


class Builder:
    """Collects what a system consists of, reading every text as it comes. Raises FormulaError for what is wrong."""

    def __init__(self, name: str, sorts: Mapping[str, str]) -> None:
        self._name = name
        self._sorts = dict(sorts)
        self._functions: dict[str, Function] = {}
        self._relations: dict[str, Relation] = {}
        self._macros: dict[str, Macro] = {}
        self._definitions: list[Definition] = []
        self._axioms: list[Axiom] = []
        self._initial: list[Axiom] = []
        self._actions: list[Action] = []
        self._invariants: list[Claim] = []
        self._safety: list[Claim] = []

    def _vocabulary(self) -> Vocabulary:
        relations = {relation.name: relation.arguments for relation in self._relations.values()}
        functions = {function.name: (function.arguments, function.sort) for function in self._functions.values()}
        return Vocabulary(tuple(self._sorts), relations, functions, self._macros)

    def _new(self, name: str, *sorts: str) -> None:
        if name in self._functions or name in self._relations or name in self._macros:
            raise FormulaError(f"{name} is declared twice")
        for sort in sorts:
            if sort not in self._sorts:
                raise FormulaError(f"{name} speaks of {sort!r}, which is no sort")

    def function(self, signature: str, about: str) -> None:
        """Declare a function: `key(process): key`, or a constant: `zero: number`."""
        head, _, sort = (part.strip() for part in signature.rpartition(":"))
        name, arguments = _signature(head)
        self._new(name, *arguments, sort)
        self._functions[name] = Function(name, arguments, sort, about)

    def relation(self, signature: str, about: str, *, fixed: bool = False) -> None:
        """Declare a relation: `joined(incarnation)`. A fixed one never changes."""
        name, arguments = _signature(signature)
        self._new(name, *arguments)
        self._relations[name] = Relation(name, arguments, about, fixed)

    def define(self, name: str, parameters: Mapping[str, str], text: str, about: str) -> None:
        """Give a formula a name."""
        self._new(name, *parameters.values())
        self._macros[name] = macro(parameters, text, self._vocabulary())
        self._definitions.append(Definition(name, dict(parameters), text, about))

    def axiom(self, name: str, text: str, about: str) -> None:
        """Assume something of what is fixed."""
        self._axioms.append(Axiom(name, text, formula(text, self._vocabulary()), about))

    def initially(self, name: str, text: str, about: str) -> None:
        """Say what holds at the beginning."""
        self._initial.append(Axiom(name, text, formula(text, self._vocabulary()), about))

    def action(
        self,
        name: str,
        parameters: Mapping[str, str],
        guards: Sequence[tuple[str, Guard]],
        updates: Sequence[str],
        about: str,
        *clauses: str,
        intruder: bool = False,
    ) -> None:
        """Declare an action."""
        self._new(name, *parameters.values())
        vocabulary = self._vocabulary().with_constants(parameters)
        read = tuple(replace(given, formula=formula(text, vocabulary)) for text, given in guards)
        changed = tuple(self._update(text, vocabulary) for text in updates)
        self._actions.append(Action(name, dict(parameters), read, changed, about, clauses, intruder))

    def invariant(self, name: str, text: str, about: str, *clauses: str) -> None:
        """Claim something that the induction may use."""
        self._invariants.append(Claim(name, text, formula(text, self._vocabulary()), about, clauses))

    def promise(self, name: str, text: str, about: str, *clauses: str) -> None:
        """Claim a safety property."""
        self._safety.append(Claim(name, text, formula(text, self._vocabulary()), about, clauses))

    def _update(self, text: str, vocabulary: Vocabulary) -> Update:
        left, arrow, right = text.partition(":=")
        relation = self._relations.get(_signature(left)[0])
        if not arrow or relation is None or relation.fixed:
            raise FormulaError(f"{text!r} is no update of a relation of the state")
        given = {
            place: sort for place, sort in zip(_places(left), relation.arguments, strict=True) if place[:1].isupper()
        }
        head = formula(left, vocabulary, given)
        assert isinstance(head, Atom), "the left side of an update is an atom"
        value = formula(right, vocabulary, given)
        return Update(text, relation.name, head.arguments, value)

    def build(self) -> System:
        """The system. Raises FormulaError when two of one kind have one name."""
        for kind in (self._axioms, self._initial, (*self._invariants, *self._safety)):
            names = [item.name for item in kind]
            if len(set(names)) != len(names):
                raise FormulaError(f"two have one name among {', '.join(sorted(names))}")
        return System(
            self._name,
            self._sorts,
            tuple(self._functions.values()),
            tuple(self._relations.values()),
            tuple(self._definitions),
            tuple(self._axioms),
            tuple(self._initial),
            tuple(self._actions),
            tuple(self._invariants),
            tuple(self._safety),
        )


def _signature(text: str) -> tuple[str, tuple[str, ...]]:
    name, _, rest = text.strip().partition("(")
    inside = rest.rstrip().removesuffix(")")
    return name.strip(), tuple(part.strip() for part in inside.split(",") if part.strip())


def _places(text: str) -> tuple[str, ...]:
    """The arguments of an atom, each as it is written; brackets inside one do not divide it."""
    inside = text.strip().partition("(")[2].rstrip().removesuffix(")")
    found, depth, last = [], 0, 0
    for index, sign in enumerate(inside):
        depth += (sign == "(") - (sign == ")")
        if sign == "," and not depth:
            found.append(inside[last:index].strip())
            last = index + 1
    return (*found, inside[last:].strip()) if inside.strip() else ()
