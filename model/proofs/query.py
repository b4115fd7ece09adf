"""Queries to the solver: named assertions as SMT-LIB text, its answer, and its model as a finite structure.

The text is all that the solver sees; its digest is what an answer is remembered by.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Final, Literal, TypeAlias

import z3

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
    children,
    once,
)
from lockedroom.model.proofs.structure import Structure
from lockedroom.model.proofs.system import Function, Relation, System

Answer: TypeAlias = Literal["unsat", "sat", "unknown"]
SOLVER: Final = f"z3 {z3.get_version_string()}"


@dataclass(frozen=True, slots=True)
class Query:
    """Assertions by their names, over a system's symbols and further constants with their sorts."""

    system: System
    constants: Mapping[str, str]
    assertions: Mapping[str, Formula]
    relations: tuple[Relation, ...] = ()

    def text(self, names: Sequence[str] = ()) -> str:
        """The query as SMT-LIB; each assertion under a condition of its own, where `names` for these are given."""
        functions, relations = self.symbols()
        lines = [f"(declare-sort {sort} 0)" for sort in self.system.sorts]
        for function in functions:
            lines.append(f"(declare-fun {_symbol(function.name)} ({' '.join(function.arguments)}) {function.sort})")
        for relation in relations:
            lines.append(f"(declare-fun {_symbol(relation.name)} ({' '.join(relation.arguments)}) Bool)")
        lines += [f"(declare-const {_symbol(name)} {sort})" for name, sort in self.constants.items()]
        texts = [_text(assertion) for assertion in self.assertions.values()]
        if names:
            lines += [f"(declare-const {name} Bool)" for name in names]
            texts = [f"(=> {name} {text})" for text, name in zip(texts, names, strict=True)]
        lines += [f"(assert {text})" for text in texts]
        return "\n".join(lines)

    def symbols(self) -> tuple[tuple[Function, ...], tuple[Relation, ...]]:
        """The functions and relations that occur."""
        names = frozenset().union(*(_spoken(assertion) for assertion in self.assertions.values()))
        functions = tuple(function for function in self.system.functions if function.name in names)
        relations = (*self.system.relations, *self.relations)
        return functions, tuple(relation for relation in relations if relation.name in names)


