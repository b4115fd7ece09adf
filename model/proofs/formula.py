"""Formulas of many-sorted first-order logic, and what one does with them: substitute, negate inward, print.

A formula is a frozen value; the names in it are resolved by `parse`. Terms are variables and applications; a constant
is an application to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar


@dataclass(frozen=True, slots=True)
class Var:
    """A variable of a sort."""

    name: str
    sort: str


@dataclass(frozen=True, slots=True)
class Apply:
    """A function at its arguments, or a constant: a term of a sort."""

    function: str
    arguments: tuple[Term, ...]
    sort: str


Term: TypeAlias = Var | Apply


@dataclass(frozen=True, slots=True)
class Atom:
    """A relation at its arguments."""

    relation: str
    arguments: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Equal:
    """Two terms of one sort are the same."""

    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class Not:
    """Negation."""

    body: Formula


@dataclass(frozen=True, slots=True)
class And:
    """Conjunction; of nothing it is true."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Disjunction; of nothing it is false."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Implies:
    """Implication."""

    left: Formula
    right: Formula


@dataclass(frozen=True, slots=True)
class Iff:
    """Equivalence."""

    left: Formula
    right: Formula


@dataclass(frozen=True, slots=True)
class Quantified:
    """For all (`universal`), or for some, values of the variables."""

    universal: bool
    variables: tuple[Var, ...]
    body: Formula


Formula: TypeAlias = Atom | Equal | Not | And | Or | Implies | Iff | Quantified

TRUE = And(())
FALSE = Or(())

_Given = TypeVar("_Given")
_MANY: Final = 20_000


def once(function: Callable[[Formula], _Given]) -> Callable[[Formula], _Given]:
    """The same function, run once for each formula that is the very same value: queries share most of theirs, and to
    compare formulas takes as long as what is to be saved."""
    known: dict[int, tuple[Formula, _Given]] = {}

    def found(formula: Formula) -> _Given:
        held = known.get(id(formula))
        if held is None:
            if len(known) > _MANY:
                known.clear()
            held = known[id(formula)] = (formula, function(formula))
        return held[1]

    return found


def conjunction(*parts: Formula) -> Formula:
    """All of them, without what is plainly true."""
    kept = tuple(part for part in parts if part != TRUE)
    if FALSE in kept:
        return FALSE
    return kept[0] if len(kept) == 1 else And(kept)


def disjunction(*parts: Formula) -> Formula:
    """One of them, without what is plainly false."""
    kept = tuple(part for part in parts if part != FALSE)
    if TRUE in kept:
        return TRUE
    return kept[0] if len(kept) == 1 else Or(kept)


def negation(formula: Formula) -> Formula:
    """Not that."""
    if isinstance(formula, Not):
        return formula.body
    return FALSE if formula == TRUE else TRUE if formula == FALSE else Not(formula)


def substituted(term: Term, values: Mapping[Var, Term]) -> Term:
    """The term with its variables replaced."""
    if isinstance(term, Var):
        return values.get(term, term)
    return Apply(term.function, tuple(substituted(argument, values) for argument in term.arguments), term.sort)


def mapped(formula: Formula, values: Mapping[Var, Term], atom: Callable[[Atom], Formula] | None = None) -> Formula:
    """The formula with its free variables replaced, then every atom by what `atom` says of it. Bound variables are
    renamed where a value could be caught by them."""
    match formula:
        case Atom(relation, arguments):
            new = Atom(relation, tuple(substituted(argument, values) for argument in arguments))
            return atom(new) if atom else new
        case Equal(left, right):
            return Equal(substituted(left, values), substituted(right, values))
        case Not(body):
            return negation(mapped(body, values, atom))
        case And(parts):
            return conjunction(*(mapped(part, values, atom) for part in parts))
        case Or(parts):
            return disjunction(*(mapped(part, values, atom) for part in parts))
        case Implies(left, right):
            return Implies(mapped(left, values, atom), mapped(right, values, atom))
        case Iff(left, right):
            return Iff(mapped(left, values, atom), mapped(right, values, atom))
        case Quantified(universal, variables, body):
            caught = {var.name for value in values.values() for var in variables_of_term(value)}
            renamed = {var: _fresh(var, caught) for var in variables}
            inner = {var: value for var, value in values.items() if var not in variables}
            inner |= {old: new for old, new in renamed.items() if old != new}
            return Quantified(universal, tuple(renamed.values()), mapped(body, inner, atom))