def digest(text: str, timeout: float) -> str:
    """What an answer to this text is remembered by: the text, the solver's version and its limit."""
    return hashlib.sha256(f"{SOLVER}\n{timeout}\n{text}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Answered:
    """The solver's answer, how long it took, why it does not know, and its structure when there is one."""

    answer: Answer
    seconds: float
    reason: str = ""
    structure: Structure | None = field(default=None, repr=False)


def ask(query: Query, timeout: float, *, structure: bool = False, sizes: Mapping[str, int] | None = None) -> Answered:
    """Ask the solver. With `sizes`, only for structures with at most so many values of these sorts."""
    text = query.text()
    for sort, size in (sizes or {}).items():
        text += _at_most(sort, size)
    solver, answered = _asked(text, timeout)
    if answered.answer == "sat" and structure:
        return Answered("sat", answered.seconds, structure=_structure(query, solver.model()))
    return answered


def core(query: Query, timeout: float) -> frozenset[str]:
    """The names of assertions that contradict each other already; none when the solver finds no contradiction."""
    names = {f"core.{index}": name for index, name in enumerate(query.assertions)}
    solver, answered = _asked(query.text(names=tuple(names)), timeout, tuple(names))
    if answered.answer != "unsat":
        return frozenset()
    return frozenset(names[one.sexpr()] for one in solver.unsat_core())


def answer(text: str, timeout: float) -> Answered:
    """The solver's answer to a query's text within so many seconds."""
    return _asked(text, timeout)[1]


def _asked(text: str, timeout: float, assumed: tuple[str, ...] = ()) -> tuple[z3.Solver, Answered]:
    solver = z3.Solver()
    solver.set("timeout", int(timeout * 1000))
    solver.set("ctrl_c", False)  # else it takes a Ctrl-C while it runs, and gives it to nobody
    began = time.monotonic()
    solver.from_string(text)
    found = solver.check(*map(z3.Bool, assumed))
    seconds = time.monotonic() - began
    if found == z3.unknown:
        return solver, Answered("unknown", seconds, solver.reason_unknown())
    return solver, Answered("unsat" if found == z3.unsat else "sat", seconds)


def smallest(query: Query, timeout: float) -> Structure | None:
    """A structure that satisfies the query, with as few values of each sort as there can be, sort after sort; None
    when the solver finds none in time."""
    sizes: dict[str, int] = {}
    found = ask(query, timeout, structure=True).structure
    for sort in query.system.sorts:
        if found is None:
            return None
        for size in range(1, len(found.universe[sort])):
            smaller = ask(query, timeout, structure=True, sizes={**sizes, sort: size})
            if smaller.structure is not None:
                found = smaller.structure
                break
        sizes[sort] = len(found.universe[sort])
    return found


def smt(formula: Formula) -> str:
    """A formula in SMT-LIB's notation."""
    match formula:
        case Atom(relation, arguments):
            return _applied(_symbol(relation), arguments)
        case Equal(left, right):
            return f"(= {_term(left)} {_term(right)})"
        case Not(body):
            return f"(not {smt(body)})"
        case And(()):
            return "true"
        case Or(()):
            return "false"
        case And(parts):
            return f"(and {' '.join(map(smt, parts))})"
        case Or(parts):
            return f"(or {' '.join(map(smt, parts))})"
        case Implies(left, right):
            return f"(=> {smt(left)} {smt(right)})"
        case Iff(left, right):
            return f"(= {smt(left)} {smt(right)})"
        case Quantified(universal, variables, body):
            bound = " ".join(f"({_variable(var)} {var.sort})" for var in variables)
            return f"({'forall' if universal else 'exists'} ({bound}) {smt(body)})"


def _term(term: Term) -> str:
    return _variable(term) if isinstance(term, Var) else _applied(_symbol(term.function), term.arguments)


def _applied(symbol: str, arguments: tuple[Term, ...]) -> str:
    return f"({symbol} {' '.join(map(_term, arguments))})" if arguments else symbol


def _symbol(name: str) -> str:
    return f"p.{name}"


def _variable(var: Var) -> str:
    return f"v.{var.name}"


def _names(formula: Formula) -> frozenset[str]:
    match formula:
        case Atom(relation, arguments):
            return frozenset((relation,)).union(*(_in_term(argument) for argument in arguments))
        case Equal(left, right):
            return _in_term(left) | _in_term(right)
        case _:
            return frozenset().union(*(_names(part) for part in children(formula)))


_spoken, _text = once(_names), once(smt)


def _in_term(term: Term) -> frozenset[str]:
    if isinstance(term, Var):
        return frozenset()
    return frozenset((term.function,)).union(*(_in_term(argument) for argument in term.arguments))


def _at_most(sort: str, size: int) -> str:
    names = [f"few.{sort}.{index}" for index in range(size)]
    declared = "".join(f"\n(declare-const {name} {sort})" for name in names)
    return f"{declared}\n(assert (forall ((v.X {sort})) (or {' '.join(f'(= v.X {name})' for name in names)} false)))"


def _structure(query: Query, model: z3.ModelRef) -> Structure:
    """The solver's model, evaluated at every value; what it leaves open is completed."""
    functions, relations = query.symbols()
    known = {sort.name(): sort for sort in model.sorts()}
    elements = {
        sort: list(model.get_universe(known[sort]) or ()) if sort in known else [] for sort in query.system.sorts
    }
    declared = {declaration.name(): declaration for declaration in model.decls()}
    universe = {sort: tuple(f"{sort}{index}" for index in range(max(1, len(of)))) for sort, of in elements.items()}
    names = {
        element.sexpr(): universe[sort][index] for sort, of in elements.items() for index, element in enumerate(of)
    }

    def tables(name: str, arguments: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], z3.ExprRef | None]]:
        declaration = declared.get(_symbol(name))
        for indices in product(*(range(len(universe[sort])) for sort in arguments)):
            values = tuple(universe[sort][index] for sort, index in zip(arguments, indices, strict=True))
            if declaration is None:
                yield values, None
            else:
                at = [elements[sort][index] for sort, index in zip(arguments, indices, strict=True)]
                yield values, model.eval(declaration(*at), model_completion=True)

    def value(found: z3.ExprRef | None, sort: str) -> str:
        return names.get(found.sexpr(), universe[sort][0]) if found is not None else universe[sort][0]

    constants = [Function(name, (), sort, "") for name, sort in query.constants.items()]
    return Structure(
        universe,
        {
            function.name: {at: value(found, function.sort) for at, found in tables(function.name, function.arguments)}
            for function in (*functions, *constants)
        },
        {
            relation.name: frozenset(
                at for at, found in tables(relation.name, relation.arguments) if found is not None and z3.is_true(found)
            )
            for relation in relations
        },
    )