def rewritten(
    formula: Formula, term: Callable[[Term], Term], relation: Callable[[str], str] = lambda name: name
) -> Formula:
    """The same formula with other terms, the variables of quantifiers included, and other names of relations."""

    def inner(of: Formula) -> Formula:
        match of:
            case Atom(name, arguments):
                return Atom(relation(name), tuple(term(argument) for argument in arguments))
            case Equal(left, right):
                return Equal(term(left), term(right))
            case Not(body):
                return Not(inner(body))
            case And(parts):
                return And(tuple(inner(part) for part in parts))
            case Or(parts):
                return Or(tuple(inner(part) for part in parts))
            case Implies(left, right):
                return Implies(inner(left), inner(right))
            case Iff(left, right):
                return Iff(inner(left), inner(right))
            case Quantified(universal, variables, body):
                bound = tuple(new for new in map(term, variables) if isinstance(new, Var))
                assert len(bound) == len(variables), "a variable stays one"
                return Quantified(universal, bound, inner(body))

    return inner(formula)


def _fresh(variable: Var, taken: set[str]) -> Var:
    while variable.name in taken:
        variable = Var(variable.name + "_", variable.sort)
    return variable


def variables_of_term(term: Term) -> Iterator[Var]:
    """Every variable in a term."""
    if isinstance(term, Var):
        yield term
    else:
        for argument in term.arguments:
            yield from variables_of_term(argument)


def free(formula: Formula) -> frozenset[Var]:
    """The free variables."""
    match formula:
        case Atom(_, arguments):
            return frozenset(var for argument in arguments for var in variables_of_term(argument))
        case Equal(left, right):
            return frozenset((*variables_of_term(left), *variables_of_term(right)))
        case Quantified(_, variables, body):
            return free(body) - frozenset(variables)
        case _:
            return frozenset().union(*(free(part) for part in children(formula)))


def children(formula: Formula) -> tuple[Formula, ...]:
    """The formulas directly inside."""
    match formula:
        case Atom() | Equal():
            return ()
        case Not(body) | Quantified(_, _, body):
            return (body,)
        case And(parts) | Or(parts):
            return parts
        case Implies(left, right) | Iff(left, right):
            return (left, right)


def relations(formula: Formula) -> frozenset[str]:
    """The names of the relations in it."""
    if isinstance(formula, Atom):
        return frozenset((formula.relation,))
    return frozenset().union(*(relations(part) for part in children(formula)))


def inward(formula: Formula, positive: bool = True) -> Formula:
    """Negation normal form: only atoms and equations are negated; no implication, no equivalence."""
    match formula:
        case Atom() | Equal():
            return formula if positive else Not(formula)
        case Not(body):
            return inward(body, not positive)
        case And(parts) | Or(parts):
            inner = tuple(inward(part, positive) for part in parts)
            return And(inner) if isinstance(formula, And) == positive else Or(inner)
        case Implies(left, right):
            return inward(Or((Not(left), right)), positive)
        case Iff(left, right):
            return inward(And((Implies(left, right), Implies(right, left))), positive)
        case Quantified(universal, variables, body):
            return Quantified(universal == positive, variables, inward(body, positive))


# ---- as text ----------------------------------------------------------------------------------------

_AND, _OR, _IMPLIES, _LOOSEST = 4, 3, 2, 0


def term_text(term: Term) -> str:
    """The term as it is written in a system's source."""
    if isinstance(term, Var):
        return term.name
    inside = ", ".join(term_text(argument) for argument in term.arguments)
    return f"{term.function}({inside})" if inside else term.function


def text(formula: Formula, around: int = _LOOSEST) -> str:
    """The formula as TLA+ and Ivy readers know it, with as few brackets as it needs."""
    match formula:
        case Atom(relation, arguments):
            inside = ", ".join(term_text(argument) for argument in arguments)
            return f"{relation}({inside})" if inside else relation
        case Equal(left, right):
            return f"{term_text(left)} = {term_text(right)}"
        case Not(Equal(left, right)):
            return f"{term_text(left)} ≠ {term_text(right)}"
        case Not(body):
            return f"¬{text(body, 9)}"
        case And(()):
            return "true"
        case Or(()):
            return "false"
        case And(parts):
            return _bracketed(" ∧ ".join(text(part, _AND + 1) for part in parts), _AND, around)
        case Or(parts):
            return _bracketed(" ∨ ".join(text(part, _OR + 1) for part in parts), _OR, around)
        case Implies(left, right):
            return _bracketed(f"{text(left, _IMPLIES + 1)} → {text(right, _IMPLIES)}", _IMPLIES, around)
        case Iff(left, right):
            return _bracketed(f"{text(left, _IMPLIES + 1)} ↔ {text(right, _IMPLIES + 1)}", _IMPLIES, around)
        case Quantified(universal, variables, body):
            bound = ", ".join(f"{var.name}: {var.sort}" for var in variables)
            return _bracketed(f"{'∀' if universal else '∃'} {bound}. {text(body)}", _LOOSEST, around)


def _bracketed(inside: str, own: int, around: int) -> str:
    return f"({inside})" if own < around else inside
